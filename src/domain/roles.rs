//! Who may do what, and where.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{MemberId, UnitId};
use super::org::UnitPath;

/// What somebody is in a unit and everything below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes part. Everybody is a member of their own unit.
    Member,
    /// Reads the members and the quizzes of the unit and of those below it.
    Leader,
    /// Reads what a leader reads, and manages units, members, quizzes and (at the root) question banks.
    Admin,
}

impl Role {
    /// The word for this role in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Leader => "leader",
            Self::Admin => "admin",
        }
    }

    /// The role that `word` names, in English or in Chinese, if any.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "member" | "成员" | "党员" => Some(Self::Member),
            "leader" | "领导" | "负责人" | "书记" => Some(Self::Leader),
            "admin" | "管理员" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// What a member is called whose name was taken away.
pub const ANONYMOUS: &str = "已注销成员";

/// Whether a member still belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MemberStatus {
    /// Takes part and counts among the active members.
    Active,
    /// Has left: cannot log in, keeps past results.
    Left,
}

impl MemberStatus {
    /// The word for this status in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Left => "left",
        }
    }
}

/// A role that was given to somebody for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What they are there.
    pub role: Role,
    /// Where.
    pub unit_id: UnitId,
    /// Where that unit stands.
    pub path: UnitPath,
}

/// Somebody who is logged in, with everything that decides what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who it is.
    pub member_id: MemberId,
    /// Their own unit.
    pub unit_id: UnitId,
    /// Where their own unit stands.
    pub unit_path: UnitPath,
    /// Roles beyond that of a member of their own unit.
    pub grants: Vec<Grant>,
    /// Whether an initial password has to be changed before anything else.
    pub must_change_password: bool,
}

impl Principal {
    /// Whether this is an admin of the unit at `path`.
    pub fn is_admin_of(&self, path: &UnitPath) -> bool {
        self.grants.iter().any(|grant| grant.role == Role::Admin && path.is_inside(&grant.path))
    }

    /// Whether this is a leader or an admin of the unit at `path`.
    pub fn is_leader_of(&self, path: &UnitPath) -> bool {
        self.grants.iter().any(|grant| grant.role != Role::Member && path.is_inside(&grant.path))
    }

    /// Whether this is an admin of the whole organisation: of the unit that has none above it.
    pub fn is_root_admin(&self) -> bool {
        self.grants.iter().any(|grant| grant.role == Role::Admin && grant.path.ids().len() == 1)
    }

    /// Whether this is an admin anywhere.
    pub fn is_any_admin(&self) -> bool {
        self.grants.iter().any(|grant| grant.role == Role::Admin)
    }

    /// Whether this is a leader or an admin anywhere.
    pub fn is_any_leader(&self) -> bool {
        self.grants.iter().any(|grant| grant.role != Role::Member)
    }

    /// Whether this person may manage an account that stands at `path` and holds `grants`: only an
    /// admin of all of it, or a branch admin could take over the account of the zone's.
    pub fn manages(&self, path: &UnitPath, grants: &[Grant]) -> bool {
        self.is_admin_of(path) && grants.iter().all(|grant| self.is_admin_of(&grant.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(role: Role, path: &str) -> Principal {
        Principal {
            member_id: MemberId(1),
            unit_id: UnitId(9),
            unit_path: UnitPath("/1/4/9/".into()),
            grants: vec![Grant { role, unit_id: UnitId(4), path: UnitPath(path.into()) }],
            must_change_password: false,
        }
    }

    #[test]
    fn a_role_holds_for_its_unit_and_everything_below() {
        let (admin, leader) = (principal(Role::Admin, "/1/4/"), principal(Role::Leader, "/1/4/"));
        for (path, inside) in [("/1/4/", true), ("/1/4/9/", true), ("/1/", false), ("/1/40/", false)] {
            let path = UnitPath(path.into());
            assert_eq!(admin.is_admin_of(&path), inside);
            assert_eq!(admin.is_leader_of(&path), inside);
            assert_eq!(leader.is_leader_of(&path), inside);
            assert!(!leader.is_admin_of(&path));
        }
        assert!(!admin.is_root_admin());
        assert!(principal(Role::Admin, "/1/").is_root_admin());
    }

    #[test]
    fn nobody_manages_an_account_that_reaches_beyond_them() {
        let admin = principal(Role::Admin, "/1/4/");
        let inside = UnitPath("/1/4/9/".into());
        let zone = Grant { role: Role::Leader, unit_id: UnitId(1), path: UnitPath("/1/".into()) };
        assert!(admin.manages(&inside, &[]));
        assert!(!admin.manages(&inside, &[zone]));
    }
}
