//! Taking away who somebody was. What they reached stays, so that rankings and statistics stay the same.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::schema::{
    devices, favourites, learning, members, monthly_reports, role_grants, sessions, study_days,
};
use super::{AnyConnection, StoreError};
use crate::domain::ids::MemberId;
use crate::domain::report::MonthlyReport;
use crate::domain::roles::ANONYMOUS;
use crate::domain::time::Millis;

/// No password has it: it is no PHC string.
const NO_HASH: &str = "";

/// Has what is deleted from now on overwritten in the file of an SQLite database, or not any more. PostgreSQL frees it by its
/// own vacuum.
///
/// # Errors
/// When the database fails.
pub fn overwrite_deleted(connection: &mut AnyConnection, is_overwritten: bool) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(concrete) => {
            concrete.batch_execute(if is_overwritten {
                "PRAGMA secure_delete = ON"
            } else {
                "PRAGMA secure_delete = OFF"
            })?;
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {}
    }
    Ok(())
}

/// Replaces name, login and password of a member and deletes what is theirs alone: sessions, devices, roles,
/// favourites, practice. `login` must be one that nobody has.
///
/// # Errors
/// When the database fails.
pub fn anonymise_member(
    connection: &mut AnyConnection,
    id: MemberId,
    login: &str,
    now: Millis,
) -> Result<(), StoreError> {
    diesel::update(members::table.find(id.0))
        .set((
            members::login.eq(login),
            members::login_key.eq(login),
            members::name.eq(ANONYMOUS),
            members::password_hash.eq(NO_HASH),
            members::must_change_password.eq(false),
            members::anonymised_at.eq(now.0),
        ))
        .execute(connection)?;
    let theirs: Vec<String> =
        sessions::table.filter(sessions::member_id.eq(id.0)).select(sessions::id).load(connection)?;
    diesel::delete(devices::table.filter(devices::session_id.eq_any(theirs))).execute(connection)?;
    diesel::delete(sessions::table.filter(sessions::member_id.eq(id.0))).execute(connection)?;
    diesel::delete(role_grants::table.filter(role_grants::member_id.eq(id.0))).execute(connection)?;
    diesel::delete(favourites::table.filter(favourites::member_id.eq(id.0))).execute(connection)?;
    diesel::delete(learning::table.filter(learning::member_id.eq(id.0))).execute(connection)?;
    diesel::delete(study_days::table.filter(study_days::member_id.eq(id.0))).execute(connection)?;
    Ok(())
}

/// Takes the name and the login of a member out of the lines of the audit log that are about them. The log allows
/// it only once a line says that they were anonymised, and only this.
///
/// # Errors
/// When the database fails, or that line is missing.
pub fn take_names_off_the_log(connection: &mut AnyConnection, id: MemberId) -> Result<(), StoreError> {
    let id = id.to_string();
    match connection {
        AnyConnection::Sqlite(concrete) => sql_query(
            "UPDATE audit_log SET subject_name = ?, \
             before = json_remove(before, '$.name', '$.login', '$.member.name'), \
             after = json_remove(after, '$.name', '$.login', '$.member.name') \
             WHERE (subject_kind = 'member' AND subject_id = ?) \
             OR (subject_kind = 'attempt' AND CAST(json_extract(before, '$.member.id') AS TEXT) = ?)",
        )
        .bind::<Text, _>(ANONYMOUS)
        .bind::<Text, _>(&id)
        .bind::<Text, _>(&id)
        .execute(concrete)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => sql_query(
            "UPDATE audit_log SET subject_name = $1, before = without_names(before), after = without_names(after) \
             WHERE (subject_kind = 'member' AND subject_id = $2) \
             OR (subject_kind = 'attempt' AND before::jsonb #>> '{member,id}' = $2)",
        )
        .bind::<Text, _>(ANONYMOUS)
        .bind::<Text, _>(&id)
        .execute(concrete)?,
    };
    Ok(())
}

/// Takes the name of a member out of the fixed reports that name them among the best.
///
/// # Errors
/// When the database fails, or a report cannot be read any more.
pub fn take_name_off_reports(connection: &mut AnyConnection, id: MemberId) -> Result<(), StoreError> {
    let named: Vec<(String, i64, String)> = monthly_reports::table
        .filter(monthly_reports::report.like(format!("%\"member_id\":{id},%")))
        .select((monthly_reports::month, monthly_reports::unit_id, monthly_reports::report))
        .load(connection)?;
    for (month, unit, report) in named {
        let what = || format!("report of unit {unit} for {month}");
        let mut report: MonthlyReport =
            serde_json::from_str(&report).map_err(|error| StoreError::corrupt(what(), error))?;
        for best in report.best_members.iter_mut().filter(|best| best.member_id == id) {
            ANONYMOUS.clone_into(&mut best.name);
        }
        let text = serde_json::to_string(&report).map_err(|error| StoreError::corrupt(what(), error))?;
        let row = monthly_reports::table.find((&month, unit));
        diesel::update(row).set(monthly_reports::report.eq(text)).execute(connection)?;
    }
    Ok(())
}

/// Those of `ids` who were anonymised. Nobody of them is anonymised before the transaction ends.
///
/// # Errors
/// When the database fails.
pub fn hold_anonymised(connection: &mut AnyConnection, ids: Vec<i64>) -> Result<Vec<MemberId>, StoreError> {
    let rows = members::table
        .filter(members::id.eq_any(ids))
        .order(members::id)
        .select((members::id, members::anonymised_at));
    let rows: Vec<(i64, Option<i64>)> = match connection {
        // Its one writer holds everything.
        AnyConnection::Sqlite(concrete) => rows.load(concrete)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => rows.for_share().load(concrete)?,
    };
    Ok(rows.into_iter().filter_map(|(id, at)| at.map(|_| MemberId(id))).collect())
}
