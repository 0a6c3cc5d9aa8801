//! The monthly report.

use super::Reports;
use crate::domain::ids::UnitId;
use crate::domain::month::Month;
use crate::domain::report::MonthlyReport;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::services::ServiceError;

/// The report of a month, and since when it is fixed.
#[derive(Clone, Debug)]
pub struct MonthlyView {
    /// What it says.
    pub report: MonthlyReport,
    /// Since when it is fixed; `None` while the month is not closed.
    pub fixed_at: Option<Millis>,
}

impl Reports {
    /// The report of a month.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead.
    pub async fn monthly(
        &self,
        principal: &Principal,
        unit: Option<UnitId>,
        _month: Option<Month>,
    ) -> Result<MonthlyView, ServiceError> {
        self.scope(principal, unit).await?;
        Err(ServiceError::Busy("not there yet".into()))
    }
}
