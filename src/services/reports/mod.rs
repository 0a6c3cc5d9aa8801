//! Reports for leaders: of their unit and everything below it. What a unit has reached comes from the
//! scoreboard in memory, days and chapters from the statistics, so no report reads the results themselves.

mod board;
mod days;
pub(super) mod export;
mod fixing;
mod items;
mod members;
mod monthly;
mod verify;

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Semaphore;

pub use self::board::BoardReport;
pub use self::export::Export;
pub use self::items::{ItemLine, ItemOption, ItemOrder, ItemQuery};
pub use self::members::{MemberLine, MemberPage, MemberPlace, MemberQuery, MemberReport, MemberResult};
pub use self::monthly::MonthlyView;
use super::leaderboards::Leaderboards;
use super::leaderboards::known::KnownUnits;
use super::statistics::Statistics;
use super::{Context, ServiceError};
use crate::domain::ids::UnitId;
use crate::domain::message::{Language, Message};
use crate::domain::month::Month;
use crate::domain::report::UnitRef;
use crate::domain::roles::{Principal, Role};
use crate::formats::sheets::Column;
use crate::store::units::UnitRow;

/// Reports.
pub struct Reports {
    context: Arc<Context>,
    leaderboards: Arc<Leaderboards>,
    statistics: Arc<Statistics>,
    totals: board::KeptTotals,
    books: days::Books,
    chapters: days::KnownChapters,
    fixed: monthly::KeptReports,
    /// Months are fixed one after the other.
    fixing: tokio::sync::Mutex<()>,
    /// Months that are closed for good, as far as this instance has looked.
    closed: std::sync::Mutex<HashSet<Month>>,
    exports: Arc<Semaphore>,
}

impl Reports {
    pub(super) fn new(
        context: Arc<Context>,
        leaderboards: Arc<Leaderboards>,
        statistics: Arc<Statistics>,
    ) -> Self {
        Self {
            context,
            leaderboards,
            statistics,
            totals: board::KeptTotals::default(),
            fixed: monthly::KeptReports::default(),
            fixing: tokio::sync::Mutex::default(),
            closed: std::sync::Mutex::default(),
            books: days::Books::default(),
            chapters: days::KnownChapters::default(),
            exports: Arc::new(Semaphore::new(export::MOST_EXPORTS)),
        }
    }

    /// The unit of a report: the one that is asked for, if the caller leads it; else the topmost that the
    /// caller leads.
    async fn scope(
        &self,
        principal: &Principal,
        unit: Option<UnitId>,
    ) -> Result<(Arc<KnownUnits>, UnitRow), ServiceError> {
        let units = self.leaderboards.known_units().await?;
        let led = || {
            let grants = principal.grants.iter().filter(|grant| grant.role != Role::Member);
            grants.min_by_key(|grant| (grant.path.ids().len(), grant.unit_id)).map(|grant| grant.unit_id)
        };
        let Some(id) = unit.or_else(led) else { return Err(ServiceError::Forbidden) };
        let unit = units.row(id).cloned().ok_or(ServiceError::NotFound("unit"))?;
        if !principal.is_leader_of(&unit.path) {
            return Err(ServiceError::Forbidden);
        }
        Ok((units, unit))
    }
}

/// A column of a file, with its heading in the language of the reader.
pub(super) fn column(language: Language, heading: &Message, width: f64) -> Column {
    Column { heading: heading.text(language).to_owned(), width }
}

/// A unit, as reports name it.
fn unit_ref(unit: &UnitRow) -> UnitRef {
    UnitRef { id: unit.id, kind: unit.kind, code: unit.code.clone(), name: unit.name.clone() }
}
