//! Graded attempts, as rankings read them.

use std::collections::HashMap;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::schema::{begun, quizzes, results};
use super::voids::list_voided_numbers;
use super::{AnyConnection, StoreError};
use crate::domain::ids::{MemberId, QuizId, UnitId};
use crate::domain::period::Calendar;
use crate::domain::points::Points;
use crate::domain::quiz::QuizKind;
use crate::domain::ranking::Entry;
use crate::domain::time::Millis;

/// Which graded attempts are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    All,
    /// Those of one quiz.
    Quiz(QuizId),
    /// Those with a number above `after`, or with one of `numbers`.
    Numbered {
        /// The number that they follow.
        after: i64,
        /// Numbers that are wanted besides.
        numbers: Vec<i64>,
    },
}

pub(super) type EntryColumns = ((i64, i64, i64, i64, i64), (i64, i64, i64, i64, bool));

type EntrySelection = (
    (results::settled_no, results::quiz_id, results::member_id, results::unit_id, results::started_at),
    (results::score, results::max_score, results::elapsed_ms, results::submitted_at, results::passed),
);

/// What [`read_entry`] reads.
pub(super) fn entry_columns() -> EntrySelection {
    (
        (results::settled_no, results::quiz_id, results::member_id, results::unit_id, results::started_at),
        (results::score, results::max_score, results::elapsed_ms, results::submitted_at, results::passed),
    )
}

/// What each quiz is for.
///
/// # Errors
/// When the database fails.
pub fn list_kinds(connection: &mut AnyConnection) -> Result<HashMap<QuizId, QuizKind>, StoreError> {
    let rows: Vec<(i64, String)> = quizzes::table.select((quizzes::id, quizzes::kind)).load(connection)?;
    rows.into_iter()
        .map(|(id, kind)| {
            let kind =
                QuizKind::parse(&kind).ok_or_else(|| StoreError::corrupt(format!("quiz {id}"), kind))?;
            Ok((QuizId(id), kind))
        })
        .collect()
}

/// Gives the graded attempts that are wanted to `take`, one by one and in no order: there may be millions.
/// Voided ones are left out.
///
/// # Errors
/// When the database fails.
pub fn for_each_entry(
    connection: &mut AnyConnection,
    wanted: &Wanted,
    calendar: &Calendar,
    mut take: impl FnMut(Entry),
) -> Result<(), StoreError> {
    let (kinds, voided) = (list_kinds(connection)?, list_voided_numbers(connection)?);
    let query = results::table.select(entry_columns());
    macro_rules! read_from {
        ($concrete:expr, $mode:ty) => {{
            let query = query.into_boxed();
            let query = match wanted {
                Wanted::All => query,
                Wanted::Quiz(quiz) => {
                    let of_quiz = begun::table.filter(begun::quiz_id.eq(quiz.0)).select(begun::no);
                    query.filter(results::attempt_no.eq_any(of_quiz))
                }
                Wanted::Numbered { after, numbers } if numbers.is_empty() => {
                    query.filter(results::settled_no.gt(after))
                }
                Wanted::Numbered { after, numbers } => query
                    .filter(results::settled_no.gt(after).or(results::settled_no.eq_any(numbers.clone()))),
            };
            for row in query.load_iter::<EntryColumns, $mode>($concrete)? {
                let entry = read_entry(row?, &kinds, calendar)?;
                if !voided.contains(&entry.no) {
                    take(entry);
                }
            }
        }};
    }
    match connection {
        AnyConnection::Sqlite(concrete) => read_from!(concrete, DefaultLoadingMode),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => read_from!(concrete, diesel::pg::PgRowByRowLoadingMode),
    }
    Ok(())
}

/// The highest number of a result; 0 when there is none.
///
/// # Errors
/// When the database fails.
pub fn find_latest_no(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    let latest: Option<i64> =
        results::table.select(diesel::dsl::max(results::settled_no)).first(connection)?;
    Ok(latest.unwrap_or(0))
}

/// How many results have a number above `no`.
///
/// # Errors
/// When the database fails.
pub fn count_after(connection: &mut AnyConnection, no: i64) -> Result<i64, StoreError> {
    Ok(results::table.filter(results::settled_no.gt(no)).count().get_result(connection)?)
}

/// A result as rankings see it.
pub(super) fn read_entry(
    ((no, quiz, member, unit, started_at), (score, max_score, elapsed_ms, submitted_at, passed)): EntryColumns,
    kinds: &HashMap<QuizId, QuizKind>,
    calendar: &Calendar,
) -> Result<Entry, StoreError> {
    let kind = *kinds
        .get(&QuizId(quiz))
        .ok_or_else(|| StoreError::corrupt(format!("result {no}"), format!("there is no quiz {quiz}")))?;
    Ok(Entry {
        no,
        quiz: QuizId(quiz),
        kind,
        member: MemberId(member),
        unit: UnitId(unit),
        started_at: Millis(started_at),
        day: calendar.date(Millis(started_at)),
        score: Points(score),
        max_score: Points(max_score),
        elapsed_ms,
        submitted_at: Millis(submitted_at),
        passed,
    })
}
