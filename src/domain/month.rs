//! Calendar months.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

/// A calendar month, written `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// The month that holds a date.
    pub fn of(date: Date) -> Self {
        Self(date.first_of_month())
    }

    /// The month that `text` names as `YYYY-MM`, of the years 2000 to 2999.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let is_number =
            |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(year, 4) || !is_number(month, 2) {
            return None;
        }
        let year: i16 = year.parse().ok().filter(|year| (2000..3000).contains(year))?;
        Date::new(year, month.parse().ok()?, 1).ok().map(Self)
    }

    /// Its first day.
    pub fn first(self) -> Date {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    /// The month before it.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1.month()))
    }

    /// The month after it.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0.saturating_add(1.month()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_month_is_read_as_it_is_written() {
        let month = Month::parse("2026-02").unwrap();
        assert_eq!((month.first(), month.last()), (date(2026, 2, 1), date(2026, 2, 28)));
        assert_eq!(month.to_string(), "2026-02");
        assert_eq!(Month::of(date(2026, 2, 17)), month);
        for text in ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "1999-12", "2026-01-01", "+026-01"]
        {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }

    #[test]
    fn months_follow_each_other_over_the_year() {
        let december = Month::parse("2026-12").unwrap();
        assert_eq!(december.after().to_string(), "2027-01");
        assert_eq!(december.after().before(), december);
    }
}
