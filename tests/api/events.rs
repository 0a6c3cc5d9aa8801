//! What happens around an attempt: told to those who hold the quiz, and without any weight of its own.

use diesel::RunQueryDsl as _;
use qianti::services::ServiceError;
use qianti::store::Backend;

use crate::harness::{Actor, NOON, TestApp, Value, World, json, on_both_databases, right_answers};

const PASSWORD: &str = "Member-Pass-2026";

async fn begin(actor: &Actor, quiz: &Value) -> Value {
    actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201)
}

fn path(attempt: &Value, call: &str) -> String {
    format!("/attempts/{}{call}", attempt["id"].as_str().or(attempt["attempt_id"].as_str()).unwrap())
}

async fn events(actor: &Actor, attempt: &Value) -> Value {
    actor.get(&path(attempt, "/events")).await.expect(200)
}

fn kinds(events: &Value) -> Vec<&str> {
    events["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

/// What the admin sees of the only attempt at a quiz.
async fn counts(actor: &Actor, quiz: &Value) -> Value {
    let page = actor.get(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(200);
    page["items"][0]["events"].clone()
}

async fn report(actor: &Actor, attempt: &Value, events: Value) -> crate::harness::Reply {
    actor.post(&path(attempt, "/events"), json!({"events": events})).await
}

fn left(report: i64, ms_ago: i64) -> Value {
    json!({"kind": "left_page", "report": report, "ms_ago": ms_ago})
}

fn back(report: i64, ms_ago: i64) -> Value {
    json!({"kind": "came_back", "report": report, "ms_ago": ms_ago})
}

fn at(ms: i64) -> Value {
    json!(jiff::Timestamp::from_millisecond(ms).unwrap().to_string())
}

on_both_databases! {
    async fn a_further_session_is_told_once_and_its_answers_count(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let phone = world.member(&app, "zs", "B1").await;
        let login = json!({"login": "zs", "password": PASSWORD, "device": "微信（安卓手机）"});
        let tickets = app.anonymous().post("/auth/login", login).await.expect(200);
        let tablet = app.with_token(tickets["access_token"].as_str().unwrap());
        let quiz = world.quiz(json!({})).await;
        let attempt = begin(&phone, &quiz).await;
        let answers = right_answers(&attempt);
        let save = |answer: &Value| json!({"answers": [answer]});
        let answers_path = path(&attempt, "/answers");
        phone.put(&answers_path, save(&answers[0])).await.expect(204);
        assert_eq!(counts(&world.admin, &quiz).await, json!({"other_devices": 0, "left_page": 0, "too_fast": false}));
        let commits = || app.services.context.database.writer_stats().commits.load(std::sync::atomic::Ordering::Relaxed);
        // In the session that began it nothing more is written than the answer.
        let before = commits();
        phone.put(&answers_path, save(&answers[1])).await.expect(204);
        assert_eq!(commits() - before, 1);
        app.clock.advance_seconds(20);
        for answer in &answers[2..4] {
            tablet.put(&answers_path, save(answer)).await.expect(204);
        }
        let before = commits();
        tablet.put(&answers_path, save(&answers[1])).await.expect(204);
        assert_eq!(commits() - before, 0, "nothing has changed and the session is known");
        let result = tablet.post(&path(&attempt, "/submit"), json!({"answers": answers})).await.expect(200);
        assert_eq!((&result["score"], &result["passed"]), (&json!(100), &json!(true)));
        let found = events(&world.admin, &attempt).await;
        assert_eq!(kinds(&found), ["other_device"]);
        assert_eq!((&found["items"][0]["device"], &found["items"][0]["at"]), (&json!("微信（安卓手机）"), &at(NOON + 20_000)));
        assert_eq!(counts(&world.admin, &quiz).await["other_devices"], 1);
        // The member's own place is what it would be.
        let board = phone.get(&format!("/leaderboards/members?quiz={}", quiz["id"])).await.expect(200);
        assert_eq!((&board["me"]["rank"], &board["me"]["score"]), (&json!(1), &json!(100)));
    }

    async fn a_new_access_token_of_the_same_login_is_no_further_session(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        let login = json!({"login": "zs", "password": PASSWORD});
        let tickets = app.anonymous().post("/auth/login", login).await.expect(200);
        let first = app.with_token(tickets["access_token"].as_str().unwrap());
        let quiz = world.quiz(json!({})).await;
        let attempt = begin(&first, &quiz).await;
        let again = json!({"refresh_token": tickets["refresh_token"]});
        let tickets = app.anonymous().post("/auth/refresh", again).await.expect(200);
        let second = app.with_token(tickets["access_token"].as_str().unwrap());
        second.put(&path(&attempt, "/answers"), json!({"answers": right_answers(&attempt)})).await.expect(204);
        assert!(kinds(&events(&world.admin, &attempt).await).is_empty());
    }

    async fn another_instance_knows_the_session_that_began_it(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let phone = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let attempt = begin(&phone, &quiz).await;
        let other = app.another_instance().await;
        let id = qianti::domain::ids::AttemptId(attempt["id"].as_str().unwrap().into());
        let caller = other.accounts.authenticate(phone.token()).await.unwrap();
        let answer = vec![(1, vec![])];
        other.attempts.save(&caller.principal, id.clone(), &answer, Some(&caller.session)).await.unwrap();
        assert!(kinds(&events(&world.admin, &attempt).await).is_empty());
        let tablet = world.again(&app, "zs").await;
        let caller = other.accounts.authenticate(tablet.token()).await.unwrap();
        other.attempts.save(&caller.principal, id.clone(), &answer, Some(&caller.session)).await.unwrap();
        // Both have seen it: it stands once.
        tablet.put(&path(&attempt, "/answers"), json!({"answers": []})).await.expect(204);
        assert_eq!(kinds(&events(&world.admin, &attempt).await), ["other_device"]);
    }

    async fn an_answer_stands_although_its_event_cannot_be_written(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let phone = world.member(&app, "zs", "B1").await;
        let tablet = world.again(&app, "zs").await;
        let quiz = world.quiz(json!({})).await;
        let attempt = begin(&phone, &quiz).await;
        let away = "ALTER TABLE attempt_events RENAME TO attempt_events_away";
        execute(&app, away).await.unwrap();
        let answers = json!({"answers": right_answers(&attempt)});
        tablet.put(&path(&attempt, "/answers"), answers).await.expect(204);
        execute(&app, "ALTER TABLE attempt_events_away RENAME TO attempt_events").await.unwrap();
        assert!(kinds(&events(&world.admin, &attempt).await).is_empty());
        // The next answer from there tells it.
        assert_eq!(tablet.post_nothing(&path(&attempt, "/submit")).await.expect(200)["score"], 100);
        assert_eq!(kinds(&events(&world.admin, &attempt).await), ["other_device"]);
    }

    async fn leaving_and_coming_back_are_told_by_the_servers_clock(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let attempt = begin(&member, &quiz).await;
        app.clock.advance_seconds(60);
        report(&member, &attempt, json!([left(1, 30_000), back(2, 10_000)])).await.expect(204);
        // The same again, because the answer was lost on the way; and something new.
        app.clock.advance_seconds(60);
        report(&member, &attempt, json!([left(1, 90_000), back(2, 70_000), left(3, 5_000)])).await.expect(204);
        let found = events(&world.admin, &attempt).await;
        assert_eq!(kinds(&found), ["left_page", "came_back", "left_page"]);
        let times: Vec<&Value> = found["items"].as_array().unwrap().iter().map(|event| &event["at"]).collect();
        assert_eq!(times, [&at(NOON + 30_000), &at(NOON + 50_000), &at(NOON + 115_000)]);
        assert_eq!(found["items"][2]["received_at"], at(NOON + 120_000));
        // 20 s, and 5 s that still go on.
        assert_eq!(found["away_ms"], 25_000);
        world.submit(&member, &attempt, 5).await;
        // What was kept on the phone comes after the result, and never before the beginning or after the end.
        app.clock.advance_seconds(600);
        report(&member, &attempt, json!([back(4, 604_800_000), left(5, 0)])).await.expect(204);
        let found = events(&world.admin, &attempt).await;
        let times: Vec<&Value> = found["items"].as_array().unwrap().iter().map(|event| &event["at"]).collect();
        assert_eq!((times[0], times[4]), (&at(NOON), &at(NOON + 120_000)));
        assert_eq!(counts(&world.admin, &quiz).await["left_page"], 3);
        let shown = member.get(&path(&attempt, "")).await.expect(200);
        assert_eq!((&shown["result"]["score"], &shown["result"]["passed"]), (&json!(100), &json!(true)));
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    async fn what_is_no_event_is_refused_and_their_number_is_bounded(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let attempt = begin(&member, &quiz).await;
        for (events, pointer) in [
            (json!([]), "/events"),
            (json!((1..=101).map(|number| left(number, 0)).collect::<Vec<_>>()), "/events"),
            (json!([left(0, 0)]), "/events/0/report"),
            (json!([left(1_i64 << 53, 0)]), "/events/0/report"),
            (json!([left(1, 0), left(2, -1)]), "/events/1/ms_ago"),
            (json!([left(1, 604_800_001)]), "/events/0/ms_ago"),
            (json!([{"kind": "other_device", "report": 1, "ms_ago": 0}]), "/events/0/kind"),
            (json!([{"kind": "cheated", "report": 1, "ms_ago": 0}]), "/events/0/kind"),
            // The time is the server's to tell.
            (json!([{"kind": "left_page", "report": 1, "ms_ago": 0, "at": "2026-11-23T04:00:00Z"}]), "/events/0/at"),
        ] {
            assert_eq!(report(&member, &attempt, events).await.pointers(), [pointer]);
        }
        for first in [1, 101, 201] {
            let many: Vec<Value> = (first..first + 100).map(|number| left(number, 0)).collect();
            report(&member, &attempt, json!(many)).await.expect(204);
        }
        assert_eq!(counts(&world.admin, &quiz).await["left_page"], 200);
        // Who fills it up hides no further device.
        let tablet = world.again(&app, "zs").await;
        world.submit(&tablet, &attempt, 5).await;
        let found = counts(&world.admin, &quiz).await;
        assert_eq!((&found["left_page"], &found["other_devices"]), (&json!(200), &json!(1)));
    }

    async fn at_daily_quizzes_and_practice_nothing_is_recorded(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for kind in ["daily", "practice"] {
            let phone = world.member(&app, kind, "B1").await;
            let tablet = world.again(&app, kind).await;
            let quiz = world.quiz(json!({"kind": kind})).await;
            let attempt = begin(&phone, &quiz).await;
            assert_eq!(report(&phone, &attempt, json!([left(1, 0)])).await.pointers(), ["/events"]);
            world.submit(&tablet, &attempt, 5).await;
            let found = events(&world.admin, &attempt).await;
            assert_eq!((&found["items"], &found["pace"]), (&json!([]), &Value::Null));
            assert_eq!(counts(&world.admin, &quiz).await, Value::Null);
        }
    }

    async fn impossible_speed_is_told_by_the_servers_times_alone(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"sections": [{"kinds": ["single"], "count": 10, "points": 10}]})).await;
        let mut paces = Vec::new();
        for (login, ms) in [("quick", 1), ("human", 60_000)] {
            let member = world.member(&app, login, "B1").await;
            let attempt = begin(&member, &quiz).await;
            app.clock.advance_ms(ms);
            let result = world.submit(&member, &attempt, 10).await;
            assert_eq!(result["score"], 100);
            paces.push(events(&world.admin, &attempt).await["pace"].clone());
        }
        let [quick, human] = &paces[..] else { unreachable!() };
        assert_eq!((&quick["too_fast"], &quick["elapsed_ms"], &quick["answered"]), (&json!(true), &json!(1), &json!(10)));
        assert_eq!((&human["too_fast"], &human["elapsed_ms"]), (&json!(false), &json!(60_000)));
        let least = quick["characters"].as_i64().unwrap() * 60_000 / 2_550;
        assert_eq!(quick["fastest_ms"], least);
        assert!(least > 1);
        // Both keep their place, and the faster one is first, as by the rules.
        let board = world.admin.get(&format!("/leaderboards/members?quiz={}", quiz["id"])).await.expect(200);
        let names: Vec<&Value> = board["items"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
        assert_eq!(names, ["姓名quick", "姓名human"]);
    }

    async fn only_admins_of_the_quizs_unit_see_events(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"unit_id": world.unit("C1")})).await;
        let attempt = begin(&member, &quiz).await;
        report(&member, &attempt, json!([left(1, 0)])).await.expect(204);
        let list = format!("/quizzes/{}/attempts", quiz["id"]);
        for (login, role, unit, sees) in [
            ("a-root", "admin", "root", true),
            ("a-c1", "admin", "C1", true),
            // An admin of a part of it looks after people, not after the quiz.
            ("a-b1", "admin", "B1", false),
            ("l-c1", "leader", "C1", false),
        ] {
            let actor = world.with_role(&app, login, role, unit).await;
            let found = actor.get(&list).await.expect(200)["items"][0]["events"].clone();
            assert_eq!(found != Value::Null, sees, "{login}: {found}");
            assert_eq!(actor.get(&path(&attempt, "/events")).await.status == 200, sees, "{login}");
        }
        let elsewhere = world.with_role(&app, "a-c2", "admin", "C2").await;
        elsewhere.get(&path(&attempt, "/events")).await.problem(404, "not-found");
        elsewhere.post(&path(&attempt, "/events"), json!({"events": [left(1, 0)]})).await.problem(404, "not-found");
        // The member finds them in their own data.
        let own: Value = member.get("/me/data").await.expect(200);
        assert_eq!(own["attempts"][0]["events"]["items"][0]["kind"], "left_page");
    }

    async fn no_event_is_ever_altered(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let attempt = begin(&member, &world.quiz(json!({})).await).await;
        report(&member, &attempt, json!([left(1, 0)])).await.expect(204);
        let mut statements =
            vec!["UPDATE attempt_events SET at = 0", "DELETE FROM attempt_events"];
        statements.push(match backend {
            Backend::Sqlite => {
                "REPLACE INTO attempt_events (attempt_no, ordinal, kind, at, received_at) \
                 SELECT attempt_no, ordinal, 'came_back', 0, 0 FROM attempt_events"
            }
            Backend::Postgres => "TRUNCATE attempt_events",
        });
        let before = events(&world.admin, &attempt).await;
        for statement in statements {
            let refused = execute(&app, statement).await.expect_err(statement);
            assert!(refused.contains("events cannot be changed"), "{statement}: {refused}");
        }
        assert_eq!(events(&world.admin, &attempt).await, before);
    }
}

/// Runs a statement as nobody of the product does.
async fn execute(app: &TestApp, statement: &'static str) -> Result<usize, String> {
    let write = move |connection: &mut qianti::store::AnyConnection| {
        let done = diesel::sql_query(statement).execute(connection);
        done.map_err(|error| ServiceError::Internal(error.to_string()))
    };
    app.services.context.database.write(write).await.map_err(|error| error.to_string())
}
