//! A member's own history of attempts.

use actix_web::get;
use actix_web::web::{Data, Json};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{Anyone, Caller, Query};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::quiz_watch::VoidedResponse;
use super::wire::timestamp;
use crate::domain::attempt::AttemptStatus;
use crate::domain::ids::AttemptId;
use crate::domain::points::Points;
use crate::domain::quiz::QuizKind;
use crate::domain::time::Millis;
use crate::services::attempts::ListedAttempt;

/// An attempt in my history.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptSummary)]
pub(super) struct AttemptSummaryResponse {
    id: String,
    quiz_id: i64,
    quiz_title: String,
    quiz_kind: QuizKind,
    status: AttemptStatus,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Timestamp>,
    /// Null while it runs, as is all that follows.
    #[schema(value_type = Option<String>, format = DateTime)]
    submitted_at: Option<Timestamp>,
    #[schema(value_type = Option<f64>)]
    score: Option<Points>,
    #[schema(value_type = Option<f64>)]
    max_score: Option<Points>,
    passed: Option<bool>,
    correct: Option<u32>,
    total: Option<u32>,
    elapsed_ms: Option<i64>,
    /// When its status is `voided`.
    #[serde(skip_serializing_if = "Option::is_none")]
    voided: Option<VoidedResponse>,
}

impl From<ListedAttempt> for AttemptSummaryResponse {
    fn from(ListedAttempt { attempt, quiz, voided }: ListedAttempt) -> Self {
        let result = attempt.result.as_ref();
        Self {
            status: if voided.is_some() { AttemptStatus::Voided } else { attempt.status() },
            quiz_id: attempt.quiz_id.0,
            quiz_title: quiz.rules.title,
            quiz_kind: quiz.rules.kind,
            started_at: timestamp(attempt.started_at),
            deadline: attempt.deadline.map(timestamp),
            submitted_at: result.map(|result| timestamp(result.submitted_at)),
            score: result.map(|result| result.score),
            max_score: result.map(|result| result.max_score),
            passed: result.map(|result| result.passed),
            correct: result.map(|result| result.correct),
            total: result.map(|result| result.total),
            elapsed_ms: result.map(|result| result.elapsed_ms),
            voided: voided.as_deref().map(VoidedResponse::new),
            id: attempt.id.0,
        }
    }
}

/// My attempts, the latest first.
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(PageParams),
    responses((status = 200, body = Page<AttemptSummaryResponse>))
)]
#[get("/me/attempts")]
pub(super) async fn list_my_attempts(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    page: Query<PageParams>,
) -> Result<Json<Page<AttemptSummaryResponse>>, Problem> {
    let limit = page.0.limit()?;
    let before = page.0.cursor::<(i64, String)>()?.map(|(at, id)| (Millis(at), AttemptId(id)));
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let rows = state.services.attempts.list(&caller.principal, before, more).await?;
    let position = |row: &ListedAttempt| (row.attempt.started_at.0, row.attempt.id.0.clone());
    Ok(Json(Page::cut(rows, limit, position, Into::into)))
}
