//! The life of an attempt: begun, saved, submitted, or settled when its deadline has passed.
//!
//! Every write checks inside its transaction that the attempt (or, to begin one, the quiz) still is what
//! was looked at; else the service looks again. So nothing counts twice, whoever else writes at the same
//! time. Papers are drawn and graded before, so that the writer does as little as can be.

mod loaded;

use std::sync::Arc;

use self::loaded::{Loaded, look_before_begin, merge};
use super::{Context, ServiceError};
use crate::domain::attempt::{settled_deadline, takes_answers};
use crate::domain::draw::{self, Paper};
use crate::domain::grading::{Answers, ItemResult};
use crate::domain::ids::{AttemptId, QuizId};
use crate::domain::question::Question;
use crate::domain::quiz::QuizKind;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::store::StoreError;
pub use crate::store::attempts::AttemptRow;
use crate::store::attempts::{self, AttemptResult, ClosedBy};
use crate::store::quizzes;
pub use crate::store::quizzes::QuizRow;

/// How often a write that somebody else has overtaken is tried again.
const MOST_TRIES: usize = 8;
/// Attempts that one round of the sweep settles.
pub const SWEEP_BATCH: u32 = 500;

/// An attempt with everything that it takes to show it.
pub struct AttemptView {
    /// The attempt.
    pub attempt: AttemptRow,
    /// Its quiz.
    pub quiz: QuizRow,
    /// Its paper.
    pub paper: Paper,
    /// What each item earned; `None` while it runs and when the quiz does not reveal it (yet).
    pub revealed: Option<Vec<ItemResult>>,
    snapshot: Arc<BankSnapshot>,
}

impl AttemptView {
    /// The question that an item shows.
    pub fn question(&self, item: &draw::Item) -> Option<&Question> {
        self.snapshot.questions().get(item.question)
    }
}

/// Answers that a member sends: item number and answer.
pub type SentAnswers = Vec<(u32, Vec<String>)>;

/// Attempts: begin, save, submit, review.
#[derive(Clone)]
pub struct Attempts {
    context: Arc<Context>,
}

impl Attempts {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Begins an attempt, or returns the one that is still running; the flag tells whether it is new.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::Forbidden`] when the quiz is not for the caller,
    /// [`ServiceError::QuizNotOpen`], [`ServiceError::NoAttemptsLeft`],
    /// [`ServiceError::BlueprintUnfillable`] when the bank has shrunk since the quiz was made.
    pub async fn begin(
        &self,
        principal: &Principal,
        quiz_id: QuizId,
    ) -> Result<(AttemptView, bool), ServiceError> {
        for _ in 0..MOST_TRIES {
            match self.try_begin(principal, quiz_id).await? {
                Some(begun) => return Ok(begun),
                None => continue,
            }
        }
        Err(ServiceError::Busy("the quiz or the attempt is being changed".into()))
    }

    /// One try to begin; `None` when somebody else was quicker and it takes another look.
    async fn try_begin(
        &self,
        principal: &Principal,
        quiz_id: QuizId,
    ) -> Result<Option<(AttemptView, bool)>, ServiceError> {
        let now = self.context.clock.now();
        let (context, caller) = (Arc::clone(&self.context), principal.clone());
        let (loaded, running) = self
            .context
            .database
            .read(move |connection| look_before_begin(&context, connection, &caller, quiz_id, now))
            .await?;
        if let Some(attempt) = running {
            if takes_answers(attempt.deadline, now) {
                let loaded = self.load(attempt.id.clone()).await?;
                return Ok(Some((self.view(loaded, now), false)));
            }
            self.settle_by_deadline(self.load(attempt.id).await?).await?;
            return Ok(None);
        }
        let Loaded { mut attempt, quiz, paper, snapshot } = loaded.ok_or(ServiceError::NotFound("quiz"))?;
        attempt.id = self.context.new_attempt_id(now)?;
        let (row, revision) = (attempt.clone(), quiz.revision);
        let begun = self
            .context
            .database
            .write(move |connection| -> Result<bool, StoreError> {
                if quizzes::hold_revision(connection, row.quiz_id)? != Some(revision) {
                    return Ok(false);
                }
                attempts::create_attempt(connection, &row)?;
                Ok(true)
            })
            .await;
        match begun {
            Ok(true) => {
                let view = AttemptView { attempt, quiz, paper, revealed: None, snapshot };
                Ok(Some((view, true)))
            }
            Ok(false) | Err(StoreError::Conflict(_)) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    /// An attempt as its member may see it now.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is none or it is another member's.
    pub async fn show(&self, principal: &Principal, id: AttemptId) -> Result<AttemptView, ServiceError> {
        for _ in 0..MOST_TRIES {
            let loaded = self.load_own(principal, id.clone()).await?;
            let now = self.context.clock.now();
            if loaded.attempt.result.is_none() && !takes_answers(loaded.attempt.deadline, now) {
                self.settle_by_deadline(loaded).await?;
                continue;
            }
            return Ok(self.view(loaded, now));
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
    ) -> Result<Vec<(AttemptRow, QuizRow)>, ServiceError> {
        for _ in 0..MOST_TRIES {
            let (member, before) = (principal.member_id, before.clone());
            let rows: Vec<(AttemptRow, QuizRow)> = self
                .context
                .database
                .read(move |connection| -> Result<_, ServiceError> {
                    let rows = attempts::list_attempts(connection, member, before, limit)?;
                    let mut quizzes = std::collections::HashMap::new();
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
                return Ok(rows);
            }
            for id in due {
                self.settle_by_deadline(self.load(id).await?).await?;
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
            let loaded = self.load_own(principal, id.clone()).await?;
            if loaded.attempt.result.is_some() {
                return Err(ServiceError::AttemptClosed);
            }
            if !takes_answers(loaded.attempt.deadline, self.context.clock.now()) {
                self.settle_by_deadline(loaded).await?;
                return Err(ServiceError::AttemptClosed);
            }
            let (id, checked) = (loaded.attempt.id.clone(), loaded.check(sent)?);
            // Merged inside the transaction: several devices may save at the same time.
            let saved = self
                .context
                .database
                .write(move |connection| -> Result<bool, StoreError> {
                    let Some(before) = attempts::hold_answers(connection, &id)? else { return Ok(false) };
                    let after = merge(&before, &checked);
                    Ok(before == after || attempts::update_answers(connection, &id, &before, &after)?)
                })
                .await?;
            if saved {
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
            let loaded = self.load_own(principal, id.clone()).await?;
            let now = self.context.clock.now();
            if let Some(result) = &loaded.attempt.result {
                if result.closed_by == ClosedBy::Deadline && !sent.is_empty() {
                    return Err(ServiceError::AttemptClosed);
                }
                return Ok(self.view(loaded, now));
            }
            if !takes_answers(loaded.attempt.deadline, now) {
                self.settle_by_deadline(loaded).await?;
                continue;
            }
            let merged = merge(&loaded.attempt.answers, &loaded.check(sent)?);
            self.settle(loaded, merged, ClosedBy::Submission, now).await?;
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
        for id in due {
            match self.settle_due(id.clone()).await {
                Ok(()) => settled += 1,
                Err(error @ ServiceError::Busy(_)) => return Err(error),
                // One that cannot be settled must not keep the others waiting.
                Err(error) => tracing::error!(attempt = %id, %error, "an expired attempt cannot be settled"),
            }
        }
        Ok(settled)
    }

    async fn settle_due(&self, id: AttemptId) -> Result<(), ServiceError> {
        let loaded = self.load(id).await?;
        if loaded.attempt.result.is_none() { self.settle_by_deadline(loaded).await } else { Ok(()) }
    }

    /// What was saved in time counts, and the time is the deadline's.
    async fn settle_by_deadline(&self, loaded: Loaded) -> Result<(), ServiceError> {
        let answers = loaded.attempt.answers.clone();
        let at = loaded.attempt.deadline.unwrap_or(loaded.attempt.started_at);
        self.settle(loaded, answers, ClosedBy::Deadline, at).await
    }

    /// Grades and writes the result, unless somebody else has changed the attempt: then nothing happens,
    /// and the caller looks again.
    async fn settle(
        &self,
        loaded: Loaded,
        answers: Answers,
        closed_by: ClosedBy,
        at: Millis,
    ) -> Result<(), ServiceError> {
        let graded = loaded.grade(&answers);
        let result = AttemptResult {
            closed_by,
            submitted_at: at,
            // The grace is for slow networks; it costs nobody a place.
            elapsed_ms: loaded
                .attempt
                .deadline
                .map_or(at, |deadline| deadline.min(at))
                .since(loaded.attempt.started_at)
                .max(0),
            score: graded.score,
            max_score: graded.max_score,
            correct: graded.correct,
            total: u32::try_from(graded.items.len()).unwrap_or(u32::MAX),
            passed: graded.passed,
        };
        let (id, before) = (loaded.attempt.id, loaded.attempt.answers);
        let settled = self
            .context
            .database
            .write(move |connection| attempts::settle(connection, &id, &before, &answers, &result))
            .await?;
        if settled {
            let counts = loaded.quiz.rules.kind != QuizKind::Practice;
            self.context.signals.results_changed(loaded.quiz.id, counts);
        }
        Ok(())
    }

    async fn load(&self, id: AttemptId) -> Result<Loaded, ServiceError> {
        let context = Arc::clone(&self.context);
        self.context
            .database
            .read(move |connection| {
                let attempt = attempts::get_attempt(connection, &id)?;
                let quiz = quizzes::get_quiz(connection, attempt.quiz_id)?;
                Loaded::new(&context, connection, attempt, quiz)
            })
            .await
    }

    async fn load_own(&self, principal: &Principal, id: AttemptId) -> Result<Loaded, ServiceError> {
        let loaded = self.load(id).await?;
        // Another member's attempt is as good as none.
        if loaded.attempt.member_id == principal.member_id {
            Ok(loaded)
        } else {
            Err(ServiceError::NotFound("attempt"))
        }
    }

    fn view(&self, loaded: Loaded, now: Millis) -> AttemptView {
        let reveals = loaded.attempt.result.is_some() && loaded.quiz.rules.reveals(now);
        let revealed = reveals.then(|| loaded.grade(&loaded.attempt.answers).items);
        let Loaded { attempt, quiz, paper, snapshot } = loaded;
        AttemptView { attempt, quiz, paper, revealed, snapshot }
    }
}

fn overtaken() -> ServiceError {
    ServiceError::Busy("the attempt is being changed".into())
}
