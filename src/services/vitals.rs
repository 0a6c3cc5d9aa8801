//! Whether an instance can work, and what its metrics are made of.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

pub use super::passwords::HashingStats;
pub use super::tasks::{Task, Tasks};
use super::{ServiceError, Services};
use crate::domain::message::Message;
use crate::domain::time::Millis;
use crate::message;
pub use crate::store::vitals::Vitals;
use crate::store::{self, StoreError};
pub use crate::store::{Distribution, DistributionShape, ReadStats, WriterStats};

/// How long the database may take to say how far it is, and a write that writes nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// Rankings that were not brought up to date for so long are stale.
const STALE_RANKINGS: Duration = Duration::from_secs(30);

/// For how long what was looked at last is told to whoever asks whether the instance can work.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What was found when somebody asked last, and when that was.
#[derive(Default)]
pub(super) struct LastLook(Mutex<Option<(Instant, Vec<Check>)>>);

/// One thing that an instance needs for its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name: `database`, `migrations`, `writer`, `rankings`, `stopping`.
    pub name: &'static str,
    /// What is wrong with it; `None` when nothing is.
    pub fault: Option<Message>,
}

impl Check {
    fn new(name: &'static str, fault: Option<Message>) -> Self {
        Self { name, fault }
    }
}

/// What an instance has to tell of itself at one moment.
pub struct Readings {
    /// What the writers have done.
    pub writer: Arc<WriterStats>,
    /// Writes that wait, and those that may.
    pub writes: (usize, usize),
    /// Read connections in use, and those there are.
    pub reads: (usize, usize),
    /// Live rankings that are being sent, and those that may be.
    pub streams: (usize, usize),
    /// Running attempts in memory.
    pub attempts: usize,
    /// How far the database is; `None` when it does not answer.
    pub vitals: Option<Vitals>,
    /// Results that the rankings have not taken in, and for how long the first of them has waited, in seconds.
    pub unranked: (i64, f64),
    /// The same of the statistics.
    pub unsummed: (i64, f64),
}

impl Services {
    /// How far the database is; `None` when it does not answer in time.
    async fn vitals(&self) -> Option<Vitals> {
        let missing = self.context.scoreboard.missing();
        let (after, gaps) = (missing.after, missing.gaps);
        let look =
            self.context.database.read(move |connection| store::vitals::look(connection, after, &gaps));
        let looked: Result<Result<Vitals, StoreError>, _> = timeout(PATIENCE, look).await;
        looked.ok()?.ok()
    }

    /// Looks at everything that this instance needs for its work. Anybody may ask, as often as they like: what was found is
    /// good for a second, and of those who ask at once one looks. That the server stops is told at once.
    pub async fn check(&self) -> Vec<Check> {
        // Whoever looks holds it, and lets go of it also when the caller hangs up.
        let mut last = self.last_look.0.lock().await;
        let mut checks = match &*last {
            Some((at, found)) if at.elapsed() < GOOD_FOR => found.clone(),
            _ => {
                let found = self.look().await;
                *last = Some((Instant::now(), found.clone()));
                found
            }
        };
        drop(last);
        let fault = self.context.signals.is_stopping().then(|| {
            message!("服务正在停止，不再接新的请求", "the server is stopping and takes no new requests")
        });
        checks.push(Check::new("stopping", fault));
        checks
    }

    async fn look(&self) -> Vec<Check> {
        let vitals = self.vitals().await;
        let unreachable = message!("数据库连不上", "the database cannot be reached");
        let schema = vitals.as_ref().and_then(|vitals| self.schema_fault(vitals));
        vec![
            Check::new("database", vitals.is_none().then_some(unreachable)),
            Check::new("migrations", schema),
            Check::new("writer", self.writer_fault().await),
            Check::new("rankings", self.rankings_fault()),
        ]
    }

    fn schema_fault(&self, vitals: &Vitals) -> Option<Message> {
        let own = self.context.database.schema();
        match vitals.schema.as_str().cmp(own) {
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Less => Some(message!(
                "数据库比程序旧，重启服务即可升级",
                "the database is older than the program; a restart brings it up to date"
            )),
            std::cmp::Ordering::Greater => Some(message!(
                "数据库比程序新，请换用新版本的程序",
                "the database is newer than the program; use a newer program"
            )),
        }
    }

    /// A write that writes nothing shows whether the writer works, where that is in doubt.
    async fn writer_fault(&self) -> Option<Message> {
        let database = &self.context.database;
        let is_failing = database.writer_stats().is_failing.load(Ordering::Relaxed);
        let waiting = database.writes_waiting();
        if !is_failing && (waiting == 0 || waiting >= database.most_writes_waiting()) {
            // A full queue is refused by itself, with the word to come again; it is no reason to stay away.
            return None;
        }
        let nothing = database.write_aside(|_| Ok::<_, StoreError>(()));
        match timeout(PATIENCE, nothing).await {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(message!(
                "数据写不进去，请检查磁盘和数据库",
                "nothing can be written; look at the disk and the database"
            )),
            Err(_) => Some(message!("写入停住了", "writing has come to a standstill")),
        }
    }

    fn rankings_fault(&self) -> Option<Message> {
        let since = self.context.tasks.of(Task::Rankings).since_success()?;
        (since > STALE_RANKINGS).then(|| {
            let seconds = since.as_secs();
            message!(
                "排行榜已有 {seconds} 秒没有更新",
                "the rankings were not brought up to date for {seconds} seconds"
            )
        })
    }

    /// Runs a task that goes on beside the requests once, and notes how it went.
    ///
    /// # Errors
    /// What the task fails with.
    pub async fn run_task<T>(
        &self,
        task: Task,
        work: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, ServiceError> {
        self.context.tasks.run(task, work).await
    }

    /// How the tasks have fared.
    pub fn tasks(&self) -> &Tasks {
        &self.context.tasks
    }

    /// How the hashing of passwords has fared.
    pub fn hashing(&self) -> &HashingStats {
        self.context.passwords.stats()
    }

    /// What there is to tell of this instance now.
    pub async fn readings(&self) -> Readings {
        let vitals = self.vitals().await;
        let context = &self.context;
        let now = context.clock.now();
        let ranked_no = context.scoreboard.missing().after;
        let behind = |results: i64, since: Option<Millis>| {
            let results = results.max(0);
            let age: i64 = since.map_or(0, |since| now.since(since).max(0));
            #[expect(clippy::cast_precision_loss, reason = "an age in milliseconds")]
            let seconds = if results == 0 { 0.0 } else { age as f64 / 1000.0 };
            (results, seconds)
        };
        let (unranked, unsummed) = vitals.as_ref().map_or(((0, 0.0), (0, 0.0)), |vitals| {
            (
                behind((vitals.latest_no - ranked_no).max(0) + vitals.passed_over, vitals.unranked_since),
                behind(vitals.latest_no - vitals.summed_no, vitals.unsummed_since),
            )
        });
        Readings {
            writer: context.database.writer_stats(),
            writes: (context.database.writes_waiting(), context.database.most_writes_waiting()),
            reads: context.database.reads_running(),
            streams: (context.signals.open_streams(), context.settings.open_streams),
            attempts: self.attempts.count_running(),
            vitals,
            unranked,
            unsummed,
        }
    }
}
