//! What admins do with quizzes beside adding them: trying a blueprint, closing early, closing later.

use futures_util::future::{join, join_all};

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases, right_answers};

/// A stretch of time in seconds: a few of them stay within the life of an access token.
const STEP: i64 = 10;

fn draft(changes: Value) -> Value {
    let mut body = json!({
        "title": "测验", "kind": "contest", "bank": "1000",
        "sections": [{"title": "", "count": 5, "points": 20}],
    });
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

fn at(app: &TestApp, seconds: i64) -> String {
    use qianti::services::Clock as _;
    let millis = app.clock.now().plus_seconds(seconds).0;
    jiff::Timestamp::from_millisecond(millis).unwrap().to_string()
}

async fn begin(actor: &Actor, quiz: &Value) -> Value {
    actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201)
}

async fn status(actor: &Actor, attempt: &Value) -> Value {
    actor.get(&format!("/attempts/{}", attempt["id"].as_str().unwrap())).await.expect(200)
}

async fn save(actor: &Actor, attempt: &Value, answers: &[Value]) -> crate::harness::Reply {
    let path = format!("/attempts/{}/answers", attempt["id"].as_str().unwrap());
    actor.put(&path, json!({"answers": answers})).await
}

on_both_databases! {
    async fn a_check_tells_what_the_bank_can_fill_and_what_is_wrong(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let fits = admin.post("/quizzes/check", draft(json!({}))).await.expect(200);
        // 16 single, 10 multiple, 8 judge, 6 blank; the short question is never drawn.
        assert_eq!(fits, json!({
            "sections": [{"available": 40, "wanted": 5, "missing": 0}],
            "total_count": 5, "max_score": 100, "fits": true, "errors": [],
        }));
        // The second section wants what the first one leaves.
        let sections = json!([
            {"kinds": ["judge"], "count": 5, "points": 2.5},
            {"kinds": ["judge", "blank"], "count": 12, "points": 10},
        ]);
        let lacking = admin.post("/quizzes/check", draft(json!({"sections": sections}))).await.expect(200);
        assert_eq!(lacking["sections"], json!([
            {"available": 8, "wanted": 5, "missing": 0}, {"available": 14, "wanted": 12, "missing": 3},
        ]));
        assert_eq!((&lacking["fits"], &lacking["total_count"]), (&json!(false), &json!(17)));
        assert_eq!(lacking["max_score"], json!(132.5));
        assert_eq!(lacking["errors"][0]["pointer"], "/sections/1/count");
        assert!(lacking["errors"][0]["detail"].as_str().unwrap().contains("缺 3 题"));
        // Everything that is wrong at once.
        let wrong = draft(json!({
            "title": " ", "bank": "none", "unit_id": 99999,
            "opens_at": at(&app, 60), "closes_at": at(&app, 60),
        }));
        let wrong = admin.post("/quizzes/check", wrong).await.expect(200);
        let pointers: Vec<&str> =
            wrong["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/unit_id", "/title", "/closes_at", "/bank"]);
        assert_eq!(wrong["sections"], json!([]));
        let chapters = json!([{"chapters": ["第一章", "第九章"], "count": 1, "points": 1}]);
        let chapters = admin.post("/quizzes/check", draft(json!({"sections": chapters}))).await.expect(200);
        assert_eq!(chapters["errors"][0]["pointer"], "/sections/0/chapters/1");
        let many = vec![json!({"count": 1, "points": 1}); 40];
        let many = admin.post("/quizzes/check", draft(json!({"sections": many}))).await.expect(200);
        assert_eq!((&many["sections"], &many["fits"]), (&json!([]), &json!(false)));
        // What is no quiz at all is refused as for adding it.
        admin.post("/quizzes/check", draft(json!({"colour": "red"}))).await.problem(422, "invalid-fields");
        // Nothing was added by all this.
        let titles = admin.get("/quizzes").await.expect(200);
        assert!(titles["items"].as_array().unwrap().iter().all(|quiz| quiz["title"] != "测验"));
    }

    async fn a_preview_is_a_paper_without_a_key_and_leaves_nothing_behind(backend) {
        let app = TestApp::start(backend).await;
        let admin = app.admin().await;
        let sections = json!([{"title": "一", "kinds": ["single"], "count": 16, "points": 5},
                              {"title": "二", "kinds": ["blank"], "count": 2, "points": 10}]);
        let body = draft(json!({"sections": sections, "duration_seconds": 600}));
        let paper = admin.post("/quizzes/preview", body.clone()).await;
        let text = paper.text.clone();
        let paper = paper.expect(200);
        assert_eq!((&paper["title"], &paper["total"], &paper["max_score"]), (&json!("测验"), &json!(18), &json!(100)));
        assert_eq!(paper["duration_seconds"], 600);
        let items = paper["questions"].as_array().unwrap();
        assert_eq!(items.len(), 18);
        assert_eq!((&items[0]["no"], &items[0]["section"], &items[17]["section"]), (&json!(1), &json!("一"), &json!("二")));
        assert_eq!(items[0]["options"].as_array().unwrap().len(), 4);
        for secret in ["EXPLANATION", "SOURCE", "FILLS", "\"key\""] {
            assert!(!text.contains(secret), "{secret}");
        }
        // Another one each time: 16 questions in the same order twice is one chance in 16!.
        let again = admin.post("/quizzes/preview", body).await.expect(200);
        assert_ne!(again["questions"], paper["questions"]);
        let short = draft(json!({"sections": [{"kinds": ["blank"], "count": 7, "points": 1}]}));
        admin.post("/quizzes/preview", short).await.problem(422, "blueprint-unfillable");
        assert_eq!(admin.get("/me/attempts").await.expect(200)["items"], json!([]));
    }

    async fn closing_early_ends_what_runs_and_grades_what_was_saved(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (one, two) = (world.member(&app, "one", "B1").await, world.member(&app, "two", "B1").await);
        let quiz = world.quiz(json!({"duration_seconds": 20 * STEP, "closes_at": at(&app, 60 * STEP)})).await;
        let path = format!("/quizzes/{}/close", quiz["id"]);
        let attempt = begin(&one, &quiz).await;
        let answers = right_answers(&attempt);
        save(&one, &attempt, &answers[..2]).await.expect(204);
        app.clock.advance_seconds(5 * STEP);
        let closed = world.admin.post(&path, json!({"reason": "服务器维护"})).await.expect(200);
        assert_eq!((&closed["state"], &closed["closes_at"]), (&json!("closed"), &json!(at(&app, 0))));
        // Nobody begins any more; who answers has the grace, as at any end.
        two.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.problem(409, "quiz-not-open");
        assert_eq!(status(&one, &attempt).await["deadline"], at(&app, 0));
        app.clock.advance_seconds(5);
        save(&one, &attempt, &answers[2..3]).await.expect(204);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 0);
        app.clock.advance_ms(1);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 1);
        save(&one, &attempt, &answers[3..]).await.problem(409, "attempt-closed");
        let result = status(&one, &attempt).await["result"].clone();
        assert_eq!((&result["score"], &result["elapsed_ms"]), (&json!(60), &json!(5 * STEP * 1000)));
        // Once is enough, and what has not opened is not open.
        world.admin.post_nothing(&path).await.problem(409, "quiz-not-open");
        let upcoming = world.quiz(json!({"opens_at": at(&app, 60)})).await;
        let path = format!("/quizzes/{}/close", upcoming["id"]);
        world.admin.post_nothing(&path).await.problem(409, "quiz-not-open");
        world.admin.post_nothing("/quizzes/99999/close").await.problem(404, "not-found");
    }

    async fn a_reason_to_close_is_short_and_may_be_left_out(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let path = format!("/quizzes/{}/close", quiz["id"]);
        for reason in ["字".repeat(201), "a\nb".into()] {
            assert_eq!(world.admin.post(&path, json!({"reason": reason})).await.pointers(), ["/reason"]);
        }
        assert_eq!(world.admin.post_nothing(&path).await.expect(200)["state"], "closed");
    }

    async fn extending_gives_as_much_as_the_duration_allows(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut people = Vec::new();
        for login in ["early", "late", "own"] {
            people.push(world.member(&app, login, "B1").await);
        }
        let (early, late, own) = (&people[0], &people[1], &people[2]);
        let quiz = world.quiz(json!({"duration_seconds": 20 * STEP, "closes_at": at(&app, 30 * STEP)})).await;
        let path = format!("/quizzes/{}/extend", quiz["id"]);
        // Its own time ends before the quiz does: it gets nothing.
        let untouched = begin(own, &quiz).await;
        let own_end = at(&app, 20 * STEP);
        app.clock.advance_seconds(15 * STEP);
        let first = begin(early, &quiz).await;
        let whole_of_first = at(&app, 20 * STEP);
        app.clock.advance_seconds(10 * STEP);
        let second = begin(late, &quiz).await;
        let before = at(&app, 5 * STEP);
        assert_eq!((&first["deadline"], &second["deadline"]), (&json!(before), &json!(before)));
        let new_end = at(&app, 15 * STEP);
        let extended = world.admin.post(&path, json!({"closes_at": new_end})).await.expect(200);
        assert_eq!(extended["closes_at"], new_end);
        assert_eq!(status(early, &first).await["deadline"], whole_of_first);
        assert_eq!(status(late, &second).await["deadline"], new_end);
        assert_eq!(status(own, &untouched).await["result"]["elapsed_ms"], 20 * STEP * 1000);
        assert_eq!(status(own, &untouched).await["deadline"], own_end);
        // The new time holds: answers are taken after the old end, and the sweep leaves them alone.
        app.clock.advance_seconds(6 * STEP);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 0);
        save(late, &second, &right_answers(&second)[..1]).await.expect(204);
        app.clock.advance_seconds(9 * STEP + 6);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 2);
        assert_eq!(status(late, &second).await["result"]["score"], 20);
    }

    async fn without_a_duration_the_whole_of_the_extension_is_given(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({"closes_at": at(&app, STEP)})).await;
        let attempt = begin(&member, &quiz).await;
        let end = at(&app, 10 * STEP);
        let path = format!("/quizzes/{}/extend", quiz["id"]);
        world.admin.post(&path, json!({"closes_at": end})).await.expect(200);
        assert_eq!(status(&member, &attempt).await["deadline"], end);
    }

    async fn an_end_is_only_ever_moved_to_the_future(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"closes_at": at(&app, 10 * STEP)})).await;
        let path = format!("/quizzes/{}/extend", quiz["id"]);
        for end in [at(&app, 10 * STEP), at(&app, STEP), at(&app, -STEP)] {
            assert_eq!(world.admin.post(&path, json!({"closes_at": end})).await.pointers(), ["/closes_at"]);
        }
        // Closed since: an end after the old one that is over is no good either.
        let soon = at(&app, 15 * STEP);
        app.clock.advance_seconds(20 * STEP);
        assert_eq!(world.admin.post(&path, json!({"closes_at": soon})).await.pointers(), ["/closes_at"]);
        let later = at(&app, STEP);
        assert_eq!(world.admin.post(&path, json!({"closes_at": later})).await.expect(200)["state"], "open");
        let endless = world.quiz(json!({})).await;
        let path = format!("/quizzes/{}/extend", endless["id"]);
        assert_eq!(world.admin.post(&path, json!({"closes_at": at(&app, 60)})).await.pointers(), ["/closes_at"]);
        assert_eq!(world.admin.post(&path, json!({})).await.pointers(), ["/closes_at"]);
    }

    async fn what_has_shown_its_answers_is_not_opened_again(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"reveal": "after_close", "closes_at": at(&app, STEP)})).await;
        let path = format!("/quizzes/{}/extend", quiz["id"]);
        // In the grace after the end nobody has seen them yet.
        app.clock.advance_seconds(STEP + 5);
        world.admin.post(&path, json!({"closes_at": at(&app, STEP)})).await.expect(200);
        app.clock.advance_seconds(STEP + 6);
        world.admin.post(&path, json!({"closes_at": at(&app, STEP)})).await.problem(409, "keys-shown");
    }

    async fn what_is_held_in_memory_follows_on_other_instances_too(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({"closes_at": at(&app, 10 * STEP)})).await;
        let attempt = begin(&member, &quiz).await;
        let other = app.another_instance().await;
        if backend == crate::harness::Backend::Sqlite {
            // One instance serves an SQLite file; another process may still write to it.
            return;
        }
        let id = qianti::domain::ids::QuizId(quiz["id"].as_i64().unwrap());
        let principal = app.services.operator().await.unwrap();
        use qianti::services::Clock as _;
        let later = app.clock.now().plus_seconds(30 * STEP);
        other.quizzes.extend(&principal, id, later).await.unwrap();
        // The version is asked for before a running attempt is shown.
        let shown = status(&member, &attempt).await;
        let shown: jiff::Timestamp = shown["deadline"].as_str().unwrap().parse().unwrap();
        assert_eq!(shown.as_millisecond(), later.0);
        other.quizzes.close(&principal, id, None).await.unwrap();
        app.clock.advance_seconds(6);
        save(&member, &attempt, &right_answers(&attempt)).await.problem(409, "attempt-closed");
    }

    async fn closing_while_people_begin_save_and_submit(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut people = Vec::new();
        for number in 0..9 {
            people.push(world.member(&app, &format!("m{number}"), "B1").await);
        }
        for round in 0..3 {
            let end = at(&app, 60 * STEP);
            let quiz = world.quiz(json!({"duration_seconds": 30 * STEP, "closes_at": end})).await;
            let mut running = Vec::new();
            for person in &people[..6] {
                running.push((person, begin(person, &quiz).await));
            }
            app.clock.advance_seconds(1);
            let path = format!("/quizzes/{}/close", quiz["id"]);
            let submitting = join_all(running[..3].iter().map(|(person, attempt)| {
                let path = format!("/attempts/{}/submit", attempt["id"].as_str().unwrap());
                async move { person.post(&path, json!({"answers": right_answers(attempt)})).await.expect(200) }
            }));
            let saving = join_all(running[3..].iter().map(|(person, attempt)| async move {
                for answer in right_answers(attempt) {
                    save(person, attempt, &[answer]).await.expect(204);
                }
            }));
            let beginning = join_all(people[6..].iter().map(|person| {
                let path = format!("/quizzes/{}/attempts", quiz["id"]);
                async move { person.post_nothing(&path).await }
            }));
            let closing = async {
                if round > 0 {
                    actix_web::rt::task::yield_now().await;
                }
                world.admin.post_nothing(&path).await.expect(200)
            };
            let ((_, ()), (begun, closed)) =
                join(join(submitting, async { drop(saving.await) }), join(beginning, closing)).await;
            // Whoever was quicker than the end got the end as the deadline, and nothing later.
            let open: Vec<Value> = begun
                .into_iter()
                .filter_map(|reply| match reply.status {
                    201 => Some(reply.expect(201)),
                    _ => {
                        drop(reply.problem(409, "quiz-not-open"));
                        None
                    }
                })
                .collect();
            let path = format!("/quizzes/{}/attempts", quiz["id"]);
            let listed = world.admin.get(&path).await.expect(200);
            let listed = listed["items"].as_array().unwrap();
            assert_eq!(listed.len(), 6 + open.len());
            for attempt in listed.iter().filter(|attempt| attempt["status"] == "running") {
                assert_eq!(attempt["deadline"], closed["closes_at"]);
            }
            app.clock.advance_seconds(6);
            assert_eq!(app.services.attempts.sweep().await.unwrap(), 3 + open.len());
            // Everything that was saved before the grace was over counts, once.
            for (person, attempt) in &running {
                let result = &status(person, attempt).await["result"];
                assert_eq!((&result["score"], &result["elapsed_ms"]), (&json!(100), &json!(1000)));
            }
        }
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    async fn extending_while_attempts_expire(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut people = Vec::new();
        for number in 0..8 {
            people.push(world.member(&app, &format!("m{number}"), "B1").await);
        }
        for _ in 0..3 {
            let old_end = at(&app, STEP);
            let quiz = world.quiz(json!({"closes_at": old_end})).await;
            let mut running = Vec::new();
            for person in &people {
                running.push(begin(person, &quiz).await);
            }
            app.clock.advance_seconds(STEP + 6);
            let new_end = at(&app, 2 * STEP);
            let path = format!("/quizzes/{}/extend", quiz["id"]);
            let sweeping = async { join_all((0..4).map(|_| app.services.attempts.sweep())).await };
            let looking = join_all(people.iter().zip(&running).map(|(person, attempt)| status(person, attempt)));
            let extending = world.admin.post(&path, json!({"closes_at": new_end}));
            let ((swept, looked), extended) = join(join(sweeping, looking), extending).await;
            extended.expect(200);
            assert!(swept.into_iter().all(|swept| swept.is_ok()) && looked.len() == 8);
            for (person, attempt) in people.iter().zip(&running) {
                let shown = status(person, attempt).await;
                match shown["status"].as_str().unwrap() {
                    // In time for the old end: at the old end, not at the new one.
                    "graded" => assert_eq!(shown["result"]["submitted_at"], old_end),
                    "running" => {
                        assert_eq!(shown["deadline"], new_end);
                        save(person, attempt, &right_answers(attempt)).await.expect(204);
                    }
                    other => panic!("{other}"),
                }
            }
            app.clock.advance_seconds(2 * STEP + 6);
            app.services.attempts.sweep().await.unwrap();
        }
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    /// The sweep lists what is due, and then settles one after the other: by then an attempt may have more time.
    async fn what_was_found_due_and_given_more_time_is_not_settled(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({"closes_at": at(&app, STEP)})).await;
        let attempt = begin(&member, &quiz).await;
        app.clock.advance_seconds(STEP + 6);
        let path = format!("/quizzes/{}/extend", quiz["id"]);
        world.admin.post(&path, json!({"closes_at": at(&app, STEP)})).await.expect(200);
        // Voiding looks whether it is due in the same way.
        let void = format!("/attempts/{}/void", attempt["id"].as_str().unwrap());
        world.admin.post(&void, json!({"reason": "原因"})).await.problem(409, "attempt-running");
        assert_eq!(status(&member, &attempt).await["status"], "running");
    }
}
