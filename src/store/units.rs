//! Units and who belongs to them.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::schema::{members, memberships, units};
use super::{AnyConnection, Conflict, StoreError};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::org::{UnitKind, UnitPath};
use crate::domain::roles::MemberStatus;
use crate::domain::time::Millis;

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRow {
    /// Its id.
    pub id: UnitId,
    /// The unit above it; `None` for the root.
    pub parent_id: Option<UnitId>,
    /// Its level.
    pub kind: UnitKind,
    /// Its stable name in files.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Where it stands.
    pub path: UnitPath,
}

type Columns = (i64, Option<i64>, String, String, String, String);

impl TryFrom<Columns> for UnitRow {
    type Error = StoreError;

    fn try_from((id, parent_id, kind, code, name, path): Columns) -> Result<Self, StoreError> {
        let kind = UnitKind::parse(&kind).ok_or_else(|| StoreError::corrupt(format!("unit {id}"), kind))?;
        let parent_id = parent_id.map(UnitId);
        Ok(Self { id: UnitId(id), parent_id, kind, code, name, path: UnitPath(path) })
    }
}

/// Keeps every other change of the tree waiting until the transaction ends: paths hold the ids of the
/// units above, so a unit made below one that is being moved would get a path that is not true any more.
///
/// # Errors
/// When the database fails.
pub fn hold_tree(connection: &mut AnyConnection) -> Result<(), StoreError> {
    match connection {
        // Its one writer holds everything.
        AnyConnection::Sqlite(_) => {}
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => {
            diesel::sql_query("SELECT pg_advisory_xact_lock(7160001001)").execute(concrete)?;
        }
    }
    Ok(())
}

/// The unit with this id.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn get_unit(connection: &mut AnyConnection, id: UnitId) -> Result<UnitRow, StoreError> {
    let row: Option<Columns> = units::table.find(id.0).first(connection).optional()?;
    row.ok_or(StoreError::NotFound("unit"))?.try_into()
}

/// The root; `None` in an empty database.
///
/// # Errors
/// When the database fails.
pub fn find_root(connection: &mut AnyConnection) -> Result<Option<UnitRow>, StoreError> {
    let row: Option<Columns> =
        units::table.filter(units::parent_id.is_null()).first(connection).optional()?;
    row.map(TryInto::try_into).transpose()
}

/// Every unit, ancestors before their descendants.
///
/// # Errors
/// When the database fails.
pub fn list_units(connection: &mut AnyConnection) -> Result<Vec<UnitRow>, StoreError> {
    let rows: Vec<Columns> = units::table.load(connection)?;
    let mut rows: Vec<UnitRow> = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    rows.sort_by_cached_key(|row| row.path.ids());
    Ok(rows)
}

/// Adds a unit below `parent`; without a parent it becomes the root.
///
/// # Errors
/// [`StoreError::Conflict`] when the code is taken.
pub fn create_unit(
    connection: &mut AnyConnection,
    parent: Option<&UnitRow>,
    kind: UnitKind,
    code: &str,
    name: &str,
) -> Result<UnitRow, StoreError> {
    // The path holds the id, which is known only afterwards; until then the code stands for it.
    let id: i64 = diesel::insert_into(units::table)
        .values((
            units::parent_id.eq(parent.map(|parent| parent.id.0)),
            units::kind.eq(kind.as_str()),
            units::code.eq(code),
            units::name.eq(name),
            units::path.eq(format!("new {code}")),
        ))
        .returning(units::id)
        .get_result(connection)
        .map_err(|error| StoreError::unique(error, Conflict::UnitCode))?;
    let id = UnitId(id);
    let path = parent.map_or_else(|| UnitPath::root(id), |parent| parent.path.child(id));
    diesel::update(units::table.find(id.0)).set(units::path.eq(&path.0)).execute(connection)?;
    Ok(UnitRow {
        id,
        parent_id: parent.map(|parent| parent.id),
        kind,
        code: code.to_owned(),
        name: name.to_owned(),
        path,
    })
}

/// Gives a unit another kind, code or name.
///
/// # Errors
/// [`StoreError::Conflict`] when the code is taken.
pub fn update_unit(
    connection: &mut AnyConnection,
    id: UnitId,
    kind: UnitKind,
    code: &str,
    name: &str,
) -> Result<(), StoreError> {
    diesel::update(units::table.find(id.0))
        .set((units::kind.eq(kind.as_str()), units::code.eq(code), units::name.eq(name)))
        .execute(connection)
        .map_err(|error| StoreError::unique(error, Conflict::UnitCode))?;
    Ok(())
}

/// Moves `unit` with everything below it to `parent`, and returns its new path.
///
/// # Errors
/// When the database fails.
pub fn move_unit(
    connection: &mut AnyConnection,
    unit: &UnitRow,
    parent: &UnitRow,
) -> Result<UnitPath, StoreError> {
    let path = parent.path.child(unit.id);
    let inside: Vec<(i64, String)> = units::table
        .filter(units::path.like(format!("{}%", unit.path.0)))
        .select((units::id, units::path))
        .load(connection)?;
    for (id, old) in inside {
        let rest = old.strip_prefix(&unit.path.0).unwrap_or_default();
        diesel::update(units::table.find(id))
            .set(units::path.eq(format!("{}{rest}", path.0)))
            .execute(connection)?;
    }
    diesel::update(units::table.find(unit.id.0)).set(units::parent_id.eq(parent.id.0)).execute(connection)?;
    Ok(path)
}

/// Removes a unit that nothing refers to.
///
/// # Errors
/// [`StoreError::Conflict`] when something does: units, members, quizzes or results.
pub fn delete_unit(connection: &mut AnyConnection, id: UnitId) -> Result<(), StoreError> {
    diesel::delete(units::table.find(id.0))
        .execute(connection)
        .map_err(|error| StoreError::foreign_key(error, Conflict::UnitNotEmpty))?;
    Ok(())
}

/// How many active members each unit has by itself; units without any are left out.
///
/// # Errors
/// When the database fails.
pub fn count_active_members(connection: &mut AnyConnection) -> Result<HashMap<UnitId, u32>, StoreError> {
    let rows: Vec<(i64, i64)> = members::table
        .filter(members::status.eq(MemberStatus::Active.as_str()))
        .group_by(members::unit_id)
        .select((members::unit_id, count_star()))
        .load(connection)?;
    Ok(counts(rows))
}

/// The unit of every member who is active now.
///
/// # Errors
/// When the database fails.
pub fn list_homes(connection: &mut AnyConnection) -> Result<HashMap<MemberId, UnitId>, StoreError> {
    let rows: Vec<(i64, i64)> = members::table
        .filter(members::status.eq(MemberStatus::Active.as_str()))
        .select((members::id, members::unit_id))
        .load(connection)?;
    Ok(rows.into_iter().map(|(member, unit)| (MemberId(member), UnitId(unit))).collect())
}

/// The unit of everybody who was an active member at an instant.
///
/// # Errors
/// When the database fails.
pub fn list_homes_at(
    connection: &mut AnyConnection,
    at: Millis,
) -> Result<HashMap<MemberId, UnitId>, StoreError> {
    let rows: Vec<(i64, i64)> = memberships::table
        .filter(memberships::from_at.le(at.0))
        .filter(memberships::until_at.is_null().or(memberships::until_at.gt(at.0)))
        .select((memberships::member_id, memberships::unit_id))
        .load(connection)?;
    Ok(rows.into_iter().map(|(member, unit)| (MemberId(member), UnitId(unit))).collect())
}

fn counts(rows: Vec<(i64, i64)>) -> HashMap<UnitId, u32> {
    rows.into_iter().map(|(id, count)| (UnitId(id), u32::try_from(count).unwrap_or(u32::MAX))).collect()
}
