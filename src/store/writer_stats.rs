//! What the writers have done, for metrics and for who asks whether they work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::Distribution;

/// What the writers have done since the start.
#[derive(Debug)]
pub struct WriterStats {
    /// Jobs that were taken from the queue.
    pub jobs: AtomicU64,
    /// Transactions that were committed.
    pub commits: AtomicU64,
    /// Jobs that were turned away because the queue was full.
    pub refused: AtomicU64,
    /// Transactions that failed and were undone, and those for which no connection was to be had.
    pub failures: AtomicU64,
    /// Whether the last transaction failed.
    pub is_failing: AtomicBool,
    /// Jobs that shared a transaction.
    pub jobs_a_commit: Distribution,
    /// How long a job waited in the queue.
    pub waits: Distribution,
    /// How long a transaction took from its first statement to the end of its commit.
    pub commit_times: Distribution,
}

impl Default for WriterStats {
    fn default() -> Self {
        Self {
            jobs: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            is_failing: AtomicBool::new(false),
            jobs_a_commit: Distribution::of_counts(),
            waits: Distribution::of_times(),
            commit_times: Distribution::of_times(),
        }
    }
}

impl WriterStats {
    pub(super) fn note_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.is_failing.store(true, Ordering::Relaxed);
    }

    pub(super) fn note_commit(&self, jobs: usize, took: Duration) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.is_failing.store(false, Ordering::Relaxed);
        self.jobs_a_commit.observe(jobs as u64);
        self.commit_times.observe_time(took);
    }
}
