//! The statistics: sums of the results, kept up to date by a follower that takes results in the order of their
//! numbers, some thousands a turn. What a turn has worked out is written with the number up to which it went, in
//! one transaction, and only if nobody else has written since it looked: so every result is in the sums once.

mod lag;
mod tally;
mod verify;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

pub use self::lag::Lag;
use self::tally::{Desk, KnownVersions, Tally};
use super::{Context, ServiceError};
use crate::domain::ids::QuizId;
use crate::domain::unit_day::{UnitDay, UnitDayKey};
use crate::store::full_results::{self, FullResult, Slice};
use crate::store::statistics::{self as sums, Progress, Turn};
use crate::store::{AnyConnection, StoreError, in_snapshot};

/// Most results of one turn: some 60 ms of drawing and grading.
const MOST_RESULTS: i64 = 2_000;
/// Writes of members that may wait while a turn is written; with more it waits a little itself.
const CALM: usize = 16;
const WAIT_FOR_CALM: Duration = Duration::from_millis(20);
const MOST_WAITS_FOR_CALM: usize = 100;

/// What became of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Everything that was committed before is in the sums.
    Idle,
    /// Results were taken in or out.
    Took {
        /// How many.
        count: usize,
        /// Whether there may be more at once.
        more: bool,
    },
    /// Somebody else follows or has written meanwhile.
    Overtaken,
}

/// What a turn has to do.
enum Plan {
    Idle(Progress),
    BeginAnew(Progress),
    Write { turn: Turn, count: usize, more: bool },
    LeaveIt,
}

/// The statistics.
pub struct Statistics {
    context: Arc<Context>,
    versions: Arc<KnownVersions>,
    /// The version of the sums when they were last looked at.
    version: AtomicI64,
}

impl Statistics {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context, versions: Arc::new(KnownVersions::new()), version: AtomicI64::new(0) }
    }

    /// The version of the sums, as far as this instance knows: what was read from them in another version may
    /// be stale.
    pub(super) fn version(&self) -> i64 {
        self.version.load(Ordering::Acquire)
    }

    /// Takes the next results in. To be called about once a second, and again at once while there are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn follow(&self) -> Result<Followed, ServiceError> {
        let (context, versions) = (Arc::clone(&self.context), Arc::clone(&self.versions));
        let generation = self.context.database.freshness().generation();
        let plan = self
            .context
            .database
            .read(move |connection| -> Result<Plan, ServiceError> {
                let progress = sums::get_progress(connection)?;
                if progress.timezone != context.settings.timezone {
                    return Ok(Plan::BeginAnew(progress));
                }
                let safe = sums::find_safe_no(connection)?;
                in_snapshot(connection, |connection| {
                    if !sums::take_part(connection)? {
                        return Ok(Plan::LeaveIt);
                    }
                    plan_turn(&mut Desk::new(&context, &versions, generation), &context, connection, safe)
                })
            })
            .await?;
        match plan {
            Plan::LeaveIt => Ok(Followed::Overtaken),
            Plan::Idle(progress) => {
                self.version.fetch_max(progress.version, Ordering::AcqRel);
                Ok(Followed::Idle)
            }
            Plan::BeginAnew(progress) => {
                let timezone = self.context.settings.timezone.clone();
                let version = progress.version;
                let begun = self
                    .context
                    .database
                    .write_aside(move |connection| sums::begin_anew(connection, version, &timezone));
                self.written(begun.await?, version, Followed::Took { count: 0, more: true })
            }
            Plan::Write { turn, count, more } => {
                self.wait_for_calm().await;
                let version = turn.version;
                let written =
                    self.context.database.write_aside(move |connection| sums::write_turn(connection, &turn));
                self.written(written.await?, version, Followed::Took { count, more })
            }
        }
    }

    fn written(&self, written: bool, version: i64, done: Followed) -> Result<Followed, ServiceError> {
        if !written {
            return Ok(Followed::Overtaken);
        }
        self.version.fetch_max(version + 1, Ordering::AcqRel);
        Ok(done)
    }

    /// Takes in everything that is committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn catch_up(&self) -> Result<(), ServiceError> {
        loop {
            match self.follow().await? {
                Followed::Idle => return Ok(()),
                Followed::Took { .. } => {}
                Followed::Overtaken => tokio::time::sleep(WAIT_FOR_CALM).await,
            }
        }
    }

    /// Members' writes go first, as far as there is an end to them.
    async fn wait_for_calm(&self) {
        for _ in 0..MOST_WAITS_FOR_CALM {
            if self.context.database.writes_waiting() <= CALM {
                break;
            }
            tokio::time::sleep(WAIT_FOR_CALM).await;
        }
    }
}

/// Works out the next turn from what is committed at one instant; every result up to `safe` is.
fn plan_turn(
    desk: &mut Desk<'_>,
    context: &Context,
    connection: &mut AnyConnection,
    safe: i64,
) -> Result<Plan, ServiceError> {
    let progress = sums::get_progress(connection)?;
    let calendar = &context.calendar;
    let slice = Slice::Numbered { after: progress.taken_no, until: safe, limit: MOST_RESULTS };
    let results = full_results::list_results(connection, &slice, calendar)?;
    let voided = full_results::list_results(connection, &Slice::NewlyVoided, calendar)?;
    let is_full = i64::try_from(results.len()).is_ok_and(|count| count >= MOST_RESULTS);
    let last = results.last().filter(|_| is_full).map(|result| result.entry.no);
    let taken_no = last.unwrap_or(safe).max(progress.taken_no);
    if taken_no == progress.taken_no && voided.is_empty() {
        return Ok(Plan::Idle(progress));
    }
    let mut tally = Tally::default();
    for result in &results {
        tally.take(result, &desk.grade(connection, result)?, calendar);
    }
    // Those that were never counted are left out of what is read, now and later.
    let counted: Vec<&FullResult> =
        voided.iter().filter(|result| result.entry.no <= progress.taken_no).collect();
    let mut afresh = Tally::default();
    for result in &counted {
        let key = UnitDayKey::of(&result.entry, calendar);
        tally.take_items(&desk.grade(connection, result)?, -1);
        if afresh.days.contains_key(&key) {
            continue;
        }
        afresh.days.insert(key, UnitDay::default());
        let slice = Slice::OfUnit { quiz: key.quiz, unit: key.unit, until: progress.taken_no };
        let same_day = full_results::list_results(connection, &slice, calendar)?;
        for result in same_day.iter().filter(|result| UnitDayKey::of(&result.entry, calendar) == key) {
            afresh.take_day(result, &desk.grade(connection, result)?, calendar);
        }
    }
    let count = results.len() + voided.len();
    let turn = Turn {
        version: progress.version,
        taken_no,
        days: merge_days(connection, tally.days, afresh.days)?,
        items: {
            let quizzes: HashSet<QuizId> = tally.items.keys().map(|key| key.quiz).collect();
            let quizzes: Vec<QuizId> = quizzes.into_iter().collect();
            let mut items = tally.items;
            for (key, sums) in sums::list_item_sums(connection, &quizzes)? {
                if let Some(item) = items.get_mut(&key) {
                    item.add(&sums, 1);
                }
            }
            items
        },
        voids: voided.into_iter().map(|result| result.attempt).collect(),
    };
    Ok(Plan::Write { turn, count, more: is_full })
}

/// What the days are with the new results: those `afresh` in the place of what is stored.
fn merge_days(
    connection: &mut AnyConnection,
    new: HashMap<UnitDayKey, UnitDay>,
    afresh: HashMap<UnitDayKey, UnitDay>,
) -> Result<HashMap<UnitDayKey, UnitDay>, StoreError> {
    let stored: HashSet<UnitDayKey> = new.keys().filter(|key| !afresh.contains_key(key)).copied().collect();
    let mut days = sums::list_unit_days(connection, &stored)?;
    days.extend(afresh);
    for (key, day) in new {
        days.entry(key).or_default().add(&day);
    }
    Ok(days)
}
