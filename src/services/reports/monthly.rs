//! The monthly report: fixed once the month is closed, until then worked out when it is asked for.

use std::collections::HashMap;
use std::sync::Arc;

use quick_cache::sync::Cache;

use super::board::{figures, own_figures, rank_children};
use super::{Reports, unit_ref};
use crate::domain::ids::UnitId;
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::report::{BestMember, Change, Figures, MonthlyReport, RankedUnit, WeakChapter};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::message;
use crate::services::ServiceError;
use crate::services::leaderboards::Board;
use crate::services::leaderboards::known::KnownUnits;
use crate::store::monthly_reports::{self, FixedReport};
use crate::store::units::UnitRow;

/// Members whom a report names.
pub(super) const MOST_BEST: usize = 10;
/// Fixed reports that are held. They change only when a member whom they name is anonymised, which begins a
/// generation.
const MOST_HELD: usize = 2_000;

/// The report of a month, and since when it is fixed.
#[derive(Clone, Debug)]
pub struct MonthlyView {
    /// What it says.
    pub report: MonthlyReport,
    /// Since when it is fixed; `None` while the month is not closed.
    pub fixed_at: Option<Millis>,
}

/// Fixed reports in memory.
pub(super) struct KeptReports(Cache<(Month, UnitId), (u64, Arc<FixedReport>)>);

impl Default for KeptReports {
    fn default() -> Self {
        Self(Cache::new(MOST_HELD))
    }
}

impl Reports {
    /// The report of a month (the one that holds today when it is left out) about `unit`: the topmost that the
    /// caller leads when it is left out.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead; [`ServiceError::NotFound`] for one
    /// that does not exist; [`ServiceError::NoReport`] for one that did not exist yet when the month was closed;
    /// [`ServiceError::Invalid`] for a month that has not begun.
    pub async fn monthly(
        &self,
        principal: &Principal,
        unit: Option<UnitId>,
        month: Option<Month>,
    ) -> Result<MonthlyView, ServiceError> {
        let now = self.context.clock.now();
        let (units, unit) = self.scope(principal, unit).await?;
        let this_month = Month::of(self.context.calendar.date(now));
        let month = month.unwrap_or(this_month);
        if month > this_month {
            let message = message!("这个月还没有开始", "this month has not begun");
            return Err(ServiceError::invalid("/month", message));
        }
        if month < this_month {
            let mut fixed = self.fixed(month, unit.id).await?;
            if fixed.is_none() && self.fix(month).await?.is_some() {
                fixed = self.fixed(month, unit.id).await?;
                if fixed.is_none() {
                    return Err(ServiceError::NoReport);
                }
            }
            if let Some(fixed) = fixed {
                return Ok(MonthlyView { report: fixed.report.clone(), fixed_at: Some(fixed.fixed_at) });
            }
        }
        let report = self.work_out(principal, &units, &unit, month, now).await?;
        Ok(MonthlyView { report, fixed_at: None })
    }

    /// The fixed report of a month, if there is one.
    async fn fixed(&self, month: Month, unit: UnitId) -> Result<Option<Arc<FixedReport>>, ServiceError> {
        Ok(self.list_fixed(month, &[unit]).await?.remove(&unit))
    }

    /// The fixed reports of a month, of these units.
    async fn list_fixed(
        &self,
        month: Month,
        units: &[UnitId],
    ) -> Result<HashMap<UnitId, Arc<FixedReport>>, ServiceError> {
        let generation = self.context.database.freshness().generation();
        let (mut reports, mut missing) = (HashMap::new(), Vec::new());
        for &unit in units {
            match self.fixed.0.get(&(month, unit)) {
                Some((held, fixed)) if Some(held) == generation => drop(reports.insert(unit, fixed)),
                _ => missing.push(unit),
            }
        }
        if missing.is_empty() {
            return Ok(reports);
        }
        let read = move |connection: &mut _| monthly_reports::list_fixed(connection, month, &missing);
        for (unit, fixed) in self.context.database.read(read).await? {
            let fixed = Arc::new(fixed);
            if let Some(generation) = generation {
                self.fixed.0.insert((month, unit), (generation, Arc::clone(&fixed)));
            }
            reports.insert(unit, fixed);
        }
        Ok(reports)
    }

    /// What a unit and those directly below it had reached in a month: what was said of each when the month was
    /// closed, so nothing of a unit that is newer.
    async fn figures_of_month(
        &self,
        units: &KnownUnits,
        unit: &UnitRow,
        month: Month,
        now: Millis,
    ) -> Result<HashMap<UnitId, Figures>, ServiceError> {
        if !self.is_closed(month).await? {
            let board = Board::Period(Period::Month, Some(month.first()));
            return Ok(figures(&self.totals(board, units, unit, now).await?));
        }
        let children = units.rows().filter(|row| row.parent_id == Some(unit.id));
        let ids: Vec<UnitId> = children.map(|row| row.id).chain([unit.id]).collect();
        let fixed = self.list_fixed(month, &ids).await?;
        Ok(fixed.into_iter().map(|(id, fixed)| (id, fixed.report.figures.clone())).collect())
    }

    /// The report of a month that is not closed.
    async fn work_out(
        &self,
        principal: &Principal,
        units: &KnownUnits,
        unit: &UnitRow,
        month: Month,
        now: Millis,
    ) -> Result<MonthlyReport, ServiceError> {
        let board = Board::Period(Period::Month, Some(month.first()));
        let totals = self.totals(board, units, unit, now).await?;
        let before = self.figures_of_month(units, unit, month.before(), now).await?;
        let open = self.leaderboards.members(principal, board, Some(unit.id)).await?;
        let best = self.leaderboards.page(&open, None, MOST_BEST).await?;
        let best = best.rows.into_iter().filter_map(|row| {
            let key = row.standing.key;
            Some(BestMember {
                rank: row.standing.rank,
                member_id: key.member,
                name: row.name.to_string(),
                unit: unit_ref(units.row(row.standing.unit)?),
                score: key.score.0,
                elapsed_ms: key.elapsed_ms,
            })
        });
        Ok(compose(Parts {
            month,
            unit,
            now: own_figures(&totals, unit.id),
            ranking: rank_children(units, unit.id, &totals, Some(&before)),
            before: before.get(&unit.id).cloned(),
            best_members: best.collect(),
            weak_chapters: self.weak_chapters(units, unit, (month.first(), month.last())).await?,
        }))
    }
}

/// What a report is put together from.
pub(super) struct Parts<'a> {
    pub(super) month: Month,
    pub(super) unit: &'a UnitRow,
    pub(super) now: Figures,
    pub(super) before: Option<Figures>,
    pub(super) ranking: Vec<RankedUnit>,
    pub(super) best_members: Vec<BestMember>,
    pub(super) weak_chapters: Vec<WeakChapter>,
}

/// Puts a report together.
pub(super) fn compose(parts: Parts<'_>) -> MonthlyReport {
    let Parts { month, unit, now, before, ranking, best_members, weak_chapters } = parts;
    let before = before.filter(|before| before.active_members > 0);
    MonthlyReport {
        unit: unit_ref(unit),
        month: month.to_string(),
        change: Change::between(before.as_ref(), &now),
        figures: now,
        before,
        ranking,
        best_members,
        weak_chapters,
    }
}
