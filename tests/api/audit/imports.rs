//! What an import and an undo make of each question stands in the log, before and after.

use super::{actions, log};
use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

/// Questions of an import that is told line by line: more than one statement takes.
const MANY: usize = 1_203;

fn question(number: usize, key: &str) -> Value {
    json!({"code": format!("q{number:04}"), "kind": "judge", "stem": format!("题干{number:04}"), "chapter": "一", "key": [key]})
}

fn file(range: std::ops::Range<usize>, key: &str) -> String {
    range.map(|number| question(number, key)).collect::<Value>().to_string()
}

/// Every line that a query finds, the latest first.
async fn all(actor: &Actor, query: &str) -> Vec<Value> {
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = actor.get(&format!("/audit?limit=200&{query}&cursor={cursor}")).await.expect(200);
        lines.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return lines,
        }
    }
}

fn states(lines: &[Value]) -> Vec<(&Value, &Value)> {
    lines.iter().map(|line| (&line["before"], &line["after"])).collect()
}

on_both_databases! {
    async fn keys_that_an_import_alters_and_an_undo_restores_are_told_one_by_one(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
        admin.upload("/banks/t/import", file(0..3, "true")).await.expect(200);
        let lines = log(admin, "limit=4").await;
        assert_eq!(actions(&lines), ["bank.imported", "question.added", "question.added", "question.added"]);
        assert_eq!(lines[1]["subject"], json!({"kind": "question", "id": "t/q0002", "name": "题干0002"}));
        assert_eq!((&lines[1]["before"], &lines[1]["after"]["key"]), (&Value::Null, &json!(["true"])));

        // One stays, two have another key, one is new.
        let mut questions: Vec<Value> = vec![question(0, "true")];
        questions.extend([question(1, "false"), question(2, "false"), question(3, "false")]);
        let reply = admin.upload("/banks/t/import", json!(questions).to_string()).await;
        let request = reply.headers["x-request-id"].to_str().unwrap().to_owned();
        reply.expect(200);
        let (right, wrong) = (json!({"key": ["true"]}), json!({"key": ["false"]}));
        for code in ["q0001", "q0002"] {
            let lines = log(admin, &format!("action=question.changed&q={code}")).await;
            assert_eq!(states(&lines), [(&right, &wrong)], "{code}");
            assert_eq!((&lines[0]["request_id"], &lines[0]["actor"]["name"]), (&json!(request), &json!("系统管理员")));
        }
        assert_eq!(log(admin, "subject=question:t/q0000").await.len(), 1, "it was only added");
        assert_eq!(actions(&log(admin, "subject=question:t/q0003").await), ["question.added"]);
        let lines = log(admin, "limit=4").await;
        assert_eq!(actions(&lines), ["bank.imported", "question.added", "question.changed", "question.changed"]);

        admin.post("/banks/t/undo", json!({"revision": 2})).await.expect(200);
        let lines = log(admin, "limit=4").await;
        assert_eq!(actions(&lines), ["bank.undone", "question.retired", "question.changed", "question.changed"]);
        for code in ["q0001", "q0002"] {
            let lines = log(admin, &format!("subject=question:t/{code}")).await;
            assert_eq!(states(&lines)[..2], [(&wrong, &right), (&right, &wrong)], "{code}");
        }
        let retired = log(admin, "action=question.retired&q=q0003").await;
        assert_eq!((&retired[0]["before"]["key"], &retired[0]["after"]), (&json!(["false"]), &Value::Null));
        // Undoing the undo brings back what it had taken away.
        admin.post("/banks/t/undo", json!({"revision": 3})).await.expect(200);
        let lines = log(admin, "limit=4").await;
        assert_eq!(actions(&lines), ["bank.undone", "question.added", "question.changed", "question.changed"]);
        assert_eq!(lines[1]["after"]["key"], json!(["false"]));
    }

    async fn no_question_of_a_large_import_is_left_out(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = &world.admin;
        admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
        admin.upload("/banks/t/import", file(0..MANY, "true")).await.expect(200);
        admin.upload("/banks/t/import", file(0..MANY, "false")).await.expect(200);
        let codes: Vec<String> = (0..MANY).rev().map(|number| format!("t/q{number:04}")).collect();
        for (action, key) in [("question.added", &Value::Null), ("question.changed", &json!(["true"]))] {
            let lines = all(admin, &format!("action={action}")).await;
            let told: Vec<&str> = lines.iter().map(|line| line["subject"]["id"].as_str().unwrap()).collect();
            assert_eq!(told, codes, "{action}");
            assert!(lines.iter().all(|line| &line["before"]["key"] == key), "{action}");
        }
        admin.upload("/banks/t/import", file(0..MANY, "false")).await.expect(200);
        admin.upload("/banks/t/import?dry_run=true", file(0..MANY, "true")).await.expect(200);
        assert_eq!(all(admin, "subject=question").await.len(), 2 * MANY, "nothing was changed");
    }

    async fn what_the_first_start_brings_is_nobodys_change(backend) {
        let app = TestApp::start(backend).await;
        assert!(log(&app.admin().await, "").await.is_empty());
    }
}
