//! Rankings.

use std::cmp::Reverse;

use actix_web::get;
use actix_web::web::{Data, Json};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::extract::{Anyone, Caller, Query};
use super::page::{PageParams, cursor};
use super::problem::Problem;
use super::wire::{UnitName, timestamp};
use crate::domain::ids::{MemberId, QuizId, UnitId};
use crate::domain::org::UnitKind;
use crate::domain::period::Period;
use crate::domain::points::Points;
use crate::domain::ranking::MemberKey;
use crate::domain::time::Millis;
use crate::message;
use crate::services::leaderboards::{Board, MemberRowView, UnitRowView};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BoardParams {
    /// One quiz: the best attempt counts (for `daily` the first of each day).
    quiz: Option<i64>,
    /// A period: the sum of what counts in it; `practice` never counts.
    period: Option<Period>,
    /// A date of the period; today when it is left out.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Date>,
}

impl BoardParams {
    /// The board that is asked for.
    pub(super) fn board(&self) -> Result<Board, Problem> {
        match (self.quiz, self.period) {
            (Some(quiz), None) => Ok(Board::Quiz(QuizId(quiz))),
            (None, Some(period)) => Ok(Board::Period(period, self.on)),
            (Some(_), Some(_)) => Err(Problem::field(
                "/period",
                message!("quiz 与 period 只能给一个", "give quiz or period, not both"),
            )),
            (None, None) => {
                Err(Problem::field("/period", message!("须给出 quiz 或 period", "quiz or period is wanted")))
            }
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MemberBoardParams {
    /// Only results for this unit and below.
    unit: Option<i64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UnitBoardParams {
    /// Units below this one; the root when it is left out.
    parent: Option<i64>,
    /// Units of this kind, however far below; direct children when it is left out.
    kind: Option<UnitKind>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MemberBoardResponse {
    /// The instant for which the ranking holds.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    items: Vec<MemberBoardRow>,
    /// My own row; null without a result that counts here.
    #[schema(required)]
    me: Option<MemberBoardRow>,
    /// What to ask for next; null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MemberBoardRow {
    /// Equal score and elapsed time share a rank, and the next rank skips.
    rank: u32,
    member_id: i64,
    name: String,
    unit: UnitName,
    #[schema(value_type = f64)]
    score: Points,
    elapsed_ms: i64,
    /// Graded attempts on this board.
    attempts: u32,
}

impl From<MemberRowView> for MemberBoardRow {
    fn from(view: MemberRowView) -> Self {
        let standing = view.standing;
        Self {
            rank: standing.rank,
            member_id: standing.key.member.0,
            name: view.name,
            unit: UnitName { id: standing.unit.0, name: view.unit_name },
            score: standing.key.score.0,
            elapsed_ms: standing.key.elapsed_ms,
            attempts: standing.attempts,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct UnitBoardResponse {
    /// The instant for which the ranking holds.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    items: Vec<UnitBoardRow>,
    /// What to ask for next; null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct UnitBoardRow {
    rank: u32,
    unit: UnitName,
    /// Over all `active_members`, absent ones counting 0.
    #[schema(value_type = f64)]
    mean_score: Points,
    /// Members with a result that counts here.
    participants: u32,
    /// Members who belong to the unit or below it, and those who took part for it and have moved or left
    /// since.
    active_members: u32,
    /// Participants ÷ active members, 0 to 1.
    participation: f64,
    /// Passed results ÷ results, 0 to 1.
    pass_rate: f64,
}

impl From<UnitRowView> for UnitBoardRow {
    fn from(view: UnitRowView) -> Self {
        let standing = view.standing;
        let totals = standing.totals;
        Self {
            rank: standing.rank,
            unit: UnitName { id: view.unit.id.0, name: view.unit.name },
            mean_score: totals.mean_score(),
            participants: totals.participants,
            active_members: totals.active_members,
            participation: totals.participation(),
            pass_rate: totals.pass_rate(),
        }
    }
}

/// The ranking of members, for a quiz or a period.
///
/// Order: score down, elapsed time up, earlier submission first. Give `quiz` or `period`.
#[utoipa::path(
    tag = "leaderboards",
    security(("bearer" = [])),
    params(BoardParams, MemberBoardParams, PageParams),
    responses((status = 200, body = MemberBoardResponse))
)]
#[get("/leaderboards/members")]
pub(super) async fn rank_members(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    board: Query<BoardParams>,
    params: Query<MemberBoardParams>,
    page: Query<PageParams>,
) -> Result<Json<MemberBoardResponse>, Problem> {
    let after = page.0.cursor::<(i64, i64, i64, i64)>()?.map(|(score, elapsed_ms, at, member)| MemberKey {
        score: Reverse(Points(score)),
        elapsed_ms,
        submitted_at: Millis(at),
        member: MemberId(member),
    });
    let (board, unit, limit) = (board.0.board()?, params.0.unit.map(UnitId), page.0.limit()?);
    let view = state.services.leaderboards.members(&caller.principal, board, unit, after, limit).await?;
    Ok(Json(MemberBoardResponse {
        as_of: timestamp(view.as_of),
        items: view.rows.into_iter().map(Into::into).collect(),
        me: view.me.map(Into::into),
        next_cursor: view
            .next
            .and_then(|key| cursor(&(key.score.0.0, key.elapsed_ms, key.submitted_at.0, key.member.0))),
    }))
}

/// The ranking of units, for a quiz or a period.
///
/// `mean_score` is over all active members, so a branch cannot win by sending its best alone. Order:
/// mean score down, participation down, mean elapsed time up. Units without members are left out.
#[utoipa::path(
    tag = "leaderboards",
    security(("bearer" = [])),
    params(BoardParams, UnitBoardParams, PageParams),
    responses((status = 200, body = UnitBoardResponse))
)]
#[get("/leaderboards/units")]
pub(super) async fn rank_units(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    board: Query<BoardParams>,
    params: Query<UnitBoardParams>,
    page: Query<PageParams>,
) -> Result<Json<UnitBoardResponse>, Problem> {
    let UnitBoardParams { parent, kind } = params.0;
    let (first, limit) = (page.0.cursor::<usize>()?.unwrap_or(0), page.0.limit()?);
    let board = board.0.board()?;
    let parent = parent.map(UnitId);
    let view =
        state.services.leaderboards.units(&caller.principal, board, parent, kind, first, limit).await?;
    Ok(Json(UnitBoardResponse {
        as_of: timestamp(view.as_of),
        items: view.rows.into_iter().map(Into::into).collect(),
        next_cursor: view.next.and_then(|first| cursor(&first)),
    }))
}
