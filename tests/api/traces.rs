//! Whoever changes a result or a ranking leaves a trace: in the same transaction, or nothing happens.

use std::collections::BTreeSet;

use diesel::RunQueryDsl as _;
use qianti::services::ServiceError;
use qianti::store::Backend;

use crate::harness::{Actor, Reply, TestApp, Value, World, json, on_both_databases};

/// Calls that change what others see of results, rankings or the organisation: each leaves a line.
const TRACED: [&str; 23] = [
    "POST /api/v1/attempts/{id}/void",
    "POST /api/v1/quizzes/{id}/close",
    "POST /api/v1/quizzes/{id}/extend",
    "POST /api/v1/quizzes",
    "PATCH /api/v1/quizzes/{id}",
    "DELETE /api/v1/quizzes/{id}",
    "POST /api/v1/members",
    "PATCH /api/v1/members/{id}",
    "POST /api/v1/members/{id}/anonymise",
    "POST /api/v1/members/import",
    "POST /api/v1/members/reset-passwords",
    "POST /api/v1/units",
    "PATCH /api/v1/units/{id}",
    "DELETE /api/v1/units/{id}",
    "POST /api/v1/units/import",
    "POST /api/v1/banks",
    "POST /api/v1/banks/{code}/questions",
    "PUT /api/v1/banks/{code}/questions/{question_code}",
    "DELETE /api/v1/banks/{code}/questions/{question_code}",
    "POST /api/v1/banks/{code}/import",
    "POST /api/v1/banks/{code}/imports",
    "POST /api/v1/banks/{code}/undo",
    // The member's own way to a result: the attempt itself is the record.
    "POST /api/v1/attempts/{id}/submit",
];

/// Calls that change nothing of that: what is one's own, and what only asks.
const OTHERS: [&str; 14] = [
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/logout",
    "PUT /api/v1/me/password",
    "DELETE /api/v1/me/sessions",
    "DELETE /api/v1/me/sessions/{id}",
    "PUT /api/v1/me/favourites/{bank}/{code}",
    "DELETE /api/v1/me/favourites/{bank}/{code}",
    "POST /api/v1/practice/answers",
    "POST /api/v1/quizzes/check",
    "POST /api/v1/quizzes/preview",
    "POST /api/v1/quizzes/{id}/attempts",
    "PUT /api/v1/attempts/{id}/answers",
    "POST /api/v1/attempts/{id}/events",
];

/// What everybody may see of the organisation and its rankings.
async fn picture(admin: &Actor, quiz: &Value) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        "/units".to_owned(),
        "/members?limit=200".into(),
        "/quizzes?limit=200".into(),
        "/banks".into(),
        "/leaderboards/members?period=all".into(),
        format!("/leaderboards/members?quiz={}", quiz["id"]),
        "/leaderboards/units?period=all&kind=branch".into(),
    ] {
        let mut page = admin.get(&path).await.expect(200);
        if let Some(fields) = page.as_object_mut() {
            fields.remove("as_of");
        }
        seen.push(page);
    }
    seen
}

async fn execute(app: &TestApp, statement: &'static str) {
    let write = move |connection: &mut qianti::store::AnyConnection| {
        let done = diesel::sql_query(statement).execute(connection);
        done.map_err(|error| ServiceError::Internal(error.to_string()))
    };
    app.services.context.database.write(write).await.unwrap();
}

/// A call of an admin: method, path, body; an upload when the body is text.
type Call = (&'static str, String, Value);

async fn send(admin: &Actor, (method, path, body): &Call) -> Reply {
    match (*method, body) {
        (_, Value::String(file)) => admin.upload(path, file.as_bytes()).await,
        ("PATCH", body) => admin.patch(path, body.clone()).await,
        ("DELETE", _) => admin.delete(path).await,
        (_, body) => admin.post(path, body.clone()).await,
    }
}

on_both_databases! {
    async fn every_call_that_changes_a_result_or_a_ranking_leaves_a_line_or_does_nothing(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        let quiz = world.quiz(json!({"closes_at": "2026-12-01T00:00:00Z"})).await;
        let unused = world.quiz(json!({})).await;
        let member = world.add("zs", "B1").await;
        let actor = world.again(&app, "zs").await;
        let result = world.attempt(&actor, &quiz, 4).await;
        let other = world.member(&app, "ls", "B2").await;
        world.attempt(&other, &quiz, 3).await;
        let left = world.add("ww", "B3").await;
        let empty = admin
            .post("/units", json!({"parent_id": world.unit("C2"), "kind": "branch", "code": "E", "name": "E"}))
            .await
            .expect(201);
        let of = |id: &Value| format!("/members/{id}");
        let calls: Vec<Call> = vec![
            ("POST", format!("/attempts/{}/void", result["attempt_id"].as_str().unwrap()), json!({"reason": "原因"})),
            ("POST", format!("/quizzes/{}/extend", quiz["id"]), json!({"closes_at": "2026-12-02T00:00:00Z"})),
            ("POST", format!("/quizzes/{}/close", quiz["id"]), json!({"reason": "原因"})),
            ("PATCH", format!("/quizzes/{}", unused["id"]), json!({"pass_percent": 10})),
            ("DELETE", format!("/quizzes/{}", unused["id"]), Value::Null),
            ("PATCH", of(&member["id"]), json!({"unit_id": world.unit("B3")})),
            ("PATCH", of(&left["id"]), json!({"status": "left"})),
            ("PATCH", of(&left["id"]), json!({"status": "active"})),
            ("PATCH", of(&left["id"]), json!({"status": "left"})),
            ("POST", format!("/members/{}/anonymise", left["id"]), json!({})),
            ("PATCH", format!("/units/{}", world.unit("B2")), json!({"parent_id": world.unit("C2")})),
            ("DELETE", format!("/units/{}", empty["id"]), Value::Null),
            ("POST", "/members/import".into(), json!("login,name,unit_code\nnew,新,B1\n")),
            ("POST", "/units/import".into(), json!("code,name,kind,parent_code\nI1,名,branch,C1\n")),
            ("POST", "/banks/1000/questions".into(), json!({"code": "q1", "kind": "judge", "stem": "题", "key": ["true"]})),
            ("POST", "/banks/1000/import".into(), json!(json!([{"code": "q2", "kind": "judge", "stem": "题二", "key": ["true"]}]).to_string())),
        ];
        let (refuse, allow) = match backend {
            Backend::Sqlite => (
                "CREATE TRIGGER log_is_full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END",
                "DROP TRIGGER log_is_full",
            ),
            Backend::Postgres => (
                "CREATE TRIGGER log_is_full BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
                "DROP TRIGGER log_is_full ON audit_log",
            ),
        };
        for call in &calls {
            let what = format!("{} {}", call.0, call.1);
            let before = picture(admin, &quiz).await;
            // Without its line it does not happen.
            execute(&app, refuse).await;
            assert_eq!(send(admin, call).await.status, 500, "{what}");
            execute(&app, allow).await;
            assert_eq!(picture(admin, &quiz).await, before, "{what}");
            let reply = send(admin, call).await;
            assert_eq!(reply.status / 100, 2, "{what}: {}", reply.text);
            let request = reply.headers["x-request-id"].to_str().unwrap();
            let log = admin.get("/audit?limit=3").await.expect(200);
            let lines = log["items"].as_array().unwrap();
            let line = lines.iter().find(|line| line["request_id"] == request);
            assert_eq!(line.unwrap_or_else(|| panic!("{what} left no line: {log}"))["actor"]["name"], "系统管理员");
        }
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    async fn of_every_call_that_writes_it_is_known_whether_it_leaves_a_line(backend) {
        let app = TestApp::start(backend).await;
        let document = app.anonymous().get("/openapi.json").await.expect(200);
        let mut writing = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys().filter(|method| *method != "get") {
                writing.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let known: BTreeSet<String> = TRACED.iter().chain(&OTHERS).map(|&call| call.to_owned()).collect();
        let unknown: Vec<_> = writing.symmetric_difference(&known).collect();
        assert!(
            unknown.is_empty(),
            "does it change a result, a ranking or the organisation? Then it leaves a line in the audit log and belongs to \
             TRACED in tests/api/traces.rs, else to OTHERS: {unknown:#?}"
        );
    }
}
