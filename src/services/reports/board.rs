//! What a unit has reached, against the period before, with the ranking of the units below.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use quick_cache::sync::Cache;

use super::{Reports, unit_ref};
use crate::domain::ids::UnitId;
use crate::domain::period::Period;
use crate::domain::ranking::{UnitTotals, rank_units};
use crate::domain::report::{Figures, RankedUnit, UnitRef};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::services::ServiceError;
use crate::services::leaderboards::known::KnownUnits;
use crate::services::leaderboards::{Board, BoardStamp};
use crate::store::units::UnitRow;

/// Totals that are kept: a leader's own and those below, for a few periods.
const MOST_KEPT: usize = 1_000;

/// What a unit has reached.
#[derive(Clone, Debug)]
pub struct BoardReport {
    /// The unit.
    pub unit: UnitRef,
    /// The instant for which it holds.
    pub as_of: Millis,
    /// The first local date, where there is one.
    pub from: Option<Date>,
    /// The last local date, where there is one.
    pub until: Option<Date>,
    /// What it has reached.
    pub now: Figures,
    /// What it had reached in the whole period before.
    pub before: Option<Figures>,
    /// The units above that the caller leads too, from the top down.
    pub path: Vec<UnitRef>,
    /// The units directly below, best first.
    pub children: Vec<RankedUnit>,
}

/// What units and their children have reached on boards, good as long as the boards stand.
pub(super) struct KeptTotals(Cache<(Board, UnitId), Stamped>);

type Stamped = (BoardStamp, Arc<[UnitTotals]>);

impl Default for KeptTotals {
    fn default() -> Self {
        Self(Cache::new(MOST_KEPT))
    }
}

impl Reports {
    /// What `unit` has reached on a board: that of the topmost unit that the caller leads when it is left out.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead; [`ServiceError::NotFound`] for a
    /// quiz or unit that does not exist.
    pub async fn board(
        &self,
        principal: &Principal,
        board: Board,
        unit: Option<UnitId>,
    ) -> Result<BoardReport, ServiceError> {
        let as_of = self.context.clock.now();
        let (units, unit) = self.scope(principal, unit).await?;
        let (from, until) = self.dates(board, as_of).await?;
        let totals = self.totals(board, &units, &unit, as_of).await?;
        let before = match self.board_before(board, as_of) {
            Some(before) => Some(figures(&self.totals(before, &units, &unit, as_of).await?)),
            None => None,
        };
        let above = unit.path.ids().into_iter().filter(|&id| id != unit.id);
        let above = above.filter_map(|id| units.row(id)).filter(|row| principal.is_leader_of(&row.path));
        Ok(BoardReport {
            path: above.map(unit_ref).collect(),
            as_of,
            from,
            until,
            now: own_figures(&totals, unit.id),
            children: rank_children(&units, unit.id, &totals, before.as_ref()),
            before: before.map(|mut before| {
                before.remove(&unit.id).unwrap_or_else(|| Figures::new(&UnitTotals::empty(unit.id)))
            }),
            unit: unit_ref(&unit),
        })
    }

    /// What a unit and its children have reached on a board; those without members are left out.
    pub(super) async fn totals(
        &self,
        board: Board,
        units: &KnownUnits,
        unit: &UnitRow,
        now: Millis,
    ) -> Result<Arc<[UnitTotals]>, ServiceError> {
        let open = self.leaderboards.open_totals(board, now).await?;
        let key = (board, unit.id);
        if let Some((kept, totals)) = self.totals.0.get(&key)
            && Some(kept) == open.stamp()
        {
            return Ok(totals);
        }
        let children = units.rows().filter(|row| row.parent_id == Some(unit.id));
        let chosen: HashSet<UnitId> = children.map(|row| row.id).chain([unit.id]).collect();
        let totals: Arc<[UnitTotals]> = open.totals(units, &chosen).into();
        if let Some(stamp) = open.stamp() {
            self.totals.0.insert(key, (stamp, Arc::clone(&totals)));
        }
        Ok(totals)
    }

    /// The board of the period before; none for a quiz and for all of time.
    pub(super) fn board_before(&self, board: Board, now: Millis) -> Option<Board> {
        let Board::Period(period, on) = board else { return None };
        if period == Period::All {
            return None;
        }
        let calendar = &self.context.calendar;
        let span = calendar.span(period, on.unwrap_or_else(|| calendar.date(now)));
        Some(Board::Period(period, Some(calendar.date(span.from.plus_ms(-1)))))
    }

    /// The first and the last local date of a board.
    pub(super) async fn dates(
        &self,
        board: Board,
        now: Millis,
    ) -> Result<(Option<Date>, Option<Date>), ServiceError> {
        let calendar = &self.context.calendar;
        match board {
            Board::Quiz(id) => {
                let rules = &self.context.live_quiz(id).await?.quiz.rules;
                let closes = rules.closes_at.map(|at| calendar.date(at.plus_ms(-1)));
                Ok((Some(calendar.date(rules.opens_at)), closes))
            }
            Board::Period(Period::All, _) => Ok((None, None)),
            Board::Period(period, on) => {
                let span = calendar.span(period, on.unwrap_or_else(|| calendar.date(now)));
                let last = calendar.date(span.until).saturating_sub(1.day());
                Ok((Some(calendar.date(span.from)), Some(last)))
            }
        }
    }
}

/// The figures of each unit.
pub(super) fn figures(totals: &[UnitTotals]) -> HashMap<UnitId, Figures> {
    totals.iter().map(|totals| (totals.unit, Figures::new(totals))).collect()
}

/// The figures of one unit; those of nobody when it is not there.
pub(super) fn own_figures(totals: &[UnitTotals], unit: UnitId) -> Figures {
    let own = totals.iter().find(|totals| totals.unit == unit);
    Figures::new(own.unwrap_or(&UnitTotals::empty(unit)))
}

/// Ranks the children of a unit; `before` are the figures of the period before.
pub(super) fn rank_children(
    units: &KnownUnits,
    unit: UnitId,
    totals: &[UnitTotals],
    before: Option<&HashMap<UnitId, Figures>>,
) -> Vec<RankedUnit> {
    let is_child = |id: UnitId| units.row(id).is_some_and(|row| row.parent_id == Some(unit));
    let children = totals.iter().filter(|totals| is_child(totals.unit)).copied().collect();
    let ranked = rank_units(children).into_iter().filter_map(|standing| {
        let row = units.row(standing.totals.unit)?;
        Some(RankedUnit {
            rank: standing.rank,
            unit: unit_ref(row),
            figures: Figures::new(&standing.totals),
            before_mean_score: before.and_then(|before| before.get(&row.id)?.mean_score),
        })
    });
    ranked.collect()
}
