//! The reports of months that are closed.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::anonymise::hold_anonymised;
use super::connection::on_backend;
use super::schema::{attempts, closed_months, monthly_reports, quizzes};
use super::{AnyConnection, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::UnitId;
use crate::domain::month::Month;
use crate::domain::period::Span;
use crate::domain::quiz::QuizKind;
use crate::domain::report::{Change, MonthlyReport};
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
            let mut report: MonthlyReport = serde_json::from_str(&report)
                .map_err(|error| StoreError::corrupt(format!("report of unit {unit} for {month}"), error))?;
            // Reports were fixed when less was compared; it follows from the two months that they hold.
            report.change = Change::between(report.before.as_ref(), &report.figures);
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

/// Whether a month is closed: all its reports are fixed, and none is added.
///
/// # Errors
/// When the database fails.
pub fn is_closed(connection: &mut AnyConnection, month: Month) -> Result<bool, StoreError> {
    let closed = closed_months::table.find(month.to_string()).filter(closed_months::closed_at.is_not_null());
    Ok(diesel::select(diesel::dsl::exists(closed)).get_result(connection)?)
}

/// The months that are closed, with the number of reports that each was closed with.
///
/// # Errors
/// When the database fails, or a month cannot be read any more.
pub fn list_closed(connection: &mut AnyConnection) -> Result<Vec<(Month, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = closed_months::table
        .filter(closed_months::closed_at.is_not_null())
        .order(closed_months::month)
        .select((closed_months::month, closed_months::reports))
        .load(connection)?;
    let read = |(month, count): (String, i64)| {
        let month = Month::parse(&month).ok_or_else(|| StoreError::corrupt("closed month", &month))?;
        Ok((month, count))
    };
    rows.into_iter().map(read).collect()
}

/// Closes a month whose reports are fixed; one that is closed already stays as it is.
///
/// # Errors
/// When the database fails.
pub fn close_month(connection: &mut AnyConnection, month: Month, now: Millis) -> Result<(), StoreError> {
    if hold_month(connection, month)?.is_some() {
        return Ok(());
    }
    let month = month.to_string();
    let count: i64 =
        monthly_reports::table.filter(monthly_reports::month.eq(&month)).count().get_result(connection)?;
    diesel::update(closed_months::table.find(month))
        .set((closed_months::closed_at.eq(now.0), closed_months::reports.eq(count)))
        .execute(connection)?;
    Ok(())
}

/// Holds a month until the end of the transaction, so that nobody closes it meanwhile; answers since when it is closed.
fn hold_month(connection: &mut AnyConnection, month: Month) -> Result<Option<Millis>, StoreError> {
    let row = (closed_months::month.eq(month.to_string()), closed_months::reports.eq(0));
    let closed_at: Option<i64> = on_backend!(connection, concrete => {
        diesel::insert_into(closed_months::table)
            .values(row)
            .on_conflict(closed_months::month)
            .do_update()
            .set(closed_months::month.eq(excluded(closed_months::month)))
            .returning(closed_months::closed_at)
            .get_result(concrete)?
    });
    Ok(closed_at.map(Millis))
}

/// Fixes reports of a month; one that is fixed already stays as it is, and a month that is closed gets no more.
///
/// # Errors
/// When the database fails.
pub fn fix_reports(
    connection: &mut AnyConnection,
    month: Month,
    reports: &[(UnitId, MonthlyReport)],
    now: Millis,
) -> Result<(), StoreError> {
    if hold_month(connection, month)?.is_some() {
        return Ok(());
    }
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
