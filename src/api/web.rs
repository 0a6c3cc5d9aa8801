//! The web app: its files, which the build has put into the program, and the headers they are sent with.

use actix_web::http::header::{self, ContentEncoding, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use rust_embed::RustEmbed;

use super::problem::{Problem, ProblemCode};

/// What the npm build has made; empty when there was no Node to run it.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
#[exclude = ".built-from"]
struct Files;

/// The page that every screen of the app starts from.
const INDEX: &str = "index.html";
/// What the first page says when the app was not built.
const MISSING: &str = include_str!("home.html");
/// Files with a hash of their content in their name: they never change.
const HASHED: &str = "assets/";
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Asked for anew each time; an unchanged file is answered by its tag.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// The page is never kept: it names the hashed files of one version.
const NEVER: HeaderValue = HeaderValue::from_static("no-store");
/// Nothing but this server's own files runs, loads or is talked to; no inline script, no inline style.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Ways to pack a file, the smallest first, and what each adds to its name.
const PACKED: [(ContentEncoding, &str); 2] =
    [(ContentEncoding::Brotli, ".br"), (ContentEncoding::Gzip, ".gz")];

/// The first page.
#[get("/")]
pub(super) async fn show_home(request: HttpRequest) -> HttpResponse {
    page(&request)
}

/// A file of the app.
///
/// # Errors
/// Not found.
#[get("/assets/{file:.*}")]
pub(super) async fn show_asset(
    request: HttpRequest,
    file: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = format!("{HASHED}{file}");
    answer(&request, &name, FOR_A_YEAR).ok_or_else(|| Problem::new(ProblemCode::NotFound))
}

/// What has no route of its own: a file beside the page (the service worker, the manifest, an icon), or the
/// address of a screen, which the page itself looks up.
pub(super) fn file_or_screen(request: &HttpRequest) -> Option<HttpResponse> {
    let name = request.path().trim_start_matches('/');
    if name == INDEX {
        return Some(page(request));
    }
    if !packed(name) && !name.is_empty() && Files::get(name).is_some() {
        return answer(request, name, ASK_AGAIN);
    }
    is_screen(request).then(|| page(request))
}

/// Whether somebody opens a page in a browser that is not one of the server's own.
fn is_screen(request: &HttpRequest) -> bool {
    let path = request.path();
    let of_server = ["/api/", "/assets/", "/docs/", "/problems/"].iter().any(|own| path.starts_with(own));
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    request.method() == actix_web::http::Method::GET
        && !of_server
        && !path.contains('.')
        && accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

fn packed(name: &str) -> bool {
    PACKED.iter().any(|(_, ending)| name.ends_with(ending))
}

fn page(request: &HttpRequest) -> HttpResponse {
    answer(request, INDEX, NEVER).unwrap_or_else(|| {
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .body(MISSING)
    })
}

fn answer(request: &HttpRequest, name: &str, keep: HeaderValue) -> Option<HttpResponse> {
    let (encoding, file) = best(request, name)?;
    let tag = header::EntityTag::new_strong(tag(&file.metadata.sha256_hash()));
    let mut response = if matches(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CACHE_CONTROL, keep))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::VARY, HeaderValue::from_static("accept-encoding")))
        .insert_header(header::ETag(tag));
    if let Some(encoding) = encoding {
        response.insert_header((header::CONTENT_ENCODING, encoding));
    }
    Some(response.content_type(content_type(name)).body(file.data))
}

/// The file in the smallest form that the caller takes, and that form.
fn best(request: &HttpRequest, name: &str) -> Option<(Option<ContentEncoding>, rust_embed::EmbeddedFile)> {
    use actix_web::http::header::Header as _;
    let accepted = header::AcceptEncoding::parse(request).ok();
    let takes = |encoding: ContentEncoding| {
        let ranked = accepted.as_ref().map(header::AcceptEncoding::ranked).unwrap_or_default();
        ranked.iter().any(|found| matches!(found, header::Preference::Specific(header::Encoding::Known(known)) if *known == encoding))
    };
    let packed = PACKED.iter().filter(|(encoding, _)| takes(*encoding));
    packed
        .filter_map(|(encoding, ending)| Some((Some(*encoding), Files::get(&format!("{name}{ending}"))?)))
        .next()
        .or_else(|| Some((None, Files::get(name)?)))
}

/// A tag that names the content: half of its hash is plenty.
fn tag(hash: &[u8; 32]) -> String {
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn matches(request: &HttpRequest, tag: &header::EntityTag) -> bool {
    let held = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    held.is_some_and(|held| held.split(',').any(|one| one.trim().trim_start_matches("W/") == tag.to_string()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
