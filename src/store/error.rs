//! What can go wrong in the database, as a service needs to tell it apart.

use diesel::result::{DatabaseErrorKind, Error};

/// What a write would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Another unit has this code.
    UnitCode,
    /// Something belongs to the unit.
    UnitNotEmpty,
    /// Another member has this login.
    Login,
    /// Another bank has this code.
    BankCode,
    /// Another question of the bank has this code.
    QuestionCode,
    /// Somebody has begun the quiz.
    QuizInUse,
    /// The attempt is voided already.
    Voided,
    /// The member has begun this attempt elsewhere at the same time.
    Attempt,
}

/// A failed look-up or write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What was asked for is not there.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A rule of the schema stands against it; the store function says which.
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// The database cannot take more work now; try again later.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// What stands in the database cannot be read as what it should be.
    #[error("unreadable {what}: {reason}")]
    Corrupt {
        /// Which table and row.
        what: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// Anything else; a fault of the program or of the machine.
    #[error("database: {0}")]
    Db(Error),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection,
                _,
            ) => Self::Busy(error.to_string()),
            Error::DatabaseError(_, information) if is_passing(information.message()) => {
                Self::Busy(error.to_string())
            }
            Error::BrokenTransactionManager => Self::Busy(error.to_string()),
            _ => Self::Db(error),
        }
    }
}

/// Faults that pass by themselves or with an operator's help, and that diesel has no kind for: SQLite's
/// lock and disk messages (sqlite3_errstr), PostgreSQL's connection and deadlock messages.
fn is_passing(message: &str) -> bool {
    [
        "database is locked",
        "database table is locked",
        "database or disk is full",
        "disk I/O error",
        "deadlock detected",
        "server closed the connection",
        "terminating connection",
        "connection to server",
        "no connection to the server",
        "the database system is",
        "could not connect",
        "SSL connection has been closed",
    ]
    .iter()
    .any(|part| message.contains(part))
}

impl StoreError {
    /// Reads a unique violation as a conflict about `what`.
    pub(super) fn unique(error: Error, what: Conflict) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Conflict(what),
            other => other.into(),
        }
    }

    /// Reads a foreign key violation as a conflict about `what`.
    pub(super) fn foreign_key(error: Error, what: Conflict) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Self::Conflict(what),
            other => other.into(),
        }
    }

    /// A stored value that cannot be read.
    pub(super) fn corrupt(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { what: what.into(), reason: format!("{reason}") }
    }
}
