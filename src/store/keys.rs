//! Signing keys of access tokens, shared by all instances.

use diesel::prelude::*;

use super::schema::signing_keys;
use super::{AnyConnection, StoreError};
use crate::domain::time::Millis;

/// A signing key.
#[derive(Clone)]
pub struct KeyRow {
    /// The key id that tokens name.
    pub id: String,
    /// The Ed25519 secret key, 32 bytes.
    pub secret: Vec<u8>,
    /// When it was made; the newest one signs.
    pub created_at: Millis,
}

/// Every key, the newest first.
///
/// # Errors
/// When the database fails.
pub fn list_keys(connection: &mut AnyConnection) -> Result<Vec<KeyRow>, StoreError> {
    let rows: Vec<(String, Vec<u8>, i64)> =
        signing_keys::table.order((signing_keys::created_at.desc(), signing_keys::id)).load(connection)?;
    Ok(rows.into_iter().map(|(id, secret, at)| KeyRow { id, secret, created_at: Millis(at) }).collect())
}

/// Adds a key.
///
/// # Errors
/// When the database fails.
pub fn create_key(connection: &mut AnyConnection, key: &KeyRow) -> Result<(), StoreError> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::id.eq(&key.id),
            signing_keys::secret.eq(&key.secret),
            signing_keys::created_at.eq(key.created_at.0),
        ))
        .execute(connection)?;
    Ok(())
}
