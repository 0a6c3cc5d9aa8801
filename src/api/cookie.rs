//! The refresh token in a cookie, for browsers: no script reads it, no other site sends it.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use super::problem::{Problem, ProblemCode};
use crate::message;
use crate::services::Settings;

/// The cookie's name.
const NAME: &str = "qianti_refresh";
/// The only calls that get the cookie.
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

fn cookie(request: &HttpRequest, settings: &Settings, value: String, age: Duration) -> Cookie<'static> {
    Cookie::build(NAME, value)
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(came_by_https(request, settings))
        .max_age(age)
        .finish()
}

/// Whether the caller speaks https with the proxy before us. We speak plain HTTP ourselves, so only a
/// proxy of our own can know; anybody else's word for it is not taken.
fn came_by_https(request: &HttpRequest, settings: &Settings) -> bool {
    let header = request.headers().get("X-Forwarded-Proto").and_then(|value| value.to_str().ok());
    settings.trust_forwarded_proto
        && header
            .and_then(|value| value.split(',').next())
            .is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
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
