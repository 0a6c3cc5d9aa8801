//! Days, weeks and months in the drive's time zone.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Millis;

/// What span of time a ranking looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// A calendar day.
    Day,
    /// A week from Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// From the beginning on.
    All,
}

/// A span of time: `from` belongs to it, `until` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: Millis,
    /// The first instant after it.
    pub until: Millis,
}

impl Span {
    /// All of time.
    pub const ALL: Self = Self { from: Millis(i64::MIN), until: Millis(i64::MAX) };

    /// Whether `instant` lies in the span.
    pub fn contains(self, instant: Millis) -> bool {
        self.from <= instant && instant < self.until
    }
}

/// The calendar of the drive: a time zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// The calendar of the IANA time zone `name`, such as `Asia/Shanghai`.
    ///
    /// # Errors
    /// When there is no such time zone.
    pub fn new(name: &str) -> Result<Self, jiff::Error> {
        Ok(Self { zone: TimeZone::get(name)? })
    }

    /// The local date of `instant`.
    pub fn date(&self, instant: Millis) -> Date {
        self.local(instant).date()
    }

    /// What clocks and calendars show at `instant`.
    pub fn local(&self, instant: Millis) -> DateTime {
        Timestamp::from_millisecond(instant.0)
            .map_or(DateTime::MIN, |timestamp| timestamp.to_zoned(self.zone.clone()).datetime())
    }

    /// The first instant of the local date.
    pub fn start_of(&self, date: Date) -> Millis {
        date.to_zoned(self.zone.clone())
            .map_or(Millis(i64::MIN), |zoned| Millis(zoned.timestamp().as_millisecond()))
    }

    /// The span of the `period` that holds the local date `on`.
    pub fn span(&self, period: Period, on: Date) -> Span {
        let (first, next) = match period {
            Period::Day => (on, on.saturating_add(1.day())),
            Period::Week => {
                let monday = on.saturating_sub(i64::from(on.weekday().since(Weekday::Monday)).days());
                (monday, monday.saturating_add(7.days()))
            }
            Period::Month => {
                let first = on.first_of_month();
                (first, first.saturating_add(1.month()))
            }
            Period::All => return Span::ALL,
        };
        Span { from: self.start_of(first), until: self.start_of(next) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn shanghai() -> Calendar {
        Calendar::new("Asia/Shanghai").unwrap()
    }

    /// The instant of a UTC time written in RFC 3339.
    fn utc(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn bounds(period: Period, on: Date) -> (Millis, Millis) {
        let span = shanghai().span(period, on);
        (span.from, span.until)
    }

    #[test]
    fn periods_at_the_ends_of_months_and_years() {
        for (period, on, from, until) in [
            (Period::Day, date(2026, 12, 31), "2026-12-30T16:00:00Z", "2026-12-31T16:00:00Z"),
            (Period::Week, date(2026, 12, 31), "2026-12-27T16:00:00Z", "2027-01-03T16:00:00Z"),
            (Period::Week, date(2027, 1, 3), "2026-12-27T16:00:00Z", "2027-01-03T16:00:00Z"),
            (Period::Week, date(2027, 1, 4), "2027-01-03T16:00:00Z", "2027-01-10T16:00:00Z"),
            (Period::Month, date(2026, 12, 31), "2026-11-30T16:00:00Z", "2026-12-31T16:00:00Z"),
            (Period::Month, date(2028, 2, 29), "2028-01-31T16:00:00Z", "2028-02-29T16:00:00Z"),
        ] {
            assert_eq!(bounds(period, on), (utc(from), utc(until)), "{period:?} {on}");
        }
    }

    #[test]
    fn the_day_turns_at_midnight_in_shanghai() {
        let calendar = shanghai();
        assert_eq!(calendar.date(utc("2026-12-31T15:59:59.999Z")), date(2026, 12, 31));
        assert_eq!(calendar.date(utc("2026-12-31T16:00:00Z")), date(2027, 1, 1));
    }

    #[test]
    fn a_day_in_a_zone_with_summer_time_has_23_or_25_hours() {
        let berlin = Calendar::new("Europe/Berlin").unwrap();
        let hours = |on| {
            let span = berlin.span(Period::Day, on);
            span.until.since(span.from) / 3_600_000
        };
        assert_eq!((hours(date(2026, 3, 29)), hours(date(2026, 10, 25))), (23, 25));
    }

    #[test]
    fn an_unknown_zone_is_refused() {
        assert!(Calendar::new("Asia/Yantai").is_err());
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_its_own_periods_and_the_next_begins_where_one_ends(ms in 0_i64..4_102_444_800_000) {
            let calendar = shanghai();
            let on = calendar.date(Millis(ms));
            for period in [Period::Day, Period::Week, Period::Month, Period::All] {
                let span = calendar.span(period, on);
                prop_assert!(span.contains(Millis(ms)));
                if period != Period::All {
                    let next = calendar.span(period, calendar.date(span.until));
                    prop_assert_eq!(next.from, span.until);
                }
            }
        }
    }
}
