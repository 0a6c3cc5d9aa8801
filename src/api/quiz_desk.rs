//! Quizzes as their admins work on them: trying a blueprint, closing early, giving more time.

use actix_web::http::header::ContentType;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::attempts::PaperItemResponse;
use super::extract::{Admins, Body, Caller, OptionalBody, PathPart};
use super::limit::Heavy;
use super::problem::{FieldFault, Problem, language};
use super::quizzes::{NewQuizRequest, QuizResponse};
use super::wire::{millis, with_ready_field};
use crate::domain::fill::Fill;
use crate::domain::ids::QuizId;
use crate::domain::points::Points;
use crate::services::ServiceError;
use crate::services::quiz_drafts::QuizCheck;

/// How far the bank fills one section.
#[derive(Serialize, ToSchema)]
pub(super) struct SectionCheck {
    /// Questions that the section admits, by itself.
    available: u32,
    /// Items that it asks for.
    wanted: u32,
    /// Items that cannot be filled once the sections before it have theirs.
    missing: u32,
}

/// What would become of a quiz.
#[derive(Serialize, ToSchema)]
#[schema(as = QuizCheck)]
pub(super) struct QuizCheckResponse {
    /// In the order of the quiz's sections; empty when there are none or too many.
    sections: Vec<SectionCheck>,
    /// Items of a paper.
    total_count: u32,
    /// Points of a faultless paper.
    #[schema(value_type = f64)]
    max_score: Points,
    /// Whether the quiz could be added as it is: the bank fills every section and no field is wrong.
    fits: bool,
    /// Fields that are wrong, as `POST /quizzes` would tell them.
    errors: Vec<FieldFault>,
}

impl From<QuizCheck> for QuizCheckResponse {
    fn from(check: QuizCheck) -> Self {
        let language = language();
        let section = |Fill { available, wanted, missing }| SectionCheck { available, wanted, missing };
        Self {
            sections: check.sections.into_iter().map(section).collect(),
            total_count: check.total_count,
            max_score: check.max_score,
            fits: check.faults.is_empty(),
            errors: check.faults.iter().map(|fault| FieldFault::new(fault, language)).collect(),
        }
    }
}

/// A paper as a member would get it.
#[derive(ToSchema)]
#[schema(as = QuizPreview)]
#[expect(dead_code, reason = "describes what PreviewHead and the items of the paper make together")]
pub(super) struct PreviewResponse {
    #[schema(inline)]
    #[serde(flatten)]
    head: PreviewHead,
    /// The items of the paper, in its order.
    questions: Vec<PaperItemResponse>,
}

/// A preview, but for its paper.
#[derive(Serialize, ToSchema)]
pub(super) struct PreviewHead {
    title: String,
    duration_seconds: Option<i64>,
    /// Items.
    total: u32,
    /// Points of a faultless paper.
    #[schema(value_type = f64)]
    max_score: Points,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "服务器维护，提前结束"}))]
pub(super) struct CloseRequest {
    /// For the audit log; at most 200 characters.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"closes_at": "2026-12-01T10:00:00Z"}))]
pub(super) struct ExtendRequest {
    /// Later than now and than before.
    #[schema(value_type = String, format = DateTime)]
    closes_at: Timestamp,
}

/// Try a quiz without adding it: what the bank can fill, and what is wrong.
///
/// What is wrong is told with 200, so that a form can ask while it is filled in.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    request_body = NewQuizRequest,
    responses((status = 200, body = QuizCheckResponse))
)]
#[post("/quizzes/check")]
pub(super) async fn check_quiz(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    body: Body<NewQuizRequest>,
) -> Result<Json<QuizCheckResponse>, Problem> {
    let draft = body.0.draft(state.services.context.clock.now());
    Ok(Json(state.services.quizzes.check(&caller.principal, draft).await?.into()))
}

/// A paper of a quiz as a member would get it, another one each time. Nothing is stored, and no key is told.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    request_body = NewQuizRequest,
    responses((status = 200, body = PreviewResponse))
)]
#[post("/quizzes/preview")]
pub(super) async fn preview_quiz(
    caller: Caller<Admins, Heavy>,
    state: Data<ApiState>,
    body: Body<NewQuizRequest>,
) -> Result<HttpResponse, Problem> {
    let draft = body.0.draft(state.services.context.clock.now());
    let preview = state.services.quizzes.preview(&caller.principal, draft).await?;
    let rules = &preview.rules;
    let head = PreviewHead {
        title: rules.title.clone(),
        duration_seconds: rules.duration_seconds,
        total: rules.blueprint.item_count(),
        max_score: rules.blueprint.max_score(),
    };
    let mut body =
        serde_json::to_vec(&head).map_err(|error| ServiceError::Internal(format!("preview: {error}")))?;
    with_ready_field(&mut body, "questions", |body| preview.write_items(body));
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body))
}

/// Close an open quiz now. Running attempts end now too (with the 5 s of grace) and are graded with what was
/// saved.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz")),
    request_body = Option<CloseRequest>,
    responses((status = 200, body = QuizResponse), (status = 409, description = "The quiz is not open"))
)]
#[post("/quizzes/{id}/close")]
pub(super) async fn close_quiz(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
    body: OptionalBody<CloseRequest>,
) -> Result<Json<QuizResponse>, Problem> {
    Ok(Json(state.services.quizzes.close(&caller.principal, QuizId(id.0), body.0.reason).await?.into()))
}

/// Close a quiz later than it was to, also when it has closed already.
///
/// Running attempts that were to end with the quiz get as much of it as their duration allows.
#[utoipa::path(
    tag = "quizzes",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz")),
    request_body = ExtendRequest,
    responses(
        (status = 200, body = QuizResponse),
        (status = 409, description = "Its right answers are shown already")
    )
)]
#[post("/quizzes/{id}/extend")]
pub(super) async fn extend_quiz(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
    body: Body<ExtendRequest>,
) -> Result<Json<QuizResponse>, Problem> {
    let closes_at = millis(body.0.closes_at);
    Ok(Json(state.services.quizzes.extend(&caller.principal, QuizId(id.0), closes_at).await?.into()))
}
