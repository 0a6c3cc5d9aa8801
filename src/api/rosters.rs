//! Units and people from files.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::download::download;
use super::extract::{Admins, Caller, Query, Upload, UploadForm};
use super::limit::Heavy;
use super::problem::{Problem, language};
use super::wire::{FileBody, PlaceResponse, places};
use crate::domain::audit::Facts;
use crate::domain::message::Language;
use crate::formats::{PreviewedRow, RosterReport};
use crate::services::rosters::{RosterOptions, member_template, unit_template};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RosterParams {
    /// Report only; change nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The report on a roster. `found` = `added` + `updated` + `unchanged` + rejected.
#[derive(Serialize, ToSchema)]
#[schema(as = RosterReport)]
pub(super) struct RosterReportResponse {
    /// Rows in the file.
    found: usize,
    added: usize,
    updated: usize,
    unchanged: usize,
    rejected: Vec<PlaceResponse>,
    warnings: Vec<PlaceResponse>,
    /// Passwords to hand out, told once.
    initial_passwords: Vec<InitialPasswordResponse>,
    /// Of a dry run only: the first 20 rows that would change a unit or a member who is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<PreviewedRowResponse>, required = false)]
    preview: Option<Vec<PreviewedRowResponse>>,
}

/// A row that would change a unit or a member who is known.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewedRow)]
pub(super) struct PreviewedRowResponse {
    /// Where it stands in the file, as in `rejected`.
    at: String,
    /// The code of the unit, or the login of the member.
    code: String,
    /// The name, as the file has it.
    name: String,
    /// What would change, as it is now; fields as in the audit log.
    #[schema(value_type = Object)]
    before: Facts,
    /// What would change, as the file has it.
    #[schema(value_type = Object)]
    after: Facts,
}

impl From<&PreviewedRow> for PreviewedRowResponse {
    fn from(row: &PreviewedRow) -> Self {
        let PreviewedRow { at, code, name, before, after } = row.clone();
        Self { at, code, name, before, after }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = InitialPassword)]
pub(super) struct InitialPasswordResponse {
    login: String,
    name: String,
    password: String,
}

impl RosterReportResponse {
    pub(super) fn new(report: &RosterReport, language: Language) -> Self {
        Self {
            found: report.found,
            added: report.added,
            updated: report.updated,
            unchanged: report.unchanged,
            rejected: places(&report.rejected, language),
            warnings: places(&report.warnings, language),
            initial_passwords: report
                .initial_passwords
                .iter()
                .map(|entry| InitialPasswordResponse {
                    login: entry.login.clone(),
                    name: entry.name.clone(),
                    password: entry.password.clone(),
                })
                .collect(),
            preview: report.preview.as_ref().map(|rows| rows.iter().map(Into::into).collect()),
        }
    }
}

/// Add, rename and move units from a file (xlsx or csv) with the columns
/// `code,name,kind,parent_code`. Everything or nothing.
#[utoipa::path(
    tag = "units",
    security(("bearer" = [])),
    params(RosterParams),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = RosterReportResponse))
)]
#[post("/units/import")]
pub(super) async fn import_units(
    caller: Caller<Admins, Heavy>,
    state: Data<ApiState>,
    params: Query<RosterParams>,
    upload: Upload,
) -> Result<Json<RosterReportResponse>, Problem> {
    let options = RosterOptions { dry_run: params.0.dry_run, file_name: upload.name };
    let report = state.services.rosters.import_units(&caller.principal, upload.file, options).await?;
    Ok(Json(RosterReportResponse::new(&report, language())))
}

/// Add, rename and transfer members from a file (xlsx or csv, UTF-8 or GBK) with the columns
/// `login,name,unit_code` and optionally `role,password`. Everything or nothing.
#[utoipa::path(
    tag = "members",
    security(("bearer" = [])),
    params(RosterParams),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = RosterReportResponse))
)]
#[post("/members/import")]
pub(super) async fn import_members(
    caller: Caller<Admins, Heavy>,
    state: Data<ApiState>,
    params: Query<RosterParams>,
    upload: Upload,
) -> Result<Json<RosterReportResponse>, Problem> {
    let options = RosterOptions { dry_run: params.0.dry_run, file_name: upload.name };
    let report = state.services.rosters.import_members(&caller.principal, upload.file, options).await?;
    Ok(Json(RosterReportResponse::new(&report, language())))
}

/// A workbook to fill in with units, with examples and notes.
#[utoipa::path(
    tag = "units",
    security(("bearer" = [])),
    responses((status = 200, description = "The workbook", body = FileBody, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
)]
#[get("/units/template")]
pub(super) async fn show_unit_template(_caller: Caller<Admins, Heavy>) -> Result<HttpResponse, Problem> {
    let file = unit_template()?;
    Ok(download(HttpResponse::Ok(), &file.name, file.media_type, file.content))
}

/// A workbook to fill in with members, with examples and notes.
#[utoipa::path(
    tag = "members",
    security(("bearer" = [])),
    responses((status = 200, description = "The workbook", body = FileBody, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
)]
#[get("/members/template")]
pub(super) async fn show_member_template(_caller: Caller<Admins, Heavy>) -> Result<HttpResponse, Problem> {
    let file = member_template()?;
    Ok(download(HttpResponse::Ok(), &file.name, file.media_type, file.content))
}
