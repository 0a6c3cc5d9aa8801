//! Members, as reports name them.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::members::{TextFilter, holding, lower};
use super::schema::members;
use super::{AnyConnection, StoreError};
use crate::domain::ids::MemberId;

/// What a member is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// What they log in with.
    pub login: String,
    /// Their name.
    pub name: String,
}

/// What these members are called.
///
/// # Errors
/// When the database fails.
pub fn list_accounts(
    connection: &mut AnyConnection,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, AccountRow>, StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(i64, String, String)> = members::table
        .filter(members::id.eq_any(ids))
        .select((members::id, members::login, members::name))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, login, name)| (MemberId(id), AccountRow { login, name })).collect())
}

/// Everybody whose name or login holds a text.
///
/// # Errors
/// When the database fails.
pub fn find_matching(
    connection: &mut AnyConnection,
    text: &TextFilter,
) -> Result<HashSet<MemberId>, StoreError> {
    // As typed too: SQLite's `lower` leaves all letters but ASCII as they are.
    let (typed, lowered) = (holding(&text.name), holding(&text.name.to_lowercase()));
    let ids: Vec<i64> = members::table
        .filter(
            members::login_key
                .like(holding(&text.login_key))
                .escape('\\')
                .or(members::name.like(typed).escape('\\'))
                .or(lower(members::name).like(lowered).escape('\\')),
        )
        .select(members::id)
        .load(connection)?;
    Ok(ids.into_iter().map(MemberId).collect())
}
