//! The OpenAPI document: collected from the handlers, completed with what all of them share.

use utoipa::OpenApi;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, Header, Ref, RefOr, Required, Response, ResponseBuilder};

use super::docs_rules;
use super::problem::{FieldFault, PROBLEMS, ProblemCode, ProblemResponse};
use crate::domain::message::Language;
use crate::domain::period::Period;
use crate::domain::practice::PracticeFrom;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Qianti 千题",
        description = "Randomized question sets from a question bank, grading, and leaderboards per branch. \
            Log in with `POST /api/v1/auth/login`, press “Authorize” and paste the `access_token`."
    ),
    tags(
        (name = "accounts", description = "Logging in and out, tokens, passwords"),
        (name = "units", description = "The organisation"),
        (name = "members", description = "The people"),
        (name = "banks", description = "Question banks"),
        (name = "quizzes", description = "Quizzes"),
        (name = "attempts", description = "Begin, save, submit, review"),
        (name = "practice", description = "Practice, favourites, wrong answers, progress"),
        (name = "leaderboards", description = "Rankings"),
        (name = "reports", description = "Reports for leaders of a unit"),
        (name = "audit", description = "What admins have changed"),
        (name = "system", description = "Health and metrics")
    ),
    // What only a query parameter refers to is not collected from the handlers.
    components(schemas(ProblemResponse, FieldFault, Period, PracticeFrom))
)]
pub(super) struct ApiDoc;

/// What somebody with an initial password may call.
const INITIAL_PASSWORD_WILL_DO: [&str; 4] = ["/auth/logout", "/me", "/me/password", "/setup"];

/// Adds what every operation shares: the way to log in, and the problems that it can answer.
pub(super) fn complete(document: &mut utoipa::openapi::OpenApi) {
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.license = None;
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    if let Err(unknown) = docs_rules::tell(components) {
        tracing::error!(?unknown, "rules about fields that the document has not");
    }
    for (path, item) in &mut document.paths.paths {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch, &mut item.head];
        for operation in operations.into_iter().filter_map(Option::as_mut) {
            if path.starts_with("/api/") {
                add_shared_problems(path, operation);
            }
            shape_problems(operation);
            name_headers(operation);
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    admit_empty(parameter);
                }
            }
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                let_be_left_out(body);
            }
        }
    }
    let description = document.info.description.get_or_insert_default();
    description.push_str(
        "\n\nWhat is refused or fails is answered as `application/problem+json` (RFC 9457), one of:\n\n\
         | type | status | title |\n| --- | --- | --- |\n",
    );
    for code in PROBLEMS {
        let (slug, status, title) = (code.slug(), code.status(), code.title(Language::English));
        description.push_str(&format!("| `/problems/{slug}` | {status} | {title} |\n"));
    }
}

/// Adds the problems that come with how an operation is called, where its handler has not named that status.
fn add_shared_problems(path: &str, operation: &mut Operation) {
    use ProblemCode::{
        BodyTooLarge, Busy, Forbidden, ImportRejected, Internal, InvalidFields, MalformedJson,
        MalformedUpload, NotFound, PasswordChangeRequired, RateLimited, RequestTimeout, Unauthenticated,
        UnreadableFile, UnsupportedMediaType,
    };
    let mut codes = vec![Internal, Busy, RateLimited];
    if operation.security.is_some() {
        codes.extend([Unauthenticated, Forbidden]);
        if !INITIAL_PASSWORD_WILL_DO.iter().any(|own| path.ends_with(own)) {
            codes.push(PasswordChangeRequired);
        }
    }
    if let Some(body) = &operation.request_body {
        codes.extend([RequestTimeout, BodyTooLarge, UnsupportedMediaType, InvalidFields]);
        if matches!(body, RefOr::T(body) if body.content.contains_key("multipart/form-data")) {
            codes.extend([MalformedUpload, UnreadableFile, ImportRejected]);
        } else {
            codes.push(MalformedJson);
        }
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let in_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query);
    if parameters.iter().any(in_query) {
        codes.push(InvalidFields);
    }
    // What a query names may not exist either.
    if path.contains('{')
        || path.contains("leaderboards")
        || path.contains("/reports/")
        || path.contains("/audit")
        || path.ends_with("/members")
    {
        codes.push(NotFound);
    }
    let responses = &mut operation.responses.responses;
    let named: Vec<String> = responses.keys().cloned().collect();
    for code in PROBLEMS.iter().filter(|code| codes.contains(code)) {
        let status = code.status().to_string();
        if named.contains(&status) {
            continue;
        }
        let title = format!("{} (`/problems/{}`)", code.title(Language::English), code.slug());
        match responses.entry(status).or_insert_with(|| RefOr::T(problem_response(""))) {
            RefOr::T(response) if response.description.is_empty() => response.description = title,
            RefOr::T(response) => response.description = format!("{}; {title}", response.description),
            RefOr::Ref(_) => {}
        }
    }
}

/// Refusals that a handler names itself have the same shape.
fn shape_problems(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut().filter(|(status, _)| *status >= &"400".to_owned()) {
        if let RefOr::T(response) = response
            && response.content.is_empty()
        {
            let kinds: Vec<String> = PROBLEMS
                .iter()
                .filter(|code| code.status().to_string() == *status)
                .map(|code| format!("`/problems/{}`", code.slug()))
                .collect();
            let description = format!("{} ({})", response.description, kinds.join(", "));
            *response = problem_response(&description);
        }
    }
}

/// The headers that come with a status.
fn name_headers(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let (name, schema_type, description) = match status.as_str() {
            "401" => ("WWW-Authenticate", Type::String, "`Bearer`"),
            "429" | "503" => ("Retry-After", Type::Integer, "Seconds to wait before the next try"),
            _ => continue,
        };
        let mut header = Header::new(Object::with_type(SchemaType::Type(schema_type)));
        header.description = Some(description.to_owned());
        if let RefOr::T(response) = response {
            response.headers.insert(name.to_owned(), RefOr::T(header));
        }
    }
}

/// A parameter of a query that may be left out may be empty too, which is the same: a form sends its empty
/// fields.
fn admit_empty(parameter: &mut Parameter) {
    if parameter.parameter_in == ParameterIn::Query && parameter.required == Required::False {
        // A field of OpenAPI itself that utoipa has no name for.
        let empty = Extensions::from_iter([("allowEmptyValue", true)]);
        parameter.extensions.get_or_insert_default().merge(empty);
    }
}

/// A body that may be left out is one that is not required, and not one that may be `null`.
fn let_be_left_out(body: &mut RequestBody) {
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema
            && let Some(reference @ RefOr::Ref(_)) =
                either.items.iter().find(|item| matches!(item, RefOr::Ref(_)))
        {
            content.schema = Some(reference.clone());
            body.required = Some(Required::False);
        }
    }
}

fn problem_response(description: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("ProblemResponse"));
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}
