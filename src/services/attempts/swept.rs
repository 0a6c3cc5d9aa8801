//! The sweep for attempts whose deadline has passed, and how far it has come, so that it does not look at old ones
//! again.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, stream};

use super::{Attempts, Loaded};
use crate::domain::attempt::{settled_deadline, takes_answers};
use crate::domain::ids::AttemptId;
use crate::domain::period::Span;
use crate::services::ServiceError;
use crate::store::attempts::ClosedBy;

use crate::domain::time::Millis;
use crate::store::{AnyConnection, Database, StoreError, attempts};

/// Attempts that one round of the sweep settles.
pub const SWEEP_BATCH: u32 = 500;
/// Attempts that the sweep settles at the same time: they share commits.
const SWEEP_ABREAST: usize = 64;
/// The sweep looks back by so many seconds again, for attempts that were begun on another instance whose clock is behind.
const MARGIN_SECONDS: i64 = 60;
/// What it has reached is written down when it has come so many seconds further.
const NOTED_SECONDS: i64 = 60;

/// How far the sweep has come.
#[derive(Default)]
pub(super) struct Swept(Mutex<Option<Reached>>);

#[derive(Clone, Copy)]
struct Reached {
    /// Every attempt with a deadline up to this has its result.
    until: Millis,
    /// What of it was written down, or needs not be.
    noted: Millis,
}

impl Swept {
    /// After which deadlines to look for attempts without a result, up to `latest`.
    pub(super) fn from(&self, connection: &mut AnyConnection, latest: Millis) -> Result<Millis, StoreError> {
        let mut reached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match *reached {
            Some(known) => known,
            None => {
                let noted = attempts::swept_until(connection)?;
                *reached.insert(Reached { until: noted, noted })
            }
        };
        if known.until <= latest {
            return Ok(known.until);
        }
        // The clock was set back: what is begun now has a deadline in what was swept.
        *reached = Some(Reached { until: Millis(0), ..known });
        Ok(Millis(0))
    }

    /// Says that every attempt with a deadline up to `latest` has its result now.
    pub(super) async fn reach(&self, database: &Database, latest: Millis) -> Result<(), StoreError> {
        let until = latest.plus_seconds(-MARGIN_SECONDS);
        let is_noted_later = {
            let mut reached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(known) = reached.as_mut() else { return Ok(()) };
            known.until = known.until.max(until);
            until.since(known.noted) < NOTED_SECONDS * 1000
        };
        if is_noted_later {
            return Ok(());
        }
        if database.read(move |connection| attempts::has_deadlines_to_note(connection, until)).await? {
            database.write_aside(move |connection| attempts::note_swept(connection, until)).await?;
        }
        let mut reached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = reached.as_mut() {
            known.noted = until;
        }
        Ok(())
    }
}

impl Attempts {
    /// Settles attempts whose deadline has passed and whose member has not come back; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&self) -> Result<usize, ServiceError> {
        let latest = settled_deadline(self.context.clock.now());
        let swept = Arc::clone(&self.swept);
        let due = self
            .context
            .database
            .read(move |connection| {
                let from = swept.from(connection, latest)?;
                let span = Span { from, until: latest };
                attempts::list_due(connection, span, SWEEP_BATCH.into())
            })
            .await?;
        let is_all = due.len() < SWEEP_BATCH as usize;
        let mut settled = 0;
        let mut failed = false;
        let mut settling = stream::iter(due)
            .map(|id| async move { (id.clone(), self.settle_due(id).await) })
            .buffer_unordered(SWEEP_ABREAST);
        while let Some((id, done)) = settling.next().await {
            match done {
                Ok(()) => settled += 1,
                Err(error @ ServiceError::Busy(_)) => return Err(error),
                // One that cannot be settled must not keep the others waiting.
                Err(error) => {
                    failed = true;
                    tracing::error!(attempt = %id, %error, "an expired attempt cannot be settled");
                }
            }
        }
        if is_all && !failed {
            self.swept.reach(&self.context.database, latest).await?;
        }
        Ok(settled)
    }

    pub(in crate::services) async fn settle_due(&self, id: AttemptId) -> Result<(), ServiceError> {
        let loaded = self.load(&id).await?;
        // It may have been given more time since it was found due.
        let is_over = !takes_answers(loaded.attempt.deadline, self.context.clock.now());
        if loaded.attempt.result.is_none() && is_over {
            self.settle_by_deadline(&loaded).await
        } else {
            Ok(())
        }
    }

    /// What was saved in time counts, and the time is the deadline's.
    pub(super) async fn settle_by_deadline(&self, loaded: &Loaded) -> Result<(), ServiceError> {
        let answers = loaded.attempt.answers.clone();
        let at = loaded.attempt.deadline.unwrap_or(loaded.attempt.started_at);
        let graded = loaded.grade(&loaded.paper(), &answers);
        self.settle(loaded, &graded, answers, ClosedBy::Deadline, at).await.map(drop)
    }
}
