//! The results of a unit on a day, as sums: what reports over days and chapters are made of.

use std::collections::BTreeMap;

use jiff::civil::Date;
use roaring::RoaringTreemap;

use super::ids::{MemberId, QuizId, UnitId};
use super::period::Calendar;
use super::quiz::QuizKind;
use super::ranking::Entry;

/// Whose results, at what, on which local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitDayKey {
    /// The day.
    pub day: Date,
    /// The unit itself, without those below it.
    pub unit: UnitId,
    /// The quiz.
    pub quiz: QuizId,
}

impl UnitDayKey {
    /// Where a result belongs: that of a `daily` quiz to the day on which it was begun, any other to the one
    /// on which it was submitted.
    pub fn of(entry: &Entry, calendar: &Calendar) -> Self {
        let day = match entry.kind {
            QuizKind::Daily => entry.day,
            QuizKind::Contest | QuizKind::Exam | QuizKind::Practice => calendar.date(entry.submitted_at),
        };
        Self { day, unit: entry.unit, quiz: entry.quiz }
    }
}

/// How the items of one chapter were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChapterSums {
    /// Items.
    pub items: i64,
    /// Points earned, in hundredths.
    pub earned: i64,
    /// Points possible, in hundredths.
    pub possible: i64,
}

impl ChapterSums {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.items += other.items;
        self.earned += other.earned;
        self.possible += other.possible;
    }
}

/// Sums over results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResultSums {
    /// Results.
    pub results: i64,
    /// Those of them that passed.
    pub passed: i64,
    /// Those of them that earned 90 % of the full mark or more.
    pub excellent: i64,
    /// Points earned, in hundredths.
    pub score: i64,
    /// Points possible, in hundredths.
    pub max_score: i64,
    /// Elapsed time, in milliseconds.
    pub elapsed_ms: i64,
}

impl ResultSums {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.results += other.results;
        self.passed += other.passed;
        self.excellent += other.excellent;
        self.score += other.score;
        self.max_score += other.max_score;
        self.elapsed_ms += other.elapsed_ms;
    }
}

/// Members, each once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberSet(RoaringTreemap);

impl MemberSet {
    /// Puts a member in.
    pub fn insert(&mut self, member: MemberId) {
        self.0.insert(member.0.cast_unsigned());
    }

    /// Puts all of the others in.
    pub fn add(&mut self, others: &Self) {
        self.0 |= &others.0;
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The set as it is stored: the portable form of a 64-bit roaring bitmap
    /// (<https://github.com/RoaringBitmap/RoaringFormatSpec>).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.serialized_size());
        // A vector takes everything.
        drop(self.0.serialize_into(&mut bytes));
        bytes
    }

    /// The set that was stored.
    ///
    /// # Errors
    /// When the bytes are no such set.
    pub fn from_bytes(bytes: &[u8]) -> std::io::Result<Self> {
        RoaringTreemap::deserialize_from(bytes).map(Self)
    }
}

/// The results of a unit at a quiz on a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnitDay {
    /// Their sums.
    pub sums: ResultSums,
    /// Whose they are.
    pub members: MemberSet,
    /// How each chapter was answered.
    pub chapters: BTreeMap<String, ChapterSums>,
}

impl UnitDay {
    /// Counts a result; its chapters are counted by themselves.
    pub fn count(&mut self, entry: &Entry) {
        self.members.insert(entry.member);
        self.sums.add(&ResultSums {
            results: 1,
            passed: entry.passed.into(),
            excellent: entry.is_excellent().into(),
            score: entry.score.0,
            max_score: entry.max_score.0,
            elapsed_ms: entry.elapsed_ms,
        });
    }

    /// Counts an item of a chapter.
    pub fn count_item(&mut self, chapter: &str, item: &ChapterSums) {
        match self.chapters.get_mut(chapter) {
            Some(sums) => sums.add(item),
            None => drop(self.chapters.insert(chapter.to_owned(), *item)),
        }
    }

    /// Adds other results of the same unit, quiz and day.
    pub fn add(&mut self, other: &Self) {
        self.sums.add(&other.sums);
        self.members.add(&other.members);
        for (chapter, sums) in &other.chapters {
            self.count_item(chapter, sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::points::Points;
    use crate::domain::time::Millis;

    /// Begun at 23:50 in Shanghai on 30 November, handed in at 00:10.
    fn over_midnight(kind: QuizKind) -> Entry {
        let started_at = Millis(1_796_053_800_000);
        Entry {
            no: 1,
            quiz: QuizId(1),
            kind,
            member: MemberId(7),
            unit: UnitId(3),
            started_at,
            day: date(2026, 11, 30),
            score: Points(9_000),
            max_score: Points(10_000),
            elapsed_ms: 1_200_000,
            submitted_at: started_at.plus_ms(1_200_000),
            passed: true,
        }
    }

    #[test]
    fn a_daily_result_belongs_to_the_day_of_its_beginning_any_other_to_that_of_its_submission() {
        let calendar = Calendar::new("Asia/Shanghai").unwrap();
        let day = |kind| UnitDayKey::of(&over_midnight(kind), &calendar).day;
        assert_eq!(calendar.date(over_midnight(QuizKind::Daily).started_at), date(2026, 11, 30));
        assert_eq!(day(QuizKind::Daily), date(2026, 11, 30));
        assert_eq!((day(QuizKind::Contest), day(QuizKind::Exam)), (date(2026, 12, 1), date(2026, 12, 1)));
    }

    #[test]
    fn two_results_of_one_member_are_one_member() {
        let mut sums = UnitDay::default();
        sums.count(&over_midnight(QuizKind::Contest));
        sums.count(&Entry { score: Points(8_999), passed: false, ..over_midnight(QuizKind::Contest) });
        assert_eq!((sums.members.len(), sums.sums.results, sums.sums.passed), (1, 2, 1));
        assert_eq!((sums.sums.excellent, sums.sums.score, sums.sums.max_score), (1, 17_999, 20_000));
    }

    #[test]
    fn broken_bytes_are_no_set() {
        assert!(MemberSet::from_bytes(&[1, 2, 3]).is_err());
        assert!(MemberSet::from_bytes(&[0xFF; 64]).is_err());
    }

    proptest! {
        #[test]
        fn sets_count_each_member_once_and_read_back_as_they_were(
            some in proptest::collection::vec(0_i64..1 << 40, 0..50),
            others in proptest::collection::vec(0_i64..100, 0..50),
        ) {
            let set = |ids: &[i64]| {
                let mut set = MemberSet::default();
                ids.iter().for_each(|&id| set.insert(MemberId(id)));
                set
            };
            let mut both = set(&some);
            both.add(&set(&others));
            let expected: BTreeSet<i64> = some.iter().chain(&others).copied().collect();
            prop_assert_eq!(both.len(), expected.len() as u64);
            prop_assert_eq!(MemberSet::from_bytes(&both.to_bytes()).unwrap(), both);
        }
    }
}
