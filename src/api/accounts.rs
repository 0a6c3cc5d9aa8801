//! Logging in and out, tokens, passwords.

use actix_web::http::header;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{AnyoneAtAll, Body, Caller, OptionalBody};
use super::limit::Limited;
use super::problem::{Problem, language};
use super::wire::{RoleGrant, roles};
use super::{address, cookie};
use crate::domain::device;
use crate::message;
use crate::services::Origin;
use crate::services::accounts::{Carrier, Me, Tickets};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"login": "admin", "password": "the password that the first start has shown"}))]
pub(super) struct LoginRequest {
    /// What the member logs in with; upper and lower case are the same.
    login: String,
    password: String,
    /// For browsers: the refresh token comes in the cookie `qianti_refresh` (HttpOnly, SameSite=Strict) and
    /// not in the answer.
    #[serde(default)]
    cookie: bool,
    /// What the device is called in the list of my logins; made from `User-Agent` when it is left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    device: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    /// The refresh token of the last login or refresh; left out when it is in the cookie.
    #[serde(default)]
    refresh_token: Option<String>,
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
    /// Good for one refresh; using it twice ends the session. Not there when it is in the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
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

impl TokenResponse {
    /// The answer that hands out `tickets` the way the client keeps them.
    fn hand_out(state: &ApiState, request: &HttpRequest, carrier: Carrier, tickets: Tickets) -> HttpResponse {
        let settings = &state.services.context.settings;
        let mut response = HttpResponse::Ok();
        let refresh_token = match carrier {
            Carrier::Body => Some(tickets.refresh_token),
            Carrier::Cookie => {
                response.cookie(cookie::handed_out(request, settings, tickets.refresh_token));
                if let Some(devices) = tickets.devices {
                    response.cookie(cookie::known_device(request, settings, devices));
                }
                None
            }
        };
        response.json(Self {
            access_token: tickets.access_token,
            token_type: "Bearer",
            expires_in: tickets.expires_in,
            refresh_token,
            member: tickets.me.into(),
        })
    }
}

/// The name of the device that logs in.
fn device_name(request: &HttpRequest, given: Option<String>) -> Result<String, Problem> {
    let Some(given) = given else {
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        return Ok(device::describe(user_agent.unwrap_or_default()).text(language()).to_owned());
    };
    let name = given.trim();
    if !(1..=device::LONGEST_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::field(
            "/device",
            message!(
                "设备名称为 1 到 100 个字，不含控制符",
                "a name has 1 to 100 characters, none of them a control character"
            ),
        ));
    }
    Ok(name.to_owned())
}

/// Log in.
///
/// An unknown login and a wrong password get the same answer after the same work. Logins that fail slow down those
/// that follow for the same login or from the same address, except on devices that the member has logged in on with
/// `cookie` before: such a login hands out the cookie `qianti_device` too.
#[utoipa::path(
    tag = "accounts",
    request_body = LoginRequest,
    responses((status = 200, body = TokenResponse), (status = 401, description = "Wrong login or password"))
)]
#[post("/auth/login")]
pub(super) async fn log_in(
    _limited: Limited,
    request: HttpRequest,
    state: Data<ApiState>,
    body: Body<LoginRequest>,
) -> Result<HttpResponse, Problem> {
    let LoginRequest { login, password, cookie, device } = body.0;
    let device = device_name(&request, device)?;
    let carrier = if cookie { Carrier::Cookie } else { Carrier::Body };
    let address = address::of(&request, &state.services.context.settings);
    let origin = Origin { address, devices: cookie::devices(&request) };
    let tickets = state.services.accounts.log_in(&login, password, device, carrier, &origin).await?;
    Ok(TokenResponse::hand_out(&state, &request, carrier, tickets))
}

/// Trade a refresh token for new tokens.
///
/// A refresh token works once; using one again ends every session of its chain. Without a body, or without
/// `refresh_token` in it, the cookie of a login with `cookie` is taken and replaced; such a call has to
/// carry the header `X-Requested-With: qianti`. The cookie before is answered with the same new one for a
/// minute, so that tabs that refresh at the same moment all stay logged in.
#[utoipa::path(
    tag = "accounts",
    request_body = Option<RefreshRequest>,
    responses(
        (status = 200, body = TokenResponse),
        (status = 401, description = "The session is over"),
        (status = 403, description = "The cookie without the header that goes with it")
    )
)]
#[post("/auth/refresh")]
pub(super) async fn refresh(
    _limited: Limited,
    request: HttpRequest,
    state: Data<ApiState>,
    body: OptionalBody<RefreshRequest>,
) -> Result<HttpResponse, Problem> {
    let (token, carrier) = match body.0.refresh_token {
        Some(token) => (Some(token), Carrier::Body),
        None => (cookie::refresh_token(&request)?, Carrier::Cookie),
    };
    let token = token.ok_or_else(|| {
        Problem::field(
            "/refresh_token",
            message!("缺少 refresh_token，也没有 Cookie", "is missing, and so is the cookie"),
        )
    })?;
    let tickets = state.services.accounts.refresh(&token, carrier).await?;
    Ok(TokenResponse::hand_out(&state, &request, carrier, tickets))
}

/// Log out: this session ends.
///
/// By the access token; or, when that is too old, by the cookie with the header `X-Requested-With: qianti`.
/// The cookie is taken back.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 204)))]
#[post("/auth/logout")]
pub(super) async fn log_out(
    request: HttpRequest,
    caller: Result<Caller<AnyoneAtAll>, Problem>,
    state: Data<ApiState>,
) -> Result<HttpResponse, Problem> {
    let accounts = &state.services.accounts;
    match caller {
        Ok(caller) => accounts.log_out(&caller.principal, caller.session.clone()).await?,
        Err(refused) => {
            let token = cookie::refresh_token(&request)?.ok_or(refused)?;
            accounts.log_out_by_token(&token).await?;
        }
    }
    let mut response = HttpResponse::NoContent();
    if cookie::is_sent(&request) {
        response.cookie(cookie::taken_back(&request, &state.services.context.settings));
    }
    Ok(response.finish())
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
