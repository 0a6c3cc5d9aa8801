//! What every answer has in common: headers, ids, languages, problems of paths and methods.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::harness::{Actor, TestApp, json, on_both_databases};

on_both_databases! {
    async fn head_is_get_without_the_body(backend) {
        let app = TestApp::start(backend).await;
        for path in ["/healthz", "/readyz", "/", "/openapi.json", "/docs/"] {
            let reply = Actor::send(app.anonymous().request(Method::HEAD, path)).await;
            assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{path}");
        }
        assert_eq!(Actor::send(app.anonymous().request(Method::HEAD, "/me")).await.status, 401);
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
