//! The days of one unit in memory: what was handed in for it and all below it, and how each of the units directly
//! below answered the chapters. Days are read when they are asked for, and again once they have changed.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::ids::UnitId;
use crate::domain::unit_day::{ChapterSums, MemberSet, ResultSums, UnitDay};

/// The units that a book is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookUnits {
    /// Of the unit and of each below it, the unit directly below that it belongs to; the unit itself belongs to
    /// itself.
    pub parts: HashMap<UnitId, UnitId>,
}

/// One day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BookDay {
    /// What was handed in.
    pub sums: ResultSums,
    /// Members who handed something in.
    pub participants: u64,
    /// How each chapter was answered, by the part of the unit and the number of the chapter.
    chapters: HashMap<(UnitId, u32), ChapterSums>,
}

/// A day while it is read.
#[derive(Default)]
struct OpenDay {
    day: BookDay,
    members: MemberSet,
}

/// The days of one unit.
#[derive(Default)]
pub struct DayBook {
    units: BookUnits,
    /// The generation whose units these are, where it is known.
    generation: Option<u64>,
    /// The version of the sums in which every day that is held is right.
    version: i64,
    /// The chapters, by their numbers.
    chapters: Vec<String>,
    numbers: HashMap<String, u32>,
    days: BTreeMap<Date, BookDay>,
}

/// Days that are being read for a book.
pub struct BookReader<'a> {
    book: &'a mut DayBook,
    open: BTreeMap<Date, OpenDay>,
}

impl DayBook {
    /// An empty book, to be filled with what holds in `version`.
    pub fn new(version: i64) -> Self {
        Self { version, ..Self::default() }
    }

    /// Whether the book is known to be about the units of this generation.
    pub fn is_of(&self, generation: Option<u64>) -> bool {
        generation.is_some() && self.generation == generation
    }

    /// Makes the book one about `units`, which are those of this generation; the days of other units go.
    pub fn be_about(&mut self, units: BookUnits, generation: Option<u64>) {
        if self.units != units {
            self.days.clear();
            self.units = units;
        }
        self.generation = generation;
    }

    /// The units that the book is about.
    pub fn units(&self) -> HashSet<UnitId> {
        self.units.parts.keys().copied().collect()
    }

    /// The version of the sums in which every day that is held is right.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Forgets all days; the next ones hold what is right in `version`.
    pub fn clear(&mut self, version: i64) {
        self.days.clear();
        self.version = version;
    }

    /// Forgets the days that have changed up to `version`.
    pub fn forget(&mut self, changed: &[Date], version: i64) {
        for day in changed {
            self.days.remove(day);
        }
        self.version = version;
    }

    /// The first and the last day of `span` that are not held; `None` when all are.
    pub fn missing(&self, (first, last): (Date, Date)) -> Option<(Date, Date)> {
        let is_missing = |day: &Date| !self.days.contains_key(day);
        let from = days(first, last).find(is_missing)?;
        let until =
            std::iter::successors(Some(last), |day| day.checked_sub(1.day()).ok()).find(is_missing)?;
        Some((from, until))
    }

    /// Reads days, which are empty until they are told of.
    pub fn read(&mut self, (first, last): (Date, Date)) -> BookReader<'_> {
        let open = days(first, last).map(|day| (day, OpenDay::default())).collect();
        BookReader { book: self, open }
    }

    /// A day that is held.
    pub fn day(&self, day: Date) -> Option<&BookDay> {
        self.days.get(&day)
    }

    /// How each part of the unit answered each chapter over a span of days that are held.
    pub fn chapters(&self, (first, last): (Date, Date)) -> HashMap<(UnitId, &str), ChapterSums> {
        let mut cells: HashMap<(UnitId, u32), ChapterSums> = HashMap::new();
        if first > last {
            return HashMap::new();
        }
        for day in self.days.range(first..=last).map(|(_, day)| day) {
            for (&cell, sums) in &day.chapters {
                cells.entry(cell).or_default().add(sums);
            }
        }
        let name = |number: u32| self.chapters.get(number as usize).map_or("", String::as_str);
        cells.into_iter().map(|((part, number), sums)| ((part, name(number)), sums)).collect()
    }

    fn number(&mut self, chapter: &str) -> u32 {
        if let Some(&number) = self.numbers.get(chapter) {
            return number;
        }
        let number = u32::try_from(self.chapters.len()).unwrap_or(u32::MAX);
        self.chapters.push(chapter.to_owned());
        self.numbers.insert(chapter.to_owned(), number);
        number
    }
}

impl BookReader<'_> {
    /// Tells of what one unit has handed in on a day.
    pub fn tell(&mut self, unit: UnitId, day: Date, told: &UnitDay) {
        let (Some(&part), Some(open)) = (self.book.units.parts.get(&unit), self.open.get_mut(&day)) else {
            return;
        };
        open.day.sums.add(&told.sums);
        open.members.add(&told.members);
        for (chapter, sums) in &told.chapters {
            let number = self.book.number(chapter);
            open.day.chapters.entry((part, number)).or_default().add(sums);
        }
    }

    /// Holds the days.
    pub fn finish(self) {
        for (date, OpenDay { mut day, members }) in self.open {
            day.participants = members.len();
            self.book.days.insert(date, day);
        }
    }
}

/// The days of a span.
pub fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.checked_add(1.day()).ok())
        .take_while(move |day| *day <= last)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::ids::MemberId;

    fn told(members: &[i64], earned: i64) -> UnitDay {
        let mut day = UnitDay::default();
        members.iter().for_each(|&member| day.members.insert(MemberId(member)));
        day.sums = ResultSums { results: 2, score: earned, max_score: 100, ..ResultSums::default() };
        day.count_item("党章", &ChapterSums { items: 4, earned, possible: 100 });
        day
    }

    /// 1 over 2 and 3; 4 below 2.
    fn units() -> BookUnits {
        let parts = [(1, 1), (2, 2), (3, 3), (4, 2)];
        BookUnits { parts: parts.iter().map(|&(unit, part)| (UnitId(unit), UnitId(part))).collect() }
    }

    #[test]
    fn days_add_up_over_the_units_and_each_member_once() {
        let (first, second) = (date(2026, 11, 30), date(2026, 12, 1));
        let mut book = DayBook::new(5);
        book.be_about(units(), Some(1));
        assert_eq!(book.missing((first, second)), Some((first, second)));
        let mut reader = book.read((first, second));
        reader.tell(UnitId(2), first, &told(&[1, 2], 30));
        reader.tell(UnitId(4), first, &told(&[2, 3], 50));
        reader.tell(UnitId(3), first, &told(&[4], 70));
        reader.tell(UnitId(9), first, &told(&[5], 90));
        reader.finish();
        assert_eq!(book.missing((first, second)), None);
        let day = book.day(first).unwrap();
        assert_eq!((day.participants, day.sums.results, day.sums.score), (4, 6, 150));
        assert_eq!(book.day(second), Some(&BookDay::default()));
        let cells = book.chapters((first, second));
        let earned = |unit| cells.get(&(UnitId(unit), "党章")).map(|sums| (sums.items, sums.earned));
        assert_eq!((earned(2), earned(3), earned(1)), (Some((8, 80)), Some((4, 70)), None));
    }

    #[test]
    fn changed_days_are_read_again() {
        let (first, last) = (date(2026, 11, 1), date(2026, 11, 9));
        let mut book = DayBook::new(5);
        book.be_about(units(), Some(1));
        book.read((first, last)).finish();
        // The same units in another generation; without one nothing is known.
        book.be_about(units(), Some(2));
        assert!(book.is_of(Some(2)) && !book.is_of(Some(1)) && !book.is_of(None));
        assert_eq!(book.missing((first, last)), None);
        book.forget(&[date(2026, 11, 3), date(2026, 11, 5)], 8);
        assert_eq!(book.missing((first, last)), Some((date(2026, 11, 3), date(2026, 11, 5))));
        assert_eq!((book.version(), book.missing((date(2026, 11, 6), last))), (8, None));
        assert_eq!(days(last, first).count(), 0);
        book.be_about(BookUnits::default(), Some(3));
        assert_eq!(book.missing((last, last)), Some((last, last)));
    }
}
