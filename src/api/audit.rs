//! The audit log: what admins have changed.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::extract::{Admins, Caller, Query};
use super::page::{Page, PageParams};
use super::problem::{Problem, ProblemCode};
use super::wire::{MemberName, UnitName};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditParams {
    /// Only what this member has done.
    actor: Option<i64>,
    /// Only this action, `member.transferred`; or all of a kind, `member`.
    action: Option<String>,
    /// Only what concerns this subject, `member:12`, `quiz:3`, `bank:1000`; or all of a kind, `member`.
    subject: Option<String>,
    /// Only what concerns this unit or one below it, as they stood then.
    unit: Option<i64>,
    /// From this local date on.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Until the end of this local date.
    #[param(value_type = Option<String>, format = Date)]
    until: Option<Date>,
    /// Only entries that hold this in the names of actor, subject or unit, or in what was changed.
    q: Option<String>,
}

/// What a file of the log is written as.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum TableForm {
    /// A workbook.
    #[default]
    Xlsx,
    /// Comma-separated values, UTF-8.
    Csv,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TableParams {
    /// `xlsx` or `csv`.
    #[serde(default)]
    #[param(inline, default = "xlsx")]
    format: TableForm,
}

/// What was changed.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditSubject {
    /// `unit`, `member`, `bank`, `question`, `quiz`, `attempt`.
    kind: String,
    /// Its id; the code of a bank, `BANK/CODE` of a question.
    id: String,
    /// Its name when it was changed.
    name: String,
}

/// A change that an admin has made.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct AuditEntryResponse {
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Null for the command line.
    #[schema(required)]
    actor: Option<MemberName>,
    /// A stable word, `member.transferred`, `quiz.closed`, `bank.imported`.
    action: String,
    subject: AuditSubject,
    /// The unit that it concerns; null for question banks.
    #[schema(required)]
    unit: Option<UnitName>,
    /// What differs, as it was before; null for something new.
    #[schema(required, value_type = Option<Object>)]
    before: Option<Map<String, Value>>,
    /// What differs, as it is since; null for something removed.
    #[schema(required, value_type = Option<Object>)]
    after: Option<Map<String, Value>>,
    /// The `X-Request-Id` of the call.
    #[schema(required)]
    request_id: Option<String>,
}

/// What admins have changed in the caller's scope, the latest first.
///
/// Question banks belong to the root. What concerned a unit stays with those who managed it then.
#[utoipa::path(
    tag = "audit",
    security(("bearer" = [])),
    params(AuditParams, PageParams),
    responses((status = 200, body = Page<AuditEntryResponse>))
)]
#[get("/audit")]
pub(super) async fn list_audit(
    _caller: Caller<Admins>,
    _state: Data<ApiState>,
    _params: Query<AuditParams>,
    _page: Query<PageParams>,
) -> Result<Json<Page<AuditEntryResponse>>, Problem> {
    Err(Problem::new(ProblemCode::NotFound))
}

/// The same as a file, which is written while it is sent.
#[utoipa::path(
    tag = "audit",
    security(("bearer" = [])),
    params(AuditParams, TableParams),
    responses((status = 200, description = "The file", content_type = "application/octet-stream"))
)]
#[get("/audit/export")]
pub(super) async fn export_audit(
    _caller: Caller<Admins>,
    _state: Data<ApiState>,
    _params: Query<AuditParams>,
    _form: Query<TableParams>,
) -> Result<HttpResponse, Problem> {
    Err(Problem::new(ProblemCode::NotFound))
}
