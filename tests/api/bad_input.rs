//! Whatever is sent: it is refused with a word about what is wrong, never a 500, and nothing of it is saved.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use reqwest::multipart::{Form, Part};

use crate::harness::{Actor, Reply, TestApp, Value, World, json, on_both_databases};

/// Largest JSON body, in bytes.
const MOST_JSON_BYTES: usize = 1 << 20;
/// The calls that take a JSON body: method and path. Whatever they name exists.
const WITH_JSON: &[(&str, &str)] = &[
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("PUT", "/me/password"),
    ("POST", "/units"),
    ("PATCH", "/units/{unit}"),
    ("POST", "/members"),
    ("PATCH", "/members/{member}"),
    ("POST", "/banks"),
    ("POST", "/banks/1000/questions"),
    ("PUT", "/banks/1000/questions/single-00"),
    ("POST", "/quizzes"),
    ("PATCH", "/quizzes/{quiz}"),
    ("PUT", "/attempts/{attempt}/answers"),
    ("POST", "/attempts/{attempt}/submit"),
    ("POST", "/practice/answers"),
    ("POST", "/attempts/{attempt}/void"),
    ("POST", "/attempts/{attempt}/events"),
    ("POST", "/banks/1000/undo"),
    ("POST", "/members/reset-passwords"),
    ("POST", "/quizzes/check"),
    ("POST", "/quizzes/preview"),
    ("POST", "/quizzes/{quiz}/close"),
    ("POST", "/quizzes/{quiz}/extend"),
];
/// Those of them whose body may be left out.
const WITH_OPTIONAL_JSON: [&str; 3] =
    ["/attempts/{attempt}/submit", "/auth/refresh", "/quizzes/{quiz}/close"];
/// The calls that take a file.
const WITH_FILE: [&str; 4] =
    ["/units/import", "/members/import", "/banks/1000/import", "/banks/1000/imports"];
/// The lists.
const LISTS: [&str; 17] = [
    "/units?",
    "/members?",
    "/banks?",
    "/banks/1000/questions?",
    "/quizzes?",
    "/me/attempts?",
    "/practice/questions?",
    "/me/wrong-answers?",
    "/me/favourites?",
    "/leaderboards/members?period=all&",
    "/leaderboards/units?period=all&",
    "/audit?",
    "/banks/1000/questions/single-00/history?",
    "/banks/1000/revisions?",
    "/quizzes/{quiz}/attempts?",
    "/reports/items?bank=1000&",
    "/reports/members?period=all&",
];

/// An application in use: a unit, a member, a quiz, and a running attempt of the administrator.
struct Site {
    world: World,
    quiz: Value,
    attempt: Value,
    member: Value,
    // Stays up as long as the rest.
    _app: TestApp,
}

impl Site {
    async fn build(app: TestApp) -> Self {
        let world = World::build(&app).await;
        let member = world.add("zs", "B1").await;
        let quiz = world.quiz(json!({"attempts_allowed": 1})).await;
        let begun = world.quiz(json!({})).await;
        let attempt =
            world.admin.post_nothing(&format!("/quizzes/{}/attempts", begun["id"])).await.expect(201);
        Self { world, quiz, attempt, member, _app: app }
    }

    fn admin(&self) -> &Actor {
        &self.world.admin
    }

    fn path(&self, template: &str) -> String {
        template
            .replace("{unit}", &self.world.unit("B1").to_string())
            .replace("{member}", &self.member["id"].to_string())
            .replace("{quiz}", &self.quiz["id"].to_string())
            .replace("{attempt}", self.attempt["id"].as_str().unwrap())
    }

    /// Sends these very bytes.
    async fn send(&self, method: &str, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Reply {
        let mut request = self.admin().request(method.parse().unwrap(), &self.path(path)).body(body.into());
        if !media_type.is_empty() {
            request = request.header("content-type", media_type);
        }
        Actor::send(request).await
    }

    async fn send_json(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.send(method, path, "application/json", body).await
    }

    /// Everything that could have been changed.
    async fn saved(&self) -> Vec<Value> {
        let mut saved = Vec::new();
        let attempt = self.path("/attempts/{attempt}");
        for path in [
            "/me",
            "/units",
            "/members",
            "/banks",
            "/banks/1000/questions",
            "/quizzes",
            "/me/attempts",
            &attempt,
        ] {
            saved.push(self.admin().get(path).await.expect(200));
        }
        saved
    }

    /// A quiz that would be taken, with `changes` put over it.
    fn quiz_with(&self, changes: &Value) -> Value {
        let mut body = json!({
            "title": "测验", "kind": "contest", "bank": "1000",
            "sections": [{"title": "一", "count": 5, "points": 20}],
        });
        for (field, value) in changes.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    }
}

/// A cursor that says this.
fn cursor(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

on_both_databases! {
    async fn these_tables_name_every_call_with_a_body_and_every_list(backend) {
        let app = TestApp::start(backend).await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        let (mut with_json, mut with_file, mut lists) = (0, 0, 0);
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                let content = &operation["requestBody"]["content"];
                with_json += usize::from(content.get("application/json").is_some());
                with_file += usize::from(content.get("multipart/form-data").is_some());
                let parameters = operation["parameters"].as_array();
                lists += usize::from(parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "limit")));
            }
        }
        assert_eq!(
            (with_json, with_file, lists),
            (WITH_JSON.len(), WITH_FILE.len(), LISTS.len()),
            "the API has calls that WITH_JSON, WITH_FILE or LISTS at the top of this file do not name: add them"
        );
    }

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

    async fn a_wrong_type_is_refused_with_the_pointer_of_its_field(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let section = |changes: Value| {
            let mut section = json!({"count": 1, "points": 1});
            for (field, value) in changes.as_object().unwrap() {
                section[field] = value.clone();
            }
            json!({"sections": [{"count": 1, "points": 1}, section]})
        };
        for (changes, pointer) in [
            (json!({"sections": [{"count": "five", "points": 1}]}), "/sections/0/count"),
            (section(json!({"count": null})), "/sections/1/count"),
            (section(json!({"count": -1})), "/sections/1/count"),
            (section(json!({"count": 1.5})), "/sections/1/count"),
            (section(json!({"count": 0})), "/sections/1/count"),
            (section(json!({"points": "1"})), "/sections/1/points"),
            (section(json!({"points": 0.001})), "/sections/1/points"),
            (section(json!({"points": 0})), "/sections/1/points"),
            (section(json!({"kinds": "single"})), "/sections/1/kinds"),
            (section(json!({"kinds": ["single", "nonsense"]})), "/sections/1/kinds/1"),
            (section(json!({"chapters": [1]})), "/sections/1/chapters/0"),
            (section(json!({"chapters": ["没有这一章"]})), "/sections/1/chapters/0"),
            (section(json!({"difficulty": 3})), "/sections/1/difficulty"),
            (section(json!({"difficulty": [1]})), "/sections/1/difficulty"),
            (section(json!({"difficulty": [1, "x"]})), "/sections/1/difficulty/1"),
            (section(json!({"difficulty": [4, 2]})), "/sections/1/difficulty"),
            (section(json!({"multiple_rule": "nonsense"})), "/sections/1/multiple_rule"),
            (json!({"sections": [{"points": 1}]}), "/sections/0/count"),
            (json!({"sections": {}}), "/sections"),
            (json!({"sections": []}), "/sections"),
            (json!({"title": 1}), "/title"),
            (json!({"title": null}), "/title"),
            (json!({"title": ""}), "/title"),
            (json!({"title": "长".repeat(201)}), "/title"),
            (json!({"kind": "nonsense"}), "/kind"),
            (json!({"kind": 1}), "/kind"),
            (json!({"bank": "none"}), "/bank"),
            (json!({"unit_id": "1"}), "/unit_id"),
            (json!({"unit_id": 1.5}), "/unit_id"),
            (json!({"unit_id": 999_999}), "/unit_id"),
            (json!({"shuffle_options": "yes"}), "/shuffle_options"),
            (json!({"pass_percent": 101}), "/pass_percent"),
            (json!({"pass_percent": -1}), "/pass_percent"),
            (json!({"reveal": "sometimes"}), "/reveal"),
            (json!({"attempts_allowed": 0}), "/attempts_allowed"),
            (json!({"duration_seconds": "1h"}), "/duration_seconds"),
        ] {
            let body = site.quiz_with(&changes);
            assert_eq!(site.admin().post("/quizzes", body).await.pointers(), [pointer], "{changes}");
            let path = site.path("/quizzes/{quiz}");
            let nothing = changes.get("title") == Some(&Value::Null);
            if !nothing {
                let reply = site.admin().patch(&path, changes.clone()).await;
                assert_eq!(reply.pointers(), [pointer], "PATCH {changes}");
            }
        }
        let mut missing = site.quiz_with(&json!({}));
        missing.as_object_mut().unwrap().remove("title");
        assert_eq!(site.admin().post("/quizzes", missing).await.pointers(), ["/title"]);
        let twice = r#"{"code": "x", "title": "y", "title": "z"}"#;
        assert_eq!(site.send_json("POST", "/banks", twice).await.pointers(), ["/title"]);
        let answers = json!({"answers": [{"no": 1, "answer": ["A"]}, {"no": "2", "answer": []}]});
        let reply = site.admin().put(&site.path("/attempts/{attempt}/answers"), answers).await;
        assert_eq!(reply.pointers(), ["/answers/1/no"]);
        let answers = json!({"answers": [{"no": 1, "answer": "A"}]});
        let reply = site.admin().post(&site.path("/attempts/{attempt}/submit"), answers).await;
        assert_eq!(reply.pointers(), ["/answers/0/answer"]);
        assert_eq!(site.saved().await, before);
    }

    async fn bad_times_and_dates_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for time in [
            "",
            "tomorrow",
            "2026-11-23",
            "2026-11-23T04:00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "+99999-01-01T00:00:00Z",
            "1795406400",
        ] {
            for field in ["opens_at", "closes_at"] {
                let body = site.quiz_with(&json!({field: time}));
                assert_eq!(site.admin().post("/quizzes", body).await.pointers(), [format!("/{field}")], "{time}");
            }
        }
        let closed_first = json!({"opens_at": "2026-11-23T04:00:00Z", "closes_at": "2026-11-23T04:00:00Z"});
        let reply = site.admin().post("/quizzes", site.quiz_with(&closed_first)).await;
        assert_eq!(reply.pointers(), ["/closes_at"]);
        for date in ["2026-02-30", "2026-1-1", "23.11.2026", "2026-11-23T00:00:00Z", ""] {
            let body = json!({"code": "new", "kind": "judge", "stem": "题干", "key": ["true"], "verified_on": date});
            assert_eq!(site.admin().post("/banks/1000/questions", body).await.pointers(), ["/verified_on"], "{date}");
        }
        for board in ["members", "units"] {
            for (query, pointer) in [
                ("period=day&on=2026-02-30", "/on"),
                ("period=day&on=x", "/on"),
                ("period=year", "/period"),
                ("period=", "/period"),
                ("", "/period"),
                ("quiz=1&period=day", "/period"),
                ("quiz=x", "/quiz"),
                ("quiz=99999999999999999999", "/quiz"),
            ] {
                let reply = site.admin().get(&format!("/leaderboards/{board}?{query}")).await;
                assert_eq!(reply.pointers(), [pointer], "{board} {query}");
            }
            // The ends of the calendar are dates like any other.
            for period in ["day", "week", "month", "all"] {
                for on in ["9999-12-31", "0000-01-01", "-009999-01-01", "1970-01-01"] {
                    let path = format!("/leaderboards/{board}?period={period}&on={on}");
                    assert_eq!(site.admin().get(&path).await.expect(200)["next_cursor"], Value::Null, "{path}");
                }
            }
        }
        assert_eq!(site.saved().await, before);
    }

    async fn huge_numbers_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let section = |count: &str, points: &str| format!(r#"{{"count": {count}, "points": {points}}}"#);
        let quiz = |sections: &str, more: &str| {
            format!(r#"{{"title": "t", "kind": "contest", "bank": "1000", "sections": [{sections}]{more}}}"#)
        };
        let many = vec![section("4294967295", "1000"); 20].join(",");
        for (body, pointer) in [
            (quiz(&section("4294967296", "1"), ""), "/sections/0/count"),
            (quiz(&section("1e9", "1"), ""), "/sections/0/count"),
            (quiz(&section("4294967295", "1"), ""), "/sections"),
            (quiz(&many, ""), "/sections"),
            (quiz(&section("501", "1"), ""), "/sections"),
            (quiz(&section("1", "1000.01"), ""), "/sections/0/points"),
            (quiz(&section("1", "1e300"), ""), "/sections/0/points"),
            (quiz(&section("1", "99999999999999999999999999"), ""), "/sections/0/points"),
            (quiz(&section("1", "1"), r#", "duration_seconds": 9223372036854775807"#), "/duration_seconds"),
            (quiz(&section("1", "1"), r#", "duration_seconds": 9223372036854775808"#), "/duration_seconds"),
            (quiz(&section("1", "1"), r#", "attempts_allowed": 2147483648"#), "/attempts_allowed"),
            (quiz(&section("1", "1"), r#", "unit_id": 9223372036854775807"#), "/unit_id"),
            (quiz(&section("1", "1"), r#", "unit_id": 9223372036854775808"#), "/unit_id"),
            (quiz(&section("1", "1"), r#", "pass_percent": 4294967296"#), "/pass_percent"),
        ] {
            let reply = site.send_json("POST", "/quizzes", body.clone()).await;
            assert_eq!(reply.pointers(), [pointer], "{body}");
        }
        // No number of any type at all.
        let body = quiz(&section("1", "1e400"), "");
        assert_eq!(site.send_json("POST", "/quizzes", body).await.pointers(), ["/sections/0/points"]);
        let body = quiz(&section(&"9".repeat(5000), "1"), "");
        assert_eq!(site.send_json("POST", "/quizzes", body).await.pointers(), ["/sections/0/count"]);
        for (body, pointer) in [
            (r#"{"answers": [{"no": 4294967295, "answer": []}]}"#, "/answers/0/no"),
            (r#"{"answers": [{"no": 4294967296, "answer": []}]}"#, "/answers/0/no"),
            (r#"{"answers": [{"no": -1, "answer": []}]}"#, "/answers/0/no"),
        ] {
            let reply = site.send_json("PUT", "/attempts/{attempt}/answers", body).await;
            assert_eq!(reply.pointers(), [pointer], "{body}");
        }
        let body = json!({"code": "new", "kind": "judge", "stem": "题干", "key": ["true"], "difficulty": i64::MAX});
        assert_eq!(site.admin().post("/banks/1000/questions", body).await.pointers(), ["/difficulty"]);
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

    /// PostgreSQL cannot store the character NUL.
    async fn the_character_nul_is_refused_in_every_text(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let unit = site.world.unit("C1");
        let member = json!({"login": "new", "name": "名", "unit_id": unit, "password": "Member-Pass-2026"});
        let question = json!({
            "code": "new", "kind": "single", "chapter": "章", "stem": "题干", "options": ["甲", "乙"],
            "key": ["A"], "explanation": "解析", "source": "出处", "verified_on": "2026-11-23",
        });
        let mut changed_question = question.clone();
        changed_question["code"] = json!("single-00");
        let section = json!({"title": "一", "chapters": ["第一章"], "count": 1, "points": 1});
        let quiz = site.quiz_with(&json!({"sections": [section]}));
        let answers = json!({"answers": [{"no": 1, "answer": ["A"]}]});
        for (method, path, body) in [
            ("POST", "/auth/login", json!({"login": "admin", "password": "Admin-Pass-2026"})),
            ("POST", "/auth/refresh", json!({"refresh_token": "x"})),
            ("PUT", "/me/password", json!({"current": "Admin-Pass-2026", "new": "Another-Pass-2026"})),
            ("POST", "/units", json!({"parent_id": unit, "kind": "branch", "code": "new", "name": "名"})),
            ("PATCH", "/units/{unit}", json!({"code": "new", "name": "名"})),
            ("POST", "/members", member),
            ("PATCH", "/members/{member}", json!({"name": "名"})),
            ("POST", "/banks", json!({"code": "new", "title": "名"})),
            ("POST", "/banks/1000/questions", question),
            ("PUT", "/banks/1000/questions/single-00", changed_question),
            ("POST", "/quizzes", quiz.clone()),
            ("PATCH", "/quizzes/{quiz}", quiz),
            ("PUT", "/attempts/{attempt}/answers", answers.clone()),
            ("POST", "/attempts/{attempt}/submit", answers),
        ] {
            for pointer in texts(&body, "") {
                for spoil in [
                    |text: &str| format!("{text}\0"), |text: &str| format!("\0{text}"), |_: &str| "\0".into(),
                ] {
                    let mut body = body.clone();
                    let text = body.pointer_mut(&pointer).unwrap();
                    *text = json!(spoil(text.as_str().unwrap()));
                    let reply = site.send_json(method, path, body.to_string()).await;
                    assert_eq!(reply.status, 422, "{method} {path} {pointer}: {}", reply.text);
                    assert_eq!(reply.pointers(), std::slice::from_ref(&pointer), "{method} {path}");
                }
            }
        }
        for list in [
            "/members?q=%00",
            "/members?q=a%00b",
            "/banks/1000/questions?q=%00",
            "/banks/1000/questions?chapter=%00",
        ] {
            let name = list.split(['?', '=']).nth(1).unwrap();
            assert_eq!(site.admin().get(list).await.pointers(), [format!("/{name}")], "{list}");
        }
        for path in [
            "/banks/%00/questions",
            "/banks/1000%00/questions",
            "/banks/%00/export",
            "/attempts/%00",
            "/units/%00",
            "/quizzes/1%00",
            "/problems/%00",
        ] {
            let reply = site.admin().get(path).await;
            assert!(reply.status == 404 || reply.status == 405, "{path} {}", reply.text);
        }
        site.admin().delete("/banks/1000/questions/%00").await.problem(404, "not-found");
        site.admin().delete("/banks/1000/questions/single-00%00").await.problem(404, "not-found");
        let at = [cursor(r#"[1,"\u0000"]"#), cursor(r#""\u0000""#)];
        assert_eq!(site.admin().get(&format!("/me/attempts?cursor={}", at[0])).await.pointers(), ["/cursor"]);
        assert_eq!(site.admin().get(&format!("/banks/1000/questions?cursor={}", at[1])).await.pointers(), ["/cursor"]);
        assert_eq!(site.saved().await, before);
    }

    async fn what_is_no_unicode_is_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for text in [&b"\xff"[..], b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"] {
            let body = [b"{\"code\": \"new\", \"title\": \"", text, b"\"}"].concat();
            site.send_json("POST", "/banks", body).await.problem(400, "malformed-json");
        }
        for text in [r"\ud800", r"\udc00x", r"\ud800\u0041"] {
            let body = format!(r#"{{"code": "new", "title": "{text}"}}"#);
            assert_eq!(site.send_json("POST", "/banks", body).await.pointers(), ["/title"], "{text}");
        }
        let gbk = b"{\"code\": \"new\", \"title\": \"\xcc\xe2\xbf\xe2\"}";
        site.send_json("POST", "/banks", gbk.to_vec()).await.problem(400, "malformed-json");
        for path in ["/banks/%ff/questions", "/attempts/%ff", "/attempts/%c3%28"] {
            site.admin().get(path).await.problem(404, "not-found");
        }
        let found = site.admin().get("/members?q=%ff").await.expect(200);
        assert_eq!(found["items"], json!([]));
        assert_eq!(site.saved().await, before);
    }

    async fn control_characters_in_names_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let unit = site.world.unit("C1");
        for bad in ["a\u{1}b", "a\u{1b}[31mb", "a\u{7f}b", "a\nb"] {
            let body = json!({"parent_id": unit, "kind": "branch", "code": "new", "name": bad});
            assert_eq!(site.admin().post("/units", body).await.pointers(), ["/name"], "{bad:?}");
            let body = json!({"login": bad, "name": "名", "unit_id": unit});
            assert_eq!(site.admin().post("/members", body).await.pointers(), ["/login"], "{bad:?}");
            let body = json!({"code": "new", "title": bad});
            assert_eq!(site.admin().post("/banks", body).await.pointers(), ["/title"], "{bad:?}");
            let body = site.quiz_with(&json!({"title": bad}));
            assert_eq!(site.admin().post("/quizzes", body).await.pointers(), ["/title"], "{bad:?}");
        }
        assert_eq!(site.saved().await, before);
    }

    async fn lists_refuse_what_is_no_limit_and_no_cursor(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        for list in LISTS {
            let list = site.path(list);
            for limit in ["0", "201", "-1", "x", "1.5", "4294967297", "99999999999999999999", "%00"] {
                let reply = site.admin().get(&format!("{list}limit={limit}")).await;
                assert_eq!(reply.pointers(), ["/limit"], "{list}limit={limit}");
            }
            let bad = [
                "x".to_owned(),
                "!!!".to_owned(),
                "%00".to_owned(),
                "题".to_owned(),
                "A".repeat(3000),
                cursor(""),
                cursor("garbage"),
                cursor("{}"),
                cursor("[]"),
                cursor("null"),
                cursor("1e400"),
                cursor("99999999999999999999"),
                cursor("[1,2,3,4,5,6]"),
            ];
            for cursor in bad.iter().filter(|cursor| !cursor.is_empty()) {
                let reply = site.admin().get(&format!("{list}cursor={cursor}")).await;
                assert_eq!(reply.pointers(), ["/cursor"], "{list}cursor={cursor}");
            }
            assert_eq!(site.admin().get(&format!("{list}limit=1&limit=2")).await.pointers(), ["/limit"]);
            for limit in ["1", "200"] {
                site.admin().get(&format!("{list}limit={limit}&cursor=")).await.expect(200);
            }
        }
        // A cursor of one's own making is answered, whatever it says.
        for (list, position) in [
            ("/units?", "18446744073709551615"),
            ("/members?", "-9223372036854775808"),
            ("/members?", "9223372036854775807"),
            ("/banks?", "18446744073709551615"),
            ("/quizzes?", "[-9223372036854775808,9223372036854775807]"),
            ("/me/attempts?", "[9223372036854775807,\"x\"]"),
            ("/leaderboards/members?period=all&", "[9223372036854775807,-1,0,0]"),
            ("/leaderboards/members?period=all&", "[-9223372036854775808,-9223372036854775808,0,0]"),
            ("/leaderboards/units?period=all&", "18446744073709551615"),
        ] {
            for limit in [1, 200] {
                site.admin().get(&format!("{list}limit={limit}&cursor={}", cursor(position))).await.expect(200);
            }
        }
    }

    async fn what_is_no_id_is_not_found(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        for id in [
            "x",
            "0",
            "-1",
            "1.5",
            "1e3",
            "999999",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999999999",
            "%20",
            "１",
            "1%20OR%201=1",
            "null",
            "..%2f1",
        ] {
            let admin = site.admin();
            admin.patch(&format!("/units/{id}"), json!({"name": "名"})).await.problem(404, "not-found");
            admin.delete(&format!("/units/{id}")).await.problem(404, "not-found");
            admin.patch(&format!("/members/{id}"), json!({"name": "名"})).await.problem(404, "not-found");
            admin.patch(&format!("/members/{id}"), json!({"reset_password": true})).await.problem(404, "not-found");
            admin.get(&format!("/quizzes/{id}")).await.problem(404, "not-found");
            admin.patch(&format!("/quizzes/{id}"), json!({"title": "名"})).await.problem(404, "not-found");
            admin.delete(&format!("/quizzes/{id}")).await.problem(404, "not-found");
            admin.post_nothing(&format!("/quizzes/{id}/attempts")).await.problem(404, "not-found");
            admin.get(&format!("/attempts/{id}")).await.problem(404, "not-found");
            admin.put(&format!("/attempts/{id}/answers"), json!({"answers": []})).await.problem(404, "not-found");
            admin.post_nothing(&format!("/attempts/{id}/submit")).await.problem(404, "not-found");
            admin.get(&format!("/banks/{id}/questions")).await.problem(404, "not-found");
            admin.get(&format!("/banks/{id}/export")).await.problem(404, "not-found");
            admin.delete(&format!("/banks/1000/questions/{id}")).await.problem(404, "not-found");
        }
        for (path, status, pointer) in [
            ("/members?unit=x", 422, "/unit"),
            ("/members?unit=1.5", 422, "/unit"),
            ("/members?unit=99999999999999999999", 422, "/unit"),
            ("/members?unit=999999", 404, ""),
            ("/members?unit=-1", 404, ""),
            ("/quizzes?state=ajar", 422, "/state"),
            ("/banks/1000/questions?kind=nonsense", 422, "/kind"),
            ("/leaderboards/members?period=day&unit=x", 422, "/unit"),
            ("/leaderboards/members?period=day&unit=999999", 404, ""),
            ("/leaderboards/members?quiz=999999", 404, ""),
            ("/leaderboards/units?period=day&parent=x", 422, "/parent"),
            ("/leaderboards/units?period=day&parent=999999", 404, ""),
            ("/leaderboards/units?period=day&kind=village", 422, "/kind"),
        ] {
            let reply = site.admin().get(path).await;
            match status {
                404 => drop(reply.problem(404, "not-found")),
                _ => assert_eq!(reply.pointers(), [pointer], "{path}"),
            }
        }
        assert_eq!(site.saved().await, before);
    }

    async fn a_search_takes_every_character_for_itself(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        for text in ["%25", "_", "%5c", "'", "%22", "%27%20OR%20%271%27=%271", ";--", "%f0%9f%98%80"] {
            let found = site.admin().get(&format!("/members?q={text}")).await.expect(200);
            assert_eq!(found["items"], json!([]), "{text}");
        }
        assert_eq!(site.admin().get("/members?q=ZS").await.expect(200)["items"][0]["login"], "zs");
    }

    async fn a_part_of_an_upload_is_judged_by_its_header_and_never_drops_the_connection(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let form = |parts: &[(&str, &str)]| {
            let part = |(header, body): &(&str, &str)| format!("--x\r\n{header}\r\n\r\n{body}\r\n");
            parts.iter().map(part).collect::<String>() + "--x--\r\n"
        };
        let named = |name: &str| format!("Content-Disposition: form-data; name={name}");
        let file = named("\"file\"; filename=\"a.csv\"");
        for path in WITH_FILE {
            let send = async |parts: &[(&str, &str)]| {
                site.send("POST", path, "multipart/form-data; boundary=x", form(parts)).await
            };
            for (header, pointer) in [
                (named("\"\""), "/"),
                (named("\"\"; filename=\"a.csv\""), "/"),
                (named("other"), "/other"),
                (named("\"a/b~c\""), "/a~1b~0c"),
                (named("\"File\""), "/File"),
                (named("\"文件\""), "/文件"),
            ] {
                assert_eq!(send(&[(&header, "x")]).await.pointers(), [pointer], "{path} {header}");
                assert_eq!(send(&[(&header, "x"), (&file, "x")]).await.pointers(), [pointer], "{path} {header}");
                assert_eq!(send(&[(&file, "x"), (&header, "x")]).await.pointers(), [pointer], "{path} {header}");
            }
            for header in [
                "Content-Disposition: form-data",
                "Content-Disposition: form-data; filename=\"a.csv\"",
                "Content-Disposition: form-data; name",
                "Content-Disposition: attachment; name=\"\"",
                "Content-Disposition: ;",
                "Content-Disposition:",
                "Content-Type: text/csv",
                "no header at all",
                "",
            ] {
                let reply = send(&[(header, "x")]).await;
                assert!([400, 422].contains(&reply.status), "{path} {header}: {}", reply.text);
                drop(send(&[(&file, "x"), (header, "x")]).await.problem(400, "malformed-upload"));
            }
            assert_eq!(send(&[(&file, "x"), (&file, "y")]).await.pointers(), ["/file"], "{path}");
            // A file that has no name is one all the same.
            let nameless = send(&[(&named("\"file\""), "{")]).await;
            let read = if path.ends_with("/imports") { 202 } else { 422 };
            assert_eq!(nameless.status, read, "{path} {}", nameless.text);
            for media_type in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary"] {
                let reply = site.send("POST", path, media_type, form(&[(&file, "x")])).await;
                assert!([400, 415].contains(&reply.status), "{path} {media_type}: {}", reply.text);
            }
            for media_type in ["multipart/mixed; boundary=x", "multipart/; boundary=x", "multipart/form-datax; boundary=x"] {
                let reply = site.send("POST", path, media_type, form(&[(&file, "x")])).await;
                drop(reply.problem(415, "unsupported-media-type"));
            }
        }
        assert_eq!(site.saved().await, before);
    }

    async fn uploads_that_are_none_are_refused(backend) {
        let site = Site::build(TestApp::start(backend).await).await;
        let before = site.saved().await;
        let send = async |path: &str, form: Form| {
            Actor::send(site.admin().request(Method::POST, path).multipart(form)).await
        };
        for path in WITH_FILE {
            let form = Form::new().part("other", Part::bytes(b"x".to_vec()).file_name("x"));
            assert_eq!(send(path, form).await.pointers(), ["/other"], "{path}");
            assert_eq!(send(path, Form::new()).await.status / 100, 4, "{path}");
            let part = || Part::bytes(b"x".to_vec()).file_name("x");
            let form = Form::new().part("file", part()).part("file", part());
            assert_eq!(send(path, form).await.pointers(), ["/file"], "{path}");
            let cut = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc";
            let reply = site.send("POST", path, "multipart/form-data; boundary=x", cut).await;
            reply.problem(400, "malformed-upload");
            let nothing = site.send("POST", path, "multipart/form-data; boundary=x", "").await;
            assert!([400, 422].contains(&nothing.status), "{path} {}", nothing.text);
            for file in [
                &b""[..],
                b"  \n",
                b"\0\0\0\0",
                b"PK\x03\x04 no zip",
                b"\x89PNG\r\n\x1a\n",
                b"\xff\xfe\xff",
            ] {
                let reply = site.admin().upload(path, file).await;
                if path.ends_with("/imports") {
                    // What is in the file is found out later.
                    assert_eq!(reply.status, 202, "{}", reply.text);
                    continue;
                }
                assert_eq!(reply.status, 422, "{path} {file:?}: {}", reply.text);
                reply.problem(422, "unreadable-file");
            }
            let flag = site.admin().upload(&format!("{path}?dry_run=perhaps"), b"x").await;
            assert_eq!(flag.pointers(), ["/dry_run"], "{path}");
        }
        let json = json!([{"code": "n", "kind": "judge", "stem": "含\0", "key": ["true"]}]).to_string();
        site.admin().upload("/banks/1000/import", json).await.problem(422, "import-rejected");
        site.admin().upload("/banks/1000/import?format=nonsense", b"[]").await.problem(422, "unsupported-format");
        site.admin().get("/banks/1000/export?format=nonsense").await.problem(422, "unsupported-format");
        assert_eq!(site.saved().await, before);
    }
}

/// The pointers of all texts in a body, but for words of a fixed set.
fn texts(value: &Value, pointer: &str) -> Vec<String> {
    match value {
        Value::String(_) if pointer.ends_with("/kind") => vec![],
        Value::String(_) => vec![pointer.to_owned()],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| texts(item, &format!("{pointer}/{index}")))
            .collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| texts(field, &format!("{pointer}/{name}"))).collect()
        }
        _ => vec![],
    }
}

#[test]
fn every_text_of_a_body_is_found() {
    let body = json!({"a": "x", "kind": "x", "b": [{"c": "x"}, 1]});
    assert_eq!(texts(&body, ""), ["/a", "/b/0/c"]);
}
