//! The audit log: what is told, to whom, and that it is never altered.

mod changes;
mod imports;
mod reading;

use diesel::RunQueryDsl as _;
use qianti::services::ServiceError;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

async fn log(actor: &Actor, query: &str) -> Vec<Value> {
    actor.get(&format!("/audit?{query}")).await.expect(200)["items"].as_array().unwrap().clone()
}

/// The newest line, which must be this action.
async fn latest(actor: &Actor, action: &str) -> Value {
    let line = log(actor, "limit=1").await.remove(0);
    assert_eq!(line["action"], action, "{line}");
    line
}

fn actions(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["action"].as_str().unwrap()).collect()
}

fn question(code: &str, stem: &str) -> Value {
    json!({"code": code, "kind": "judge", "stem": stem, "key": ["true"]})
}

on_both_databases! {
    async fn no_line_is_ever_altered(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let before = log(&world.admin, "").await;
        let mut statements = vec![
            "UPDATE audit_log SET subject_name = 'x'",
            "DELETE FROM audit_log",
            "DELETE FROM audit_log WHERE id = 1",
        ];
        statements.push(match backend {
            crate::harness::Backend::Sqlite => "REPLACE INTO audit_log (id, at, action, subject_kind, subject_id, \
                 subject_name) VALUES (1, 0, 'unit.added', 'unit', '1', 'x')",
            crate::harness::Backend::Postgres => "TRUNCATE audit_log",
        });
        for statement in statements {
            let done: Result<usize, ServiceError> = app
                .services
                .context
                .database
                .write(move |connection| {
                    let done = diesel::sql_query(statement).execute(connection);
                    done.map_err(|error| ServiceError::Internal(error.to_string()))
                })
                .await;
            let refused = done.expect_err(statement).to_string();
            assert!(refused.contains("the audit log cannot be changed"), "{statement}: {refused}");
        }
        assert_eq!(log(&world.admin, "").await, before);
    }

    async fn what_is_refused_leaves_no_line(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        let count = log(admin, "").await.len();
        let taken = json!({"parent_id": world.unit("C1"), "kind": "branch", "code": "B1", "name": "重"});
        admin.post("/units", taken).await.problem(409, "code-taken");
        admin.delete(&format!("/units/{}", world.unit("C1"))).await.problem(409, "unit-not-empty");
        let member = json!({"login": "admin", "name": "名", "unit_id": world.unit("B1"), "password": "Member-Pass-2026"});
        admin.post("/members", member).await.problem(409, "login-taken");
        admin.post("/banks", json!({"code": "1000", "title": "重"})).await.problem(409, "code-taken");
        admin.post("/banks/1000/undo", json!({"revision": 9})).await.problem(409, "revision-not-current");
        admin.post_nothing("/quizzes/99999/close").await.problem(404, "not-found");
        assert_eq!(log(admin, "").await.len(), count);
    }
}
