//! Beginning an attempt: one write when the quiz is open, a look at what stands in its way when not.

use std::sync::Arc;

use super::loaded::Loaded;
use super::{AttemptRow, AttemptView, Attempts, MOST_TRIES};
use crate::domain::attempt::takes_answers;
use crate::domain::draw;
use crate::domain::grading::Answers;
use crate::domain::ids::{AttemptId, MemberId, QuizId, SessionId};
use crate::domain::period::{Period, Span};
use crate::domain::quiz::{QuizKind, QuizState};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::services::live_quiz::LiveQuiz;
use crate::services::quizzes::may_take_part;
use crate::services::{Context, ServiceError};
use crate::store::attempt_writes::{AttemptWrite, AttemptWritten, NewAttempt};
use crate::store::{AnyConnection, StoreError, attempts};

impl Attempts {
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
        session: Option<&SessionId>,
    ) -> Result<(AttemptView, bool), ServiceError> {
        for _ in 0..MOST_TRIES {
            let now = self.context.clock.now();
            let live = self.context.live_quiz(quiz_id).await?;
            if !may_take_part(principal, &live.quiz) {
                return Err(ServiceError::Forbidden);
            }
            let allowed = self.allowed(principal.member_id, &live, now).await?;
            if live.quiz.rules.state(now) == QuizState::Open
                && let Some(begun) = self.try_begin(principal, &live, (allowed, session), now).await?
            {
                return Ok((begun, true));
            }
            let running = self.look(principal, live, allowed, now).await?;
            if let Some(running) = running {
                if takes_answers(running.attempt.deadline, now) {
                    return Ok((Self::view(&running, now), false));
                }
                self.settle_by_deadline(&running).await?;
            }
        }
        Err(ServiceError::Busy("the quiz or the attempt is being changed".into()))
    }

    /// How many attempts a member may begin in which span of time, those that were voided counted in.
    async fn allowed(
        &self,
        member: MemberId,
        live: &LiveQuiz,
        now: Millis,
    ) -> Result<Option<(i32, Span)>, ServiceError> {
        let Some(allowed) = live.quiz.rules.attempts_allowed else { return Ok(None) };
        let span = counted_span(&self.context, live, now);
        let voided = self.context.known_voids().await?.count(member, live.quiz.id, span);
        Ok(Some((allowed.saturating_add(voided), span)))
    }

    /// Writes a new attempt; `None` when something stands in its way.
    async fn try_begin(
        &self,
        principal: &Principal,
        live: &Arc<LiveQuiz>,
        (allowed, session): (Option<(i32, Span)>, Option<&SessionId>),
        now: Millis,
    ) -> Result<Option<AttemptView>, ServiceError> {
        let quiz = &live.quiz;
        let snapshot = self.snapshot(quiz.bank_id, live.bank_revision).await?;
        let new = NewAttempt {
            id: self.context.new_attempt_id(now)?,
            quiz_id: quiz.id,
            quiz_revision: quiz.revision,
            member_id: principal.member_id,
            unit_id: principal.unit_id,
            bank_revision: live.bank_revision,
            draw_version: draw::VERSION,
            seed: u64::from_le_bytes(self.context.random()?),
            started_at: now,
            deadline: quiz.rules.deadline(now),
            session_mark: session.and_then(SessionId::mark),
            allowed,
        };
        let attempt = AttemptRow {
            no: 0,
            id: new.id.clone(),
            quiz_id: new.quiz_id,
            member_id: new.member_id,
            unit_id: new.unit_id,
            ordinal: 0,
            bank_revision: new.bank_revision,
            draw_version: new.draw_version,
            seed: new.seed,
            started_at: new.started_at,
            deadline: new.deadline,
            session_mark: new.session_mark,
            answers: Answers::new(),
            result: None,
            version: 0,
        };
        // One that cannot be drawn is told of only when none is running: see `look`.
        let Ok(loaded) = Loaded::of(attempt, Arc::clone(live), snapshot) else { return Ok(None) };
        let (held, begun) = (Arc::clone(&self.held), loaded.clone());
        let written = self
            .context
            .database
            .write_attempt(AttemptWrite::Begin(Box::new(new)), move |written| {
                if let AttemptWritten::Begun { no, ordinal } = written {
                    let attempt = AttemptRow { no, ordinal, ..AttemptRow::clone(&begun.attempt) };
                    held.put(Arc::new(begun.with(attempt)));
                }
            })
            .await?;
        let AttemptWritten::Begun { no, ordinal } = written else { return Ok(None) };
        let attempt = AttemptRow { no, ordinal, ..AttemptRow::clone(&loaded.attempt) };
        Ok(Some(Self::view(&loaded.with(attempt), now)))
    }

    /// The member's running attempt, or the reason why none can begin; `None` when there is no reason any
    /// more.
    async fn look(
        &self,
        principal: &Principal,
        live: Arc<LiveQuiz>,
        allowed: Option<(i32, Span)>,
        now: Millis,
    ) -> Result<Option<Loaded>, ServiceError> {
        let (context, member) = (Arc::clone(&self.context), principal.member_id);
        let held = Arc::clone(&self.held);
        self.context
            .database
            .read(move |connection| {
                let latest = attempts::find_latest_attempt(connection, member, live.quiz.id)?;
                if let Some(running) = latest.filter(|attempt| attempt.result.is_none()) {
                    let loaded = Loaded::new(&context, connection, running, live)?;
                    held.put(Arc::new(loaded.clone()));
                    return Ok(Some(loaded));
                }
                refuse(&context, connection, &live, (member, allowed), now)?;
                Ok(None)
            })
            .await
    }
}

/// Why no attempt can begin, if there is a reason.
fn refuse(
    context: &Context,
    connection: &mut AnyConnection,
    live: &LiveQuiz,
    (member, allowed): (MemberId, Option<(i32, Span)>),
    now: Millis,
) -> Result<(), ServiceError> {
    let rules = &live.quiz.rules;
    if rules.state(now) != QuizState::Open {
        return Err(ServiceError::QuizNotOpen);
    }
    if let Some((allowed, span)) = allowed
        && attempts::count_attempts(connection, member, live.quiz.id, span)? >= i64::from(allowed)
    {
        return Err(ServiceError::NoAttemptsLeft);
    }
    context.bank_snapshot(connection, live.quiz.bank_id, live.bank_revision)?.plan(&rules.blueprint)?;
    Ok(())
}

/// In which time the attempts are counted that are allowed: `daily` allows them each day.
fn counted_span(context: &Context, live: &LiveQuiz, now: Millis) -> Span {
    match live.quiz.rules.kind {
        QuizKind::Daily => context.calendar.span(Period::Day, context.calendar.date(now)),
        QuizKind::Contest | QuizKind::Exam | QuizKind::Practice => Span::ALL,
    }
}

/// How an attempt is found again.
impl Attempts {
    /// An attempt as the database has it, from memory when that is known to be the same.
    pub(super) async fn load(&self, id: &AttemptId) -> Result<Arc<Loaded>, ServiceError> {
        let generation = self.context.database.freshness().generation();
        let held = self.held.get(id, generation);
        let shared = self.context.is_shared();
        if let Some(held) = &held
            && (!shared || held.attempt.result.is_some())
        {
            return Ok(Arc::clone(held));
        }
        let context = Arc::clone(&self.context);
        let wanted = id.clone();
        let loaded = self
            .context
            .database
            .read(move |connection| -> Result<_, ServiceError> {
                if let Some(held) = held
                    && attempts::find_version(connection, &wanted)? == Some(held.attempt.version)
                {
                    return Ok(held);
                }
                let attempt = attempts::get_attempt(connection, &wanted)?;
                let quiz = context.read_live_quiz(connection, attempt.quiz_id, generation)?;
                Ok(Arc::new(Loaded::new(&context, connection, attempt, quiz)?))
            })
            .await?;
        if generation.is_some() {
            self.held.put(Arc::clone(&loaded));
        }
        Ok(loaded)
    }

    /// The same for its member; another member's attempt is as good as none.
    pub(super) async fn load_own(
        &self,
        principal: &Principal,
        id: &AttemptId,
    ) -> Result<Arc<Loaded>, ServiceError> {
        own(principal, self.load(id).await?)
    }

    /// The same as it was seen last, by whoever goes on to write: the write finds out whether another instance has
    /// changed it since, and forgets what is held here.
    pub(super) async fn load_held_own(
        &self,
        principal: &Principal,
        id: &AttemptId,
    ) -> Result<Arc<Loaded>, ServiceError> {
        match self.held.get(id, self.context.database.freshness().generation()) {
            Some(held) => own(principal, held),
            None => self.load_own(principal, id).await,
        }
    }

    async fn snapshot(
        &self,
        bank: crate::domain::ids::BankId,
        revision: i32,
    ) -> Result<Arc<crate::live::banks::BankSnapshot>, StoreError> {
        if let Some(snapshot) = self.context.held_snapshot(bank, revision) {
            return Ok(snapshot);
        }
        let context = Arc::clone(&self.context);
        self.context.database.read(move |connection| context.bank_snapshot(connection, bank, revision)).await
    }
}

fn own(principal: &Principal, loaded: Arc<Loaded>) -> Result<Arc<Loaded>, ServiceError> {
    if loaded.attempt.member_id == principal.member_id {
        Ok(loaded)
    } else {
        Err(ServiceError::NotFound("attempt"))
    }
}
