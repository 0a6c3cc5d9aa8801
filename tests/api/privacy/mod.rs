//! What people learn of each other and of themselves.

mod anonymised;

use std::collections::BTreeSet;

use crate::harness::{NOON, TestApp, Value, World, json, on_both_databases, reading_calls, wrong_answer};

fn id(member: &Value) -> i64 {
    member["id"].as_i64().unwrap()
}

on_both_databases! {
    async fn nobody_outside_the_scope_is_told_a_login(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let stranger = world.add("qzx-stranger-login", "B1").await;
        // The name is for everybody who is logged in; the login is not in it.
        world.admin.patch(&format!("/members/{}", id(&stranger)), json!({"name": "覃紫萱"})).await.expect(200);
        let actor = world.again(&app, "qzx-stranger-login").await;
        let quiz = world.quiz(json!({"unit_id": world.unit("root")})).await;
        let result = world.attempt(&actor, &quiz, 4).await;
        let attempt = result["attempt_id"].as_str().unwrap();
        world.admin.post(&format!("/attempts/{attempt}/void"), json!({"reason": "原因"})).await.expect(204);
        world.attempt(&actor, &quiz, 3).await;
        app.services.statistics.catch_up().await.unwrap();
        let calls = reading_calls(&app, &quiz, attempt, id(&stranger), world.unit("B1")).await;
        assert!(calls.len() > 150, "{}", calls.len());
        let others = [
            world.member(&app, "plain", "B1").await,
            world.with_role(&app, "leader2", "leader", "C2").await,
            world.with_role(&app, "admin2", "admin", "C2").await,
            app.anonymous(),
        ];
        let mut answered = 0;
        for (number, other) in others.iter().enumerate() {
            for call in &calls {
                let reply = other.get(call).await;
                assert!(!reply.text.contains("qzx-stranger-login"), "{number}: {call}: {}", reply.text);
                assert!(reply.status < 500, "{call}: {}", reply.text);
                answered += usize::from(reply.status == 200);
            }
        }
        assert!(answered > 60, "{answered}");
        // Those who look after the unit are told it, or this test would show nothing.
        let told = world.admin.get(&format!("/members?unit={}", world.unit("B1"))).await;
        assert!(told.text.contains("qzx-stranger-login"));
        // A plain member lists nobody at all.
        others[0].get("/members").await.problem(403, "forbidden");
    }

    async fn my_data_is_all_that_is_held_about_me_and_nothing_of_others(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.add("zs", "B2").await;
        world.admin.patch(&format!("/members/{}", id(&member)), json!({"unit_id": world.unit("B1")})).await.expect(200);
        let me = world.again(&app, "zs").await;
        let other = world.member(&app, "qzx-other", "B1").await;
        let quiz = world.quiz(json!({})).await;
        world.attempt(&me, &quiz, 3).await;
        world.attempt(&other, &quiz, 5).await;
        let practised = json!({"bank": "1000", "code": "single-01", "answer": ["A"]});
        me.post("/practice/answers", practised).await.expect(200);
        me.put("/me/favourites/1000/judge-02", json!({})).await.expect(204);
        let reply = me.get("/me/data").await;
        assert!(reply.headers["content-disposition"].to_str().unwrap().contains("qianti-my-data.json"));
        for mark in ["qzx-other", "password", "$argon2", me.token(), "token_hash", "chain_key", "seed"] {
            assert!(!reply.text.contains(mark), "{mark} in {}", reply.text);
        }
        let data = reply.expect(200);
        assert_eq!((&data["account"]["login"], &data["account"]["name"]), (&json!("zs"), &json!("姓名zs")));
        let units: Vec<&Value> =
            data["memberships"].as_array().unwrap().iter().map(|one| &one["unit"]["name"]).collect();
        // Added and transferred in the same millisecond: the later one holds.
        assert_eq!(units.last().unwrap(), &"B1");
        assert_eq!(data["account"]["roles"], json!([{"role": "member", "unit_id": world.unit("B1")}]));
        assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
        assert_eq!(data["sessions"][0]["ended_at"], Value::Null);
        assert_eq!(data["practice_days"], json!([{"day": "2026-11-23", "answered": 1}]));
        assert_eq!(data["favourites"][0]["code"], "judge-02");
        let practised: Vec<&Value> = data["practice"].as_array().unwrap().iter().map(|row| &row["code"]).collect();
        assert!(practised.contains(&&json!("single-01")), "{practised:?}");
        // The answers of the attempt, which is revealed, are among what was learned too.
        assert!(practised.len() >= 5, "{practised:?}");
        let attempt = &data["attempts"][0];
        assert_eq!((&attempt["quiz"]["title"], &attempt["result"]["score"]), (&json!("测验"), &json!(60)));
        assert_eq!(attempt["questions"].as_array().unwrap().len(), 5);
        assert_eq!(attempt["answers"].as_array().unwrap().len(), 5);
        let changes: Vec<&Value> = data["changes"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
        assert_eq!(changes, ["member.transferred", "member.added"]);
        assert_eq!((&data["changes"][0]["by_me"], &data["actions"]), (&json!(false), &json!([])));
        // What an admin did is told without those to whom it was done.
        let reply = world.admin.get("/me/data").await;
        assert!(!reply.text.contains("qzx-other") && !reply.text.contains("姓名zs"), "{}", reply.text);
        let actions = reply.expect(200)["actions"].clone();
        assert!(actions.as_array().unwrap().iter().any(|line| line["subject"] == format!("member:{}", id(&member))));
    }

    async fn my_data_of_many_pages_is_whole(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let me = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"kind": "practice"})).await;
        let mut ids = BTreeSet::new();
        for _ in 0..45 {
            let result = world.attempt(&me, &quiz, 5).await;
            ids.insert(result["attempt_id"].as_str().unwrap().to_owned());
        }
        let data = me.get("/me/data").await.expect(200);
        let found: BTreeSet<String> = data["attempts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|attempt| attempt["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found, ids);
    }

    async fn what_a_quiz_hides_is_hidden_in_my_data(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let me = world.member(&app, "zs", "B1").await;
        // Every blank of the bank was answered right in practice: what was learned of it is its key.
        for number in 0..6 {
            let answer = json!([format!("FILLS{number}"), format!("FILLS{number}b")]);
            let body = json!({"bank": "1000", "code": format!("blank-{number:02}"), "answer": answer});
            assert_eq!(me.post("/practice/answers", body).await.expect(200)["correct"], true);
        }
        let closes_at = jiff::Timestamp::from_millisecond(NOON + 600_000).unwrap().to_string();
        let all = json!([{"kinds": ["blank"], "count": 6, "points": 1}]);
        let quiz = world.quiz(json!({"sections": all, "reveal": "after_close", "closes_at": closes_at})).await;
        assert!(me.get("/me/data").await.text.contains("FILLS3"));
        let attempt = me.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
        let hidden = |text: &str| ["FILLS", "EXPLANATION", "SOURCE", "\"key\""].iter().all(|mark| !text.contains(mark));
        let running = me.get("/me/data").await;
        assert!(hidden(&running.text), "{}", running.text);
        let items = attempt["questions"].as_array().unwrap();
        let wrong: Vec<Value> =
            items.iter().map(|item| json!({"no": item["no"], "answer": wrong_answer(item)})).collect();
        let submit = format!("/attempts/{}/submit", attempt["id"].as_str().unwrap());
        me.post(&submit, json!({"answers": wrong})).await.expect(200);
        let graded = me.get("/me/data").await;
        assert!(hidden(&graded.text), "{}", graded.text);
        app.clock.set(NOON + 605_001);
        let me = world.again(&app, "zs").await;
        let shown = me.get("/me/data").await;
        assert!(shown.text.contains("EXPLANATION") && shown.text.contains("FILLS"));
    }
}
