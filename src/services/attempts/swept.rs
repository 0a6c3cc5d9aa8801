//! How far the sweep for expired attempts has come, so that it does not look at old ones again.

use std::sync::{Mutex, PoisonError};

use crate::domain::time::Millis;
use crate::store::{AnyConnection, Database, StoreError, attempts};

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
