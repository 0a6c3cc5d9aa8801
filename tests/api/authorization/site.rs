//! The organisation that the calls are made in, its callers, and what is made anew for a call.

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::matrix::{Row, Send};
use crate::harness::{Actor, PASSWORD, Reply, TestApp, Value, World, json};

/// What is made anew.
#[derive(Clone, Copy)]
pub(super) enum Maker {
    Unit,
    Quiz,
    Question,
    Session,
    /// An open quiz that closes in an hour.
    EndingQuiz,
    /// A graded attempt of the member of B1.
    Result,
    /// A member of B1 who has left.
    Leaver,
    /// A revision of the bank; it is named by its number.
    Revision,
}

/// A login, and what it was answered.
pub(super) struct Session {
    pub(super) login: String,
    pub(super) password: &'static str,
    pub(super) tickets: Value,
}

/// An organisation with one of each of `CALLERS`, and things for them to lay hands on.
pub(super) struct Site {
    pub(super) world: World,
    /// Login, password, and the actor, in the order of `CALLERS`.
    callers: Vec<(String, &'static str, Actor)>,
    members: Vec<Value>,
    pub(super) quiz: i64,
    pub(super) unused: i64,
    attempt: String,
    app: TestApp,
}

impl Site {
    pub(super) async fn build(app: TestApp) -> Self {
        let world = World::build(&app).await;
        let role = |role: &str, unit: &str| json!([{"role": role, "unit_id": world.unit(unit)}]);
        let mut members = Vec::new();
        for (login, unit, roles) in [
            ("b1", "B1", json!([])),
            ("b3", "B3", json!([])),
            ("leader1", "C1", role("leader", "C1")),
            ("leader2", "C2", role("leader", "C2")),
            ("admin1", "C1", role("admin", "C1")),
            ("admin2", "C2", role("admin", "C2")),
            ("root-admin", "root", role("admin", "root")),
            ("initial", "root", role("admin", "root")),
            ("spare", "B1", json!([])),
            ("nobody", "B1", json!([])),
            ("root-in-b1", "B1", role("admin", "root")),
        ] {
            members.push(world.add_with(login, unit, roles).await);
        }
        let mut callers = vec![(String::new(), PASSWORD, app.anonymous())];
        for member in &members[..7] {
            let login = member["login"].as_str().unwrap();
            callers.push((login.to_owned(), PASSWORD, app.log_in(login, PASSWORD).await));
        }
        let path = format!("/members/{}", members[7]["id"]);
        let reset = world.admin.patch(&path, json!({"reset_password": true})).await.expect(200);
        let initial: &'static str = reset["initial_password"].as_str().unwrap().to_owned().leak();
        callers.push(("initial".into(), initial, app.log_in("initial", initial).await));
        let for_c1 = json!({"unit_id": world.unit("C1")});
        let quiz = world.quiz(for_c1.clone()).await["id"].as_i64().unwrap();
        let unused = world.quiz(for_c1).await["id"].as_i64().unwrap();
        // Of gap texts only: whoever is on this paper may still practise the other questions.
        let sections = json!([{"title": "", "kinds": ["blank"], "count": 2, "points": 20}]);
        let begun =
            world.quiz(json!({"unit_id": world.unit("C1"), "sections": sections})).await["id"].as_i64();
        let begun = begun.unwrap();
        let attempt = callers[1].2.post_nothing(&format!("/quizzes/{begun}/attempts")).await.expect(201);
        let attempt = attempt["id"].as_str().unwrap().to_owned();
        Self { world, callers, members, quiz, unused, attempt, app }
    }

    pub(super) fn unit(&self, code: &str) -> String {
        format!("/units/{}", self.world.unit(code))
    }

    pub(super) fn member(&self, login: &str) -> String {
        format!("/members/{}", self.member_id(login))
    }

    pub(super) fn member_id(&self, login: &str) -> i64 {
        let member = self.members.iter().find(|member| member["login"] == login).unwrap();
        member["id"].as_i64().unwrap()
    }

    pub(super) fn quiz(&self, call: &str) -> String {
        format!("/quizzes/{}{call}", self.quiz)
    }

    pub(super) fn report(&self, call: &str) -> String {
        self.report_of("B1", call)
    }

    pub(super) fn report_of(&self, unit: &str, call: &str) -> String {
        format!("/reports/{call}&unit={}", self.world.unit(unit))
    }

    pub(super) fn attempt(&self, call: &str) -> String {
        format!("/attempts/{}{call}", self.attempt)
    }

    pub(super) fn role(&self, role: &str, unit: &str) -> Value {
        json!([{"role": role, "unit_id": self.world.unit(unit)}])
    }

    /// Makes something in C1 that the next call may use up; answers what its path ends with.
    async fn make(&self, maker: Maker, number: usize) -> String {
        let admin = &self.world.admin;
        match maker {
            Maker::Unit => admin.post("/units", new_unit(self, number)).await.expect(201)["id"].to_string(),
            Maker::Quiz => admin.post("/quizzes", new_quiz(self, "C1")).await.expect(201)["id"].to_string(),
            Maker::Session => {
                let member = self.app.log_in("b1", PASSWORD).await;
                let sessions = member.get("/me/sessions").await.expect(200);
                let current = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true);
                current.unwrap()["id"].to_string()
            }
            Maker::EndingQuiz => {
                let mut quiz = new_quiz(self, "C1");
                quiz["closes_at"] = json!("2026-11-23T12:00:00Z");
                admin.post("/quizzes", quiz).await.expect(201)["id"].to_string()
            }
            Maker::Result => {
                let quiz = admin.post("/quizzes", new_quiz(self, "C1")).await.expect(201);
                let member = self.app.log_in("b1", PASSWORD).await;
                let result = self.world.attempt(&member, &quiz, 1).await;
                result["attempt_id"].as_str().unwrap().to_owned()
            }
            Maker::Leaver => {
                let member = admin.post("/members", new_member(self, number, &json!([]))).await.expect(201);
                admin
                    .patch(&format!("/members/{}", member["id"]), json!({"status": "left"}))
                    .await
                    .expect(200);
                member["id"].to_string()
            }
            Maker::Revision => {
                admin.post("/banks/1000/questions", question(&format!("r{number}"))).await.expect(201);
                admin.get("/banks").await.expect(200)["items"][0]["revision"].to_string()
            }
            Maker::Question => {
                let code = format!("d{number}");
                admin.post("/banks/1000/questions", question(&code)).await.expect(201);
                code
            }
        }
    }

    /// Has a caller send what a row says.
    pub(super) async fn call(&self, (_, operation, send): &Row, caller: usize, number: usize) -> Reply {
        let (login, password, actor) = &self.callers[caller];
        let (method, template) = operation.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        match send {
            Send::Nothing(path) | Send::Own(path, None) => {
                Actor::send(actor.request(method, &path(self))).await
            }
            Send::Listening(path) => {
                let response = actor.request(method, &path(self)).send().await.unwrap();
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let text = if status == 200 { String::new() } else { response.text().await.unwrap() };
                Reply { status, headers, text, bytes: vec![] }
            }
            Send::Body(path, body) | Send::Spoiling(path, body) => {
                Actor::send(actor.request(method, &path(self)).json(&body(self, number))).await
            }
            Send::Own(path, Some(body)) => {
                Actor::send(actor.request(method, &path(self)).json(&body())).await
            }
            Send::File(path, file) => {
                let part = Part::bytes(file(number).into_bytes()).file_name("file");
                let form = Form::new().part("file", part);
                Actor::send(actor.request(method, &path(self)).multipart(form)).await
            }
            Send::Fresh(maker, path) => {
                let made = self.make(*maker, number).await;
                Actor::send(actor.request(method, &format!("{path}{made}"))).await
            }
            Send::Upon(maker, path, body) => {
                let made = self.make(*maker, number).await;
                Actor::send(actor.request(method, &path(&made)).json(&body(&made))).await
            }
            Send::Session(body) => {
                // Nobody has a session; for the open calls they use somebody else's password or token.
                let (login, password) = match login.as_str() {
                    "" => ("nobody", PASSWORD),
                    login => (login, *password),
                };
                let given = json!({"login": login, "password": password});
                let tickets = self.app.anonymous().post("/auth/login", given).await.expect(200);
                let actor = match caller {
                    0 => self.app.anonymous(),
                    _ => self.app.with_token(tickets["access_token"].as_str().unwrap()),
                };
                let session = Session { login: login.to_owned(), password, tickets };
                let path = template.strip_prefix("/api/v1").unwrap();
                let request = actor.request(method, path);
                match body(&session) {
                    Value::Null => Actor::send(request).await,
                    body => Actor::send(request.json(&body)).await,
                }
            }
        }
    }
}

pub(super) fn new_unit(site: &Site, number: usize) -> Value {
    json!({"parent_id": site.world.unit("C1"), "kind": "branch", "code": format!("N{number}"), "name": "名"})
}

pub(super) fn new_member(site: &Site, number: usize, roles: &Value) -> Value {
    let unit = site.world.unit("B1");
    json!({"login": format!("n{number}"), "name": "名", "unit_id": unit, "roles": roles, "password": PASSWORD})
}

pub(super) fn question(code: &str) -> Value {
    json!({"code": code, "kind": "judge", "stem": format!("题干 {code}"), "key": ["true"]})
}

pub(super) fn new_quiz(site: &Site, unit: &str) -> Value {
    let sections = json!([{"kinds": ["single"], "count": 2, "points": 50}]);
    json!({"title": "测验", "kind": "contest", "bank": "1000", "unit_id": site.world.unit(unit), "sections": sections})
}
