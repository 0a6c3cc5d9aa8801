//! Whatever is sent: it is refused with a word about what is wrong, never a 500, and nothing of it is saved.

mod bodies;
mod characters;
mod lists;
mod uploads;
mod values;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::harness::{Actor, Reply, TestApp, Value, World, json, on_both_databases};

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
}
