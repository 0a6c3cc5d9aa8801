//! The life of an attempt: begun, saved, submitted, or settled when its deadline has passed.
//!
//! Every write says which version of the attempt it has looked at (or, to begin one, which revision of the
//! quiz), and happens only when that still stands; else the service looks again. So nothing counts twice,
//! whoever else writes at the same time. Papers are drawn and graded before, so that the writer does as
//! little as can be. What is held in memory follows the commits, in their order.

mod begin;
mod held;
mod loaded;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use self::held::HeldAttempts;
use self::loaded::{Loaded, merge};
pub use super::live_quiz::LiveQuiz;
use super::voids::VoidRow;
use super::{Context, ServiceError};
use crate::domain::attempt::{settled_deadline, takes_answers};
use crate::domain::draw::{self, Paper};
use crate::domain::grading::{Answers, ItemResult};
use crate::domain::ids::AttemptId;
use crate::domain::question::Question;
use crate::domain::quiz::QuizKind;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::store::AnyConnection;
use crate::store::attempt_writes::{AttemptWrite, AttemptWritten};
pub use crate::store::attempts::AttemptRow;
use crate::store::attempts::{self, AttemptResult, ClosedBy};
use crate::store::quizzes;
pub use crate::store::quizzes::QuizRow;

/// How often a write that somebody else has overtaken is tried again.
const MOST_TRIES: usize = 8;
/// Attempts that one round of the sweep settles.
pub const SWEEP_BATCH: u32 = 500;
/// Attempts that the sweep settles at the same time: they share commits.
const SWEEP_ABREAST: usize = 64;

/// An attempt with everything that it takes to show it.
pub struct AttemptView {
    /// The attempt.
    pub attempt: Arc<AttemptRow>,
    /// Its quiz.
    pub live: Arc<LiveQuiz>,
    /// Its paper.
    pub paper: Paper,
    /// What each item earned; `None` while it runs and when the quiz does not reveal it (yet).
    pub revealed: Option<Vec<ItemResult>>,
    /// Why it counts for nothing, if it does not.
    pub voided: Option<Arc<VoidRow>>,
    snapshot: Arc<BankSnapshot>,
}

impl AttemptView {
    /// The question that an item shows.
    pub fn question(&self, item: &draw::Item) -> Option<&Question> {
        self.snapshot.questions().get(item.question)
    }

    /// Writes the items of the paper as a JSON list.
    pub fn write_items(&self, out: &mut Vec<u8>) {
        self.snapshot.texts().write(out, &self.paper, &self.live.sections);
    }
}

/// An attempt in its member's history.
#[derive(Clone, Debug)]
pub struct ListedAttempt {
    /// The attempt.
    pub attempt: AttemptRow,
    /// Its quiz.
    pub quiz: QuizRow,
    /// Why it counts for nothing, if it does not.
    pub voided: Option<Arc<VoidRow>>,
}

/// Answers that a member sends: item number and answer.
pub type SentAnswers = Vec<(u32, Vec<String>)>;

/// Attempts: begin, save, submit, review.
#[derive(Clone)]
pub struct Attempts {
    pub(super) context: Arc<Context>,
    held: Arc<HeldAttempts>,
}

impl Attempts {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context, held: Arc::new(HeldAttempts::new()) }
    }

    /// An attempt as its member may see it now.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is none or it is another member's.
    pub async fn show(&self, principal: &Principal, id: AttemptId) -> Result<AttemptView, ServiceError> {
        for _ in 0..MOST_TRIES {
            let loaded = self.load_own(principal, &id).await?;
            let now = self.context.clock.now();
            if loaded.attempt.result.is_none() && !takes_answers(loaded.attempt.deadline, now) {
                self.settle_by_deadline(&loaded).await?;
                continue;
            }
            let mut view = Self::view(&loaded, now);
            if view.attempt.result.is_some() {
                view.voided = self.context.known_voids().await?.find(&id).cloned();
            }
            return Ok(view);
        }
        Err(overtaken())
    }

    /// The caller's attempts, the latest first; those whose deadline has passed are settled first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        principal: &Principal,
        before: Option<(Millis, AttemptId)>,
        limit: i64,
    ) -> Result<Vec<ListedAttempt>, ServiceError> {
        for _ in 0..MOST_TRIES {
            let (member, before) = (principal.member_id, before.clone());
            let rows: Vec<(AttemptRow, QuizRow)> = self
                .context
                .database
                .read(move |connection| -> Result<_, ServiceError> {
                    let rows = attempts::list_attempts(connection, member, before, limit)?;
                    let mut quizzes = HashMap::new();
                    let mut listed = Vec::with_capacity(rows.len());
                    for row in rows {
                        let quiz = match quizzes.get(&row.quiz_id) {
                            Some(quiz) => QuizRow::clone(quiz),
                            None => quizzes::get_quiz(connection, row.quiz_id)?,
                        };
                        quizzes.insert(row.quiz_id, quiz.clone());
                        listed.push((row, quiz));
                    }
                    Ok(listed)
                })
                .await?;
            let now = self.context.clock.now();
            let is_due = |row: &AttemptRow| row.result.is_none() && !takes_answers(row.deadline, now);
            let due: Vec<AttemptId> =
                rows.iter().filter(|(row, _)| is_due(row)).map(|(row, _)| row.id.clone()).collect();
            if due.is_empty() {
                let voids = self.context.known_voids().await?;
                let listed = |(attempt, quiz): (AttemptRow, QuizRow)| ListedAttempt {
                    voided: voids.find(&attempt.id).cloned(),
                    attempt,
                    quiz,
                };
                return Ok(rows.into_iter().map(listed).collect());
            }
            for id in due {
                self.settle_due(id).await?;
            }
        }
        Err(overtaken())
    }

    /// Saves answers; those that are not named stay as they are.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::AttemptClosed`], [`ServiceError::Invalid`].
    pub async fn save(
        &self,
        principal: &Principal,
        id: AttemptId,
        sent: &SentAnswers,
    ) -> Result<(), ServiceError> {
        for _ in 0..MOST_TRIES {
            let loaded = self.load_own(principal, &id).await?;
            let _turn = Arc::clone(&loaded.turn).lock_owned().await;
            let loaded = self.load_own(principal, &id).await?;
            if loaded.attempt.result.is_some() {
                return Err(ServiceError::AttemptClosed);
            }
            if !takes_answers(loaded.attempt.deadline, self.context.clock.now()) {
                self.settle_by_deadline(&loaded).await?;
                return Err(ServiceError::AttemptClosed);
            }
            let checked = loaded.check(&loaded.paper(), sent)?;
            let answers = merge(&loaded.attempt.answers, &checked);
            if answers == loaded.attempt.answers {
                return Ok(());
            }
            let version = loaded.attempt.version;
            let write = AttemptWrite::save(id.clone(), version, &answers)?;
            let after = AttemptRow { answers, version: version + 1, ..AttemptRow::clone(&loaded.attempt) };
            if self.write(write, &loaded, after).await? {
                return Ok(());
            }
        }
        Err(overtaken())
    }

    /// Submits an attempt: merges `sent`, grades, and keeps the result for good. Submitting again returns
    /// the first result, whatever is sent.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::Invalid`]; [`ServiceError::AttemptClosed`] for answers
    /// that come after the deadline.
    pub async fn submit(
        &self,
        principal: &Principal,
        id: AttemptId,
        sent: &SentAnswers,
    ) -> Result<AttemptView, ServiceError> {
        for _ in 0..MOST_TRIES {
            let loaded = self.load_own(principal, &id).await?;
            let _turn = Arc::clone(&loaded.turn).lock_owned().await;
            let loaded = self.load_own(principal, &id).await?;
            let now = self.context.clock.now();
            if let Some(result) = &loaded.attempt.result {
                if result.closed_by == ClosedBy::Deadline && !sent.is_empty() {
                    return Err(ServiceError::AttemptClosed);
                }
                return Ok(Self::view(&loaded, now));
            }
            if !takes_answers(loaded.attempt.deadline, now) {
                self.settle_by_deadline(&loaded).await?;
                continue;
            }
            let paper = loaded.paper();
            let merged = merge(&loaded.attempt.answers, &loaded.check(&paper, sent)?);
            self.settle(&loaded, &paper, merged, ClosedBy::Submission, now).await?;
        }
        Err(overtaken())
    }

    /// Settles attempts whose deadline has passed and whose member has not come back; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&self) -> Result<usize, ServiceError> {
        let latest = settled_deadline(self.context.clock.now());
        let due = self
            .context
            .database
            .read(move |connection| attempts::list_due(connection, latest, SWEEP_BATCH.into()))
            .await?;
        let mut settled = 0;
        let mut settling = stream::iter(due)
            .map(|id| async move { (id.clone(), self.settle_due(id).await) })
            .buffer_unordered(SWEEP_ABREAST);
        while let Some((id, done)) = settling.next().await {
            match done {
                Ok(()) => settled += 1,
                Err(error @ ServiceError::Busy(_)) => return Err(error),
                // One that cannot be settled must not keep the others waiting.
                Err(error) => tracing::error!(attempt = %id, %error, "an expired attempt cannot be settled"),
            }
        }
        Ok(settled)
    }

    pub(super) async fn settle_due(&self, id: AttemptId) -> Result<(), ServiceError> {
        let loaded = self.load(&id).await?;
        // It may have been given more time since it was found due.
        let is_over = !takes_answers(loaded.attempt.deadline, self.context.clock.now());
        if loaded.attempt.result.is_none() && is_over {
            self.settle_by_deadline(&loaded).await
        } else {
            Ok(())
        }
    }

    /// What was saved in time counts, and the time is the deadline's.
    async fn settle_by_deadline(&self, loaded: &Loaded) -> Result<(), ServiceError> {
        let answers = loaded.attempt.answers.clone();
        let at = loaded.attempt.deadline.unwrap_or(loaded.attempt.started_at);
        self.settle(loaded, &loaded.paper(), answers, ClosedBy::Deadline, at).await
    }

    /// Grades and writes the result, unless somebody else has changed the attempt: then nothing happens,
    /// and the caller looks again.
    async fn settle(
        &self,
        loaded: &Loaded,
        paper: &Paper,
        answers: Answers,
        closed_by: ClosedBy,
        at: Millis,
    ) -> Result<(), ServiceError> {
        let graded = loaded.grade(paper, &answers);
        let attempt = &loaded.attempt;
        let result = AttemptResult {
            closed_by,
            submitted_at: at,
            // The grace is for slow networks; it costs nobody a place.
            elapsed_ms: attempt
                .deadline
                .map_or(at, |deadline| deadline.min(at))
                .since(attempt.started_at)
                .max(0),
            score: graded.score,
            max_score: graded.max_score,
            correct: graded.correct,
            total: u32::try_from(graded.items.len()).unwrap_or(u32::MAX),
            passed: graded.passed,
        };
        let write = AttemptWrite::settle(attempt.id.clone(), attempt.version, &answers, result.clone())?;
        let after = AttemptRow {
            answers,
            result: Some(result),
            version: attempt.version + 1,
            ..AttemptRow::clone(attempt)
        };
        self.write(write, loaded, after).await?;
        Ok(())
    }

    /// Writes, and holds what the attempt has become; false when somebody else was quicker.
    async fn write(
        &self,
        write: AttemptWrite,
        loaded: &Loaded,
        after: AttemptRow,
    ) -> Result<bool, ServiceError> {
        let (held, after) = (Arc::clone(&self.held), Arc::new(loaded.with(after)));
        let context = Arc::clone(&self.context);
        let (quiz, counts) = (loaded.quiz.quiz.id, loaded.quiz.quiz.rules.kind != QuizKind::Practice);
        let written = self
            .context
            .database
            .write_attempt(write, move |written| {
                if let AttemptWritten::Settled(no) = written
                    && let Some(entry) = after.entry(no, &context.calendar)
                {
                    context.scoreboard.apply(&entry, context.clock.now());
                    context.signals.results_changed(quiz, counts);
                }
                if written != AttemptWritten::Overtaken {
                    held.put(after);
                }
            })
            .await;
        if !matches!(written, Ok(AttemptWritten::Saved | AttemptWritten::Settled(_))) {
            // Overtaken, or nobody knows: the database is asked next time.
            self.held.forget(&loaded.attempt.id);
        }
        Ok(written? != AttemptWritten::Overtaken)
    }

    fn view(loaded: &Loaded, now: Millis) -> AttemptView {
        let paper = loaded.paper();
        let reveals = loaded.attempt.result.is_some() && loaded.quiz.quiz.rules.reveals(now);
        let revealed = reveals.then(|| loaded.grade(&paper, &loaded.attempt.answers).items);
        AttemptView {
            attempt: Arc::clone(&loaded.attempt),
            live: Arc::clone(&loaded.quiz),
            paper,
            revealed,
            voided: None,
            snapshot: Arc::clone(&loaded.snapshot),
        }
    }
}

fn overtaken() -> ServiceError {
    ServiceError::Busy("the attempt is being changed".into())
}

/// Whether the result of a graded attempt is what its answers earn.
pub(super) fn regrade(
    context: &Context,
    connection: &mut AnyConnection,
    id: &AttemptId,
) -> Result<bool, ServiceError> {
    let generation = context.database.freshness().generation();
    let attempt = attempts::get_attempt(connection, id)?;
    let quiz = context.read_live_quiz(connection, attempt.quiz_id, generation)?;
    let loaded = Loaded::new(context, connection, attempt, quiz)?;
    let graded = loaded.grade(&loaded.paper(), &loaded.attempt.answers);
    Ok(loaded.attempt.result.as_ref().is_some_and(|result| {
        (result.score, result.max_score, result.correct, result.passed)
            == (graded.score, graded.max_score, graded.correct, graded.passed)
    }))
}
