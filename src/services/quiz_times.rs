//! Closing a quiz early, and closing it later.
//!
//! Both change the deadlines of attempts that run. Every change of an attempt is a change of its version,
//! so whoever is saving, submitting or settling one at that moment looks at it again; and it is a noticed
//! write, so nothing that is held in memory here or in another instance is used any more.

use std::sync::Arc;

use serde_json::json;

use super::audit::{Change, Stamp, time_fact, unit_then};
use super::quizzes::{Begun, QuizView, Quizzes};
use super::{Context, ServiceError};
use crate::domain::audit::{Action, Facts, SubjectKind};
use crate::domain::ids::QuizId;
use crate::domain::quiz::{QuizState, Reveal};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::message;
use crate::store::quizzes::{QuizRow, get_quiz};
use crate::store::{AnyConnection, quiz_times, units};

/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 200;

impl Quizzes {
    /// Closes an open quiz now. Running attempts end now too, and are graded with what was saved.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::QuizNotOpen`];
    /// [`ServiceError::Invalid`] for a reason that is too long.
    pub async fn close(
        &self,
        principal: &Principal,
        id: QuizId,
        reason: Option<String>,
    ) -> Result<QuizView, ServiceError> {
        let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        if let Some(reason) = &reason {
            check_reason(reason)?;
        }
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let quiz = hold_own(connection, &principal, id)?;
                if quiz.rules.state(stamp.at) != QuizState::Open {
                    return Err(ServiceError::QuizNotOpen);
                }
                quiz_times::set_end(connection, id, stamp.at)?;
                let ended = quiz_times::end_attempts(connection, id, stamp.at)?;
                let mut after = end_fact(Some(stamp.at));
                after.insert("attempts_ended".into(), json!(ended));
                if let Some(reason) = reason {
                    after.insert("reason".into(), json!(reason));
                }
                record(connection, &stamp, Action::QuizClosed, &quiz, after)?;
                view(&context, connection, &principal, id, stamp.at)
            })
            .await
    }

    /// Has a quiz close later. Running attempts that were to end with it get as much of it as their duration
    /// allows.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::Invalid`] for an end that is
    /// not later than now and than before; [`ServiceError::KeysShown`] when members know the answers.
    pub async fn extend(
        &self,
        principal: &Principal,
        id: QuizId,
        closes_at: Millis,
    ) -> Result<QuizView, ServiceError> {
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let quiz = hold_own(connection, &principal, id)?;
                let invalid = |message| Err(ServiceError::invalid("/closes_at", message));
                let Some(before) = quiz.rules.closes_at else {
                    return invalid(message!(
                        "这个测验没有结束时间，不用延长",
                        "this quiz has no end; there is nothing to extend"
                    ));
                };
                if closes_at <= before {
                    return invalid(message!("须晚于原来的结束时间", "must be later than before"));
                }
                if closes_at <= stamp.at {
                    return invalid(message!("须晚于现在", "must be later than now"));
                }
                if quiz.rules.reveal == Reveal::AfterClose && quiz.rules.reveals(stamp.at) {
                    return Err(ServiceError::KeysShown);
                }
                quiz_times::set_end(connection, id, closes_at)?;
                let ends = (before, closes_at);
                let prolonged =
                    quiz_times::prolong_attempts(connection, id, ends, quiz.rules.duration_seconds)?;
                let mut after = end_fact(Some(closes_at));
                after.insert("attempts_prolonged".into(), json!(prolonged));
                record(connection, &stamp, Action::QuizExtended, &quiz, after)?;
                view(&context, connection, &principal, id, stamp.at)
            })
            .await
    }
}

/// Checks a reason that an admin gives.
pub(super) fn check_reason(reason: &str) -> Result<(), ServiceError> {
    if (1..=LONGEST_REASON).contains(&reason.chars().count()) && !reason.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "/reason",
        message!(
            "原因为 1 到 {LONGEST_REASON} 个字，不含控制符",
            "a reason has 1 to {LONGEST_REASON} characters, none of them a control character"
        ),
    ))
}

fn hold_own(
    connection: &mut AnyConnection,
    principal: &Principal,
    id: QuizId,
) -> Result<QuizRow, ServiceError> {
    let quiz = quiz_times::hold_quiz(connection, id)?;
    if principal.is_admin_of(&quiz.unit_path) { Ok(quiz) } else { Err(ServiceError::Forbidden) }
}

fn end_fact(closes_at: Option<Millis>) -> Facts {
    Facts::from_iter([("closes_at".to_owned(), json!(closes_at.map(time_fact)))])
}

fn record(
    connection: &mut AnyConnection,
    stamp: &Stamp,
    action: Action,
    quiz: &QuizRow,
    after: Facts,
) -> Result<(), ServiceError> {
    let unit = units::get_unit(connection, quiz.unit_id)?;
    let change = Change::new(action, SubjectKind::Quiz, &quiz.id, &quiz.rules.title)
        .at(unit_then(&unit))
        .before(end_fact(quiz.rules.closes_at))
        .after(after);
    Ok(stamp.record(connection, [change])?)
}

fn view(
    context: &Context,
    connection: &mut AnyConnection,
    principal: &Principal,
    id: QuizId,
    now: Millis,
) -> Result<QuizView, ServiceError> {
    let quiz = get_quiz(connection, id)?;
    Ok(Begun::load(connection, principal.member_id)?.view(quiz, &context.calendar, now))
}
