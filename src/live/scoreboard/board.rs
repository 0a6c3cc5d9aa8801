//! One board in memory: what counts for each member, and the order of the members for every unit that is
//! asked for. A result changes one member, in time that grows with the logarithm of the members.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::record::{Record, key_of};
use super::units::{Homes, UnitSums, UnitTree};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::ranking::{Entry, MemberKey, MemberStanding, UnitTotals};
use crate::domain::time::Millis;
use hashbrown::HashTable;
use indexset::BTreeSet;

/// The members of a unit and of those below it, in their order.
struct Order {
    units: HashSet<UnitId>,
    keys: BTreeSet<MemberKey>,
}

/// A page of a member board.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<MemberStanding>,
    /// The key of the last row, when more follow.
    pub next: Option<MemberKey>,
}

/// One board: a quiz, or a period.
pub struct Board {
    index: HashTable<u32>,
    records: Vec<Record>,
    /// Everybody, in order.
    everybody: BTreeSet<MemberKey>,
    /// The orders of single units, as far as they were asked for.
    orders: HashMap<UnitId, Order>,
    sums: HashMap<UnitId, UnitSums>,
    /// Records with results that count for more than one unit.
    movers: HashSet<u32>,
    strays: Option<Strays>,
    version: u64,
}

/// Records whose result counts for a unit that is not the member's home.
struct Strays {
    homes: Arc<Homes>,
    records: HashSet<u32>,
}

/// Keys in a node of an order. The crate's own 1,024 make a change move some 16 KB, which is most of its cost.
const NODE_KEYS: usize = 256;

impl Default for Board {
    fn default() -> Self {
        Self {
            index: HashTable::new(),
            records: Vec::new(),
            everybody: BTreeSet::with_maximum_node_size(NODE_KEYS),
            orders: HashMap::new(),
            sums: HashMap::new(),
            movers: HashSet::new(),
            strays: None,
            version: 0,
        }
    }
}

fn hash(member: MemberId) -> u64 {
    // Ids are dense; multiplying by 2^64 divided by the golden ratio spreads them (Knuth, TAOCP 6.4).
    member.0.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Board {
    /// A board of `results`.
    pub fn of(results: impl IntoIterator<Item = Entry>) -> Self {
        let mut board = Self::default();
        for result in results {
            board.absorb(&result);
        }
        board.finish();
        board
    }

    /// Takes a result into a board that is being built.
    pub fn absorb(&mut self, result: &Entry) {
        match self.find(result.member) {
            Some(position) => {
                if let Some(record) = self.records.get_mut(position as usize) {
                    record.take(result);
                }
            }
            None => self.push(result),
        }
    }

    /// Orders a board that was built.
    pub fn finish(&mut self) {
        self.records.shrink_to_fit();
        for (position, record) in (0_u32..).zip(&self.records) {
            add_sums(&mut self.sums, record, 1);
            if record.has_others() && record.units().len() > 1 {
                self.movers.insert(position);
            }
        }
        self.everybody = ordered(&self.records, |_| true);
    }

    fn find(&self, member: MemberId) -> Option<u32> {
        let is_it = |&position: &u32| {
            self.records.get(position as usize).is_some_and(|record| record.member == member)
        };
        self.index.find(hash(member), is_it).copied()
    }

    fn push(&mut self, result: &Entry) {
        let Ok(position) = u32::try_from(self.records.len()) else { return };
        self.records.push(Record::new(result));
        let records = &self.records;
        let rehash = |&position: &u32| records.get(position as usize).map_or(0, |record| hash(record.member));
        self.index.insert_unique(hash(result.member), position, rehash);
    }

    /// Counts one more result.
    pub fn apply(&mut self, result: &Entry) {
        self.version += 1;
        let found = self.find(result.member);
        if let Some(record) = found.and_then(|position| self.records.get(position as usize)) {
            add_sums(&mut self.sums, record, -1);
            self.everybody.remove(&key_of(record, |_| true));
            for order in self.orders.values_mut() {
                order.keys.remove(&key_of(record, |unit| order.units.contains(&unit)));
            }
        }
        self.absorb(result);
        let Some(position) = found.or_else(|| self.find(result.member)) else { return };
        let Some(record) = self.records.get(position as usize) else { return };
        add_sums(&mut self.sums, record, 1);
        if let Some(standing) = record.standing(|_| true) {
            self.everybody.insert(standing.key);
        }
        for order in self.orders.values_mut() {
            if let Some(standing) = record.standing(|unit| order.units.contains(&unit)) {
                order.keys.insert(standing.key);
            }
        }
        let units = record.units();
        if units.len() > 1 {
            self.movers.insert(position);
        }
        if let Some(strays) = &mut self.strays {
            let home = strays.homes.unit_of(result.member);
            if units.iter().all(|&unit| Some(unit) == home) {
                strays.records.remove(&position);
            } else {
                strays.records.insert(position);
            }
        }
    }

    /// Goes up with every result; no two boards ever have the same.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Sets the version from which it goes up.
    pub(super) fn start_version(&mut self, version: u64) {
        self.version = version;
    }

    /// Members with a result.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nobody has a result.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether the order of `unit` and of the units below it stands.
    pub fn has_order(&self, unit: UnitId, units: &HashSet<UnitId>) -> bool {
        self.orders.get(&unit).is_some_and(|order| order.units == *units)
    }

    /// Makes the order of `unit`, which with all below it is `units`.
    pub fn make_order(&mut self, unit: UnitId, units: HashSet<UnitId>) {
        let keys = ordered(&self.records, |unit| units.contains(&unit));
        self.orders.insert(unit, Order { units, keys });
    }

    /// The rows after `after`, `limit` at most; of one unit when its order was made.
    pub fn page(&self, unit: Option<UnitId>, after: Option<MemberKey>, limit: usize) -> Page {
        let Some((keys, units)) = self.order(unit) else { return Page { rows: vec![], next: None } };
        let first = after.map_or(0, |after| keys.rank(&after) + usize::from(keys.contains(&after)));
        let mut rows: Vec<MemberStanding> = Vec::with_capacity(limit.min(keys.len()));
        for (index, key) in (first..).zip(keys.range_idx(first..)).take(limit) {
            let Some(standing) = self.standing_of(key.member, units) else { continue };
            let shared = rows.last().filter(|last| ties(&last.key, key)).map(|last| last.rank);
            let rank = match shared {
                Some(rank) => rank,
                None if rows.is_empty() => rank_of(keys, key),
                None => u32::try_from(index + 1).unwrap_or(u32::MAX),
            };
            rows.push(MemberStanding { rank, ..standing });
        }
        let more = keys.len() > first.saturating_add(limit);
        Page { next: rows.last().filter(|_| more).map(|row| row.key), rows }
    }

    /// Where one member stands.
    pub fn own(&self, unit: Option<UnitId>, member: MemberId) -> Option<MemberStanding> {
        let (keys, units) = self.order(unit)?;
        let standing = self.standing_of(member, units)?;
        Some(MemberStanding { rank: rank_of(keys, &standing.key), ..standing })
    }

    /// Where a member stands by what was earned for `units`, without the rank.
    pub fn standing(&self, member: MemberId, units: &HashSet<UnitId>) -> Option<MemberStanding> {
        self.standing_of(member, Some(units))
    }

    /// The same of everybody who has earned something for `units`, in no order.
    pub fn standings(&self, units: &HashSet<UnitId>) -> impl Iterator<Item = MemberStanding> {
        self.records.iter().filter_map(|record| record.standing(|unit| units.contains(&unit)))
    }

    /// The best `most` members of every unit with all below it, from one pass over the members.
    pub fn best_of_units(&self, tree: &UnitTree, most: usize) -> HashMap<UnitId, Vec<MemberStanding>> {
        let mut best: HashMap<UnitId, Vec<MemberStanding>> = HashMap::new();
        for record in &self.records {
            let above: HashSet<UnitId> =
                record.units().into_iter().flat_map(|unit| tree.above(unit)).collect();
            for unit in above {
                let within = |earner: UnitId| earner == unit || tree.above(earner).contains(&unit);
                let Some(standing) = record.standing(within) else { continue };
                keep_best(best.entry(unit).or_default(), standing, most);
            }
        }
        for rows in best.values_mut() {
            let mut before: Option<(MemberKey, u32)> = None;
            for (position, row) in (1_u32..).zip(rows) {
                let shared = before.filter(|(key, _)| ties(key, &row.key));
                row.rank = shared.map_or(position, |(_, rank)| rank);
                before = Some((row.key, row.rank));
            }
        }
        best
    }

    fn order(&self, unit: Option<UnitId>) -> Option<(&BTreeSet<MemberKey>, Option<&HashSet<UnitId>>)> {
        match unit {
            None => Some((&self.everybody, None)),
            Some(unit) => self.orders.get(&unit).map(|order| (&order.keys, Some(&order.units))),
        }
    }

    fn standing_of(&self, member: MemberId, units: Option<&HashSet<UnitId>>) -> Option<MemberStanding> {
        let record = self.records.get(self.find(member)? as usize)?;
        record.standing(|unit| units.is_none_or(|units| units.contains(&unit)))
    }

    /// Whether [`Board::unit_totals`] is ready for these homes.
    pub fn knows_homes(&self, homes: &Arc<Homes>) -> bool {
        self.strays.as_ref().is_some_and(|strays| Arc::ptr_eq(&strays.homes, homes))
    }

    /// Finds those whose result counts away from home.
    pub fn learn_homes(&mut self, homes: Arc<Homes>) {
        let records = (0_u32..)
            .zip(&self.records)
            .filter(|(_, record)| {
                let home = homes.unit_of(record.member);
                record.slots().any(|slot| Some(slot.unit) != home)
            })
            .map(|(position, _)| position)
            .collect();
        self.strays = Some(Strays { homes, records });
    }

    /// What the units of `tree` that are `chosen` have reached, in time that grows with the units and
    /// those who have moved, not with the members. Asks for [`Board::learn_homes`] before.
    pub fn unit_totals(&self, tree: &UnitTree, chosen: &HashSet<UnitId>) -> Vec<UnitTotals> {
        let Some(strays) = &self.strays else { return vec![] };
        let at = |position: &u32| self.records.get(*position as usize);
        super::units::totals(
            tree,
            chosen,
            &strays.homes,
            &self.sums,
            self.movers.iter().filter_map(at).map(Record::units),
            strays.records.iter().filter_map(at).map(|record| (record.member, record.units())),
        )
    }
}

/// Puts a row among the best, if it is one of them.
fn keep_best(best: &mut Vec<MemberStanding>, standing: MemberStanding, most: usize) {
    let place = best.partition_point(|other| other.key < standing.key);
    if place < most {
        best.truncate(most - 1);
        best.insert(place, standing);
    }
}

/// Adds what counts for a record to the sums of its units, or takes it away.
fn add_sums(sums: &mut HashMap<UnitId, UnitSums>, record: &Record, sign: i64) {
    for slot in record.slots() {
        let sum = sums.entry(slot.unit).or_default();
        sum.score += sign * slot.score.0;
        sum.max_score += sign * i64::from(slot.max_score);
        sum.elapsed_ms += sign * slot.elapsed_ms;
        sum.results += sign;
        sum.passed += sign * i64::from(slot.passed);
        sum.excellent += sign * i64::from(slot.excellent);
    }
    if !record.has_others() {
        sums.entry(record.slot.unit).or_default().participants += sign;
    } else {
        for unit in record.units() {
            sums.entry(unit).or_default().participants += sign;
        }
    }
}

/// The keys of `records` in order, by what was earned for the units that `within` admits.
fn ordered(records: &[Record], within: impl Fn(UnitId) -> bool) -> BTreeSet<MemberKey> {
    let standings = records.iter().filter_map(|record| record.standing(&within));
    let mut keys: Vec<MemberKey> = standings.map(|standing| standing.key).collect();
    // The last first: of a node that is full the crate gives the second half away into just the room it needs.
    keys.sort_unstable_by_key(|key| std::cmp::Reverse(*key));
    let mut ordered = BTreeSet::with_maximum_node_size(NODE_KEYS);
    for key in keys {
        ordered.insert(key);
    }
    ordered
}

fn ties(a: &MemberKey, b: &MemberKey) -> bool {
    (a.score, a.elapsed_ms) == (b.score, b.elapsed_ms)
}

/// One more than those who are better: equal score and elapsed time share a rank.
fn rank_of(keys: &BTreeSet<MemberKey>, key: &MemberKey) -> u32 {
    let first = MemberKey { submitted_at: Millis(i64::MIN), member: MemberId(i64::MIN), ..*key };
    u32::try_from(keys.rank(&first) + 1).unwrap_or(u32::MAX)
}
