//! The organisation.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{Admins, Anyone, Body, Caller, PathPart, Query};
use super::page::{Page, PageParams};
use super::problem::Problem;
use crate::domain::ids::UnitId;
use crate::domain::org::UnitKind;
use crate::services::units::{NewUnit, UnitChange, UnitView};

#[derive(Serialize, ToSchema)]
#[schema(as = Unit)]
pub(super) struct UnitResponse {
    id: i64,
    /// The unit above; null for the root.
    parent_id: Option<i64>,
    kind: UnitKind,
    /// The stable name in files.
    code: String,
    name: String,
    /// Active members in it and below it.
    active_members: u32,
}

impl From<UnitView> for UnitResponse {
    fn from(view: UnitView) -> Self {
        let unit = view.unit;
        Self {
            id: unit.id.0,
            parent_id: unit.parent_id.map(|id| id.0),
            kind: unit.kind,
            code: unit.code,
            name: unit.name,
            active_members: view.active_members,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUnitRequest {
    parent_id: i64,
    /// Lower than the parent's.
    kind: UnitKind,
    code: String,
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitChangeRequest {
    /// Rename.
    #[serde(default)]
    name: Option<String>,
    /// Give another code.
    #[serde(default)]
    code: Option<String>,
    /// Move below another unit, with everything below it.
    #[serde(default)]
    parent_id: Option<i64>,
}

/// The units, ancestors before their descendants.
#[utoipa::path(
    tag = "units",
    security(("bearer" = [])),
    params(PageParams),
    responses((status = 200, body = Page<UnitResponse>))
)]
#[get("/units")]
pub(super) async fn list_units(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    page: Query<PageParams>,
) -> Result<Json<Page<UnitResponse>>, Problem> {
    let (limit, first) = (page.0.limit()?, page.0.cursor::<usize>()?.unwrap_or(0));
    let views = state.services.units.list(&caller.principal).await?;
    let rows: Vec<_> = views.into_iter().enumerate().skip(first).take(limit + 1).collect();
    Ok(Json(Page::cut(rows, limit, |(index, _)| index + 1, |(_, view)| view.into())))
}

/// Add a unit.
#[utoipa::path(
    tag = "units",
    security(("bearer" = [])),
    request_body = NewUnitRequest,
    responses((status = 201, body = UnitResponse), (status = 409, description = "The code is taken"))
)]
#[post("/units")]
pub(super) async fn create_unit(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    body: Body<NewUnitRequest>,
) -> Result<HttpResponse, Problem> {
    let NewUnitRequest { parent_id, kind, code, name } = body.0;
    let new = NewUnit { parent_id: UnitId(parent_id), kind, code, name };
    let unit: UnitResponse = state.services.units.create(&caller.principal, new).await?.into();
    Ok(HttpResponse::Created().json(unit))
}

/// Rename or move a unit.
#[utoipa::path(
    tag = "units",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The unit")),
    request_body = UnitChangeRequest,
    responses((status = 200, body = UnitResponse), (status = 409, description = "The code is taken"))
)]
#[patch("/units/{id}")]
pub(super) async fn update_unit(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
    body: Body<UnitChangeRequest>,
) -> Result<Json<UnitResponse>, Problem> {
    let UnitChangeRequest { name, code, parent_id } = body.0;
    let change = UnitChange { name, code, parent_id: parent_id.map(UnitId) };
    Ok(Json(state.services.units.update(&caller.principal, UnitId(id.0), change).await?.into()))
}

/// Remove a unit that nothing belongs to.
#[utoipa::path(
    tag = "units",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The unit")),
    responses((status = 204), (status = 409, description = "The unit is not empty"))
)]
#[delete("/units/{id}")]
pub(super) async fn delete_unit(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<i64>,
) -> Result<HttpResponse, Problem> {
    state.services.units.delete(&caller.principal, UnitId(id.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}
