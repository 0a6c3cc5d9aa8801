//! Rankings: which results count, who stands where.
//!
//! Members are ordered by score (down), then elapsed time (up), then earlier submission; equal score
//! and elapsed time share a rank and the next rank skips ("standard competition ranking": 1, 2, 2, 4).
//! Units are ordered by the mean score over all their active members (down), so that a unit cannot win
//! by sending its best alone, then participation (down), then mean elapsed time (up).

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use jiff::civil::Date;

use super::ids::{MemberId, QuizId, UnitId};
use super::points::Points;
use super::quiz::QuizKind;
use super::time::Millis;

/// Share of the full mark, in percent, from which a result is excellent.
const EXCELLENT_PERCENT: i64 = 90;

/// A graded attempt, as rankings see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The how-manieth of all results: what tells it from the others.
    pub no: i64,
    /// Of which quiz.
    pub quiz: QuizId,
    /// What that quiz is for.
    pub kind: QuizKind,
    /// By whom.
    pub member: MemberId,
    /// For which unit: the member's own when the attempt was begun.
    pub unit: UnitId,
    /// When it was begun.
    pub started_at: Millis,
    /// The local date of that.
    pub day: Date,
    /// What it earned.
    pub score: Points,
    /// What a faultless paper earns.
    pub max_score: Points,
    /// How long it took, in milliseconds.
    pub elapsed_ms: i64,
    /// When it was submitted.
    pub submitted_at: Millis,
    /// Whether it passed.
    pub passed: bool,
}

impl Entry {
    /// Whether it earned 90 % of the full mark or more.
    pub fn is_excellent(&self) -> bool {
        self.max_score.0 > 0 && self.score.0 * 100 >= self.max_score.0 * EXCELLENT_PERCENT
    }

    /// The day whose result this is; only of a `daily` quiz, of which one counts each day.
    pub fn counted_day(&self) -> Option<Date> {
        (self.kind == QuizKind::Daily).then_some(self.day)
    }

    /// Whether this result counts instead of another one of the same member, quiz and counted day: of a
    /// `daily` quiz the first, of any other the best.
    pub fn counts_before(&self, score: Points, elapsed_ms: i64, submitted_at: Millis) -> bool {
        if self.kind == QuizKind::Daily {
            return self.submitted_at < submitted_at;
        }
        (Reverse(self.score), self.elapsed_ms, self.submitted_at) < (Reverse(score), elapsed_ms, submitted_at)
    }
}

/// The results that count on a board, and how many attempts each member made there.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// One entry for each quiz and member (for `daily`: and day).
    pub entries: Vec<Entry>,
    /// Graded attempts of each member for each unit, counted or not.
    pub attempts: HashMap<(MemberId, UnitId), u32>,
}

impl Counted {
    /// Keeps only what was earned for a unit that `within` admits. What counts was picked before, so a
    /// result is on the boards of one line of units only.
    pub fn retain_units(&mut self, within: impl Fn(UnitId) -> bool) {
        self.entries.retain(|entry| within(entry.unit));
        self.attempts.retain(|(_, unit), _| within(*unit));
    }
}

/// Picks what counts out of all graded attempts of one board (a quiz, or a period): of a `daily` quiz
/// the first attempt of each day, of any other quiz the best.
pub fn counted(entries: impl IntoIterator<Item = Entry>) -> Counted {
    let mut attempts = HashMap::new();
    let mut picked: HashMap<(MemberId, QuizId, Option<Date>), Entry> = HashMap::new();
    for entry in entries {
        *attempts.entry((entry.member, entry.unit)).or_insert(0) += 1;
        let slot = picked.entry((entry.member, entry.quiz, entry.counted_day()));
        slot.and_modify(|kept| {
            if entry.counts_before(kept.score, kept.elapsed_ms, kept.submitted_at) {
                kept.clone_from(&entry);
            }
        })
        .or_insert(entry);
    }
    Counted { entries: picked.into_values().collect(), attempts }
}

/// Where a row stands on a member board; the order of this key is the order of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberKey {
    /// The score, more first.
    pub score: Reverse<Points>,
    /// The elapsed time in milliseconds, less first.
    pub elapsed_ms: i64,
    /// When the score was complete, earlier first.
    pub submitted_at: Millis,
    /// The last resort, so that the order is total.
    pub member: MemberId,
}

/// One row of a member board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberStanding {
    /// 1 is best; shared on equal score and elapsed time.
    pub rank: u32,
    /// Score, time and member, in the board's order.
    pub key: MemberKey,
    /// The unit of the latest result that counts.
    pub unit: UnitId,
    /// How many graded attempts the member made on this board.
    pub attempts: u32,
}

/// Ranks the members by what counts for them.
pub fn rank_members(counted: &Counted) -> Vec<MemberStanding> {
    let mut sums: HashMap<MemberId, (Points, i64, Millis, UnitId)> = HashMap::new();
    for entry in &counted.entries {
        sums.entry(entry.member)
            .and_modify(|(score, elapsed_ms, submitted_at, unit)| {
                *score = *score + entry.score;
                *elapsed_ms = elapsed_ms.saturating_add(entry.elapsed_ms);
                if entry.submitted_at > *submitted_at {
                    (*submitted_at, *unit) = (entry.submitted_at, entry.unit);
                }
            })
            .or_insert((entry.score, entry.elapsed_ms, entry.submitted_at, entry.unit));
    }
    let mut attempts: HashMap<MemberId, u32> = HashMap::new();
    for ((member, _), count) in &counted.attempts {
        *attempts.entry(*member).or_insert(0) += count;
    }
    let mut standings: Vec<MemberStanding> = sums
        .into_iter()
        .map(|(member, (score, elapsed_ms, submitted_at, unit))| MemberStanding {
            rank: 0,
            key: MemberKey { score: Reverse(score), elapsed_ms, submitted_at, member },
            unit,
            attempts: attempts.get(&member).copied().unwrap_or(0),
        })
        .collect();
    standings.sort_unstable_by_key(|standing| standing.key);
    share_ranks(
        &mut standings,
        |a, b| (a.key.score, a.key.elapsed_ms) == (b.key.score, b.key.elapsed_ms),
        |standing, rank| standing.rank = rank,
    );
    standings
}

/// What a unit has reached on a board, before it is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitTotals {
    /// The unit.
    pub unit: UnitId,
    /// Members who belong to it or to a unit below it, and those who have earned a result for it and have
    /// moved or left since: a unit must not gain by sending people away. Never 0.
    pub active_members: u32,
    /// Members with a result that counts here.
    pub participants: u32,
    /// Sum of the scores that count.
    pub score: Points,
    /// Sum of what faultless papers earn in their place.
    pub max_score: Points,
    /// Sum of their elapsed times, in milliseconds.
    pub elapsed_ms: i64,
    /// Results that count.
    pub results: u32,
    /// Those of them that passed.
    pub passed: u32,
    /// Those of them that earned 90 % of the full mark or more.
    pub excellent: u32,
}

/// One row of a unit board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitStanding {
    /// 1 is best; shared when everything that orders is equal.
    pub rank: u32,
    /// What the unit has reached.
    pub totals: UnitTotals,
}

impl UnitTotals {
    /// The totals of a unit before anything is counted.
    pub fn empty(unit: UnitId) -> Self {
        Self {
            unit,
            active_members: 0,
            participants: 0,
            score: Points::ZERO,
            max_score: Points::ZERO,
            elapsed_ms: 0,
            results: 0,
            passed: 0,
            excellent: 0,
        }
    }

    /// The mean score over all active members, rounded half up to a hundredth.
    pub fn mean_score(&self) -> Points {
        self.score.share(1, self.active_members)
    }

    /// The share of the active members who took part, 0 to 1, to four decimals.
    pub fn participation(&self) -> f64 {
        ratio(self.participants, self.active_members)
    }

    /// The share of the counted results that passed, 0 to 1, to four decimals; 0 without results.
    pub fn pass_rate(&self) -> f64 {
        ratio(self.passed, self.results)
    }

    /// The share of the counted results that earned 90 % of the full mark or more, 0 to 1, to four decimals;
    /// 0 without results.
    pub fn excellence_rate(&self) -> f64 {
        ratio(self.excellent, self.results)
    }

    /// The board's order, exact: fractions are compared by cross multiplication.
    fn order(&self, other: &Self) -> Ordering {
        let fraction =
            |numerator: i64, denominator: u32| (i128::from(numerator), i128::from(denominator.max(1)));
        let compare = |a: (i128, i128), b: (i128, i128)| (a.0 * b.1).cmp(&(b.0 * a.1));
        let mean = |totals: &Self| fraction(totals.score.0, totals.active_members);
        let participation = |totals: &Self| {
            fraction(totals.participants.min(totals.active_members).into(), totals.active_members)
        };
        let elapsed = |totals: &Self| fraction(totals.elapsed_ms, totals.participants);
        compare(mean(other), mean(self))
            .then_with(|| compare(participation(other), participation(self)))
            .then_with(|| compare(elapsed(self), elapsed(other)))
    }
}

fn ratio(numerator: u32, denominator: u32) -> f64 {
    if denominator == 0 {
        return 0.0;
    }
    (f64::from(numerator) / f64::from(denominator) * 10_000.0).round() / 10_000.0
}

/// Ranks the units. Units without active members have no mean and are left out.
pub fn rank_units(totals: Vec<UnitTotals>) -> Vec<UnitStanding> {
    let mut standings: Vec<UnitStanding> = totals
        .into_iter()
        .filter(|totals| totals.active_members > 0)
        .map(|totals| UnitStanding { rank: 0, totals })
        .collect();
    standings.sort_unstable_by(|a, b| a.totals.order(&b.totals).then(a.totals.unit.cmp(&b.totals.unit)));
    share_ranks(
        &mut standings,
        |a, b| a.totals.order(&b.totals) == Ordering::Equal,
        |standing, rank| standing.rank = rank,
    );
    standings
}

/// Gives rows that are in order their ranks; a row that equals the one before shares its rank.
fn share_ranks<T>(rows: &mut [T], equal: impl Fn(&T, &T) -> bool, mut set: impl FnMut(&mut T, u32)) {
    let mut rank = 0;
    for index in 0..rows.len() {
        let (before, rest) = rows.split_at_mut(index);
        let Some(row) = rest.first_mut() else { break };
        if !before.last().is_some_and(|last| equal(last, row)) {
            rank = u32::try_from(index + 1).unwrap_or(u32::MAX);
        }
        set(row, rank);
    }
}

#[cfg(test)]
#[path = "ranking_tests.rs"]
mod tests;
