//! The three writes of an attempt's life. They are most of all writes, so they are data and not closures:
//! the writer runs many in a few statements, and each by itself only when one of them fails.

use std::sync::Arc;

use diesel::RunQueryDsl as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::attempts::{AttemptResult, AttemptRow, answers_json};
use super::statement::{Bind, Statement, fixed};
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
    /// The mark of the session by which it begins.
    pub session_mark: Option<i64>,
    /// How many attempts the member may begin in which span of time, this one counted.
    pub allowed: Option<(i32, Span)>,
}

/// A write of an attempt's life.
#[derive(Debug)]
pub enum AttemptWrite {
    /// Begins an attempt, unless one of this member and quiz is running, none is left, or the quiz has
    /// changed.
    Begin(Box<NewAttempt>),
    /// Replaces the answers of a running attempt that still has the version that was looked at.
    Save {
        /// The attempt as it was looked at.
        attempt: Arc<AttemptRow>,
        /// All of its answers, as JSON.
        answers: String,
    },
    /// Gives a running attempt that still has the version that was looked at its result.
    Settle {
        /// The attempt as it was looked at.
        attempt: Arc<AttemptRow>,
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
    pub fn save(attempt: Arc<AttemptRow>, answers: &Answers) -> Result<Self, StoreError> {
        Ok(Self::Save { attempt, answers: answers_json(answers)? })
    }

    /// Gives a running attempt its result.
    ///
    /// # Errors
    /// When the answers cannot be written as JSON.
    pub fn settle(
        attempt: Arc<AttemptRow>,
        answers: &Answers,
        result: AttemptResult,
    ) -> Result<Self, StoreError> {
        Ok(Self::Settle { attempt, answers: answers_json(answers)?, result: Box::new(result) })
    }
}

/// What became of an [`AttemptWrite`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptWritten {
    /// It has begun.
    Begun {
        /// Its number.
        no: i64,
        /// The how-manieth of its member and quiz it is.
        ordinal: i32,
    },
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
        use super::schema::results;
        let latest = match self.0 {
            Some(latest) => latest,
            None => {
                let latest: Option<i64> =
                    results::table.select(diesel::dsl::max(results::settled_no)).first(connection)?;
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

/// The statement that begins an attempt, with what stands before its conditions on either database: the quiz as its
/// caller has looked at it. Only the latest attempt can be running. Of those that count towards what is allowed, as many as are allowed are
/// looked at.
macro_rules! begin_sql {
    ($from:literal) => {
        concat!(
            "INSERT INTO begun (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, deadline, session_mark) \
             SELECT ?, ?, ?, ?, \
               COALESCE((SELECT MAX(ordinal) FROM begun WHERE member_id = ? AND quiz_id = ?), 0) + 1, ?, ?, ?, ?, ?, ? ",
            $from,
            " COALESCE((SELECT EXISTS (SELECT 1 FROM results WHERE attempt_no = latest.no) FROM \
                 (SELECT no FROM begun WHERE member_id = ? AND quiz_id = ? ORDER BY ordinal DESC LIMIT 1) AS latest), TRUE) \
               AND (SELECT COUNT(*) FROM (SELECT started_at FROM begun WHERE member_id = ? AND quiz_id = ? \
                 ORDER BY ordinal DESC LIMIT ?) AS latest WHERE started_at >= ? AND started_at < ?) < ? \
             ON CONFLICT DO NOTHING RETURNING no, ordinal"
        )
    };
}
#[cfg(feature = "postgres")]
pub(super) use begin_sql;

fixed!(Begin = begin_sql!("WHERE EXISTS (SELECT 1 FROM quizzes WHERE id = ? AND revision = ?) AND"));

/// The values of the statement that begins an attempt; the same on both databases.
pub(super) fn begin_binds(new: &NewAttempt) -> Vec<Bind<'_>> {
    let (member, quiz) = (new.member_id.0, new.quiz_id.0);
    // Without a limit none is looked at.
    let (looked_at, allowed, span) = match new.allowed {
        Some((allowed, span)) => (allowed, allowed, span),
        None => (0, i32::MAX, Span::ALL),
    };
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
        Bind::MaybeInt(new.session_mark),
        Bind::Int(quiz),
        Bind::Int(new.quiz_revision.into()),
        Bind::Int(member),
        Bind::Int(quiz),
        Bind::Int(member),
        Bind::Int(quiz),
        Bind::Int(looked_at.into()),
        Bind::Int(span.from.0),
        Bind::Int(span.until.0),
        Bind::Int(allowed.into()),
    ]
}

fixed!(
    SaveFirst = "INSERT INTO drafts (attempt_no, version, answers) SELECT ?, 1, ? \
     WHERE NOT EXISTS (SELECT 1 FROM results WHERE attempt_no = ?) ON CONFLICT DO NOTHING"
);

fixed!(
    /// What was settled has no draft.
    Save =
    "UPDATE drafts SET answers = ?, version = version + 1 WHERE attempt_no = ? AND version = ?");

fixed!(
    Settle = "INSERT INTO results (settled_no, attempt_no, quiz_id, member_id, unit_id, started_at, closed_by, \
     submitted_at, elapsed_ms, score, max_score, correct, total, passed, answers) \
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? \
     WHERE COALESCE((SELECT version FROM drafts WHERE attempt_no = ?), 0) = ? ON CONFLICT (attempt_no) DO NOTHING"
);

fixed!(ForgetDraft = "DELETE FROM drafts WHERE attempt_no = ?");

fn run_one(
    connection: &mut SqliteConnection,
    write: &AttemptWrite,
    count: &mut SettledCount,
) -> QueryResult<AttemptWritten> {
    match write {
        AttemptWrite::Begin(new) => {
            let begun: Vec<(i64, i32)> =
                Statement::<(BigInt, Integer), Begin>::fixed(begin_binds(new)).load(connection)?;
            Ok(begun
                .first()
                .map_or(AttemptWritten::Overtaken, |&(no, ordinal)| AttemptWritten::Begun { no, ordinal }))
        }
        AttemptWrite::Save { attempt, answers } => {
            let no = Bind::Int(attempt.no);
            let saved = if attempt.version == 0 {
                let binds = vec![no, Bind::Text(answers), Bind::Int(attempt.no)];
                Statement::<(), SaveFirst>::fixed(binds).execute(connection)?
            } else {
                let binds = vec![Bind::Text(answers), no, Bind::Int(attempt.version)];
                Statement::<(), Save>::fixed(binds).execute(connection)?
            };
            Ok(if saved == 1 { AttemptWritten::Saved } else { AttemptWritten::Overtaken })
        }
        AttemptWrite::Settle { attempt, answers, result } => {
            let no = count.next(connection)?;
            let binds = vec![
                Bind::Int(no),
                Bind::Int(attempt.no),
                Bind::Int(attempt.quiz_id.0),
                Bind::Int(attempt.member_id.0),
                Bind::Int(attempt.unit_id.0),
                Bind::Int(attempt.started_at.0),
                Bind::Text(result.closed_by.as_str()),
                Bind::Int(result.submitted_at.0),
                Bind::Int(result.elapsed_ms),
                Bind::Int(result.score.0),
                Bind::Int(result.max_score.0),
                Bind::Int(result.correct.into()),
                Bind::Int(result.total.into()),
                Bind::Bool(result.passed),
                Bind::Text(answers),
                Bind::Int(attempt.no),
                Bind::Int(attempt.version),
            ];
            if Statement::<(), Settle>::fixed(binds).execute(connection)? == 0 {
                // Not used: the next one takes it.
                count.0 = Some(no - 1);
                return Ok(AttemptWritten::Overtaken);
            }
            if attempt.version > 0 {
                Statement::<(), ForgetDraft>::fixed(vec![Bind::Int(attempt.no)]).execute(connection)?;
            }
            Ok(AttemptWritten::Settled(no))
        }
    }
}
