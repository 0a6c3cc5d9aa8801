//! Attempts: begun, saved, settled.

use diesel::prelude::*;

use super::schema::attempts;
use super::{AnyConnection, Conflict, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::grading::Answers;
use crate::domain::ids::{AttemptId, MemberId, QuizId, UnitId};
use crate::domain::period::Span;
use crate::domain::points::Points;
use crate::domain::time::Millis;

/// Who brought an attempt to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// The member submitted it.
    Submission,
    /// Its deadline passed.
    Deadline,
}

impl ClosedBy {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Deadline => "deadline",
        }
    }
}

/// The result of a graded attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptResult {
    /// Who brought it to its end.
    pub closed_by: ClosedBy,
    /// When.
    pub submitted_at: Millis,
    /// How long it took, in milliseconds.
    pub elapsed_ms: i64,
    /// What it earned.
    pub score: Points,
    /// What a faultless paper earns.
    pub max_score: Points,
    /// Items that earned all of their points.
    pub correct: u32,
    /// Items.
    pub total: u32,
    /// Whether it passed.
    pub passed: bool,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its id.
    pub id: AttemptId,
    /// Of which quiz.
    pub quiz_id: QuizId,
    /// By whom.
    pub member_id: MemberId,
    /// For which unit: the member's own when it was begun.
    pub unit_id: UnitId,
    /// The how-manieth of this member and quiz, from 1.
    pub ordinal: i32,
    /// The bank revision that its paper is drawn from.
    pub bank_revision: i32,
    /// The version of the draw.
    pub draw_version: i32,
    /// The seed of the draw.
    pub seed: u64,
    /// When it was begun.
    pub started_at: Millis,
    /// The deadline, without the grace in which answers still count; `None` for no limit.
    pub deadline: Option<Millis>,
    /// What was answered so far.
    pub answers: Answers,
    /// Its result, once it is graded.
    pub result: Option<AttemptResult>,
    /// How often it was changed.
    pub version: i64,
}

impl AttemptRow {
    /// Where it stands.
    pub fn status(&self) -> AttemptStatus {
        if self.result.is_some() { AttemptStatus::Graded } else { AttemptStatus::Running }
    }
}

type Columns = (
    (String, i64, i64, i64, i32, i32, i32, i64),
    (i64, Option<i64>, String),
    (Option<String>, Option<i64>, Option<i64>),
    (Option<i64>, Option<i64>, Option<i32>, Option<i32>, Option<bool>),
    i64,
);

type Selection = (
    (
        attempts::id,
        attempts::quiz_id,
        attempts::member_id,
        attempts::unit_id,
        attempts::ordinal,
        attempts::bank_revision,
        attempts::draw_version,
        attempts::seed,
    ),
    (attempts::started_at, attempts::deadline, attempts::answers),
    (attempts::closed_by, attempts::submitted_at, attempts::elapsed_ms),
    (attempts::score, attempts::max_score, attempts::correct, attempts::total, attempts::passed),
    attempts::version,
);

fn columns() -> Selection {
    (
        (
            attempts::id,
            attempts::quiz_id,
            attempts::member_id,
            attempts::unit_id,
            attempts::ordinal,
            attempts::bank_revision,
            attempts::draw_version,
            attempts::seed,
        ),
        (attempts::started_at, attempts::deadline, attempts::answers),
        (attempts::closed_by, attempts::submitted_at, attempts::elapsed_ms),
        (attempts::score, attempts::max_score, attempts::correct, attempts::total, attempts::passed),
        attempts::version,
    )
}

impl TryFrom<Columns> for AttemptRow {
    type Error = StoreError;

    fn try_from(
        (
            (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed),
            (started_at, deadline, answers),
            (closed_by, submitted_at, elapsed_ms),
            (score, max_score, correct, total, passed),
            version,
        ): Columns,
    ) -> Result<Self, StoreError> {
        let answers = serde_json::from_str(&answers)
            .map_err(|error| StoreError::corrupt(format!("answers of attempt {id}"), error))?;
        let result = match (submitted_at, elapsed_ms, score, max_score, correct, total, passed) {
            (
                Some(submitted_at),
                Some(elapsed_ms),
                Some(score),
                Some(max_score),
                Some(correct),
                Some(total),
                Some(passed),
            ) => Some(AttemptResult {
                closed_by: if closed_by.as_deref() == Some(ClosedBy::Submission.as_str()) {
                    ClosedBy::Submission
                } else {
                    ClosedBy::Deadline
                },
                submitted_at: Millis(submitted_at),
                elapsed_ms,
                score: Points(score),
                max_score: Points(max_score),
                correct: u32::try_from(correct).unwrap_or(0),
                total: u32::try_from(total).unwrap_or(0),
                passed,
            }),
            _ => None,
        };
        Ok(Self {
            id: AttemptId(id),
            quiz_id: QuizId(quiz_id),
            member_id: MemberId(member_id),
            unit_id: UnitId(unit_id),
            ordinal,
            bank_revision,
            draw_version,
            seed: seed.cast_unsigned(),
            started_at: Millis(started_at),
            deadline: deadline.map(Millis),
            answers,
            result,
            version,
        })
    }
}

/// Begins an attempt.
///
/// # Errors
/// [`StoreError::Conflict`] when this member has begun the same attempt elsewhere at the same time.
pub fn create_attempt(connection: &mut AnyConnection, row: &AttemptRow) -> Result<(), StoreError> {
    diesel::insert_into(attempts::table)
        .values((
            attempts::id.eq(&row.id.0),
            attempts::quiz_id.eq(row.quiz_id.0),
            attempts::member_id.eq(row.member_id.0),
            attempts::unit_id.eq(row.unit_id.0),
            attempts::ordinal.eq(row.ordinal),
            attempts::bank_revision.eq(row.bank_revision),
            attempts::draw_version.eq(row.draw_version),
            attempts::seed.eq(row.seed.cast_signed()),
            attempts::started_at.eq(row.started_at.0),
            attempts::deadline.eq(row.deadline.map(|at| at.0)),
            attempts::answers.eq(answers_json(&row.answers)?),
            attempts::status.eq(AttemptStatus::Running.as_str()),
        ))
        .execute(connection)
        .map_err(|error| StoreError::unique(error, Conflict::Attempt))?;
    Ok(())
}

pub(super) fn answers_json(answers: &Answers) -> Result<String, StoreError> {
    serde_json::to_string(answers).map_err(|error| StoreError::corrupt("answers", error))
}

/// The attempt with this id.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn get_attempt(connection: &mut AnyConnection, id: &AttemptId) -> Result<AttemptRow, StoreError> {
    let row: Option<Columns> =
        attempts::table.filter(attempts::id.eq(&id.0)).select(columns()).first(connection).optional()?;
    row.ok_or(StoreError::NotFound("attempt"))?.try_into()
}

/// The latest attempt of a member at a quiz.
///
/// # Errors
/// When the database fails.
pub fn find_latest_attempt(
    connection: &mut AnyConnection,
    member: MemberId,
    quiz: QuizId,
) -> Result<Option<AttemptRow>, StoreError> {
    let row: Option<Columns> = attempts::table
        .filter(attempts::member_id.eq(member.0))
        .filter(attempts::quiz_id.eq(quiz.0))
        .order(attempts::ordinal.desc())
        .select(columns())
        .first(connection)
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

/// How many attempts a member has begun at a quiz in a span of time.
///
/// # Errors
/// When the database fails.
pub fn count_attempts(
    connection: &mut AnyConnection,
    member: MemberId,
    quiz: QuizId,
    span: Span,
) -> Result<i64, StoreError> {
    Ok(attempts::table
        .filter(attempts::member_id.eq(member.0))
        .filter(attempts::quiz_id.eq(quiz.0))
        .filter(attempts::started_at.ge(span.from.0))
        .filter(attempts::started_at.lt(span.until.0))
        .count()
        .get_result(connection)?)
}

/// A member's attempts, the latest first, before the one named by `before`.
///
/// # Errors
/// When the database fails.
pub fn list_attempts(
    connection: &mut AnyConnection,
    member: MemberId,
    before: Option<(Millis, AttemptId)>,
    limit: i64,
) -> Result<Vec<AttemptRow>, StoreError> {
    let mut query = attempts::table
        .filter(attempts::member_id.eq(member.0))
        .order((attempts::started_at.desc(), attempts::id.desc()))
        .limit(limit)
        .select(columns())
        .into_boxed();
    if let Some((started_at, id)) = before {
        query = query.filter(
            attempts::started_at
                .lt(started_at.0)
                .or(attempts::started_at.eq(started_at.0).and(attempts::id.lt(id.0))),
        );
    }
    let rows: Vec<Columns> = query.load(connection)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Attempts that are running although their deadline is `latest` or earlier, the oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_due(
    connection: &mut AnyConnection,
    latest: Millis,
    limit: i64,
) -> Result<Vec<AttemptId>, StoreError> {
    let ids: Vec<String> = attempts::table
        .filter(attempts::status.eq(AttemptStatus::Running.as_str()))
        .filter(attempts::deadline.le(latest.0))
        .order(attempts::deadline)
        .limit(limit)
        .select(attempts::id)
        .load(connection)?;
    Ok(ids.into_iter().map(AttemptId).collect())
}

/// How often the attempt with this id was changed; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub fn find_version(connection: &mut AnyConnection, id: &AttemptId) -> Result<Option<i64>, StoreError> {
    let found = attempts::table.find(&id.0).select(attempts::version).first(connection);
    Ok(found.optional()?)
}
