//! Quizzes: who may see them, who may make them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::audit::{Stamp, quiz_change};
use super::{Context, ServiceError};
use crate::domain::attempt::takes_answers;
use crate::domain::blueprint::Blueprint;
use crate::domain::ids::{AttemptId, MemberId, QuizId, UnitId};
use crate::domain::period::{Calendar, Period, Span};
use crate::domain::question::{Fault, NO_CHAPTER};
use crate::domain::quiz::{QuizKind, QuizRules, QuizState};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::message;
use crate::store::banks::{self, BankRow};
use crate::store::quizzes::{self, BegunRow, NewQuiz, QuizRow};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError};

/// A quiz at an instant.
#[derive(Clone, Debug)]
pub struct QuizView {
    /// The quiz.
    pub quiz: QuizRow,
    /// Where it stands.
    pub state: QuizState,
    /// What the caller has made of it.
    pub own: OwnAttempts,
}

/// What somebody has made of a quiz: of a daily one today, of any other ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnAttempts {
    /// Attempts that were begun.
    pub begun: i32,
    /// The attempt that can still be gone on with, whichever day it is from.
    pub running: Option<AttemptId>,
    /// How many more may be begun; `None` for no limit.
    pub left: Option<i32>,
}

/// A quiz to add, or what an existing one shall become.
#[derive(Clone, Debug)]
pub struct QuizDraft {
    /// The code of the bank that its papers are drawn from.
    pub bank: String,
    /// The unit whose members may take part; the caller's own when it is left out.
    pub unit_id: Option<UnitId>,
    /// Its rules.
    pub rules: QuizRules,
}

/// Quizzes.
pub struct Quizzes {
    pub(super) context: Arc<Context>,
    /// Taken by whoever counts the attempts of a quiz.
    pub(super) counting: tokio::sync::Mutex<()>,
}

impl Quizzes {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context, counting: tokio::sync::Mutex::default() }
    }

    /// The quizzes that the caller may take part in or looks after, those that open last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        principal: &Principal,
        state: Option<QuizState>,
    ) -> Result<Vec<QuizView>, ServiceError> {
        let (principal, now) = (principal.clone(), self.context.clock.now());
        let calendar = self.context.calendar.clone();
        self.context
            .database
            .read(move |connection| {
                let begun = Begun::load(connection, principal.member_id)?;
                Ok(quizzes::list_quizzes(connection)?
                    .into_iter()
                    .filter(|quiz| may_see(&principal, quiz))
                    .map(|quiz| begun.view(quiz, &calendar, now))
                    .filter(|view| state.is_none_or(|state| view.state == state))
                    .collect())
            })
            .await
    }

    /// One quiz.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Forbidden`] for somebody whom it is not for.
    pub async fn get(&self, principal: &Principal, id: QuizId) -> Result<QuizView, ServiceError> {
        let (principal, now) = (principal.clone(), self.context.clock.now());
        let calendar = self.context.calendar.clone();
        self.context
            .database
            .read(move |connection| {
                let quiz = quizzes::get_quiz(connection, id)?;
                if !may_see(&principal, &quiz) {
                    return Err(ServiceError::Forbidden);
                }
                Ok(Begun::load(connection, principal.member_id)?.view(quiz, &calendar, now))
            })
            .await
    }

    /// Adds a quiz.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::Invalid`];
    /// [`ServiceError::BlueprintUnfillable`].
    pub async fn create(&self, principal: &Principal, draft: QuizDraft) -> Result<QuizView, ServiceError> {
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let new = check(&context, connection, &principal, draft)?;
                let id = quizzes::create_quiz(connection, &new, stamp.actor, stamp.at)?;
                let quiz = quizzes::get_quiz(connection, id)?;
                record(connection, &stamp, None, Some(&quiz))?;
                Ok(unused(quiz, stamp.at))
            })
            .await
    }

    /// Changes a quiz that nobody has begun: `change` makes the new draft from the old one.
    ///
    /// # Errors
    /// As [`Quizzes::create`]; [`ServiceError::QuizInUse`].
    pub async fn update(
        &self,
        principal: &Principal,
        id: QuizId,
        change: impl FnOnce(QuizDraft) -> QuizDraft + Send + 'static,
    ) -> Result<QuizView, ServiceError> {
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let before = own_and_unused(connection, &principal, id)?;
                let QuizRow { bank_code, unit_id, rules, .. } = before.clone();
                let draft = QuizDraft { bank: bank_code, unit_id: Some(unit_id), rules };
                let new = check(&context, connection, &principal, change(draft))?;
                quizzes::update_quiz(connection, id, &new)?;
                // Again, after the row is ours: an attempt may have been begun in between.
                if quizzes::has_attempts(connection, id)? {
                    return Err(ServiceError::QuizInUse);
                }
                let quiz = quizzes::get_quiz(connection, id)?;
                record(connection, &stamp, Some(&before), Some(&quiz))?;
                Ok(unused(quiz, stamp.at))
            })
            .await
    }

    /// Removes a quiz that nobody has begun.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::QuizInUse`].
    pub async fn delete(&self, principal: &Principal, id: QuizId) -> Result<(), ServiceError> {
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let quiz = own_and_unused(connection, &principal, id)?;
                quizzes::delete_quiz(connection, id)?;
                record(connection, &stamp, Some(&quiz), None)
            })
            .await
    }
}

/// Writes to the log what was done to a quiz.
fn record(
    connection: &mut AnyConnection,
    stamp: &Stamp,
    before: Option<&QuizRow>,
    after: Option<&QuizRow>,
) -> Result<(), ServiceError> {
    let Some(id) = after.or(before).map(|quiz| quiz.id) else { return Ok(()) };
    let mut unit_of =
        |quiz: Option<&QuizRow>| quiz.map(|quiz| units::get_unit(connection, quiz.unit_id)).transpose();
    let (old_unit, new_unit) = (unit_of(before)?, unit_of(after)?);
    let old = before.zip(old_unit.as_ref()).map(|(quiz, unit)| (&quiz.rules, quiz.bank_code.as_str(), unit));
    let new = after.zip(new_unit.as_ref()).map(|(quiz, unit)| (&quiz.rules, quiz.bank_code.as_str(), unit));
    Ok(stamp.record(connection, quiz_change(id, old, new))?)
}

/// Whether somebody may take part in a quiz: it is for their unit or one above it.
pub(super) fn may_take_part(principal: &Principal, quiz: &QuizRow) -> bool {
    principal.unit_path.is_inside(&quiz.unit_path)
}

fn may_see(principal: &Principal, quiz: &QuizRow) -> bool {
    may_take_part(principal, quiz) || principal.is_leader_of(&quiz.unit_path)
}

/// A quiz that nobody has begun.
fn unused(quiz: QuizRow, now: Millis) -> QuizView {
    let own = OwnAttempts { left: quiz.rules.attempts_allowed, ..OwnAttempts::default() };
    QuizView { state: quiz.rules.state(now), quiz, own }
}

/// What a member has begun, by quiz.
pub(super) struct Begun(HashMap<QuizId, Vec<BegunRow>>);

impl Begun {
    pub(super) fn load(connection: &mut AnyConnection, member: MemberId) -> Result<Self, StoreError> {
        let mut by_quiz: HashMap<QuizId, Vec<BegunRow>> = HashMap::new();
        for row in quizzes::list_begun(connection, member)? {
            by_quiz.entry(row.quiz).or_default().push(row);
        }
        Ok(Self(by_quiz))
    }

    pub(super) fn view(&self, quiz: QuizRow, calendar: &Calendar, now: Millis) -> QuizView {
        let rows = self.0.get(&quiz.id).map(Vec::as_slice).unwrap_or_default();
        // Attempts are allowed per day for a daily quiz, else in all.
        let span = match quiz.rules.kind {
            QuizKind::Daily => calendar.span(Period::Day, calendar.date(now)),
            QuizKind::Contest | QuizKind::Exam | QuizKind::Practice => Span::ALL,
        };
        let counted = rows.iter().filter(|row| span.contains(row.started_at)).count();
        let begun = i32::try_from(counted).unwrap_or(i32::MAX);
        let running = rows.iter().find(|row| row.running && takes_answers(row.deadline, now));
        let own = OwnAttempts {
            begun,
            running: running.map(|row| row.id.clone()),
            left: quiz.rules.attempts_allowed.map(|allowed| allowed.saturating_sub(begun).max(0)),
        };
        QuizView { state: quiz.rules.state(now), quiz, own }
    }
}

fn own_and_unused(
    connection: &mut AnyConnection,
    principal: &Principal,
    id: QuizId,
) -> Result<QuizRow, ServiceError> {
    let quiz = quizzes::get_quiz(connection, id)?;
    if !principal.is_admin_of(&quiz.unit_path) {
        return Err(ServiceError::Forbidden);
    }
    if quizzes::has_attempts(connection, id)? {
        return Err(ServiceError::QuizInUse);
    }
    Ok(quiz)
}

/// The unit that a draft is for, when the caller may make quizzes for it.
pub(super) fn find_unit(
    connection: &mut AnyConnection,
    principal: &Principal,
    draft: &QuizDraft,
) -> Result<UnitRow, ServiceError> {
    let unit_id = draft.unit_id.unwrap_or(principal.unit_id);
    let unit = units::get_unit(connection, unit_id).map_err(|error| match error {
        StoreError::NotFound(_) => {
            ServiceError::invalid("/unit_id", message!("没有这个组织", "there is no such unit"))
        }
        other => other.into(),
    })?;
    if principal.is_admin_of(&unit.path) { Ok(unit) } else { Err(ServiceError::Forbidden) }
}

/// The bank that a draft names.
pub(super) fn find_bank(connection: &mut AnyConnection, code: &str) -> Result<BankRow, ServiceError> {
    banks::get_bank(connection, code).map_err(|error| match error {
        StoreError::NotFound(_) => {
            ServiceError::invalid("/bank", message!("没有这个题库", "there is no such bank"))
        }
        other => other.into(),
    })
}

/// Checks a draft against its unit, the caller's scope and the bank.
pub(super) fn check(
    context: &Context,
    connection: &mut AnyConnection,
    principal: &Principal,
    draft: QuizDraft,
) -> Result<NewQuiz, ServiceError> {
    let unit = find_unit(connection, principal, &draft)?;
    draft.rules.check().map_err(ServiceError::Invalid)?;
    let bank = find_bank(connection, &draft.bank)?;
    check_fillable(context, connection, &bank, &draft.rules)?;
    Ok(NewQuiz { bank_id: bank.id, unit_id: unit.id, rules: draft.rules })
}

/// Checks that the bank's current revision fills the blueprint, and that its chapters exist.
pub(super) fn check_fillable(
    context: &Context,
    connection: &mut AnyConnection,
    bank: &BankRow,
    rules: &QuizRules,
) -> Result<(), ServiceError> {
    let snapshot = context.bank_snapshot_in_transaction(connection, bank.id, bank.revision)?;
    let unknown = unknown_chapters(&snapshot, &rules.blueprint);
    if !unknown.is_empty() {
        return Err(ServiceError::Invalid(unknown));
    }
    snapshot.plan(&rules.blueprint)?;
    Ok(())
}

/// Chapters of a blueprint that the bank does not have.
pub(super) fn unknown_chapters(snapshot: &BankSnapshot, blueprint: &Blueprint) -> Vec<Fault> {
    let known: HashSet<&str> =
        snapshot.questions().iter().map(|question| question.chapter.as_str()).collect();
    let sections = blueprint.sections.iter().enumerate();
    let chapters = sections
        .flat_map(|(section, wanted)| wanted.chapters.iter().enumerate().map(move |at| (section, at)));
    chapters
        .filter(|(_, (_, chapter))| !known.contains(chapter.as_str()) && *chapter != NO_CHAPTER)
        .map(|(section, (index, _))| Fault {
            pointer: format!("/sections/{section}/chapters/{index}"),
            message: message!("题库里没有这一章", "the bank has no such chapter"),
        })
        .collect()
}
