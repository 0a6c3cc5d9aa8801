//! The transactions of the writers.

use diesel::connection::AnsiTransactionManager;
#[cfg(feature = "postgres")]
use diesel::connection::TransactionManager as _;
use diesel::{Connection as _, QueryResult};

use super::AnyConnection;

/// Begins a transaction that is going to write.
pub(super) fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        // IMMEDIATE waits for another process's lock; a deferred transaction would fail at its first write.
        AnyConnection::Sqlite(concrete) => {
            AnsiTransactionManager::begin_transaction_sql(concrete, "BEGIN IMMEDIATE")
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => AnsiTransactionManager::begin_transaction(concrete),
    }
}

/// Why a savepoint was rolled back.
enum Undone {
    /// The job asked for it.
    ByJob,
    /// The savepoint itself failed.
    ByDatabase(diesel::result::Error),
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Self {
        Self::ByDatabase(error)
    }
}

/// Runs `work` in a savepoint, which is undone when it says so by returning false.
///
/// # Errors
/// When the savepoint itself fails.
pub(super) fn run_in_savepoint(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> bool,
) -> QueryResult<()> {
    let done =
        connection.transaction(|connection| if work(connection) { Ok(()) } else { Err(Undone::ByJob) });
    match done {
        Ok(()) | Err(Undone::ByJob) => Ok(()),
        Err(Undone::ByDatabase(error)) => Err(error),
    }
}
