//! One row of a roster of members.

use std::collections::{HashMap, HashSet};

use super::record::Record;
use super::{Outcome, Password, Refusal};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::password;
use crate::domain::roles::{Grant, MemberStatus, Principal, Role};
use crate::domain::time::Millis;
use crate::formats::table::{Column, Row, Table};
use crate::formats::{InitialPassword, RosterReport};
use crate::message;
use crate::services::ServiceError;
use crate::services::accounts::login_key;
use crate::services::audit::{MemberState, member_added, member_changes};
use crate::services::members::{as_roles, check_login};
use crate::services::units::check_name;
use crate::store::AnyConnection;
use crate::store::members::{self, MemberRow, NewMember};
use crate::store::sessions;
use crate::store::units::UnitRow;

pub(super) const MEMBER_COLUMNS: [Column; 5] = [
    Column { name: "login", aliases: &["账号", "登录名"], required: true },
    Column { name: "name", aliases: &["姓名"], required: true },
    Column { name: "unit_code", aliases: &["组织编码", "支部编码"], required: true },
    Column { name: "role", aliases: &["角色"], required: false },
    Column { name: "password", aliases: &["初始密码", "密码"], required: false },
];

/// The state of a members' import.
pub(super) struct MemberImport {
    pub(super) principal: Principal,
    pub(super) units: HashMap<String, UnitRow>,
    pub(super) known: HashMap<String, MemberRow>,
    pub(super) seen: HashSet<String>,
    pub(super) passwords: HashMap<String, Password>,
    pub(super) new_logins: Vec<(String, Option<String>)>,
    pub(super) now: Millis,
    pub(super) dry_run: bool,
    pub(super) record: Record,
}

impl MemberImport {
    /// Takes one row; the inner error says why it cannot be taken.
    pub(super) fn row(
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
            Some(known) => {
                // A dry run holds nothing: the import itself looks at it all again.
                let before = if self.dry_run { known } else { members::hold_member(connection, known.id)? };
                self.existing(connection, &before, name, &unit, role)
            }
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
        let roles: Vec<(Role, UnitId)> =
            role.filter(|&role| role != Role::Member).map(|role| (role, unit.id)).into_iter().collect();
        members::replace_grants(connection, id, &roles)?;
        let member = members::get_member(connection, id)?;
        let state = MemberState { member: &member, unit, roles: &roles };
        self.record.add(&unit.path, [member_added(state)]);
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
        &mut self,
        connection: &mut AnyConnection,
        before: &MemberRow,
        name: &str,
        unit: &UnitRow,
        role: Option<Role>,
    ) -> Result<Result<Outcome, Refusal>, ServiceError> {
        if before.is_anonymised {
            return Ok(Err(("login", message!("该成员已匿名化", "this member was anonymised"))));
        }
        let grants = grants_of(connection, before.id)?;
        let home = self.units.values().find(|unit| unit.id == before.unit_id).cloned();
        let Some(home) = home.filter(|home| self.principal.manages(&home.path, &grants)) else {
            return Ok(Err((
                "login",
                message!("该账号不在您的管理范围内", "this account is outside your scope"),
            )));
        };
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
        let old_roles = as_roles(&grants);
        let mut roles = old_roles.clone();
        roles.extend(new_role.map(|role| (role, unit.id)));
        // A dry run notes what would change, and shows it.
        if !self.dry_run {
            members::update_member(connection, &row, before, self.now)?;
            if new_role.is_some() {
                members::replace_grants(connection, before.id, &roles)?;
                sessions::end_sessions(connection, before.id, None, self.now)?;
            }
        }
        let old = MemberState { member: before, unit: &home, roles: &old_roles };
        let changes = member_changes(old, MemberState { member: &row, unit, roles: &roles });
        self.record.add(&home.path, []);
        self.record.add(&unit.path, changes);
        Ok(Ok(Outcome::Updated))
    }
}

fn grants_of(connection: &mut AnyConnection, id: MemberId) -> Result<Vec<Grant>, ServiceError> {
    Ok(members::list_grants(connection, &[id])?.remove(&id).unwrap_or_default())
}
