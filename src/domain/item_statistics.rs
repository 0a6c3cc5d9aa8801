//! Item analysis: how hard an item is, and whether it tells those who know from those who do not.
//!
//! - *Facility index*: the mean fraction of its points that an item earned, in percent.
//! - *Discrimination index*: the corrected item–total correlation, that is Pearson's correlation between the
//!   fraction that the item earned and the fraction that the rest of the same paper earned, in percent. The
//!   rest, because an item correlates with a total that it is part of (S. Henrysson, "Correction of item-total
//!   correlations in item analysis", Psychometrika 28, 1963). The fraction of the rest, because papers are drawn.
//!
//! All is computed from sums of whole numbers, so that results can be added in any order and taken out again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::{FEW_ANSWERS, percent};

/// A whole, in the basis points in which fractions are summed up.
pub const WHOLE: i64 = 10_000;
/// Facility, in percent, from which an item is too easy to tell anything.
const TOO_EASY: f64 = 95.0;
/// Facility, in percent, up to which an item is too hard to be right: guessing among four does better.
const TOO_HARD: f64 = 20.0;

/// In which order items are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemOrder {
    /// Flagged ones first, the worst first; then the hardest.
    #[default]
    Suspect,
    /// By their codes.
    Code,
    /// The hardest first.
    Facility,
}

/// What is wrong with an item, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ItemFlag {
    /// Those who do well elsewhere do worse here: the key may be wrong.
    NegativeDiscrimination,
    /// A wrong option was chosen more often than a right one.
    DistractorOverKey,
    /// Answered right by 20 % or fewer.
    TooHard,
    /// Answered right by 95 % or more.
    TooEasy,
    /// An option that nobody has chosen.
    NeverChosenOption,
}

/// The sums of an item's answers on graded papers. Fractions are in basis points: x is what the item earned of
/// its points, y what the rest of the same paper earned of its.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemSums {
    /// Papers that showed the item.
    pub shown: i64,
    /// Papers on which it was not left empty.
    pub answered: i64,
    /// Σx.
    pub x: i64,
    /// Σx².
    pub xx: i64,
    /// Σy.
    pub y: i64,
    /// Σy².
    pub yy: i64,
    /// Σxy.
    pub xy: i64,
    /// How often each option was chosen, by its position in the bank's order; of a judge item 0 is true and
    /// 1 is false.
    pub chosen: BTreeMap<u8, i64>,
}

impl ItemSums {
    /// One paper: what the item and the rest of the paper earned, in basis points, and the options that were
    /// chosen.
    pub fn of(item: i64, rest: i64, answered: bool, chosen: impl IntoIterator<Item = u8>) -> Self {
        Self {
            shown: 1,
            answered: answered.into(),
            x: item,
            xx: item * item,
            y: rest,
            yy: rest * rest,
            xy: item * rest,
            chosen: chosen.into_iter().map(|option| (option, 1)).collect(),
        }
    }

    /// Adds `sign` times the other sums; -1 takes out what was added before.
    pub fn add(&mut self, other: &Self, sign: i64) {
        self.shown += sign * other.shown;
        self.answered += sign * other.answered;
        self.x += sign * other.x;
        self.xx += sign * other.xx;
        self.y += sign * other.y;
        self.yy += sign * other.yy;
        self.xy += sign * other.xy;
        for (&option, count) in &other.chosen {
            *self.chosen.entry(option).or_insert(0) += sign * count;
        }
        self.chosen.retain(|_, count| *count != 0);
    }

    /// How often an option was chosen.
    pub fn chosen(&self, option: u8) -> i64 {
        self.chosen.get(&option).copied().unwrap_or(0)
    }

    /// The facility index, in percent; `None` for an item that was never shown.
    pub fn facility_percent(&self) -> Option<f64> {
        percent(self.x, self.shown.saturating_mul(WHOLE))
    }

    /// The discrimination index, in percent from -100 to 100; `None` below [`FEW_ANSWERS`] answers, and where
    /// all earned the same.
    pub fn discrimination_percent(&self) -> Option<f64> {
        if !self.has_enough() {
            return None;
        }
        let n = i128::from(self.shown);
        let product = |a: i64, b: i64| i128::from(a) * i128::from(b);
        let covariance = n * i128::from(self.xy) - product(self.x, self.y);
        let variance_x = n * i128::from(self.xx) - product(self.x, self.x);
        let variance_y = n * i128::from(self.yy) - product(self.y, self.y);
        if variance_x <= 0 || variance_y <= 0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "two decimals of a percentage are told")]
        let correlation = covariance as f64 / ((variance_x as f64).sqrt() * (variance_y as f64).sqrt());
        Some((correlation.clamp(-1.0, 1.0) * 10_000.0).round() / 100.0)
    }

    fn has_enough(&self) -> bool {
        u64::try_from(self.answered).is_ok_and(|answered| answered >= FEW_ANSWERS)
    }

    /// What is wrong, the worst first. `keys` says of each option whether it is right; empty without options.
    pub fn flags(&self, keys: &[bool]) -> Vec<ItemFlag> {
        if !self.has_enough() {
            return vec![];
        }
        let counts = |wanted: bool| {
            let options = (0_u8..).zip(keys).filter(move |(_, is_key)| **is_key == wanted);
            options.map(|(option, _)| self.chosen(option))
        };
        let distracts =
            counts(false).max().zip(counts(true).min()).is_some_and(|(wrong, right)| wrong > right);
        let facility = self.facility_percent();
        let flags = [
            (
                ItemFlag::NegativeDiscrimination,
                self.discrimination_percent().is_some_and(|index| index < 0.0),
            ),
            (ItemFlag::DistractorOverKey, distracts),
            (ItemFlag::TooHard, facility.is_some_and(|facility| facility <= TOO_HARD)),
            (ItemFlag::TooEasy, facility.is_some_and(|facility| facility >= TOO_EASY)),
            (ItemFlag::NeverChosenOption, counts(true).chain(counts(false)).any(|count| count == 0)),
        ];
        flags.into_iter().filter(|(_, holds)| *holds).map(|(flag, _)| flag).collect()
    }
}

#[cfg(test)]
#[path = "item_statistics_tests.rs"]
mod tests;
