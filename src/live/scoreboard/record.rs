//! What counts for one member on one board.

use std::cmp::Reverse;

use jiff::civil::Date;

use crate::domain::ids::{MemberId, QuizId, UnitId};
use crate::domain::points::Points;
use crate::domain::ranking::{Entry, MemberKey, MemberStanding};
use crate::domain::time::Millis;

/// What counts of one quiz (of a `daily` one: and day) for a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    quiz: QuizId,
    pub(super) unit: UnitId,
    pub(super) score: Points,
    pub(super) elapsed_ms: i64,
    submitted_at: Millis,
    day: Option<Date>,
    /// Graded attempts of this slot for this unit.
    attempts: u32,
    /// What a faultless paper earns, in hundredths; half the width, because there is one for each result and a
    /// paper has 500,000 points at most.
    pub(super) max_score: u32,
    pub(super) passed: bool,
    pub(super) excellent: bool,
}

/// What is rare: a member with several slots, or with attempts for another unit than the one that counts.
#[derive(Clone, Debug, Default)]
struct Others {
    slots: Vec<Slot>,
    attempts_elsewhere: Vec<(UnitId, u32)>,
}

pub(super) struct Record {
    pub(super) member: MemberId,
    pub(super) slot: Slot,
    others: Option<Box<Others>>,
}

impl Record {
    pub(super) fn new(result: &Entry) -> Self {
        Self { member: result.member, slot: Slot::new(result), others: None }
    }

    /// Whether more than one slot counts, or attempts were made for several units.
    pub(super) fn has_others(&self) -> bool {
        self.others.is_some()
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        std::iter::once(&self.slot).chain(self.others.iter().flat_map(|others| &others.slots))
    }

    /// Counts `result`: as the slot's better one, as one more attempt, or as a new slot.
    pub(super) fn take(&mut self, result: &Entry) {
        let day = result.counted_day();
        let mut slots = std::iter::once(&mut self.slot)
            .chain(self.others.iter_mut().flat_map(|others| others.slots.iter_mut()));
        let Some(slot) = slots.find(|slot| slot.quiz == result.quiz && slot.day == day) else {
            drop(slots);
            self.others.get_or_insert_default().slots.push(Slot::new(result));
            return;
        };
        let elsewhere = if !result.counts_before(slot.score, slot.elapsed_ms, slot.submitted_at) {
            if result.unit == slot.unit {
                slot.attempts += 1;
                return;
            }
            (result.unit, 1)
        } else if result.unit == slot.unit {
            *slot = Slot { attempts: slot.attempts + 1, ..Slot::new(result) };
            return;
        } else {
            let before = (slot.unit, slot.attempts);
            *slot = Slot::new(result);
            before
        };
        drop(slots);
        let counts = &mut self.others.get_or_insert_default().attempts_elsewhere;
        match counts.iter_mut().find(|(unit, _)| *unit == elsewhere.0) {
            Some((_, count)) => *count += elsewhere.1,
            None => counts.push(elsewhere),
        }
    }

    /// Where the member stands by what was earned for the units that `within` admits, without the rank.
    pub(super) fn standing(&self, within: impl Fn(UnitId) -> bool) -> Option<MemberStanding> {
        let mut slots = self.slots().filter(|slot| within(slot.unit));
        let mut latest = slots.next()?;
        let (mut score, mut elapsed_ms, mut attempts) = (latest.score, latest.elapsed_ms, latest.attempts);
        for slot in slots {
            score = score + slot.score;
            elapsed_ms = elapsed_ms.saturating_add(slot.elapsed_ms);
            attempts += slot.attempts;
            if slot.submitted_at > latest.submitted_at {
                latest = slot;
            }
        }
        let elsewhere = self.others.iter().flat_map(|others| &others.attempts_elsewhere);
        attempts += elsewhere.filter(|(unit, _)| within(*unit)).map(|(_, count)| count).sum::<u32>();
        let key = MemberKey {
            score: Reverse(score),
            elapsed_ms,
            submitted_at: latest.submitted_at,
            member: self.member,
        };
        Some(MemberStanding { rank: 0, key, unit: latest.unit, attempts })
    }

    /// The units for which something counts, each once.
    pub(super) fn units(&self) -> Vec<UnitId> {
        let mut units: Vec<UnitId> = self.slots().map(|slot| slot.unit).collect();
        units.sort_unstable();
        units.dedup();
        units
    }
}

impl Slot {
    fn new(result: &Entry) -> Self {
        Self {
            quiz: result.quiz,
            unit: result.unit,
            score: result.score,
            max_score: u32::try_from(result.max_score.0).unwrap_or(u32::MAX),
            elapsed_ms: result.elapsed_ms,
            submitted_at: result.submitted_at,
            day: result.counted_day(),
            attempts: 1,
            passed: result.passed,
            excellent: result.is_excellent(),
        }
    }
}

/// Where a record stands in an order; nowhere when nothing counts there.
pub(super) fn key_of(record: &Record, within: impl Fn(UnitId) -> bool) -> MemberKey {
    let none = MemberKey {
        score: Reverse(Points::ZERO),
        elapsed_ms: 0,
        submitted_at: Millis(0),
        member: MemberId(i64::MIN),
    };
    record.standing(within).map_or(none, |standing| standing.key)
}
