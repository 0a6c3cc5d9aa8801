//! Reading several things as they were at one instant.

use diesel::connection::{AnsiTransactionManager, TransactionManager};

use super::connection::on_backend;
use super::{AnyConnection, StoreError};

/// Runs `work` in a transaction that sees the database as it was at one instant.
///
/// # Errors
/// What `work` fails with.
pub fn in_snapshot<T, E: From<StoreError>>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    let begun = match connection {
        // A reader in the write-ahead log stays where it began.
        AnyConnection::Sqlite(concrete) => AnsiTransactionManager::begin_transaction(concrete),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => AnsiTransactionManager::begin_transaction_sql(
            concrete,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        ),
    };
    begun.map_err(StoreError::from)?;
    let outcome = work(connection);
    // Nothing was written; ending it either way is the same.
    let ended = on_backend!(connection, concrete => AnsiTransactionManager::rollback_transaction(concrete));
    let value = outcome?;
    ended.map_err(StoreError::from)?;
    Ok(value)
}
