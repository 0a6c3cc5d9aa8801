//! Item analysis: what is counted, what is flagged, and whose keys are told when.

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases, right_answers};

async fn follow(app: &TestApp) {
    app.services.statistics.catch_up().await.unwrap();
}

async fn items(actor: &Actor, filter: &str) -> Vec<Value> {
    let reply = actor.get(&format!("/reports/items?bank=1000{filter}")).await.expect(200);
    reply["items"].as_array().unwrap().clone()
}

fn item<'a>(items: &'a [Value], code: &str) -> &'a Value {
    items.iter().find(|item| item["code"] == code).unwrap_or_else(|| panic!("no {code} in {items:?}"))
}

fn flags(item: &Value) -> Vec<&str> {
    item["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect()
}

/// A quiz of all judge items and some single ones, in the bank's order.
async fn quiz(world: &World, changes: Value) -> Value {
    let section =
        |kind: &str, count: u32| json!({"kinds": [kind], "count": count, "points": 10, "title": ""});
    let mut body = json!({
        "sections": [section("judge", 8), section("single", 2)], "shuffle_questions": false,
        "attempts_allowed": 50, "reveal": "after_submit",
    });
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    world.quiz(body).await
}

/// Takes the quiz and answers the items with these numbers wrong; leaves those `empty` empty.
async fn take(actor: &Actor, quiz: &Value, wrong: &[usize], empty: &[usize]) {
    let attempt = actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
    let mut answers = right_answers(&attempt);
    for (index, shown) in attempt["questions"].as_array().unwrap().iter().enumerate() {
        if wrong.contains(&(index + 1)) {
            answers[index]["answer"] = json!(crate::harness::wrong_answer(shown));
        } else if empty.contains(&(index + 1)) {
            answers[index]["answer"] = json!([]);
        }
    }
    let path = format!("/attempts/{}/submit", attempt["id"].as_str().unwrap());
    actor.post(&path, json!({"answers": answers})).await.expect(200);
}

on_both_databases! {
    async fn answers_are_counted_by_option_whatever_the_paper_shows(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let quiz = quiz(&world, json!({})).await;
        // Judge items 1 and 3: never right where the rest is; item 8 is left empty once.
        for turn in 0..10 {
            match turn {
                0..4 => take(&one, &quiz, &[1], &[]).await,
                4..6 => take(&one, &quiz, &[1, 2], &[8]).await,
                _ => take(&one, &quiz, &[2, 3, 4, 5, 6, 7], &[]).await,
            }
        }
        follow(&app).await;
        let all = items(&world.admin, "").await;
        // Item 1 is judge-00, whose key is true: wrong 6 times, by those who did well elsewhere.
        let first = item(&all, "judge-00");
        assert_eq!((&first["shown"], &first["answered"], &first["kind"]), (&json!(10), &json!(10), &json!("judge")));
        assert_eq!(first["facility_percent"], 40.0);
        assert_eq!(first["options"], json!([
            {"id": "true", "text": "正确", "is_key": true, "chosen": 4, "share": 0.4},
            {"id": "false", "text": "错误", "is_key": false, "chosen": 6, "share": 0.6},
        ]));
        assert!(first["discrimination_percent"].as_f64().unwrap() < -90.0, "{first}");
        assert_eq!(flags(first), ["negative-discrimination", "distractor-over-key"]);
        // Left empty is shown and not answered: below ten answers there is no discrimination.
        let last = item(&all, "judge-07");
        assert_eq!((&last["shown"], &last["answered"]), (&json!(10), &json!(8)));
        assert_eq!((&last["facility_percent"], &last["discrimination_percent"]), (&json!(80.0), &Value::Null));
        assert_eq!(flags(last), Vec::<&str>::new());
        // Options are counted in the bank's letters although each paper shuffles them.
        let singles: Vec<&Value> = all.iter().filter(|item| item["kind"] == "single").collect();
        let shown: i64 = singles.iter().map(|item| item["shown"].as_i64().unwrap()).sum();
        assert_eq!(shown, 20);
        for single in singles {
            for option in single["options"].as_array().unwrap() {
                let text = option["text"].as_str().unwrap();
                assert_eq!(option["is_key"], json!(text.contains('甲')), "{text}");
                let expected = if text.contains('甲') { single["answered"].clone() } else { json!(0) };
                assert_eq!(option["chosen"], expected, "{text}");
            }
        }
        // The suspect ones come first; other orders and filters.
        assert_eq!((&all[0]["code"], flags(&all[0])[0]), (&json!("judge-00"), "negative-discrimination"));
        let by_code = items(&world.admin, "&order=code").await;
        assert!(by_code.windows(2).all(|pair| pair[0]["code"].as_str() < pair[1]["code"].as_str()));
        let hardest = items(&world.admin, "&order=facility").await;
        assert!(hardest.windows(2).all(|pair| {
            pair[0]["facility_percent"].as_f64() <= pair[1]["facility_percent"].as_f64()
        }));
        let second = items(&world.admin, "&chapter=第二章&q=JUDGE").await;
        assert_eq!(second.len(), 4);
        // Page by page.
        let page = world.admin.get("/reports/items?bank=1000&limit=3").await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let next = world.admin.get(&format!("/reports/items?bank=1000&limit=3&cursor={cursor}")).await.expect(200);
        assert_eq!((&page["items"][2], &next["items"][0]), (&all[2], &all[3]));
        // As a file: the same rows in the same order.
        let file = world.admin.get("/reports/items/export?bank=1000").await;
        let rows = crate::reports::workbook(&file);
        assert_eq!(rows.len(), all.len() + 1);
        for (row, item) in rows[1..].iter().zip(&all) {
            assert_eq!((row[0].to_string(), row[7].to_string()), (
                item["code"].as_str().unwrap().to_owned(),
                item["facility_percent"].as_f64().unwrap().to_string(),
            ));
        }
        assert_eq!(rows[1][10].to_string(), "区分度为负，请核对答案\n错误选项选的人比正确选项多");
        let csv = world.admin.get("/reports/items/export?bank=1000&format=csv").await;
        assert!(csv.text.starts_with("\u{feff}题号,版本,章节,题型,题干,"));
    }

    async fn every_version_of_a_question_is_an_item_of_its_own(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let quiz = quiz(&world, json!({})).await;
        take(&one, &quiz, &[1], &[]).await;
        let changed = json!({"code": "judge-00", "kind": "judge", "chapter": "第一章", "stem": "judge 0 改", "key": ["true"]});
        world.admin.put("/banks/1000/questions/judge-00", changed).await.expect(200);
        take(&one, &quiz, &[], &[]).await;
        take(&one, &quiz, &[], &[]).await;
        follow(&app).await;
        let versions = items(&world.admin, "&q=judge-00&order=code").await;
        let told: Vec<(&Value, &Value, &Value)> = versions
            .iter()
            .map(|item| (&item["stem"], &item["shown"], &item["facility_percent"]))
            .collect();
        assert_eq!(told, [
            (&json!("judge 0"), &json!(1), &json!(0.0)),
            (&json!("judge 0 改"), &json!(2), &json!(100.0)),
        ]);
        assert!(versions[0]["revision"].as_i64() < versions[1]["revision"].as_i64());
    }

    async fn no_key_is_told_before_its_time(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let leader = world.with_role(&app, "leader", "leader", "C1").await;
        let hidden = quiz(&world, json!({"reveal": "after_close", "closes_at": "2026-11-23T10:00:00Z"})).await;
        let never = quiz(&world, json!({"reveal": "never"})).await;
        take(&one, &hidden, &[], &[]).await;
        take(&one, &never, &[], &[]).await;
        follow(&app).await;
        let of = |quiz: &Value| format!("&quiz={}", quiz["id"]);
        assert_eq!(items(&leader, "").await, Vec::<Value>::new());
        assert_eq!(items(&leader, &of(&hidden)).await, Vec::<Value>::new());
        assert_eq!(item(&items(&world.admin, "").await, "judge-00")["shown"], 2);
        assert_eq!(items(&world.admin, &of(&never)).await.len(), 10);
        // After the close it is told; what never tells its keys stays hidden.
        world.wait(&app, 7 * 3600).await;
        let leader = world.again(&app, "leader").await;
        assert_eq!(item(&items(&leader, "").await, "judge-00")["shown"], 1);
        assert_eq!(items(&leader, &of(&never)).await, Vec::<Value>::new());
        // What is on a running paper of the leader's own is not told to the leader.
        let running = quiz(&world, json!({"reveal": "after_submit"})).await;
        let attempt = leader.post_nothing(&format!("/quizzes/{}/attempts", running["id"])).await.expect(201);
        assert!(items(&leader, "").await.iter().all(|item| item["kind"] != "judge"));
        world.submit(&leader, &attempt, 10).await;
        assert!(items(&leader, "").await.iter().any(|item| item["kind"] == "judge"));
    }

    async fn a_quiz_of_another_unit_is_not_told(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (one, other) = (world.member(&app, "one", "B1").await, world.member(&app, "other", "B3").await);
        let leader = world.with_role(&app, "leader", "leader", "C1").await;
        let own = quiz(&world, json!({"unit_id": world.unit("B1")})).await;
        let everybody = quiz(&world, json!({})).await;
        let others = quiz(&world, json!({"unit_id": world.unit("C2")})).await;
        take(&one, &own, &[], &[]).await;
        take(&other, &everybody, &[], &[]).await;
        take(&other, &others, &[], &[]).await;
        follow(&app).await;
        assert_eq!(item(&items(&leader, "").await, "judge-00")["shown"], 2);
        leader.get(&format!("/reports/items?bank=1000&quiz={}", others["id"])).await.problem(404, "not-found");
        leader.get("/reports/items?bank=none").await.problem(404, "not-found");
        one.get("/reports/items?bank=1000").await.problem(403, "forbidden");
    }
}
