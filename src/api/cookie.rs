//! The refresh token in a cookie, for browsers: no script reads it, no other site sends it.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use super::address::came_by_https;
use super::problem::{Problem, ProblemCode};
use crate::message;
use crate::services::Settings;

/// The cookie's name.
const NAME: &str = "qianti_refresh";
/// The cookie that says for whom the device is known, and for how long, in seconds.
const DEVICE_NAME: &str = "qianti_device";
const DEVICE_SECONDS: i64 = 400 * 86_400;
/// The only calls that get the cookies.
const PATH: &str = "/api/v1/auth";
/// The header that a call with the cookie has to carry, and its value: no form of another site can set it,
/// and no script of one may without our leave, which we never give.
const PROOF: (&str, &str) = ("X-Requested-With", "qianti");

/// The cookie that hands out a refresh token; Secure when the caller came by https.
pub(super) fn handed_out(
    request: &HttpRequest,
    settings: &Settings,
    refresh_token: String,
) -> Cookie<'static> {
    cookie(request, settings, refresh_token, Duration::seconds(settings.refresh_seconds))
}

/// The cookie that takes the refresh token back.
pub(super) fn taken_back(request: &HttpRequest, settings: &Settings) -> Cookie<'static> {
    cookie(request, settings, String::new(), Duration::ZERO)
}

/// The cookie that makes the device known; Lax, because it opens nothing and has to outlive a link from a chat.
pub(super) fn known_device(request: &HttpRequest, settings: &Settings, devices: String) -> Cookie<'static> {
    let age = Duration::seconds(DEVICE_SECONDS);
    build(request, settings, (DEVICE_NAME, devices), SameSite::Lax, age)
}

/// What the caller says for whom the device is known.
pub(super) fn devices(request: &HttpRequest) -> Option<String> {
    request.cookie(DEVICE_NAME).map(|cookie| cookie.value().to_owned())
}

fn cookie(request: &HttpRequest, settings: &Settings, value: String, age: Duration) -> Cookie<'static> {
    build(request, settings, (NAME, value), SameSite::Strict, age)
}

fn build(
    request: &HttpRequest,
    settings: &Settings,
    (name, value): (&'static str, String),
    same_site: SameSite,
    age: Duration,
) -> Cookie<'static> {
    Cookie::build(name, value)
        .path(PATH)
        .http_only(true)
        .same_site(same_site)
        .secure(came_by_https(request, settings))
        .max_age(age)
        .finish()
}

/// Whether the caller sends the cookie.
pub(super) fn is_sent(request: &HttpRequest) -> bool {
    request.cookie(NAME).is_some()
}

/// The refresh token of the caller's cookie; `None` without one.
///
/// # Errors
/// When the call lacks the header that shows that a page of our own makes it.
pub(super) fn refresh_token(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(cookie) = request.cookie(NAME) else { return Ok(None) };
    let (name, value) = PROOF;
    let given = request.headers().get(name).and_then(|value| value.to_str().ok());
    if given == Some(value) {
        return Ok(Some(cookie.value().to_owned()));
    }
    Err(Problem::with_detail(
        ProblemCode::Forbidden,
        message!("缺少请求头 {name}: {value}", "the header {name}: {value} is missing"),
    ))
}
