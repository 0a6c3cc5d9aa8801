//! The reports of months that are closed.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::anonymise::hold_anonymised;
use super::connection::on_backend;
use super::schema::{attempts, monthly_reports, quizzes};
use super::{AnyConnection, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::UnitId;
use crate::domain::month::Month;
use crate::domain::period::Span;
use crate::domain::quiz::QuizKind;
use crate::domain::report::MonthlyReport;
use crate::domain::roles::ANONYMOUS;
use crate::domain::time::Millis;

/// Rows of one multi-row insert.
const ROWS_A_STATEMENT: usize = 100;

/// A report that is fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedReport {
    /// What it says.
    pub report: MonthlyReport,
    /// Since when it is fixed.
    pub fixed_at: Millis,
}

/// The fixed reports of a month, of these units.
///
/// # Errors
/// When the database fails, or a report cannot be read any more.
pub fn list_fixed(
    connection: &mut AnyConnection,
    month: Month,
    units: &[UnitId],
) -> Result<HashMap<UnitId, FixedReport>, StoreError> {
    let units: Vec<i64> = units.iter().map(|unit| unit.0).collect();
    let rows: Vec<(i64, i64, String)> = monthly_reports::table
        .filter(monthly_reports::month.eq(month.to_string()))
        .filter(monthly_reports::unit_id.eq_any(units))
        .select((monthly_reports::unit_id, monthly_reports::fixed_at, monthly_reports::report))
        .load(connection)?;
    rows.into_iter()
        .map(|(unit, fixed_at, report)| {
            let report = serde_json::from_str(&report)
                .map_err(|error| StoreError::corrupt(format!("report of unit {unit} for {month}"), error))?;
            Ok((UnitId(unit), FixedReport { report, fixed_at: Millis(fixed_at) }))
        })
        .collect()
}

/// The units that have a fixed report of a month.
///
/// # Errors
/// When the database fails.
pub fn list_fixed_units(connection: &mut AnyConnection, month: Month) -> Result<HashSet<UnitId>, StoreError> {
    let units: Vec<i64> = monthly_reports::table
        .filter(monthly_reports::month.eq(month.to_string()))
        .select(monthly_reports::unit_id)
        .load(connection)?;
    Ok(units.into_iter().map(UnitId).collect())
}

/// Fixes reports; one that is fixed already stays as it is.
///
/// # Errors
/// When the database fails.
pub fn fix_reports(
    connection: &mut AnyConnection,
    month: Month,
    reports: &[(UnitId, MonthlyReport)],
    now: Millis,
) -> Result<(), StoreError> {
    let named = reports.iter().flat_map(|(_, report)| &report.best_members).map(|best| best.member_id.0);
    let anonymous = hold_anonymised(connection, named.collect())?;
    let rows = reports
        .iter()
        .map(|(unit, report)| {
            let mut report = report.clone();
            for best in &mut report.best_members {
                // Since the report was worked out.
                if anonymous.contains(&best.member_id) {
                    ANONYMOUS.clone_into(&mut best.name);
                }
            }
            let text =
                serde_json::to_string(&report).map_err(|error| StoreError::corrupt("report", error))?;
            Ok((
                monthly_reports::month.eq(month.to_string()),
                monthly_reports::unit_id.eq(unit.0),
                monthly_reports::fixed_at.eq(now.0),
                monthly_reports::report.eq(text),
            ))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    for chunk in rows.chunks(ROWS_A_STATEMENT) {
        on_backend!(connection, concrete => {
            diesel::insert_into(monthly_reports::table).values(chunk).on_conflict_do_nothing().execute(concrete)?
        });
    }
    Ok(())
}

/// Whether an attempt runs whose result will belong to `span`: because its deadline lies there, or because it is
/// one at a daily quiz that was begun there. One without a deadline is not waited for: it may never end.
///
/// # Errors
/// When the database fails.
pub fn has_running(connection: &mut AnyConnection, span: Span) -> Result<bool, StoreError> {
    let daily = quizzes::table.filter(quizzes::kind.eq(QuizKind::Daily.as_str())).select(quizzes::id);
    let begun_there = attempts::started_at
        .ge(span.from.0)
        .and(attempts::started_at.lt(span.until.0))
        .and(attempts::quiz_id.eq_any(daily));
    let running = attempts::table
        .filter(attempts::status.eq(AttemptStatus::Running.as_str()))
        .filter(attempts::deadline.is_not_null())
        .filter(attempts::deadline.lt(span.until.0).or(begun_there));
    Ok(diesel::select(diesel::dsl::exists(running)).get_result(connection)?)
}
