//! Voided attempts: on record, and out of everything that counts.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::attempts::Attempts;
use super::audit::{Change, Stamp, time_fact, unit_then};
use super::quiz_times::check_reason;
use super::{Context, ServiceError};
use crate::domain::audit::{Action, SubjectKind};
use crate::domain::ids::{AttemptId, MemberId, QuizId};
use crate::domain::period::Span;
use crate::domain::quiz::QuizKind;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::live::latest::Dated;
use crate::live::scoreboard::Voided;
pub use crate::store::voids::VoidRow;
use crate::store::{AnyConnection, StoreError, attempts, members, quizzes, units, voids};

/// All voided attempts, as they were in one generation.
pub(super) struct KnownVoids {
    generation: u64,
    by_attempt: HashMap<AttemptId, Arc<VoidRow>>,
    by_member: HashMap<(MemberId, QuizId), Vec<Millis>>,
}

impl Dated for KnownVoids {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn version(&self) -> i64 {
        0
    }
}

impl KnownVoids {
    fn new(generation: u64, rows: Vec<VoidRow>) -> Self {
        let mut by_member: HashMap<_, Vec<Millis>> = HashMap::new();
        for row in &rows {
            by_member.entry((row.member, row.quiz)).or_default().push(row.started_at);
        }
        let by_attempt = rows.into_iter().map(|row| (row.attempt.clone(), Arc::new(row))).collect();
        Self { generation, by_attempt, by_member }
    }

    /// Why an attempt counts for nothing, if it does not.
    pub(super) fn find(&self, attempt: &AttemptId) -> Option<&Arc<VoidRow>> {
        self.by_attempt.get(attempt)
    }

    /// How many attempts of a member at a quiz, begun in a span of time, count for nothing.
    pub(super) fn count(&self, member: MemberId, quiz: QuizId, span: Span) -> i32 {
        let begun = self.by_member.get(&(member, quiz)).map(Vec::as_slice).unwrap_or_default();
        let count = begun.iter().filter(|&&started_at| span.contains(started_at)).count();
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// The results that count for nothing.
    pub(super) fn results(&self) -> impl Iterator<Item = Voided> {
        self.by_attempt.values().map(|row| as_result(row))
    }
}

fn as_result(row: &VoidRow) -> Voided {
    let VoidRow { no, quiz, kind, started_at, submitted_at, .. } = *row;
    Voided { no, quiz, kind, started_at, submitted_at }
}

impl Context {
    /// All voided attempts, from memory or, when there may be others, from the database.
    pub(super) async fn known_voids(self: &Arc<Self>) -> Result<Arc<KnownVoids>, ServiceError> {
        let generation = self.database.freshness().generation();
        if let Some(known) = self.voids.get(&(), generation) {
            return Ok(known);
        }
        let rows = self.database.read(voids::list_voids).await?;
        let known = Arc::new(KnownVoids::new(generation.unwrap_or(0), rows));
        if generation.is_some() {
            self.voids.put(&(), Arc::clone(&known));
        }
        Ok(known)
    }

    /// Takes voided results off the boards in memory; those that are known already cost nothing.
    pub(super) fn take_off_boards(&self, voided: impl IntoIterator<Item = Voided>) {
        for result in voided {
            if self.scoreboard.void(&result) {
                self.signals.results_changed(result.quiz, result.kind != QuizKind::Practice);
            }
        }
    }
}

impl Attempts {
    /// Voids a graded attempt: it leaves all rankings and does not count against the attempts that its
    /// member is allowed.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is none in the caller's scope; [`ServiceError::Forbidden`] for
    /// one's own; [`ServiceError::AttemptRunning`]; [`ServiceError::AttemptVoided`];
    /// [`ServiceError::Invalid`] for a reason that is missing or too long.
    pub async fn void(&self, principal: &Principal, id: AttemptId, reason: &str) -> Result<(), ServiceError> {
        let reason = reason.trim().to_owned();
        check_reason(&reason)?;
        // One whose time is over has its result, whether the sweep has come by or not.
        self.settle_due(id.clone()).await?;
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        let voided = self
            .context
            .database
            .write(move |connection| void(connection, &principal, &stamp, &id, &reason))
            .await?;
        self.context.take_off_boards([as_result(&voided)]);
        Ok(())
    }
}

fn void(
    connection: &mut AnyConnection,
    principal: &Principal,
    stamp: &Stamp,
    id: &AttemptId,
    reason: &str,
) -> Result<VoidRow, ServiceError> {
    let attempt = attempts::get_attempt(connection, id)?;
    let unit = units::get_unit(connection, attempt.unit_id)?;
    if !principal.is_admin_of(&unit.path) {
        return Err(ServiceError::NotFound("attempt"));
    }
    if attempt.member_id == principal.member_id {
        return Err(ServiceError::Forbidden);
    }
    let result = attempt.result.ok_or(ServiceError::AttemptRunning)?;
    voids::create_void(connection, id, principal.member_id, reason, stamp.at)?;
    let member = members::get_member(connection, attempt.member_id)?;
    let quiz = quizzes::get_quiz(connection, attempt.quiz_id)?;
    let before = json!({
        "quiz": {"id": quiz.id, "title": quiz.rules.title},
        "member": {"id": member.id, "name": member.name},
        "submitted_at": time_fact(result.submitted_at), "score": result.score,
        "max_score": result.max_score, "elapsed_ms": result.elapsed_ms,
    });
    let change = Change::new(Action::AttemptVoided, SubjectKind::Attempt, id, &member.name)
        .at(unit_then(&unit))
        .before(before.as_object().cloned().unwrap_or_default())
        .after([("reason".to_owned(), json!(reason))].into_iter().collect());
    stamp.record(connection, [change])?;
    let voided = voids::list_voids(connection)?.into_iter().find(|row| row.attempt == *id);
    voided.ok_or_else(|| StoreError::NotFound("voided attempt").into())
}
