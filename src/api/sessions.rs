//! My logins: on which devices, and how to end them.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{Anyone, Caller, PathPart};
use super::problem::Problem;
use super::wire::timestamp;

#[derive(Serialize, ToSchema)]
pub(super) struct SessionsResponse {
    /// Those used last first.
    items: Vec<SessionResponse>,
}

/// A login on a device.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionResponse {
    id: i64,
    /// The device, in plain words.
    device: String,
    /// When I logged in there.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its tokens were made anew last.
    #[schema(value_type = String, format = DateTime)]
    used_at: Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

/// Where I am logged in.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 200, body = SessionsResponse)))]
#[get("/me/sessions")]
pub(super) async fn list_sessions(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
) -> Result<Json<SessionsResponse>, Problem> {
    let rows = state.services.sessions.list(&caller.principal).await?;
    let items = rows
        .into_iter()
        .map(|row| SessionResponse {
            id: row.id,
            device: row.name,
            created_at: timestamp(row.created_at),
            used_at: timestamp(row.used_at),
            current: row.session == caller.session,
        })
        .collect();
    Ok(Json(SessionsResponse { items }))
}

/// Log out on one device.
#[utoipa::path(
    tag = "accounts",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The login")),
    responses((status = 204))
)]
#[delete("/me/sessions/{id}")]
pub(super) async fn end_session(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    id: PathPart<i64>,
) -> Result<HttpResponse, Problem> {
    state.services.sessions.end(&caller.principal, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Log out everywhere else.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 204)))]
#[delete("/me/sessions")]
pub(super) async fn end_other_sessions(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
) -> Result<HttpResponse, Problem> {
    state.services.sessions.end_others(&caller.principal, caller.session).await?;
    Ok(HttpResponse::NoContent().finish())
}
