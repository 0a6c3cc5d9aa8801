//! Units and people from files: everything or nothing, with a report that names each bad row.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};

use super::accounts::login_key;
use super::members::check_login;
use super::units::{MoveError, check_code, check_name, check_place, move_below};
use super::{Context, ServiceError};
use crate::domain::ids::MemberId;
use crate::domain::message::Message;
use crate::domain::org::UnitKind;
use crate::domain::password;
use crate::domain::roles::{Grant, MemberStatus, Principal, Role};
use crate::formats::table::{Column, Row, Table};
use crate::formats::{InitialPassword, Place, RosterReport};
use crate::message;
use crate::store::members::{self, MemberRow, NewMember};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError};

const UNIT_COLUMNS: [Column; 4] = [
    Column { name: "code", aliases: &["编码", "组织编码"], required: true },
    Column { name: "name", aliases: &["名称", "组织名称"], required: true },
    Column { name: "kind", aliases: &["类型", "级别", "组织类型"], required: true },
    Column { name: "parent_code", aliases: &["上级编码", "上级组织编码"], required: true },
];

const MEMBER_COLUMNS: [Column; 5] = [
    Column { name: "login", aliases: &["账号", "登录名"], required: true },
    Column { name: "name", aliases: &["姓名"], required: true },
    Column { name: "unit_code", aliases: &["组织编码", "支部编码"], required: true },
    Column { name: "role", aliases: &["角色"], required: false },
    Column { name: "password", aliases: &["初始密码", "密码"], required: false },
];

/// Units and people from files.
pub struct Rosters {
    context: Arc<Context>,
}

/// What became of one row.
enum Outcome {
    Added,
    Updated,
    Unchanged,
}

/// A row that cannot be taken: the column to look at, and why.
type Refusal = (&'static str, Message);

impl Rosters {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Adds, renames and moves units as `file` says; units that it does not name stay. Parents may
    /// stand anywhere in the file. A dry run changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::RosterRejected`] when a row cannot be taken: then nothing was changed.
    pub async fn import_units(
        &self,
        principal: &Principal,
        file: &[u8],
        dry_run: bool,
    ) -> Result<RosterReport, ServiceError> {
        let table = Table::read(file, &UNIT_COLUMNS).map_err(ServiceError::UnreadableFile)?;
        let principal = principal.clone();
        self.run(dry_run, move |connection, report| {
            let mut known: HashMap<String, UnitRow> =
                units::list_units(connection)?.into_iter().map(|unit| (unit.code.clone(), unit)).collect();
            let mut refused: Vec<(&Row, Refusal)> = Vec::new();
            let mut rows: HashMap<&str, &Row> = HashMap::new();
            let mut has_root = false;
            for row in table.rows() {
                if let Entry::Vacant(place) = rows.entry(table.cell(row, "code")) {
                    if is_root(&table, row) && std::mem::replace(&mut has_root, true) {
                        refused.push((
                            row,
                            ("parent_code", message!("最上级组织只有一个", "there is one root")),
                        ));
                    } else {
                        place.insert(row);
                    }
                } else {
                    let refusal = message!("编码在文件中重复", "the code stands twice in the file");
                    refused.push((row, ("code", refusal)));
                }
            }
            // A row is taken after its parent's, which may come later in the file.
            let mut below: HashMap<&str, Vec<&Row>> = HashMap::new();
            let mut ready = VecDeque::new();
            for &row in rows.values() {
                let parent = table.cell(row, "parent_code");
                if !parent.is_empty() && rows.contains_key(parent) {
                    below.entry(parent).or_default().push(row);
                } else {
                    ready.push_back(row);
                }
            }
            ready.make_contiguous().sort_by_key(|row| row.number);
            while let Some(row) = ready.pop_front() {
                match import_unit(connection, &principal, &table, row, &mut known)? {
                    Ok(outcome) => report.count(&outcome),
                    Err(refusal) => refused.push((row, refusal)),
                }
                ready.extend(below.remove(table.cell(row, "code")).unwrap_or_default());
            }
            for row in below.into_values().flatten() {
                let refusal = message!("上下级互为上级", "the units are each other's parents");
                refused.push((row, ("parent_code", refusal)));
            }
            refused.sort_by_key(|(row, _)| row.number);
            for (row, refusal) in refused {
                report.reject(&table, row, refusal);
            }
            report.found = table.rows().len();
            report.warn_of_unknown(&table);
            Ok(())
        })
        .await
    }

    /// Adds, renames and transfers members as `file` says; members that it does not name stay. A new
    /// member without a given password gets an initial one, told in the report. A dry run changes nothing
    /// and makes no passwords.
    ///
    /// # Errors
    /// [`ServiceError::RosterRejected`] when a row cannot be taken: then nothing was changed.
    pub async fn import_members(
        &self,
        principal: &Principal,
        file: &[u8],
        dry_run: bool,
    ) -> Result<RosterReport, ServiceError> {
        let table = Arc::new(Table::read(file, &MEMBER_COLUMNS).map_err(ServiceError::UnreadableFile)?);
        // A dry run first: hashing thousands of passwords for a file that is refused would be a waste.
        let plan = self.import_members_with(principal, &table, HashMap::new(), true).await?;
        if dry_run {
            return Ok(plan.report);
        }
        // A few at a time: a big roster must not fill the queue that logins wait in.
        let hashing = plan.new_logins.into_iter().map(|(key, given)| async move {
            let initial = given.is_none();
            let plain = match given {
                Some(given) => given,
                None => self.context.new_password()?,
            };
            let hash = self.context.passwords.hash(plain.clone()).await?;
            Ok::<_, ServiceError>((key, Password { plain, hash, initial }))
        });
        let passwords = futures_util::stream::iter(hashing)
            .buffer_unordered(self.context.settings.hashing_threads)
            .try_collect()
            .await?;
        Ok(self.import_members_with(principal, &table, passwords, false).await?.report)
    }

    async fn import_members_with(
        &self,
        principal: &Principal,
        table: &Arc<Table>,
        passwords: HashMap<String, Password>,
        dry_run: bool,
    ) -> Result<MemberPlan, ServiceError> {
        let (principal, table, now) = (principal.clone(), Arc::clone(table), self.context.clock.now());
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let report = self
            .run(dry_run, move |connection, report| {
                let mut import = MemberImport {
                    principal,
                    units: units::list_units(connection)?
                        .into_iter()
                        .map(|unit| (unit.code.clone(), unit))
                        .collect(),
                    known: members::list_members_by_login(connection)?,
                    seen: HashSet::new(),
                    passwords,
                    new_logins: Vec::new(),
                    now,
                    dry_run,
                };
                for row in table.rows() {
                    match import.row(connection, &table, row, report)? {
                        Ok(outcome) => report.count(&outcome),
                        Err(refusal) => report.reject(&table, row, refusal),
                    }
                }
                report.found = table.rows().len();
                report.warn_of_unknown(&table);
                drop(sender.send(import.new_logins));
                Ok(())
            })
            .await?;
        Ok(MemberPlan { report, new_logins: receiver.await.unwrap_or_default() })
    }

    /// Runs an import in one transaction, which is undone for a dry run and when a row was rejected.
    async fn run(
        &self,
        dry_run: bool,
        work: impl FnOnce(&mut AnyConnection, &mut RosterReport) -> Result<(), ServiceError> + Send + 'static,
    ) -> Result<RosterReport, ServiceError> {
        let done = self
            .context
            .database
            .write(move |connection| -> Result<RosterReport, Undone> {
                let mut report = RosterReport::default();
                work(connection, &mut report)?;
                if !report.rejected.is_empty() {
                    report.initial_passwords.clear();
                    return Err(Undone::Refused(ServiceError::RosterRejected(Box::new(report))));
                }
                if dry_run { Err(Undone::DryRun(Box::new(report))) } else { Ok(report) }
            })
            .await;
        match done {
            Ok(report) => Ok(report),
            Err(Undone::DryRun(report)) => Ok(*report),
            Err(Undone::Refused(error)) => Err(error),
        }
    }
}

/// Why an import was undone.
enum Undone {
    DryRun(Box<RosterReport>),
    Refused(ServiceError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<ServiceError> for Undone {
    fn from(error: ServiceError) -> Self {
        Self::Refused(error)
    }
}

struct Password {
    plain: String,
    hash: String,
    initial: bool,
}

struct MemberPlan {
    report: RosterReport,
    /// Compared logins of new members, and the password that the file gives them.
    new_logins: Vec<(String, Option<String>)>,
}

impl RosterReport {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Added => self.added += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }

    fn reject(&mut self, table: &Table, row: &Row, (column, message): Refusal) {
        self.rejected.push(Place { at: table.place(row, column), message });
    }

    fn warn_of_unknown(&mut self, table: &Table) {
        for heading in &table.unknown {
            let (text, at) = (&heading.text, heading.at.clone());
            let message = message!("未使用的列：{text}", "the column {text} is not used");
            self.warnings.push(Place { at, message });
        }
    }
}

/// Whether a row is about the root: it names no parent and the highest level.
fn is_root(table: &Table, row: &Row) -> bool {
    table.cell(row, "parent_code").is_empty()
        && UnitKind::parse(table.cell(row, "kind")) == Some(UnitKind::Zone)
}

fn import_unit(
    connection: &mut AnyConnection,
    principal: &Principal,
    table: &Table,
    row: &Row,
    known: &mut HashMap<String, UnitRow>,
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
        return import_root(connection, principal, kind, code, name, known);
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
    if moved {
        match move_below(connection, &UnitRow { kind, ..before }, &parent) {
            Ok(()) => {}
            Err(MoveError::Misplaced(message)) => return Ok(Err(("parent_code", message))),
            Err(MoveError::Store(error)) => return Err(error.into()),
        }
    }
    // A move changes the paths of everything below.
    *known = units::list_units(connection)?.into_iter().map(|unit| (unit.code.clone(), unit)).collect();
    Ok(Ok(Outcome::Updated))
}

/// The row without a parent is the root, which exists from the first start: it takes the file's code and name.
fn import_root(
    connection: &mut AnyConnection,
    principal: &Principal,
    kind: UnitKind,
    code: &str,
    name: &str,
    known: &mut HashMap<String, UnitRow>,
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
    known.insert(code.to_owned(), UnitRow { code: code.to_owned(), name: name.to_owned(), ..root });
    Ok(Ok(Outcome::Updated))
}

/// The state of a members' import.
struct MemberImport {
    principal: Principal,
    units: HashMap<String, UnitRow>,
    known: HashMap<String, MemberRow>,
    seen: HashSet<String>,
    passwords: HashMap<String, Password>,
    new_logins: Vec<(String, Option<String>)>,
    now: crate::domain::time::Millis,
    dry_run: bool,
}

impl MemberImport {
    fn row(
        &mut self,
        connection: &mut AnyConnection,
        table: &Table,
        row: &Row,
        report: &mut RosterReport,
    ) -> Result<Result<Outcome, Refusal>, ServiceError> {
        let cell = |column| table.cell(row, column);
        let (login, name, unit_code) = (cell("login"), cell("name"), cell("unit_code"));
        if let Err(message) = check_login(login) {
            return Ok(Err(("login", message)));
        }
        if let Err(message) = check_name(name) {
            return Ok(Err(("name", message)));
        }
        let key = login_key(login);
        if !self.seen.insert(key.clone()) {
            return Ok(Err(("login", message!("账号在文件中重复", "the login stands twice in the file"))));
        }
        let Some(unit) = self.units.get(unit_code).cloned() else {
            let message =
                message!("没有编码为 {unit_code} 的组织", "there is no unit with the code {unit_code}");
            return Ok(Err(("unit_code", message)));
        };
        if !self.principal.is_admin_of(&unit.path) {
            return Ok(Err(("unit_code", message!("不在您的管理范围内", "this is outside your scope"))));
        }
        let role = match cell("role") {
            "" => None,
            word => match Role::parse(word) {
                Some(role) => Some(role),
                None => {
                    let message = message!(
                        "角色应为 member、leader、admin 之一（或 成员、负责人、管理员）",
                        "a role is one of member, leader, admin"
                    );
                    return Ok(Err(("role", message)));
                }
            },
        };
        let given = Some(cell("password")).filter(|password| !password.is_empty());
        if let Some(Err(message)) = given.map(|given| password::check(given, login)) {
            return Ok(Err(("password", message)));
        }
        match self.known.get(&key).cloned() {
            Some(before) => self.existing(connection, &before, name, &unit, role),
            None => self.create(connection, (login, &key, name), &unit, (role, given), report),
        }
    }

    fn create(
        &mut self,
        connection: &mut AnyConnection,
        (login, key, name): (&str, &str, &str),
        unit: &UnitRow,
        (role, given): (Option<Role>, Option<&str>),
        report: &mut RosterReport,
    ) -> Result<Result<Outcome, Refusal>, ServiceError> {
        self.new_logins.push((key.to_owned(), given.map(ToOwned::to_owned)));
        if self.dry_run {
            return Ok(Ok(Outcome::Added));
        }
        let password = self
            .passwords
            .remove(key)
            .ok_or_else(|| ServiceError::Busy("the members were changed during the import".into()))?;
        let new = NewMember {
            login: login.to_owned(),
            login_key: key.to_owned(),
            name: name.to_owned(),
            unit_id: unit.id,
            password_hash: password.hash,
            must_change_password: password.initial,
        };
        let id = members::create_member(connection, &new, self.now)?;
        if let Some(role) = role.filter(|&role| role != Role::Member) {
            members::replace_grants(connection, id, &[(role, unit.id)])?;
        }
        if password.initial {
            report.initial_passwords.push(InitialPassword {
                login: login.to_owned(),
                name: name.to_owned(),
                password: password.plain,
            });
        }
        Ok(Ok(Outcome::Added))
    }

    /// A member who is known: renamed, transferred, brought back, given a role that the file adds. A
    /// password in the file is for new members; it does not overwrite one that somebody has chosen.
    fn existing(
        &self,
        connection: &mut AnyConnection,
        before: &MemberRow,
        name: &str,
        unit: &UnitRow,
        role: Option<Role>,
    ) -> Result<Result<Outcome, Refusal>, ServiceError> {
        let grants = grants_of(connection, before.id)?;
        let home = self.units.values().find(|unit| unit.id == before.unit_id);
        if !home.is_some_and(|home| self.principal.manages(&home.path, &grants)) {
            return Ok(Err((
                "login",
                message!("该账号不在您的管理范围内", "this account is outside your scope"),
            )));
        }
        let row = MemberRow {
            name: name.to_owned(),
            unit_id: unit.id,
            status: MemberStatus::Active,
            ..before.clone()
        };
        let new_role = role
            .filter(|&role| role != Role::Member)
            .filter(|&role| !grants.iter().any(|grant| grant.role == role && grant.unit_id == unit.id));
        if new_role.is_some() && before.id == self.principal.member_id {
            let message = message!(
                "不能更改自己的角色，请由另一位管理员更改",
                "your own roles are for another admin to change"
            );
            return Ok(Err(("role", message)));
        }
        if &row == before && new_role.is_none() {
            return Ok(Ok(Outcome::Unchanged));
        }
        members::update_member(connection, &row, before, self.now)?;
        if let Some(role) = new_role {
            let mut all: Vec<_> = grants.iter().map(|grant| (grant.role, grant.unit_id)).collect();
            all.push((role, unit.id));
            members::replace_grants(connection, before.id, &all)?;
        }
        Ok(Ok(Outcome::Updated))
    }
}

fn grants_of(connection: &mut AnyConnection, id: MemberId) -> Result<Vec<Grant>, ServiceError> {
    Ok(members::list_grants(connection, &[id])?.remove(&id).unwrap_or_default())
}
