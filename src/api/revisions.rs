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
use super::problem::Problem;
use super::wire::{MemberName, timestamp};
use crate::services::bank_revisions::{RevisionRow, VersionRow};

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

impl From<RevisionRow> for RevisionResponse {
    fn from(row: RevisionRow) -> Self {
        let RevisionRow { revision, created_at, created_by, undoes, added, changed, retired } = row;
        Self {
            revision,
            created_at: timestamp(created_at),
            created_by: created_by.map(Into::into),
            added,
            changed,
            retired,
            undoes,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"revision": 7}))]
pub(super) struct UndoRequest {
    /// The current revision, the one to take back.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
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

impl From<VersionRow> for VersionResponse {
    fn from(version: VersionRow) -> Self {
        Self {
            from_revision: version.from_revision,
            until_revision: version.until_revision,
            created_at: timestamp(version.created_at),
            created_by: version.created_by.map(Into::into),
            question: version.row.into(),
        }
    }
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
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    code: PathPart<String>,
    page: Query<PageParams>,
) -> Result<Json<Page<RevisionResponse>>, Problem> {
    let (limit, before) = (page.0.limit()?, page.0.cursor()?);
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let rows = state.services.banks.revisions(&caller.principal, code.0, before, more).await?;
    Ok(Json(Page::cut(rows, limit, |row| row.revision, Into::into)))
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
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    code: PathPart<String>,
    body: Body<UndoRequest>,
) -> Result<Json<BankResponse>, Problem> {
    Ok(Json(state.services.banks.undo(&caller.principal, code.0, body.0.revision).await?.into()))
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
    caller: Caller<RootAdmins>,
    state: Data<ApiState>,
    path: PathPart<(String, String)>,
    page: Query<PageParams>,
) -> Result<Json<Page<VersionResponse>>, Problem> {
    let (limit, before) = (page.0.limit()?, page.0.cursor()?);
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let (bank, code) = path.0;
    let rows = state.services.banks.history(&caller.principal, bank, code, before, more).await?;
    Ok(Json(Page::cut(rows, limit, |row| row.from_revision, Into::into)))
}
