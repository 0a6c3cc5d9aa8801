//! Practice, favourites, wrong answers, progress.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post, put};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::attempts::OptionResponse;
use super::extract::{Anyone, Body, Caller, PathPart, Query};
use super::limit::Answering;
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::wire::timestamp;
use crate::domain::ids::QuestionId;
use crate::domain::points::Points;
use crate::domain::question::{Kind, Question};
use crate::domain::time::Millis;
use crate::services::practice::{
    ChapterProgress, PracticeFilter, PracticeFrom, PracticeQuestion, Progress, WrongAnswer,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BankParams {
    /// The bank's code; the first bank with questions when it is left out.
    bank: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ChapterParams {
    /// Only questions of this chapter.
    chapter: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PracticeParams {
    /// Which questions: all in their order, those never answered, those answered wrong the last time, or
    /// those that I have marked.
    from: Option<PracticeFrom>,
}

/// How far I am.
#[derive(Serialize, ToSchema)]
#[schema(as = Progress)]
pub(super) struct ProgressResponse {
    /// The bank's code.
    bank: String,
    title: String,
    /// Questions that can be practised.
    total: u32,
    /// Those that I have answered at least once, in practice or in attempts that are revealed.
    seen: u32,
    /// Those of them whose last answer was right.
    correct: u32,
    /// Days in a row with something answered, up to today; up to yesterday until something is answered today.
    streak_days: u32,
    longest_streak_days: u32,
    /// Questions that I have answered today, in practice and in attempts handed in today.
    answered_today: u32,
    /// Chapter by chapter, in the bank's order.
    chapters: Vec<ChapterProgressResponse>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ChapterProgress)]
pub(super) struct ChapterProgressResponse {
    chapter: String,
    total: u32,
    seen: u32,
    correct: u32,
}

impl From<ChapterProgress> for ChapterProgressResponse {
    fn from(progress: ChapterProgress) -> Self {
        let ChapterProgress { chapter, total, seen, correct } = progress;
        Self { chapter, total, seen, correct }
    }
}

impl From<Progress> for ProgressResponse {
    fn from(progress: Progress) -> Self {
        let sum = |part: fn(&ChapterProgress) -> u32| progress.chapters.iter().map(part).sum();
        Self {
            total: sum(|chapter| chapter.total),
            seen: sum(|chapter| chapter.seen),
            correct: sum(|chapter| chapter.correct),
            bank: progress.bank,
            title: progress.title,
            streak_days: progress.streaks.current,
            longest_streak_days: progress.streaks.longest,
            answered_today: progress.answered_today,
            chapters: progress.chapters.into_iter().map(Into::into).collect(),
        }
    }
}

/// A question to practise; without its key.
#[derive(Serialize, ToSchema)]
#[schema(as = PracticeQuestion)]
pub(super) struct PracticeQuestionResponse {
    code: String,
    chapter: String,
    kind: Kind,
    /// 1 (easy) to 5 (hard).
    difficulty: u8,
    stem: String,
    /// In the bank's order; empty for `judge` and `blank`.
    options: Vec<OptionResponse>,
    /// Gaps to fill; 0 but for `blank`.
    gaps: usize,
    /// Whether I have marked it.
    favourite: bool,
    /// Whether my last answer was right; null when there is none.
    #[schema(required)]
    last_correct: Option<bool>,
}

impl From<PracticeQuestion> for PracticeQuestionResponse {
    fn from(view: PracticeQuestion) -> Self {
        let question = view.question;
        Self {
            gaps: question.gaps(),
            options: options(&question),
            code: question.code,
            chapter: question.chapter,
            kind: question.kind,
            difficulty: question.difficulty,
            stem: question.stem,
            favourite: view.favourite,
            last_correct: view.last_correct,
        }
    }
}

fn options(question: &Question) -> Vec<OptionResponse> {
    question
        .options
        .iter()
        .enumerate()
        .map(|(place, text)| OptionResponse::new(place, text.clone()))
        .collect()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"bank": "1000", "code": "dzy-002", "answer": ["C"]}))]
pub(super) struct PracticeAnswerRequest {
    /// The bank's code.
    bank: String,
    /// The question's code.
    code: String,
    /// Option letters; `true` or `false`; one text a gap.
    answer: Vec<String>,
}

/// What an answer is worth, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = PracticeFeedback)]
pub(super) struct FeedbackResponse {
    /// Whether it is right in full.
    correct: bool,
    /// 0 to 100; half for a `multiple` answer that misses some, a share for each gap.
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    score_percent: Points,
    key: Vec<String>,
    explanation: String,
    /// Document and article.
    source: String,
}

/// A question that I answered wrong the last time.
#[derive(Serialize, ToSchema)]
#[schema(as = WrongAnswer)]
pub(super) struct WrongAnswerResponse {
    code: String,
    chapter: String,
    kind: Kind,
    stem: String,
    /// In the bank's order; empty for `judge` and `blank`.
    options: Vec<OptionResponse>,
    /// My last answer; without options that the question has no more.
    your_answer: Vec<String>,
    key: Vec<String>,
    explanation: String,
    /// Document and article.
    source: String,
    /// How often I answered it wrong.
    wrong_times: u32,
    /// When last.
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
}

impl From<WrongAnswer> for WrongAnswerResponse {
    fn from(wrong: WrongAnswer) -> Self {
        let question = wrong.question;
        Self {
            options: options(&question),
            key: question.written_key(),
            code: question.code,
            chapter: question.chapter,
            kind: question.kind,
            stem: question.stem,
            your_answer: wrong.answer,
            explanation: question.explanation,
            source: question.source,
            wrong_times: wrong.record.wrong_times,
            last_at: timestamp(wrong.record.last_at),
        }
    }
}

/// How far I am through a bank, chapter by chapter.
///
/// An attempt is counted once its quiz reveals it; for the streak as soon as it is handed in.
#[utoipa::path(
    tag = "practice",
    security(("bearer" = [])),
    params(BankParams),
    responses((status = 200, body = ProgressResponse), (status = 404, description = "There is no such bank"))
)]
#[get("/me/progress")]
pub(super) async fn show_progress(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    bank: Query<BankParams>,
) -> Result<Json<ProgressResponse>, Problem> {
    Ok(Json(state.services.practice.progress(&caller.principal, bank.0.bank).await?.into()))
}

/// Questions to practise, in the bank's order, without keys.
///
/// Left out are questions on my own papers whose keys are still hidden: of attempts that run, and of those
/// that are revealed only when their quiz has closed.
#[utoipa::path(
    tag = "practice",
    security(("bearer" = [])),
    params(BankParams, ChapterParams, PracticeParams, PageParams),
    responses(
        (status = 200, body = Page<PracticeQuestionResponse>),
        (status = 404, description = "There is no such bank")
    )
)]
#[get("/practice/questions")]
pub(super) async fn list_practice_questions(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    bank: Query<BankParams>,
    chapter: Query<ChapterParams>,
    params: Query<PracticeParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<PracticeQuestionResponse>>, Problem> {
    let (limit, after) = (page.0.limit()?, page.0.cursor::<QuestionId>()?);
    let from = params.0.from.unwrap_or_default();
    let filter = PracticeFilter { bank: bank.0.bank, chapter: chapter.0.chapter, from };
    let rows = state.services.practice.questions(&caller.principal, filter, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |row| row.position.1, Into::into)))
}

/// Answer a question in practice and learn at once whether it is right.
///
/// Counts for my progress, never for a ranking.
#[utoipa::path(
    tag = "practice",
    security(("bearer" = [])),
    request_body = PracticeAnswerRequest,
    responses(
        (status = 200, body = FeedbackResponse),
        (status = 409, description = "The question is on a paper of mine whose key is still hidden")
    )
)]
#[post("/practice/answers")]
pub(super) async fn answer_practice_question(
    caller: Caller<Anyone, Answering>,
    state: Data<ApiState>,
    body: Body<PracticeAnswerRequest>,
) -> Result<Json<FeedbackResponse>, Problem> {
    let PracticeAnswerRequest { bank, code, answer } = body.0;
    let feedback = state.services.practice.answer(&caller.principal, bank, code, answer).await?;
    let question = feedback.question;
    Ok(Json(FeedbackResponse {
        correct: feedback.earned.correct,
        score_percent: feedback.earned.score,
        key: question.written_key(),
        explanation: question.explanation,
        source: question.source,
    }))
}

/// The questions that I answered wrong the last time, the latest first.
///
/// In practice, and in attempts once they are revealed. One right answer takes a question off the list.
#[utoipa::path(
    tag = "practice",
    security(("bearer" = [])),
    params(BankParams, ChapterParams, PageParams),
    responses(
        (status = 200, body = Page<WrongAnswerResponse>),
        (status = 404, description = "There is no such bank")
    )
)]
#[get("/me/wrong-answers")]
pub(super) async fn list_wrong_answers(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    bank: Query<BankParams>,
    chapter: Query<ChapterParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<WrongAnswerResponse>>, Problem> {
    let limit = page.0.limit()?;
    let after = page.0.cursor::<(i64, QuestionId)>()?.map(|(at, id)| (Millis(at), id));
    let (bank, chapter) = (bank.0.bank, chapter.0.chapter);
    let practice = &state.services.practice;
    let rows = practice.wrong_answers(&caller.principal, bank, chapter, after, limit + 1).await?;
    let position = |row: &WrongAnswer| (row.record.last_at.0, row.record.question);
    Ok(Json(Page::cut(rows, limit, position, Into::into)))
}

/// The questions that I have marked, the latest first, without keys.
#[utoipa::path(
    tag = "practice",
    security(("bearer" = [])),
    params(BankParams, PageParams),
    responses(
        (status = 200, body = Page<PracticeQuestionResponse>),
        (status = 404, description = "There is no such bank")
    )
)]
#[get("/me/favourites")]
pub(super) async fn list_favourites(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    bank: Query<BankParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<PracticeQuestionResponse>>, Problem> {
    let limit = page.0.limit()?;
    let after = page.0.cursor::<(i64, QuestionId)>()?.map(|(at, id)| (Millis(at), id));
    let rows = state.services.practice.favourites(&caller.principal, bank.0.bank, after, limit + 1).await?;
    let position = |row: &PracticeQuestion| (row.position.0.0, row.position.1);
    Ok(Json(Page::cut(rows, limit, position, Into::into)))
}

/// Mark a question.
#[utoipa::path(
    tag = "practice",
    security(("bearer" = [])),
    params(
        ("bank" = String, Path, description = "The bank's code"),
        ("code" = String, Path, description = "The question's code")
    ),
    responses((status = 204))
)]
#[put("/me/favourites/{bank}/{code}")]
pub(super) async fn add_favourite(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    path: PathPart<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (bank, code) = path.0;
    state.services.practice.set_favourite(&caller.principal, bank, code, true).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take the mark of a question away.
#[utoipa::path(
    tag = "practice",
    security(("bearer" = [])),
    params(
        ("bank" = String, Path, description = "The bank's code"),
        ("code" = String, Path, description = "The question's code")
    ),
    responses((status = 204))
)]
#[delete("/me/favourites/{bank}/{code}")]
pub(super) async fn remove_favourite(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    path: PathPart<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (bank, code) = path.0;
    state.services.practice.set_favourite(&caller.principal, bank, code, false).await?;
    Ok(HttpResponse::NoContent().finish())
}
