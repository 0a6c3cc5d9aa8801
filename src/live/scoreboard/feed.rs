//! Which results were taken in. Their numbers come from a counter, but several writers commit out of
//! order: a gap below the highest number may still be filled, or was rolled back for good.

use std::collections::BTreeMap;

use crate::domain::time::Millis;

/// How long a gap is waited for, in milliseconds: no transaction is open for so long, so what has not
/// come by then was rolled back.
const GAP_LIFE_MS: i64 = 120_000;
/// Gaps that are asked for at most; more at once mean that the numbers jumped.
const MOST_GAPS: usize = 10_000;

/// What to ask the database for: results above `after`, and those with the numbers in `gaps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The highest number that was taken in.
    pub after: i64,
    /// Numbers below it that were not.
    pub gaps: Vec<i64>,
}

/// Which results were taken in.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    highest: i64,
    /// Numbers below the highest that were not told yet, and since when they are waited for.
    gaps: BTreeMap<i64, Millis>,
}

impl Feed {
    /// Notes `no`; false when it was noted before.
    pub fn take(&mut self, no: i64, now: Millis) -> bool {
        if no <= self.highest {
            return self.gaps.remove(&no).is_some();
        }
        let first = self.highest.saturating_add(1);
        let wanted = usize::try_from(no - first).unwrap_or(usize::MAX);
        self.gaps.extend((first..no).rev().take(wanted.min(MOST_GAPS)).map(|gap| (gap, now)));
        self.highest = no;
        self.gaps.retain(|_, since| now.since(*since) <= GAP_LIFE_MS);
        true
    }

    /// Whether `no` was noted.
    pub fn has_taken(&self, no: i64) -> bool {
        no <= self.highest && !self.gaps.contains_key(&no)
    }

    /// Everything up to this number was noted.
    pub fn floor(&self) -> i64 {
        self.gaps.keys().next().map_or(self.highest, |gap| gap - 1)
    }

    /// What to ask the database for.
    pub fn missing(&self) -> Missing {
        Missing { after: self.highest, gaps: self.gaps.keys().copied().collect() }
    }

    /// Notes everything up to `no`.
    pub fn start_after(&mut self, no: i64) {
        *self = Self { highest: no, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_gap_is_asked_for_until_it_is_filled_or_old() {
        let mut feed = Feed::default();
        assert!(feed.take(1, Millis(0)));
        assert!(feed.take(4, Millis(0)));
        assert_eq!(feed.missing(), Missing { after: 4, gaps: vec![2, 3] });
        assert_eq!(feed.floor(), 1);
        assert!(feed.take(2, Millis(10)));
        assert!(!feed.take(2, Millis(10)));
        assert!(!feed.take(4, Millis(10)));
        assert_eq!(feed.floor(), 2);
        assert!(feed.take(5, Millis(GAP_LIFE_MS + 1)));
        assert_eq!(feed.missing(), Missing { after: 5, gaps: vec![] });
        assert_eq!(feed.floor(), 5);
    }

    proptest! {
        #[test]
        fn each_number_is_taken_once_in_whatever_order_and_however_often_it_is_told(
            numbers in proptest::collection::vec(1_i64..40, 0..200)
        ) {
            let mut feed = Feed::default();
            let mut taken = BTreeSet::new();
            for no in numbers {
                prop_assert_eq!(feed.take(no, Millis(0)), taken.insert(no));
                prop_assert!(feed.has_taken(no));
                let floor = (1..).find(|no| !taken.contains(no)).map_or(0, |gap| gap - 1);
                prop_assert_eq!(feed.floor(), floor);
                let gaps: Vec<i64> = (1..feed.missing().after).filter(|no| !taken.contains(no)).collect();
                prop_assert_eq!(feed.missing().gaps, gaps);
            }
        }
    }
}
