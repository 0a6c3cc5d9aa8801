//! Reports for leaders: what a unit has reached, who has taken part, what is weak.

pub(super) mod export;
mod items;
mod members;
mod monthly;

use actix_web::get;
use actix_web::web::{Data, Json};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::app::ApiState;
use super::extract::{Caller, Leaders, Query};
use super::leaderboards::BoardParams;
use super::problem::Problem;
use super::wire::timestamp;
use crate::domain::ids::UnitId;
use crate::domain::report::{ChapterReport, DayFigures, Figures, RankedUnit, UnitRef};
use crate::services::reports::BoardReport;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UnitParams {
    /// The unit that the report is about, with all below it; the topmost one that the caller leads when it is
    /// left out.
    unit: Option<i64>,
}

impl UnitParams {
    fn unit(&self) -> Option<UnitId> {
        self.unit.map(UnitId)
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = BoardReport)]
struct BoardReportResponse {
    unit: UnitRef,
    /// The instant for which it holds.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// The first local date; null for `all`.
    #[schema(value_type = Option<String>, format = Date, required)]
    from: Option<Date>,
    /// The last local date; null for `all` and for a quiz that does not close.
    #[schema(value_type = Option<String>, format = Date, required)]
    until: Option<Date>,
    now: Figures,
    /// The same for the whole period before; null for a quiz and for `all`.
    #[schema(required)]
    before: Option<Figures>,
    /// The units above that are in the caller's scope, from the top down.
    path: Vec<UnitRef>,
    /// The units directly below, best first; those without members are left out.
    children: Vec<RankedUnit>,
}

impl From<BoardReport> for BoardReportResponse {
    fn from(report: BoardReport) -> Self {
        let BoardReport { unit, as_of, from, until, now, before, path, children } = report;
        Self { unit, as_of: timestamp(as_of), from, until, now, before, path, children }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = TrendReport)]
struct TrendResponse {
    /// Every local day of the span, those without results too.
    days: Vec<DayFigures>,
}

/// What a unit has reached, against the period before, with the ranking of the units directly below it.
///
/// `participation`, `mean_score` and `pass_rate` are those of `GET /leaderboards/units`. Give `quiz` or `period`.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(BoardParams, UnitParams),
    responses((status = 200, body = BoardReportResponse))
)]
#[get("/reports/board")]
async fn show_board(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    board: Query<BoardParams>,
    params: Query<UnitParams>,
) -> Result<Json<BoardReportResponse>, Problem> {
    let (board, unit) = (board.0.board()?, params.0.unit());
    Ok(Json(state.services.reports.board(&caller.principal, board, unit).await?.into()))
}

/// Day by day, what was handed in for a unit and those below it.
///
/// Of `all` the last 90 days; of a quiz from its opening to its close or today, the last 90 of them. A result
/// belongs to the local day on which it was handed in, that of a daily quiz to the day on which it was begun.
/// All graded attempts count, a few seconds after they were handed in. Give `quiz` or `period`.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(BoardParams, UnitParams),
    responses((status = 200, body = TrendResponse))
)]
#[get("/reports/trend")]
async fn show_trend(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    board: Query<BoardParams>,
    params: Query<UnitParams>,
) -> Result<Json<TrendResponse>, Problem> {
    let (board, unit) = (board.0.board()?, params.0.unit());
    let days = state.services.reports.trend(&caller.principal, board, unit).await?;
    Ok(Json(TrendResponse { days }))
}

/// How well each chapter was answered, for the units directly below one; of a unit without any, for itself.
///
/// All items of all graded attempts count, a few seconds after they were handed in. Give `quiz` or `period`.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(BoardParams, UnitParams),
    responses((status = 200, body = ChapterReport))
)]
#[get("/reports/chapters")]
async fn show_chapters(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    board: Query<BoardParams>,
    params: Query<UnitParams>,
) -> Result<Json<ChapterReport>, Problem> {
    let (board, unit) = (board.0.board()?, params.0.unit());
    Ok(Json(state.services.reports.chapters(&caller.principal, board, unit).await?))
}

/// The routes of the reports.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(show_board)
        .service(show_trend)
        .service(show_chapters)
        .service(members::export_members)
        .service(members::list_members)
        .service(monthly::export_monthly)
        .service(monthly::show_monthly)
        .service(items::export_items)
        .service(items::list_items);
}
