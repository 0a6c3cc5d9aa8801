//! Group commit: jobs that wait are taken into one transaction and answered only after the commit. One
//! durable flush then serves them all. A job that fails undoes only itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use tokio::sync::{mpsc, oneshot};

use super::announcer::{Announcer, Committed, CommittedAttempt, CommittedBatch};
use super::attempt_writes::{self, AttemptWrite, AttemptWritten, SettledCount};
use super::connection::{DatabaseUrl, Purpose, on_backend, open};
use super::error::shown;
use super::transaction::{begin, run_in_savepoint};
use super::writer_stats::WriterStats;
use super::{AnyConnection, Freshness, StoreError, notices};

/// Most jobs of one transaction. Measured: 16 lose a quarter of the throughput, 1024 win nothing.
const MOST_JOBS: usize = 256;
/// How long a writer waits before it connects again, after the server was lost.
const RECONNECT_AFTER: Duration = Duration::from_millis(500);

/// A piece of work inside a transaction, with somebody who waits for its answer.
pub(super) trait Work: Send {
    /// Does the work; false undoes it.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;
    /// Whether it has changed what services hold in memory.
    fn changes_what_is_held(&self) -> bool;
    /// Answers, once it is known whether the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), &StoreError>);
}

struct Task<F, T, E> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    is_noticed: bool,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Work for Task<F, T, E>
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

    fn changes_what_is_held(&self) -> bool {
        self.is_noticed && matches!(self.outcome, Some(Ok(_)))
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

struct AttemptTask {
    write: AttemptWrite,
    committed: Committed,
    reply: oneshot::Sender<Result<AttemptWritten, StoreError>>,
}

enum Job {
    Work(Box<dyn Work>),
    Attempt(Box<AttemptTask>),
}

/// A job, and since when it waits.
struct Queued {
    job: Job,
    since: Instant,
}

/// The writers of a database, and the queue before them.
pub(super) struct Writer {
    queue: mpsc::Sender<Queued>,
    stats: Arc<WriterStats>,
}

impl Writer {
    /// Starts `threads` writers behind a queue of `queue_length` jobs. The handles end when the
    /// writer is dropped and the queue is empty.
    pub(super) fn start(
        url: &DatabaseUrl,
        threads: usize,
        queue_length: usize,
        freshness: &Arc<Freshness>,
    ) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (queue, jobs) = mpsc::channel(queue_length);
        let jobs = Arc::new(std::sync::Mutex::new(jobs));
        let stats = Arc::new(WriterStats::default());
        let handles = (0..threads)
            .map(|number| {
                let (jobs, name) = (Arc::clone(&jobs), format!("writer-{number}"));
                let session = Session {
                    url: url.clone(),
                    stats: Arc::clone(&stats),
                    freshness: Arc::clone(freshness),
                    settled: SettledCount::default(),
                    data_version: None,
                    announcer: Announcer::start(&name, Arc::clone(freshness))?,
                };
                std::thread::Builder::new().name(name).spawn(move || session.write(&jobs))
            })
            .collect::<Result<_, _>>()?;
        Ok((Self { queue, stats }, handles))
    }

    /// Puts `work` in the queue and waits for its commit. `is_noticed` says that what services hold in
    /// memory is stale afterwards.
    pub(super) async fn submit<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        is_noticed: bool,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task { work: Some(work), outcome: None, is_noticed, reply };
        self.push(Job::Work(Box::new(task)))?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Busy("the writer has stopped".into()).into()))
    }

    /// Puts a write of an attempt's life in the queue and waits for its commit. `committed` is run before
    /// the answer, in the order of the commits, also when nobody waits for the answer any more.
    pub(super) async fn submit_attempt(
        &self,
        write: AttemptWrite,
        committed: Committed,
    ) -> Result<AttemptWritten, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.push(Job::Attempt(Box::new(AttemptTask { write, committed, reply })))?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Busy("the writer has stopped".into())))
    }

    fn push(&self, job: Job) -> Result<(), StoreError> {
        self.queue.try_send(Queued { job, since: Instant::now() }).map_err(|_| {
            self.stats.refused.fetch_add(1, Ordering::Relaxed);
            StoreError::Busy("the write queue is full".into())
        })
    }

    pub(super) fn stats(&self) -> Arc<WriterStats> {
        Arc::clone(&self.stats)
    }

    /// Jobs that wait now.
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Jobs that may wait.
    pub(super) fn most_waiting(&self) -> usize {
        self.queue.max_capacity()
    }
}

type Jobs = std::sync::Mutex<mpsc::Receiver<Queued>>;

/// The jobs of one transaction.
#[derive(Default)]
struct Batch {
    work: Vec<Box<dyn Work>>,
    attempts: Vec<AttemptTask>,
}

impl Batch {
    /// Waits for a job and takes those that wait with it; `None` when nobody can send any more.
    fn take(jobs: &Jobs, stats: &WriterStats) -> Option<Self> {
        let mut jobs = jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut batch = Self::default();
        let first = jobs.blocking_recv()?;
        let now = Instant::now();
        let mut push = |queued: Queued| {
            stats.waits.observe_time(now.saturating_duration_since(queued.since));
            batch.push(queued.job);
            batch.len()
        };
        let mut length = push(first);
        while length < MOST_JOBS {
            let Ok(queued) = jobs.try_recv() else { break };
            length = push(queued);
        }
        Some(batch)
    }

    fn push(&mut self, job: Job) {
        match job {
            Job::Work(work) => self.work.push(work),
            Job::Attempt(task) => self.attempts.push(*task),
        }
    }

    fn len(&self) -> usize {
        self.work.len() + self.attempts.len()
    }

    /// Tells everybody that nothing was written, because of `error`.
    fn fail(self, error: &StoreError) {
        for task in self.attempts {
            drop(task.reply.send(Err(StoreError::Busy(error.to_string()))));
        }
        for work in self.work {
            work.answer(Err(error));
        }
    }
}

/// One writer: its connection comes and goes with the server, the rest stays.
struct Session {
    url: DatabaseUrl,
    stats: Arc<WriterStats>,
    freshness: Arc<Freshness>,
    settled: SettledCount,
    /// What SQLite says of the database file; it changes when another process has written.
    data_version: Option<i64>,
    announcer: Announcer,
}

impl Session {
    fn write(mut self, jobs: &Jobs) {
        let mut connection: Option<AnyConnection> = None;
        while let Some(batch) = Batch::take(jobs, &self.stats) {
            self.stats.jobs.fetch_add(batch.len() as u64, Ordering::Relaxed);
            let ready = match connection.take() {
                Some(ready) => Ok(ready),
                None => {
                    (self.settled, self.data_version) = (SettledCount::default(), None);
                    open(&self.url, Purpose::Write)
                }
            };
            match ready {
                Ok(mut ready) => {
                    if self.commit(&mut ready, batch) {
                        connection = Some(ready);
                    }
                }
                Err(error) => {
                    self.stats.note_failure();
                    tracing::warn!(%error, "a writer cannot connect");
                    batch.fail(&StoreError::Busy("the database cannot be reached".into()));
                    std::thread::sleep(RECONNECT_AFTER);
                }
            }
        }
    }

    /// Runs `batch` in one transaction and answers it; false when the connection is of no more use.
    fn commit(&mut self, connection: &mut AnyConnection, mut batch: Batch) -> bool {
        let began = Instant::now();
        let written = self.write_attempts(connection, &batch.attempts).and_then(|outcomes| {
            for work in &mut batch.work {
                run_in_savepoint(connection, |connection| work.run(connection))?;
                // It may have written results of its own.
                self.settled.forget();
            }
            let is_noticed = batch.work.iter().any(|work| work.changes_what_is_held());
            if is_noticed {
                notices::send_change(connection, &self.freshness)?;
            }
            on_backend!(connection, concrete => AnsiTransactionManager::commit_transaction(concrete))?;
            Ok((outcomes, is_noticed))
        });
        match written {
            Ok((outcomes, is_noticed)) => {
                self.stats.note_commit(batch.len(), began.elapsed());
                // Before the first answer: whoever has it finds nothing stale.
                if is_noticed {
                    self.freshness.advance();
                }
                if outcomes.iter().any(|outcome| matches!(outcome, AttemptWritten::Settled(_))) {
                    self.freshness.note_results();
                }
                let attempt = |(task, outcome): (AttemptTask, _)| CommittedAttempt {
                    outcome,
                    committed: task.committed,
                    reply: task.reply,
                };
                let attempts = batch.attempts.into_iter().zip(outcomes).map(attempt).collect();
                self.announcer.announce(CommittedBatch { attempts, work: batch.work });
                true
            }
            Err(error) => {
                self.stats.note_failure();
                tracing::warn!(error = %shown(&error), jobs = batch.len(), "a transaction failed and was undone");
                // A fresh connection is the surest way to a clean state; losing this one undoes the rest.
                batch.fail(&StoreError::from(error));
                false
            }
        }
    }

    /// Makes stale what is held in memory when another process has written to the SQLite file.
    fn look_for_others(&mut self, connection: &mut AnyConnection) -> QueryResult<()> {
        match connection {
            AnyConnection::Sqlite(concrete) => {
                let found = notices::data_version(concrete)?;
                if self.data_version.is_some_and(|before| before != found) {
                    self.settled.forget();
                    self.freshness.advance();
                }
                self.data_version = Some(found);
            }
            // Its instances tell each other.
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(_) => {}
        }
        Ok(())
    }

    /// Begins a transaction and runs the writes of attempts in it together; when one of them fails, in another
    /// transaction and each by itself. A savepoint around all of them would keep a copy of every page.
    fn write_attempts(
        &mut self,
        connection: &mut AnyConnection,
        tasks: &[AttemptTask],
    ) -> QueryResult<Vec<AttemptWritten>> {
        let writes: Vec<&AttemptWrite> = tasks.iter().map(|task| &task.write).collect();
        begin(connection)?;
        self.look_for_others(connection)?;
        if writes.is_empty() {
            return Ok(vec![]);
        }
        let error = match attempt_writes::run(connection, &writes, &mut self.settled) {
            Ok(outcomes) => return Ok(outcomes),
            Err(error) => error,
        };
        tracing::warn!(error = %shown(&error), jobs = writes.len(), "writes of attempts failed together; each is tried alone");
        on_backend!(connection, concrete => AnsiTransactionManager::rollback_transaction(concrete))?;
        begin(connection)?;
        self.look_for_others(connection)?;
        writes
            .iter()
            .map(|write| {
                let mut alone = Ok(vec![]);
                self.settled.forget();
                run_in_savepoint(connection, |connection| {
                    alone = attempt_writes::run(connection, &[write], &mut self.settled);
                    alone.is_ok()
                })?;
                Ok(alone.ok().and_then(|outcomes| outcomes.first().copied()))
            })
            .map(|outcome| outcome.map(|outcome| outcome.unwrap_or(AttemptWritten::Overtaken)))
            .collect()
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
