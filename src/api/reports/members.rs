//! Who has taken part, and who has not.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::UnitParams;
use super::export::{ExportParams, stream_table};
use crate::api::app::ApiState;
use crate::api::extract::{Caller, Leaders, Query};
use crate::api::leaderboards::BoardParams;
use crate::api::limit::Heavy;
use crate::api::page::{Page, PageParams, cursor};
use crate::api::problem::{Problem, language};
use crate::api::wire::{FileBody, timestamp};
use crate::domain::points::Points;
use crate::domain::report::UnitRef;
use crate::services::reports::{MemberLine, MemberQuery};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MemberReportParams {
    /// `true`: only those with a result that counts here; `false`: only those without one, who are active
    /// members of the unit or below it.
    taken_part: Option<bool>,
    /// `true`: only members of the unit itself, with what they reached for it, and none of those below it.
    direct: Option<bool>,
    /// Only members whose name or login holds this.
    q: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MemberReport)]
struct MemberReportResponse {
    member_id: i64,
    name: String,
    login: String,
    /// Where they belong; of somebody who has moved or left since, the unit of the latest result.
    unit: UnitRef,
    /// What counts for them here; null for those who have not taken part.
    #[schema(value_type = Option<f64>, required)]
    score: Option<Points>,
    #[schema(required)]
    elapsed_ms: Option<i64>,
    /// Graded attempts here.
    attempts: u32,
    /// When the latest result that counts was handed in.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_at: Option<Timestamp>,
}

impl From<MemberLine> for MemberReportResponse {
    fn from(line: MemberLine) -> Self {
        Self {
            member_id: line.member.0,
            name: line.name,
            login: line.login,
            unit: line.unit,
            score: line.result.map(|result| result.score),
            elapsed_ms: line.result.map(|result| result.elapsed_ms),
            attempts: line.result.map_or(0, |result| result.attempts),
            last_at: line.result.map(|result| timestamp(result.last_at)),
        }
    }
}

fn query(
    board: &Query<BoardParams>,
    unit: &Query<UnitParams>,
    params: Query<MemberReportParams>,
) -> Result<MemberQuery, Problem> {
    let MemberReportParams { taken_part, direct, q } = params.0;
    let direct = direct.unwrap_or(false);
    Ok(MemberQuery { board: board.0.board()?, unit: unit.0.unit(), direct, taken_part, text: q })
}

/// The members of a unit and of those below it, with what counts for them: who has taken part, and who has not.
///
/// Members are those who belong there now, for a period or quiz that is over those who did at its end; besides,
/// whoever took part for it and has moved or left since. In the order of the units, then of the members' ids.
/// Give `quiz` or `period`.
#[utoipa::path(
    tag = "reports",
    operation_id = "report_members",
    security(("bearer" = [])),
    params(BoardParams, UnitParams, MemberReportParams, PageParams),
    responses((status = 200, body = Page<MemberReportResponse>))
)]
#[get("/reports/members")]
pub(super) async fn list_members(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    board: Query<BoardParams>,
    unit: Query<UnitParams>,
    params: Query<MemberReportParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<MemberReportResponse>>, Problem> {
    let (limit, after) = (page.0.limit()?, page.0.cursor()?);
    let query = query(&board, &unit, params)?;
    let lines = state.services.reports.members(&caller.principal, &query).await?;
    let found = lines.page(after, limit).await?;
    Ok(Json(Page {
        items: found.lines.into_iter().map(Into::into).collect(),
        next_cursor: found.next.and_then(|place| cursor(&place)),
    }))
}

/// The same list as a file, sent while it is written.
#[utoipa::path(
    tag = "reports",
    security(("bearer" = [])),
    params(BoardParams, UnitParams, MemberReportParams, ExportParams),
    responses((status = 200, description = "The file", content((FileBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (FileBody = "text/csv"))))
)]
#[get("/reports/members/export")]
pub(super) async fn export_members(
    caller: Caller<Leaders, Heavy>,
    state: Data<ApiState>,
    board: Query<BoardParams>,
    unit: Query<UnitParams>,
    params: Query<MemberReportParams>,
    export: Query<ExportParams>,
) -> Result<HttpResponse, Problem> {
    let query = query(&board, &unit, params)?;
    let lines = state.services.reports.members(&caller.principal, &query).await?;
    Ok(stream_table("members", export.0.format, lines.export(language())?))
}
