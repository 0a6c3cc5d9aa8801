//! The OpenAPI document: collected from the handlers, completed with what all of them share.

use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, Ref, RefOr, Response, ResponseBuilder};

use super::problem::{FieldFault, PROBLEMS, ProblemCode, ProblemResponse};
use crate::domain::message::Language;

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
        (name = "leaderboards", description = "Rankings"),
        (name = "system", description = "Health and metrics")
    ),
    components(schemas(ProblemResponse, FieldFault))
)]
pub(super) struct ApiDoc;

/// Adds what every operation shares: the way to log in, and the problems that it can answer.
pub(super) fn complete(document: &mut utoipa::openapi::OpenApi) {
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for (path, item) in &mut document.paths.paths {
        let in_api = path.starts_with("/api/");
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch, &mut item.head];
        for operation in operations.into_iter().filter_map(Option::as_mut).filter(|_| in_api) {
            complete_operation(path, operation);
        }
    }
}

fn complete_operation(path: &str, operation: &mut Operation) {
    use ProblemCode::{
        BodyTooLarge, Busy, Forbidden, Internal, InvalidFields, MalformedJson, NotFound, Unauthenticated,
        UnsupportedMediaType,
    };
    let mut codes = vec![Internal, Busy];
    if operation.security.is_some() {
        codes.extend([Unauthenticated, Forbidden]);
    }
    if operation.request_body.is_some() {
        codes.extend([MalformedJson, BodyTooLarge, UnsupportedMediaType, InvalidFields]);
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let in_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query);
    if parameters.iter().any(in_query) {
        codes.push(InvalidFields);
    }
    // What a query names may not exist either.
    if path.contains('{') || path.contains("leaderboards") || path.ends_with("/members") {
        codes.push(NotFound);
    }
    let responses = &mut operation.responses.responses;
    for code in codes {
        let status = code.status().to_string();
        responses.entry(status).or_insert_with(|| RefOr::T(problem_response(code.title(Language::English))));
    }
    // Refusals that a handler names itself have the same shape.
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

fn problem_response(description: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("ProblemResponse"));
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}
