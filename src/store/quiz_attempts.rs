//! The attempts at a quiz, as those who look after it see them.

use std::collections::HashMap;

use diesel::prelude::*;

use super::members::{TextFilter, list_names, matching};
use super::schema::{attempts, members, voided_attempts};
use super::{AnyConnection, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::grading::Answers;
use crate::domain::ids::{AttemptId, MemberId, QuizId, UnitId};
use crate::domain::period::Span;
use crate::domain::points::Points;
use crate::domain::time::Millis;

/// That a member has begun a quiz for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BegunFor {
    /// The unit.
    pub unit: UnitId,
    /// The member.
    pub member: MemberId,
    /// Whether this is about attempts that run, or about graded ones.
    pub running: bool,
}

/// Who has begun a quiz in a span of time, and for which unit; voided attempts are left out. A member with
/// a running and a graded attempt is named twice.
///
/// # Errors
/// When the database fails.
pub fn list_begun_for(
    connection: &mut AnyConnection,
    quiz: QuizId,
    span: Span,
) -> Result<Vec<BegunFor>, StoreError> {
    let rows: Vec<(i64, i64, String)> = attempts::table
        .left_join(voided_attempts::table)
        .filter(attempts::quiz_id.eq(quiz.0))
        .filter(attempts::started_at.ge(span.from.0))
        .filter(attempts::started_at.lt(span.until.0))
        .filter(voided_attempts::attempt_id.is_null())
        .select((attempts::unit_id, attempts::member_id, attempts::status))
        .distinct()
        .load(connection)?;
    let begun = |(unit, member, status): (i64, i64, String)| BegunFor {
        unit: UnitId(unit),
        member: MemberId(member),
        running: status == AttemptStatus::Running.as_str(),
    };
    Ok(rows.into_iter().map(begun).collect())
}

/// Which attempts to list.
#[derive(Clone, Debug)]
pub struct QuizAttemptFilter {
    /// Of this quiz.
    pub quiz: QuizId,
    /// Only those that were begun for one of these units.
    pub units: Vec<UnitId>,
    /// Only those that stand there.
    pub status: Option<AttemptStatus>,
    /// Only those of members whose name or login holds this.
    pub text: Option<TextFilter>,
    /// Only those that were begun before this one.
    pub before: Option<(Millis, AttemptId)>,
    /// At most this many.
    pub limit: i64,
}

/// That an attempt counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidedRow {
    /// Since when.
    pub at: Millis,
    /// Who has voided it, and their name.
    pub by: (MemberId, String),
    /// Why.
    pub reason: String,
}

/// An attempt, without its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizAttemptRow {
    /// The attempt.
    pub id: AttemptId,
    /// Whose it is.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub login: String,
    /// The unit for which it was begun.
    pub unit: UnitId,
    /// Where it stands.
    pub status: AttemptStatus,
    /// When it was begun.
    pub started_at: Millis,
    /// Its deadline.
    pub deadline: Option<Millis>,
    /// Items that have an answer.
    pub answered: usize,
    /// When it was submitted.
    pub submitted_at: Option<Millis>,
    /// What it earned.
    pub score: Option<Points>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: Option<i64>,
    /// Why it counts for nothing.
    pub voided: Option<VoidedRow>,
}

type Columns = (
    (String, i64, String, String, i64),
    (String, i64, Option<i64>, String),
    (Option<i64>, Option<i64>, Option<i64>),
    Option<(i64, i64, String)>,
);

/// The attempts that `filter` lets through, those that were begun last first.
///
/// # Errors
/// When the database fails.
pub fn list_quiz_attempts(
    connection: &mut AnyConnection,
    filter: &QuizAttemptFilter,
) -> Result<Vec<QuizAttemptRow>, StoreError> {
    let unit_ids: Vec<i64> = filter.units.iter().map(|unit| unit.0).collect();
    let mut query = attempts::table
        .inner_join(members::table)
        .left_join(voided_attempts::table)
        .filter(attempts::quiz_id.eq(filter.quiz.0))
        .filter(attempts::unit_id.eq_any(unit_ids))
        .order((attempts::started_at.desc(), attempts::id.desc()))
        .limit(filter.limit)
        .select((
            (attempts::id, members::id, members::name, members::login, attempts::unit_id),
            (attempts::status, attempts::started_at, attempts::deadline, attempts::answers),
            (attempts::submitted_at, attempts::score, attempts::elapsed_ms),
            (voided_attempts::at, voided_attempts::by, voided_attempts::reason).nullable(),
        ))
        .into_boxed();
    query = match filter.status {
        None => query,
        Some(AttemptStatus::Running) => query.filter(attempts::status.eq(AttemptStatus::Running.as_str())),
        Some(AttemptStatus::Graded) => query
            .filter(attempts::status.eq(AttemptStatus::Graded.as_str()))
            .filter(voided_attempts::attempt_id.is_null()),
        Some(AttemptStatus::Voided) => query.filter(voided_attempts::attempt_id.is_not_null()),
    };
    if let Some((started_at, id)) = &filter.before {
        let earlier = attempts::started_at.eq(started_at.0).and(attempts::id.lt(id.0.clone()));
        query = query.filter(attempts::started_at.lt(started_at.0).or(earlier));
    }
    if let Some(text) = &filter.text {
        if text.name.contains('\0') {
            // Nothing stored holds it, and PostgreSQL refuses to be asked.
            return Ok(vec![]);
        }
        query = query.filter(matching(text.login_pattern(), text.name_pattern(), text.lower_pattern()));
    }
    let rows: Vec<Columns> = query.load(connection)?;
    let by: Vec<MemberId> = rows.iter().filter_map(|row| row.3.as_ref()).map(|row| MemberId(row.1)).collect();
    let names = list_names(connection, &by)?;
    rows.into_iter().map(|row| read(row, &names)).collect()
}

fn read(
    (
        (id, member, name, login, unit),
        (status, started_at, deadline, answers),
        (submitted_at, score, elapsed_ms),
        voided,
    ): Columns,
    names: &HashMap<MemberId, String>,
) -> Result<QuizAttemptRow, StoreError> {
    let answers: Answers = serde_json::from_str(&answers)
        .map_err(|error| StoreError::corrupt(format!("answers of attempt {id}"), error))?;
    let status = match (&voided, status == AttemptStatus::Running.as_str()) {
        (Some(_), _) => AttemptStatus::Voided,
        (None, true) => AttemptStatus::Running,
        (None, false) => AttemptStatus::Graded,
    };
    Ok(QuizAttemptRow {
        id: AttemptId(id),
        member: MemberId(member),
        name,
        login,
        unit: UnitId(unit),
        status,
        started_at: Millis(started_at),
        deadline: deadline.map(Millis),
        answered: answers.len(),
        submitted_at: submitted_at.map(Millis),
        score: score.map(Points),
        elapsed_ms,
        voided: voided.map(|(at, by, reason)| VoidedRow {
            at: Millis(at),
            by: (MemberId(by), names.get(&MemberId(by)).cloned().unwrap_or_default()),
            reason,
        }),
    })
}
