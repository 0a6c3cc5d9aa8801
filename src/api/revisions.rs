//! The history of question banks.

use actix_web::web::{Data, Json};
use actix_web::{get, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::banks::{BankResponse, QuestionResponse};
use super::extract::{Body, Caller, PathPart, Query, RootAdmins};
use super::page::{Page, PageParams};
use super::problem::{Problem, ProblemCode};
use super::wire::MemberName;

/// A revision of a bank.
#[derive(Serialize, ToSchema)]
#[schema(as = BankRevision)]
pub(super) struct RevisionResponse {
    revision: i32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null for the command line and the first start.
    #[schema(required)]
    created_by: Option<MemberName>,
    /// Questions that the revision before had not.
    added: u32,
    /// Questions that differ from the revision before.
    changed: u32,
    /// Questions that only the revision before had.
    retired: u32,
    /// The revision that this one has taken back.
    #[schema(required)]
    undoes: Option<i32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"revision": 7}))]
pub(super) struct UndoRequest {
    /// The current revision, the one to take back.
    #[schema(minimum = 1)]
    revision: i32,
}

/// A question as it stood for some revisions.
#[derive(Serialize, ToSchema)]
#[schema(as = QuestionVersion)]
pub(super) struct VersionResponse {
    /// The first revision with this version.
    from_revision: i32,
    /// The first revision without it; null when it is the current one.
    #[schema(required)]
    until_revision: Option<i32>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null for the command line and the first start.
    #[schema(required)]
    created_by: Option<MemberName>,
    question: QuestionResponse,
}

/// The revisions of a bank, the latest first.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank"), PageParams),
    responses((status = 200, body = Page<RevisionResponse>))
)]
#[get("/banks/{code}/revisions")]
pub(super) async fn list_revisions(
    _caller: Caller<RootAdmins>,
    _state: Data<ApiState>,
    _code: PathPart<String>,
    _page: Query<PageParams>,
) -> Result<Json<Page<RevisionResponse>>, Problem> {
    Err(Problem::new(ProblemCode::NotFound))
}

/// Take back the current revision: a new one is made that equals the one before it.
///
/// Doing it again brings back what was taken back.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(("code" = String, Path, description = "The bank")),
    request_body = UndoRequest,
    responses(
        (status = 200, body = BankResponse),
        (status = 409, description = "The bank has another revision by now")
    )
)]
#[post("/banks/{code}/undo")]
pub(super) async fn undo_revision(
    _caller: Caller<RootAdmins>,
    _state: Data<ApiState>,
    _code: PathPart<String>,
    _body: Body<UndoRequest>,
) -> Result<Json<BankResponse>, Problem> {
    Err(Problem::new(ProblemCode::NotFound))
}

/// The versions of a question, the latest first; of a retired one too.
#[utoipa::path(
    tag = "banks",
    security(("bearer" = [])),
    params(
        ("code" = String, Path, description = "The bank"),
        ("question_code" = String, Path, description = "The question"),
        PageParams
    ),
    responses((status = 200, body = Page<VersionResponse>))
)]
#[get("/banks/{code}/questions/{question_code}/history")]
pub(super) async fn show_history(
    _caller: Caller<RootAdmins>,
    _state: Data<ApiState>,
    _path: PathPart<(String, String)>,
    _page: Query<PageParams>,
) -> Result<Json<Page<VersionResponse>>, Problem> {
    Err(Problem::new(ProblemCode::NotFound))
}
