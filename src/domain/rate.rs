//! How often something may be done: a rate with a burst, by the generic cell rate algorithm (ITU-T I.371, annex
//! A.2). Of each caller one number is kept: when a caller who had kept exactly to the rate would be due again.

use super::time::Millis;

/// Microseconds of a second.
const SECOND_US: i64 = 1_000_000;
/// Microseconds of a millisecond.
const MILLI_US: i64 = 1_000;

/// Longest burst, and latest instant, that are counted with: four of them still fit into a number.
const LONGEST_US: i64 = i64::MAX / 4;

/// So many at once, and then one after each interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    interval_us: i64,
    /// What a caller may be ahead of the rate.
    full_us: i64,
}

/// When a caller who had kept exactly to the rate would be due again, in microseconds since 1970; 0 at first.
pub type Due = i64;

impl Rate {
    /// `burst` at once, and then `per_second` a second; both are at least 1.
    pub const fn per_second(per_second: u32, burst: u32) -> Self {
        let per_second = if per_second == 0 { 1 } else { per_second as i64 };
        let interval_us = SECOND_US / per_second;
        Self::every(if interval_us == 0 { 1 } else { interval_us }, burst)
    }

    /// `burst` at once, and then one after each `seconds`; both are at least 1.
    pub const fn every_seconds(seconds: u32, burst: u32) -> Self {
        let seconds = if seconds == 0 { 1 } else { seconds as i64 };
        Self::every(seconds * SECOND_US, burst)
    }

    const fn every(interval_us: i64, burst: u32) -> Self {
        let burst = if burst == 0 { 1 } else { burst as i64 };
        let full_us = interval_us.saturating_mul(burst);
        Self { interval_us, full_us: if full_us > LONGEST_US { LONGEST_US } else { full_us } }
    }

    /// One more at `now`; answers when the caller is due then.
    ///
    /// # Errors
    /// How many milliseconds too early it is.
    pub fn admit(self, due: Due, now: Millis) -> Result<Due, i64> {
        let due = self.counted(due, now);
        let ahead_us = due - Self::now_us(now);
        let early_us = ahead_us - self.full_us;
        if early_us > 0 { Err(early_us.saturating_add(MILLI_US - 1) / MILLI_US) } else { Ok(due) }
    }

    /// One more at `now`, whatever the rate says; nobody gets further ahead than a burst.
    pub fn count(self, due: Due, now: Millis) -> Due {
        self.counted(due, now).min(Self::now_us(now) + self.full_us)
    }

    /// One that was admitted and shall not count after all.
    pub fn take_back(self, due: Due) -> Due {
        due.saturating_sub(self.interval_us)
    }

    fn counted(self, due: Due, now: Millis) -> Due {
        let now_us = Self::now_us(now);
        // A clock that was set back makes nobody wait longer than a burst takes.
        due.clamp(now_us, now_us + self.full_us) + self.interval_us
    }

    fn now_us(now: Millis) -> i64 {
        now.0.clamp(0, LONGEST_US / MILLI_US) * MILLI_US
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Millis = Millis(1_795_406_400_000);

    #[test]
    fn a_burst_is_admitted_at_once_and_then_one_after_each_interval() {
        let rate = Rate::every_seconds(6, 20);
        let mut due = 0;
        for _ in 0..20 {
            due = rate.admit(due, NOW).unwrap();
        }
        assert_eq!(rate.admit(due, NOW), Err(6000));
        assert_eq!(rate.admit(due, Millis(NOW.0 + 5999)), Err(1));
        due = rate.admit(due, Millis(NOW.0 + 6000)).unwrap();
        assert_eq!(rate.admit(due, Millis(NOW.0 + 6000)), Err(6000));
        // Two minutes later all of the burst is there again.
        let later = Millis(NOW.0 + 6000 + 120_000);
        for _ in 0..20 {
            due = rate.admit(due, later).unwrap();
        }
        assert!(rate.admit(due, later).is_err());
    }

    #[test]
    fn what_is_taken_back_counts_for_nothing() {
        let rate = Rate::every_seconds(6, 1);
        let due = rate.admit(0, NOW).unwrap();
        assert!(rate.admit(due, NOW).is_err());
        assert!(rate.admit(rate.take_back(due), NOW).is_ok());
    }

    #[test]
    fn counting_goes_no_further_than_a_burst() {
        let rate = Rate::per_second(3, 5);
        let due = (0..1000).fold(0, |due, _| rate.count(due, NOW));
        assert_eq!(rate.admit(due, NOW), Err(334));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let rate = Rate::every_seconds(6, 20);
        let due = (0..20).fold(0, |due, _| rate.count(due, NOW));
        let yesterday = Millis(NOW.0 - 86_400_000);
        assert_eq!(rate.admit(due, yesterday), Err(6000));
    }

    proptest! {
        /// In no stretch of time more are admitted than a burst and what the rate gives in it.
        #[test]
        fn never_more_than_the_burst_and_the_rate(
            per_second in 1_u32..500,
            burst in 1_u32..50,
            pauses in prop::collection::vec(0_i64..2_000, 1..300),
        ) {
            let rate = Rate::per_second(per_second, burst);
            let (mut due, mut now, mut admitted) = (0, NOW.0, vec![]);
            for pause in pauses {
                now += pause;
                if let Ok(next) = rate.admit(due, Millis(now)) {
                    due = next;
                    admitted.push(now);
                }
            }
            for (first, from) in admitted.iter().enumerate() {
                for (last, until) in admitted.iter().enumerate().skip(first) {
                    let count = i64::try_from(last - first + 1).unwrap();
                    let allowed = i64::from(burst) + (until - from) * i64::from(per_second) / 1000 + 1;
                    prop_assert!(count <= allowed, "{count} admitted in {} ms", until - from);
                }
            }
        }

        /// Whoever waits as long as was said is admitted.
        #[test]
        fn the_wait_that_is_told_is_enough(per_second in 1_u32..500, burst in 1_u32..50, count in 0_usize..100) {
            let rate = Rate::per_second(per_second, burst);
            let due = (0..count).fold(0, |due, _| rate.count(due, NOW));
            if let Err(wait) = rate.admit(due, NOW) {
                prop_assert!(wait > 0);
                prop_assert!(rate.admit(due, Millis(NOW.0 + wait)).is_ok());
            }
        }

        #[test]
        fn no_number_panics(due: i64, now: i64, per_second: u32, burst: u32) {
            let rate = Rate::per_second(per_second, burst);
            let _ = rate.admit(due, Millis(now));
            let _ = rate.count(due, Millis(now));
            let _ = rate.take_back(due);
        }
    }
}
