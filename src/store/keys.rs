//! Signing keys of access tokens, and other secrets that all instances share.

use diesel::prelude::*;

use super::connection::on_backend;
use super::schema::{secrets, signing_keys};
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

/// Takes keys away, by their ids.
///
/// # Errors
/// When the database fails.
pub fn delete_keys(connection: &mut AnyConnection, ids: &[String]) -> Result<(), StoreError> {
    for id in ids {
        diesel::delete(signing_keys::table.find(id)).execute(connection)?;
    }
    Ok(())
}

/// The secret of this name, if there is one.
///
/// # Errors
/// When the database fails.
pub fn find_secret(connection: &mut AnyConnection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(secrets::table.find(name).select(secrets::secret).first(connection).optional()?)
}

/// Adds a secret, unless there is one of this name.
///
/// # Errors
/// When the database fails.
pub fn add_secret(
    connection: &mut AnyConnection,
    name: &str,
    secret: &[u8],
    now: Millis,
) -> Result<(), StoreError> {
    on_backend!(connection, concrete => {
        diesel::insert_into(secrets::table)
            .values((secrets::name.eq(name), secrets::secret.eq(secret), secrets::created_at.eq(now.0)))
            .on_conflict_do_nothing()
            .execute(concrete)?;
    });
    Ok(())
}

/// Puts a secret in the place of the one of this name, if there is one.
///
/// # Errors
/// When the database fails.
pub fn replace_secret(
    connection: &mut AnyConnection,
    name: &str,
    secret: &[u8],
    now: Millis,
) -> Result<(), StoreError> {
    diesel::delete(secrets::table.find(name)).execute(connection)?;
    diesel::insert_into(secrets::table)
        .values((secrets::name.eq(name), secrets::secret.eq(secret), secrets::created_at.eq(now.0)))
        .execute(connection)?;
    Ok(())
}
