//! How instances hear of each other's writes. SQLite tells it by the version of the file; on PostgreSQL a
//! transaction notifies, and [`follow`] listens.

use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::connection::{Purpose, open};
use super::statement::Statement;
use super::{AnyConnection, DatabaseUrl, Freshness, StoreError};

/// SQLite's word for "somebody else has written": it differs between two reads on a connection exactly
/// when another connection has committed in between (sqlite.org, `PRAGMA data_version`).
pub(super) fn data_version(connection: &mut SqliteConnection) -> QueryResult<i64> {
    let rows: Vec<i64> = Statement::<BigInt>::new("PRAGMA data_version", vec![]).load(connection)?;
    rows.first().copied().ok_or(diesel::result::Error::NotFound)
}

/// Sees that the file of an SQLite database was written to, also when this process itself writes nothing.
#[derive(Default)]
pub(super) struct Watch(Mutex<Option<(SqliteConnection, i64)>>);

impl Watch {
    /// Whether anybody has written since the last look; the first look, and one after a failure, says so too.
    pub(super) fn has_changed(&self, url: &DatabaseUrl) -> Result<bool, StoreError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut connection, before) = match held.take() {
            Some((connection, version)) => (connection, Some(version)),
            None => match open(url, Purpose::Read).map_err(|error| StoreError::Busy(error.to_string()))? {
                AnyConnection::Sqlite(connection) => (connection, None),
                #[cfg(feature = "postgres")]
                AnyConnection::Postgres(_) => return Ok(false),
            },
        };
        let version = data_version(&mut connection)?;
        *held = Some((connection, version));
        Ok(before != Some(version))
    }
}

/// Tells the other instances, when this transaction commits, that what they hold is stale.
#[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite has nobody to tell"))]
pub(super) fn send_change(connection: &mut AnyConnection, freshness: &Freshness) -> QueryResult<()> {
    match connection {
        // Another process notices by the version of the file.
        AnyConnection::Sqlite(_) => Ok(()),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => postgres::notify(concrete, postgres::CHANGES, freshness),
    }
}

#[cfg(feature = "postgres")]
pub(super) use postgres::follow;

#[cfg(feature = "postgres")]
mod postgres {
    use std::sync::{Arc, Weak};
    use std::thread::JoinHandle;
    use std::time::Duration;

    use diesel::PgConnection;
    use diesel::connection::SimpleConnection as _;

    use diesel::{QueryResult, RunQueryDsl as _};

    use super::super::connection::{Purpose, open};
    use super::super::statement::{Bind, Statement};
    use super::super::{AnyConnection, DatabaseUrl, Freshness};

    pub(super) const CHANGES: &str = "qianti_changes";
    pub(super) const RESULTS: &str = "qianti_results";

    /// How often the connection is asked for notifications: so long another instance's change may stay
    /// unheard.
    const LISTEN_EVERY: Duration = Duration::from_millis(20);
    /// How long to wait before the server is tried again.
    const RECONNECT_AFTER: Duration = Duration::from_millis(500);

    /// Listens for the writes of other instances, and tells them of results, until `freshness` is dropped.
    pub(in super::super) fn follow(
        url: &DatabaseUrl,
        freshness: &Arc<Freshness>,
    ) -> std::io::Result<JoinHandle<()>> {
        let (url, freshness) = (url.clone(), Arc::downgrade(freshness));
        std::thread::Builder::new().name("listener".into()).spawn(move || listen(&url, &freshness))
    }

    pub(super) fn notify(
        connection: &mut PgConnection,
        channel: &str,
        freshness: &Freshness,
    ) -> QueryResult<()> {
        let binds = vec![Bind::Text(channel), Bind::Text(freshness.instance())];
        Statement::<()>::new("SELECT pg_notify(?, ?)", binds).execute(connection)?;
        Ok(())
    }

    fn listen(url: &DatabaseUrl, freshness: &Weak<Freshness>) {
        let mut connection: Option<PgConnection> = None;
        while let Some(freshness) = freshness.upgrade() {
            if let Some(ready) = &mut connection {
                if let Err(error) = hear(ready, &freshness) {
                    tracing::warn!(%error, "the listening connection was lost; nothing is held in memory until it is back");
                    freshness.set_hears_others(false);
                    connection = None;
                    continue;
                }
                drop(freshness);
                std::thread::sleep(LISTEN_EVERY);
                continue;
            }
            match connect(url) {
                Ok(ready) => {
                    // What was missed meanwhile is unknown: everything is stale, and results are asked for.
                    freshness.set_hears_others(true);
                    freshness.expect_results();
                    connection = Some(ready);
                }
                Err(error) => {
                    tracing::warn!(%error, "the listener cannot connect");
                    drop(freshness);
                    std::thread::sleep(RECONNECT_AFTER);
                }
            }
        }
    }

    fn connect(url: &DatabaseUrl) -> Result<PgConnection, String> {
        match open(url, Purpose::Read).map_err(|error| error.to_string())? {
            AnyConnection::Postgres(mut connection) => {
                let listen = format!("LISTEN {CHANGES}; LISTEN {RESULTS}");
                connection.batch_execute(&listen).map_err(|error| error.to_string())?;
                Ok(connection)
            }
            AnyConnection::Sqlite(_) => Err("not a PostgreSQL server".into()),
        }
    }

    fn hear(connection: &mut PgConnection, freshness: &Freshness) -> QueryResult<()> {
        // Not in the writers' transactions: a notification makes commits wait for each other.
        if freshness.take_results_written() {
            notify(connection, RESULTS, freshness)?;
        }
        let mut stale = false;
        for notification in connection.notifications_iter() {
            let notification = notification?;
            // One's own are known already.
            if notification.payload != freshness.instance() {
                stale |= notification.channel == CHANGES;
                if notification.channel == RESULTS {
                    freshness.expect_results();
                }
            }
        }
        if stale {
            freshness.advance();
        }
        Ok(())
    }
}
