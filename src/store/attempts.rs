//! Attempts: begun, saved, settled.

use diesel::prelude::*;

use super::schema::{attempts, begun, quizzes, results, sweeps};
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
    /// The how-manieth of all attempts: what the tables know it by.
    pub no: i64,
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
    /// The mark of the session by which it was begun; `None` when nobody noted it.
    pub session_mark: Option<i64>,
    /// What was answered so far.
    pub answers: Answers,
    /// Its result, once it is graded.
    pub result: Option<AttemptResult>,
    /// How often its answers were saved; [`SETTLED_VERSION`] once it has its result.
    pub version: i64,
}

/// The version of an attempt that has its result: after all others, and the last.
pub const SETTLED_VERSION: i64 = i64::MAX;

impl AttemptRow {
    /// Where it stands.
    pub fn status(&self) -> AttemptStatus {
        if self.result.is_some() { AttemptStatus::Graded } else { AttemptStatus::Running }
    }
}

type Columns = (
    (i64, String, i64, i64, i64, i32, i32, i32, i64),
    (i64, Option<i64>, Option<i64>, String),
    (Option<String>, Option<i64>, Option<i64>),
    (Option<i64>, Option<i64>, Option<i32>, Option<i32>, Option<bool>),
    i64,
);

type Selection = (
    (
        attempts::no,
        attempts::id,
        attempts::quiz_id,
        attempts::member_id,
        attempts::unit_id,
        attempts::ordinal,
        attempts::bank_revision,
        attempts::draw_version,
        attempts::seed,
    ),
    (attempts::started_at, attempts::deadline, attempts::session_mark, attempts::answers),
    (attempts::closed_by, attempts::submitted_at, attempts::elapsed_ms),
    (attempts::score, attempts::max_score, attempts::correct, attempts::total, attempts::passed),
    attempts::version,
);

fn columns() -> Selection {
    (
        (
            attempts::no,
            attempts::id,
            attempts::quiz_id,
            attempts::member_id,
            attempts::unit_id,
            attempts::ordinal,
            attempts::bank_revision,
            attempts::draw_version,
            attempts::seed,
        ),
        (attempts::started_at, attempts::deadline, attempts::session_mark, attempts::answers),
        (attempts::closed_by, attempts::submitted_at, attempts::elapsed_ms),
        (attempts::score, attempts::max_score, attempts::correct, attempts::total, attempts::passed),
        attempts::version,
    )
}

impl TryFrom<Columns> for AttemptRow {
    type Error = StoreError;

    fn try_from(
        (
            (no, id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed),
            (started_at, deadline, session_mark, answers),
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
            no,
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
            session_mark,
            answers,
            result,
            version,
        })
    }
}

/// Puts in an attempt without a result and returns its number; the `no` of `row` is not looked at.
///
/// # Errors
/// [`StoreError::Conflict`] when this member has begun the same attempt elsewhere at the same time.
pub fn create_attempt(connection: &mut AnyConnection, row: &AttemptRow) -> Result<i64, StoreError> {
    let created = diesel::insert_into(begun::table).values((
        begun::id.eq(&row.id.0),
        begun::quiz_id.eq(row.quiz_id.0),
        begun::member_id.eq(row.member_id.0),
        begun::unit_id.eq(row.unit_id.0),
        begun::ordinal.eq(row.ordinal),
        begun::bank_revision.eq(row.bank_revision),
        begun::draw_version.eq(row.draw_version),
        begun::seed.eq(row.seed.cast_signed()),
        begun::started_at.eq(row.started_at.0),
        begun::deadline.eq(row.deadline.map(|at| at.0)),
        begun::session_mark.eq(row.session_mark),
    ));
    let created = super::connection::on_backend!(connection, concrete => {
        created.returning(begun::no).get_result(concrete)
    });
    created.map_err(|error| StoreError::unique(error, Conflict::Attempt))
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

/// The attempts with these ids, in no order.
///
/// # Errors
/// When the database fails.
pub fn list_attempts_by_id(
    connection: &mut AnyConnection,
    ids: &[AttemptId],
) -> Result<Vec<AttemptRow>, StoreError> {
    let ids: Vec<String> = ids.iter().map(|id| id.0.clone()).collect();
    let rows: Vec<Columns> =
        attempts::table.filter(attempts::id.eq_any(ids)).select(columns()).load(connection)?;
    rows.into_iter().map(TryInto::try_into).collect()
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

/// A member's attempts, the latest first, before the one named by `before`. They are found quiz by quiz: that is how
/// the index stands, here and wherever else all attempts of a member are asked for.
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
        .filter(attempts::quiz_id.eq_any(quizzes::table.select(quizzes::id)))
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

/// Attempts that are running although their deadline is within `span` or at its end, the oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_due(
    connection: &mut AnyConnection,
    span: Span,
    limit: i64,
) -> Result<Vec<AttemptId>, StoreError> {
    let has_result = results::table.filter(results::attempt_no.eq(begun::no));
    let ids: Vec<String> = begun::table
        .filter(begun::deadline.gt(span.from.0))
        .filter(begun::deadline.le(span.until.0))
        .filter(diesel::dsl::not(diesel::dsl::exists(has_result)))
        .order(begun::deadline)
        .limit(limit)
        .select(begun::id)
        .load(connection)?;
    Ok(ids.into_iter().map(AttemptId).collect())
}

/// Up to which deadline every attempt has its result.
///
/// # Errors
/// When the database fails.
pub fn swept_until(connection: &mut AnyConnection) -> Result<Millis, StoreError> {
    Ok(Millis(sweeps::table.select(sweeps::until).first(connection)?))
}

/// Whether there are deadlines up to `until` that the sweep has reached and not written down.
///
/// # Errors
/// When the database fails.
pub fn has_deadlines_to_note(connection: &mut AnyConnection, until: Millis) -> Result<bool, StoreError> {
    let noted = swept_until(connection)?;
    let since = begun::table.filter(begun::deadline.gt(noted.0)).filter(begun::deadline.le(until.0));
    Ok(diesel::select(diesel::dsl::exists(since)).get_result(connection)?)
}

/// Writes down that every attempt whose deadline is `until` or earlier has its result.
///
/// # Errors
/// When the database fails.
pub fn note_swept(connection: &mut AnyConnection, until: Millis) -> Result<(), StoreError> {
    diesel::update(sweeps::table.filter(sweeps::until.lt(until.0)))
        .set(sweeps::until.eq(until.0))
        .execute(connection)?;
    Ok(())
}

/// The version of the attempt with this id; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub fn find_version(connection: &mut AnyConnection, id: &AttemptId) -> Result<Option<i64>, StoreError> {
    let found = attempts::table.find(&id.0).select(attempts::version).first(connection);
    Ok(found.optional()?)
}
