//! One row of a roster of units.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use super::record::Record;
use super::{Outcome, Refusal};
use crate::domain::org::UnitKind;
use crate::domain::roles::Principal;
use crate::formats::table::{Column, Row, Table};
use crate::message;
use crate::services::ServiceError;
use crate::services::audit::{unit_added, unit_changes};
use crate::services::units::{MoveError, check_code, check_name, check_place, move_below};
use crate::store::AnyConnection;
use crate::store::units::{self, UnitRow};

pub(super) const UNIT_COLUMNS: [Column; 4] = [
    Column { name: "code", aliases: &["编码", "组织编码"], required: true },
    Column { name: "name", aliases: &["名称", "组织名称"], required: true },
    Column { name: "kind", aliases: &["类型", "级别", "组织类型"], required: true },
    Column { name: "parent_code", aliases: &["上级编码", "上级组织编码"], required: true },
];

/// Takes one row of a roster of units; the inner error says why it cannot be taken.
/// The rows of a roster of units in the order in which they can be taken.
pub(super) struct UnitOrder<'a> {
    /// Parents before their children, wherever they stand in the file.
    pub(super) ready: Vec<&'a Row>,
    /// Rows that have no place in that order.
    pub(super) refused: Vec<(&'a Row, Refusal)>,
}

/// Puts parents before their children; refuses a code that stands twice, a second root and circles.
pub(super) fn order_units(table: &Table) -> UnitOrder<'_> {
    let mut refused: Vec<(&Row, Refusal)> = Vec::new();
    let mut rows: HashMap<&str, &Row> = HashMap::new();
    let mut has_root = false;
    for row in table.rows() {
        match rows.entry(table.cell(row, "code")) {
            Entry::Occupied(_) => {
                let refusal = message!("编码在文件中重复", "the code stands twice in the file");
                refused.push((row, ("code", refusal)));
            }
            Entry::Vacant(_) if is_root(table, row) && std::mem::replace(&mut has_root, true) => {
                refused.push((row, ("parent_code", message!("最上级组织只有一个", "there is one root"))));
            }
            Entry::Vacant(place) => {
                place.insert(row);
            }
        }
    }
    let mut below: HashMap<&str, Vec<&Row>> = HashMap::new();
    let mut open = VecDeque::new();
    for row in table.rows().iter().filter(|row| rows.get(table.cell(row, "code")) == Some(row)) {
        let parent = table.cell(row, "parent_code");
        if !parent.is_empty() && rows.contains_key(parent) {
            below.entry(parent).or_default().push(row);
        } else {
            open.push_back(row);
        }
    }
    let mut ready = Vec::with_capacity(rows.len());
    while let Some(row) = open.pop_front() {
        open.extend(below.remove(table.cell(row, "code")).unwrap_or_default());
        ready.push(row);
    }
    for row in below.into_values().flatten() {
        let refusal = message!("上下级互为上级", "the units are each other's parents");
        refused.push((row, ("parent_code", refusal)));
    }
    UnitOrder { ready, refused }
}

/// Whether a row is about the root: it names no parent and the highest level.
fn is_root(table: &Table, row: &Row) -> bool {
    table.cell(row, "parent_code").is_empty()
        && UnitKind::parse(table.cell(row, "kind")) == Some(UnitKind::Zone)
}

pub(super) fn import_unit(
    connection: &mut AnyConnection,
    principal: &Principal,
    table: &Table,
    row: &Row,
    known: &mut HashMap<String, UnitRow>,
    record: &mut Record,
) -> Result<Result<Outcome, Refusal>, ServiceError> {
    let (code, name) = (table.cell(row, "code"), table.cell(row, "name"));
    if let Err(message) = check_code(code) {
        return Ok(Err(("code", message)));
    }
    if let Err(message) = check_name(name) {
        return Ok(Err(("name", message)));
    }
    let Some(kind) = UnitKind::parse(table.cell(row, "kind")) else {
        let message = message!(
            "类型应为 zone、committee、general_branch、branch、group 之一（或 党委、党总支、党支部、党小组）",
            "a kind is one of zone, committee, general_branch, branch, group"
        );
        return Ok(Err(("kind", message)));
    };
    let parent_code = table.cell(row, "parent_code");
    if parent_code.is_empty() {
        return import_root(connection, principal, (kind, code, name), known, record);
    }
    let Some(parent) = known.get(parent_code).cloned() else {
        let message =
            message!("没有编码为 {parent_code} 的组织", "there is no unit with the code {parent_code}");
        return Ok(Err(("parent_code", message)));
    };
    if !principal.is_admin_of(&parent.path) {
        return Ok(Err(("parent_code", message!("不在您的管理范围内", "this is outside your scope"))));
    }
    if let Err(message) = check_place(kind, &parent) {
        return Ok(Err(("kind", message)));
    }
    let Some(before) = known.get(code).cloned() else {
        let unit = units::create_unit(connection, Some(&parent), kind, code, name)?;
        record.add(&unit.path, [unit_added(&unit, Some(&parent))]);
        known.insert(code.to_owned(), unit);
        return Ok(Ok(Outcome::Added));
    };
    if !principal.is_admin_of(&before.path) {
        return Ok(Err(("code", message!("不在您的管理范围内", "this is outside your scope"))));
    }
    let moved = before.parent_id != Some(parent.id);
    if !moved && before.name == name && before.kind == kind {
        return Ok(Ok(Outcome::Unchanged));
    }
    if before.kind != kind
        && known.values().any(|unit| unit.parent_id == Some(before.id) && !unit.kind.may_stand_below(kind))
    {
        return Ok(Err((
            "kind",
            message!("下级组织的层级与此不符", "the units below it do not fit this kind"),
        )));
    }
    units::update_unit(connection, before.id, kind, code, name)?;
    let old_parent = known.values().find(|unit| Some(unit.id) == before.parent_id).cloned();
    if moved {
        match move_below(connection, &UnitRow { kind, ..before.clone() }, &parent) {
            Ok(()) => {}
            Err(MoveError::Misplaced(message)) => return Ok(Err(("parent_code", message))),
            Err(MoveError::Store(error)) => return Err(error.into()),
        }
        // A move changes the paths of everything below.
        *known = units::list_units(connection)?.into_iter().map(|unit| (unit.code.clone(), unit)).collect();
    } else if let Some(unit) = known.get_mut(code) {
        unit.kind = kind;
        name.clone_into(&mut unit.name);
    }
    if let Some(after) = known.get(code) {
        record.add(&before.path, []);
        record.add(&after.path, unit_changes((&before, old_parent.as_ref()), (after, Some(&parent))));
    }
    Ok(Ok(Outcome::Updated))
}

/// The row without a parent is the root, which exists from the first start: it takes the file's code and name.
fn import_root(
    connection: &mut AnyConnection,
    principal: &Principal,
    (kind, code, name): (UnitKind, &str, &str),
    known: &mut HashMap<String, UnitRow>,
    record: &mut Record,
) -> Result<Result<Outcome, Refusal>, ServiceError> {
    let Some(root) = known.values().find(|unit| unit.parent_id.is_none()).cloned() else {
        return Err(ServiceError::Internal("the root unit is missing".into()));
    };
    if kind != UnitKind::Zone {
        return Ok(Err(("parent_code", message!("缺上级编码", "the code of the parent is missing"))));
    }
    if !principal.is_admin_of(&root.path) {
        return Ok(Err(("code", message!("不在您的管理范围内", "this is outside your scope"))));
    }
    if known.get(code).is_some_and(|unit| unit.id != root.id) {
        return Ok(Err(("code", message!("该编码已属于另一个组织", "this code belongs to another unit"))));
    }
    if root.code == code && root.name == name {
        return Ok(Ok(Outcome::Unchanged));
    }
    units::update_unit(connection, root.id, kind, code, name)?;
    known.remove(&root.code);
    let after = UnitRow { code: code.to_owned(), name: name.to_owned(), ..root.clone() };
    record.add(&after.path, unit_changes((&root, None), (&after, None)));
    known.insert(code.to_owned(), after);
    Ok(Ok(Outcome::Updated))
}
