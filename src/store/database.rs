//! The database as a service sees it: reads, writes, and how to bring it up to date.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::r2d2::{Pool, PooledConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::sync::Semaphore;

use super::attempt_writes::{AttemptWrite, AttemptWritten};
use super::connection::{Opener, Purpose, on_backend, open};
use super::notices::Watch;
use super::writer::Writer;
use super::{AnyConnection, Backend, DatabaseUrl, Distribution, Freshness, StoreError, WriterStats};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long a read waits for a connection before it is told that the database is busy.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);

/// How a database is used.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// Where it is.
    pub url: DatabaseUrl,
    /// Connections for reading.
    pub read_connections: u32,
    /// Writes that may wait; one more is turned away.
    pub write_queue: usize,
}

/// A database that is open and up to date.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool<Opener>,
    permits: Arc<Semaphore>,
    writer: Writer,
    freshness: Arc<Freshness>,
    backend: Backend,
    reads: ReadStats,
    most_reads: usize,
    schema: String,
    /// The file that another process may write to; `None` on PostgreSQL, whose instances tell each other.
    watched: Option<DatabaseUrl>,
    watch: Watch,
}

/// How reads have fared since the start.
#[derive(Debug)]
pub struct ReadStats {
    /// How long a read waited for a connection.
    pub waits: Distribution,
    /// Reads that got none in time.
    pub refused: AtomicU64,
}

/// The writers of a database that is being closed; see [`Database::open`].
pub struct Writers(Vec<JoinHandle<()>>);

impl Writers {
    /// Waits until every write that was taken is committed. All clones of the database must be gone.
    pub fn finish(self) {
        for handle in self.0 {
            if handle.join().is_err() {
                tracing::error!("a writer has panicked");
            }
        }
    }
}

impl Database {
    /// Opens the database, creates it when it is an SQLite file that does not exist yet, and runs the
    /// migrations that it lacks.
    ///
    /// # Errors
    /// In words for the operator: it cannot be reached, or it was made by a newer program.
    pub fn open(options: &DatabaseOptions) -> Result<(Self, Writers), String> {
        if let DatabaseUrl::Sqlite(path) = &options.url
            && let Some(folder) = path.parent()
        {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let shown = options.url.shown();
        let mut connection = open(&options.url, Purpose::Write)
            .map_err(|error| format!("{shown} cannot be opened: {error}"))?;
        let schema = migrate(&mut connection).map_err(|error| format!("{shown}: {error}"))?;
        let pool = Pool::builder()
            .max_size(options.read_connections)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(CHECKOUT_TIMEOUT)
            .build(Opener(options.url.clone()))
            .map_err(|error| format!("{shown} cannot be opened: {error}"))?;
        let backend = options.url.backend();
        let threads = match backend {
            Backend::Sqlite => 1,
            Backend::Postgres => 2,
        };
        // Nothing is held in memory on PostgreSQL before other instances are heard.
        let hears_others = backend == Backend::Sqlite;
        #[expect(
            clippy::disallowed_methods,
            reason = "it names this instance to the others; nobody may guess from it"
        )]
        let instance = uuid::Uuid::new_v4().to_string();
        let freshness = Arc::new(Freshness::new(hears_others, instance));
        let (writer, handles) = Writer::start(&options.url, threads, options.write_queue, &freshness)
            .map_err(|error| error.to_string())?;
        #[cfg(feature = "postgres")]
        if backend == Backend::Postgres {
            // It ends by itself when the database is dropped.
            drop(super::notices::follow(&options.url, &freshness).map_err(|error| error.to_string())?);
        }
        let permits = Arc::new(Semaphore::new(options.read_connections as usize));
        let reads = ReadStats { waits: Distribution::of_times(), refused: AtomicU64::new(0) };
        let most_reads = options.read_connections as usize;
        let watched = (backend == Backend::Sqlite).then(|| options.url.clone());
        let watch = Watch::default();
        let inner =
            Inner { pool, permits, writer, freshness, backend, reads, most_reads, schema, watched, watch };
        Ok((Self { inner: Arc::new(inner) }, Writers(handles)))
    }

    /// Runs `work` on a read connection, off the async threads.
    ///
    /// # Errors
    /// What `work` fails with, and [`StoreError::Busy`] when no connection comes free in time.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let reads = &self.inner.reads;
        let busy = |reason: &str| {
            reads.refused.fetch_add(1, Ordering::Relaxed);
            E::from(StoreError::Busy(reason.to_owned()))
        };
        let asked = Instant::now();
        // Waiting here costs nothing; waiting inside the pool would hold a thread.
        let permit = tokio::time::timeout(CHECKOUT_TIMEOUT, Arc::clone(&self.inner.permits).acquire_owned());
        let Ok(Ok(permit)) = permit.await else { return Err(busy("no read connection came free")) };
        reads.waits.observe_time(asked.elapsed());
        let pool = self.inner.pool.clone();
        tokio::task::spawn_blocking(move || {
            // Held by the work, not by whoever waits: a caller who hangs up frees nothing early.
            let _permit = permit;
            let mut lent: PooledConnection<Opener> =
                pool.get().map_err(|error| E::from(StoreError::Busy(error.to_string())))?;
            let outcome = work(&mut lent.connection);
            if outcome.is_err() {
                lent.look_after_failure();
            }
            outcome
        })
        .await
        // Not why it panicked: that may be what somebody has sent.
        .unwrap_or_else(|_| Err(E::from(StoreError::corrupt("read", "panicked"))))
    }

    /// Runs `work` inside a transaction, together with other writes that wait, and returns once it is
    /// durable. An error from `work` undoes what it did, and only that. What services hold in memory is
    /// stale afterwards, here and in other instances.
    ///
    /// # Errors
    /// What `work` fails with; [`StoreError::Busy`] when the queue is full (then nothing has happened) or
    /// the transaction fails: then it was undone, unless the server was lost during the commit itself, when
    /// nobody can tell; so a write must be safe to repeat.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.writer.submit(work, true).await
    }

    /// As [`Database::write`], for work that changes nothing of what services hold in memory: no person,
    /// unit, quiz or bank, and no session that was in use before.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_aside<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.inner.writer.submit(work, false).await
    }

    /// Runs a write of an attempt's life, together with those that wait. `committed` is called with the
    /// outcome after the commit and before the answer, in the order of the commits, also when the caller
    /// does not wait for the answer; it must be quick.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_attempt(
        &self,
        write: AttemptWrite,
        committed: impl FnOnce(AttemptWritten) + Send + 'static,
    ) -> Result<AttemptWritten, StoreError> {
        self.inner.writer.submit_attempt(write, Box::new(committed)).await
    }

    /// Hears what another process has written to an SQLite database, also when this one writes nothing for a long time:
    /// the writer looks for it whenever it writes, so it is given something to do when the file has changed. To be called
    /// again and again, first before anything is held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hear_others(&self) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        let Some(url) = inner.watched.clone() else { return Ok(()) };
        let look = tokio::task::spawn_blocking(move || inner.watch.has_changed(&url));
        match look.await.unwrap_or_else(|_| Err(StoreError::corrupt("look", "panicked")))? {
            true => self.write_aside(|_| Ok(())).await,
            false => Ok(()),
        }
    }

    /// Whether what was read is still good to be held.
    pub fn freshness(&self) -> &Freshness {
        &self.inner.freshness
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// What the writers have done.
    pub fn writer_stats(&self) -> Arc<WriterStats> {
        self.inner.writer.stats()
    }

    /// Writes that wait now.
    pub fn writes_waiting(&self) -> usize {
        self.inner.writer.waiting()
    }

    /// Writes that may wait.
    pub fn most_writes_waiting(&self) -> usize {
        self.inner.writer.most_waiting()
    }

    /// How reads have fared.
    pub fn read_stats(&self) -> &ReadStats {
        &self.inner.reads
    }

    /// Read connections that are in use now, and those there are.
    pub fn reads_running(&self) -> (usize, usize) {
        let most = self.inner.most_reads;
        (most.saturating_sub(self.inner.permits.available_permits()), most)
    }

    /// The latest migration of this program.
    pub fn schema(&self) -> &str {
        &self.inner.schema
    }
}

/// Runs the migrations that the database lacks; returns the latest one's version.
fn migrate(connection: &mut AnyConnection) -> Result<String, String> {
    match connection {
        AnyConnection::Sqlite(_) => run_migrations(connection, SQLITE_MIGRATIONS),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => {
            use diesel::RunQueryDsl as _;
            // Instances that start together take turns. The lock goes with this connection.
            // A step over millions of rows takes as long as it takes.
            for statement in ["SELECT pg_advisory_lock(7160001000)", "SET statement_timeout = 0"] {
                diesel::sql_query(statement).execute(connection).map_err(|error| error.to_string())?;
            }
            run_migrations(connection, POSTGRES_MIGRATIONS)
        }
    }
}

/// The versions of this program's migrations of either database, in order.
fn known_versions(migrations: &EmbeddedMigrations) -> Result<Vec<String>, String> {
    use diesel::migration::MigrationSource;
    let known = MigrationSource::<diesel::sqlite::Sqlite>::migrations(migrations)
        .map_err(|error| error.to_string())?;
    let mut known: Vec<String> =
        known.iter().map(|migration| migration.name().version().to_string()).collect();
    known.sort();
    Ok(known)
}

fn refuse_unknown(applied: impl Iterator<Item = String>, known: &[String]) -> Result<(), String> {
    let mut unknown = applied.filter(|version| !known.contains(version));
    unknown.next().map_or(Ok(()), |newer| {
        Err(format!(
            "数据库比程序新（有第 {newer} 步升级），请换用新版本的程序；数据没有改动。\
             The database is newer than this program (it has migration {newer}): use a newer program; nothing was changed."
        ))
    })
}

/// Refuses an SQLite database of a newer program, without changing it.
pub(super) fn refuse_newer(connection: &mut diesel::SqliteConnection) -> Result<(), String> {
    use diesel::RunQueryDsl as _;
    use diesel::sql_types::Text;
    let known = known_versions(&SQLITE_MIGRATIONS)?;
    let applied: Vec<String> =
        super::statement::Statement::<Text>::new("SELECT version FROM __diesel_schema_migrations", vec![])
            .load(connection)
            .map_err(|error| error.to_string())?;
    refuse_unknown(applied.into_iter(), &known)
}

fn run_migrations(connection: &mut AnyConnection, migrations: EmbeddedMigrations) -> Result<String, String> {
    let known = known_versions(&migrations)?;
    on_backend!(connection, concrete => {
        let applied = concrete.applied_migrations().map_err(|error| error.to_string())?;
        refuse_unknown(applied.iter().map(ToString::to_string), &known)?;
        concrete.run_pending_migrations(migrations).map_err(|error| format!("a migration failed: {error}"))?;
    });
    Ok(known.into_iter().next_back().unwrap_or_default())
}
