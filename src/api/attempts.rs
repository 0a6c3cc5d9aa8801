//! Attempts: begin, save, submit, review.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, post, put};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{Anyone, Body, Caller, OptionalBody, PathPart};
use super::limit::Answering;
use super::problem::{Problem, ProblemCode};
use super::quiz_watch::VoidedResponse;
use super::wire::{timestamp, with_ready_field};
use crate::domain::attempt::AttemptStatus;
use crate::domain::attempt_events::are_recorded;
use crate::domain::grading::shown_key;
use crate::domain::ids::{AttemptId, QuizId};
use crate::domain::points::Points;
use crate::domain::question::{Kind, letter};
use crate::domain::time::Millis;
use crate::services::ServiceError;
use crate::services::attempts::{AttemptView, SentAnswers};

/// Room for a paper of some 20 items, in bytes; a larger one grows.
const PAPER_BYTES: usize = 16 << 10;
/// Room for a result that is not revealed yet, in bytes.
const RESULT_BYTES: usize = 2 << 10;

/// An answer to one item.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Answer)]
pub(super) struct AnswerWire {
    /// The item's number, from 1.
    #[schema(minimum = 1, maximum = 10_000)]
    no: u32,
    /// Option letters of this paper; `true` or `false`; one text a gap. Empty takes an answer back.
    answer: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answers": [{"no": 1, "answer": ["B"]}, {"no": 2, "answer": ["true"]}]}))]
pub(super) struct AnswersRequest {
    answers: Vec<AnswerWire>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answers": [{"no": 3, "answer": ["A", "C"]}]}))]
pub(super) struct SubmitRequest {
    /// Answers to save first.
    #[serde(default)]
    answers: Vec<AnswerWire>,
}

fn sent(answers: Vec<AnswerWire>) -> SentAnswers {
    answers.into_iter().map(|answer| (answer.no, answer.answer)).collect()
}

/// One option of an item.
#[derive(Serialize, ToSchema)]
pub(super) struct OptionResponse {
    /// Its letter on this paper.
    id: String,
    text: String,
}

impl OptionResponse {
    /// The option that is shown at `place`, from 0.
    pub(super) fn new(place: usize, text: String) -> Self {
        Self { id: letter(place), text }
    }
}

/// One item of a paper. Written by `live::papers`, which copies it from pieces that stand ready.
#[derive(Serialize, ToSchema)]
pub(super) struct PaperItemResponse {
    /// Its number, from 1.
    no: u32,
    kind: Kind,
    stem: String,
    /// Empty for `judge` and `blank`.
    options: Vec<OptionResponse>,
    /// Gaps to fill; 0 but for `blank`.
    gaps: usize,
    /// The heading of its section.
    section: String,
    #[schema(value_type = f64)]
    points: Points,
}

/// An attempt with its paper.
#[derive(ToSchema)]
#[schema(as = Attempt)]
#[expect(dead_code, reason = "describes what AttemptHead and the items of the paper make together")]
pub(super) struct AttemptResponse {
    #[schema(inline)]
    #[serde(flatten)]
    head: AttemptHead,
    /// The items of the paper, in its order; the result's `items` have the same numbers.
    questions: Vec<PaperItemResponse>,
}

/// An attempt, but for its paper.
#[derive(Serialize, ToSchema)]
pub(super) struct AttemptHead {
    /// A UUIDv7.
    id: String,
    quiz_id: i64,
    status: AttemptStatus,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Until when answers count (5 s of grace are added); null for no limit.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Timestamp>,
    /// The server's clock, to show the time that is left by.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// Whether it is recorded when the page is left: at contests and exams. See `POST /attempts/{id}/events`.
    events_recorded: bool,
    /// What was answered so far.
    answers: Vec<AnswerWire>,
    /// Once it is graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultResponse>,
    /// When its status is `voided`.
    #[serde(skip_serializing_if = "Option::is_none")]
    voided: Option<VoidedResponse>,
}

/// What an item earned, and why.
#[derive(Serialize, ToSchema)]
pub(super) struct ItemResultResponse {
    no: u32,
    /// What the member answered.
    answer: Vec<String>,
    #[serde(flatten)]
    revealed: Option<RevealedResponse>,
}

/// What a member sees of an item once the quiz reveals it.
#[derive(Serialize, ToSchema)]
pub(super) struct RevealedResponse {
    /// Whether it earned all of its points.
    correct: bool,
    #[schema(value_type = f64)]
    score: Points,
    /// In the letters of this paper.
    key: Vec<String>,
    explanation: String,
    /// Document and article.
    source: String,
    /// The chapter of the bank that it is from, to practise.
    chapter: String,
}

/// The result of an attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptResult)]
pub(super) struct ResultResponse {
    attempt_id: String,
    status: AttemptStatus,
    #[schema(value_type = f64)]
    score: Points,
    /// Points of a faultless paper.
    #[schema(value_type = f64)]
    max_score: Points,
    passed: bool,
    /// Items that earned all of their points.
    correct: u32,
    /// Items.
    total: u32,
    elapsed_ms: i64,
    #[schema(value_type = String, format = DateTime)]
    submitted_at: Timestamp,
    items: Vec<ItemResultResponse>,
}

/// The answer that shows an attempt: its head, and the paper copied behind it.
fn attempt_response(status: StatusCode, view: &AttemptView, now: Millis) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::build(status).content_type(ContentType::json()).body(write_attempt(view, now)?))
}

/// An attempt as JSON, with what its member may see of it now and nothing more.
pub(super) fn write_attempt(view: &AttemptView, now: Millis) -> Result<Vec<u8>, ServiceError> {
    let attempt = &view.attempt;
    let answers =
        attempt.answers.iter().map(|(&no, answer)| AnswerWire { no, answer: answer.clone() }).collect();
    let head = AttemptHead {
        id: attempt.id.0.clone(),
        quiz_id: attempt.quiz_id.0,
        status: if view.voided.is_some() { AttemptStatus::Voided } else { attempt.status() },
        started_at: timestamp(attempt.started_at),
        deadline: attempt.deadline.map(timestamp),
        now: timestamp(now),
        events_recorded: are_recorded(view.live.quiz.rules.kind),
        answers,
        result: ResultResponse::new(view),
        voided: view.voided.as_deref().map(VoidedResponse::new),
    };
    let mut body = Vec::with_capacity(PAPER_BYTES);
    serde_json::to_writer(&mut body, &head)
        .map_err(|error| ServiceError::Internal(format!("attempt: {error}")))?;
    with_ready_field(&mut body, "questions", |body| view.write_items(body));
    Ok(body)
}

impl ResultResponse {
    fn new(view: &AttemptView) -> Option<Self> {
        let attempt = &view.attempt;
        let result = attempt.result.as_ref()?;
        let items = (1..)
            .zip(&view.paper.items)
            .enumerate()
            .filter_map(|(index, (no, item))| {
                let question = view.question(item)?;
                let revealed = view.revealed.as_ref().and_then(|items| items.get(index)).map(|earned| {
                    RevealedResponse {
                        correct: earned.correct,
                        score: earned.score,
                        key: shown_key(question, item),
                        explanation: question.explanation.clone(),
                        source: question.source.clone(),
                        chapter: question.chapter.clone(),
                    }
                });
                let answer = attempt.answers.get(&no).cloned().unwrap_or_default();
                Some(ItemResultResponse { no, answer, revealed })
            })
            .collect();
        Some(Self {
            attempt_id: attempt.id.0.clone(),
            status: attempt.status(),
            score: result.score,
            max_score: result.max_score,
            passed: result.passed,
            correct: result.correct,
            total: result.total,
            elapsed_ms: result.elapsed_ms,
            submitted_at: timestamp(result.submitted_at),
            items,
        })
    }
}

/// Begin an attempt and receive its paper.
///
/// With an attempt still running the same one comes back (200).
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The quiz")),
    responses(
        (status = 201, body = AttemptResponse),
        (status = 200, body = AttemptResponse, description = "The attempt that is still running"),
        (status = 409, description = "The quiz is not open, or no attempts are left"),
        (status = 422, description = "The bank has shrunk and cannot fill the blueprint any more")
    )
)]
#[post("/quizzes/{id}/attempts")]
pub(super) async fn begin_attempt(
    caller: Caller<Anyone, Answering>,
    state: Data<ApiState>,
    id: PathPart<i64>,
) -> Result<HttpResponse, Problem> {
    let (view, new) =
        state.services.attempts.begin(&caller.principal, QuizId(id.0), Some(&caller.session)).await?;
    state.metrics.begun(new);
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    attempt_response(status, &view, state.services.context.clock.now())
}

/// Save answers; those that are not named stay as they are.
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The attempt")),
    request_body = AnswersRequest,
    responses((status = 204), (status = 409, description = "The attempt is closed"))
)]
#[put("/attempts/{id}/answers")]
pub(super) async fn save_answers(
    caller: Caller<Anyone, Answering>,
    state: Data<ApiState>,
    id: PathPart<String>,
    body: Body<AnswersRequest>,
) -> Result<HttpResponse, Problem> {
    state
        .services
        .attempts
        .save(&caller.principal, AttemptId(id.0), &sent(body.0.answers), Some(&caller.session))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Submit an attempt and receive its result.
///
/// Submitting again returns the first result and counts once.
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The attempt")),
    request_body = Option<SubmitRequest>,
    responses(
        (status = 200, body = ResultResponse),
        (status = 409, description = "Answers came after the deadline")
    )
)]
#[post("/attempts/{id}/submit")]
pub(super) async fn submit_attempt(
    caller: Caller<Anyone, Answering>,
    state: Data<ApiState>,
    id: PathPart<String>,
    body: OptionalBody<SubmitRequest>,
) -> Result<HttpResponse, Problem> {
    let answers = sent(body.0.answers);
    let view = state
        .services
        .attempts
        .submit(&caller.principal, AttemptId(id.0), &answers, Some(&caller.session))
        .await?;
    state.metrics.submitted();
    let result = ResultResponse::new(&view).ok_or_else(|| Problem::new(ProblemCode::Internal))?;
    let mut body = Vec::with_capacity(RESULT_BYTES);
    serde_json::to_writer(&mut body, &result)
        .map_err(|error| ServiceError::Internal(format!("result: {error}")))?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body))
}

/// One of my attempts: to go on with, or to review.
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The attempt")),
    responses((status = 200, body = AttemptResponse))
)]
#[get("/attempts/{id}")]
pub(super) async fn show_attempt(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    id: PathPart<String>,
) -> Result<HttpResponse, Problem> {
    let view = state.services.attempts.show(&caller.principal, AttemptId(id.0)).await?;
    attempt_response(StatusCode::OK, &view, state.services.context.clock.now())
}
