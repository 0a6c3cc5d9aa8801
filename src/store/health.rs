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
const RULES: [(&str, &str); 7] = [
    (
        "results of no attempt, or that name another member, quiz, unit or beginning than it does",
        "SELECT COUNT(*) FROM results LEFT JOIN begun ON begun.no = results.attempt_no \
         WHERE begun.no IS NULL OR begun.quiz_id <> results.quiz_id OR begun.member_id <> results.member_id \
         OR begun.unit_id <> results.unit_id OR begun.started_at <> results.started_at",
    ),
    (
        "saved answers of no attempt, or of one with a result",
        "SELECT COUNT(*) FROM drafts LEFT JOIN begun ON begun.no = drafts.attempt_no \
         WHERE begun.no IS NULL OR EXISTS (SELECT 1 FROM results WHERE results.attempt_no = drafts.attempt_no)",
    ),
    (
        "attempts without a result that the sweep has gone past",
        "SELECT COUNT(*) FROM begun WHERE deadline <= (SELECT MAX(until) FROM sweeps) \
         AND NOT EXISTS (SELECT 1 FROM results WHERE results.attempt_no = begun.no)",
    ),
    (
        "members with two running attempts at one quiz",
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM attempts WHERE status = 'running' \
         GROUP BY member_id, quiz_id HAVING COUNT(*) > 1) AS doubles",
    ),
    (
        "members whose attempts at a quiz are not numbered 1, 2, 3 …",
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM begun GROUP BY member_id, quiz_id \
         HAVING MIN(ordinal) <> 1 OR MAX(ordinal) <> COUNT(*)) AS gaps",
    ),
    (
        "anonymised members who are active, or of whom a session, a role or practice is left",
        "SELECT COUNT(*) FROM members WHERE anonymised_at IS NOT NULL AND (status <> 'left' \
         OR EXISTS (SELECT 1 FROM sessions WHERE sessions.member_id = members.id) \
         OR EXISTS (SELECT 1 FROM role_grants WHERE role_grants.member_id = members.id) \
         OR EXISTS (SELECT 1 FROM favourites WHERE favourites.member_id = members.id) \
         OR EXISTS (SELECT 1 FROM learning WHERE learning.member_id = members.id))",
    ),
    (
        "voided attempts without a result",
        "SELECT COUNT(*) FROM voided_attempts JOIN attempts ON attempts.id = voided_attempts.attempt_id \
         WHERE attempts.status <> 'graded'",
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
