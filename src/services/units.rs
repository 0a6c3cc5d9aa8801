//! The organisation: a tree of units.

use std::collections::HashMap;
use std::sync::Arc;

use super::audit::{Stamp, unit_added, unit_changes, unit_removed};
use super::{Context, ServiceError};
use crate::domain::ids::UnitId;
use crate::domain::message::Message;
use crate::domain::org::{LONGEST_NAME, LONGEST_UNIT_CODE, UnitKind};
use crate::domain::roles::Principal;
use crate::message;
use crate::store::units;
pub use crate::store::units::UnitRow;
use crate::store::{AnyConnection, StoreError};

/// A unit and how many active members it has, those of the units below it included.
#[derive(Clone, Debug)]
pub struct UnitView {
    /// The unit.
    pub unit: UnitRow,
    /// Active members in it and below it.
    pub active_members: u32,
}

/// A unit to add.
#[derive(Clone, Debug)]
pub struct NewUnit {
    /// The unit above it.
    pub parent_id: UnitId,
    /// Its level.
    pub kind: UnitKind,
    /// Its stable name in files.
    pub code: String,
    /// Its name for people.
    pub name: String,
}

/// What to change of a unit; `None` keeps it.
#[derive(Clone, Debug, Default)]
pub struct UnitChange {
    /// Its name for people.
    pub name: Option<String>,
    /// Its stable name in files.
    pub code: Option<String>,
    /// The unit to move it below.
    pub parent_id: Option<UnitId>,
}

/// The organisation.
pub struct Units {
    context: Arc<Context>,
}

impl Units {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The units after the one in the `after`th place of the tree, ancestors before their descendants;
    /// everybody may see the whole tree.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, _principal: &Principal) -> Result<Vec<UnitView>, ServiceError> {
        self.context.database.read(|connection| Ok(list_views(connection)?)).await
    }

    /// Adds a unit.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::CodeTaken`];
    /// [`ServiceError::Invalid`] when it cannot stand there.
    pub async fn create(&self, principal: &Principal, new: NewUnit) -> Result<UnitView, ServiceError> {
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                units::hold_tree(connection)?;
                let parent = get_parent(connection, new.parent_id)?;
                if !principal.is_admin_of(&parent.path) {
                    return Err(ServiceError::Forbidden);
                }
                check_code(&new.code).map_err(|message| ServiceError::invalid("/code", message))?;
                check_name(&new.name).map_err(|message| ServiceError::invalid("/name", message))?;
                check_place(new.kind, &parent).map_err(|message| ServiceError::invalid("/kind", message))?;
                let unit = units::create_unit(
                    connection,
                    Some(&parent),
                    new.kind,
                    new.code.trim(),
                    new.name.trim(),
                )?;
                stamp.record(connection, [unit_added(&unit, Some(&parent))])?;
                Ok(UnitView { unit, active_members: 0 })
            })
            .await
    }

    /// Renames or moves a unit.
    ///
    /// # Errors
    /// As [`Units::create`]; a unit cannot be moved below itself, and the root cannot be moved.
    pub async fn update(
        &self,
        principal: &Principal,
        id: UnitId,
        change: UnitChange,
    ) -> Result<UnitView, ServiceError> {
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                units::hold_tree(connection)?;
                let unit = units::get_unit(connection, id)?;
                if !principal.is_admin_of(&unit.path) {
                    return Err(ServiceError::Forbidden);
                }
                let name = change.name.as_deref().unwrap_or(&unit.name);
                let code = change.code.as_deref().unwrap_or(&unit.code);
                check_name(name).map_err(|message| ServiceError::invalid("/name", message))?;
                check_code(code).map_err(|message| ServiceError::invalid("/code", message))?;
                units::update_unit(connection, id, unit.kind, code.trim(), name.trim())?;
                let before = unit.parent_id.map(|id| units::get_unit(connection, id)).transpose()?;
                let mut after = before.clone();
                if let Some(parent_id) = change.parent_id.filter(|&parent| Some(parent) != unit.parent_id) {
                    let parent = get_parent(connection, parent_id)?;
                    if !principal.is_admin_of(&parent.path) {
                        return Err(ServiceError::Forbidden);
                    }
                    move_below(connection, &unit, &parent).map_err(|error| error.or_invalid("/parent_id"))?;
                    after = Some(parent);
                }
                let changed = units::get_unit(connection, id)?;
                let changes = unit_changes((&unit, before.as_ref()), (&changed, after.as_ref()));
                stamp.record(connection, changes)?;
                find_view(connection, id)
            })
            .await
    }

    /// Removes a unit that nothing belongs to.
    ///
    /// # Errors
    /// [`ServiceError::UnitNotEmpty`] when something does; [`ServiceError::Forbidden`] outside the
    /// caller's scope and for the root.
    pub async fn delete(&self, principal: &Principal, id: UnitId) -> Result<(), ServiceError> {
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let unit = units::get_unit(connection, id)?;
                if !principal.is_admin_of(&unit.path) || unit.parent_id.is_none() {
                    return Err(ServiceError::Forbidden);
                }
                units::delete_unit(connection, id)?;
                Ok(stamp.record(connection, [unit_removed(&unit)])?)
            })
            .await
    }
}

fn get_parent(connection: &mut AnyConnection, id: UnitId) -> Result<UnitRow, ServiceError> {
    units::get_unit(connection, id).map_err(|error| match error {
        StoreError::NotFound(_) => {
            ServiceError::invalid("/parent_id", message!("没有这个上级组织", "there is no such unit"))
        }
        other => other.into(),
    })
}

/// Every unit with its members counted up the tree.
pub(super) fn list_views(connection: &mut AnyConnection) -> Result<Vec<UnitView>, StoreError> {
    let rows = units::list_units(connection)?;
    let own = units::count_active_members(connection)?;
    let totals = sum_up(&rows, &own);
    Ok(rows
        .into_iter()
        .map(|unit| UnitView { active_members: totals.get(&unit.id).copied().unwrap_or(0), unit })
        .collect())
}

fn find_view(connection: &mut AnyConnection, id: UnitId) -> Result<UnitView, ServiceError> {
    let views = list_views(connection)?;
    views.into_iter().find(|view| view.unit.id == id).ok_or(ServiceError::NotFound("unit"))
}

/// Adds what each unit has by itself to every unit above it.
fn sum_up(rows: &[UnitRow], own: &HashMap<UnitId, u32>) -> HashMap<UnitId, u32> {
    let mut totals: HashMap<UnitId, u32> = HashMap::new();
    for row in rows {
        let Some(&count) = own.get(&row.id) else { continue };
        for id in row.path.ids() {
            *totals.entry(id).or_insert(0) += count;
        }
    }
    totals
}

/// Why a unit cannot be moved.
pub(super) enum MoveError {
    /// It cannot stand there.
    Misplaced(Message),
    /// The database fails.
    Store(StoreError),
}

impl MoveError {
    fn or_invalid(self, pointer: &str) -> ServiceError {
        match self {
            Self::Misplaced(message) => ServiceError::invalid(pointer, message),
            Self::Store(error) => error.into(),
        }
    }
}

/// Moves `unit` below `parent`, if it may stand there.
pub(super) fn move_below(
    connection: &mut AnyConnection,
    unit: &UnitRow,
    parent: &UnitRow,
) -> Result<(), MoveError> {
    if unit.parent_id.is_none() {
        return Err(MoveError::Misplaced(message!("最上级组织不能移动", "the root cannot be moved")));
    }
    if parent.path.is_inside(&unit.path) {
        return Err(MoveError::Misplaced(message!(
            "不能移到自己或自己的下级之下",
            "a unit cannot be moved below itself"
        )));
    }
    check_place(unit.kind, parent).map_err(MoveError::Misplaced)?;
    units::move_unit(connection, unit, parent).map_err(MoveError::Store)?;
    Ok(())
}

/// Checks that a unit of `kind` may stand directly below `parent`.
pub(super) fn check_place(kind: UnitKind, parent: &UnitRow) -> Result<(), Message> {
    if kind.may_stand_below(parent.kind) {
        return Ok(());
    }
    let (kind, parent) = (kind.as_str(), parent.kind.as_str());
    Err(message!(
        "{kind} 不能设在 {parent} 之下：层级须逐级降低（zone、committee、general_branch、branch、group）",
        "a {kind} cannot stand below a {parent}: levels go down (zone, committee, general_branch, branch, group)"
    ))
}

/// Checks a code of a unit.
pub(super) fn check_code(code: &str) -> Result<(), Message> {
    let code = code.trim();
    let length = code.chars().count();
    if !(1..=LONGEST_UNIT_CODE).contains(&length) || code.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return Err(message!(
            "编码为 1 到 {LONGEST_UNIT_CODE} 个字，不含空白",
            "a code has 1 to {LONGEST_UNIT_CODE} characters and no white space"
        ));
    }
    Ok(())
}

/// Checks a name of a unit or a member.
pub(super) fn check_name(name: &str) -> Result<(), Message> {
    let name = name.trim();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(message!("名称为 1 到 {LONGEST_NAME} 个字", "a name has 1 to {LONGEST_NAME} characters"));
    }
    Ok(())
}
