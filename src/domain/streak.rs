//! Streaks: days of study one after the other.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// How long somebody has kept studying, in days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streaks {
    /// Days in a row up to today; up to yesterday while nothing is done today yet, because today is not over.
    pub current: u32,
    /// The most days in a row there ever were.
    pub longest: u32,
}

/// The streaks of somebody who studied on these local dates. Dates after `today` do not count.
pub fn streaks(days: &BTreeSet<Date>, today: Date) -> Streaks {
    let mut longest = 0;
    let mut run = 0;
    let mut last: Option<Date> = None;
    for &day in days.range(..=today) {
        let follows = last.is_some_and(|last| last.tomorrow().ok() == Some(day));
        run = if follows { run + 1 } else { 1 };
        longest = longest.max(run);
        last = Some(day);
    }
    let holds = last.is_some_and(|last| last == today || last.tomorrow().ok() == Some(today));
    Streaks { current: if holds { run } else { 0 }, longest }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn on(offsets: &[i64]) -> BTreeSet<Date> {
        offsets.iter().map(|&offset| date(2026, 3, 1).saturating_add(offset.days())).collect()
    }

    #[test]
    fn days_in_a_row_count_and_today_is_not_lost_before_it_is_over() {
        let today = date(2026, 3, 1);
        for (offsets, current, longest) in [
            (&[][..], 0, 0),
            (&[0], 1, 1),
            (&[-1], 1, 1),
            (&[-2], 0, 1),
            (&[-1, 0], 2, 2),
            (&[-3, -2, -1], 3, 3),
            (&[-9, -8, -7, -6, -1, 0], 2, 4),
            (&[-3, -2, 0], 1, 2),
            (&[0, 1, 2], 1, 1),
        ] {
            assert_eq!(streaks(&on(offsets), today), Streaks { current, longest }, "{offsets:?}");
        }
    }

    proptest! {
        #[test]
        fn one_more_day_never_shortens_a_streak(offsets in prop::collection::vec(-40_i64..=0, 0..30), more in -40_i64..=0) {
            let today = date(2026, 3, 1);
            let before = streaks(&on(&offsets), today);
            let after = streaks(&on(&[offsets.clone(), vec![more]].concat()), today);
            prop_assert!(after.current >= before.current && after.longest >= before.longest);
            prop_assert!(before.current <= before.longest);
            prop_assert!(before.longest as usize <= on(&offsets).len());
        }
    }
}
