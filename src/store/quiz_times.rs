//! When a quiz closes, and what that does to the attempts that run.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::quizzes::{QuizRow, get_quiz};
use super::schema::{attempts, quizzes};
use super::{AnyConnection, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::QuizId;
use crate::domain::time::Millis;

/// The quiz with this id, held until the transaction ends: nobody begins it or changes it meanwhile, and
/// everybody who has begun it is to be seen.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn hold_quiz(connection: &mut AnyConnection, id: QuizId) -> Result<QuizRow, StoreError> {
    match connection {
        // Its one writer holds everything.
        AnyConnection::Sqlite(_) => {}
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => {
            let held = quizzes::table.find(id.0).select(quizzes::id).for_update();
            held.first::<i64>(concrete).optional()?;
        }
    }
    get_quiz(connection, id)
}

/// Gives a quiz another end, and so another revision: whoever is about to begin looks again.
///
/// # Errors
/// When the database fails.
pub fn set_end(connection: &mut AnyConnection, id: QuizId, closes_at: Millis) -> Result<(), StoreError> {
    diesel::update(quizzes::table.find(id.0))
        .set((quizzes::closes_at.eq(closes_at.0), quizzes::revision.eq(quizzes::revision + 1)))
        .execute(connection)?;
    Ok(())
}

/// Ends the running attempts of a quiz at `at`, those that were to end later; returns how many. They count
/// as changed: who has looked at them before looks again.
///
/// # Errors
/// When the database fails.
pub fn end_attempts(connection: &mut AnyConnection, id: QuizId, at: Millis) -> Result<usize, StoreError> {
    let running = attempts::table
        .filter(attempts::quiz_id.eq(id.0))
        .filter(attempts::status.eq(AttemptStatus::Running.as_str()))
        .filter(attempts::deadline.is_null().or(attempts::deadline.gt(at.0)));
    let ended = diesel::update(running)
        .set((attempts::deadline.eq(at.0), attempts::version.eq(attempts::version + 1)))
        .execute(connection)?;
    Ok(ended)
}

/// Gives the running attempts that were to end with their quiz, at `before`, as much more time until `after`
/// as `duration_seconds` allows; returns how many.
///
/// # Errors
/// When the database fails.
pub fn prolong_attempts(
    connection: &mut AnyConnection,
    id: QuizId,
    (before, after): (Millis, Millis),
    duration_seconds: Option<i64>,
) -> Result<usize, StoreError> {
    let running = || {
        attempts::table
            .filter(attempts::quiz_id.eq(id.0))
            .filter(attempts::status.eq(AttemptStatus::Running.as_str()))
            .filter(attempts::deadline.eq(before.0))
    };
    let version = || attempts::version.eq(attempts::version + 1);
    let Some(duration_seconds) = duration_seconds else {
        let changed = (attempts::deadline.eq(after.0), version());
        return Ok(diesel::update(running()).set(changed).execute(connection)?);
    };
    let duration_ms = duration_seconds.saturating_mul(1000);
    // Those whose own time reaches beyond the new end, then those whose own time ends before it: the first
    // have another deadline by then.
    let latest = after.plus_ms(-duration_ms);
    let whole = diesel::update(running().filter(attempts::started_at.ge(latest.0)))
        .set((attempts::deadline.eq(after.0), version()))
        .execute(connection)?;
    let own_end = (attempts::started_at + duration_ms.into_sql::<BigInt>()).nullable();
    let own =
        diesel::update(running()).set((attempts::deadline.eq(own_end), version())).execute(connection)?;
    Ok(whole + own)
}
