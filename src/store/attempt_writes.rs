//! The three writes of an attempt's life. They are most of all writes, so they are data and not closures:
//! the writer runs many in a few statements, and each by itself only when one of them fails.

use diesel::RunQueryDsl as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::attempts::{AttemptResult, answers_json};
use super::statement::{Bind, Statement};
use super::{AnyConnection, StoreError};
use crate::domain::grading::Answers;
use crate::domain::ids::{AttemptId, MemberId, QuizId, UnitId};
use crate::domain::period::Span;
use crate::domain::time::Millis;

/// An attempt that is to begin.
#[derive(Clone, Debug)]
pub struct NewAttempt {
    /// Its id.
    pub id: AttemptId,
    /// Of which quiz.
    pub quiz_id: QuizId,
    /// The revision of the quiz that its caller has looked at.
    pub quiz_revision: i32,
    /// By whom.
    pub member_id: MemberId,
    /// For which unit.
    pub unit_id: UnitId,
    /// The bank revision that its paper is drawn from.
    pub bank_revision: i32,
    /// The version of the draw.
    pub draw_version: i32,
    /// The seed of the draw.
    pub seed: u64,
    /// When it begins.
    pub started_at: Millis,
    /// Its deadline.
    pub deadline: Option<Millis>,
    /// How many attempts the member may begin in which span of time, this one counted.
    pub allowed: Option<(i32, Span)>,
}

/// A write of an attempt's life.
#[derive(Debug)]
pub enum AttemptWrite {
    /// Begins an attempt, unless one of this member and quiz is running, none is left, or the quiz has
    /// changed.
    Begin(Box<NewAttempt>),
    /// Replaces the answers of a running attempt that still has this version.
    Save {
        /// The attempt.
        id: AttemptId,
        /// The version that was looked at.
        version: i64,
        /// All of its answers, as JSON.
        answers: String,
    },
    /// Gives a running attempt that still has this version its result.
    Settle {
        /// The attempt.
        id: AttemptId,
        /// The version that was looked at.
        version: i64,
        /// All of its answers, as JSON.
        answers: String,
        /// The result.
        result: Box<AttemptResult>,
    },
}

impl AttemptWrite {
    /// Replaces the answers of a running attempt.
    ///
    /// # Errors
    /// When the answers cannot be written as JSON.
    pub fn save(id: AttemptId, version: i64, answers: &Answers) -> Result<Self, StoreError> {
        Ok(Self::Save { id, version, answers: answers_json(answers)? })
    }

    /// Gives a running attempt its result.
    ///
    /// # Errors
    /// When the answers cannot be written as JSON.
    pub fn settle(
        id: AttemptId,
        version: i64,
        answers: &Answers,
        result: AttemptResult,
    ) -> Result<Self, StoreError> {
        Ok(Self::Settle { id, version, answers: answers_json(answers)?, result: Box::new(result) })
    }
}

/// What became of an [`AttemptWrite`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptWritten {
    /// It has begun, as the how-manieth of its member and quiz.
    Begun(i32),
    /// The answers are saved.
    Saved,
    /// It has its result, which is the how-manieth of all results.
    Settled(i64),
    /// Somebody else was quicker, or it may not be: look again.
    Overtaken,
}

/// The number of the latest result, as the one writer of an SQLite database counts them.
#[derive(Debug, Default)]
pub(super) struct SettledCount(Option<i64>);

impl SettledCount {
    /// Forgets the count: somebody else may have written.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    fn next(&mut self, connection: &mut SqliteConnection) -> QueryResult<i64> {
        use super::schema::attempts;
        let latest = match self.0 {
            Some(latest) => latest,
            None => {
                let latest: Option<i64> =
                    attempts::table.select(diesel::dsl::max(attempts::settled_no)).first(connection)?;
                latest.unwrap_or(0)
            }
        };
        let next = latest.saturating_add(1);
        self.0 = Some(next);
        Ok(next)
    }
}

/// Runs `writes`, each at most once; the outcomes are in their order.
///
/// # Errors
/// When the database fails; then all of them are to be undone.
pub(super) fn run(
    connection: &mut AnyConnection,
    writes: &[&AttemptWrite],
    count: &mut SettledCount,
) -> QueryResult<Vec<AttemptWritten>> {
    match connection {
        AnyConnection::Sqlite(concrete) => {
            writes.iter().map(|write| run_one(concrete, write, count)).collect()
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => super::attempt_sets::run(concrete, writes),
    }
}

/// Runs `writes` as a part of the transaction that `connection` is in.
///
/// # Errors
/// When the database fails.
pub fn write_now(
    connection: &mut AnyConnection,
    writes: &[&AttemptWrite],
) -> Result<Vec<AttemptWritten>, StoreError> {
    Ok(run(connection, writes, &mut SettledCount::default())?)
}

const BEGIN: &str = "INSERT INTO attempts (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, \
     started_at, deadline, answers, status) \
     SELECT ?, ?, ?, ?, \
       COALESCE((SELECT MAX(ordinal) FROM attempts WHERE member_id = ? AND quiz_id = ?), 0) + 1, ?, ?, ?, ?, ?, '{}', 'running' \
     WHERE EXISTS (SELECT 1 FROM quizzes WHERE id = ? AND revision = ?) \
       AND NOT EXISTS (SELECT 1 FROM attempts WHERE member_id = ? AND quiz_id = ? AND status = 'running') \
       AND (SELECT COUNT(*) FROM attempts WHERE member_id = ? AND quiz_id = ? AND started_at >= ? AND started_at < ?) < ? \
     ON CONFLICT DO NOTHING RETURNING ordinal";

/// The values of the statement that begins an attempt; the same on both databases.
pub(super) fn begin_binds(new: &NewAttempt) -> Vec<Bind<'_>> {
    let (member, quiz) = (new.member_id.0, new.quiz_id.0);
    // Without a limit an empty span is counted, which costs nothing.
    let (allowed, span) = new.allowed.unwrap_or((i32::MAX, Span { from: Millis(0), until: Millis(0) }));
    vec![
        Bind::Text(&new.id.0),
        Bind::Int(quiz),
        Bind::Int(member),
        Bind::Int(new.unit_id.0),
        Bind::Int(member),
        Bind::Int(quiz),
        Bind::Int(new.bank_revision.into()),
        Bind::Int(new.draw_version.into()),
        Bind::Int(new.seed.cast_signed()),
        Bind::Int(new.started_at.0),
        Bind::MaybeInt(new.deadline.map(|at| at.0)),
        Bind::Int(quiz),
        Bind::Int(new.quiz_revision.into()),
        Bind::Int(member),
        Bind::Int(quiz),
        Bind::Int(member),
        Bind::Int(quiz),
        Bind::Int(span.from.0),
        Bind::Int(span.until.0),
        Bind::Int(allowed.into()),
    ]
}

const SAVE: &str = "UPDATE attempts SET answers = ?, version = version + 1 \
     WHERE id = ? AND version = ? AND status = 'running'";

const SETTLE: &str = "UPDATE attempts SET answers = ?, status = 'graded', version = version + 1, settled_no = ?, \
     closed_by = ?, submitted_at = ?, elapsed_ms = ?, score = ?, max_score = ?, correct = ?, total = ?, passed = ? \
     WHERE id = ? AND version = ? AND status = 'running'";

fn run_one(
    connection: &mut SqliteConnection,
    write: &AttemptWrite,
    count: &mut SettledCount,
) -> QueryResult<AttemptWritten> {
    match write {
        AttemptWrite::Begin(new) => {
            let begun: Vec<i64> = Statement::<BigInt>::new(BEGIN, begin_binds(new)).load(connection)?;
            Ok(begun.first().map_or(AttemptWritten::Overtaken, |&ordinal| {
                AttemptWritten::Begun(i32::try_from(ordinal).unwrap_or(i32::MAX))
            }))
        }
        AttemptWrite::Save { id, version, answers } => {
            let binds = vec![Bind::Text(answers), Bind::Text(&id.0), Bind::Int(*version)];
            let changed = Statement::<()>::new(SAVE, binds).execute(connection)?;
            Ok(if changed == 1 { AttemptWritten::Saved } else { AttemptWritten::Overtaken })
        }
        AttemptWrite::Settle { id, version, answers, result } => {
            let no = count.next(connection)?;
            let binds = vec![
                Bind::Text(answers),
                Bind::Int(no),
                Bind::Text(result.closed_by.as_str()),
                Bind::Int(result.submitted_at.0),
                Bind::Int(result.elapsed_ms),
                Bind::Int(result.score.0),
                Bind::Int(result.max_score.0),
                Bind::Int(result.correct.into()),
                Bind::Int(result.total.into()),
                Bind::Bool(result.passed),
                Bind::Text(&id.0),
                Bind::Int(*version),
            ];
            let changed = Statement::<()>::new(SETTLE, binds).execute(connection)?;
            if changed == 1 {
                return Ok(AttemptWritten::Settled(no));
            }
            // Not used: the next one takes it.
            count.0 = Some(no - 1);
            Ok(AttemptWritten::Overtaken)
        }
    }
}
