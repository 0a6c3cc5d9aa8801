//! What follows a commit: what is held in memory takes it in, and those who wait are answered. It has a thread to
//! itself, so that the writer is at its next transaction meanwhile; and since that is one thread for each writer, all
//! of it happens in the order of the commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::attempt_writes::AttemptWritten;
use super::writer::Work;
use super::{Freshness, StoreError};

/// Transactions that may wait to be announced; then the writer waits. Their jobs are out of the queue, whose length is
/// what turns away: so few that this stays true.
const MOST_WAITING: usize = 2;

/// What is to be done with the outcome of a committed write before it is answered.
pub(super) type Committed = Box<dyn FnOnce(AttemptWritten) + Send>;

/// A committed write of an attempt, and who waits for it.
pub(super) struct CommittedAttempt {
    pub outcome: AttemptWritten,
    pub committed: Committed,
    pub reply: oneshot::Sender<Result<AttemptWritten, StoreError>>,
}

/// A transaction that was committed.
pub(super) struct CommittedBatch {
    pub attempts: Vec<CommittedAttempt>,
    pub work: Vec<Box<dyn Work>>,
}

/// The thread that announces what one writer has committed; it ends when this is dropped.
pub(super) struct Announcer {
    batches: Option<SyncSender<CommittedBatch>>,
    thread: Option<JoinHandle<()>>,
}

impl Announcer {
    /// Starts the thread of the writer called `writer`.
    pub(super) fn start(writer: &str, freshness: Arc<Freshness>) -> std::io::Result<Self> {
        let (inlet, batches) = sync_channel(MOST_WAITING);
        let thread = std::thread::Builder::new()
            .name(format!("{writer}-tells"))
            .spawn(move || announce_all(&batches, &freshness))?;
        Ok(Self { batches: Some(inlet), thread: Some(thread) })
    }

    /// Announces `batch`, after those before it.
    pub(super) fn announce(&self, batch: CommittedBatch) {
        // It cannot be gone: nothing that it runs can make it panic.
        if self.batches.as_ref().is_some_and(|batches| batches.send(batch).is_err()) {
            tracing::error!("a committed transaction could not be announced");
        }
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        drop(self.batches.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("announcing what was committed has panicked");
        }
    }
}

fn announce_all(batches: &Receiver<CommittedBatch>, freshness: &Freshness) {
    for batch in batches {
        let mut replies = Vec::with_capacity(batch.attempts.len());
        for CommittedAttempt { outcome, committed, reply } in batch.attempts {
            if catch_unwind(AssertUnwindSafe(|| committed(outcome))).is_err() {
                tracing::error!("what follows a committed write panicked");
                freshness.advance();
            }
            replies.push((reply, outcome));
        }
        // In one go: the first answer wakes a thread, which would find one request to go on with and sleep again.
        for (reply, outcome) in replies {
            drop(reply.send(Ok(outcome)));
        }
        for work in batch.work {
            work.answer(Ok(()));
        }
    }
}
