//! What a new system has so far.

use diesel::dsl::{count, count_star, min};
use diesel::prelude::*;

use super::schema::{members, question_versions, quizzes, role_grants, units};
use super::{AnyConnection, StoreError};
use crate::domain::ids::UnitId;
use crate::domain::roles::{MemberStatus, Role};

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Units below the root.
    pub units: i64,
    /// Active members who are not admins of the root.
    pub members: i64,
    /// Questions of the current revisions of all banks.
    pub questions: i64,
    /// Quizzes that were added since the first start.
    pub quizzes: i64,
}

/// How much there is besides what the first start makes; the built-in bank counts.
///
/// # Errors
/// When the database fails.
pub fn take_inventory(connection: &mut AnyConnection, root: UnitId) -> Result<Inventory, StoreError> {
    let units = units::table.filter(units::parent_id.is_not_null()).count().get_result(connection)?;
    let active = || members::table.filter(members::status.eq(MemberStatus::Active.as_str()));
    let all: i64 = active().count().get_result(connection)?;
    let admins: i64 = active()
        .inner_join(role_grants::table)
        .filter(role_grants::unit_id.eq(root.0))
        .filter(role_grants::role.eq(Role::Admin.as_str()))
        .select(count(members::id))
        .first(connection)?;
    let questions: i64 = question_versions::table
        .filter(question_versions::until_revision.is_null())
        .select(count_star())
        .first(connection)?;
    // The first start makes the first member and the ready quizzes at the same instant.
    let first: Option<i64> = members::table.select(min(members::created_at)).first(connection)?;
    let own = quizzes::table.filter(quizzes::created_at.gt(first.unwrap_or(0)));
    let quizzes = own.count().get_result(connection)?;
    Ok(Inventory { units, members: all - admins, questions, quizzes })
}
