//! What boards show besides results, in memory: units, names, who belongs where.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Board, Leaderboards};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::time::Millis;
use crate::live::latest::Dated;
use crate::live::scoreboard::{Homes, UnitTree};
use crate::services::ServiceError;
use crate::store::units::{self, UnitRow};
use crate::store::{StoreError, members};

/// The units, as they were in one generation.
pub(in crate::services) struct KnownUnits {
    generation: u64,
    root: Option<UnitId>,
    rows: HashMap<UnitId, UnitRow>,
    tree: UnitTree,
}

impl Dated for KnownUnits {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn version(&self) -> i64 {
        0
    }
}

impl KnownUnits {
    fn new(generation: u64, rows: Vec<UnitRow>) -> Self {
        let root = rows.first().map(|unit| unit.id);
        let tree = UnitTree::new(rows.iter().map(|unit| (unit.id, unit.path.clone())).collect());
        Self { generation, root, rows: rows.into_iter().map(|unit| (unit.id, unit)).collect(), tree }
    }

    pub(in crate::services) fn root(&self) -> Option<UnitId> {
        self.root
    }

    pub(in crate::services) fn tree(&self) -> &UnitTree {
        &self.tree
    }

    pub(in crate::services) fn rows(&self) -> impl Iterator<Item = &UnitRow> {
        self.rows.values()
    }

    pub(in crate::services) fn row(&self, unit: UnitId) -> Option<&UnitRow> {
        self.rows.get(&unit)
    }

    pub(in crate::services) fn has(&self, unit: UnitId) -> bool {
        self.rows.contains_key(&unit)
    }

    pub(in crate::services) fn name(&self, unit: UnitId) -> String {
        self.row(unit).map(|unit| unit.name.clone()).unwrap_or_default()
    }
}

/// A member's name, as it was in a generation.
#[derive(Clone)]
pub(super) struct KnownName {
    generation: u64,
    name: Arc<str>,
}

impl Leaderboards {
    pub(in crate::services) async fn known_units(&self) -> Result<Arc<KnownUnits>, ServiceError> {
        let generation = self.context.database.freshness().generation();
        if let Some(known) = self.units.get(&(), generation) {
            return Ok(known);
        }
        let rows = self.context.database.read(units::list_units).await?;
        let known = Arc::new(KnownUnits::new(generation.unwrap_or(0), rows));
        if generation.is_some() {
            self.units.put(&(), Arc::clone(&known));
        }
        Ok(known)
    }

    /// The names of members, in their order.
    pub(super) async fn names_of(
        &self,
        members: impl Iterator<Item = MemberId>,
    ) -> Result<Vec<Arc<str>>, ServiceError> {
        let generation = self.context.database.freshness().generation();
        let wanted: Vec<MemberId> = members.collect();
        let held = |member: &MemberId| {
            let known = self.names.get(member).filter(|known| Some(known.generation) == generation);
            known.map(|known| known.name)
        };
        let names: Vec<Option<Arc<str>>> = wanted.iter().map(held).collect();
        let missing: Vec<MemberId> =
            wanted.iter().zip(&names).filter(|(_, name)| name.is_none()).map(|(&member, _)| member).collect();
        if missing.is_empty() {
            return Ok(names.into_iter().flatten().collect());
        }
        let found = self
            .context
            .database
            .read(move |connection| members::list_names(connection, &missing))
            .await?
            .into_iter()
            .map(|(member, name)| (member, Arc::<str>::from(name)))
            .collect::<HashMap<_, _>>();
        if let Some(generation) = generation {
            for (member, name) in &found {
                self.names.insert(*member, KnownName { generation, name: Arc::clone(name) });
            }
        }
        let name = |(member, name): (&MemberId, Option<Arc<str>>)| {
            name.or_else(|| found.get(member).cloned()).unwrap_or_default()
        };
        Ok(wanted.iter().zip(names).map(name).collect())
    }

    /// The last instant that belongs to a board that is over; `None` for one that is still open.
    pub(super) async fn last_instant(
        &self,
        board: Board,
        now: Millis,
    ) -> Result<Option<Millis>, ServiceError> {
        let end = match board {
            Board::Quiz(id) => self.context.live_quiz(id).await?.quiz.rules.closes_at,
            Board::Period(period, Some(on)) => Some(self.context.calendar.span(period, on).until),
            Board::Period(_, None) => None,
        };
        Ok(end.filter(|&end| end <= now).map(|end| end.plus_ms(-1)))
    }

    /// The unit of every active member: now for a board that is still open, at its `last` instant for one
    /// that is over, so that a later transfer does not change a past period.
    pub(super) async fn homes(&self, last: Option<Millis>) -> Result<Arc<Homes>, ServiceError> {
        let generation = self.context.database.freshness().generation();
        let held = self.homes.get(&last);
        if let Some((held_generation, homes)) = &held
            && Some(*held_generation) == generation
        {
            return Ok(Arc::clone(homes));
        }
        let read = self
            .context
            .database
            .read(move |connection| -> Result<_, StoreError> {
                Ok(Homes::new(match last {
                    Some(last) => units::list_homes_at(connection, last)?,
                    None => units::list_homes(connection)?,
                }))
            })
            .await?;
        // Boards that know these homes need not learn the same again.
        let homes = match held {
            Some((_, homes)) if *homes == read => homes,
            _ => Arc::new(read),
        };
        if let Some(generation) = generation {
            self.homes.insert(last, (generation, Arc::clone(&homes)));
        }
        Ok(homes)
    }
}
