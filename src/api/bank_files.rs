//! Question banks from files and to files.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Json};
use actix_web::{HttpResponse, get, post};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::download::{attachment, download};
use super::extract::{Admins, Caller, PathPart, Query, RootAdmins, Upload, UploadForm};
use super::import_report::ImportReportResponse;
use super::limit::Heavy;
use super::problem::{Problem, ProblemCode, ProblemResponse, language};
use super::reports::export::cut_off;
use super::wire::FileBody;
use crate::domain::question::Kind;
use crate::formats::tables::{XLSX_MEDIA_TYPE, write_rejected};
use crate::formats::{FORMATS, ImportReport};
use crate::services::ServiceError;
use crate::services::bank_exports::SentContent;
use crate::services::bank_files::{ImportOptions, ImportStatus, bank_template};

/// How an import reports.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ReportForm {
    /// As JSON.
    #[default]
    Json,
    /// The rejected questions as a workbook: the file's own columns, and why.
    Xlsx,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportParams {
    /// `auto`, or one of `json`, `csv`, `xlsx` (old `.xls` too), `docx`, `txt`, `gift`, `aiken`,
    /// `moodle-xml`, `qti`.
    #[serde(default = "auto")]
    #[param(schema_with = read_formats)]
    format: String,
    /// Report only; change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Save the questions that can be taken although others are rejected.
    #[serde(default)]
    accept_valid: bool,
    /// `xlsx`: when questions are rejected, answer with a workbook of them instead of the JSON report, under
    /// the same status. Without a rejected question the answer is the JSON report either way.
    #[serde(default)]
    #[param(inline)]
    report: ReportForm,
}

impl ImportParams {
    fn options(&self, file_name: Option<String>) -> ImportOptions {
        ImportOptions { dry_run: self.dry_run, accept_valid: self.accept_valid, file_name }
    }
}

fn auto() -> String {
    "auto".into()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BeginParams {
    /// As for `POST /banks/{code}/import`.
    #[serde(default = "auto")]
    #[param(schema_with = read_formats)]
    format: String,
    /// Report only; change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Save the questions that can be taken although others are rejected.
    #[serde(default)]
    accept_valid: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParams {
    /// One of `json`, `csv`, `xlsx`, `docx`, `txt`, `gift`, `aiken`, `moodle-xml`, `qti`.
    #[serde(default = "json")]
    #[param(schema_with = written_formats)]
    format: String,
}

fn one_of(words: impl IntoIterator<Item = &'static str>, default: &str, what: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(what))
        .enum_values(Some(words))
        .default(Some(default.into()))
        .build()
}

fn read_formats() -> Object {
    let formats = FORMATS.iter().map(|format| format.name());
    one_of(
        std::iter::once("auto").chain(formats),
        "auto",
        "How to read the file; `xlsx` reads old `.xls` too.",
    )
}

fn written_formats() -> Object {
    one_of(FORMATS.iter().map(|format| format.name()), "json", "How to write the file.")
}

fn template_formats() -> Object {
    one_of(["xlsx", "docx"], "xlsx", "A workbook or a text.")
}

/// A bank in the format `json`, for the API's description.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the format writes")]
pub(super) struct BankFile {
    title: String,
    questions: Vec<BankFileQuestion>,
}

/// A question in a bank in the format `json`; what it has not is left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the format writes")]
pub(super) struct BankFileQuestion {
    code: String,
    kind: Kind,
    chapter: String,
    #[schema(minimum = 1, maximum = 5)]
    difficulty: u8,
    stem: String,
    #[schema(required = false)]
    options: Vec<String>,
    key: Vec<String>,
    #[schema(required = false)]
    explanation: String,
    #[schema(required = false)]
    source: String,
    #[schema(required = false, value_type = String, format = Date)]
    verified_on: String,
}

fn json() -> String {
    "json".into()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TemplateParams {
    /// `xlsx` or `docx`.
    #[serde(default = "xlsx")]
    #[param(schema_with = template_formats)]
    format: String,
}

fn xlsx() -> String {
    "xlsx".into()
}

/// How an import stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
pub(super) struct ImportResponse {
    id: String,
    /// The bank's code.
    bank: String,
    /// `running`; `done`; `rejected`: nothing was saved, see the report; `failed`: see the problem.
    state: &'static str,
    /// `waiting`, `reading`, `checking`, `comparing`, `saving`, `finished`.
    stage: &'static str,
    /// Questions that are done in this stage.
    done: usize,
    /// Questions there are; 0 where that is not known yet.
    total: usize,
    /// The report, once there is one.
    report: Option<ImportReportResponse>,
    /// Why it failed.
    problem: Option<ProblemResponse>,
}

impl From<ImportStatus> for ImportResponse {
    fn from(status: ImportStatus) -> Self {
        let language = language();
        let report = |report: &ImportReport| Some(ImportReportResponse::new(report, language));
        let (state, report, problem) = match status.outcome.as_deref() {
            None => ("running", None, None),
            Some(Ok(done)) => ("done", report(done), None),
            Some(Err(ServiceError::ImportRejected(refused))) => ("rejected", report(refused), None),
            Some(Err(error)) => ("failed", None, Some(Problem::from(error.clone()).body(language))),
        };
        Self {
            id: status.id,
            bank: status.bank,
            state,
            stage: status.stage.as_str(),
            done: status.done,
            total: status.total,
            report,
            problem,
        }
    }
}

/// Put the questions of a file into a bank: all of them or none.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank"), ImportParams),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The report", content((ImportReportResponse = "application/json"), (FileBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (
            status = 422,
            description = "Something is wrong with the file, or with a parameter (`/problems/import-rejected`, `/problems/unreadable-file`, `/problems/unsupported-format`, `/problems/invalid-fields`)",
            content((ProblemResponse = "application/problem+json"), (FileBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
        )
    )
)]
#[post("/banks/{code}/import")]
pub(super) async fn import_bank(
    caller: Caller<RootAdmins, Heavy>,
    state: Data<ApiState>,
    code: PathPart<String>,
    params: Query<ImportParams>,
    upload: Upload,
) -> Result<HttpResponse, Problem> {
    let banks = &state.services.banks;
    let wants_workbook = params.0.report == ReportForm::Xlsx;
    let format = &params.0.format;
    let options = params.0.options(upload.name);
    match banks.import(&caller.principal, code.0, format, upload.file, options).await {
        Ok(report) if wants_workbook && !report.rejected.is_empty() => {
            rejected_workbook(HttpResponse::Ok(), &report)
        }
        Ok(report) => Ok(HttpResponse::Ok().json(ImportReportResponse::new(&report, language()))),
        Err(ServiceError::ImportRejected(report)) if wants_workbook => {
            rejected_workbook(HttpResponse::UnprocessableEntity(), &report)
        }
        Err(error) => Err(error.into()),
    }
}

/// Begin to put the questions of a large file into a bank, and ask how far it is with `GET /imports/{id}`.
/// The instance that answered knows it, for an hour after it is over.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank"), BeginParams),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 202, body = ImportResponse, headers(("Location" = String, description = "Where to ask"))))
)]
#[post("/banks/{code}/imports")]
pub(super) async fn begin_import(
    caller: Caller<RootAdmins, Heavy>,
    state: Data<ApiState>,
    code: PathPart<String>,
    params: Query<BeginParams>,
    upload: Upload,
) -> Result<HttpResponse, Problem> {
    let BeginParams { format, dry_run, accept_valid } = params.0;
    let options = ImportOptions { dry_run, accept_valid, file_name: upload.name };
    let banks = &state.services.banks;
    let status = banks.begin_import(&caller.principal, code.0, &format, upload.file, options).await?;
    let location = (header::LOCATION, format!("/api/v1/imports/{}", status.id));
    Ok(HttpResponse::Accepted().insert_header(location).json(ImportResponse::from(status)))
}

/// How an import stands.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The import")),
    responses((status = 200, body = ImportResponse))
)]
#[get("/imports/{id}")]
pub(super) async fn show_import(
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    id: PathPart<String>,
) -> Result<Json<ImportResponse>, Problem> {
    Ok(Json(state.services.banks.import_status(&caller.principal, &id.0)?.into()))
}

/// The questions that an import rejected, as a workbook: the file's own columns, and why.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The import")),
    responses((status = 200, description = "The workbook", body = FileBody, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
)]
#[get("/imports/{id}/rejected")]
pub(super) async fn show_rejected(
    caller: Caller<RootAdmins, Heavy>,
    state: Data<ApiState>,
    id: PathPart<String>,
) -> Result<HttpResponse, Problem> {
    let status = state.services.banks.import_status(&caller.principal, &id.0)?;
    match status.outcome.as_deref() {
        Some(Ok(report)) => rejected_workbook(HttpResponse::Ok(), report),
        Some(Err(ServiceError::ImportRejected(report))) => rejected_workbook(HttpResponse::Ok(), report),
        _ => Err(Problem::new(ProblemCode::NotFound)),
    }
}

fn rejected_workbook(
    response: actix_web::HttpResponseBuilder,
    report: &ImportReport,
) -> Result<HttpResponse, Problem> {
    let content = write_rejected(&report.rejected, language())
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(download(response, "rejected.xlsx", XLSX_MEDIA_TYPE, content))
}

/// Write a bank's current revision to a file; `json` and `csv` are sent while they are written. `X-Left-Out` counts the questions that the format cannot carry.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank"), ExportParams),
    responses((status = 200, description = "The file", content((BankFile = "application/json"), (FileBody = "text/csv"), (FileBody = "text/plain"), (FileBody = "application/xml"), (FileBody = "application/zip"), (FileBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (FileBody = "application/vnd.openxmlformats-officedocument.wordprocessingml.document")), headers(("X-Left-Out" = u32, description = "Questions that the format cannot carry"))))
)]
#[get("/banks/{code}/export")]
pub(super) async fn export_bank(
    caller: Caller<RootAdmins, Heavy>,
    state: Data<ApiState>,
    code: PathPart<String>,
    params: Query<ExportParams>,
) -> Result<HttpResponse, Problem> {
    let file = state.services.banks.send(&caller.principal, code.0, &params.0.format).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(("X-Left-Out", file.left_out.len()));
    Ok(match file.content {
        SentContent::Whole(content) => download(response, &file.name, file.media_type, content),
        SentContent::Parts(parts) => {
            let parts = parts.map(|part| part.map(Bytes::from).inspect_err(cut_off));
            response.content_type(file.media_type).insert_header(attachment(&file.name)).streaming(parts)
        }
    })
}

/// A file to fill in with questions, with an example of every kind and notes.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(TemplateParams),
    responses((status = 200, description = "The file", content((FileBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (FileBody = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"))))
)]
#[get("/banks/template")]
pub(super) async fn show_bank_template(
    _caller: Caller<Admins, Heavy>,
    params: Query<TemplateParams>,
) -> Result<HttpResponse, Problem> {
    let file = bank_template(&params.0.format)?;
    Ok(download(HttpResponse::Ok(), &file.name, file.media_type, file.content))
}
