//! Nothing betrays a key before its time.

use std::collections::BTreeMap;

use crate::harness::{
    Actor, NOON, Reply, TestApp, Value, World, json, on_both_databases, reading_calls, right_answers,
    wrong_answer,
};

const PASSWORD: &str = "Member-Pass-2026";
const REVEALS: [&str; 3] = ["after_submit", "after_close", "never"];
const FIELDS: [&str; 4] = ["key", "correct", "explanation", "source"];

/// Fails when a text holds a mark of the fixture bank's secrets, or a field that would tell a key.
#[track_caller]
fn assert_secret(text: &str) {
    for mark in ["EXPLANATION", "SOURCE", "FILLS"] {
        assert!(!text.contains(mark), "{mark} in {text}");
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        assert_no_fields(&value);
    }
}

#[track_caller]
fn assert_no_fields(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert!(!FIELDS.contains(&name.as_str()) || value.is_null(), "{name} in {fields:?}");
                assert_no_fields(value);
            }
        }
        Value::Array(items) => items.iter().for_each(assert_no_fields),
        _ => {}
    }
}

/// The reply, which must have this status and tell nothing.
#[track_caller]
fn secret(reply: Reply, status: u16) -> Value {
    assert_secret(&reply.text);
    for (name, value) in &reply.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        assert!(!value.contains("FILLS") && !value.contains("EXPLANATION"), "{name}: {value}");
    }
    reply.expect(status)
}

fn path(attempt: &Value, call: &str) -> String {
    format!("/attempts/{}{call}", attempt["id"].as_str().unwrap())
}

fn begin(quiz: &Value) -> String {
    format!("/quizzes/{}/attempts", quiz["id"])
}

/// Every machine-graded kind, two of each.
fn sections() -> Value {
    let kinds = ["single", "multiple", "judge", "blank"];
    kinds.iter().map(|kind| json!({"kinds": [kind], "count": 2, "points": 10})).collect()
}

/// A quiz that closes in ten minutes.
async fn quiz(world: &World, kind: &str, reveal: &str) -> Value {
    let closes_at = jiff::Timestamp::from_millisecond(NOON + 600_000).unwrap().to_string();
    world.quiz(json!({"kind": kind, "reveal": reveal, "sections": sections(), "closes_at": closes_at})).await
}

/// The wrong answer to every item of a paper: answers that hold no secret themselves.
fn wrong_answers(attempt: &Value) -> Vec<Value> {
    let items = attempt["questions"].as_array().unwrap();
    items.iter().map(|item| json!({"no": item["no"], "answer": wrong_answer(item)})).collect()
}

/// What a member may ask for around a running attempt.
async fn look_around(member: &Actor, quiz: &Value, attempt: &Value) {
    let again = secret(member.post_nothing(&begin(quiz)).await, 200);
    assert_eq!(again["questions"], attempt["questions"]);
    let shown = secret(member.get(&path(attempt, "")).await, 200);
    assert!(shown.get("result").is_none());
    for list in [
        "/me".to_owned(),
        "/me/attempts".into(),
        "/quizzes".into(),
        "/quizzes?state=open".into(),
        format!("/quizzes/{}", quiz["id"]),
        format!("/leaderboards/members?quiz={}", quiz["id"]),
        format!("/leaderboards/units?quiz={}", quiz["id"]),
        "/leaderboards/members?period=all".into(),
        "/leaderboards/units?period=all&kind=branch".into(),
        "/units".into(),
    ] {
        secret(member.get(&list).await, 200);
    }
}

/// Answers that are refused.
async fn blunder(member: &Actor, attempt: &Value) {
    for answers in [
        json!({"answers": [{"no": 99, "answer": ["A"]}]}),
        json!({"answers": [{"no": 1, "answer": ["Z"]}]}),
        json!({"answers": [{"no": 1, "answer": ["A", "B", "C", "D"]}]}),
        json!({"answers": [{"no": 3, "answer": ["true"]}]}),
        json!({"answers": [{"no": 5, "answer": ["maybe"]}]}),
        json!({"answers": [{"no": 7, "answer": ["a", "b", "c"]}]}),
        json!({"answers": [{"no": 1, "answer": ["A"], "key": ["A"]}]}),
        json!({"answers": 1}),
        json!({"reveal": true}),
    ] {
        secret(member.put(&path(attempt, "/answers"), answers.clone()).await, 422);
        secret(member.post(&path(attempt, "/submit"), answers).await, 422);
    }
}

#[track_caller]
fn assert_hidden(result: &Value) {
    assert_eq!(result["status"], "graded");
    let items = result["items"].as_array().unwrap();
    assert_eq!(items.len(), 8);
    for item in items {
        let fields: Vec<&String> = item.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["answer", "no"], "an item that is hidden");
    }
    for mark in ["EXPLANATION", "SOURCE", "FILLS", "\"key\""] {
        assert!(!result.to_string().contains(mark), "{mark} in {result}");
    }
}

#[track_caller]
fn assert_revealed(result: &Value, attempt: &Value) {
    let items = result["items"].as_array().unwrap();
    let papers = attempt["questions"].as_array().unwrap();
    for ((item, paper), right) in items.iter().zip(papers).zip(right_answers(attempt)) {
        assert_eq!((&item["correct"], &item["score"]), (&json!(false), &json!(0)));
        let stem = paper["stem"].as_str().unwrap();
        let words: Vec<&str> = stem.split(' ').take(2).collect();
        assert_eq!(item["explanation"], format!("EXPLANATION {}", words.join(" ")));
        assert_eq!(item["source"], format!("SOURCE {}", words.join(" ")));
        if paper["kind"] == "blank" {
            assert!(item["key"][0].as_str().unwrap().starts_with("FILLS"));
        } else {
            assert_eq!(item["key"], right["answer"], "{stem}");
        }
    }
}

on_both_databases! {
    async fn nothing_tells_a_key_before_the_attempt_is_graded(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for kind in ["daily", "contest", "exam", "practice"] {
            for reveal in REVEALS {
                let member = world.member(&app, &format!("{kind}-{reveal}"), "B1").await;
                let quiz = quiz(&world, kind, reveal).await;
                secret(member.get(&format!("/quizzes/{}", quiz["id"])).await, 200);
                let attempt = secret(member.post_nothing(&begin(&quiz)).await, 201);
                look_around(&member, &quiz, &attempt).await;
                blunder(&member, &attempt).await;
                let saved = json!({"answers": wrong_answers(&attempt)});
                secret(member.put(&path(&attempt, "/answers"), saved).await, 204);
                look_around(&member, &quiz, &attempt).await;
                // The member is told what they have answered, right or not, and nothing about it.
                let mut right = right_answers(&attempt);
                right.truncate(6);
                secret(member.put(&path(&attempt, "/answers"), json!({"answers": right})).await, 204);
                look_around(&member, &quiz, &attempt).await;
            }
        }
    }

    async fn members_cannot_read_the_bank(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let actors = [
            world.member(&app, "m", "B1").await,
            world.with_role(&app, "l", "leader", "root").await,
            world.with_role(&app, "a", "admin", "C1").await,
        ];
        for actor in &actors {
            for path in ["/banks/1000/questions", "/banks/1000/export?format=json", "/banks/1000/export?format=csv"] {
                secret(actor.get(path).await, 403);
            }
        }
        for path in ["/banks/1000/questions", "/banks/none/questions", "/banks/1000/export?format=json"] {
            let reply = app.anonymous().get(path).await;
            assert_secret(&reply.text);
            reply.problem(401, "unauthenticated");
        }
    }

    async fn after_submit_reveals_as_soon_as_it_is_graded(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = quiz(&world, "contest", "after_submit").await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers = json!({"answers": wrong_answers(&attempt)});
        let result = member.post(&path(&attempt, "/submit"), answers).await.expect(200);
        assert_revealed(&result, &attempt);
        assert_revealed(&member.get(&path(&attempt, "")).await.expect(200)["result"], &attempt);
        // The next attempt tells nothing again.
        let next = secret(member.post_nothing(&begin(&quiz)).await, 201);
        secret(member.get(&path(&next, "")).await, 200);
    }

    async fn after_close_hides_until_the_quiz_has_closed_and_its_grace_is_over(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = quiz(&world, "contest", "after_close").await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers = json!({"answers": wrong_answers(&attempt)});
        let submit = path(&attempt, "/submit");
        assert_hidden(&member.post(&submit, answers.clone()).await.expect(200));
        for after_begin in [0, 599_999, 600_000, 605_000] {
            app.clock.set(NOON + after_begin);
            assert_hidden(&member.get(&path(&attempt, "")).await.expect(200)["result"]);
            assert_hidden(&member.post(&submit, answers.clone()).await.expect(200));
            assert_hidden(&member.post_nothing(&submit).await.expect(200));
        }
        app.clock.set(NOON + 605_001);
        assert_revealed(&member.get(&path(&attempt, "")).await.expect(200)["result"], &attempt);
        assert_revealed(&member.post_nothing(&submit).await.expect(200), &attempt);
    }

    async fn never_hides_for_ever(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut member = world.member(&app, "zs", "B1").await;
        let quiz = quiz(&world, "exam", "never").await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers = json!({"answers": wrong_answers(&attempt)});
        let result = member.post(&path(&attempt, "/submit"), answers).await.expect(200);
        assert_hidden(&result);
        assert_eq!((&result["score"], &result["max_score"], &result["passed"]), (&json!(0), &json!(80), &json!(false)));
        for days in [0, 1, 365, 3650] {
            app.clock.set(NOON + days * 86_400_000);
            member = app.log_in("zs", PASSWORD).await;
            assert_hidden(&member.get(&path(&attempt, "")).await.expect(200)["result"]);
        }
    }

    async fn an_expired_attempt_is_revealed_by_the_same_rule(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for (reveal, hidden) in [("after_submit", false), ("after_close", true), ("never", true)] {
            let member = world.member(&app, reveal, "B1").await;
            let quiz = world
                .quiz(json!({
                    "reveal": reveal, "sections": sections(), "duration_seconds": 60, "attempts_allowed": 1,
                    "closes_at": "2026-12-01T00:00:00Z",
                }))
                .await;
            let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
            let answers = json!({"answers": wrong_answers(&attempt)});
            member.put(&path(&attempt, "/answers"), answers.clone()).await.expect(204);
            app.clock.advance_seconds(66);
            secret(member.put(&path(&attempt, "/answers"), answers.clone()).await, 409);
            secret(member.post(&path(&attempt, "/submit"), answers).await, 409);
            secret(member.post_nothing(&begin(&quiz)).await, 409);
            let result = &member.get(&path(&attempt, "")).await.expect(200)["result"];
            if hidden { assert_hidden(result) } else { assert_revealed(result, &attempt) }
        }
    }

    async fn nobody_else_reads_or_touches_an_attempt(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = quiz(&world, "contest", "after_submit").await;
        let graded = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers = json!({"answers": wrong_answers(&graded)});
        member.post(&path(&graded, "/submit"), answers.clone()).await.expect(200);
        let running = member.post_nothing(&begin(&quiz)).await.expect(201);
        let mut others = vec![world.admin.clone(), world.member(&app, "ls", "B1").await];
        for role in ["leader", "admin"] {
            for unit in ["root", "C1", "B1"] {
                others.push(world.with_role(&app, &format!("{role}-{unit}"), role, unit).await);
            }
        }
        for other in &others {
            for attempt in [&graded, &running] {
                assert_secret(&other.get(&path(attempt, "")).await.text);
                other.get(&path(attempt, "")).await.problem(404, "not-found");
                other.put(&path(attempt, "/answers"), answers.clone()).await.problem(404, "not-found");
                other.post(&path(attempt, "/submit"), answers.clone()).await.problem(404, "not-found");
                other.post_nothing(&path(attempt, "/submit")).await.problem(404, "not-found");
            }
            assert_eq!(other.get("/me/attempts").await.expect(200)["items"], json!([]));
            // An attempt of one's own leads to no paper of another's.
            let own = secret(other.post_nothing(&begin(&quiz)).await, 201);
            assert_ne!(own["id"], running["id"]);
        }
        let unknown = "/attempts/0198c2a0-0000-7000-8000-000000000000";
        member.get(unknown).await.problem(404, "not-found");
        assert_eq!(member.get(&path(&running, "")).await.expect(200)["answers"], json!([]));
    }

    async fn no_call_of_the_api_tells_a_key_before_its_time(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let others = [
            world.member(&app, "ls", "B1").await,
            world.with_role(&app, "leader", "leader", "root").await,
            world.with_role(&app, "admin1", "admin", "C1").await,
        ];
        let me = member.get("/me").await.expect(200)["id"].as_i64().unwrap();
        {
            // What never is revealed is hidden by the same rule, which never_hides_for_ever looks at.
            let kind = "contest";
            let quiz = quiz(&world, kind, "after_close").await;
            let running = member.post_nothing(&begin(&quiz)).await.expect(201);
            let id = running["id"].as_str().unwrap();
            let calls = reading_calls(&app, &quiz, id, me, world.unit("B1")).await;
            let mut answered = 0;
            for submitted in [false, true] {
                if submitted {
                    let wrong = json!({"answers": wrong_answers(&running)});
                    assert_hidden(&member.post(&path(&running, "/submit"), wrong).await.expect(200));
                    app.services.statistics.catch_up().await.unwrap();
                }
                for actor in std::iter::once(&member).chain(&others) {
                    for call in &calls {
                        let reply = actor.get(call).await;
                        for mark in ["EXPLANATION", "SOURCE", "FILLS", "\"key\":[", "is_key\":true"] {
                            assert!(!reply.text.contains(mark), "{kind}: {call}: {mark} in {}", reply.text);
                        }
                        // Nobody in between keeps a copy that outlives the right to it, or is asked whether it is still good.
                        let kept = reply.headers.get("cache-control").map(|value| value.to_str().unwrap());
                        assert_eq!(kept, Some("no-store"), "{call}");
                        assert!(reply.headers.get("etag").is_none(), "{call}");
                        answered += usize::from(reply.status == 200);
                    }
                }
            }
            assert!(answered > 150, "{answered}");
        }
        // The root's admin has the bank, or this would show nothing.
        let bank = world.admin.get("/banks/1000/questions?limit=200").await;
        assert!(bank.text.contains("EXPLANATION") && bank.text.contains("FILLS"));
    }

    async fn two_members_get_different_papers(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"sections": [{"kinds": ["single"], "count": 10, "points": 1}]})).await;
        let mut papers = Vec::new();
        for login in ["zs", "ls", "ww"] {
            let member = world.member(&app, login, "B1").await;
            papers.push(member.post_nothing(&begin(&quiz)).await.expect(201)["questions"].clone());
        }
        // Ten of sixteen in random order: the same paper twice is one in 10^10, before the options.
        assert!(papers[0] != papers[1] && papers[0] != papers[2] && papers[1] != papers[2]);
    }

    async fn the_order_of_options_does_not_betray_the_key(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world
            .quiz(json!({"kind": "practice", "sections": [{"kinds": ["single"], "count": 5, "points": 1}]}))
            .await;
        let mut letters: BTreeMap<String, u32> = BTreeMap::new();
        let mut firsts: BTreeMap<String, u32> = BTreeMap::new();
        for _ in 0..200 {
            let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
            for answer in right_answers(&attempt) {
                *letters.entry(answer["answer"][0].as_str().unwrap().to_owned()).or_default() += 1;
            }
            let first = attempt["questions"][0]["stem"].as_str().unwrap();
            *firsts.entry(first.to_owned()).or_default() += 1;
            member.post_nothing(&path(&attempt, "/submit")).await.expect(200);
        }
        // The bounds are passed by chance once in more than a million runs.
        let spread = chi_squared(&letters, 4, 1000.0);
        assert!(spread < 31.0, "{letters:?}: {spread}");
        let spread = chi_squared(&firsts, 16, 200.0);
        assert!(spread < 56.0, "{firsts:?}: {spread}");
    }
}

/// How far counts are from an even spread over `cells`.
fn chi_squared(counts: &BTreeMap<String, u32>, cells: u32, total: f64) -> f64 {
    let expected = total / f64::from(cells);
    let missing = f64::from(cells) - f64::from(u32::try_from(counts.len()).unwrap());
    let found: f64 = counts.values().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    found + missing * expected
}
