//! The history of question banks, and taking back what was done last.

use futures_util::future::join_all;

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

fn question(code: &str, stem: &str) -> Value {
    json!({"code": code, "kind": "judge", "stem": stem, "key": ["true"]})
}

async fn revisions(admin: &Actor) -> Vec<Value> {
    admin.get("/banks/1000/revisions").await.expect(200)["items"].as_array().unwrap().clone()
}

/// Everything that a revision holds, without the ids of the page.
async fn questions(admin: &Actor, revision: Option<i64>) -> Vec<Value> {
    let revision = revision.map(|revision| format!("?revision={revision}")).unwrap_or_default();
    let page = admin.get(&format!("/banks/1000/questions{revision}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

async fn undo(admin: &Actor, revision: i64) -> crate::harness::Reply {
    admin.post("/banks/1000/undo", json!({"revision": revision})).await
}

on_both_databases! {
    async fn each_change_is_a_revision_with_its_counts(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let first = &revisions(&admin).await[0];
        assert_eq!((&first["revision"], &first["added"], &first["created_by"]), (&json!(1), &json!(41), &Value::Null));
        let file = json!([question("judge-00", "新题干"), question("x-1", "新题一"), question("x-2", "新题二")]);
        admin.upload("/banks/1000/import", file.to_string()).await.expect(200);
        admin.delete("/banks/1000/questions/judge-01").await.expect(204);
        let found = revisions(&admin).await;
        let counts: Vec<Value> = found
            .iter()
            .map(|row| json!([row["revision"], row["added"], row["changed"], row["retired"], row["undoes"]]))
            .collect();
        assert_eq!(counts, [json!([3, 0, 0, 1, null]), json!([2, 2, 1, 0, null]), json!([1, 41, 0, 0, null])]);
        assert_eq!(found[0]["created_by"]["name"], "系统管理员");
        // By pages, too.
        let page = admin.get("/banks/1000/revisions?limit=2").await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = admin.get(&format!("/banks/1000/revisions?limit=2&cursor={cursor}")).await.expect(200);
        assert_eq!((&rest["items"][0]["revision"], &rest["next_cursor"]), (&json!(1), &Value::Null));
        admin.get("/banks/none/revisions").await.problem(404, "not-found");
    }

    async fn an_undo_brings_back_exactly_what_was_before(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let before = questions(&admin, None).await;
        let file = json!([question("judge-00", "新题干"), question("x-1", "新题一")]);
        admin.upload("/banks/1000/import", file.to_string()).await.expect(200);
        let loaded = questions(&admin, None).await;
        assert_ne!(loaded, before);
        let bank = undo(&admin, 2).await.expect(200);
        assert_eq!((&bank["revision"], &bank["questions"]), (&json!(3), &json!(41)));
        assert_eq!(questions(&admin, None).await, before);
        let latest = &revisions(&admin).await[0];
        assert_eq!(json!([latest["undoes"], latest["added"], latest["changed"], latest["retired"]]), json!([2, 0, 1, 1]));
        // Undoing the undo brings the file back.
        undo(&admin, 3).await.expect(200);
        assert_eq!(questions(&admin, None).await, loaded);
        // A retired question comes back as the same question.
        admin.delete("/banks/1000/questions/single-03").await.expect(204);
        undo(&admin, 5).await.expect(200);
        assert_eq!(questions(&admin, None).await, loaded);
        // Earlier revisions stay what they were.
        for (revision, expected) in [(1, &before), (2, &loaded), (3, &before), (4, &loaded), (6, &loaded)] {
            assert_eq!(&questions(&admin, Some(revision)).await, expected, "{revision}");
        }
        assert_eq!(questions(&admin, Some(5)).await.len(), loaded.len() - 1);
        for revision in [-1, 7] {
            admin.get(&format!("/banks/1000/questions?revision={revision}")).await.problem(404, "not-found");
        }
    }

    async fn only_the_current_revision_is_taken_back(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        admin.post("/banks/1000/questions", question("x-1", "新题")).await.expect(201);
        undo(&admin, 1).await.problem(409, "revision-not-current");
        undo(&admin, 3).await.problem(409, "revision-not-current");
        assert_eq!(undo(&admin, 0).await.pointers(), ["/revision"]);
        assert_eq!(admin.post("/banks/1000/undo", json!({})).await.pointers(), ["/revision"]);
        admin.post("/banks/none/undo", json!({"revision": 1})).await.problem(404, "not-found");
        // Of many at once one does it.
        let statuses = join_all((0..6).map(|_| async { undo(&admin, 2).await.status })).await;
        assert_eq!(statuses.iter().filter(|&&status| status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|&&status| status == 409).count(), 5, "{statuses:?}");
        assert_eq!(revisions(&admin).await.len(), 3);
        // The first load of a bank can be taken back too; then it is empty.
        admin.post("/banks", json!({"code": "new", "title": "新题库"})).await.expect(201);
        let refused = admin.post("/banks/new/undo", json!({"revision": 1})).await;
        refused.problem(409, "revision-not-current");
        admin.upload("/banks/new/import", json!([question("a", "题")]).to_string()).await.expect(200);
        let bank = admin.post("/banks/new/undo", json!({"revision": 1})).await.expect(200);
        assert_eq!((&bank["revision"], &bank["questions"]), (&json!(2), &json!(0)));
    }

    async fn a_paper_that_runs_keeps_the_questions_that_were_taken_back(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "one", "B1").await;
        let file: Vec<Value> = (0..5).map(|number| question(&format!("x-{number}"), &format!("新题 {number}"))).collect();
        world.admin.upload("/banks/1000/import", json!(file).to_string()).await.expect(200);
        let quiz = world.quiz(json!({"sections": [{"chapters": ["未分类"], "count": 5, "points": 20}]})).await;
        let path = format!("/quizzes/{}/attempts", quiz["id"]);
        let attempt = member.post_nothing(&path).await.expect(201);
        undo(&world.admin, 2).await.expect(200);
        let again = member.post_nothing(&path).await.expect(200);
        assert_eq!(again["questions"], attempt["questions"]);
        let answers: Vec<Value> = (1..=5).map(|no| json!({"no": no, "answer": ["true"]})).collect();
        let submit = format!("/attempts/{}/submit", attempt["id"].as_str().unwrap());
        assert_eq!(member.post(&submit, json!({"answers": answers})).await.expect(200)["score"], 100);
        member.post_nothing(&path).await.problem(422, "blueprint-unfillable");
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    async fn the_history_of_a_question_has_all_its_versions(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let path = "/banks/1000/questions/judge-00";
        admin.put(path, question("judge-00", "第二版")).await.expect(200);
        admin.delete(path).await.expect(204);
        admin.post("/banks/1000/questions", question("judge-00", "第三版")).await.expect(201);
        let history = admin.get(&format!("{path}/history")).await.expect(200);
        let versions: Vec<Value> = history["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| json!([row["from_revision"], row["until_revision"], row["question"]["stem"], row["created_by"]["name"]]))
            .collect();
        assert_eq!(versions, [
            json!([4, null, "第三版", "系统管理员"]),
            json!([2, 3, "第二版", "系统管理员"]),
            json!([1, 2, "judge 0", null]),
        ]);
        let page = admin.get(&format!("{path}/history?limit=1")).await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = admin.get(&format!("{path}/history?cursor={cursor}")).await.expect(200);
        assert_eq!(rest["items"].as_array().unwrap().len(), 2);
        for none in ["/banks/1000/questions/none/history", "/banks/none/questions/judge-00/history"] {
            admin.get(none).await.problem(404, "not-found");
        }
    }
}
