//! Bodies that are no JSON, of another media type, too large, too deep, or no object of the wanted kind.

use reqwest::Method;

use super::{Site, WITH_FILE, WITH_JSON};
use crate::harness::{Actor, TestApp, json, on_both_databases};

/// Largest JSON body, in bytes.
const MOST_JSON_BYTES: usize = 1 << 20;

/// Those of them whose body may be left out.
const WITH_OPTIONAL_JSON: [&str; 3] =
    ["/attempts/{attempt}/submit", "/auth/refresh", "/quizzes/{quiz}/close"];

on_both_databases! {
    async fn malformed_json_is_told_with_its_place(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for (method, path) in WITH_JSON {
            for body in ["{", "nonsense", "{\"a\" 1}", "{'a': 1}", "[1, 2", "\u{feff}{}", "{\"a\": NaN}", "{\"a\": 01}"] {
                let problem = site.send_json(method, path, body).await.problem(400, "malformed-json");
                assert!(problem["detail"].as_str().unwrap().starts_with("第 1 行"), "{problem}");
            }
        }
        let body = "{\n  \"code\": \"x\",\n  \"title\" \"y\"\n}";
        let request = site.admin().request(Method::POST, "/banks").body(body);
        let request = request.header("content-type", "application/json").header("accept-language", "en");
        let problem = Actor::send(request).await.problem(400, "malformed-json");
        assert_eq!(problem["detail"], "an error at line 3, column 11");
        let after_the_end = "{\"code\": \"x\", \"title\": \"y\"} {}";
        site.send_json("POST", "/banks", after_the_end).await.problem(400, "malformed-json");
        assert_eq!(site.saved().await, before);
    }

    async fn an_empty_body_is_no_json_and_fine_where_none_is_needed(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for (method, path) in WITH_JSON.iter().filter(|(_, path)| !WITH_OPTIONAL_JSON.contains(path)) {
            site.send_json(method, path, "").await.problem(400, "malformed-json");
            site.send_json(method, path, " \n").await.problem(400, "malformed-json");
        }
        assert_eq!(site.saved().await, before);
        site.send_json("POST", "/attempts/{attempt}/submit", " \n").await.expect(200);
    }

    async fn another_media_type_is_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for (method, path) in WITH_JSON {
            for media_type in [
                "",
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/jsonp",
                "multipart/form-data; boundary=x",
            ] {
                site.send(method, path, media_type, "{}").await.problem(415, "unsupported-media-type");
            }
        }
        for path in WITH_FILE {
            for media_type in ["", "text/csv", "application/json"] {
                site.send("POST", path, media_type, "{}").await.problem(415, "unsupported-media-type");
            }
        }
        assert_eq!(site.saved().await, before);
        let body = r#"{"code": "x", "title": "y"}"#;
        site.send("POST", "/banks", "Application/JSON; charset=UTF-8", body).await.expect(201);
    }

    async fn a_body_that_is_too_large_is_refused_and_one_that_just_fits_is_read(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for (method, path) in WITH_JSON {
            let body = " ".repeat(MOST_JSON_BYTES + 1);
            site.send_json(method, path, body).await.problem(413, "body-too-large");
        }
        let body = json!({"code": "x", "title": "y".repeat(10_000_000)}).to_string();
        site.send_json("POST", "/banks", body).await.problem(413, "body-too-large");
        let rows = "x,y,B1\n".repeat(33 * 150_000);
        let file = format!("login,name,unit_code\n{rows}");
        site.admin().upload("/members/import", file).await.problem(413, "body-too-large");
        assert_eq!(site.saved().await, before);
        let mut body = json!({"code": "x", "title": "y"}).to_string();
        body.extend(std::iter::repeat_n(' ', MOST_JSON_BYTES - body.len()));
        site.send_json("POST", "/banks", body).await.expect(201);
    }

    async fn a_body_that_is_no_object_or_has_unknown_fields_is_refused_with_a_pointer(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for (method, path) in WITH_JSON {
            for body in ["[]", "1", "\"x\"", "null", "true", "[{}]"] {
                let reply = site.send_json(method, path, body).await;
                assert_eq!(reply.status, 422, "{method} {path} {body}: {}", reply.text);
                let pointers = reply.pointers();
                assert!(["", "/0"].contains(&pointers[0].as_str()), "{method} {path} {body} {pointers:?}");
            }
            let unknown = site.send_json(method, path, r#"{"sur/prise": 1}"#).await;
            assert_eq!(unknown.pointers(), ["/sur~1prise"], "{method} {path}");
        }
        // What serde could read by its order is no object either.
        let login = r#"["admin", "Admin-Pass-2026"]"#;
        assert_eq!(site.send_json("POST", "/auth/login", login).await.pointers(), [""]);
        let quiz = site.quiz_with(&json!({"sections": [{"count": 1, "points": 1, "surprise": 1}]}));
        assert_eq!(site.admin().post("/quizzes", quiz).await.pointers(), ["/sections/0/surprise"]);
        let roles = json!({"login": "a", "name": "b", "unit_id": 1, "roles": [{"role": "admin", "unit_id": 1, "x": 1}]});
        assert_eq!(site.admin().post("/members", roles).await.pointers(), ["/roles/0/x"]);
        assert_eq!(site.saved().await, before);
    }

    async fn deep_nesting_is_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let depth = 100_000;
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for (method, path) in WITH_JSON {
                for body in [nested.clone(), open.repeat(depth), format!(r#"{{"answers": {nested}}}"#)] {
                    let reply = site.send_json(method, path, body).await;
                    assert!([400, 422].contains(&reply.status), "{method} {path}: {}", reply.text);
                    assert!(reply.text.len() < 2000, "an answer no longer than it needs to be");
                }
            }
        }
        assert_eq!(site.saved().await, before);
    }
}
