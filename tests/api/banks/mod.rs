//! Question banks: adding them, and who may.

mod exports;
mod imports;
mod preview;
mod questions;
mod uploads;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

const QUESTIONS: &str = "/banks/t/questions";
const IMPORT: &str = "/banks/t/import";

/// An administrator with the empty bank `t`.
async fn empty_bank(app: &TestApp) -> Actor {
    let admin = app.admin().await;
    admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
    admin
}

/// A well-formed question of a kind, without what may be left out.
fn question(code: &str, kind: &str) -> Value {
    let (options, key) = match kind {
        "single" => (json!(["甲", "乙", "丙"]), json!(["B"])),
        "multiple" => (json!(["甲", "乙", "丙"]), json!(["A", "C"])),
        "judge" => (json!([]), json!(["true"])),
        "blank" => (json!([]), json!(["一|壹", "二"])),
        _ => (json!([]), json!(["要点一", "要点二"])),
    };
    json!({
        "code": code, "kind": kind, "chapter": "第一章", "stem": format!("{code} ____ 与 ____"),
        "options": options, "key": key,
    })
}

/// Replaces fields.
fn with(mut question: Value, changes: &Value) -> Value {
    for (field, value) in changes.as_object().unwrap() {
        question[field] = value.clone();
    }
    question
}

/// The revision of the bank `t` and everything in it.
async fn state(admin: &Actor) -> (Value, Value) {
    let banks = admin.get("/banks").await.expect(200);
    let bank = banks["items"].as_array().unwrap().iter().find(|bank| bank["code"] == "t").unwrap().clone();
    let questions = admin.get(QUESTIONS).await.expect(200)["items"].take();
    assert_eq!(bank["questions"], questions.as_array().unwrap().len());
    (bank["revision"].clone(), questions)
}

async fn codes(admin: &Actor, query: &str) -> Vec<String> {
    let list = admin.get(&format!("{QUESTIONS}?{query}")).await.expect(200);
    let rows = list["items"].as_array().unwrap().iter();
    rows.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

/// `[revision, found, added, updated, unchanged]` of a report.
fn counts(report: &Value) -> Value {
    ["revision", "found", "added", "updated", "unchanged"]
        .map(|field| report[field].clone())
        .into_iter()
        .collect()
}

fn places(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    assert!(list.iter().all(|place| place["detail"].as_str().is_some_and(|detail| !detail.is_empty())));
    list.iter().map(|place| place["at"].as_str().unwrap()).collect()
}

on_both_databases! {
    async fn a_bank_is_added_and_listed(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let bank = admin.post("/banks", json!({"code": " dang-ji_2.1 ", "title": " 党纪 "})).await.expect(201);
        assert_eq!(bank, json!({"code": "dang-ji_2.1", "title": "党纪", "revision": 0, "questions": 0}));
        let list = admin.get("/banks").await.expect(200);
        assert_eq!(
            list["items"],
            json!([{"code": "1000", "title": "党员干部应知应会1000题", "revision": 1, "questions": 41}, bank])
        );
        let first = admin.get("/banks?limit=1").await.expect(200);
        assert_eq!(first["items"], json!([list["items"][0]]));
        let second = admin.get(&format!("/banks?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await;
        let second = second.expect(200);
        assert_eq!((&second["items"], &second["next_cursor"]), (&json!([bank]), &Value::Null));
        admin.post("/banks", json!({"code": "1000", "title": "又一个"})).await.problem(409, "code-taken");
        for (field, value) in [
            ("code", json!("")),
            ("code", json!("a b")),
            ("code", json!("a/b")),
            ("code", json!("题库")),
            ("code", json!("x".repeat(65))),
            ("title", json!(" ")),
            ("title", json!("长".repeat(201))),
            ("title", json!("一\u{0}二")),
            ("title", json!(7)),
            ("revision", json!(1)),
        ] {
            let mut body = json!({"code": "x", "title": "x"});
            body[field] = value;
            assert_eq!(admin.post("/banks", body.clone()).await.pointers(), [format!("/{field}")], "{body}");
        }
        assert_eq!(admin.get("/banks").await.expect(200), list);
    }

    async fn banks_are_for_admins_of_the_root(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
        world.admin.post(QUESTIONS, question("q", "judge")).await.expect(201);
        let before = state(&world.admin).await;
        let branch_admin = world.with_role(&app, "a1", "admin", "C1").await;
        let leader = world.with_role(&app, "l1", "leader", "root").await;
        let member = world.member(&app, "zs", "B1").await;
        let file = json!([question("q2", "judge")]).to_string();
        for actor in [&branch_admin, &leader, &member] {
            let path = format!("{QUESTIONS}/q");
            for reply in [
                actor.post("/banks", json!({"code": "x", "title": "x"})).await,
                actor.get(QUESTIONS).await,
                actor.post(QUESTIONS, question("q2", "judge")).await,
                actor.put(&path, with(question("q", "judge"), &json!({"key": ["false"]}))).await,
                actor.delete(&path).await,
                actor.upload(IMPORT, file.clone()).await,
                actor.get("/banks/t/export").await,
                actor.get("/banks/none/export").await,
            ] {
                reply.problem(403, "forbidden");
            }
        }
        // Whoever makes quizzes has to know which banks there are.
        assert_eq!(branch_admin.get("/banks").await.expect(200)["items"].as_array().unwrap().len(), 2);
        leader.get("/banks").await.problem(403, "forbidden");
        member.get("/banks").await.problem(403, "forbidden");
        app.anonymous().upload(IMPORT, file).await.problem(401, "unauthenticated");
        assert_eq!(state(&world.admin).await, before);
    }
}
