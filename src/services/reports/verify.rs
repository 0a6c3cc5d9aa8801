//! Looking whether closed months have all their reports.

use std::collections::HashSet;

use super::Reports;
use crate::domain::ids::UnitId;
use crate::services::ServiceError;
use crate::store::{AnyConnection, StoreError, in_snapshot, monthly_reports};

/// Reports that are read in one go.
const PAGE: usize = 500;

impl Reports {
    /// Looks whether every closed month still has the reports that it was closed with, and one of each unit that a
    /// report ranks. Answers how many months, and what is wrong, in words for the operator.
    ///
    /// # Errors
    /// When the database fails, or a report cannot be read any more.
    pub async fn verify_months(&self) -> Result<(usize, Vec<String>), ServiceError> {
        let look = |connection: &mut AnyConnection| -> Result<_, StoreError> {
            let mut faults = Vec::new();
            let months = monthly_reports::list_closed(connection)?;
            for &(month, wanted) in &months {
                let units: Vec<UnitId> =
                    monthly_reports::list_fixed_units(connection, month)?.into_iter().collect();
                let mut ranked = HashSet::new();
                for some in units.chunks(PAGE) {
                    let reports = monthly_reports::list_fixed(connection, month, some)?;
                    let rows = reports.values().flat_map(|fixed| &fixed.report.ranking);
                    ranked.extend(rows.map(|row| row.unit.id));
                }
                let found = i64::try_from(units.len()).unwrap_or(i64::MAX);
                if found != wanted {
                    faults
                        .push(format!("the month {month} was closed with {wanted} reports and has {found}"));
                }
                let own: HashSet<UnitId> = units.into_iter().collect();
                let mut missing: Vec<i64> = ranked.difference(&own).map(|unit| unit.0).collect();
                missing.sort_unstable();
                if !missing.is_empty() {
                    faults.push(format!(
                        "the month {month} has no report of the units {missing:?}, which it ranks"
                    ));
                }
            }
            Ok((months.len(), faults))
        };
        self.context
            .database
            .read(move |connection| in_snapshot(connection, look))
            .await
            .map_err(ServiceError::from)
    }
}
