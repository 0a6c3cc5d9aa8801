//! What the log says of a thing: plain values under the names that the API uses.

use serde_json::{Value, json};

use crate::domain::audit::Facts;
use crate::domain::ids::UnitId;
use crate::domain::question::Question;
use crate::domain::quiz::QuizRules;
use crate::domain::roles::Role;
use crate::domain::time::Millis;
use crate::store::audit::UnitThen;
use crate::store::members::MemberRow;
use crate::store::units::UnitRow;

fn facts(value: Value) -> Facts {
    match value {
        Value::Object(facts) => facts,
        _ => Facts::new(),
    }
}

/// A unit as a line of the log refers to it.
pub(in crate::services) fn unit_then(unit: &UnitRow) -> UnitThen {
    UnitThen { id: unit.id, name: unit.name.clone(), path: unit.path.clone() }
}

/// An instant in RFC 3339, UTC.
pub(in crate::services) fn time_fact(at: Millis) -> Value {
    jiff::Timestamp::from_millisecond(at.0).map_or(Value::Null, |at| json!(at.to_string()))
}

/// What a unit is called.
pub(in crate::services) fn unit_facts(unit: &UnitRow) -> Facts {
    facts(json!({"code": unit.code, "name": unit.name, "kind": unit.kind}))
}

/// What a member is; never the password.
pub(in crate::services) fn member_facts(member: &MemberRow, unit: &UnitRow) -> Facts {
    facts(json!({
        "login": member.login, "name": member.name, "status": member.status,
        "unit": {"id": unit.id, "name": unit.name},
    }))
}

/// Roles beyond that of a member of one's own unit.
pub(in crate::services) fn roles_fact(roles: &[(Role, UnitId)]) -> Value {
    roles.iter().map(|(role, unit_id)| json!({"role": role, "unit_id": unit_id})).collect()
}

/// What a question says.
pub(in crate::services) fn question_facts(question: &Question) -> Facts {
    facts(json!({
        "kind": question.kind, "chapter": question.chapter, "difficulty": question.difficulty,
        "stem": question.stem, "options": question.options, "key": question.written_key(),
        "explanation": question.explanation, "source": question.source, "verified_on": question.verified_on,
    }))
}

/// The rules of a quiz for `unit`, of which papers are drawn from `bank`.
pub(in crate::services) fn quiz_facts(rules: &QuizRules, bank: &str, unit: UnitId) -> Facts {
    facts(json!({
        "title": rules.title.trim(), "kind": rules.kind, "bank": bank, "unit_id": unit,
        "opens_at": time_fact(rules.opens_at), "closes_at": rules.closes_at.map(time_fact),
        "duration_seconds": rules.duration_seconds, "attempts_allowed": rules.attempts_allowed,
        "pass_percent": rules.pass_percent, "reveal": rules.reveal, "sections": rules.blueprint.sections,
        "shuffle_questions": rules.blueprint.shuffle_questions,
        "shuffle_options": rules.blueprint.shuffle_options,
    }))
}
