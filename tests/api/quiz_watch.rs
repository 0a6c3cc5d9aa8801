//! A quiz while it runs: who has begun, who answers, who has submitted.

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases, right_answers};

async fn begin(actor: &Actor, quiz: &Value) -> Value {
    actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201)
}

async fn progress(actor: &Actor, quiz: &Value) -> Value {
    actor.get(&format!("/quizzes/{}/progress", quiz["id"])).await.expect(200)
}

/// `[eligible, begun, running, submitted]`, of all and of each unit by its code.
fn counts(progress: &Value) -> (Value, Vec<(String, Value)>) {
    let four = |of: &Value| json!([of["eligible"], of["begun"], of["running"], of["submitted"]]);
    let unit = |unit: &Value| (unit["unit"]["code"].as_str().unwrap().to_owned(), four(unit));
    (four(progress), progress["units"].as_array().unwrap().iter().map(unit).collect())
}

fn of(code: &str, counts: [u32; 4]) -> (String, Value) {
    (code.to_owned(), json!(counts))
}

async fn attempts(actor: &Actor, quiz: &Value, query: &str) -> Vec<String> {
    let page = actor.get(&format!("/quizzes/{}/attempts?{query}", quiz["id"])).await.expect(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|row| row["member"]["login"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn progress_counts_members_once_and_only_in_the_callers_scope(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader1 = world.with_role(&app, "leader1", "leader", "C1").await;
        let leader2 = world.with_role(&app, "leader2", "leader", "C2").await;
        let of_b1 = world.with_role(&app, "of-b1", "leader", "B1").await;
        let (one, two, three) = (
            world.member(&app, "one", "B1").await,
            world.member(&app, "two", "B2").await,
            world.member(&app, "three", "B3").await,
        );
        let quiz = world.quiz(json!({})).await;
        world.attempt(&one, &quiz, 5).await;
        let again = begin(&one, &quiz).await;
        begin(&two, &quiz).await;
        world.attempt(&three, &quiz, 1).await;
        // Seven active members: the admin, three leaders, three members.
        let (all, units) = counts(&progress(&world.admin, &quiz).await);
        assert_eq!(all, json!([7, 3, 2, 2]));
        assert_eq!(units, [of("C1", [4, 2, 2, 1]), of("C2", [2, 1, 0, 1])]);
        // Who leads a part sees that part, and nothing of another.
        let (all, units) = counts(&progress(&leader1, &quiz).await);
        assert_eq!((all, units), (json!([4, 2, 2, 1]), vec![of("C1", [4, 2, 2, 1])]));
        let (all, units) = counts(&progress(&leader2, &quiz).await);
        assert_eq!((all, units), (json!([2, 1, 0, 1]), vec![of("C2", [2, 1, 0, 1])]));
        let (all, units) = counts(&progress(&of_b1, &quiz).await);
        assert_eq!((all, units), (json!([2, 1, 1, 1]), vec![of("B1", [2, 1, 1, 1])]));
        // A quiz of C1 is watched by its branches.
        let inner = world.quiz(json!({"unit_id": world.unit("C1")})).await;
        begin(&two, &inner).await;
        let (all, units) = counts(&progress(&leader1, &inner).await);
        assert_eq!((all, units), (json!([4, 1, 1, 0]), vec![of("B1", [2, 0, 0, 0]), of("B2", [1, 1, 1, 0])]));
        leader2.get(&format!("/quizzes/{}/progress", inner["id"])).await.problem(403, "forbidden");
        leader2.get(&format!("/quizzes/{}/attempts", inner["id"])).await.problem(403, "forbidden");
        one.get(&format!("/quizzes/{}/progress", quiz["id"])).await.problem(403, "forbidden");
        leader1.get("/quizzes/99999/progress").await.problem(404, "not-found");
        // Whoever hands in is not answering any more; a voided attempt is not counted.
        let result = world.submit(&one, &again, 2).await;
        let path = format!("/attempts/{}/void", result["attempt_id"].as_str().unwrap());
        world.admin.post(&path, json!({"reason": "原因"})).await.expect(204);
        let (all, _) = counts(&progress(&of_b1, &quiz).await);
        assert_eq!(all, json!([2, 1, 0, 1]));
    }

    async fn of_a_daily_quiz_today_is_watched_and_of_one_that_is_over_its_end(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let two = world.add("two", "B1").await;
        let daily = world.quiz(json!({"kind": "daily"})).await;
        let over = world.quiz(json!({"closes_at": "2026-11-23T04:10:00Z"})).await;
        world.attempt(&one, &daily, 5).await;
        assert_eq!(counts(&progress(&world.admin, &daily).await).0, json!([3, 1, 0, 1]));
        app.clock.advance_seconds(11 * 60);
        world.admin.patch(&format!("/members/{}", two["id"]), json!({"status": "left"})).await.expect(200);
        assert_eq!(counts(&progress(&world.admin, &daily).await).0, json!([2, 1, 0, 1]));
        assert_eq!(counts(&progress(&world.admin, &over).await).0, json!([3, 0, 0, 0]));
        app.clock.advance_seconds(86_400);
        let admin = app.admin().await;
        assert_eq!(counts(&progress(&admin, &daily).await).0, json!([2, 0, 0, 0]));
    }

    async fn attempts_are_listed_filtered_and_paged_in_scope(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader1 = world.with_role(&app, "leader1", "leader", "C1").await;
        let quiz = world.quiz(json!({"duration_seconds": 600})).await;
        let mut last = Value::Null;
        for (login, unit, right) in [("one", "B1", Some(5)), ("two", "B2", None), ("three", "B3", Some(1))] {
            let member = world.member(&app, login, unit).await;
            app.clock.advance_seconds(1);
            let attempt = begin(&member, &quiz).await;
            match right {
                Some(right) => drop(world.submit(&member, &attempt, right).await),
                None => {
                    let path = format!("/attempts/{}/answers", attempt["id"].as_str().unwrap());
                    let answers = right_answers(&attempt);
                    member.put(&path, json!({"answers": answers[..2]})).await.expect(204);
                    last = attempt;
                }
            }
        }
        assert_eq!(attempts(&world.admin, &quiz, "").await, ["three", "two", "one"]);
        assert_eq!(attempts(&world.admin, &quiz, "status=running").await, ["two"]);
        assert_eq!(attempts(&world.admin, &quiz, "status=graded").await, ["three", "one"]);
        assert_eq!(attempts(&world.admin, &quiz, "status=voided").await, Vec::<String>::new());
        assert_eq!(attempts(&leader1, &quiz, "").await, ["two", "one"]);
        assert_eq!(attempts(&leader1, &quiz, &format!("unit={}", world.unit("B2"))).await, ["two"]);
        for (q, found) in [("HREE", vec!["three"]), ("姓名t", vec!["three", "two"]), ("%25", vec![])] {
            assert_eq!(attempts(&world.admin, &quiz, &format!("q={q}")).await, found, "{q}");
        }
        let elsewhere = format!("/quizzes/{}/attempts?unit={}", quiz["id"], world.unit("B3"));
        leader1.get(&elsewhere).await.problem(403, "forbidden");
        let none = format!("/quizzes/{}/attempts?unit=99999", quiz["id"]);
        leader1.get(&none).await.problem(404, "not-found");
        let page = world.admin.get(&format!("/quizzes/{}/attempts?limit=2", quiz["id"])).await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        assert_eq!(attempts(&world.admin, &quiz, &format!("limit=2&cursor={cursor}")).await, ["one"]);
        // What a running one shows, and what it does not: neither answers nor keys.
        let row = page["items"][1].clone();
        assert_eq!(row["id"], last["id"]);
        assert_eq!((&row["status"], &row["answered"], &row["deadline"]), (&json!("running"), &json!(2), &last["deadline"]));
        assert_eq!((&row["score"], &row["submitted_at"], &row["voided"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(row["unit"]["code"], "B2");
        let fields: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert!(!fields.iter().any(|field| ["answers", "questions", "key"].contains(&field.as_str())), "{fields:?}");
        let done = &page["items"][0];
        assert_eq!((&done["status"], &done["score"], &done["elapsed_ms"]), (&json!("graded"), &json!(20), &json!(0)));
    }
}
