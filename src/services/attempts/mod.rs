//! The life of an attempt: begun, saved, submitted, or settled when its deadline has passed.
//!
//! Every write says which version of the attempt it has looked at (or, to begin one, which revision of the
//! quiz), and happens only when that still stands; else the service looks again. So nothing counts twice,
//! whoever else writes at the same time. Papers are drawn and graded before, so that the writer does as
//! little as can be. What is held in memory follows the commits, in their order.

mod begin;
mod events;
mod held;
mod loaded;
mod swept;

use std::collections::HashMap;
use std::sync::Arc;

use quick_cache::sync::Cache;

pub use self::events::{AttemptEvents, EventCounts, EventRow, ReportedEvent};
pub(in crate::services) use self::events::{count_events, read_events};
use self::held::HeldAttempts;
use self::loaded::{Loaded, merge};
pub use self::swept::SWEEP_BATCH;
use self::swept::Swept;
pub use super::live_quiz::LiveQuiz;
use super::voids::VoidRow;
use super::{Context, ServiceError};
use crate::domain::attempt::takes_answers;
use crate::domain::draw::{self, Paper};
use crate::domain::grading::{Answers, ItemResult, PaperResult};
use crate::domain::ids::{AttemptId, SessionId};
use crate::domain::question::Question;
use crate::domain::quiz::QuizKind;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::store::AnyConnection;
use crate::store::attempt_writes::{AttemptWrite, AttemptWritten};
pub use crate::store::attempts::AttemptRow;
use crate::store::attempts::{self, AttemptResult, ClosedBy, SETTLED_VERSION};
use crate::store::quizzes;
pub use crate::store::quizzes::QuizRow;

/// How often a write that somebody else has overtaken is tried again.
const MOST_TRIES: usize = 8;

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
    swept: Arc<Swept>,
    /// Attempts and sessions other than their own of which is recorded that they met.
    other_sessions: Arc<Cache<(i64, i64), ()>>,
}

impl Attempts {
    pub(super) fn new(context: Arc<Context>) -> Self {
        let other_sessions = Arc::new(Cache::new(events::MOST_OTHER_SESSIONS));
        Self { context, held: Arc::new(HeldAttempts::new()), swept: Arc::default(), other_sessions }
    }

    /// Running attempts that are in memory.
    pub(super) fn count_running(&self) -> usize {
        self.held.count_running()
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

    /// Saves answers that came in a session; those that are not named stay as they are.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], [`ServiceError::AttemptClosed`], [`ServiceError::Invalid`].
    pub async fn save(
        &self,
        principal: &Principal,
        id: AttemptId,
        sent: &SentAnswers,
        session: Option<&SessionId>,
    ) -> Result<(), ServiceError> {
        for _ in 0..MOST_TRIES {
            let loaded = self.load_held_own(principal, &id).await?;
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
            let answers = merge(&loaded.attempt.answers, checked);
            if answers == loaded.attempt.answers {
                self.note_session(&loaded, session).await;
                return Ok(());
            }
            let write = AttemptWrite::save(Arc::clone(&loaded.attempt), &answers)?;
            let version = loaded.attempt.version + 1;
            let after = AttemptRow { answers, version, ..AttemptRow::clone(&loaded.attempt) };
            if self.write(write, &loaded, after).await?.is_some() {
                self.note_session(&loaded, session).await;
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
        session: Option<&SessionId>,
    ) -> Result<AttemptView, ServiceError> {
        for _ in 0..MOST_TRIES {
            let loaded = self.load_held_own(principal, &id).await?;
            let _turn = Arc::clone(&loaded.turn).lock_owned().await;
            let loaded = self.load_held_own(principal, &id).await?;
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
            let merged = merge(&loaded.attempt.answers, loaded.check(&paper, sent)?);
            let graded = loaded.grade(&paper, &merged);
            if let Some(settled) = self.settle(&loaded, &graded, merged, ClosedBy::Submission, now).await? {
                self.note_session(&settled, session).await;
                return Ok(Self::view_of(&settled, paper, Some(graded.items), now));
            }
        }
        Err(overtaken())
    }

    /// Writes the result and returns what the attempt has become, unless somebody else has changed it: then
    /// nothing happens, and the caller looks again.
    async fn settle(
        &self,
        loaded: &Loaded,
        graded: &PaperResult,
        answers: Answers,
        closed_by: ClosedBy,
        at: Millis,
    ) -> Result<Option<Arc<Loaded>>, ServiceError> {
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
        let write = AttemptWrite::settle(Arc::clone(attempt), &answers, result.clone())?;
        let after = AttemptRow {
            answers,
            result: Some(result),
            version: SETTLED_VERSION,
            ..AttemptRow::clone(attempt)
        };
        self.write(write, loaded, after).await
    }

    /// Writes, holds what the attempt has become and returns it; `None` when somebody else was quicker.
    async fn write(
        &self,
        write: AttemptWrite,
        loaded: &Loaded,
        after: AttemptRow,
    ) -> Result<Option<Arc<Loaded>>, ServiceError> {
        let (held, after) = (Arc::clone(&self.held), Arc::new(loaded.with(after)));
        let new = Arc::clone(&after);
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
        Ok((written? != AttemptWritten::Overtaken).then_some(new))
    }

    fn view(loaded: &Loaded, now: Millis) -> AttemptView {
        Self::view_of(loaded, loaded.paper(), None, now)
    }

    /// The same with what is at hand already: the paper and, it may be, what each item earned.
    fn view_of(loaded: &Loaded, paper: Paper, graded: Option<Vec<ItemResult>>, now: Millis) -> AttemptView {
        let reveals = loaded.attempt.result.is_some() && loaded.quiz.quiz.rules.reveals(now);
        let graded = || graded.unwrap_or_else(|| loaded.grade(&paper, &loaded.attempt.answers).items);
        let revealed = reveals.then(graded);
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
