//! A quiz while it runs: who has begun, who answers, who has submitted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::accounts::login_key;
use super::attempts::{EventCounts, count_events};
use super::quizzes::Quizzes;
use super::{Context, ServiceError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::{AttemptId, MemberId, QuizId, UnitId};
use crate::domain::period::{Period, Span};
use crate::domain::quiz::QuizKind;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::store::members::TextFilter;
use crate::store::quiz_attempts::{QuizAttemptFilter, list_begun_for, list_quiz_attempts};
pub use crate::store::quiz_attempts::{QuizAttemptRow, VoidedRow};
use crate::store::quizzes::{QuizRow, get_quiz};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError};

/// How many members have come how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Active members who may take part.
    pub eligible: u32,
    /// Members who have begun.
    pub begun: u32,
    /// Members who are answering.
    pub running: u32,
    /// Members with a result.
    pub submitted: u32,
}

/// How far a quiz is.
#[derive(Clone, Debug)]
pub struct QuizProgress {
    /// The instant for which it holds.
    pub as_of: Millis,
    /// Everybody in the caller's scope.
    pub all: Counts,
    /// The units of the caller's scope, in the order of the tree.
    pub units: Vec<(UnitRow, Counts)>,
}

/// Which attempts are wanted.
#[derive(Clone, Debug, Default)]
pub struct WantedAttempts {
    /// Those that stand there.
    pub status: Option<AttemptStatus>,
    /// Those that were begun for this unit or one below it.
    pub unit: Option<UnitId>,
    /// Those of members whose name or login holds this.
    pub text: Option<String>,
    /// Those that were begun before this one.
    pub before: Option<(Millis, AttemptId)>,
}

/// An attempt at a quiz, as those who look after it see it.
#[derive(Clone, Debug)]
pub struct WatchedAttempt {
    /// The attempt.
    pub row: QuizAttemptRow,
    /// The unit for which it was begun.
    pub unit: UnitRow,
    /// What happened around it; `None` for who does not hold the quiz, and where nothing is recorded.
    pub events: Option<EventCounts>,
}

impl Quizzes {
    /// How far a quiz is, for the units that the caller leads; of a daily quiz today. Voided attempts are
    /// not counted.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Forbidden`] for somebody who leads none of its units.
    pub async fn progress(&self, principal: &Principal, id: QuizId) -> Result<QuizProgress, ServiceError> {
        // Of a large quiz this reads every attempt: one after the other.
        let _turn = self.counting.lock().await;
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        let as_of = self.context.clock.now();
        self.context
            .database
            .read(move |connection| -> Result<_, ServiceError> {
                let quiz = get_quiz(connection, id)?;
                let tree = units::list_units(connection)?;
                let tops = tops(&principal, &quiz, &tree)?;
                let people = People::read(&context, connection, &quiz, as_of)?;
                // Of the quiz's own unit its children are looked at, of a part of it the part.
                let is_row = |unit: &&UnitRow| match tops.as_slice() {
                    [top] if top.id == quiz.unit_id => unit.parent_id == Some(quiz.unit_id),
                    parts => parts.iter().any(|part| part.id == unit.id),
                };
                let rows = tree.iter().filter(is_row);
                let rows = rows.map(|unit| (unit.clone(), people.count(&tree, &[unit]))).collect();
                Ok(QuizProgress { as_of, all: people.count(&tree, &tops), units: rows })
            })
            .await
    }

    /// The attempts at a quiz for units that the caller leads, those that were begun last first, and the
    /// units they were begun for.
    ///
    /// # Errors
    /// As [`Quizzes::progress`]; [`ServiceError::Forbidden`] for a unit that the caller does not lead.
    pub async fn attempts(
        &self,
        principal: &Principal,
        id: QuizId,
        wanted: WantedAttempts,
        limit: i64,
    ) -> Result<Vec<WatchedAttempt>, ServiceError> {
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        let text = wanted.text.map(|name| TextFilter { login_key: login_key(&name), name });
        self.context
            .database
            .read(move |connection| -> Result<_, ServiceError> {
                let quiz = get_quiz(connection, id)?;
                let tree = units::list_units(connection)?;
                let mut tops: Vec<&UnitRow> = tops(&principal, &quiz, &tree)?;
                if let Some(unit) = wanted.unit {
                    let unit =
                        tree.iter().find(|row| row.id == unit).ok_or(ServiceError::NotFound("unit"))?;
                    if !principal.is_leader_of(&unit.path) {
                        return Err(ServiceError::Forbidden);
                    }
                    tops = vec![unit];
                }
                let filter = QuizAttemptFilter {
                    quiz: id,
                    units: below(&tree, &tops).into_iter().collect(),
                    status: wanted.status,
                    text,
                    before: wanted.before,
                    limit,
                };
                let rows = list_quiz_attempts(connection, &filter)?;
                // Events are for those who hold the quiz, not for everybody who looks on.
                let ids: Vec<AttemptId> = rows.iter().map(|row| row.id.clone()).collect();
                let mut events = if principal.is_admin_of(&quiz.unit_path) {
                    count_events(&context, connection, &quiz, &ids)?
                } else {
                    HashMap::new()
                };
                let units: HashMap<UnitId, &UnitRow> = tree.iter().map(|unit| (unit.id, unit)).collect();
                let watched = |row: QuizAttemptRow| {
                    let unit = UnitRow::clone(units.get(&row.unit)?);
                    let events = events.remove(&row.id);
                    Some(WatchedAttempt { row, unit, events })
                };
                Ok(rows.into_iter().filter_map(watched).collect())
            })
            .await
    }
}

/// The topmost units of a quiz that somebody leads: its own unit, or parts of it.
fn tops<'a>(
    principal: &Principal,
    quiz: &QuizRow,
    tree: &'a [UnitRow],
) -> Result<Vec<&'a UnitRow>, ServiceError> {
    let mut tops: Vec<&UnitRow> = Vec::new();
    // Ancestors come before their descendants.
    for unit in tree {
        let is_led = unit.path.is_inside(&quiz.unit_path) && principal.is_leader_of(&unit.path);
        if is_led && !tops.iter().any(|top| unit.path.is_inside(&top.path)) {
            tops.push(unit);
        }
    }
    if tops.is_empty() { Err(ServiceError::Forbidden) } else { Ok(tops) }
}

/// These units and all that stand below them.
fn below(tree: &[UnitRow], tops: &[&UnitRow]) -> HashSet<UnitId> {
    let inside = |unit: &&UnitRow| tops.iter().any(|top| unit.path.is_inside(&top.path));
    tree.iter().filter(inside).map(|unit| unit.id).collect()
}

/// Who may take part in a quiz, and who does, by unit.
struct People {
    eligible: HashMap<UnitId, u32>,
    running: HashMap<UnitId, Vec<MemberId>>,
    submitted: HashMap<UnitId, Vec<MemberId>>,
}

impl People {
    fn read(
        context: &Context,
        connection: &mut AnyConnection,
        quiz: &QuizRow,
        now: Millis,
    ) -> Result<Self, StoreError> {
        let over = quiz.rules.closes_at.filter(|&closes_at| closes_at <= now);
        let eligible = match over {
            Some(closes_at) => {
                let mut counts = HashMap::new();
                // The last instant that belongs to it.
                for unit in units::list_homes_at(connection, closes_at.plus_ms(-1))?.into_values() {
                    *counts.entry(unit).or_insert(0) += 1;
                }
                counts
            }
            None => units::count_active_members(connection)?,
        };
        let span = match quiz.rules.kind {
            QuizKind::Daily => context.calendar.span(Period::Day, context.calendar.date(now)),
            QuizKind::Contest | QuizKind::Exam | QuizKind::Practice => Span::ALL,
        };
        let mut people = Self { eligible, running: HashMap::new(), submitted: HashMap::new() };
        for begun in list_begun_for(connection, quiz.id, span)? {
            let members = if begun.running { &mut people.running } else { &mut people.submitted };
            members.entry(begun.unit).or_default().push(begun.member);
        }
        Ok(people)
    }

    /// Those of `tops` and all that stand below, everybody once.
    fn count(&self, tree: &[UnitRow], tops: &[&UnitRow]) -> Counts {
        let units = below(tree, tops);
        let members = |by_unit: &HashMap<UnitId, Vec<MemberId>>| -> HashSet<MemberId> {
            units.iter().filter_map(|unit| by_unit.get(unit)).flatten().copied().collect()
        };
        let (running, submitted) = (members(&self.running), members(&self.submitted));
        let size = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Counts {
            eligible: units.iter().filter_map(|unit| self.eligible.get(unit)).sum(),
            begun: size(running.union(&submitted).count()),
            running: size(running.len()),
            submitted: size(submitted.len()),
        }
    }
}
