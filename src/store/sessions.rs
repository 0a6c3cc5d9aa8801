//! Sessions: one login on one device, a chain of refresh tokens of which only the last is alive.

use diesel::prelude::*;

use super::schema::{members, sessions, units};
use super::{AnyConnection, StoreError, members as member_store};
use crate::domain::ids::{MemberId, SessionId, UnitId};
use crate::domain::org::UnitPath;
use crate::domain::roles::{MemberStatus, Principal};
use crate::domain::time::Millis;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub member_id: MemberId,
    /// SHA-256 of the secret of the refresh token that is alive.
    pub token_hash: Vec<u8>,
    /// Until when it can be refreshed.
    pub expires_at: Millis,
    /// When it was ended, if it was.
    pub ended_at: Option<Millis>,
}

type Columns = (String, i64, Vec<u8>, i64, Option<i64>);

/// Begins a session.
///
/// # Errors
/// When the database fails.
pub fn create_session(
    connection: &mut AnyConnection,
    row: &SessionRow,
    now: Millis,
) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(&row.id.0),
            sessions::member_id.eq(row.member_id.0),
            sessions::token_hash.eq(&row.token_hash),
            sessions::created_at.eq(now.0),
            sessions::used_at.eq(now.0),
            sessions::expires_at.eq(row.expires_at.0),
        ))
        .execute(connection)?;
    Ok(())
}

/// The session with this id.
///
/// # Errors
/// When the database fails.
pub fn find_session(
    connection: &mut AnyConnection,
    id: &SessionId,
) -> Result<Option<SessionRow>, StoreError> {
    let row: Option<Columns> = sessions::table
        .find(&id.0)
        .select((
            sessions::id,
            sessions::member_id,
            sessions::token_hash,
            sessions::expires_at,
            sessions::ended_at,
        ))
        .first(connection)
        .optional()?;
    Ok(row.map(|(id, member_id, token_hash, expires_at, ended_at)| SessionRow {
        id: SessionId(id),
        member_id: MemberId(member_id),
        token_hash,
        expires_at: Millis(expires_at),
        ended_at: ended_at.map(Millis),
    }))
}

/// Replaces the refresh token that is alive; false when `old_hash` was not the living one any more.
///
/// # Errors
/// When the database fails.
pub fn rotate_token(
    connection: &mut AnyConnection,
    id: &SessionId,
    old_hash: &[u8],
    new_hash: &[u8],
    now: Millis,
    expires_at: Millis,
) -> Result<bool, StoreError> {
    let living = sessions::table
        .find(&id.0)
        .filter(sessions::token_hash.eq(old_hash))
        .filter(sessions::ended_at.is_null());
    let changed = diesel::update(living)
        .set((
            sessions::token_hash.eq(new_hash),
            sessions::used_at.eq(now.0),
            sessions::expires_at.eq(expires_at.0),
        ))
        .execute(connection)?;
    Ok(changed == 1)
}

/// Ends one session.
///
/// # Errors
/// When the database fails.
pub fn end_session(connection: &mut AnyConnection, id: &SessionId, now: Millis) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(&id.0).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(now.0))
        .execute(connection)?;
    Ok(())
}

/// Ends every session of a member but `kept`.
///
/// # Errors
/// When the database fails.
pub fn end_sessions(
    connection: &mut AnyConnection,
    member: MemberId,
    kept: Option<&SessionId>,
    now: Millis,
) -> Result<(), StoreError> {
    let others = sessions::table
        .filter(sessions::member_id.eq(member.0))
        .filter(sessions::id.ne(kept.map_or("", |id| id.0.as_str())))
        .filter(sessions::ended_at.is_null());
    diesel::update(others).set(sessions::ended_at.eq(now.0)).execute(connection)?;
    Ok(())
}

/// Who a living session belongs to, with everything that decides what they may do; `None` when the
/// session has ended or the member has left.
///
/// # Errors
/// When the database fails.
pub fn find_principal(
    connection: &mut AnyConnection,
    id: &SessionId,
) -> Result<Option<Principal>, StoreError> {
    let row: Option<(i64, i64, String, bool)> = sessions::table
        .inner_join(members::table.inner_join(units::table))
        .filter(sessions::id.eq(&id.0))
        .filter(sessions::ended_at.is_null())
        .filter(members::status.eq(MemberStatus::Active.as_str()))
        .select((members::id, members::unit_id, units::path, members::must_change_password))
        .first(connection)
        .optional()?;
    let Some((member_id, unit_id, path, must_change_password)) = row else { return Ok(None) };
    let member_id = MemberId(member_id);
    let grants = member_store::list_grants(connection, &[member_id])?.remove(&member_id).unwrap_or_default();
    let (unit_id, unit_path) = (UnitId(unit_id), UnitPath(path));
    Ok(Some(Principal { member_id, unit_id, unit_path, grants, must_change_password }))
}
