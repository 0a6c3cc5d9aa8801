//! The lines that changes of units, members, questions and quizzes leave in the log.

use serde_json::json;

use super::facts::{member_facts, question_facts, quiz_facts, roles_fact, unit_facts, unit_then};
use super::{Change, Facts};
use crate::domain::audit::{Action, SubjectKind};
use crate::domain::ids::{MemberId, QuizId, UnitId};
use crate::domain::question::Question;
use crate::domain::quiz::QuizRules;
use crate::domain::roles::{MemberStatus, Role};
use crate::store::members::MemberRow;
use crate::store::units::UnitRow;

/// Longest part of a stem that names its question, in characters.
const LONGEST_STEM: usize = 60;

fn fact(name: &str, value: serde_json::Value) -> Facts {
    Facts::from_iter([(name.to_owned(), value)])
}

fn unit_fact(unit: Option<&UnitRow>) -> serde_json::Value {
    unit.map_or(serde_json::Value::Null, |unit| json!({"id": unit.id, "name": unit.name}))
}

fn of_unit(action: Action, unit: &UnitRow) -> Change {
    Change::new(action, SubjectKind::Unit, &unit.id, &unit.name).at(unit_then(unit))
}

/// A unit that was added below `parent`.
pub(in crate::services) fn unit_added(unit: &UnitRow, parent: Option<&UnitRow>) -> Change {
    let mut facts = unit_facts(unit);
    facts.insert("parent".into(), unit_fact(parent));
    of_unit(Action::UnitAdded, unit).after(facts)
}

/// A unit that was removed.
pub(in crate::services) fn unit_removed(unit: &UnitRow) -> Change {
    of_unit(Action::UnitRemoved, unit).before(unit_facts(unit))
}

/// What has become of a unit: another name, another place with these parents before and after.
pub(in crate::services) fn unit_changes(
    (before, parent_before): (&UnitRow, Option<&UnitRow>),
    (after, parent_after): (&UnitRow, Option<&UnitRow>),
) -> Vec<Change> {
    let renamed = of_unit(Action::UnitRenamed, after).between(unit_facts(before), unit_facts(after));
    let moved = of_unit(Action::UnitMoved, after)
        .leaving(before.path.clone())
        .between(fact("parent", unit_fact(parent_before)), fact("parent", unit_fact(parent_after)));
    renamed.into_iter().chain(moved.filter(|_| before.parent_id != after.parent_id)).collect()
}

/// A member as they stand: the account, the unit, the roles beyond that of a member of the unit.
#[derive(Clone, Copy)]
pub(in crate::services) struct MemberState<'a> {
    /// The account.
    pub member: &'a MemberRow,
    /// Its unit.
    pub unit: &'a UnitRow,
    /// Its roles.
    pub roles: &'a [(Role, UnitId)],
}

impl MemberState<'_> {
    fn change(&self, action: Action) -> Change {
        Change::new(action, SubjectKind::Member, &self.member.id, &self.member.name).at(unit_then(self.unit))
    }
}

/// A member who was added.
pub(in crate::services) fn member_added(state: MemberState<'_>) -> Change {
    let mut facts = member_facts(state.member, state.unit);
    facts.insert("roles".into(), roles_fact(state.roles));
    state.change(Action::MemberAdded).after(facts)
}

/// What has become of a member, a line for each kind of change.
pub(in crate::services) fn member_changes(before: MemberState<'_>, after: MemberState<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let (old, new) = (before.member, after.member);
    let renamed = after
        .change(Action::MemberRenamed)
        .between(fact("name", json!(old.name)), fact("name", json!(new.name)));
    changes.extend(renamed);
    if before.unit.id != after.unit.id {
        let change = after.change(Action::MemberTransferred).leaving(before.unit.path.clone());
        let (left, entered) = (unit_fact(Some(before.unit)), unit_fact(Some(after.unit)));
        changes.extend(change.between(fact("unit", left), fact("unit", entered)));
    }
    let action = if new.status == MemberStatus::Left { Action::MemberLeft } else { Action::MemberReturned };
    let status = |member: &MemberRow| fact("status", json!(member.status));
    changes.extend(after.change(action).between(status(old), status(new)));
    let roles = |state: MemberState<'_>| {
        let mut roles = state.roles.to_vec();
        roles.sort_unstable_by_key(|(role, unit)| (unit.0, role.as_str()));
        fact("roles", roles_fact(&roles))
    };
    changes.extend(after.change(Action::RolesChanged).between(roles(before), roles(after)));
    changes
}

/// A new initial password, which the log never tells.
pub(in crate::services) fn password_reset(member: MemberId, name: &str, unit: &UnitRow) -> Change {
    Change::new(Action::PasswordReset, SubjectKind::Member, &member, name).at(unit_then(unit))
}

/// What was done to a question of `bank`; one of the two states is missing when it is new or retired.
pub(in crate::services) fn question_change(
    bank: &str,
    before: Option<&Question>,
    after: Option<&Question>,
) -> Option<Change> {
    let (action, question) = match (before, after) {
        (None, Some(question)) => (Action::QuestionAdded, question),
        (Some(_), Some(question)) => (Action::QuestionChanged, question),
        (Some(question), None) => (Action::QuestionRetired, question),
        (None, None) => return None,
    };
    let name: String = question.stem.chars().take(LONGEST_STEM).collect();
    let change = Change::new(action, SubjectKind::Question, &format!("{bank}/{}", question.code), name);
    match (before, after) {
        (Some(before), Some(after)) => change.between(question_facts(before), question_facts(after)),
        (Some(before), None) => Some(change.before(question_facts(before))),
        (None, Some(after)) => Some(change.after(question_facts(after))),
        (None, None) => None,
    }
}

/// What was done to many questions of `bank`, each as it was and as it is; made as they are asked for.
pub(in crate::services) fn question_changes<'a>(
    bank: &'a str,
    states: impl IntoIterator<Item = (Option<&'a Question>, Option<&'a Question>)> + 'a,
) -> impl Iterator<Item = Change> + 'a {
    states.into_iter().filter_map(move |(before, after)| question_change(bank, before, after))
}

/// A quiz as it stands: its rules, its bank's code, its unit.
pub(in crate::services) type QuizThen<'a> = (&'a QuizRules, &'a str, &'a UnitRow);

/// What was done to a quiz; one of the two states is missing when it is new or removed.
pub(in crate::services) fn quiz_change(
    id: QuizId,
    before: Option<QuizThen<'_>>,
    after: Option<QuizThen<'_>>,
) -> Option<Change> {
    let (action, (rules, _, unit)) = match (before, after) {
        (None, Some(after)) => (Action::QuizAdded, after),
        (Some(_), Some(after)) => (Action::QuizChanged, after),
        (Some(before), None) => (Action::QuizRemoved, before),
        (None, None) => return None,
    };
    let facts = |(rules, bank, unit): QuizThen<'_>| quiz_facts(rules, bank, unit.id);
    let change = Change::new(action, SubjectKind::Quiz, &id, rules.title.trim()).at(unit_then(unit));
    match (before, after) {
        (Some(before), Some(after)) => {
            let change =
                if before.2.id == after.2.id { change } else { change.leaving(before.2.path.clone()) };
            change.between(facts(before), facts(after))
        }
        (Some(before), None) => Some(change.before(facts(before))),
        (None, Some(after)) => Some(change.after(facts(after))),
        (None, None) => None,
    }
}
