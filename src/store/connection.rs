//! Connections: where the two databases are told apart.

use std::path::{Path, PathBuf};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection;
use diesel::r2d2::R2D2Connection;
use diesel::{Connection as _, ConnectionError, SqliteConnection, sql_query};

/// How long a connection waits for another process's lock, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// What the write-ahead log is cut back to after a checkpoint, in bytes.
const JOURNAL_SIZE_LIMIT_BYTES: u32 = 64 << 20;
/// Pages of the write-ahead log after which a commit also copies them into the database. The default of
/// 1000 does so every few commits under load, and each time the same pages.
const WAL_AUTOCHECKPOINT_PAGES: u32 = 10_000;
/// Longest that one statement may take on PostgreSQL, in milliseconds.
#[cfg(feature = "postgres")]
const STATEMENT_TIMEOUT_MS: u32 = 60_000;

/// Which database a connection speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded database.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, `sqlite://PATH`.
    Sqlite(PathBuf),
    /// A server, `postgres://…`.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `sqlite://PATH` or `postgres://…`. The scheme decides: a mistyped one must never open an
    /// empty file.
    ///
    /// # Errors
    /// What is wrong with `url`, in words for the operator; never the URL itself, which may hold a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() || path.contains('?') {
                return Err("a SQLite database is written sqlite://PATH".into());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            if cfg!(feature = "postgres") {
                return Ok(Self::Postgres(url.to_owned()));
            }
            return Err(
                "this program was built without PostgreSQL; build it with `--features postgres`".into()
            );
        }
        Err("a database is written sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME".into())
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// Where the data is, for the operator: without a password.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(url) => {
                let (_, rest) = url.split_once("://").unwrap_or_default();
                // A password may stand before the host and among the parameters.
                let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
                match place.rsplit_once('@') {
                    Some((_, host)) => format!("postgres://…@{host}"),
                    None if parameters.contains('@') => "postgres://…".into(),
                    None => format!("postgres://{place}"),
                }
            }
        }
    }
}

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

/// Runs the same tokens on the concrete connection: for what the enum's dialect lacks (multi-row insert,
/// migrations). Where the databases need different code (row locks), a `match` stands in the function.
macro_rules! on_backend {
    ($connection:expr, $concrete:ident => $body:expr) => {
        match $connection {
            $crate::store::AnyConnection::Sqlite($concrete) => $body,
            #[cfg(feature = "postgres")]
            $crate::store::AnyConnection::Postgres($concrete) => $body,
        }
    };
}
pub(super) use on_backend;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// Opens a connection and sets it up.
pub(super) fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<AnyConnection, ConnectionError> {
    match url {
        DatabaseUrl::Sqlite(path) => open_sqlite(path, purpose),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => {
            let mut connection = diesel::PgConnection::establish(url)?;
            // Plans are kept. One that was made when a table was small would read all of it, until the server has
            // counted its rows anew; at a contest's beginning that is a minute of thousands of rows a lookup.
            connection
                .batch_execute(&format!(
                    "SET statement_timeout = {STATEMENT_TIMEOUT_MS}; SET TIME ZONE 'UTC'; SET enable_seqscan = off"
                ))
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(AnyConnection::Postgres(connection))
        }
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => {
            Err(ConnectionError::InvalidConnectionUrl("built without PostgreSQL".into()))
        }
    }
}

fn open_sqlite(path: &Path, purpose: Purpose) -> Result<AnyConnection, ConnectionError> {
    let Some(path) = path.to_str() else {
        return Err(ConnectionError::InvalidConnectionUrl("the path is not UTF-8".into()));
    };
    let mut connection = SqliteConnection::establish(path)?;
    // Durable before an answer is given: with group commit the extra fsync costs nothing.
    let mut setup = format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT_BYTES}; \
         PRAGMA wal_autocheckpoint = {WAL_AUTOCHECKPOINT_PAGES}; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -65536;"
    );
    if purpose == Purpose::Read {
        setup.push_str(" PRAGMA query_only = ON;");
    }
    connection.batch_execute(&setup).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(AnyConnection::Sqlite(connection))
}

/// Opens the read connections of the pool.
#[derive(Debug)]
pub(super) struct Opener(pub DatabaseUrl);

/// A read connection of the pool.
pub(super) struct Lent {
    pub(super) connection: AnyConnection,
    /// Whether its server is gone: diesel only knows of broken transactions.
    is_lost: bool,
}

impl Lent {
    /// Looks whether the server is still there, after something has failed.
    pub(super) fn look_after_failure(&mut self) {
        self.is_lost = match &mut self.connection {
            // A file does not go away.
            AnyConnection::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(concrete) => sql_query("SELECT 1").execute(concrete).is_err(),
        };
    }
}

impl diesel::r2d2::ManageConnection for Opener {
    type Connection = Lent;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Lent, Self::Error> {
        let connection = open(&self.0, Purpose::Read).map_err(diesel::r2d2::Error::ConnectionError)?;
        Ok(Lent { connection, is_lost: false })
    }

    fn is_valid(&self, lent: &mut Lent) -> Result<(), Self::Error> {
        let asked = sql_query("SELECT 1").execute(&mut lent.connection);
        asked.map(|_| ()).map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, lent: &mut Lent) -> bool {
        let connection = &mut lent.connection;
        lent.is_lost || std::thread::panicking() || on_backend!(connection, concrete => concrete.is_broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_schemes_open_a_database() {
        assert_eq!(
            DatabaseUrl::parse("sqlite://data/x.db").unwrap(),
            DatabaseUrl::Sqlite("data/x.db".into())
        );
        for url in [
            "",
            "data/x.db",
            "postgres:none",
            "mysql://h/db",
            "sqlite:x.db",
            "sqlite://",
            "sqlite://x?mode=ro",
        ] {
            assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_shown_address_never_holds_the_password() {
        for (url, shown) in [
            ("postgres://qianti:secret@db/qianti", "postgres://…@db/qianti"),
            ("postgresql://qianti:secret@db:5432/qianti?sslmode=require", "postgres://…@db:5432/qianti"),
            ("postgres://db/qianti?user=qianti&password=secret", "postgres://db/qianti"),
            ("postgres://qianti:s@ecret@db/qianti?password=secret@2", "postgres://…@db/qianti"),
            ("postgres:///qianti?password=secret@2", "postgres://…"),
            ("postgres://qianti:secret?2@db/qianti", "postgres://…"),
            ("postgres://db/qianti", "postgres://db/qianti"),
        ] {
            assert_eq!(DatabaseUrl::Postgres(url.into()).shown(), shown);
        }
    }
}
