//! What a unit has reached, against the period before, with the ranking of the units below.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use quick_cache::sync::Cache;

use super::{Reports, unit_ref};
use crate::domain::ids::UnitId;
use crate::domain::period::Period;
use crate::domain::points::Points;
use crate::domain::ranking::{UnitTotals, rank_units};
use crate::domain::report::{Figures, RankedUnit, UnitRef};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::services::ServiceError;
use crate::services::leaderboards::known::KnownUnits;
use crate::services::leaderboards::{Board, BoardStamp, OpenTotals};
use crate::store::units::UnitRow;

/// Boards of units that are kept: a leader's own and those below, for a few periods.
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
    pub children: Arc<[RankedUnit]>,
}

/// A unit and its children on a board.
#[derive(Clone)]
pub(super) struct Standing {
    pub(super) figures: Figures,
    pub(super) before: Option<Figures>,
    pub(super) children: Arc<[RankedUnit]>,
}

/// Standings that were worked out, good as long as their boards stand.
pub(super) struct KeptBoards(Cache<(Board, UnitId), (Stamps, Standing)>);

type Stamps = (BoardStamp, Option<BoardStamp>);

impl Default for KeptBoards {
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
        let standing = self.standing(board, &units, &unit, as_of).await?;
        let above = unit.path.ids().into_iter().filter(|&id| id != unit.id);
        let above = above.filter_map(|id| units.row(id)).filter(|row| principal.is_leader_of(&row.path));
        Ok(BoardReport {
            path: above.map(unit_ref).collect(),
            unit: unit_ref(&unit),
            as_of,
            from,
            until,
            now: standing.figures,
            before: standing.before,
            children: standing.children,
        })
    }

    /// A unit with its children on a board and on that of the period before.
    pub(super) async fn standing(
        &self,
        board: Board,
        units: &KnownUnits,
        unit: &UnitRow,
        now: Millis,
    ) -> Result<Standing, ServiceError> {
        let before = self.board_before(board, now);
        let open = self.leaderboards.open_totals(board, now).await?;
        let open_before = match before {
            Some(before) => Some(self.leaderboards.open_totals(before, now).await?),
            None => None,
        };
        let stamps = open.stamp().zip(Some(open_before.as_ref().and_then(OpenTotals::stamp)));
        let stamps = stamps.filter(|(_, of_before)| of_before.is_some() == before.is_some());
        let key = (board, unit.id);
        if let Some((kept, standing)) = self.boards.0.get(&key)
            && Some(kept) == stamps
        {
            return Ok(standing);
        }
        let children: Vec<&UnitRow> = units.rows().filter(|row| row.parent_id == Some(unit.id)).collect();
        let chosen: HashSet<UnitId> = children.iter().map(|row| row.id).chain([unit.id]).collect();
        let totals = open.totals(units, &chosen);
        let totals_before = open_before.map(|open| open.totals(units, &chosen));
        let standing = rank(units, unit.id, &totals, totals_before.as_deref());
        if let Some(stamps) = stamps {
            self.boards.0.insert(key, (stamps, standing.clone()));
        }
        Ok(standing)
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

/// Picks a unit and ranks its children out of totals that hold them.
pub(super) fn rank(
    units: &KnownUnits,
    unit: UnitId,
    totals: &[UnitTotals],
    before: Option<&[UnitTotals]>,
) -> Standing {
    let own = |totals: &[UnitTotals]| totals.iter().find(|totals| totals.unit == unit).copied();
    let means: HashMap<UnitId, Points> =
        before.unwrap_or_default().iter().map(|totals| (totals.unit, totals.mean_score())).collect();
    let is_child = |id: UnitId| units.row(id).is_some_and(|row| row.parent_id == Some(unit));
    let children = totals.iter().filter(|totals| is_child(totals.unit)).copied().collect();
    let ranked = rank_units(children).into_iter().filter_map(|standing| {
        let row = units.row(standing.totals.unit)?;
        Some(RankedUnit {
            rank: standing.rank,
            unit: unit_ref(row),
            figures: Figures::new(&standing.totals),
            before_mean_score: means.get(&row.id).copied(),
        })
    });
    Standing {
        figures: Figures::new(&own(totals).unwrap_or_else(|| UnitTotals::empty(unit))),
        before: before.map(|before| Figures::new(&own(before).unwrap_or_else(|| UnitTotals::empty(unit)))),
        children: ranked.collect(),
    }
}
