//! Around the API: health, metrics, documents, and what every answer has in common.

use std::collections::BTreeSet;

use qianti::api::PROBLEMS;
use qianti::domain::message::Language;
use reqwest::Method;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

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

/// The value of a sample in Prometheus' text format; 0 when it is not there.
pub fn sample(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

/// Addresses in `src` and `href` of a page.
fn references(html: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|start| html.split(start).skip(1).map(|rest| rest.split('"').next().unwrap()))
        .collect()
}

on_both_databases! {
    async fn it_is_alive_and_ready(backend) {
        let app = TestApp::start(backend).await;
        assert_eq!(app.anonymous().get("/healthz").await.expect(200), json!({"status": "ok"}));
        assert_eq!(app.anonymous().get("/readyz").await.expect(200)["status"], "ok");
    }

    async fn head_is_get_without_the_body(backend) {
        let app = TestApp::start(backend).await;
        for path in ["/healthz", "/readyz", "/", "/openapi.json", "/docs/"] {
            let reply = Actor::send(app.anonymous().request(Method::HEAD, path)).await;
            assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{path}");
        }
        assert_eq!(Actor::send(app.anonymous().request(Method::HEAD, "/me")).await.status, 401);
    }

    async fn the_counters_move_with_the_work(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let read = async || {
            let reply = app.anonymous().get("/metrics").await;
            let content_type = reply.headers["content-type"].to_str().unwrap();
            assert!(content_type.starts_with("text/plain"), "{content_type}");
            assert_eq!(reply.status, 200);
            reply.text
        };
        let before = read().await;
        world.attempt(&member, &quiz, 5).await;
        member.get("/quizzes/999999").await.problem(404, "not-found");
        member.get("/nowhere/at/all").await.problem(404, "not-found");
        let after = read().await;
        let moved = |name: &str| sample(&after, name) - sample(&before, name);
        assert_eq!(moved("qianti_attempts_begun_total"), 1.0);
        assert_eq!(moved("qianti_attempts_submitted_total"), 1.0);
        assert!(moved("qianti_writes_total") >= 2.0);
        assert!(moved("qianti_write_commits_total") >= 2.0);
        let requests = |method: &str, route: &str, status: u16| {
            moved(&format!(
                "qianti_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"
            ))
        };
        assert_eq!(requests("POST", "/api/v1/quizzes/{id}/attempts", 201), 1.0, "{after}");
        assert_eq!(requests("POST", "/api/v1/attempts/{id}/submit", 200), 1.0);
        assert_eq!(requests("GET", "/api/v1/quizzes/{id}", 404), 1.0);
        let count = "qianti_http_request_seconds_count{route=\"/api/v1/attempts/{id}/submit\"}";
        assert_eq!(moved(count), 1.0);
        assert!(after.contains("qianti_writes_waiting 0"));
        assert!(after.ends_with("# EOF\n"));
        assert!(!after.contains("/999999") && !after.contains("nowhere"), "routes are counted, not paths");
    }

    async fn what_callers_make_up_becomes_no_label_of_its_own(backend) {
        let app = TestApp::start(backend).await;
        for number in 0..3 {
            let method = Method::from_bytes(format!("MADEUP{number}").as_bytes()).unwrap();
            let path = format!("/made-up-{number}");
            Actor::send(app.anonymous().request(method, &path)).await.problem(404, "not-found");
            app.anonymous().get(&path).await.problem(404, "not-found");
        }
        let metrics = app.anonymous().get("/metrics").await.text;
        assert!(!metrics.contains("MADEUP") && !metrics.contains("made-up"), "{metrics}");
    }

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

    async fn the_first_page_is_there_and_asks_nothing_of_the_internet(backend) {
        let app = TestApp::start(backend).await;
        let page = app.anonymous().get("/").await;
        assert_eq!(page.status, 200);
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(references(&page.text).iter().all(|reference| reference.starts_with('/')), "{}", page.text);
    }

    async fn every_answer_has_a_request_id_and_is_kept_from_caches_and_frames(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let mut seen = BTreeSet::new();
        for (actor, path) in [
            (app.anonymous(), "/healthz"),
            (app.anonymous(), "/metrics"),
            (app.anonymous(), "/openapi.json"),
            (app.anonymous(), "/docs"),
            (app.anonymous(), "/docs/"),
            (app.anonymous(), "/"),
            (app.anonymous(), "/nowhere"),
            (app.anonymous(), "/me"),
            (admin.clone(), "/me"),
            (admin.clone(), "/members?limit=x"),
            (admin.clone(), "/auth/login"),
        ] {
            let reply = actor.get(path).await;
            let id = reply.headers["x-request-id"].to_str().unwrap();
            uuid::Uuid::parse_str(id).unwrap();
            assert!(seen.insert(id.to_owned()), "{id} came twice");
            assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(reply.headers["x-frame-options"], "DENY", "{path}");
            assert_eq!(reply.headers["cache-control"], "no-store", "{path}");
        }
        let sent = admin.request(Method::POST, "/members").body("{").header("content-type", "application/json");
        assert!(Actor::send(sent).await.headers.contains_key("x-request-id"));
    }

    async fn a_harmless_request_id_is_taken_over(backend) {
        let app = TestApp::start(backend).await;
        let send = async |id: &[u8]| {
            let request = app.anonymous().request(Method::GET, "/me").header("x-request-id", id);
            Actor::send(request).await.headers["x-request-id"].as_bytes().to_vec()
        };
        let longest = "x".repeat(64);
        for id in ["a", "trace-1_2.3", "0190cafe-0000-7000-8000-000000000000", &longest] {
            assert_eq!(send(id.as_bytes()).await, id.as_bytes());
        }
        let too_long = "x".repeat(65);
        for id in ["", "a b", "a\tb", "<script>", "a;b", "a\"b", "日志", &too_long] {
            let answered = send(id.as_bytes()).await;
            assert_ne!(answered, id.as_bytes());
            uuid::Uuid::parse_str(std::str::from_utf8(&answered).unwrap()).unwrap();
        }
    }

    async fn an_unknown_path_is_a_problem(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        for path in ["/nowhere", "/units/1/2/3", "/Me", "/me/", "/problems/a/b", "/healthz/x", "/banks//questions"] {
            for actor in [&app.anonymous(), &admin] {
                actor.get(path).await.problem(404, "not-found");
            }
            admin.post(path, json!({})).await.problem(404, "not-found");
        }
    }

    async fn a_wrong_method_is_told_the_right_ones(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        for (method, path, allowed) in [
            (Method::GET, "/auth/login", "POST"),
            (Method::DELETE, "/me", "GET"),
            (Method::GET, "/me/password", "PUT"),
            (Method::PUT, "/units", "GET, POST"),
            (Method::GET, "/units/1", "PATCH, DELETE"),
            (Method::PUT, "/quizzes/1", "GET, PATCH, DELETE"),
            (Method::GET, "/attempts/x/submit", "POST"),
            (Method::POST, "/healthz", "GET"),
            (Method::POST, "/metrics", "GET"),
            (Method::DELETE, "/openapi.json", "GET"),
            (Method::POST, "/docs", "GET"),
            (Method::POST, "/", "GET"),
            // Resources of their own below a template that would take their name for an id.
            (Method::PATCH, "/members/template", "GET"),
            (Method::PATCH, "/members/import", "POST"),
            (Method::DELETE, "/units/import", "POST"),
            (Method::GET, "/quizzes/check", "POST"),
            (Method::PATCH, "/quizzes/preview", "POST"),
        ] {
            for actor in [&app.anonymous(), &admin] {
                let reply = Actor::send(actor.request(method.clone(), path)).await;
                let allow = reply.headers.get("allow").map(|allow| allow.to_str().unwrap().to_owned());
                reply.problem(405, "method-not-allowed");
                assert_eq!(allow.as_deref(), Some(allowed), "{method} {path}");
            }
        }
    }

    async fn problems_speak_the_language_of_the_caller(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let send = async |actor: &Actor, path: &str, language: Option<&str>| {
            let mut request = actor.request(Method::GET, path);
            if let Some(language) = language {
                request = request.header("accept-language", language);
            }
            Actor::send(request).await
        };
        for (language, title) in [
            (None, "请先登录"),
            (Some("zh"), "请先登录"),
            (Some("zh-CN,zh;q=0.9,en;q=0.8"), "请先登录"),
            (Some("fr"), "请先登录"),
            (Some("en"), "Log in first"),
            (Some("en-GB,en;q=0.9,zh;q=0.1"), "Log in first"),
        ] {
            let problem = send(&app.anonymous(), "/me", language).await.problem(401, "unauthenticated");
            assert_eq!(problem["title"], title, "{language:?}");
        }
        let english = send(&admin, "/members?limit=0", Some("en")).await.problem(422, "invalid-fields");
        assert_eq!(english["title"], "Some fields are not valid");
        assert_eq!(english["errors"][0]["detail"], "a number from 1 to 200");
        let chinese = send(&admin, "/members?limit=0", Some("zh")).await.problem(422, "invalid-fields");
        assert_eq!(chinese["errors"][0]["detail"], "1 到 200 的整数");
        let missing = send(&admin, "/nowhere", Some("en")).await.problem(404, "not-found");
        assert_eq!(missing["title"], "Not found");
    }

    async fn big_answers_are_compressed_for_those_who_ask(backend) {
        let app = TestApp::start(backend).await;
        let request = app.anonymous().request(Method::GET, "/openapi.json").header("accept-encoding", "gzip");
        let reply = request.send().await.unwrap();
        assert_eq!(reply.headers()["content-encoding"], "gzip");
        let plain = app.anonymous().get("/openapi.json").await;
        assert!(!plain.headers.contains_key("content-encoding"));
        assert!(reply.bytes().await.unwrap().len() * 3 < plain.text.len());
    }
}
