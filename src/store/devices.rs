//! Devices: the sessions of a member as the member knows them.

use diesel::prelude::*;

use super::schema::{devices, sessions};
use super::{AnyConnection, StoreError};
use crate::domain::ids::{MemberId, SessionId};
use crate::domain::time::Millis;

/// Most sessions of a member that are listed.
const MOST_LISTED: i64 = 200;

/// A living session, as its member may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// What it is called by; tells nothing about the session's own id.
    pub id: i64,
    /// The session.
    pub session: SessionId,
    /// The name of the device.
    pub name: String,
    /// When the member logged in.
    pub created_at: Millis,
    /// When its refresh token was used last.
    pub used_at: Millis,
}

/// Notes where a session lives. `chain_key` for a session whose refresh token stands in a cookie.
///
/// # Errors
/// When the database fails.
pub fn create_device(
    connection: &mut AnyConnection,
    session: &SessionId,
    name: &str,
    chain_key: Option<&[u8]>,
) -> Result<(), StoreError> {
    diesel::insert_into(devices::table)
        .values((
            devices::session_id.eq(&session.0),
            devices::name.eq(name),
            devices::chain_key.eq(chain_key),
        ))
        .execute(connection)?;
    Ok(())
}

/// The chain key of a session, and when its refresh token was used last; `None` for a session whose
/// refresh token stands in no cookie.
///
/// # Errors
/// When the database fails.
pub fn find_chain(
    connection: &mut AnyConnection,
    session: &SessionId,
) -> Result<Option<(Vec<u8>, Millis)>, StoreError> {
    let row: Option<(Option<Vec<u8>>, i64)> = devices::table
        .inner_join(sessions::table)
        .filter(devices::session_id.eq(&session.0))
        .select((devices::chain_key, sessions::used_at))
        .first(connection)
        .optional()?;
    Ok(row.and_then(|(key, used_at)| key.map(|key| (key, Millis(used_at)))))
}

/// The living sessions of a member, those used last first.
///
/// # Errors
/// When the database fails.
pub fn list_devices(
    connection: &mut AnyConnection,
    member: MemberId,
    now: Millis,
) -> Result<Vec<DeviceRow>, StoreError> {
    let rows: Vec<(i64, String, String, i64, i64)> = devices::table
        .inner_join(sessions::table)
        .filter(sessions::member_id.eq(member.0))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.0))
        .order((sessions::used_at.desc(), devices::id.desc()))
        .limit(MOST_LISTED)
        .select((devices::id, devices::session_id, devices::name, sessions::created_at, sessions::used_at))
        .load(connection)?;
    let row = |(id, session, name, created_at, used_at)| DeviceRow {
        id,
        session: SessionId(session),
        name,
        created_at: Millis(created_at),
        used_at: Millis(used_at),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The living session of a member that is called `id`.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none, or it is another member's.
pub fn get_session(
    connection: &mut AnyConnection,
    member: MemberId,
    id: i64,
    now: Millis,
) -> Result<SessionId, StoreError> {
    let session: Option<String> = devices::table
        .inner_join(sessions::table)
        .filter(devices::id.eq(id))
        .filter(sessions::member_id.eq(member.0))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.0))
        .select(devices::session_id)
        .first(connection)
        .optional()?;
    session.map(SessionId).ok_or(StoreError::NotFound("session"))
}
