//! Attempts that an admin has voided: they keep their result and count for nothing.

use std::collections::HashSet;

use diesel::prelude::*;

use super::schema::{attempts, quizzes, voided_attempts};
use super::{AnyConnection, Conflict, StoreError};
use crate::domain::ids::{AttemptId, MemberId, QuizId};
use crate::domain::quiz::QuizKind;
use crate::domain::time::Millis;

/// A voided attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidRow {
    /// The attempt.
    pub attempt: AttemptId,
    /// The number of its result.
    pub no: i64,
    /// Its quiz.
    pub quiz: QuizId,
    /// What the quiz is for.
    pub kind: QuizKind,
    /// Its member.
    pub member: MemberId,
    /// When it was begun.
    pub started_at: Millis,
    /// When it was submitted.
    pub submitted_at: Millis,
    /// When it was voided.
    pub at: Millis,
    /// Why.
    pub reason: String,
}

type Columns = ((String, Option<i64>, i64, String, i64), (i64, Option<i64>), (i64, String));

impl TryFrom<Columns> for VoidRow {
    type Error = StoreError;

    fn try_from(
        ((attempt, no, quiz, kind, member), (started_at, submitted_at), (at, reason)): Columns,
    ) -> Result<Self, StoreError> {
        let what = || format!("voided attempt {attempt}");
        let missing = || StoreError::corrupt(what(), "it has no result");
        Ok(Self {
            no: no.ok_or_else(missing)?,
            quiz: QuizId(quiz),
            kind: QuizKind::parse(&kind).ok_or_else(|| StoreError::corrupt(what(), kind))?,
            member: MemberId(member),
            started_at: Millis(started_at),
            submitted_at: Millis(submitted_at.ok_or_else(missing)?),
            at: Millis(at),
            reason,
            attempt: AttemptId(attempt),
        })
    }
}

/// Every voided attempt, in no order: each was voided by hand, so there are few.
///
/// # Errors
/// When the database fails.
pub fn list_voids(connection: &mut AnyConnection) -> Result<Vec<VoidRow>, StoreError> {
    let rows: Vec<Columns> = voided_attempts::table
        .inner_join(attempts::table.inner_join(quizzes::table))
        .select((
            (attempts::id, attempts::settled_no, attempts::quiz_id, quizzes::kind, attempts::member_id),
            (attempts::started_at, attempts::submitted_at),
            (voided_attempts::at, voided_attempts::reason),
        ))
        .load(connection)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The numbers of the results that count for nothing.
///
/// # Errors
/// When the database fails.
pub fn list_voided_numbers(connection: &mut AnyConnection) -> Result<HashSet<i64>, StoreError> {
    let numbers: Vec<Option<i64>> =
        voided_attempts::table.inner_join(attempts::table).select(attempts::settled_no).load(connection)?;
    Ok(numbers.into_iter().flatten().collect())
}

/// Voids a graded attempt.
///
/// # Errors
/// [`StoreError::Conflict`] when it is voided already.
pub fn create_void(
    connection: &mut AnyConnection,
    attempt: &AttemptId,
    by: MemberId,
    reason: &str,
    at: Millis,
) -> Result<(), StoreError> {
    diesel::insert_into(voided_attempts::table)
        .values((
            voided_attempts::attempt_id.eq(&attempt.0),
            voided_attempts::at.eq(at.0),
            voided_attempts::by.eq(by.0),
            voided_attempts::reason.eq(reason),
        ))
        .execute(connection)
        .map_err(|error| StoreError::unique(error, Conflict::Voided))?;
    Ok(())
}
