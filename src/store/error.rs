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
    #[error("database: {}", shown(.0))]
    Db(Error),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection,
                _,
            ) => Self::Busy(shown(&error)),
            Error::DatabaseError(_, information) if is_passing(information.message()) => {
                Self::Busy(shown(&error))
            }
            Error::BrokenTransactionManager => Self::Busy(shown(&error)),
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

    /// A stored value that cannot be read. The value itself is not told: where it stands is enough to find it.
    pub(super) fn corrupt(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { what: what.into(), reason: without_values(&format!("{reason}")) }
    }
}

/// A failure for the log: what failed and where, and nothing of what was written. Databases repeat values in their messages:
/// names, logins, answers.
pub(super) fn shown(error: &Error) -> String {
    match error {
        Error::DatabaseError(kind, information) => {
            let place = [information.table_name(), information.constraint_name(), information.column_name()];
            let place: Vec<&str> = place.into_iter().flatten().collect();
            let message = without_values(information.message());
            if place.is_empty() {
                format!("{kind:?}: {message}")
            } else {
                format!("{kind:?} at {}: {message}", place.join(", "))
            }
        }
        other => without_values(&other.to_string()),
    }
}

/// A message without what stands in it between quotation marks or in brackets: the places of values.
fn without_values(message: &str) -> String {
    const PAIRS: [(char, char); 6] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('(', ')'), ('“', '”'), ('«', '»')];
    let mut shown = String::with_capacity(message.len());
    let mut ends: Option<char> = None;
    for character in message.chars() {
        match ends {
            Some(end) if character == end => {
                shown.push('…');
                shown.push(character);
                ends = None;
            }
            Some(_) => {}
            None => {
                shown.push(character);
                ends = PAIRS.iter().find(|(begin, _)| *begin == character).map(|&(_, end)| end);
            }
        }
    }
    // What is left open hides the rest.
    if ends.is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_repeats_a_value() {
        for (message, left) in [
            ("Key (login_key)=(zhangsan) already exists.", "Key (…)=(…) already exists."),
            (
                "invalid input syntax for type bigint: \"zhangsan\"",
                "invalid input syntax for type bigint: \"…\"",
            ),
            (
                "unknown variant `张三`, expected one of `a`, `b`",
                "unknown variant `…`, expected one of `…`, `…`",
            ),
            ("relation 'x", "relation '…"),
            ("database disk image is malformed", "database disk image is malformed"),
        ] {
            assert_eq!(without_values(message), left);
        }
        let corrupt =
            StoreError::corrupt("answers of attempt 7", "invalid type: string \"甲\", expected a map");
        assert!(!corrupt.to_string().contains('甲'), "{corrupt}");
        let named = Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation,
            Box::new(
                "duplicate key value violates unique constraint \"members_login_key_key\": \"zhangsan\""
                    .to_owned(),
            ),
        );
        assert!(!StoreError::from(named).to_string().contains("zhangsan"));
    }
}
