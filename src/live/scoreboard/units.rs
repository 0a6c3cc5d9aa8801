//! Units on a board: the tree, who belongs where, and what their results add up to.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::{MemberId, UnitId};
use crate::domain::org::UnitPath;
use crate::domain::points::Points;
use crate::domain::ranking::UnitTotals;

/// What counts for one unit itself, without those below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitSums {
    /// Sum of the scores, in hundredths of a point.
    pub score: i64,
    /// Sum of what faultless papers earn in their place, in hundredths of a point.
    pub max_score: i64,
    /// Sum of the elapsed times, in milliseconds.
    pub elapsed_ms: i64,
    /// Results.
    pub results: i64,
    /// Those of them that passed.
    pub passed: i64,
    /// Those of them that are excellent.
    pub excellent: i64,
    /// Members with a result.
    pub participants: i64,
}

/// The units and where they stand.
#[derive(Clone, Debug, Default)]
pub struct UnitTree {
    paths: HashMap<UnitId, UnitPath>,
}

impl UnitTree {
    /// A tree of units.
    pub fn new(paths: HashMap<UnitId, UnitPath>) -> Self {
        Self { paths }
    }

    /// A unit and those above it.
    pub fn above(&self, unit: UnitId) -> Vec<UnitId> {
        self.paths.get(&unit).map(UnitPath::ids).unwrap_or_default()
    }

    /// A unit and those below it; empty when there is no such unit.
    pub fn below(&self, unit: UnitId) -> HashSet<UnitId> {
        let Some(path) = self.paths.get(&unit) else { return HashSet::new() };
        self.paths.iter().filter(|(_, other)| other.is_inside(path)).map(|(&unit, _)| unit).collect()
    }
}

/// The unit of every active member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Homes {
    units: HashMap<MemberId, UnitId>,
    counts: HashMap<UnitId, u32>,
}

impl Homes {
    /// Who belongs where.
    pub fn new(units: HashMap<MemberId, UnitId>) -> Self {
        let mut counts = HashMap::new();
        for unit in units.values() {
            *counts.entry(*unit).or_insert(0) += 1;
        }
        Self { units, counts }
    }

    /// Every active member with their unit, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (MemberId, UnitId)> {
        self.units.iter().map(|(&member, &unit)| (member, unit))
    }

    /// The unit of an active member.
    pub fn unit_of(&self, member: MemberId) -> Option<UnitId> {
        self.units.get(&member).copied()
    }
}

/// Adds up, for each of the `chosen` units, itself and what is below it. `movers` are the units of each
/// member with results for several; `strays` are members with results away from home.
pub(super) fn totals(
    tree: &UnitTree,
    chosen: &HashSet<UnitId>,
    homes: &Homes,
    sums: &HashMap<UnitId, UnitSums>,
    movers: impl Iterator<Item = Vec<UnitId>>,
    strays: impl Iterator<Item = (MemberId, Vec<UnitId>)>,
) -> Vec<UnitTotals> {
    let above = |unit: UnitId| tree.above(unit).into_iter().filter(|unit| chosen.contains(unit));
    let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    let mut totals: HashMap<UnitId, UnitTotals> =
        chosen.iter().map(|&unit| (unit, UnitTotals::empty(unit))).collect();
    for (&home, &members) in &homes.counts {
        for unit in above(home) {
            if let Some(total) = totals.get_mut(&unit) {
                total.active_members += members;
            }
        }
    }
    // Units without members are left out, whoever may once have earned something for them.
    totals.retain(|_, total| total.active_members > 0);
    for (&earner, sum) in sums {
        for unit in above(earner) {
            let Some(total) = totals.get_mut(&unit) else { continue };
            total.score = total.score + Points(sum.score);
            total.max_score = total.max_score + Points(sum.max_score);
            total.elapsed_ms = total.elapsed_ms.saturating_add(sum.elapsed_ms);
            total.results += count(sum.results);
            total.passed += count(sum.passed);
            total.excellent += count(sum.excellent);
            total.participants += count(sum.participants);
        }
    }
    for units in movers {
        let mut met = HashSet::new();
        for unit in units.into_iter().flat_map(above) {
            // Counted once for each of the member's units, but it is one member.
            if !met.insert(unit)
                && let Some(total) = totals.get_mut(&unit)
            {
                total.participants = total.participants.saturating_sub(1);
            }
        }
    }
    for (member, units) in strays {
        let at_home: HashSet<UnitId> = homes.unit_of(member).into_iter().flat_map(above).collect();
        let away: HashSet<UnitId> = units.into_iter().flat_map(above).collect();
        for unit in away.difference(&at_home) {
            // Moved or left since: the result stays here, so the member counts here too.
            if let Some(total) = totals.get_mut(unit) {
                total.active_members += 1;
            }
        }
    }
    totals.into_values().collect()
}
