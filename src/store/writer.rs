//! Group commit: jobs that wait are taken into one transaction, a savepoint each, and answered only
//! after the commit. One durable flush then serves them all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::{Connection as _, QueryResult};
use tokio::sync::{mpsc, oneshot};

use super::connection::{DatabaseUrl, Purpose, on_backend, open};
use super::{AnyConnection, StoreError};

/// Most jobs of one transaction. Measured: 16 lose a quarter of the throughput, 1024 win nothing.
const MOST_JOBS: usize = 256;
/// How long a writer waits before it connects again, after the server was lost.
const RECONNECT_AFTER: Duration = Duration::from_millis(500);

/// What the writers have done since the start.
#[derive(Debug, Default)]
pub struct WriterStats {
    /// Jobs that were taken from the queue.
    pub jobs: AtomicU64,
    /// Transactions that were committed.
    pub commits: AtomicU64,
    /// Jobs that were turned away because the queue was full.
    pub refused: AtomicU64,
}

/// A piece of work inside a transaction, with somebody who waits for its answer.
trait Job: Send {
    /// Does the work; false undoes it.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;
    /// Answers, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), &StoreError>);
}

struct Task<F, T, E> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Task<F, T, E>
where
    F: FnOnce(&mut AnyConnection) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        if let Some(work) = self.work.take() {
            self.outcome = Some(catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or_else(|_| {
                tracing::error!("a write panicked; it was undone");
                Err(StoreError::corrupt("write", "panicked").into())
            }));
        }
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), &StoreError>) {
        let answer = match (self.outcome, committed) {
            // A job that failed by itself has its own answer, whatever became of the others.
            (Some(Err(error)), _) => Err(error),
            (Some(outcome), Ok(())) => outcome,
            (_, Err(error)) => Err(StoreError::Busy(error.to_string()).into()),
            (None, Ok(())) => Err(StoreError::Busy("the write was not run".into()).into()),
        };
        // Whoever asked may be gone; the work is done all the same.
        drop(self.reply.send(answer));
    }
}

/// The writers of a database, and the queue before them.
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    stats: Arc<WriterStats>,
}

impl Writer {
    /// Starts `threads` writers behind a queue of `queue_length` jobs. The handles end when the
    /// writer is dropped and the queue is empty.
    pub(super) fn start(
        url: &DatabaseUrl,
        threads: usize,
        queue_length: usize,
    ) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (queue, jobs) = mpsc::channel(queue_length);
        let jobs = Arc::new(std::sync::Mutex::new(jobs));
        let stats = Arc::new(WriterStats::default());
        let handles = (0..threads)
            .map(|number| {
                let (url, jobs, stats) = (url.clone(), Arc::clone(&jobs), Arc::clone(&stats));
                std::thread::Builder::new()
                    .name(format!("writer-{number}"))
                    .spawn(move || write(&url, &jobs, &stats))
            })
            .collect::<Result<_, _>>()?;
        Ok((Self { queue, stats }, handles))
    }

    /// Puts `work` in the queue and waits for its commit.
    pub(super) async fn submit<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task { work: Some(work), outcome: None, reply };
        if self.queue.try_send(Box::new(task)).is_err() {
            self.stats.refused.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::Busy("the write queue is full".into()).into());
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Busy("the writer has stopped".into()).into()))
    }

    pub(super) fn stats(&self) -> Arc<WriterStats> {
        Arc::clone(&self.stats)
    }

    /// Jobs that wait now.
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

type Jobs = std::sync::Mutex<mpsc::Receiver<Box<dyn Job>>>;

fn write(url: &DatabaseUrl, jobs: &Jobs, stats: &WriterStats) {
    let mut connection: Option<AnyConnection> = None;
    while let Some(batch) = take(jobs) {
        stats.jobs.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let ready = match connection.take() {
            Some(ready) => Ok(ready),
            None => open(url, Purpose::Write),
        };
        match ready {
            Ok(mut ready) => {
                if commit(&mut ready, batch, stats) {
                    connection = Some(ready);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a writer cannot connect");
                let error = StoreError::Busy("the database cannot be reached".into());
                for job in batch {
                    job.answer(Err(&error));
                }
                std::thread::sleep(RECONNECT_AFTER);
            }
        }
    }
}

/// Waits for a job and takes those that wait with it; `None` when nobody can send any more.
fn take(jobs: &Jobs) -> Option<Vec<Box<dyn Job>>> {
    let mut jobs = jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut batch = vec![jobs.blocking_recv()?];
    while batch.len() < MOST_JOBS {
        let Ok(job) = jobs.try_recv() else { break };
        batch.push(job);
    }
    Some(batch)
}

/// Runs `batch` in one transaction and answers it; false when the connection is of no more use.
fn commit(connection: &mut AnyConnection, mut batch: Vec<Box<dyn Job>>, stats: &WriterStats) -> bool {
    let committed = begin(connection).and_then(|()| {
        for job in &mut batch {
            run_in_savepoint(connection, job.as_mut())?;
        }
        on_backend!(connection, concrete => AnsiTransactionManager::commit_transaction(concrete))
    });
    match committed {
        Ok(()) => {
            stats.commits.fetch_add(1, Ordering::Relaxed);
            for job in batch {
                job.answer(Ok(()));
            }
            true
        }
        Err(error) => {
            tracing::warn!(%error, jobs = batch.len(), "a transaction failed and was undone");
            // A fresh connection is the surest way to a clean state; losing this one undoes the rest.
            let error = StoreError::from(error);
            for job in batch {
                job.answer(Err(&error));
            }
            false
        }
    }
}

fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
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

fn run_in_savepoint(connection: &mut AnyConnection, job: &mut dyn Job) -> QueryResult<()> {
    let done =
        connection.transaction(|connection| if job.run(connection) { Ok(()) } else { Err(Undone::ByJob) });
    match done {
        Ok(()) | Err(Undone::ByJob) => Ok(()),
        Err(Undone::ByDatabase(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::super::units::{create_unit, list_units};
    use super::super::{Conflict, Database, DatabaseOptions};
    use super::*;
    use crate::domain::org::UnitKind;

    /// A fresh database whose queue takes `write_queue` jobs.
    fn database(write_queue: usize) -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("qianti.db"));
        let (database, _) =
            Database::open(&DatabaseOptions { url, read_connections: 1, write_queue }).unwrap();
        (folder, database)
    }

    /// Keeps the writer busy until the sender is dropped; returns once it is.
    async fn occupy(database: &Database) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
        let (release, released) = mpsc::channel::<()>();
        let (begun, beginning) = oneshot::channel();
        let database = database.clone();
        let held = tokio::spawn(async move {
            let work = move |_: &mut AnyConnection| -> Result<(), StoreError> {
                let _ = begun.send(());
                let _ = released.recv();
                Ok(())
            };
            database.write(work).await.unwrap();
        });
        beginning.await.unwrap();
        (release, held)
    }

    async fn add(database: &Database, code: &'static str) -> Result<(), StoreError> {
        database
            .write(move |connection| create_unit(connection, None, UnitKind::Zone, code, code).map(|_| ()))
            .await
    }

    #[tokio::test]
    async fn a_job_that_fails_undoes_only_itself_in_the_transaction_that_it_shares() {
        let (_folder, database) = database(16);
        let stats = database.writer_stats();
        let (release, held) = occupy(&database).await;
        let fails_late = database.write(|connection| -> Result<(), StoreError> {
            create_unit(connection, None, UnitKind::Zone, "undone", "undone")?;
            Err(StoreError::Conflict(Conflict::Login))
        });
        let panics = database.write(|_| -> Result<(), StoreError> { panic!("on purpose") });
        let together = futures_util::future::join5(
            add(&database, "first"),
            fails_late,
            add(&database, "first"),
            panics,
            add(&database, "last"),
        );
        // The jobs are queued when they are first polled; only then may the writer go on.
        let mut together = std::pin::pin!(together);
        assert!(futures_util::poll!(&mut together).is_pending());
        let before = stats.commits.load(Ordering::Relaxed);
        drop(release);
        let (first, late, twice, panicked, last) = together.await;
        held.await.unwrap();
        assert!(first.is_ok() && last.is_ok());
        assert!(matches!(late, Err(StoreError::Conflict(Conflict::Login))));
        assert!(matches!(twice, Err(StoreError::Conflict(Conflict::UnitCode))));
        assert!(panicked.is_err());
        assert_eq!(stats.commits.load(Ordering::Relaxed), before + 2, "the held job, then all five in one");
        let codes = database.read(list_units).await.unwrap().into_iter().map(|unit| unit.code);
        assert_eq!(codes.collect::<Vec<_>>(), ["first", "last"]);
    }

    #[tokio::test]
    async fn a_full_queue_turns_away_at_once_and_loses_nothing_that_it_took() {
        let (_folder, database) = database(1);
        let (release, held) = occupy(&database).await;
        let waiting = add(&database, "waiting");
        let mut waiting = std::pin::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert!(matches!(add(&database, "too-many").await, Err(StoreError::Busy(_))));
        drop(release);
        waiting.await.unwrap();
        held.await.unwrap();
        assert_eq!(database.read(list_units).await.unwrap().len(), 1);
    }
}
