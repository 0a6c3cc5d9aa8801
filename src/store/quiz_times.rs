//! When a quiz closes, and what that does to the attempts that run.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::quizzes::{QuizRow, get_quiz};
use super::schema::{begun, quizzes, results};
use super::statement::{Bind, Statement};
use super::{AnyConnection, StoreError};
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
    touch_running(connection, id)?;
    let later = begun::table
        .filter(begun::quiz_id.eq(id.0))
        .filter(not(exists(results::table.filter(results::attempt_no.eq(begun::no)))))
        .filter(begun::deadline.is_null().or(begun::deadline.gt(at.0)));
    Ok(diesel::update(later).set(begun::deadline.eq(at.0)).execute(connection)?)
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
    touch_running(connection, id)?;
    let running = || {
        begun::table
            .filter(begun::quiz_id.eq(id.0))
            .filter(not(exists(results::table.filter(results::attempt_no.eq(begun::no)))))
            .filter(begun::deadline.eq(before.0))
    };
    let Some(duration_seconds) = duration_seconds else {
        return Ok(diesel::update(running()).set(begun::deadline.eq(after.0)).execute(connection)?);
    };
    let duration_ms = duration_seconds.saturating_mul(1000);
    // Those whose own time reaches beyond the new end, then those whose own time ends before it: the first
    // have another deadline by then.
    let latest = after.plus_ms(-duration_ms);
    let whole = diesel::update(running().filter(begun::started_at.ge(latest.0)))
        .set(begun::deadline.eq(after.0))
        .execute(connection)?;
    let own_end = (begun::started_at + duration_ms.into_sql::<BigInt>()).nullable();
    let own = diesel::update(running()).set(begun::deadline.eq(own_end)).execute(connection)?;
    Ok(whole + own)
}

const TOUCH: &str = "INSERT INTO drafts (attempt_no, version, answers) SELECT no, 1, '{}' FROM begun \
     WHERE quiz_id = ? AND NOT EXISTS (SELECT 1 FROM results WHERE results.attempt_no = begun.no) \
     ON CONFLICT (attempt_no) DO UPDATE SET version = drafts.version + 1";

/// Gives every running attempt of a quiz another version, and holds it until the transaction ends.
fn touch_running(connection: &mut AnyConnection, id: QuizId) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(concrete) => {
            Statement::<()>::new(TOUCH, vec![Bind::Int(id.0)]).execute(concrete)?;
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => {
            // Whoever is settling one of them has written its result by the next statement.
            let hold = "SELECT no FROM begun WHERE quiz_id = ? ORDER BY no FOR NO KEY UPDATE";
            let _: Vec<i64> = Statement::<BigInt>::new(hold, vec![Bind::Int(id.0)]).load(concrete)?;
            Statement::<()>::new(TOUCH, vec![Bind::Int(id.0)]).execute(concrete)?;
        }
    }
    Ok(())
}
