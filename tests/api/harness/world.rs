//! A small organisation, and the people in it.

use std::collections::HashMap;

use qianti::domain::ids::{MemberId, UnitId};
use qianti::domain::org::UnitPath;
use qianti::domain::roles::Principal;
use serde_json::{Value, json};

use super::{Actor, TestApp};

/// The password of everybody but the administrator.
pub const PASSWORD: &str = "Member-Pass-2026";

/// The root, the committees C1 and C2, the branches B1 and B2 below C1, and B3 below C2.
pub struct World {
    pub admin: Actor,
    units: HashMap<&'static str, i64>,
}

impl World {
    pub async fn build(app: &TestApp) -> Self {
        let admin = app.admin().await;
        let root = admin.get("/units").await.expect(200)["items"][0]["id"].as_i64().unwrap();
        let mut units = HashMap::from([("root", root)]);
        for (code, kind, parent) in [
            ("C1", "committee", "root"),
            ("C2", "committee", "root"),
            ("B1", "branch", "C1"),
            ("B2", "branch", "C1"),
            ("B3", "branch", "C2"),
        ] {
            let body = json!({"parent_id": units[parent], "kind": kind, "code": code, "name": code});
            let unit = admin.post("/units", body).await.expect(201);
            units.insert(code, unit["id"].as_i64().unwrap());
        }
        Self { admin, units }
    }

    /// Lets time pass, and has the administrator log in again, because access tokens live for minutes.
    pub async fn wait(&mut self, app: &TestApp, seconds: i64) {
        app.clock.advance_seconds(seconds);
        self.admin = app.admin().await;
    }

    /// Somebody who can log in with [`PASSWORD`].
    pub async fn again(&self, app: &TestApp, login: &str) -> Actor {
        app.log_in(login, PASSWORD).await
    }

    /// The id of a unit: `root`, `C1`, `C2`, `B1`, `B2`, `B3`.
    pub fn unit(&self, code: &str) -> i64 {
        self.units[code]
    }

    /// Adds somebody who can log in with [`PASSWORD`]; answers the member.
    pub async fn add(&self, login: &str, unit: &str) -> Value {
        self.add_with(login, unit, json!([])).await
    }

    /// Adds somebody with roles.
    pub async fn add_with(&self, login: &str, unit: &str, roles: Value) -> Value {
        let body = json!({
            "login": login, "name": format!("姓名{login}"), "unit_id": self.unit(unit),
            "roles": roles, "password": PASSWORD,
        });
        self.admin.post("/members", body).await.expect(201)
    }

    /// Adds a member and logs in.
    pub async fn member(&self, app: &TestApp, login: &str, unit: &str) -> Actor {
        self.add(login, unit).await;
        app.log_in(login, PASSWORD).await
    }

    /// Adds somebody with one role for a unit, who is a member of that unit, and logs in.
    pub async fn with_role(&self, app: &TestApp, login: &str, role: &str, unit: &str) -> Actor {
        self.add_with(login, unit, json!([{"role": role, "unit_id": self.unit(unit)}])).await;
        app.log_in(login, PASSWORD).await
    }

    /// Adds so many members, of B1, B2 and B3 in turns, as services see them.
    pub async fn crowd(&self, members: usize) -> Vec<Principal> {
        let mut crowd = Vec::new();
        for number in 0..members {
            let (unit, above) = [("B1", "C1"), ("B2", "C1"), ("B3", "C2")][number % 3];
            let member = self.add(&format!("m{number}"), unit).await;
            let path = ["root", above, unit].map(|code| self.unit(code).to_string()).join("/");
            crowd.push(Principal {
                member_id: MemberId(member["id"].as_i64().unwrap()),
                unit_id: UnitId(self.unit(unit)),
                unit_path: UnitPath(format!("/{path}/")),
                grants: vec![],
                must_change_password: false,
            });
        }
        crowd
    }

    /// Adds a quiz of the fixture bank for the whole organisation; `changes` go over the defaults: one
    /// section of 5 items of any kind, 20 points each.
    pub async fn quiz(&self, changes: Value) -> Value {
        let mut body = json!({
            "title": "测验", "kind": "contest", "bank": "1000", "unit_id": self.unit("root"),
            "sections": [{"title": "", "count": 5, "points": 20}],
        });
        for (field, value) in changes.as_object().unwrap() {
            body[field] = value.clone();
        }
        self.admin.post("/quizzes", body).await.expect(201)
    }

    /// Has somebody begin a quiz and submit with `right` items right and the others wrong; answers the
    /// result.
    pub async fn attempt(&self, actor: &Actor, quiz: &Value, right: usize) -> Value {
        let attempt = actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
        self.submit(actor, &attempt, right).await
    }

    /// Has somebody submit an attempt with `right` items right and the others wrong.
    pub async fn submit(&self, actor: &Actor, attempt: &Value, right: usize) -> Value {
        let mut answers = super::right_answers(attempt);
        for (index, item) in attempt["questions"].as_array().unwrap().iter().enumerate().skip(right) {
            answers[index]["answer"] = json!(super::wrong_answer(item));
        }
        let path = format!("/attempts/{}/submit", attempt["id"].as_str().unwrap());
        actor.post(&path, json!({"answers": answers})).await.expect(200)
    }
}
