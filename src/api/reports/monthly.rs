//! The monthly report.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::UnitParams;
use crate::api::app::ApiState;
use crate::api::download::download;
use crate::api::extract::{Caller, Leaders, Query};
use crate::api::limit::Heavy;
use crate::api::problem::{Problem, language};
use crate::api::wire::{FileBody, timestamp};
use crate::domain::month::Month;
use crate::domain::report::MonthlyReport;
use crate::formats::monthly::write_monthly;
use crate::formats::tables::XLSX_MEDIA_TYPE;
use crate::message;
use crate::services::ServiceError;
use crate::services::reports::MonthlyView;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MonthParams {
    /// The month, `YYYY-MM`; the one that holds today when it is left out.
    #[param(pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$")]
    month: Option<String>,
}

impl MonthParams {
    fn month(&self) -> Result<Option<Month>, Problem> {
        let parse = |text: &String| {
            Month::parse(text).ok_or_else(|| {
                Problem::field("/month", message!("月份写作 2026-11 这样", "a month is written like 2026-11"))
            })
        };
        self.month.as_ref().map(parse).transpose()
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WorkbookParams {
    /// `xlsx`.
    #[serde(default)]
    #[param(inline)]
    #[expect(dead_code, reason = "there is one format; another one is refused by its name")]
    format: WorkbookFormat,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WorkbookFormat {
    /// A workbook.
    #[default]
    Xlsx,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MonthlyReportOfUnit)]
struct MonthlyResponse {
    #[schema(inline)]
    #[serde(flatten)]
    report: MonthlyReport,
    /// Whether the month is closed and the report fixed: later transfers and edits do not change it.
    fixed: bool,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    fixed_at: Option<Timestamp>,
}

impl From<MonthlyView> for MonthlyResponse {
    fn from(view: MonthlyView) -> Self {
        let fixed_at = view.fixed_at.map(timestamp);
        Self { report: view.report, fixed: fixed_at.is_some(), fixed_at }
    }
}

/// The report of a month: head-count, participation, ranking, best members, weak chapters, and the change to the
/// month before.
///
/// Once the month is over and no attempt of it runs any more, the report is fixed, from the memberships at the
/// month's end, and never computed again.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(UnitParams, MonthParams),
    responses((status = 200, body = MonthlyResponse))
)]
#[get("/reports/monthly")]
pub(super) async fn show_monthly(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    unit: Query<UnitParams>,
    month: Query<MonthParams>,
) -> Result<Json<MonthlyResponse>, Problem> {
    let month = month.0.month()?;
    Ok(Json(state.services.reports.monthly(&caller.principal, unit.0.unit(), month).await?.into()))
}

/// The report of a month as a workbook of one page.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(UnitParams, MonthParams, WorkbookParams),
    responses((status = 200, description = "The workbook", body = FileBody, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
)]
#[get("/reports/monthly/export")]
pub(super) async fn export_monthly(
    caller: Caller<Leaders, Heavy>,
    state: Data<ApiState>,
    unit: Query<UnitParams>,
    month: Query<MonthParams>,
    _format: Query<WorkbookParams>,
) -> Result<HttpResponse, Problem> {
    let month = month.0.month()?;
    let view = state.services.reports.monthly(&caller.principal, unit.0.unit(), month).await?;
    let content = write_monthly(&view.report, view.fixed_at.is_some(), language())
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    let name = format!("monthly-{}.xlsx", view.report.month);
    Ok(download(HttpResponse::Ok(), &name, XLSX_MEDIA_TYPE, content))
}
