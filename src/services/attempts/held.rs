//! Attempts in memory: those that run, and those that were settled last.

use std::sync::Arc;

use super::loaded::Loaded;
use crate::domain::ids::AttemptId;
use crate::live::latest::{Dated as _, Latest};

/// Running attempts that are held, at some 2 KB each.
const MOST_RUNNING: usize = 100_000;
/// Settled attempts that are held: their members look at the result. Apart from the others, so that a
/// contest's results do not push out those who are still answering.
const MOST_SETTLED: usize = 20_000;

/// Attempts in memory.
pub(super) struct HeldAttempts {
    running: Latest<AttemptId, Loaded>,
    settled: Latest<AttemptId, Loaded>,
}

impl HeldAttempts {
    pub(super) fn new() -> Self {
        Self { running: Latest::new(MOST_RUNNING), settled: Latest::new(MOST_SETTLED) }
    }

    /// The attempt, when it was read in this generation.
    pub(super) fn get(&self, id: &AttemptId, generation: Option<u64>) -> Option<Arc<Loaded>> {
        self.running.get(id, generation).or_else(|| self.settled.get(id, generation))
    }

    /// Holds an attempt, unless something newer is held.
    pub(super) fn put(&self, loaded: Arc<Loaded>) {
        let id = loaded.attempt.id.clone();
        if loaded.attempt.result.is_some() {
            self.settled.put(&id, loaded);
            self.running.forget(&id);
        } else {
            let generation = Some(loaded.generation());
            self.running.put(&id, loaded);
            // Whoever has read it before it was settled comes late.
            if self.settled.get(&id, generation).is_some() {
                self.running.forget(&id);
            }
        }
    }

    /// Running attempts that are held.
    pub(super) fn count_running(&self) -> usize {
        self.running.len()
    }

    /// Forgets an attempt.
    pub(super) fn forget(&self, id: &AttemptId) {
        self.running.forget(id);
        self.settled.forget(id);
    }
}
