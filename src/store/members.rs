//! Members, their memberships and their roles.

use std::collections::HashMap;

use diesel::dsl::{Escape, Like, Or};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::schema::{members, memberships, role_grants, units};
use super::{AnyConnection, Conflict, StoreError};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::org::UnitPath;
use crate::domain::roles::{Grant, MemberStatus, Role};
use crate::domain::time::Millis;

diesel::define_sql_function! {
    /// Lower case: of all letters on PostgreSQL, of ASCII on SQLite.
    fn lower(text: Text) -> Text;
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Their id.
    pub id: MemberId,
    /// What they log in with, as it was given.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Their unit.
    pub unit_id: UnitId,
    /// Whether they still belong.
    pub status: MemberStatus,
    /// Their password, as a PHC string.
    pub password_hash: String,
    /// Whether an initial password has to be changed.
    pub must_change_password: bool,
    /// Whether the name and the login were taken away for good.
    pub is_anonymised: bool,
}

type Columns = (i64, String, String, String, i64, String, String, bool, i64, Option<i64>);

impl From<Columns> for MemberRow {
    fn from(
        (id, login, _, name, unit_id, status, password_hash, must_change_password, _, anonymised_at): Columns,
    ) -> Self {
        let status =
            if status == MemberStatus::Left.as_str() { MemberStatus::Left } else { MemberStatus::Active };
        let (id, unit_id) = (MemberId(id), UnitId(unit_id));
        let is_anonymised = anonymised_at.is_some();
        Self { id, login, name, unit_id, status, password_hash, must_change_password, is_anonymised }
    }
}

/// A member to add.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// What they log in with.
    pub login: String,
    /// The form in which logins are compared.
    pub login_key: String,
    /// Their name.
    pub name: String,
    /// Their unit.
    pub unit_id: UnitId,
    /// Their password, as a PHC string.
    pub password_hash: String,
    /// Whether it is an initial one.
    pub must_change_password: bool,
}

/// Which members to list.
#[derive(Clone, Debug)]
pub struct MemberFilter {
    /// Only those in one of these units or below.
    pub within: Vec<UnitPath>,
    /// Only those whose name or login holds this.
    pub text: Option<TextFilter>,
    /// Only those after this one.
    pub after: Option<MemberId>,
    /// At most this many.
    pub limit: i64,
}

/// A text that is looked for in names and logins.
#[derive(Clone, Debug)]
pub struct TextFilter {
    /// As it was typed, for names.
    pub name: String,
    /// In the form in which logins are compared.
    pub login_key: String,
}

/// The member with this id.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn get_member(connection: &mut AnyConnection, id: MemberId) -> Result<MemberRow, StoreError> {
    let row: Option<Columns> = members::table.find(id.0).first(connection).optional()?;
    Ok(row.ok_or(StoreError::NotFound("member"))?.into())
}

/// The member with this id, held until the transaction ends, so that what is written rests on what is read.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn hold_member(connection: &mut AnyConnection, id: MemberId) -> Result<MemberRow, StoreError> {
    let member = members::table.find(id.0);
    let row: Option<Columns> = match connection {
        // Its one writer holds everything.
        AnyConnection::Sqlite(concrete) => member.first(concrete).optional()?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => member.for_no_key_update().first(concrete).optional()?,
    };
    Ok(row.ok_or(StoreError::NotFound("member"))?.into())
}

/// The member with this login, in its compared form.
///
/// # Errors
/// When the database fails.
pub fn find_member_by_login(
    connection: &mut AnyConnection,
    login_key: &str,
) -> Result<Option<MemberRow>, StoreError> {
    let row: Option<Columns> =
        members::table.filter(members::login_key.eq(login_key)).first(connection).optional()?;
    Ok(row.map(Into::into))
}

/// Every member by login, in its compared form.
///
/// # Errors
/// When the database fails.
pub fn list_members_by_login(
    connection: &mut AnyConnection,
) -> Result<HashMap<String, MemberRow>, StoreError> {
    let rows: Vec<Columns> = members::table.load(connection)?;
    Ok(rows.into_iter().map(|row| (row.2.clone(), row.into())).collect())
}

/// The oldest account that is an active admin of `unit`.
///
/// # Errors
/// When the database fails.
pub fn find_first_admin(
    connection: &mut AnyConnection,
    unit: UnitId,
) -> Result<Option<MemberId>, StoreError> {
    let id: Option<i64> = role_grants::table
        .inner_join(members::table)
        .filter(role_grants::unit_id.eq(unit.0))
        .filter(role_grants::role.eq(Role::Admin.as_str()))
        .filter(members::status.eq(MemberStatus::Active.as_str()))
        .order(members::id)
        .select(members::id)
        .first(connection)
        .optional()?;
    Ok(id.map(MemberId))
}

/// The names of these members.
///
/// # Errors
/// When the database fails.
pub fn list_names(
    connection: &mut AnyConnection,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, String>, StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(i64, String)> = members::table
        .filter(members::id.eq_any(ids))
        .select((members::id, members::name))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, name)| (MemberId(id), name)).collect())
}

/// The members that `filter` lets through, by id.
///
/// # Errors
/// When the database fails.
pub fn list_members(
    connection: &mut AnyConnection,
    filter: &MemberFilter,
) -> Result<Vec<MemberRow>, StoreError> {
    let mut paths = units::table.select(units::id).into_boxed();
    for (index, path) in filter.within.iter().enumerate() {
        let inside = units::path.like(format!("{}%", path.0));
        paths = if index == 0 { paths.filter(inside) } else { paths.or_filter(inside) };
    }
    let mut query = members::table
        .filter(members::id.gt(filter.after.map_or(0, |id| id.0)))
        .order(members::id)
        .limit(filter.limit)
        .into_boxed();
    if filter.within.is_empty() {
        return Ok(vec![]);
    }
    let unit_ids: Vec<i64> = paths.load(connection)?;
    query = query.filter(members::unit_id.eq_any(unit_ids));
    if let Some(text) = &filter.text {
        if text.name.contains('\0') {
            // Nothing stored holds it, and PostgreSQL refuses to be asked.
            return Ok(vec![]);
        }
        query = query.filter(matching(text.login_pattern(), text.name_pattern(), text.lower_pattern()));
    }
    let rows: Vec<Columns> = query.load(connection)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

impl TextFilter {
    /// The pattern of the logins that hold the text.
    pub(super) fn login_pattern(&self) -> String {
        holding(&self.login_key)
    }

    /// The pattern of the names that hold the text as it was typed.
    pub(super) fn name_pattern(&self) -> String {
        holding(&self.name)
    }

    /// The pattern of the names in lower case that hold the text in lower case.
    pub(super) fn lower_pattern(&self) -> String {
        holding(&self.name.to_lowercase())
    }
}

/// Whether a login or a name is like its pattern. A name also as it was typed: SQLite's `lower` leaves all
/// letters but ASCII as they are.
pub(super) fn matching(login: String, typed: String, lowered: String) -> Matching {
    members::login_key.like(login).escape('\\').or(members::name.like(typed).escape('\\')).or(lower(
        members::name,
    )
    .like(lowered)
    .escape('\\'))
}

type Matching = Or<Or<Holds<members::login_key>, Holds<members::name>>, Holds<lower<members::name>>>;
type Holds<Column> = Escape<Like<Column, String>>;

/// The pattern of what holds `text`, in which `\` takes their meaning from `%` and `_`.
pub(super) fn holding(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// Adds a member, who belongs to their unit from `now` on.
///
/// # Errors
/// [`StoreError::Conflict`] when the login is taken.
pub fn create_member(
    connection: &mut AnyConnection,
    new: &NewMember,
    now: Millis,
) -> Result<MemberId, StoreError> {
    let id: i64 = diesel::insert_into(members::table)
        .values((
            members::login.eq(&new.login),
            members::login_key.eq(&new.login_key),
            members::name.eq(&new.name),
            members::unit_id.eq(new.unit_id.0),
            members::status.eq(MemberStatus::Active.as_str()),
            members::password_hash.eq(&new.password_hash),
            members::must_change_password.eq(new.must_change_password),
            members::created_at.eq(now.0),
        ))
        .returning(members::id)
        .get_result(connection)
        .map_err(|error| StoreError::unique(error, Conflict::Login))?;
    begin_membership(connection, MemberId(id), new.unit_id, now)?;
    Ok(MemberId(id))
}

fn begin_membership(
    connection: &mut AnyConnection,
    id: MemberId,
    unit: UnitId,
    now: Millis,
) -> Result<(), StoreError> {
    // Two changes in one millisecond: the later one holds.
    diesel::delete(memberships::table.find((id.0, now.0))).execute(connection)?;
    diesel::insert_into(memberships::table)
        .values((
            memberships::member_id.eq(id.0),
            memberships::from_at.eq(now.0),
            memberships::unit_id.eq(unit.0),
        ))
        .execute(connection)?;
    Ok(())
}

/// Writes name, unit and status of `row` back; a change of unit or status ends the membership at `now`
/// and, for an active member, begins the next.
///
/// # Errors
/// When the database fails.
pub fn update_member(
    connection: &mut AnyConnection,
    row: &MemberRow,
    before: &MemberRow,
    now: Millis,
) -> Result<(), StoreError> {
    diesel::update(members::table.find(row.id.0))
        .set((
            members::name.eq(&row.name),
            members::unit_id.eq(row.unit_id.0),
            members::status.eq(row.status.as_str()),
        ))
        .execute(connection)?;
    if (row.unit_id, row.status) != (before.unit_id, before.status) {
        let open = memberships::table
            .filter(memberships::member_id.eq(row.id.0))
            .filter(memberships::until_at.is_null());
        diesel::update(open).set(memberships::until_at.eq(now.0)).execute(connection)?;
        if row.status == MemberStatus::Active {
            begin_membership(connection, row.id, row.unit_id, now)?;
        }
    }
    Ok(())
}

/// Gives a member another password.
///
/// # Errors
/// When the database fails.
pub fn update_password(
    connection: &mut AnyConnection,
    id: MemberId,
    password_hash: &str,
    must_change_password: bool,
) -> Result<(), StoreError> {
    diesel::update(members::table.find(id.0))
        .set((
            members::password_hash.eq(password_hash),
            members::must_change_password.eq(must_change_password),
        ))
        .execute(connection)?;
    Ok(())
}

/// The roles of these members, beyond that of a member of their own unit.
///
/// # Errors
/// When the database fails.
pub fn list_grants(
    connection: &mut AnyConnection,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, Vec<Grant>>, StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(i64, i64, String, String)> = role_grants::table
        .inner_join(units::table)
        .filter(role_grants::member_id.eq_any(ids))
        .order((role_grants::member_id, role_grants::unit_id, role_grants::role))
        .select((role_grants::member_id, role_grants::unit_id, role_grants::role, units::path))
        .load(connection)?;
    let mut grants: HashMap<MemberId, Vec<Grant>> = HashMap::new();
    for (member, unit, role, path) in rows {
        let role = Role::parse(&role)
            .ok_or_else(|| StoreError::corrupt(format!("role of member {member}"), role))?;
        grants.entry(MemberId(member)).or_default().push(Grant {
            role,
            unit_id: UnitId(unit),
            path: UnitPath(path),
        });
    }
    Ok(grants)
}

/// Gives a member exactly these roles.
///
/// # Errors
/// When the database fails.
pub fn replace_grants(
    connection: &mut AnyConnection,
    id: MemberId,
    grants: &[(Role, UnitId)],
) -> Result<(), StoreError> {
    diesel::delete(role_grants::table.filter(role_grants::member_id.eq(id.0))).execute(connection)?;
    for (role, unit) in grants {
        diesel::insert_into(role_grants::table)
            .values((
                role_grants::member_id.eq(id.0),
                role_grants::unit_id.eq(unit.0),
                role_grants::role.eq(role.as_str()),
            ))
            .execute(connection)?;
    }
    Ok(())
}
