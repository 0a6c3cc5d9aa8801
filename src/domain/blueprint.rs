//! A blueprint: which questions a paper is drawn from, how many, and for how many points; and whether
//! a bank can fill it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::message::Message;
use super::points::Points;
use super::question::{Fault, Kind, Question};
use crate::message;

/// Longest heading of a section, in characters.
pub const LONGEST_TITLE: usize = 100;
/// Most chapters that a section names.
pub const MOST_CHAPTERS: usize = 200;

/// Most sections of one paper.
pub const MOST_SECTIONS: usize = 20;
/// Most items of one paper.
pub const MOST_ITEMS: u32 = 500;
/// Most points of one item.
pub const MOST_ITEM_POINTS: Points = Points(100_000);

/// How a `multiple` item is scored when some but not all right options are chosen. A wrong option
/// chosen scores 0 under every rule, so that ticking everything earns nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MultipleRule {
    /// Exactly the right options, or 0.
    AllOrNothing,
    /// Half of the points.
    #[default]
    HalfIfIncomplete,
    /// Each right option is worth an equal share.
    PerOption,
}

/// One section of a paper.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Section {
    /// The heading that members read; may be empty.
    pub title: String,
    /// Which kinds it draws; empty means every machine-graded kind.
    pub kinds: Vec<Kind>,
    /// Which chapters it draws from; empty means every chapter.
    pub chapters: Vec<String>,
    /// Lowest and highest difficulty, both included.
    pub difficulty: (u8, u8),
    /// How many items.
    pub count: u32,
    /// Points of each item.
    pub points: Points,
    /// How an incomplete `multiple` item is scored.
    pub multiple_rule: MultipleRule,
}

/// What a paper is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Blueprint {
    /// The sections, in the order in which members see them.
    pub sections: Vec<Section>,
    /// Whether the items of a section come in random order instead of the bank's.
    pub shuffle_questions: bool,
    /// Whether the options of an item come in random order instead of the bank's.
    pub shuffle_options: bool,
}

/// A section that the bank cannot fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Position of the section.
    pub section: usize,
    /// How many items the section asks for.
    pub wanted: u32,
    /// How many of them the bank lacks, once the sections before it are served.
    pub missing: u32,
}

impl Section {
    /// Whether `question` may stand in this section.
    pub fn admits(&self, question: &Question) -> bool {
        question.kind != Kind::Short
            && (self.kinds.is_empty() || self.kinds.contains(&question.kind))
            && (self.chapters.is_empty() || self.chapters.contains(&question.chapter))
            && (self.difficulty.0..=self.difficulty.1).contains(&question.difficulty)
    }
}

impl Blueprint {
    /// Checks the blueprint by itself, without a bank. Pointers are relative to the quiz.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        let mut add = |pointer: String, message: Message| faults.push(Fault { pointer, message });
        if !(1..=MOST_SECTIONS).contains(&self.sections.len()) {
            add("/sections".into(), message!("应有 1 到 20 个部分", "there must be 1 to 20 sections"));
        }
        for (index, section) in self.sections.iter().enumerate() {
            let at = |field: &str| format!("/sections/{index}/{field}");
            if section.title.chars().count() > LONGEST_TITLE || section.title.chars().any(char::is_control) {
                add(
                    at("title"),
                    message!(
                        "最多 {LONGEST_TITLE} 个字，不含控制符",
                        "at most {LONGEST_TITLE} characters, none of them a control character"
                    ),
                );
            }
            if section.kinds.contains(&Kind::Short) {
                add(
                    at("kinds"),
                    message!(
                        "简答题由人评分，不能抽取",
                        "short questions are graded by a person and cannot be drawn"
                    ),
                );
            }
            if section.chapters.len() > MOST_CHAPTERS {
                add(at("chapters"), message!("最多 {MOST_CHAPTERS} 章", "at most {MOST_CHAPTERS} chapters"));
            }
            let (low, high) = section.difficulty;
            if !(1..=5).contains(&low) || !(1..=5).contains(&high) || low > high {
                add(
                    at("difficulty"),
                    message!("写作 [低, 高]，都在 1 到 5 之间", "is [lowest, highest], both from 1 to 5"),
                );
            }
            if section.count == 0 {
                add(at("count"), message!("至少 1 题", "at least 1"));
            }
            if !(Points(1)..=MOST_ITEM_POINTS).contains(&section.points) {
                add(at("points"), message!("每题 0.01 到 1000 分", "0.01 to 1000 points an item"));
            }
        }
        if self.item_count() > MOST_ITEMS {
            add("/sections".into(), message!("一份试卷最多 500 题", "a paper has at most 500 items"));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// How many items a paper has.
    pub fn item_count(&self) -> u32 {
        self.sections.iter().fold(0, |sum, section| sum.saturating_add(section.count))
    }

    /// The points of a faultless paper.
    pub fn max_score(&self) -> Points {
        self.sections.iter().map(|section| section.points.share(section.count, 1)).sum()
    }
}

/// A blueprint matched with the questions of one bank revision: who may stand where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// For each section the positions of the questions that it admits, in the bank's order.
    pub candidates: Vec<Vec<u32>>,
    /// For each question of the bank the sections that admit it, one bit a section.
    pub eligibility: Vec<u32>,
    /// Whether two sections share a candidate, so that a draw for one may starve the other.
    pub contested: bool,
    /// For each question of the bank how many options it has: the draw asks for it, and the questions
    /// themselves lie far apart in memory.
    pub option_counts: Vec<u8>,
}

impl Plan {
    /// Matches `blueprint` with `bank`, whose order is the order of the positions.
    ///
    /// # Errors
    /// The sections that cannot all be filled without repeating a question.
    pub fn new(bank: &[Question], blueprint: &Blueprint) -> Result<Self, Vec<Shortfall>> {
        let mut candidates = vec![Vec::new(); blueprint.sections.len()];
        let mut eligibility = Vec::with_capacity(bank.len());
        for (position, question) in (0_u32..).zip(bank) {
            let mut mask = 0;
            for (section, (bit, list)) in blueprint.sections.iter().zip((0..32).zip(&mut candidates)) {
                if section.admits(question) {
                    mask |= 1 << bit;
                    list.push(position);
                }
            }
            eligibility.push(mask);
        }
        let contested = eligibility.iter().any(|mask: &u32| mask.count_ones() > 1);
        let demands: Vec<u32> = blueprint.sections.iter().map(|section| section.count).collect();
        let missing = shortfalls(&cells(&eligibility), &demands);
        if missing.iter().all(|&missing| missing == 0) {
            let count = |question: &Question| u8::try_from(question.options.len()).unwrap_or(u8::MAX);
            let option_counts = bank.iter().map(count).collect();
            return Ok(Self { candidates, eligibility, contested, option_counts });
        }
        Err(missing
            .into_iter()
            .zip(demands)
            .enumerate()
            .filter(|(_, (missing, _))| *missing > 0)
            .map(|(section, (missing, wanted))| Shortfall { section, wanted, missing })
            .collect())
    }
}

/// Questions that the same sections admit: the mask of those sections, and how many questions.
pub(super) type Cell = (u32, u32);

/// Groups questions by the sections that admit them; questions that none admits are left out.
pub(super) fn cells(eligibility: &[u32]) -> Vec<Cell> {
    let mut counts = std::collections::BTreeMap::new();
    for &mask in eligibility.iter().filter(|&&mask| mask != 0) {
        *counts.entry(mask).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// How many items each section lacks when the cells are shared out as well as can be, earlier
/// sections first: a maximum flow from cells to sections, found by augmenting paths. An augmenting
/// path never takes an item from a section without giving it another one, so serving a later section
/// never starves an earlier one.
pub(super) fn shortfalls(cells: &[Cell], demands: &[u32]) -> Vec<u32> {
    let mut given: Vec<Vec<u32>> = vec![vec![0; demands.len()]; cells.len()];
    let mut free: Vec<u32> = cells.iter().map(|&(_, count)| count).collect();
    let mut missing = Vec::with_capacity(demands.len());
    for (section, &demand) in demands.iter().enumerate() {
        let mut lacking = demand;
        while lacking > 0 {
            let Some(got) = augment(cells, &mut given, &mut free, section, demands.len(), lacking) else {
                break;
            };
            lacking -= got;
        }
        missing.push(lacking);
    }
    missing
}

/// Finds one augmenting path to `section` (breadth first) and moves up to `most` items along it.
fn augment(
    cells: &[Cell],
    given: &mut [Vec<u32>],
    free: &mut [u32],
    section: usize,
    sections: usize,
    most: u32,
) -> Option<u32> {
    // For each reached section: the cell that could serve it, and the section that wants that.
    let mut reached: Vec<Option<(usize, usize)>> = vec![None; sections];
    let mut queue = std::collections::VecDeque::from([section]);
    let mut seen = vec![false; sections];
    *seen.get_mut(section)? = true;
    while let Some(wanting) = queue.pop_front() {
        for (cell, &(mask, _)) in cells.iter().enumerate() {
            if mask & (1 << wanting) == 0 {
                continue;
            }
            if free.get(cell).is_some_and(|&free| free > 0) {
                return Some(move_along(given, free, &reached, (cell, wanting), section, most));
            }
            for (holder, seen) in seen.iter_mut().enumerate() {
                if !*seen && given.get(cell).and_then(|row| row.get(holder)).is_some_and(|&held| held > 0) {
                    *seen = true;
                    if let Some(slot) = reached.get_mut(holder) {
                        *slot = Some((cell, wanting));
                    }
                    queue.push_back(holder);
                }
            }
        }
    }
    None
}

/// Gives items of the free cell at the path's end, handing others on along the path to `section`.
fn move_along(
    given: &mut [Vec<u32>],
    free: &mut [u32],
    reached: &[Option<(usize, usize)>],
    end: (usize, usize),
    section: usize,
    most: u32,
) -> u32 {
    let held = |given: &[Vec<u32>], cell: usize, holder: usize| {
        given.get(cell).and_then(|row| row.get(holder)).copied().unwrap_or(0)
    };
    let step = |holder: usize| reached.get(holder).copied().flatten();
    let mut amount = free.get(end.0).copied().unwrap_or(0).min(most);
    let mut holder = end.1;
    while holder != section {
        let Some((cell, wanting)) = step(holder) else { break };
        amount = amount.min(held(given, cell, holder));
        holder = wanting;
    }
    let mut change = |cell: usize, holder: usize, more: bool| {
        if let Some(count) = given.get_mut(cell).and_then(|row| row.get_mut(holder)) {
            *count = if more { *count + amount } else { *count - amount };
        }
    };
    if let Some(free) = free.get_mut(end.0) {
        *free -= amount;
    }
    change(end.0, end.1, true);
    let mut holder = end.1;
    while holder != section {
        let Some((cell, wanting)) = step(holder) else { break };
        change(cell, holder, false);
        change(cell, wanting, true);
        holder = wanting;
    }
    amount
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The deficiency version of Hall's theorem: the most that `demands` can lack in all is the worst,
    /// over all sets of sections, of what they want less what their cells hold.
    fn least_missing(cells: &[Cell], demands: &[u32]) -> u32 {
        (0..1_u32 << demands.len())
            .map(|set| {
                let wanted: u32 =
                    demands.iter().enumerate().filter(|(i, _)| set & (1 << i) != 0).map(|(_, d)| d).sum();
                let held: u32 = cells.iter().filter(|(mask, _)| mask & set != 0).map(|(_, n)| n).sum();
                wanted.saturating_sub(held)
            })
            .max()
            .unwrap_or(0)
    }

    proptest! {
        #[test]
        fn the_shortfall_is_the_least_possible_and_falls_on_the_later_sections(
            cells in proptest::collection::vec((1_u32..32, 0_u32..12), 0..12),
            demands in proptest::collection::vec(0_u32..15, 1..=5),
        ) {
            let missing = shortfalls(&cells, &demands);
            for sections in 1..=demands.len() {
                let served: u32 = missing[..sections].iter().sum();
                prop_assert_eq!(served, least_missing(&cells, &demands[..sections]));
            }
        }
    }

    #[test]
    fn a_greedy_first_section_does_not_starve_the_second() {
        // Five questions fit both sections, five only the first: the first must leave the shared ones.
        assert_eq!(shortfalls(&[(0b01, 5), (0b11, 5)], &[5, 5]), [0, 0]);
        assert_eq!(shortfalls(&[(0b01, 5), (0b11, 5)], &[6, 5]), [0, 1]);
    }
}
