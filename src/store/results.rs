//! Graded attempts, as rankings read them.

use diesel::prelude::*;

use super::schema::{attempts, quizzes};
use super::{AnyConnection, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::{MemberId, QuizId, UnitId};
use crate::domain::period::{Calendar, Span};
use crate::domain::points::Points;
use crate::domain::quiz::QuizKind;
use crate::domain::ranking::Entry;
use crate::domain::time::Millis;

/// Which graded attempts a board is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of one quiz.
    Quiz(QuizId),
    /// Those submitted in a span of time (of a `daily` quiz: begun in it, because its days are those of
    /// the beginning), practice left out.
    Span(Span),
}

type Columns = ((i64, String), (i64, i64, i64), (Option<i64>, Option<i64>, Option<i64>, Option<bool>));

/// The graded attempts of `scope`, in no order.
///
/// # Errors
/// When the database fails.
pub fn list_entries(
    connection: &mut AnyConnection,
    scope: Scope,
    calendar: &Calendar,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = attempts::table
        .inner_join(quizzes::table)
        .filter(attempts::status.eq(AttemptStatus::Graded.as_str()))
        .select((
            (attempts::quiz_id, quizzes::kind),
            (attempts::member_id, attempts::unit_id, attempts::started_at),
            (attempts::score, attempts::elapsed_ms, attempts::submitted_at, attempts::passed),
        ))
        .into_boxed();
    query = match scope {
        Scope::Quiz(quiz) => query.filter(attempts::quiz_id.eq(quiz.0)),
        Scope::Span(span) => {
            let daily = quizzes::kind.eq(QuizKind::Daily.as_str());
            let other = quizzes::kind.ne(QuizKind::Daily.as_str());
            let begun = attempts::started_at.ge(span.from.0).and(attempts::started_at.lt(span.until.0));
            let submitted = attempts::submitted_at.assume_not_null().lt(span.until.0);
            query
                .filter(quizzes::kind.ne(QuizKind::Practice.as_str()))
                // Nothing is submitted before it is begun, so this holds for both and narrows the search.
                .filter(attempts::submitted_at.ge(span.from.0))
                .filter(daily.and(begun).or(other.and(submitted)))
        }
    };
    let rows: Vec<Columns> = query.load(connection)?;
    rows.into_iter().map(|row| read_entry(row, calendar)).collect()
}

fn read_entry(
    ((quiz, kind), (member, unit, started_at), (score, elapsed_ms, submitted_at, passed)): Columns,
    calendar: &Calendar,
) -> Result<Entry, StoreError> {
    let missing =
        || StoreError::corrupt(format!("result of member {member} at quiz {quiz}"), "a column is empty");
    Ok(Entry {
        quiz: QuizId(quiz),
        kind: QuizKind::parse(&kind).ok_or_else(|| StoreError::corrupt(format!("quiz {quiz}"), kind))?,
        member: MemberId(member),
        unit: UnitId(unit),
        day: calendar.date(Millis(started_at)),
        score: Points(score.ok_or_else(missing)?),
        elapsed_ms: elapsed_ms.ok_or_else(missing)?,
        submitted_at: Millis(submitted_at.ok_or_else(missing)?),
        passed: passed.ok_or_else(missing)?,
    })
}
