//! How far the sums are behind the results, and whether they still come after.

use super::{Statistics, WAIT_FOR_CALM};
use crate::services::ServiceError;
use crate::store::results;
use crate::store::statistics as sums;

/// Turns, [`WAIT_FOR_CALM`] apart, in which the sums must have got further: some 5 seconds.
const MOST_IDLE_TURNS: usize = 250;

/// How far the sums were behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Results that were not in the sums.
    pub results: i64,
    /// The time zone of the sums where it is not that of the settings. They are left alone then: whoever serves with
    /// another time zone counts them anew.
    pub other_timezone: Option<String>,
    /// Why they could not be brought up to date.
    pub stuck: Option<String>,
}

impl Statistics {
    /// Looks how far the sums are behind the results, and takes those in; what comes meanwhile is not waited for.
    ///
    /// # Errors
    /// When the database fails. That the sums do not get further is told in the answer.
    pub async fn try_to_catch_up(&self) -> Result<Lag, ServiceError> {
        let read = |connection: &mut _| {
            let progress = sums::get_progress(connection)?;
            let behind = results::count_after(connection, progress.taken_no)?;
            Ok::<_, ServiceError>((behind, results::find_latest_no(connection)?, progress))
        };
        let (behind, latest_no, progress) = self.context.database.read(read).await?;
        let mut lag = Lag { results: behind, ..Lag::default() };
        let (theirs, ours) = (progress.timezone, &self.context.settings.timezone);
        // Before the first turn they have none.
        if !theirs.is_empty() && theirs != *ours {
            lag.other_timezone = Some(theirs);
            return Ok(lag);
        }
        let (mut taken_no, mut idle_turns) = (progress.taken_no, 0);
        while taken_no < latest_no {
            if let Err(error) = self.follow().await {
                lag.stuck = Some(error.to_string());
                break;
            }
            let reached = self.context.database.read(sums::get_progress).await?.taken_no;
            if reached > taken_no {
                (taken_no, idle_turns) = (reached, 0);
                continue;
            }
            idle_turns += 1;
            if idle_turns > MOST_IDLE_TURNS {
                lag.stuck = Some(format!("they stay at result {taken_no} of {latest_no}"));
                break;
            }
            tokio::time::sleep(WAIT_FOR_CALM).await;
        }
        Ok(lag)
    }
}
