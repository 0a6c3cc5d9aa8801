//! What goes on beside the requests, and how it fares: the sweep, the rankings, the statistics, the closing of months.

use std::future::Future;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::store::Distribution;

/// A task that runs again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Expired attempts are settled.
    Sweep,
    /// Results of other instances are taken into the rankings.
    Rankings,
    /// Results are taken into the statistics.
    Statistics,
    /// Reports of months that are over are fixed.
    Months,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 4] = [Self::Sweep, Self::Rankings, Self::Statistics, Self::Months];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Rankings => "rankings",
            Self::Statistics => "statistics",
            Self::Months => "months",
        }
    }
}

/// How a task has fared since the start.
#[derive(Debug)]
pub struct TaskStats {
    /// How long its runs took.
    pub times: Distribution,
    /// Runs that failed.
    pub failures: AtomicU64,
    succeeded: Mutex<Option<Instant>>,
    started: Instant,
}

impl TaskStats {
    /// How long ago its last run ended well; `None` when none has.
    pub fn since_success(&self) -> Option<Duration> {
        self.succeeded.lock().unwrap_or_else(PoisonError::into_inner).map(|instant| instant.elapsed())
    }

    /// How long ago its last run ended well, or the start when none has: it grows while a task fails from the start on.
    pub fn age(&self) -> Duration {
        self.since_success().unwrap_or_else(|| self.started.elapsed())
    }
}

/// How all tasks have fared.
#[derive(Debug)]
pub struct Tasks([TaskStats; 4]);

impl Tasks {
    pub(super) fn new() -> Self {
        let started = Instant::now();
        Self(Task::ALL.map(|_| TaskStats {
            times: Distribution::of_times(),
            failures: AtomicU64::new(0),
            succeeded: Mutex::new(None),
            started,
        }))
    }

    /// How one has fared.
    pub fn of(&self, task: Task) -> &TaskStats {
        let [sweep, rankings, statistics, months] = &self.0;
        match task {
            Task::Sweep => sweep,
            Task::Rankings => rankings,
            Task::Statistics => statistics,
            Task::Months => months,
        }
    }

    /// Runs a task once and notes how it went.
    pub(super) async fn run<T, E>(
        &self,
        task: Task,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let done = work.await;
        let stats = self.of(task);
        stats.times.observe_time(began.elapsed());
        if done.is_ok() {
            // What was committed before the run began is in: it counts from there.
            *stats.succeeded.lock().unwrap_or_else(PoisonError::into_inner) = Some(began);
        } else {
            stats.failures.fetch_add(1, Ordering::Relaxed);
        }
        done
    }
}
