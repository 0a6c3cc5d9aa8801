//! Question banks: one question at a time.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::extract::{Admins, Body, Caller, PathPart, Query, RootAdmins};
use super::page::{Page, PageParams};
use super::problem::Problem;
use crate::domain::question::{Draft, Kind};
use crate::message;
use crate::services::banks::{BankView, QuestionFilter, QuestionRow};

#[derive(Serialize, ToSchema)]
#[schema(as = Bank)]
pub(super) struct BankResponse {
    code: String,
    title: String,
    /// Goes up with every change; 0 while the bank has never held a question.
    revision: i32,
    /// Questions of this revision.
    questions: usize,
}

impl From<BankView> for BankResponse {
    fn from(view: BankView) -> Self {
        let BankView { bank, questions } = view;
        Self { code: bank.code, title: bank.title, revision: bank.revision, questions }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBankRequest {
    code: String,
    title: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Question)]
pub(super) struct QuestionResponse {
    id: i64,
    code: String,
    kind: Kind,
    chapter: String,
    #[schema(minimum = 1, maximum = 5)]
    difficulty: u8,
    stem: String,
    options: Vec<String>,
    /// Option letters; `true` or `false`; or one entry a gap, alternatives parted by `|`.
    key: Vec<String>,
    explanation: String,
    source: String,
    #[schema(value_type = Option<String>, format = Date)]
    verified_on: Option<String>,
}

impl From<QuestionRow> for QuestionResponse {
    fn from(row: QuestionRow) -> Self {
        let question = row.question;
        Self {
            id: row.id.0,
            key: question.written_key(),
            code: question.code,
            kind: question.kind,
            chapter: question.chapter,
            difficulty: question.difficulty,
            stem: question.stem,
            options: question.options,
            explanation: question.explanation,
            source: question.source,
            verified_on: question.verified_on,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionRequest {
    /// Taken over from an answer of ours, and not looked at.
    #[serde(default, rename = "id")]
    _id: Option<i64>,
    /// May be left out where the path names it.
    #[serde(default)]
    code: Option<String>,
    kind: Kind,
    #[serde(default)]
    chapter: Option<String>,
    #[schema(minimum = 1, maximum = 5)]
    #[serde(default)]
    difficulty: Option<i64>,
    stem: String,
    /// For `single` and `multiple` only.
    #[serde(default)]
    options: Vec<String>,
    /// Option letters; `true` or `false`; or one entry a gap, alternatives parted by `|`.
    #[serde(default)]
    key: Vec<String>,
    #[serde(default)]
    explanation: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default)]
    verified_on: Option<String>,
}

impl TryFrom<QuestionRequest> for Draft {
    type Error = Problem;

    fn try_from(request: QuestionRequest) -> Result<Self, Problem> {
        if request.verified_on.as_ref().is_some_and(String::is_empty) {
            // A file may leave a date empty; here null says that there is none.
            return Err(Problem::field(
                "/verified_on",
                message!("日期写作 YYYY-MM-DD", "a date is written YYYY-MM-DD"),
            ));
        }
        Ok(Self {
            code: request.code.unwrap_or_default(),
            kind: Some(request.kind),
            chapter: request.chapter,
            difficulty: request.difficulty,
            stem: request.stem,
            options: request.options,
            key: request.key,
            explanation: Some(request.explanation.unwrap_or_default()),
            source: Some(request.source.unwrap_or_default()),
            verified_on: request.verified_on,
        })
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct QuestionParams {
    /// Only questions of this chapter.
    chapter: Option<String>,
    /// Only questions of this kind.
    kind: Option<Kind>,
    /// Only questions that hold this in code, stem, options or source.
    q: Option<String>,
    /// As they stood in this revision; the current one when it is left out.
    revision: Option<i32>,
}

/// The banks.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(PageParams),
    responses((status = 200, body = Page<BankResponse>))
)]
#[get("/banks")]
pub(super) async fn list_banks(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    page: Query<PageParams>,
) -> Result<Json<Page<BankResponse>>, Problem> {
    let (limit, first) = (page.0.limit()?, page.0.cursor::<usize>()?.unwrap_or(0));
    let views = state.services.banks.list(&caller.principal).await?;
    let rows: Vec<_> = views.into_iter().enumerate().skip(first).take(limit + 1).collect();
    Ok(Json(Page::cut(rows, limit, |(index, _)| index + 1, |(_, view)| view.into())))
}

/// Add an empty bank.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    request_body = NewBankRequest,
    responses((status = 201, body = BankResponse), (status = 409, description = "The code is taken"))
)]
#[post("/banks")]
pub(super) async fn create_bank(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    body: Body<NewBankRequest>,
) -> Result<HttpResponse, Problem> {
    let NewBankRequest { code, title } = body.0;
    let bank: BankResponse = state.services.banks.create(&caller.principal, code, title).await?.into();
    Ok(HttpResponse::Created().json(bank))
}

/// The questions of a bank, with their keys: of its current revision, or of an earlier one.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank"), QuestionParams, PageParams),
    responses((status = 200, body = Page<QuestionResponse>))
)]
#[get("/banks/{code}/questions")]
pub(super) async fn list_questions(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    code: PathPart<String>,
    params: Query<QuestionParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<QuestionResponse>>, Problem> {
    let limit = page.0.limit()?;
    let QuestionParams { chapter, kind, q, revision } = params.0;
    let text = q.filter(|text| !text.is_empty());
    let filter = QuestionFilter { chapter, kind, text, after: page.0.cursor()?, revision, limit: limit + 1 };
    let rows = state.services.banks.questions(&caller.principal, code.0, filter).await?;
    Ok(Json(Page::cut(rows, limit, |row| row.question.code.clone(), Into::into)))
}

/// Add a question.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank")),
    request_body = QuestionRequest,
    responses((status = 201, body = QuestionResponse), (status = 409, description = "The code is taken"))
)]
#[post("/banks/{code}/questions")]
pub(super) async fn create_question(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    code: PathPart<String>,
    body: Body<QuestionRequest>,
) -> Result<HttpResponse, Problem> {
    let row = state.services.banks.create_question(&caller.principal, code.0, body.0.try_into()?).await?;
    Ok(HttpResponse::Created().json(QuestionResponse::from(row)))
}

/// Replace a question. Attempts that showed the old version keep it.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(
        ("code" = String, Path, description = "The bank"),
        ("question_code" = String, Path, description = "The question")
    ),
    request_body = QuestionRequest,
    responses((status = 200, body = QuestionResponse))
)]
#[put("/banks/{code}/questions/{question_code}")]
pub(super) async fn update_question(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    path: PathPart<(String, String)>,
    body: Body<QuestionRequest>,
) -> Result<Json<QuestionResponse>, Problem> {
    let (bank, code) = path.0;
    let draft = QuestionRequest { code: body.0.code.or_else(|| Some(code.clone())), ..body.0 };
    let row = state.services.banks.update_question(&caller.principal, bank, code, draft.try_into()?).await?;
    Ok(Json(row.into()))
}

/// Retire a question: papers drawn from now on are without it.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(
        ("code" = String, Path, description = "The bank"),
        ("question_code" = String, Path, description = "The question")
    ),
    responses((status = 204))
)]
#[delete("/banks/{code}/questions/{question_code}")]
pub(super) async fn delete_question(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    path: PathPart<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (bank, code) = path.0;
    state.services.banks.delete_question(&caller.principal, bank, code).await?;
    Ok(HttpResponse::NoContent().finish())
}
