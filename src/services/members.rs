//! The people: their accounts, units, roles.

use std::sync::Arc;

use super::accounts::login_key;
use super::audit::{MemberState, Stamp, member_added, member_changes, password_reset};
use super::units::check_name;
use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::message::Message;
use crate::domain::org::UnitPath;
use crate::domain::password;
use crate::domain::roles::{Grant, MemberStatus, Principal, Role};
use crate::message;
use crate::store::members::{self, MemberFilter, MemberRow, NewMember, TextFilter};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError, sessions};

/// Longest login, in characters.
pub const LONGEST_LOGIN: usize = 64;
/// Most roles of one account.
pub const MOST_GRANTS: usize = 50;

/// A member with their roles.
#[derive(Clone, Debug)]
pub struct MemberView {
    /// The account.
    pub member: MemberRow,
    /// Its roles, beyond that of a member of its unit.
    pub grants: Vec<Grant>,
    /// A password to hand out, when one was just made.
    pub initial_password: Option<String>,
}

/// A member to add.
#[derive(Clone, Debug)]
pub struct MemberDraft {
    /// What they log in with.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Their unit.
    pub unit_id: UnitId,
    /// Roles beyond that of a member of their unit.
    pub roles: Vec<(Role, UnitId)>,
    /// Their password; an initial one is made when it is left out.
    pub password: Option<String>,
}

/// What to change of a member; `None` keeps it.
#[derive(Clone, Debug, Default)]
pub struct MemberChange {
    /// Their name.
    pub name: Option<String>,
    /// The unit to transfer them to.
    pub unit_id: Option<UnitId>,
    /// Whether they still belong.
    pub status: Option<MemberStatus>,
    /// Their roles, all of them.
    pub roles: Option<Vec<(Role, UnitId)>>,
    /// Whether to give them a new initial password.
    pub reset_password: bool,
}

/// The people.
pub struct Members {
    pub(super) context: Arc<Context>,
}

impl Members {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Members in the caller's scope, by id: those of `unit` and below (every unit that the caller leads
    /// when it is `None`), whose name or login holds `text`.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead.
    pub async fn list(
        &self,
        principal: &Principal,
        unit: Option<UnitId>,
        text: Option<String>,
        after: Option<MemberId>,
        limit: i64,
    ) -> Result<Vec<MemberView>, ServiceError> {
        let principal = principal.clone();
        let text = text.map(|name| TextFilter { login_key: login_key(&name), name });
        self.context
            .database
            .read(move |connection| {
                let within = match unit {
                    Some(id) => {
                        let unit = units::get_unit(connection, id)?;
                        if !principal.is_leader_of(&unit.path) {
                            return Err(ServiceError::Forbidden);
                        }
                        vec![unit.path]
                    }
                    None => principal
                        .grants
                        .iter()
                        .filter(|grant| grant.role != Role::Member)
                        .map(|grant| grant.path.clone())
                        .collect(),
                };
                let rows = members::list_members(connection, &MemberFilter { within, text, after, limit })?;
                let ids: Vec<MemberId> = rows.iter().map(|row| row.id).collect();
                let mut grants = members::list_grants(connection, &ids)?;
                Ok(rows
                    .into_iter()
                    .map(|member| MemberView {
                        grants: grants.remove(&member.id).unwrap_or_default(),
                        member,
                        initial_password: None,
                    })
                    .collect())
            })
            .await
    }

    /// Adds a member.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::LoginTaken`];
    /// [`ServiceError::Invalid`].
    pub async fn create(
        &self,
        principal: &Principal,
        draft: MemberDraft,
    ) -> Result<MemberView, ServiceError> {
        check_login(&draft.login).map_err(|message| ServiceError::invalid("/login", message))?;
        check_name(&draft.name).map_err(|message| ServiceError::invalid("/name", message))?;
        let initial_password = match &draft.password {
            Some(given) => {
                password::check(given, &draft.login)
                    .map_err(|message| ServiceError::invalid("/password", message))?;
                None
            }
            None => Some(self.context.new_password()?),
        };
        let plain = draft.password.clone().or_else(|| initial_password.clone()).unwrap_or_default();
        // Before the costly hash, so that a stranger to the unit cannot make the server work.
        self.check_scope(principal, draft.unit_id).await?;
        let password_hash = self.context.passwords.hash(plain).await?;
        let new = NewMember {
            login: draft.login.trim().to_owned(),
            login_key: login_key(&draft.login),
            name: draft.name.trim().to_owned(),
            unit_id: draft.unit_id,
            password_hash,
            must_change_password: initial_password.is_some(),
        };
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let unit = get_unit(connection, new.unit_id)?;
                if !principal.is_admin_of(&unit.path) {
                    return Err(ServiceError::Forbidden);
                }
                let grants = check_grants(connection, &principal, &draft.roles, &unit)?;
                let id = members::create_member(connection, &new, stamp.at)?;
                members::replace_grants(connection, id, &grants)?;
                let view = find_view(connection, id, initial_password)?;
                let state = MemberState { member: &view.member, unit: &unit, roles: &grants };
                stamp.record(connection, [member_added(state)])?;
                Ok(view)
            })
            .await
    }

    /// Renames, transfers, retires or brings back a member, changes roles, or resets the password.
    /// Leaving, a change of roles and a reset end every session of the member.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope, and for an account whose roles reach
    /// beyond it; [`ServiceError::MemberAnonymised`]; [`ServiceError::Invalid`].
    pub async fn update(
        &self,
        principal: &Principal,
        id: MemberId,
        change: MemberChange,
    ) -> Result<MemberView, ServiceError> {
        if let Some(name) = &change.name {
            check_name(name).map_err(|message| ServiceError::invalid("/name", message))?;
        }
        if id == principal.member_id && change.status == Some(MemberStatus::Left) {
            return Err(ServiceError::invalid(
                "/status",
                message!("不能注销自己", "you cannot retire yourself"),
            ));
        }
        if id == principal.member_id && change.roles.is_some() {
            return Err(ServiceError::invalid(
                "/roles",
                message!(
                    "不能更改自己的角色，请由另一位管理员更改",
                    "your own roles are for another admin to change"
                ),
            ));
        }
        let (initial_password, hash) = if change.reset_password {
            let (principal, unit) = (principal.clone(), self.unit_of(id).await?);
            self.check_scope(&principal, unit).await?;
            let plain = self.context.new_password()?;
            (Some(plain.clone()), Some(self.context.passwords.hash(plain).await?))
        } else {
            (None, None)
        };
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let before = members::hold_member(connection, id)?;
                if before.is_anonymised {
                    return Err(ServiceError::MemberAnonymised);
                }
                let old_unit = units::get_unit(connection, before.unit_id)?;
                let old_grants = members::list_grants(connection, &[id])?.remove(&id).unwrap_or_default();
                if !principal.manages(&old_unit.path, &old_grants) {
                    return Err(ServiceError::Forbidden);
                }
                let unit = match change.unit_id {
                    Some(unit_id) => get_unit(connection, unit_id)?,
                    None => old_unit.clone(),
                };
                if !principal.is_admin_of(&unit.path) {
                    return Err(ServiceError::Forbidden);
                }
                let mut row = before.clone();
                row.unit_id = unit.id;
                row.name = change.name.map_or(row.name, |name| name.trim().to_owned());
                row.status = change.status.unwrap_or(row.status);
                members::update_member(connection, &row, &before, stamp.at)?;
                if let Some(roles) = &change.roles {
                    let grants = check_grants(connection, &principal, roles, &unit)?;
                    members::replace_grants(connection, id, &grants)?;
                }
                if let Some(hash) = hash {
                    members::update_password(connection, id, &hash, true)?;
                }
                if change.roles.is_some() || change.reset_password || row.status == MemberStatus::Left {
                    sessions::end_sessions(connection, id, None, stamp.at)?;
                }
                let view = find_view(connection, id, initial_password)?;
                let (old_roles, roles) = (as_roles(&old_grants), as_roles(&view.grants));
                let before = MemberState { member: &before, unit: &old_unit, roles: &old_roles };
                let after = MemberState { member: &view.member, unit: &unit, roles: &roles };
                let mut changes = member_changes(before, after);
                if change.reset_password {
                    changes.push(password_reset(id, &view.member.name, &unit));
                }
                stamp.record(connection, changes)?;
                Ok(view)
            })
            .await
    }

    async fn unit_of(&self, id: MemberId) -> Result<UnitId, ServiceError> {
        self.context.database.read(move |connection| Ok(members::get_member(connection, id)?.unit_id)).await
    }

    async fn check_scope(&self, principal: &Principal, unit: UnitId) -> Result<(), ServiceError> {
        let principal = principal.clone();
        self.context
            .database
            .read(move |connection| {
                let unit = get_unit(connection, unit)?;
                if principal.is_admin_of(&unit.path) { Ok(()) } else { Err(ServiceError::Forbidden) }
            })
            .await
    }
}

/// Roles without where their units stand.
pub(super) fn as_roles(grants: &[Grant]) -> Vec<(Role, UnitId)> {
    grants.iter().map(|grant| (grant.role, grant.unit_id)).collect()
}

fn get_unit(connection: &mut AnyConnection, id: UnitId) -> Result<UnitRow, ServiceError> {
    units::get_unit(connection, id).map_err(|error| match error {
        StoreError::NotFound(_) => {
            ServiceError::invalid("/unit_id", message!("没有这个组织", "there is no such unit"))
        }
        other => other.into(),
    })
}

pub(super) fn find_view(
    connection: &mut AnyConnection,
    id: MemberId,
    initial_password: Option<String>,
) -> Result<MemberView, ServiceError> {
    let member = members::get_member(connection, id)?;
    let grants = members::list_grants(connection, &[id])?.remove(&id).unwrap_or_default();
    Ok(MemberView { member, grants, initial_password })
}

/// The roles to write for somebody of `home`: `member` of one's own unit goes without saying.
fn check_grants(
    connection: &mut AnyConnection,
    principal: &Principal,
    roles: &[(Role, UnitId)],
    home: &UnitRow,
) -> Result<Vec<(Role, UnitId)>, ServiceError> {
    let invalid = |index: usize, message| Err(ServiceError::invalid(format!("/roles/{index}"), message));
    if roles.len() > MOST_GRANTS {
        return invalid(MOST_GRANTS, message!("最多 {MOST_GRANTS} 个角色", "at most {MOST_GRANTS} roles"));
    }
    let mut grants: Vec<(Role, UnitId)> = Vec::new();
    for (index, &(role, unit_id)) in roles.iter().enumerate() {
        if role == Role::Member {
            if unit_id == home.id {
                continue;
            }
            return invalid(
                index,
                message!("成员角色只能属于本人所在组织", "the role member holds for one's own unit only"),
            );
        }
        let path: UnitPath = match units::get_unit(connection, unit_id) {
            Ok(unit) => unit.path,
            Err(StoreError::NotFound(_)) => {
                return invalid(index, message!("没有这个组织", "there is no such unit"));
            }
            Err(other) => return Err(other.into()),
        };
        if !principal.is_admin_of(&path) {
            return Err(ServiceError::Forbidden);
        }
        if !grants.contains(&(role, unit_id)) {
            grants.push((role, unit_id));
        }
    }
    Ok(grants)
}

/// Checks a login.
pub(super) fn check_login(login: &str) -> Result<(), Message> {
    let key = login_key(login);
    let length = key.chars().count();
    if !(1..=LONGEST_LOGIN).contains(&length) || key.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(message!(
            "账号为 1 到 {LONGEST_LOGIN} 个字，不含空白",
            "a login has 1 to {LONGEST_LOGIN} characters and no white space"
        ));
    }
    Ok(())
}
