//! The draw: from a bank revision, a blueprint and a seed to a paper.
//!
//! `draw` is a pure function, and its result for given inputs never changes: an attempt stores only
//! its seed and its bank revision, and the paper is drawn again whenever somebody looks at it.
//! Whoever changes what this file computes makes a new [`VERSION`] and keeps the old one.
//!
//! Random words come from ChaCha with 8 rounds, keyed with the seed and this file's version; whole
//! numbers below a bound are taken from them by Lemire's method with rejection (D. Lemire, "Fast
//! random integer generation in an interval", ACM TOMACS 29(1), 2019), which is free of bias.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use smallvec::SmallVec;

use super::blueprint::{Blueprint, Cell, Plan, Section, shortfalls};
use super::question::Question;

/// The version of the draw that this file computes; an attempt stores it beside its seed.
pub const VERSION: i32 = 1;

/// A paper: which questions in which order, and the order of each one's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// The items in the order in which the member sees them; item number 1 comes first.
    pub items: Vec<Item>,
}

/// One item of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Position of the question in the bank revision.
    pub question: usize,
    /// Position of the section in the blueprint.
    pub section: usize,
    /// For each shown option its position in the bank's order; empty when there are no options.
    pub options: OptionOrder,
}

/// The options of an item in the order in which they are shown, by their positions in the bank's order.
/// Inline up to 8: a paper is drawn for each request that shows it.
pub type OptionOrder = SmallVec<[u8; 8]>;

/// Draws the paper that belongs to `seed`.
///
/// Each section's items are drawn one by one, every admissible question being equally likely; a
/// question is admissible when it is not on the paper yet and when taking it leaves the later
/// sections enough (which only matters where sections share questions).
///
/// `plan` must come from the same bank and blueprint. A plan that cannot be filled does not exist
/// ([`Plan::new`] refuses it), so the draw always ends with a full paper.
pub fn draw(bank: &[Question], blueprint: &Blueprint, plan: &Plan, seed: u64) -> Paper {
    let mut random = Random::new(seed);
    let mut taken = Taken::new(if plan.contested { bank.len() } else { 0 });
    let mut items = Vec::with_capacity(blueprint.sections.iter().map(|section| section.count as usize).sum());
    for (index, (section, candidates)) in blueprint.sections.iter().zip(&plan.candidates).enumerate() {
        let mut drawn: Drawn = if plan.contested {
            draw_contested(&mut random, &mut taken, blueprint, plan, index)
        } else {
            draw_free(&mut random, section, candidates)
        };
        // The draw's own order is random already; the bank's order is the ascending one.
        if !blueprint.shuffle_questions {
            drawn.sort_unstable();
        }
        for question in drawn {
            let count = plan.option_counts.get(question as usize).copied().unwrap_or(0);
            let mut options = in_order(count);
            if blueprint.shuffle_options {
                random.shuffle(&mut options);
            }
            items.push(Item { question: question as usize, section: index, options });
        }
    }
    Paper { items }
}

/// So many options in the bank's order.
fn in_order(count: u8) -> OptionOrder {
    const FIRST: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
    match usize::from(count) {
        few if few <= FIRST.len() => OptionOrder::from_buf_and_len(FIRST, few),
        _ => (0..count).collect(),
    }
}

/// The questions that were drawn for one section, by their positions in the bank. Inline up to 32.
type Drawn = SmallVec<[u32; 32]>;

/// Up to so many drawn questions are looked through one by one: quicker than a set as large as the bank.
const FEW: u32 = 32;

/// Draws for a section that shares no question with another.
fn draw_free(random: &mut Random, section: &Section, candidates: &[u32]) -> Drawn {
    let mut drawn = Drawn::with_capacity(section.count as usize);
    let is_few = section.count <= FEW;
    let mut taken = Taken::new(if is_few { 0 } else { candidates.len() });
    let Ok(bound) = u32::try_from(candidates.len()) else { return drawn };
    while drawn.len() < section.count as usize && drawn.len() < candidates.len() {
        let place = random.below(bound);
        let Some(&position) = candidates.get(place as usize) else { break };
        // One met before is drawn again: uniform over the rest, and quick, because even the last of n takes
        // n attempts on average.
        let is_new = if is_few { !drawn.contains(&position) } else { taken.insert(place) };
        if is_new {
            drawn.push(position);
        }
    }
    drawn
}

/// Draws for a section that shares questions with others: only what leaves the later ones enough.
fn draw_contested(
    random: &mut Random,
    taken: &mut Taken,
    blueprint: &Blueprint,
    plan: &Plan,
    index: usize,
) -> Drawn {
    let mut drawn = Drawn::new();
    let Some(section) = blueprint.sections.get(index) else { return drawn };
    let later: Vec<u32> = blueprint.sections.iter().skip(index + 1).map(|section| section.count).collect();
    let mut left = Left::new(plan, taken, index + 1);
    while drawn.len() < section.count as usize {
        let allowed: Vec<u32> = left.masks_that_leave_enough(&later);
        let admissible: Vec<u32> = plan
            .candidates
            .get(index)
            .into_iter()
            .flatten()
            .copied()
            .filter(|&position| !taken.contains(position))
            .filter(|&position| allowed.contains(&left.mask(plan, position)))
            .collect();
        let Ok(bound) = u32::try_from(admissible.len()) else { break };
        if bound == 0 {
            break;
        }
        if let Some(&position) = admissible.get(random.below(bound) as usize) {
            taken.insert(position);
            left.take(left.mask(plan, position));
            drawn.push(position);
        }
    }
    drawn
}

/// What is left for the sections after the one that is being drawn, grouped by who admits it.
struct Left {
    first_later: usize,
    cells: Vec<Cell>,
}

impl Left {
    fn new(plan: &Plan, taken: &Taken, first_later: usize) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for (position, &mask) in (0_u32..).zip(&plan.eligibility) {
            if !taken.contains(position) {
                *counts.entry(later_mask(mask, first_later)).or_insert(0) += 1;
            }
        }
        Self { first_later, cells: counts.into_iter().collect() }
    }

    /// The later sections that admit the question at `position`.
    fn mask(&self, plan: &Plan, position: u32) -> u32 {
        later_mask(plan.eligibility.get(position as usize).copied().unwrap_or(0), self.first_later)
    }

    fn take(&mut self, mask: u32) {
        if let Some((_, count)) = self.cells.iter_mut().find(|(cell, _)| *cell == mask) {
            *count = count.saturating_sub(1);
        }
    }

    /// Whether any one question may go: by Hall's theorem it may when every later section alone admits
    /// more questions than all of them want. Spares the flows wherever questions are not scarce.
    fn is_ample(&self, demands: &[u32]) -> bool {
        let wanted: u32 = demands.iter().sum();
        (0..demands.len()).all(|section| {
            let admitted = self.cells.iter().filter(|(mask, _)| mask & (1 << section) != 0);
            admitted.map(|(_, count)| count).sum::<u32>() > wanted
        })
    }

    fn masks_that_leave_enough(&self, demands: &[u32]) -> Vec<u32> {
        let ample = self.is_ample(demands);
        self.cells
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|&(mask, _)| mask)
            .filter(|&mask| {
                if ample || mask == 0 {
                    return true;
                }
                let mut rest = Self { first_later: self.first_later, cells: self.cells.clone() };
                rest.take(mask);
                shortfalls(&rest.cells, demands).iter().all(|&missing| missing == 0)
            })
            .collect()
    }
}

/// `mask` without the sections before `first_later`, shifted so that this one is bit 0.
fn later_mask(mask: u32, first_later: usize) -> u32 {
    u32::try_from(first_later).ok().and_then(|shift| mask.checked_shr(shift)).unwrap_or(0)
}

/// Which positions of the bank are on the paper already.
struct Taken(Vec<u64>);

impl Taken {
    fn new(questions: usize) -> Self {
        Self(vec![0; questions.div_ceil(64)])
    }

    fn contains(&self, position: u32) -> bool {
        self.0.get(position as usize / 64).is_some_and(|word| word & (1 << (position % 64)) != 0)
    }

    /// Takes `position`; false when it was taken before.
    fn insert(&mut self, position: u32) -> bool {
        let Some(word) = self.0.get_mut(position as usize / 64) else { return false };
        let bit = 1 << (position % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// The draw's own random source.
struct Random(ChaCha8Rng);

impl Random {
    fn new(seed: u64) -> Self {
        let mut key = *b"........qianti paper draw, v1...";
        for (byte, seed) in key.iter_mut().zip(seed.to_le_bytes()) {
            *byte = seed;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A whole number below `bound`, all equally likely; 0 for a bound of 0.
    fn below(&mut self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        // The division is dear and decides something only where the low half is below the bound.
        let threshold = || bound.wrapping_neg() % bound;
        loop {
            let product = u64::from(self.0.next_u32()) * u64::from(bound);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the low and the high half are what is wanted"
            )]
            let (low, high) = (product as u32, (product >> 32) as u32);
            if low >= bound || low >= threshold() {
                return high;
            }
        }
    }

    /// Puts `items` in random order, every order equally likely (Fisher and Yates).
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            if let Ok(bound) = u32::try_from(last + 1) {
                items.swap(last, self.below(bound) as usize);
            }
        }
    }
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
