//! Question banks.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::extract::{Admins, Body, Caller, PathPart, Query, RootAdmins, Upload, UploadForm};
use super::page::{Page, PageParams};
use super::problem::{Problem, language};
use super::wire::{PlaceResponse, places};
use crate::domain::message::Language;
use crate::domain::question::{Draft, Kind};
use crate::formats::ImportReport;
use crate::services::banks::{BankView, ImportOptions, QuestionFilter, QuestionRow};

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

impl From<QuestionRequest> for Draft {
    fn from(request: QuestionRequest) -> Self {
        Self {
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
        }
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
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportParams {
    /// `auto`, or the name of a format.
    #[serde(default = "auto")]
    #[param(default = "auto")]
    format: String,
    /// Report only; change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Save the questions that can be taken although others are rejected.
    #[serde(default)]
    accept_valid: bool,
}

fn auto() -> String {
    "auto".into()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParams {
    /// The name of a format.
    #[serde(default = "json")]
    #[param(default = "json")]
    format: String,
}

fn json() -> String {
    "json".into()
}

/// The report on a bank file. `found` = `added` + `updated` + `unchanged` + rejected.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub(super) struct ImportReportResponse {
    /// The format that the file was read as.
    format: &'static str,
    /// The bank's revision after the import.
    revision: i32,
    /// Questions in the file.
    found: usize,
    added: usize,
    updated: usize,
    unchanged: usize,
    rejected: Vec<PlaceResponse>,
    warnings: Vec<PlaceResponse>,
}

impl ImportReportResponse {
    pub(super) fn new(report: &ImportReport, language: Language) -> Self {
        Self {
            format: report.format,
            revision: report.revision,
            found: report.found,
            added: report.added,
            updated: report.updated,
            unchanged: report.unchanged,
            rejected: places(&report.rejected, language),
            warnings: places(&report.warnings, language),
        }
    }
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

/// The questions of a bank's current revision, with their keys.
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
    let QuestionParams { chapter, kind, q } = params.0;
    let text = q.filter(|text| !text.is_empty());
    let filter = QuestionFilter { chapter, kind, text, after: page.0.cursor()?, limit: limit + 1 };
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
    let row = state.services.banks.create_question(&caller.principal, code.0, body.0.into()).await?;
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
    let row = state.services.banks.update_question(&caller.principal, bank, code, draft.into()).await?;
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

/// Put the questions of a file into a bank: all of them or none.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank"), ImportParams),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = ImportReportResponse))
)]
#[post("/banks/{code}/import")]
pub(super) async fn import_bank(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    code: PathPart<String>,
    params: Query<ImportParams>,
    upload: Upload,
) -> Result<Json<ImportReportResponse>, Problem> {
    let ImportParams { format, dry_run, accept_valid } = params.0;
    let options = ImportOptions { dry_run, accept_valid };
    let file = &upload.file;
    let report = state.services.banks.import(&caller.principal, code.0, &format, file, options).await?;
    Ok(Json(ImportReportResponse::new(&report, language())))
}

/// Write a bank's current revision to a file.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank"), ExportParams),
    responses((
        status = 200,
        description = "The file",
        content_type = "application/json",
        headers(("X-Left-Out" = usize, description = "Questions that the format cannot carry"))
    ))
)]
#[get("/banks/{code}/export")]
pub(super) async fn export_bank(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    code: PathPart<String>,
    params: Query<ExportParams>,
) -> Result<HttpResponse, Problem> {
    let file = state.services.banks.export(&caller.principal, code.0, &params.0.format).await?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(file.name)],
    };
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header(disposition)
        .insert_header(("X-Left-Out", file.left_out.len()))
        .body(file.content))
}
