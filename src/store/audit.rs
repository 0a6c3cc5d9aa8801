//! The audit log: written with each change, read, and never altered.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::connection::on_backend;
use super::members::{holding, lower};
use super::schema::{audit_log, members};
use super::{AnyConnection, StoreError};
use crate::domain::audit::{Action, Facts, SubjectKind};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::org::UnitPath;
use crate::domain::time::Millis;

diesel::define_sql_function! {
    /// Lower case of what may be missing: of all letters on PostgreSQL, of ASCII on SQLite.
    #[sql_name = "lower"]
    fn lower_maybe(text: Nullable<Text>) -> Nullable<Text>;
}

/// Rows of one multi-row insert: far below SQLite's limit of 32,766 bound values.
const ROWS_A_STATEMENT: usize = 500;

/// A unit as it stands when something that concerns it is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitThen {
    /// The unit.
    pub id: UnitId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub path: UnitPath,
}

/// A line to write.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// When.
    pub at: Millis,
    /// Who; `None` for the command line.
    pub actor: Option<MemberId>,
    /// What was done.
    pub action: Action,
    /// To what kind of thing.
    pub subject_kind: SubjectKind,
    /// To which.
    pub subject_id: String,
    /// What it is called.
    pub subject_name: String,
    /// The unit that it concerns; `None` for question banks.
    pub unit: Option<UnitThen>,
    /// Where it stood before, when it has changed its place.
    pub left: Option<UnitPath>,
    /// What differs, as it was.
    pub before: Option<Facts>,
    /// What differs, as it is.
    pub after: Option<Facts>,
    /// The request that did it.
    pub request_id: Option<String>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryRow {
    /// Its place in the log.
    pub id: i64,
    /// When.
    pub at: Millis,
    /// Who, and their name; `None` for the command line.
    pub actor: Option<(MemberId, String)>,
    /// What was done.
    pub action: Action,
    /// To what kind of thing.
    pub subject_kind: SubjectKind,
    /// To which.
    pub subject_id: String,
    /// What it was called.
    pub subject_name: String,
    /// The unit that it concerns, and its name then.
    pub unit: Option<(UnitId, String)>,
    /// What differs, as it was.
    pub before: Option<Facts>,
    /// What differs, as it is since.
    pub after: Option<Facts>,
    /// The request that did it.
    pub request_id: Option<String>,
}

/// Which lines to list.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    /// Only what concerns one of these units or what stood below it then; `None` for everything.
    pub within: Option<Vec<UnitId>>,
    /// Only what concerns this unit or what stood below it then.
    pub unit: Option<UnitId>,
    /// Only what this member has done.
    pub actor: Option<MemberId>,
    /// Only this action, or those of this kind (the part before the dot).
    pub action: Option<String>,
    /// Only this kind of subject.
    pub subject_kind: Option<SubjectKind>,
    /// Only the subject with this id.
    pub subject_id: Option<String>,
    /// Only from this instant on.
    pub from: Option<Millis>,
    /// Only before this instant.
    pub until: Option<Millis>,
    /// Only lines that hold this in names or in what differs.
    pub text: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
struct Record {
    at: i64,
    actor_id: Option<i64>,
    action: &'static str,
    subject_kind: &'static str,
    subject_id: String,
    subject_name: String,
    unit_id: Option<i64>,
    unit_name: Option<String>,
    unit_path: Option<String>,
    left_path: Option<String>,
    before: Option<String>,
    after: Option<String>,
    request_id: Option<String>,
}

impl TryFrom<NewEntry> for Record {
    type Error = StoreError;

    fn try_from(new: NewEntry) -> Result<Self, StoreError> {
        let json = |facts: Option<Facts>| {
            let text = facts.map(|facts| serde_json::to_string(&facts)).transpose();
            text.map_err(|error| StoreError::corrupt("audit log", error))
        };
        let (unit_id, unit_name, unit_path) = match new.unit {
            Some(unit) => (Some(unit.id.0), Some(unit.name), Some(unit.path.0)),
            None => (None, None, None),
        };
        Ok(Self {
            at: new.at.0,
            actor_id: new.actor.map(|actor| actor.0),
            action: new.action.as_str(),
            subject_kind: new.subject_kind.as_str(),
            subject_id: new.subject_id,
            subject_name: new.subject_name,
            unit_id,
            unit_name,
            unit_path,
            left_path: new.left.map(|path| path.0),
            before: json(new.before)?,
            after: json(new.after)?,
            request_id: new.request_id,
        })
    }
}

/// Writes lines at the end of the log, in their order. They are asked for as they are written, so that the
/// lines of a big import are not in memory at the same time.
///
/// # Errors
/// When the database fails.
pub fn append(
    connection: &mut AnyConnection,
    entries: impl IntoIterator<Item = NewEntry>,
) -> Result<(), StoreError> {
    let mut entries = entries.into_iter();
    loop {
        let next = entries.by_ref().take(ROWS_A_STATEMENT).map(TryInto::try_into);
        let chunk: Vec<Record> = next.collect::<Result<_, _>>()?;
        if chunk.is_empty() {
            return Ok(());
        }
        on_backend!(connection, concrete => {
            diesel::insert_into(audit_log::table).values(&chunk).execute(concrete)?
        });
    }
}

type Columns = (
    (i64, i64, Option<i64>, Option<String>),
    (String, String, String, String),
    (Option<i64>, Option<String>),
    (Option<String>, Option<String>, Option<String>),
);

impl TryFrom<Columns> for EntryRow {
    type Error = StoreError;

    fn try_from(
        (
            (id, at, actor, actor_name),
            (action, kind, subject_id, subject_name),
            (unit, unit_name),
            (before, after, request_id),
        ): Columns,
    ) -> Result<Self, StoreError> {
        let what = || format!("audit log {id}");
        let facts = |json: Option<String>| {
            let facts = json.map(|json| serde_json::from_str::<Facts>(&json)).transpose();
            facts.map_err(|error| StoreError::corrupt(what(), error))
        };
        Ok(Self {
            id,
            at: Millis(at),
            actor: actor.map(|actor| (MemberId(actor), actor_name.unwrap_or_default())),
            action: Action::parse(&action).ok_or_else(|| StoreError::corrupt(what(), action))?,
            subject_kind: SubjectKind::parse(&kind).ok_or_else(|| StoreError::corrupt(what(), kind))?,
            subject_id,
            subject_name,
            unit: unit.map(|unit| (UnitId(unit), unit_name.unwrap_or_default())),
            before: facts(before)?,
            after: facts(after)?,
            request_id,
        })
    }
}

/// The pattern of the paths that have `unit` on them.
fn through(unit: UnitId) -> String {
    format!("%/{unit}/%")
}

/// The lines that `filter` lets through, the latest first, below the one named by `before`.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut AnyConnection,
    filter: &EntryFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    let asked = [&filter.action, &filter.subject_id, &filter.text];
    if asked.into_iter().flatten().any(|text| text.contains('\0')) {
        // Nothing stored holds it, and PostgreSQL refuses to be asked.
        return Ok(vec![]);
    }
    let mut query = audit_log::table
        .left_join(members::table)
        .order(audit_log::id.desc())
        .limit(limit)
        .select((
            (audit_log::id, audit_log::at, audit_log::actor_id, members::name.nullable()),
            (audit_log::action, audit_log::subject_kind, audit_log::subject_id, audit_log::subject_name),
            (audit_log::unit_id, audit_log::unit_name),
            (audit_log::before, audit_log::after, audit_log::request_id),
        ))
        .into_boxed();
    if let Some(units) = &filter.within {
        // Before all other conditions, which hold besides.
        for (index, &unit) in units.iter().enumerate() {
            let path = through(unit);
            let concerns = audit_log::unit_path.like(path.clone()).or(audit_log::left_path.like(path));
            query = if index == 0 { query.filter(concerns) } else { query.or_filter(concerns) };
        }
        if units.is_empty() {
            return Ok(vec![]);
        }
    }
    if let Some(before) = before {
        query = query.filter(audit_log::id.lt(before));
    }
    if let Some(unit) = filter.unit {
        let path = through(unit);
        query = query.filter(audit_log::unit_path.like(path.clone()).or(audit_log::left_path.like(path)));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(audit_log::actor_id.eq(actor.0));
    }
    if let Some(action) = &filter.action {
        query = if action.contains('.') {
            query.filter(audit_log::action.eq(action.clone()))
        } else {
            query.filter(audit_log::action.like(format!("{action}.%")))
        };
    }
    if let Some(kind) = filter.subject_kind {
        query = query.filter(audit_log::subject_kind.eq(kind.as_str()));
    }
    if let Some(id) = &filter.subject_id {
        query = query.filter(audit_log::subject_id.eq(id.clone()));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_log::at.ge(from.0));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_log::at.lt(until.0));
    }
    if let Some(text) = &filter.text {
        // As typed too: SQLite's `lower` leaves all letters but ASCII as they are.
        let (typed, lowered) = (holding(text), holding(&text.to_lowercase()));
        macro_rules! holds {
            ($column:expr, $lower:ident) => {
                $column
                    .like(typed.clone())
                    .escape('\\')
                    .or($lower($column).like(lowered.clone()).escape('\\'))
            };
        }
        query = query.filter(
            holds!(audit_log::subject_name, lower)
                .or(holds!(audit_log::subject_id, lower))
                .or(holds!(audit_log::unit_name, lower_maybe))
                .or(holds!(members::name.nullable(), lower_maybe))
                .or(holds!(audit_log::before, lower_maybe))
                .or(holds!(audit_log::after, lower_maybe)),
        );
    }
    let rows: Vec<Columns> = query.load(connection)?;
    rows.into_iter().map(TryInto::try_into).collect()
}
