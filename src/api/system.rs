//! Around the API: health, metrics, documents, and what no route answers.

use actix_web::http::header;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::Config;

use super::app::ApiState;
use super::extract::PathPart;
use super::problem::{PROBLEMS, Problem, ProblemCode, language};
use super::routes::Route;
use super::web;
use crate::domain::message::Language;
use crate::services::vitals::Check;

/// The documentation's own pages write styles into their elements.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Serialize, ToSchema)]
pub(super) struct HealthResponse {
    /// `ok`.
    status: &'static str,
}

/// The server can work.
#[derive(Serialize, ToSchema)]
pub(super) struct ReadyResponse {
    /// `ok`.
    status: &'static str,
    /// What was looked at.
    checks: Vec<CheckResponse>,
}

/// Something that the server needs for its work.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckResponse {
    /// `database`, `migrations`, `writer`, `rankings` or `stopping`.
    name: &'static str,
    /// Whether nothing is wrong with it.
    ok: bool,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl CheckResponse {
    pub(super) fn new(check: &Check, language: Language) -> Self {
        let detail = check.fault.as_ref().map(|fault| fault.text(language).to_owned());
        Self { name: check.name, ok: detail.is_none(), detail }
    }
}

/// A kind of problem that the API can answer.
#[derive(Serialize, ToSchema)]
pub(super) struct ProblemKindResponse {
    /// The problem's `type`.
    #[serde(rename = "type")]
    problem_type: String,
    status: u16,
    title: &'static str,
}

impl From<ProblemCode> for ProblemKindResponse {
    fn from(code: ProblemCode) -> Self {
        Self {
            problem_type: format!("/problems/{}", code.slug()),
            status: code.status(),
            title: code.title(language()),
        }
    }
}

/// Whether the server is alive.
#[utoipa::path(tag = "system", responses((status = 200, body = HealthResponse)))]
#[get("/healthz")]
pub(super) async fn healthz() -> Json<HealthResponse> {
    Json(HealthResponse { status: "ok" })
}

/// Whether the server can work: the database answers and is of this program's schema, writes are committed, the
/// rankings are kept up to date, and nobody has told it to stop. If not, `detail` says why in plain words.
#[utoipa::path(
    tag = "system",
    responses((status = 200, body = ReadyResponse), (status = 503, description = "Not ready: `checks` say why"))
)]
#[get("/readyz")]
pub(super) async fn readyz(state: Data<ApiState>) -> Result<Json<ReadyResponse>, Problem> {
    let checks = state.services.check().await;
    if checks.iter().any(|check| check.fault.is_some()) {
        return Err(Problem::not_ready(checks));
    }
    let checks = checks.iter().map(|check| CheckResponse::new(check, language())).collect();
    Ok(Json(ReadyResponse { status: "ok", checks }))
}

/// Metrics in Prometheus' text format.
#[utoipa::path(tag = "system", responses((status = 200, content_type = "text/plain", body = String)))]
#[get("/metrics")]
pub(super) async fn show_metrics(state: Data<ApiState>) -> Result<HttpResponse, Problem> {
    let text = state.metrics.text(&state.services).await.map_err(|_| Problem::new(ProblemCode::Internal))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=1.0.0; charset=utf-8").body(text))
}

/// Every kind of problem that the API can answer.
#[utoipa::path(tag = "system", responses((status = 200, body = Vec<ProblemKindResponse>)))]
#[get("/problems")]
pub(super) async fn list_problems() -> Json<Vec<ProblemKindResponse>> {
    Json(PROBLEMS.iter().map(|&code| code.into()).collect())
}

/// What a problem's `type` means.
#[utoipa::path(
    tag = "system",
    params(("slug" = String, Path, description = "The last part of the type")),
    responses((status = 200, body = ProblemKindResponse), (status = 404, description = "No such problem"))
)]
#[get("/problems/{slug}")]
pub(super) async fn show_problem(slug: PathPart<String>) -> Result<Json<ProblemKindResponse>, Problem> {
    let code = PROBLEMS.iter().find(|code| code.slug() == slug.0);
    code.map(|&code| Json(code.into())).ok_or_else(|| Problem::new(ProblemCode::NotFound))
}

/// The OpenAPI document.
#[get("/openapi.json")]
pub(super) async fn show_openapi(state: Data<ApiState>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(state.openapi.clone())
}

/// The browsable documentation lives below `/docs/`.
#[get("/docs")]
pub(super) async fn show_docs() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/docs/")).finish()
}

/// The files of the browsable documentation; all of them are in the binary.
#[get("/docs/{file:.*}")]
pub(super) async fn show_docs_file(
    file: PathPart<String>,
    config: Data<Config<'static>>,
) -> Result<HttpResponse, Problem> {
    let found = utoipa_swagger_ui::serve(&file.0, config.into_inner());
    let file = found
        .map_err(|_| Problem::new(ProblemCode::Internal))?
        .ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, DOCS_POLICY));
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, header::ContentEncoding::Gzip));
    }
    Ok(response.content_type(file.content_type).body(file.bytes.into_owned()))
}

/// What no route answers: a file or screen of the web app, or nothing at all.
pub(super) async fn refuse(request: HttpRequest, state: Data<ApiState>) -> HttpResponse {
    match state.route_of(request.path()) {
        // A path of a route with something in it that the route does not take.
        Some(_) => None,
        None => web::file_or_screen(&request),
    }
    .unwrap_or_else(|| Problem::new(ProblemCode::NotFound).error_response())
}

/// The refusal of a method that `route` does not answer.
pub(super) fn refuse_method(route: &Route) -> HttpResponse {
    let mut response = Problem::new(ProblemCode::MethodNotAllowed).error_response();
    if let Ok(allow) = header::HeaderValue::from_str(&route.methods.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
