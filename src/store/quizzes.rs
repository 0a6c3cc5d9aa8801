//! Quizzes.

use diesel::prelude::*;

use super::schema::{attempts, banks, begun, quizzes, units, voided_attempts};
use super::{AnyConnection, Conflict, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::blueprint::Blueprint;
use crate::domain::ids::{AttemptId, BankId, MemberId, QuizId, UnitId};
use crate::domain::org::UnitPath;
use crate::domain::quiz::{QuizKind, QuizRules, Reveal};
use crate::domain::time::Millis;

/// A quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizRow {
    /// Its id.
    pub id: QuizId,
    /// The bank that its papers are drawn from.
    pub bank_id: BankId,
    /// That bank's code.
    pub bank_code: String,
    /// The unit whose members may take part.
    pub unit_id: UnitId,
    /// Where that unit stands.
    pub unit_path: UnitPath,
    /// Goes up whenever its rules change.
    pub revision: i32,
    /// Its rules.
    pub rules: QuizRules,
}

/// A quiz to add, or what an existing one shall become.
#[derive(Clone, Debug)]
pub struct NewQuiz {
    /// The bank that its papers are drawn from.
    pub bank_id: BankId,
    /// The unit whose members may take part.
    pub unit_id: UnitId,
    /// Its rules.
    pub rules: QuizRules,
}

type Columns = (
    (i64, String, String, i64, i64),
    (i64, Option<i64>, Option<i64>, Option<i32>, i32, String, String),
    (String, String, i32),
);

type Selection = (
    (quizzes::id, quizzes::title, quizzes::kind, quizzes::bank_id, quizzes::unit_id),
    (
        quizzes::opens_at,
        quizzes::closes_at,
        quizzes::duration_seconds,
        quizzes::attempts_allowed,
        quizzes::pass_percent,
        quizzes::reveal,
        quizzes::blueprint,
    ),
    (banks::code, units::path, quizzes::revision),
);

fn columns() -> Selection {
    (
        (quizzes::id, quizzes::title, quizzes::kind, quizzes::bank_id, quizzes::unit_id),
        (
            quizzes::opens_at,
            quizzes::closes_at,
            quizzes::duration_seconds,
            quizzes::attempts_allowed,
            quizzes::pass_percent,
            quizzes::reveal,
            quizzes::blueprint,
        ),
        (banks::code, units::path, quizzes::revision),
    )
}

impl TryFrom<Columns> for QuizRow {
    type Error = StoreError;

    fn try_from(
        (
            (id, title, kind, bank_id, unit_id),
            (opens_at, closes_at, duration_seconds, attempts_allowed, pass_percent, reveal, blueprint),
            (bank_code, unit_path, revision),
        ): Columns,
    ) -> Result<Self, StoreError> {
        let what = || format!("quiz {id}");
        let rules = QuizRules {
            title,
            kind: QuizKind::parse(&kind).ok_or_else(|| StoreError::corrupt(what(), kind))?,
            opens_at: Millis(opens_at),
            closes_at: closes_at.map(Millis),
            duration_seconds,
            attempts_allowed,
            pass_percent: u32::try_from(pass_percent).map_err(|error| StoreError::corrupt(what(), error))?,
            reveal: Reveal::parse(&reveal).ok_or_else(|| StoreError::corrupt(what(), reveal))?,
            blueprint: serde_json::from_str(&blueprint)
                .map_err(|error| StoreError::corrupt(what(), error))?,
        };
        let (id, bank_id, unit_id) = (QuizId(id), BankId(bank_id), UnitId(unit_id));
        Ok(Self { id, bank_id, bank_code, unit_id, unit_path: UnitPath(unit_path), revision, rules })
    }
}

/// The quiz with this id.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn get_quiz(connection: &mut AnyConnection, id: QuizId) -> Result<QuizRow, StoreError> {
    let row: Option<Columns> = quizzes::table
        .inner_join(banks::table)
        .inner_join(units::table)
        .filter(quizzes::id.eq(id.0))
        .select(columns())
        .first(connection)
        .optional()?;
    row.ok_or(StoreError::NotFound("quiz"))?.try_into()
}

/// Every quiz, those that open last first.
///
/// # Errors
/// When the database fails.
pub fn list_quizzes(connection: &mut AnyConnection) -> Result<Vec<QuizRow>, StoreError> {
    let rows: Vec<Columns> = quizzes::table
        .inner_join(banks::table)
        .inner_join(units::table)
        .order((quizzes::opens_at.desc(), quizzes::id.desc()))
        .select(columns())
        .load(connection)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

fn blueprint_json(blueprint: &Blueprint) -> Result<String, StoreError> {
    serde_json::to_string(blueprint).map_err(|error| StoreError::corrupt("blueprint", error))
}

/// The columns that the rules make up.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = quizzes, treat_none_as_null = true)]
struct Record<'a> {
    title: &'a str,
    kind: &'static str,
    bank_id: i64,
    unit_id: i64,
    opens_at: i64,
    closes_at: Option<i64>,
    duration_seconds: Option<i64>,
    attempts_allowed: Option<i32>,
    pass_percent: i32,
    reveal: &'static str,
    blueprint: String,
}

impl<'a> TryFrom<&'a NewQuiz> for Record<'a> {
    type Error = StoreError;

    fn try_from(new: &'a NewQuiz) -> Result<Self, StoreError> {
        let rules = &new.rules;
        Ok(Self {
            title: rules.title.trim(),
            kind: rules.kind.as_str(),
            bank_id: new.bank_id.0,
            unit_id: new.unit_id.0,
            opens_at: rules.opens_at.0,
            closes_at: rules.closes_at.map(|at| at.0),
            duration_seconds: rules.duration_seconds,
            attempts_allowed: rules.attempts_allowed,
            pass_percent: i32::try_from(rules.pass_percent).unwrap_or(100),
            reveal: rules.reveal.as_str(),
            blueprint: blueprint_json(&rules.blueprint)?,
        })
    }
}

/// Adds a quiz.
///
/// # Errors
/// When the database fails.
pub fn create_quiz(
    connection: &mut AnyConnection,
    new: &NewQuiz,
    by: Option<MemberId>,
    now: Millis,
) -> Result<QuizId, StoreError> {
    let id: i64 = diesel::insert_into(quizzes::table)
        .values((
            Record::try_from(new)?,
            quizzes::revision.eq(1),
            quizzes::created_by.eq(by.map(|by| by.0)),
            quizzes::created_at.eq(now.0),
        ))
        .returning(quizzes::id)
        .get_result(connection)?;
    Ok(QuizId(id))
}

/// Gives a quiz other rules.
///
/// # Errors
/// When the database fails.
pub fn update_quiz(connection: &mut AnyConnection, id: QuizId, new: &NewQuiz) -> Result<(), StoreError> {
    diesel::update(quizzes::table.find(id.0))
        .set((Record::try_from(new)?, quizzes::revision.eq(quizzes::revision + 1)))
        .execute(connection)?;
    Ok(())
}

/// Removes a quiz that nobody has begun.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody has.
pub fn delete_quiz(connection: &mut AnyConnection, id: QuizId) -> Result<(), StoreError> {
    diesel::delete(quizzes::table.find(id.0))
        .execute(connection)
        .map_err(|error| StoreError::foreign_key(error, Conflict::QuizInUse))?;
    Ok(())
}

/// Whether anybody has begun the quiz.
///
/// # Errors
/// When the database fails.
pub fn has_attempts(connection: &mut AnyConnection, id: QuizId) -> Result<bool, StoreError> {
    Ok(diesel::select(diesel::dsl::exists(begun::table.filter(begun::quiz_id.eq(id.0))))
        .get_result(connection)?)
}

/// An attempt of a member, as a list of quizzes looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunRow {
    /// Its quiz.
    pub quiz: QuizId,
    /// The attempt.
    pub id: AttemptId,
    /// Whether it has no result yet.
    pub running: bool,
    /// When it was begun.
    pub started_at: Millis,
    /// Its deadline.
    pub deadline: Option<Millis>,
}

/// Every attempt that a member has begun, in no order; voided ones are left out.
///
/// # Errors
/// When the database fails.
pub fn list_begun(connection: &mut AnyConnection, member: MemberId) -> Result<Vec<BegunRow>, StoreError> {
    let rows: Vec<(i64, String, String, i64, Option<i64>)> = attempts::table
        .left_join(voided_attempts::table)
        .filter(attempts::member_id.eq(member.0))
        .filter(attempts::quiz_id.eq_any(quizzes::table.select(quizzes::id)))
        .filter(voided_attempts::attempt_id.is_null())
        .select((attempts::quiz_id, attempts::id, attempts::status, attempts::started_at, attempts::deadline))
        .load(connection)?;
    let row = |(quiz, id, status, started_at, deadline): (i64, String, String, i64, Option<i64>)| BegunRow {
        quiz: QuizId(quiz),
        id: AttemptId(id),
        running: status == AttemptStatus::Running.as_str(),
        started_at: Millis(started_at),
        deadline: deadline.map(Millis),
    };
    Ok(rows.into_iter().map(row).collect())
}
