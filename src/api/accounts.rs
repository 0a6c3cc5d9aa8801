//! Logging in and out, tokens, passwords.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{AnyoneAtAll, Body, Caller};
use super::problem::Problem;
use super::wire::{RoleGrant, roles};
use crate::services::accounts::{Me, Tickets};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"login": "admin", "password": "the password that the first start has shown"}))]
pub(super) struct LoginRequest {
    /// What the member logs in with; upper and lower case are the same.
    login: String,
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    /// The refresh token of the last login or refresh.
    refresh_token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordRequest {
    /// The password until now.
    current: String,
    /// The password from now on: at least 8 characters, and not one that many would guess.
    #[schema(min_length = 8)]
    new: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TokenResponse {
    /// Good for `expires_in` seconds, in `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: i64,
    /// Good for one refresh; using it twice ends the session.
    refresh_token: String,
    member: MeResponse,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct MeResponse {
    id: i64,
    login: String,
    name: String,
    unit: MyUnit,
    roles: Vec<RoleGrant>,
    /// Whether the initial password has to be changed before anything else.
    must_change_password: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MyUnit {
    id: i64,
    code: String,
    name: String,
}

impl From<Me> for MeResponse {
    fn from(me: Me) -> Self {
        Self {
            id: me.member.id.0,
            roles: roles(me.member.unit_id, &me.grants),
            login: me.member.login,
            name: me.member.name,
            unit: MyUnit { id: me.unit.id.0, code: me.unit.code, name: me.unit.name },
            must_change_password: me.member.must_change_password,
        }
    }
}

impl From<Tickets> for TokenResponse {
    fn from(tickets: Tickets) -> Self {
        Self {
            access_token: tickets.access_token,
            token_type: "Bearer",
            expires_in: tickets.expires_in,
            refresh_token: tickets.refresh_token,
            member: tickets.me.into(),
        }
    }
}

/// Log in.
///
/// An unknown login and a wrong password get the same answer after the same work.
#[utoipa::path(
    tag = "accounts",
    request_body = LoginRequest,
    responses((status = 200, body = TokenResponse), (status = 401, description = "Wrong login or password"))
)]
#[post("/auth/login")]
pub(super) async fn log_in(
    state: Data<ApiState>,
    body: Body<LoginRequest>,
) -> Result<Json<TokenResponse>, Problem> {
    let LoginRequest { login, password } = body.0;
    Ok(Json(state.services.accounts.log_in(&login, password).await?.into()))
}

/// Trade a refresh token for new tokens.
///
/// A refresh token works once; using one again ends every session of its chain.
#[utoipa::path(
    tag = "accounts",
    request_body = RefreshRequest,
    responses((status = 200, body = TokenResponse), (status = 401, description = "The session is over"))
)]
#[post("/auth/refresh")]
pub(super) async fn refresh(
    state: Data<ApiState>,
    body: Body<RefreshRequest>,
) -> Result<Json<TokenResponse>, Problem> {
    Ok(Json(state.services.accounts.refresh(&body.0.refresh_token).await?.into()))
}

/// Log out: this session ends.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 204)))]
#[post("/auth/logout")]
pub(super) async fn log_out(
    caller: Caller<AnyoneAtAll>,
    state: Data<ApiState>,
) -> Result<HttpResponse, Problem> {
    state.services.accounts.log_out(caller.session.clone()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who I am.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 200, body = MeResponse)))]
#[get("/me")]
pub(super) async fn show_me(
    caller: Caller<AnyoneAtAll>,
    state: Data<ApiState>,
) -> Result<Json<MeResponse>, Problem> {
    Ok(Json(state.services.accounts.me(&caller.principal).await?.into()))
}

/// Change my password; all my other sessions end.
#[utoipa::path(
    tag = "accounts",
    security(("bearer" = [])),
    request_body = PasswordRequest,
    responses((status = 204))
)]
#[put("/me/password")]
pub(super) async fn change_password(
    caller: Caller<AnyoneAtAll>,
    state: Data<ApiState>,
    body: Body<PasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let PasswordRequest { current, new } = body.0;
    state.services.accounts.change_password(&caller.principal, caller.session.clone(), current, new).await?;
    Ok(HttpResponse::NoContent().finish())
}
