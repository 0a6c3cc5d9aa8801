//! The documents of the API: that they name every call, its answers and problems, and can be read without the internet.

use std::collections::BTreeSet;

use qianti::api::PROBLEMS;
use qianti::domain::message::Language;
use reqwest::Method;

use super::references;
use crate::harness::{Actor, TestApp, Value, json, on_both_databases};

/// Every call of the contract (api.md).
const CALLS: &[&str] = &[
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/logout",
    "GET /me",
    "PUT /me/password",
    "GET /me/attempts",
    "GET /units",
    "POST /units",
    "PATCH /units/{id}",
    "DELETE /units/{id}",
    "POST /units/import",
    "GET /members",
    "POST /members",
    "PATCH /members/{id}",
    "POST /members/import",
    "GET /banks",
    "POST /banks",
    "GET /banks/{code}/questions",
    "POST /banks/{code}/questions",
    "PUT /banks/{code}/questions/{question_code}",
    "DELETE /banks/{code}/questions/{question_code}",
    "POST /banks/{code}/import",
    "GET /banks/{code}/export",
    "GET /quizzes",
    "POST /quizzes",
    "PATCH /quizzes/{id}",
    "DELETE /quizzes/{id}",
    "POST /quizzes/{id}/attempts",
    "GET /attempts/{id}",
    "PUT /attempts/{id}/answers",
    "POST /attempts/{id}/submit",
    "GET /leaderboards/members",
    "GET /leaderboards/units",
];

/// The operations of a served OpenAPI document, as `POST /api/v1/units` and what is said about it.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
        })
        .collect()
}

on_both_databases! {
    async fn the_document_has_every_call_of_the_contract(backend) {
        let app = TestApp::start(backend).await;
        let reply = app.anonymous().get("/openapi.json").await;
        assert_eq!(reply.headers["content-type"], "application/json");
        let document = reply.expect(200);
        assert!(document["openapi"].as_str().unwrap().starts_with("3."));
        let documented: BTreeSet<String> = operations(&document).into_iter().map(|(call, _)| call).collect();
        let missing: Vec<String> = CALLS
            .iter()
            .map(|call| call.replace(" /", " /api/v1/"))
            .chain(["GET /healthz", "GET /readyz", "GET /metrics"].map(ToOwned::to_owned))
            .filter(|call| !documented.contains(call))
            .collect();
        assert!(missing.is_empty(), "the OpenAPI document lacks {missing:#?}");
    }

    async fn every_documented_operation_exists(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        for (call, _) in operations(&document) {
            let (method, path) = call.split_once(' ').unwrap();
            // Paths with an invented id and no body: refused, but not for want of a route.
            let path = path.replace("{id}", "0").replace("{code}", "none").replace("{question_code}", "none");
            let path = path.strip_prefix("/api/v1").unwrap_or(&path).replace("{slug}", "internal");
            let actor = if path == "/auth/logout" { app.anonymous() } else { admin.clone() };
            let reply = Actor::send(actor.request(method.parse().unwrap(), &path)).await;
            assert_ne!(reply.status, 405, "{call}");
            assert!(reply.status < 500, "{call}: {}", reply.text);
        }
    }

    async fn every_operation_but_login_and_refresh_asks_for_a_bearer_token(backend) {
        let app = TestApp::start(backend).await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        let scheme = &document["components"]["securitySchemes"]["bearer"];
        assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
        for (call, operation) in operations(&document) {
            let open = !call.contains(" /api/v1/")
                || ["POST /api/v1/auth/login", "POST /api/v1/auth/refresh"].contains(&call.as_str());
            let expected = if open { Value::Null } else { json!([{"bearer": []}]) };
            assert_eq!(operation["security"], expected, "{call}");
        }
    }

    async fn every_operation_documents_its_answers_and_problems(backend) {
        let app = TestApp::start(backend).await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        let mut names = BTreeSet::new();
        for (call, operation) in operations(&document) {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} is the id of two operations");
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(!summary.is_empty(), "{call} says nothing about itself");
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{call}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{call}");
            for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/ProblemResponse", "{call} {status}");
                assert!(response["description"].as_str().is_some_and(|text| text.contains("/problems/")));
            }
            let mut wanted = vec![];
            if call.contains(" /api/v1/") {
                wanted.extend(["500", "503"]);
            }
            if operation.get("security").is_some() {
                wanted.extend(["401", "403"]);
            }
            if operation.get("requestBody").is_some() {
                wanted.extend(["400", "413", "415", "422"]);
            }
            if call.contains('{') {
                wanted.push("404");
            }
            for status in wanted {
                assert!(responses.contains_key(status), "{call} does not document {status}");
            }
        }
        for reference in document.to_string().split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer} leads nowhere");
        }
    }

    async fn every_problem_type_is_documented_and_can_be_looked_up(backend) {
        let app = TestApp::start(backend).await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        let description = document["info"]["description"].as_str().unwrap();
        let listed = app.anonymous().get("/problems").await.expect(200);
        assert_eq!(listed.as_array().unwrap().len(), PROBLEMS.len());
        for (code, listed) in PROBLEMS.iter().zip(listed.as_array().unwrap()) {
            let path = format!("/problems/{}", code.slug());
            assert!(description.contains(&format!("`{path}`")), "{path} is not in the documentation");
            let shown = app.anonymous().get(&path).await.expect(200);
            assert_eq!(&shown, listed);
            let title = code.title(Language::Chinese);
            assert_eq!(shown, json!({"type": path, "status": code.status(), "title": title}));
        }
        app.anonymous().get("/problems/none-such").await.problem(404, "not-found");
    }

    async fn the_documentation_works_without_the_internet(backend) {
        let app = TestApp::start(backend).await;
        let reply = app.anonymous().get("/docs").await;
        assert_eq!((reply.status, &reply.headers["location"]), (302, &"/docs/".parse().unwrap()));
        let page = app.anonymous().get("/docs/").await;
        assert_eq!(page.status, 200);
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        let references = references(&page.text);
        assert!(references.len() >= 3, "{}", page.text);
        for reference in references {
            assert!(!reference.starts_with("http") && !reference.starts_with("//"), "{reference}");
            let path = format!("/docs/{}", reference.trim_start_matches("./"));
            let asset = app.anonymous().request(Method::GET, &path).send().await.unwrap();
            assert_eq!(asset.status(), 200, "{path}");
            assert!(!asset.bytes().await.unwrap().is_empty(), "{path}");
        }
        let settings = app.anonymous().get("/docs/swagger-initializer.js").await;
        assert!(settings.text.contains("/openapi.json"), "{}", settings.text);
        assert!(!settings.text.contains("http"), "{}", settings.text);
        app.anonymous().get("/docs/none-such.js").await.problem(404, "not-found");
        app.anonymous().get("/docs/../../Cargo.toml").await.problem(404, "not-found");
        app.anonymous().get("/docs/%2e%2e/%2e%2e/Cargo.toml").await.problem(404, "not-found");
    }
}
