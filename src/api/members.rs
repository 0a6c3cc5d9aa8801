//! The people.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::extract::{Admins, Body, Caller, Leaders, PathPart, Query};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::wire::{RoleGrant, roles};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::roles::{MemberStatus, Role};
use crate::services::members::{MemberChange, MemberDraft, MemberView};

#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct MemberResponse {
    id: i64,
    login: String,
    name: String,
    unit_id: i64,
    status: MemberStatus,
    roles: Vec<RoleGrant>,
    /// Whether the name and the login were taken away for good; left out for everybody else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    anonymised: bool,
    /// A password to hand out, told once: after adding without a password, and after a reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_password: Option<String>,
}

impl From<MemberView> for MemberResponse {
    fn from(view: MemberView) -> Self {
        let member = view.member;
        Self {
            id: member.id.0,
            roles: roles(member.unit_id, &view.grants),
            login: member.login,
            name: member.name,
            unit_id: member.unit_id.0,
            status: member.status,
            anonymised: member.is_anonymised,
            initial_password: view.initial_password,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMemberRequest {
    login: String,
    name: String,
    unit_id: i64,
    /// Roles beyond that of a member of the unit.
    #[serde(default)]
    roles: Vec<RoleGrant>,
    /// An initial password is made when it is left out.
    #[serde(default)]
    password: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberChangeRequest {
    /// Rename.
    #[serde(default)]
    name: Option<String>,
    /// Transfer.
    #[serde(default)]
    unit_id: Option<i64>,
    /// Leave (`left`), or come back (`active`).
    #[serde(default)]
    status: Option<MemberStatus>,
    /// All roles from now on.
    #[serde(default)]
    roles: Option<Vec<RoleGrant>>,
    /// Make a new initial password.
    #[serde(default)]
    reset_password: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MemberParams {
    /// Only members of this unit and below; without it, of every unit that the caller leads.
    unit: Option<i64>,
    /// Only members whose name or login holds this.
    q: Option<String>,
}

fn grants(roles: Vec<RoleGrant>) -> Vec<(Role, UnitId)> {
    roles.into_iter().map(|grant| (grant.role, UnitId(grant.unit_id))).collect()
}

/// Members in the caller's scope.
#[utoipa::path(
    tag = "members",
    security(("bearer" = [])),
    params(MemberParams, PageParams),
    responses((status = 200, body = Page<MemberResponse>))
)]
#[get("/members")]
pub(super) async fn list_members(
    caller: Caller<Leaders>,
    state: Data<ApiState>,
    params: Query<MemberParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<MemberResponse>>, Problem> {
    let (limit, after) = (page.0.limit()?, page.0.cursor()?.map(MemberId));
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let (unit, text) = (params.0.unit.map(UnitId), params.0.q.filter(|text| !text.is_empty()));
    let rows = state.services.members.list(&caller.principal, unit, text, after, more).await?;
    Ok(Json(Page::cut(rows, limit, |view| view.member.id.0, Into::into)))
}

/// Add a member.
#[utoipa::path(
    tag = "members",
    security(("bearer" = [])),
    request_body = NewMemberRequest,
    responses((status = 201, body = MemberResponse), (status = 409, description = "The login is taken"))
)]
#[post("/members")]
pub(super) async fn create_member(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    body: Body<NewMemberRequest>,
) -> Result<HttpResponse, Problem> {
    let NewMemberRequest { login, name, unit_id, roles, password } = body.0;
    let draft = MemberDraft { login, name, unit_id: UnitId(unit_id), roles: grants(roles), password };
    let member: MemberResponse = state.services.members.create(&caller.principal, draft).await?.into();
    Ok(HttpResponse::Created().json(member))
}

/// Rename, transfer, retire or bring back a member, change roles, reset the password.
#[utoipa::path(
    tag = "members",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The member")),
    request_body = MemberChangeRequest,
    responses((status = 200, body = MemberResponse))
)]
#[patch("/members/{id}")]
pub(super) async fn update_member(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
    body: Body<MemberChangeRequest>,
) -> Result<Json<MemberResponse>, Problem> {
    let MemberChangeRequest { name, unit_id, status, roles, reset_password } = body.0;
    let change =
        MemberChange { name, unit_id: unit_id.map(UnitId), status, roles: roles.map(grants), reset_password };
    Ok(Json(state.services.members.update(&caller.principal, MemberId(id.0), change).await?.into()))
}

/// Take away for good who a member was who has left. Attempts and results stay, and with them every ranking.
#[utoipa::path(
    tag = "members",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The member")),
    responses((status = 200, body = MemberResponse), (status = 409, description = "The member has not left"))
)]
#[post("/members/{id}/anonymise")]
pub(super) async fn anonymise_member(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
) -> Result<Json<MemberResponse>, Problem> {
    Ok(Json(state.services.members.anonymise(&caller.principal, MemberId(id.0)).await?.into()))
}
