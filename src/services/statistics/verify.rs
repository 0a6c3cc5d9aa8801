//! Comparing the sums with what the results say.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use jiff::civil::Date;

use super::Statistics;
use super::tally::{Desk, Tally};
use crate::domain::item_statistics::ItemSums;
use crate::domain::period::Calendar;
use crate::domain::unit_day::UnitDay;
use crate::services::ServiceError;
use crate::store::full_results::{self, Slice};
use crate::store::statistics::{self as sums, DayFilter, ItemKey, WhichQuizzes};
use crate::store::{in_snapshot, quizzes};

/// Results that are read in one go.
const PAGE: i64 = 2_000;
/// Sums that are named at most; the rest are only counted.
const MOST_NAMED: usize = 20;

/// What was compared, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Sums that were computed again.
    pub sums: usize,
    /// Results that they were computed from.
    pub results: usize,
    /// What is wrong, in words for the operator. Empty in health.
    pub faults: Vec<String>,
}

impl Statistics {
    /// Computes all sums anew from the results that they say they hold, as both are at one instant, and compares.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify(&self) -> Result<Comparison, ServiceError> {
        let (context, versions) = (Arc::clone(&self.context), Arc::clone(&self.versions));
        let generation = self.context.database.freshness().generation();
        self.context
            .database
            .read(move |connection| {
                in_snapshot(connection, |connection| -> Result<Comparison, ServiceError> {
                    let progress = sums::get_progress(connection)?;
                    // Of another time zone until the follower has begun anew.
                    let calendar = match Calendar::new(&progress.timezone) {
                        Ok(calendar) => calendar,
                        Err(_) => context.calendar.clone(),
                    };
                    let mut desk = Desk::new(&context, &versions, generation);
                    let (mut tally, mut after, mut count) = (Tally::default(), 0, 0);
                    loop {
                        let slice = Slice::Numbered { after, until: progress.taken_no, limit: PAGE };
                        let results = full_results::list_results(connection, &slice, &calendar)?;
                        let Some(last) = results.last() else { break };
                        after = last.entry.no;
                        count += results.len();
                        for result in &results {
                            tally.take(result, &desk.grade(connection, result)?, &calendar);
                        }
                    }
                    // Voided, but the follower has not looked since: still in the sums.
                    for result in full_results::list_results(connection, &Slice::NewlyVoided, &calendar)? {
                        if result.entry.no <= progress.taken_no {
                            tally.take(&result, &desk.grade(connection, &result)?, &calendar);
                        }
                    }
                    let mut comparison = Comparison { results: count, ..Comparison::default() };
                    let all =
                        DayFilter { days: (Date::MIN, Date::MAX), quizzes: WhichQuizzes::All, units: None };
                    let mut days = HashMap::new();
                    sums::for_each_unit_day(connection, &all, |key, day| drop(days.insert(key, day)))?;
                    comparison.compare("unit day", tally.days, days, &UnitDay::default());
                    let ids: Vec<_> = quizzes::list_quizzes(connection)?.iter().map(|quiz| quiz.id).collect();
                    let items: HashMap<ItemKey, ItemSums> =
                        sums::list_item_sums(connection, &ids)?.into_iter().collect();
                    comparison.compare("item", tally.items, items, &ItemSums::default());
                    Ok(comparison)
                })
            })
            .await
    }
}

impl Comparison {
    /// Compares what should be stored with what is; what is not stored is nothing.
    fn compare<K: Copy + Debug + Eq + Hash + Ord, V: Debug + PartialEq>(
        &mut self,
        what: &str,
        mut expected: HashMap<K, V>,
        found: HashMap<K, V>,
        nothing: &V,
    ) {
        self.sums += expected.len();
        let mut wrong: Vec<(K, Option<V>, Option<V>)> = Vec::new();
        for (key, found) in found {
            match expected.remove(&key) {
                Some(expected) if expected == found => {}
                None if found == *nothing => {}
                expected => wrong.push((key, expected, Some(found))),
            }
        }
        let missing = expected.into_iter().filter(|(_, expected)| expected != nothing);
        wrong.extend(missing.map(|(key, expected)| (key, Some(expected), None)));
        wrong.sort_unstable_by_key(|(key, ..)| *key);
        for (key, expected, found) in wrong.iter().take(MOST_NAMED) {
            self.faults
                .push(format!("the sums of the {what} {key:?} should be {expected:?} but are {found:?}"));
        }
        if wrong.len() > MOST_NAMED {
            self.faults.push(format!("{} sums of a {what} are not what the results say", wrong.len()));
        }
    }
}
