//! What happens to every request: an id, the caller's language, a line in the log, a count.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::web::Data;
use uuid::fmt::Hyphenated;

use super::address;
use super::app::ApiState;
use super::extract::MemberOfRequest;
use super::problem::LANGUAGE;
use super::system;
use crate::domain::message::Language;
use crate::services::audit::{Source, from_source};

/// The header that names a request in answers and logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The log's target of the line about each request.
const REQUEST_LOG: &str = "qianti::request";
/// Longest request id that is taken over from a caller.
const LONGEST_REQUEST_ID: usize = 64;

/// Headers that a browser heeds on whatever we answer (OWASP HTTP Headers Cheat Sheet).
const ON_EVERY_ANSWER: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
];
/// For a year the browser comes by https alone. Said only to those who do: by plain HTTP it means nothing (RFC 6797).
const ONLY_HTTPS: &str = "max-age=31536000";
/// The policy of answers that are no pages.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

/// The methods that are counted by name: HTTP lets a caller invent methods, and each would be a label that
/// is kept for ever.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// What the paths are called that no route answers.
static NO_ROUTE: LazyLock<Arc<str>> = LazyLock::new(|| "none".into());

/// Wraps every request.
pub(super) async fn observe(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let began = Instant::now();
    let id = request_id(&request);
    let language = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or(Language::default(), Language::from_accept_language);
    let asked = request.method().as_str();
    let method = METHODS.into_iter().find(|method| *method == asked).unwrap_or("other");
    let state = request.app_data::<Data<ApiState>>().cloned();
    let by_https = state
        .as_ref()
        .is_some_and(|state| address::came_by_https(request.request(), &state.services.context.settings));
    if request.method() == Method::HEAD {
        // HEAD is GET without the body (RFC 9110, section 9.3.2), which the server leaves out by itself.
        request.head_mut().method = Method::GET;
    }
    let route = state.as_ref().and_then(|state| state.route_of(request.path()));
    let refused = route.filter(|route| !route.methods.contains(&request.method().as_str()));
    let handling = async {
        match refused {
            // Left to the router, `PATCH /members/template` would be taken for a change of the member `template`; but
            // that path is another resource, and one that is only read (RFC 9110, section 15.5.6).
            Some(route) => Ok(request.into_response(system::refuse_method(route)).map_into_right_body()),
            None => next.call(request).await.map(ServiceResponse::map_into_left_body),
        }
    };
    let handling = from_source(Source::Request(Arc::clone(&id)), handling);
    let mut response = LANGUAGE.scope(Cell::new(language), handling).await?;
    let route = route.map_or(&*NO_ROUTE, |route| &route.template);
    let (status, seconds) = (response.status().as_u16(), began.elapsed().as_secs_f64());
    if let Some(state) = &state {
        state.metrics.answered(method, route, status, seconds);
    }
    let member = response.request().extensions().get::<MemberOfRequest>().map(|member| member.0.0);
    // Its own target: an access log can be had without the rest of what `debug` says.
    tracing::debug!(target: REQUEST_LOG, request_id = %id, method, %route, status, seconds, member, "answered");
    if status >= 500 {
        tracing::warn!(request_id = %id, method, %route, status, seconds, member, "a request failed");
    }
    if state.as_ref().is_some_and(|state| state.is_closing()) {
        // Whoever keeps the connection would find it closed with the next request on its way.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in ON_EVERY_ANSWER {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if by_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
    }
    // What is no page of ours loads nothing and runs nothing, should a browser take it for a page.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_PAGE));
    }
    // Answers hold people's results: nobody between us and them may keep a copy.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// What the ids of this start of the program begin with, so that those of another one differ.
#[expect(clippy::disallowed_methods, reason = "it only has to differ from the last start's")]
static START: LazyLock<u128> = LazyLock::new(|| uuid::Uuid::new_v4().as_u128());
/// Requests that were given an id.
static REQUESTS: AtomicU64 = AtomicU64::new(1);

/// The caller's own id for the request when it is a harmless one, else a new one.
fn request_id(request: &ServiceRequest) -> Arc<str> {
    let harmless = |id: &&str| {
        (1..=LONGEST_REQUEST_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(harmless);
    given.map_or_else(
        || {
            let number = u128::from(REQUESTS.fetch_add(1, Ordering::Relaxed));
            let id = uuid::Builder::from_u128(START.wrapping_add(number)).into_uuid();
            (&*id.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH])).into()
        },
        Arc::from,
    )
}
