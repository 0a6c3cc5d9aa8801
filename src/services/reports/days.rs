//! Days and chapters, from the statistics.

use super::Reports;
use crate::domain::ids::UnitId;
use crate::domain::report::{ChapterReport, DayFigures};
use crate::domain::roles::Principal;
use crate::services::ServiceError;
use crate::services::leaderboards::Board;

impl Reports {
    /// Day by day, what was handed in.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead.
    pub async fn trend(
        &self,
        principal: &Principal,
        _board: Board,
        unit: Option<UnitId>,
    ) -> Result<Vec<DayFigures>, ServiceError> {
        self.scope(principal, unit).await?;
        Err(ServiceError::Busy("not there yet".into()))
    }

    /// How well each chapter was answered.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead.
    pub async fn chapters(
        &self,
        principal: &Principal,
        _board: Board,
        unit: Option<UnitId>,
    ) -> Result<ChapterReport, ServiceError> {
        self.scope(principal, unit).await?;
        Err(ServiceError::Busy("not there yet".into()))
    }
}
