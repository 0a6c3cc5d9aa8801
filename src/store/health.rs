//! What must hold in every database of ours, asked of the database itself.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::statement::Statement;
use super::{AnyConnection, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::AttemptId;

/// Faults that the database engine itself finds; PostgreSQL checks its constraints at each write and has
/// none to tell.
///
/// # Errors
/// When the database fails.
pub fn engine_faults(connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    match connection {
        AnyConnection::Sqlite(concrete) => {
            let mut faults: Vec<String> =
                Statement::<Text>::new("PRAGMA integrity_check", vec![]).load(concrete)?;
            faults.retain(|fault| fault != "ok");
            let orphans: Vec<String> =
                Statement::<Text>::new("SELECT \"table\" FROM pragma_foreign_key_check", vec![])
                    .load(concrete)?;
            faults.extend(orphans.into_iter().map(|table| format!("a row of {table} refers to nothing")));
            Ok(faults)
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => Ok(vec![]),
    }
}

/// A rule and the statement that counts what breaks it.
const RULES: [(&str, &str); 5] = [
    (
        "graded attempts without a number or without a part of their result",
        "SELECT COUNT(*) FROM attempts WHERE status = 'graded' AND (settled_no IS NULL OR score IS NULL \
         OR max_score IS NULL OR submitted_at IS NULL OR elapsed_ms IS NULL OR passed IS NULL)",
    ),
    (
        "running attempts with a result",
        "SELECT COUNT(*) FROM attempts WHERE status <> 'graded' AND (settled_no IS NOT NULL OR score IS NOT NULL)",
    ),
    (
        "members with two running attempts at one quiz",
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM attempts WHERE status = 'running' \
         GROUP BY member_id, quiz_id HAVING COUNT(*) > 1) AS doubles",
    ),
    (
        "members whose attempts at a quiz are not numbered 1, 2, 3 …",
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM attempts GROUP BY member_id, quiz_id \
         HAVING MIN(ordinal) <> 1 OR MAX(ordinal) <> COUNT(*)) AS gaps",
    ),
    (
        "voided attempts without a result",
        "SELECT COUNT(*) FROM voided_attempts JOIN attempts ON attempts.id = voided_attempts.attempt_id          WHERE attempts.status <> 'graded'",
    ),
];

/// The rules of the attempts that are broken, and how often.
///
/// # Errors
/// When the database fails.
pub fn broken_rules(connection: &mut AnyConnection) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let mut broken = Vec::new();
    for (rule, count) in RULES {
        let statement = || Statement::<BigInt>::new(count, vec![]);
        let counts: Vec<i64> =
            super::connection::on_backend!(connection, concrete => statement().load(concrete)?);
        broken.extend(counts.first().filter(|&&count| count > 0).map(|&count| (rule, count)));
    }
    Ok(broken)
}

/// The ids of graded attempts after `after`, in their order, `limit` at most.
///
/// # Errors
/// When the database fails.
pub fn list_graded(
    connection: &mut AnyConnection,
    after: Option<&AttemptId>,
    limit: i64,
) -> Result<Vec<AttemptId>, StoreError> {
    use super::schema::attempts;
    let ids: Vec<String> = attempts::table
        .filter(attempts::status.eq(AttemptStatus::Graded.as_str()))
        .filter(attempts::id.gt(after.map_or("", |id| id.0.as_str())))
        .order(attempts::id)
        .limit(limit)
        .select(attempts::id)
        .load(connection)?;
    Ok(ids.into_iter().map(AttemptId).collect())
}
