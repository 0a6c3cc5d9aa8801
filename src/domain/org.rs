//! The organisation: a tree of units.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::UnitId;

/// Longest code of a unit, in characters.
pub const LONGEST_UNIT_CODE: usize = 64;
/// Longest name of a unit or a member, in characters.
pub const LONGEST_NAME: usize = 100;

/// The level of a unit. A unit stands below one of a higher level, never beside or below its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// The zone committee: the root.
    Zone,
    /// A party committee.
    Committee,
    /// A general branch.
    GeneralBranch,
    /// A branch.
    Branch,
    /// A group of a branch.
    Group,
}

impl UnitKind {
    /// Every kind, from the root down.
    pub const ALL: [Self; 5] = [Self::Zone, Self::Committee, Self::GeneralBranch, Self::Branch, Self::Group];

    /// The word for this kind in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Committee => "committee",
            Self::GeneralBranch => "general_branch",
            Self::Branch => "branch",
            Self::Group => "group",
        }
    }

    /// The kind that `word` names, in English or in Chinese, if any.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "园区" | "园区党工委" | "党工委" => Some(Self::Zone),
            "党委" => Some(Self::Committee),
            "党总支" | "总支" => Some(Self::GeneralBranch),
            "党支部" | "支部" => Some(Self::Branch),
            "党小组" | "小组" => Some(Self::Group),
            _ => Self::ALL.into_iter().find(|kind| kind.as_str() == word),
        }
    }

    /// Whether a unit of this kind may stand directly below one of kind `parent`.
    pub fn may_stand_below(self, parent: Self) -> bool {
        self > parent
    }
}

/// Where a unit stands: the ids from the root to the unit itself, as `/1/4/9/`. A unit is inside
/// another exactly when its path begins with the other's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnitPath(pub String);

impl UnitPath {
    /// The path of the root.
    pub fn root(id: UnitId) -> Self {
        Self(format!("/{id}/"))
    }

    /// The path of the child `id`.
    #[must_use]
    pub fn child(&self, id: UnitId) -> Self {
        Self(format!("{}{id}/", self.0))
    }

    /// Whether this unit is `other` or stands below it.
    pub fn is_inside(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The ids from the root to the unit itself.
    pub fn ids(&self) -> Vec<UnitId> {
        self.0.split('/').filter_map(|id| id.parse().ok().map(UnitId)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_inside_itself_and_its_ancestors_only() {
        let root = UnitPath::root(UnitId(1));
        let child = root.child(UnitId(4));
        let other = root.child(UnitId(40));
        assert!(child.is_inside(&child) && child.is_inside(&root));
        assert!(!root.is_inside(&child) && !other.is_inside(&child) && !child.is_inside(&other));
        assert_eq!(child.child(UnitId(9)).ids(), [UnitId(1), UnitId(4), UnitId(9)]);
    }

    #[test]
    fn only_a_lower_kind_stands_below() {
        assert!(UnitKind::Branch.may_stand_below(UnitKind::Committee));
        assert!(!UnitKind::Branch.may_stand_below(UnitKind::Branch));
        assert!(!UnitKind::Zone.may_stand_below(UnitKind::Group));
    }
}
