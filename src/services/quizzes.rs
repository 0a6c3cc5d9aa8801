//! Quizzes: who may see them, who may make them.

use std::sync::Arc;

use super::{Context, ServiceError};
use crate::domain::ids::{QuizId, UnitId};
use crate::domain::question::NO_CHAPTER;
use crate::domain::quiz::{QuizRules, QuizState};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::message;
use crate::store::banks::{self, BankRow};
use crate::store::quizzes::{self, NewQuiz, QuizRow};
use crate::store::{AnyConnection, StoreError, units};

/// A quiz at an instant.
#[derive(Clone, Debug)]
pub struct QuizView {
    /// The quiz.
    pub quiz: QuizRow,
    /// Where it stands.
    pub state: QuizState,
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
    context: Arc<Context>,
}

impl Quizzes {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
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
        self.context
            .database
            .read(move |connection| {
                Ok(quizzes::list_quizzes(connection)?
                    .into_iter()
                    .filter(|quiz| may_see(&principal, quiz))
                    .map(|quiz| view(quiz, now))
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
        self.context
            .database
            .read(move |connection| {
                let quiz = quizzes::get_quiz(connection, id)?;
                if may_see(&principal, &quiz) { Ok(view(quiz, now)) } else { Err(ServiceError::Forbidden) }
            })
            .await
    }

    /// Adds a quiz.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::Invalid`];
    /// [`ServiceError::BlueprintUnfillable`].
    pub async fn create(&self, principal: &Principal, draft: QuizDraft) -> Result<QuizView, ServiceError> {
        let (principal, context, now) =
            (principal.clone(), Arc::clone(&self.context), self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let new = check(&context, connection, &principal, draft)?;
                let id = quizzes::create_quiz(connection, &new, Some(principal.member_id), now)?;
                Ok(view(quizzes::get_quiz(connection, id)?, now))
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
        let (principal, context, now) =
            (principal.clone(), Arc::clone(&self.context), self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let quiz = own_and_unused(connection, &principal, id)?;
                let draft =
                    QuizDraft { bank: quiz.bank_code, unit_id: Some(quiz.unit_id), rules: quiz.rules };
                let new = check(&context, connection, &principal, change(draft))?;
                quizzes::update_quiz(connection, id, &new)?;
                // Again, after the row is ours: an attempt may have been begun in between.
                if quizzes::has_attempts(connection, id)? {
                    return Err(ServiceError::QuizInUse);
                }
                Ok(view(quizzes::get_quiz(connection, id)?, now))
            })
            .await
    }

    /// Removes a quiz that nobody has begun.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::QuizInUse`].
    pub async fn delete(&self, principal: &Principal, id: QuizId) -> Result<(), ServiceError> {
        let principal = principal.clone();
        self.context
            .database
            .write(move |connection| {
                own_and_unused(connection, &principal, id)?;
                Ok(quizzes::delete_quiz(connection, id)?)
            })
            .await
    }
}

/// Whether somebody may take part in a quiz: it is for their unit or one above it.
pub(super) fn may_take_part(principal: &Principal, quiz: &QuizRow) -> bool {
    principal.unit_path.is_inside(&quiz.unit_path)
}

fn may_see(principal: &Principal, quiz: &QuizRow) -> bool {
    may_take_part(principal, quiz) || principal.is_leader_of(&quiz.unit_path)
}

fn view(quiz: QuizRow, now: Millis) -> QuizView {
    QuizView { state: quiz.rules.state(now), quiz }
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

/// Checks a draft against its unit, the caller's scope and the bank.
fn check(
    context: &Context,
    connection: &mut AnyConnection,
    principal: &Principal,
    draft: QuizDraft,
) -> Result<NewQuiz, ServiceError> {
    let unit_id = draft.unit_id.unwrap_or(principal.unit_id);
    let unit = units::get_unit(connection, unit_id).map_err(|error| match error {
        StoreError::NotFound(_) => {
            ServiceError::invalid("/unit_id", message!("没有这个组织", "there is no such unit"))
        }
        other => other.into(),
    })?;
    if !principal.is_admin_of(&unit.path) {
        return Err(ServiceError::Forbidden);
    }
    draft.rules.check().map_err(ServiceError::Invalid)?;
    let bank = banks::get_bank(connection, &draft.bank).map_err(|error| match error {
        StoreError::NotFound(_) => {
            ServiceError::invalid("/bank", message!("没有这个题库", "there is no such bank"))
        }
        other => other.into(),
    })?;
    check_fillable(context, connection, &bank, &draft.rules)?;
    Ok(NewQuiz { bank_id: bank.id, unit_id, rules: draft.rules })
}

/// Checks that the bank's current revision fills the blueprint, and that its chapters exist.
pub(super) fn check_fillable(
    context: &Context,
    connection: &mut AnyConnection,
    bank: &BankRow,
    rules: &QuizRules,
) -> Result<(), ServiceError> {
    let snapshot = context.bank_snapshot_in_transaction(connection, bank.id, bank.revision)?;
    for (section, blueprint) in rules.blueprint.sections.iter().enumerate() {
        for (index, chapter) in blueprint.chapters.iter().enumerate() {
            let known = snapshot.questions().iter().any(|question| question.chapter == *chapter);
            if !known && chapter != NO_CHAPTER {
                return Err(ServiceError::invalid(
                    format!("/sections/{section}/chapters/{index}"),
                    message!("题库里没有这一章", "the bank has no such chapter"),
                ));
            }
        }
    }
    snapshot.plan(&rules.blueprint)?;
    Ok(())
}
