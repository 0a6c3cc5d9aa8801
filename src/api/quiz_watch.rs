//! A quiz while it runs: who has begun, who answers, who has submitted; and attempts that are voided.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::attempt_events::EventCountsResponse;
use super::extract::{Admins, Body, Caller, Leaders, PathPart, Query};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::wire::{MemberName, UnitRef, timestamp};
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::{AttemptId, QuizId, UnitId};
use crate::domain::points::Points;
use crate::domain::time::Millis;
use crate::services::quiz_progress::{Counts, QuizProgress, WantedAttempts, WatchedAttempt};
use crate::services::units::UnitRow;
use crate::services::voids::VoidRow;

/// Members of one unit and the units below it.
#[derive(Serialize, ToSchema)]
pub(super) struct UnitProgress {
    unit: UnitRef,
    /// Active members who may take part.
    eligible: u32,
    /// Members who have begun; of a daily quiz today.
    begun: u32,
    /// Members who are answering now.
    running: u32,
    /// Members with a result.
    submitted: u32,
}

/// How far a quiz is. Voided attempts are not counted.
#[derive(Serialize, ToSchema)]
#[schema(as = QuizProgress)]
pub(super) struct ProgressResponse {
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// Active members who may take part, in the caller's scope.
    eligible: u32,
    begun: u32,
    running: u32,
    submitted: u32,
    /// The units below the quiz's unit; of somebody who leads less, the units that they lead.
    units: Vec<UnitProgress>,
}

impl From<QuizProgress> for ProgressResponse {
    fn from(progress: QuizProgress) -> Self {
        let Counts { eligible, begun, running, submitted } = progress.all;
        let row = |(unit, counts): (UnitRow, Counts)| {
            let Counts { eligible, begun, running, submitted } = counts;
            UnitProgress { unit: unit.into(), eligible, begun, running, submitted }
        };
        let units = progress.units.into_iter().map(row).collect();
        Self { as_of: timestamp(progress.as_of), eligible, begun, running, submitted, units }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct QuizAttemptParams {
    /// Only attempts that stand there.
    status: Option<AttemptStatus>,
    /// Only attempts that were begun for this unit or one below it.
    unit: Option<i64>,
    /// Only attempts of members whose name or login holds this.
    q: Option<String>,
}

/// Whose attempt it is.
#[derive(Serialize, ToSchema)]
pub(super) struct AttemptMember {
    id: i64,
    name: String,
    login: String,
}

/// Why an attempt counts for nothing.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptVoid)]
pub(super) struct VoidResponse {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    by: MemberName,
    reason: String,
}

/// Why an attempt of mine counts for nothing.
#[derive(Serialize, ToSchema)]
#[schema(as = Voided)]
pub(super) struct VoidedResponse {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    reason: String,
}

impl VoidedResponse {
    pub(super) fn new(row: &VoidRow) -> Self {
        Self { at: timestamp(row.at), reason: row.reason.clone() }
    }
}

/// An attempt at a quiz, as those who look after it see it: without its answers.
#[derive(Serialize, ToSchema)]
#[schema(as = QuizAttempt)]
pub(super) struct QuizAttemptResponse {
    /// A UUIDv7.
    id: String,
    member: AttemptMember,
    /// The unit for which it was begun.
    unit: UnitRef,
    status: AttemptStatus,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    deadline: Option<Timestamp>,
    /// Items that have an answer.
    answered: u32,
    /// Null while it runs, as are score and elapsed_ms.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    submitted_at: Option<Timestamp>,
    #[schema(required, value_type = Option<f64>)]
    score: Option<Points>,
    #[schema(required)]
    elapsed_ms: Option<i64>,
    #[schema(required)]
    voided: Option<VoidResponse>,
    /// What happened around it; null for whoever is no admin of the quiz's unit, and at quizzes where nothing is
    /// recorded.
    #[schema(required)]
    events: Option<EventCountsResponse>,
}

impl From<WatchedAttempt> for QuizAttemptResponse {
    fn from(WatchedAttempt { row, unit, events }: WatchedAttempt) -> Self {
        Self {
            events: events.map(Into::into),
            id: row.id.0,
            member: AttemptMember { id: row.member.0, name: row.name, login: row.login },
            unit: unit.into(),
            status: row.status,
            started_at: timestamp(row.started_at),
            deadline: row.deadline.map(timestamp),
            answered: u32::try_from(row.answered).unwrap_or(u32::MAX),
            submitted_at: row.submitted_at.map(timestamp),
            score: row.score,
            elapsed_ms: row.elapsed_ms,
            voided: row.voided.map(|voided| VoidResponse {
                at: timestamp(voided.at),
                by: voided.by.into(),
                reason: voided.reason,
            }),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "代他人答题"}))]
pub(super) struct VoidRequest {
    /// What the member reads too.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// How far a quiz is, in the caller's scope.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz")),
    responses((status = 200, body = ProgressResponse))
)]
#[get("/quizzes/{id}/progress")]
pub(super) async fn show_quiz_progress(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    id: PathPart<i64>,
) -> Result<Json<ProgressResponse>, Problem> {
    Ok(Json(state.services.quizzes.progress(&caller.principal, QuizId(id.0)).await?.into()))
}

/// The attempts at a quiz in the caller's scope, those that were begun last first.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz"), QuizAttemptParams, PageParams),
    responses((status = 200, body = Page<QuizAttemptResponse>))
)]
#[get("/quizzes/{id}/attempts")]
pub(super) async fn list_quiz_attempts(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    id: PathPart<i64>,
    params: Query<QuizAttemptParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<QuizAttemptResponse>>, Problem> {
    let limit = page.0.limit()?;
    let before = page.0.cursor::<(i64, String)>()?.map(|(at, id)| (Millis(at), AttemptId(id)));
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let QuizAttemptParams { status, unit, q } = params.0;
    let text = q.filter(|text| !text.is_empty());
    let wanted = WantedAttempts { status, unit: unit.map(UnitId), text, before };
    let rows = state.services.quizzes.attempts(&caller.principal, QuizId(id.0), wanted, more).await?;
    let position = |WatchedAttempt { row, .. }: &WatchedAttempt| (row.started_at.0, row.id.0.clone());
    Ok(Json(Page::cut(rows, limit, position, Into::into)))
}

/// Void a graded attempt: it leaves all rankings, stays on record, and does not count against the attempts
/// that its member is allowed.
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The attempt")),
    request_body = VoidRequest,
    responses((status = 204), (status = 409, description = "It is still running, or voided already"))
)]
#[post("/attempts/{id}/void")]
pub(super) async fn void_attempt(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<String>,
    body: Body<VoidRequest>,
) -> Result<HttpResponse, Problem> {
    state.services.attempts.void(&caller.principal, AttemptId(id.0), &body.0.reason).await?;
    Ok(HttpResponse::NoContent().finish())
}
