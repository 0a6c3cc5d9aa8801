//! Graded attempts with their answers, as statistics read them. Voided ones are left out unless they are asked
//! for.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::results::{EntryColumns, entry_columns, list_kinds, read_entry};
use super::schema::{begun, counted_voids, results, voided_attempts};
use super::{AnyConnection, StoreError};
use crate::domain::grading::Answers;
use crate::domain::ids::{AttemptId, QuizId, UnitId};
use crate::domain::period::Calendar;
use crate::domain::ranking::Entry;

/// A graded attempt with what it takes to grade it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullResult {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its result, as rankings see it.
    pub entry: Entry,
    /// The bank revision that its paper is drawn from.
    pub bank_revision: i32,
    /// The version of the draw.
    pub draw_version: i32,
    /// The seed of the draw.
    pub seed: u64,
    /// What was answered.
    pub answers: Answers,
}

/// Which results are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slice {
    /// The first `limit` of those with a number above `after`, up to `until`, in the order of their numbers.
    Numbered {
        /// The number that they follow.
        after: i64,
        /// The highest number.
        until: i64,
        /// How many at most.
        limit: i64,
    },
    /// Those of one quiz that were earned for one unit, with numbers up to `until`.
    OfUnit {
        /// The quiz.
        quiz: QuizId,
        /// The unit.
        unit: UnitId,
        /// The highest number.
        until: i64,
    },
    /// Voided ones that the statistics do not know of yet.
    NewlyVoided,
}

type Columns = (String, EntryColumns, (i32, i32, i64, String));

/// The results that are wanted.
///
/// # Errors
/// When the database fails.
pub fn list_results(
    connection: &mut AnyConnection,
    slice: &Slice,
    calendar: &Calendar,
) -> Result<Vec<FullResult>, StoreError> {
    let kinds = list_kinds(connection)?;
    let is_voided = exists(voided_attempts::table.filter(voided_attempts::attempt_id.eq(begun::id)));
    let is_known =
        exists(counted_voids::table.filter(counted_voids::attempt_id.eq(voided_attempts::attempt_id)));
    let query = results::table
        .inner_join(begun::table)
        .select((
            begun::id,
            entry_columns(),
            (begun::bank_revision, begun::draw_version, begun::seed, results::answers),
        ))
        .into_boxed();
    let query = match slice {
        Slice::Numbered { after, until, limit } => query
            .filter(results::settled_no.gt(after))
            .filter(results::settled_no.le(until))
            .filter(not(is_voided))
            .order(results::settled_no)
            .limit(*limit),
        Slice::OfUnit { quiz, unit, until } => query
            .filter(begun::quiz_id.eq(quiz.0))
            .filter(begun::unit_id.eq(unit.0))
            .filter(results::settled_no.le(until))
            .filter(not(is_voided)),
        Slice::NewlyVoided => query.filter(
            begun::id
                .eq_any(voided_attempts::table.filter(not(is_known)).select(voided_attempts::attempt_id)),
        ),
    };
    let rows: Vec<Columns> = query.load(connection)?;
    rows.into_iter()
        .map(|(id, entry, (bank_revision, draw_version, seed, answers))| {
            let entry = read_entry(entry, &kinds, calendar)?;
            let answers: Answers = serde_json::from_str(&answers)
                .map_err(|error| StoreError::corrupt(format!("answers of attempt {id}"), error))?;
            let seed = seed.cast_unsigned();
            Ok(FullResult { attempt: AttemptId(id), entry, bank_revision, draw_version, seed, answers })
        })
        .collect()
}
