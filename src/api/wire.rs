//! Small shapes that several answers share.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::ids::{MemberId, UnitId};
use crate::domain::message::Language;
use crate::domain::org::UnitKind;
use crate::domain::roles::{Grant, Role};
use crate::domain::time::Millis;
use crate::formats::{Place, RejectedQuestion};
use crate::services::units::UnitRow;

/// An instant in RFC 3339, UTC.
pub(super) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or_default()
}

/// The instant that a timestamp names.
pub(super) fn millis(timestamp: Timestamp) -> Millis {
    Millis(timestamp.as_millisecond())
}

/// The content of a file, for the API's description.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes what is sent as a file")]
pub(super) struct FileBody(Vec<u8>);

/// A unit, as others refer to it.
#[derive(Serialize, ToSchema)]
pub(super) struct UnitName {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// Adds a field to the JSON object `body`, whose value `write` writes.
pub(super) fn with_ready_field(body: &mut Vec<u8>, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
    if body.pop() == Some(b'}') {
        body.extend_from_slice(b",\"");
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
        write(body);
    }
    body.push(b'}');
}

/// A role that somebody has for a unit and everything below it.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleGrant {
    /// What they are there.
    pub role: Role,
    /// Where.
    pub unit_id: i64,
}

/// All roles of a member of `home`: everybody is a member of their own unit.
pub(super) fn roles(home: UnitId, grants: &[Grant]) -> Vec<RoleGrant> {
    let member = RoleGrant { role: Role::Member, unit_id: home.0 };
    let others = grants.iter().map(|grant| RoleGrant { role: grant.role, unit_id: grant.unit_id.0 });
    std::iter::once(member).chain(others).collect()
}

/// A place in a file, and what is to be said about it.
#[derive(Serialize, ToSchema)]
pub(super) struct PlaceResponse {
    /// Where: `Sheet1!B7`, `line 12`, `/questions/3`.
    pub at: String,
    /// What, and how to mend it.
    pub detail: String,
}

/// Rejected questions in the language of the caller.
pub(super) fn rejected(questions: &[RejectedQuestion], language: Language) -> Vec<PlaceResponse> {
    let told = |question: &RejectedQuestion| PlaceResponse {
        at: question.at.clone(),
        detail: question.message.text(language).to_owned(),
    };
    questions.iter().map(told).collect()
}

/// Places in the language of the caller.
pub(super) fn places(places: &[Place], language: Language) -> Vec<PlaceResponse> {
    places
        .iter()
        .map(|place| PlaceResponse { at: place.at.clone(), detail: place.message.text(language).to_owned() })
        .collect()
}

/// A field of a change that may be left out (kept), null (cleared) or given.
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A unit, as the pages of leaders and admins show it.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct UnitRef {
    /// Its id.
    pub id: i64,
    /// Its level.
    pub kind: UnitKind,
    /// Its stable name in files.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A member, as others refer to them.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct MemberName {
    /// Their id.
    pub id: i64,
    /// Their name.
    pub name: String,
}

impl From<(MemberId, String)> for MemberName {
    fn from((id, name): (MemberId, String)) -> Self {
        Self { id: id.0, name }
    }
}

impl From<UnitRow> for UnitRef {
    fn from(unit: UnitRow) -> Self {
        Self { id: unit.id.0, kind: unit.kind, code: unit.code, name: unit.name }
    }
}
