//! Begin, save, submit, review; deadlines.

use crate::harness::{TestApp, Value, World, json, on_both_databases, right_answers, wrong_answer};

fn path(attempt: &Value, call: &str) -> String {
    format!("/attempts/{}{call}", attempt["id"].as_str().unwrap())
}

fn begin(quiz: &Value) -> String {
    format!("/quizzes/{}/attempts", quiz["id"])
}

on_both_databases! {
    async fn a_paper_is_answered_graded_and_reviewed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world
            .quiz(json!({
                "duration_seconds": 600,
                "sections": [
                    {"title": "一", "kinds": ["single"], "count": 3, "points": 10},
                    {"title": "二", "kinds": ["multiple"], "count": 2, "points": 20},
                    {"title": "三", "kinds": ["judge"], "count": 2, "points": 5},
                    {"title": "四", "kinds": ["blank"], "count": 1, "points": 2.5},
                ],
            }))
            .await;
        assert_eq!((&quiz["total"], &quiz["max_score"]), (&json!(8), &json!(82.5)));
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        assert_eq!(attempt["status"], "running");
        assert_eq!(attempt["started_at"], "2026-11-23T04:00:00Z");
        assert_eq!(attempt["deadline"], "2026-11-23T04:10:00Z");
        assert_eq!(attempt["answers"], json!([]));
        let uuid = uuid::Uuid::parse_str(attempt["id"].as_str().unwrap()).unwrap();
        assert_eq!(uuid.get_version_num(), 7);
        let items = attempt["questions"].as_array().unwrap();
        let numbers: Vec<i64> = items.iter().map(|item| item["no"].as_i64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
        let options: Vec<usize> = items.iter().map(|item| item["options"].as_array().unwrap().len()).collect();
        assert_eq!(options, [4, 4, 4, 5, 5, 0, 0, 0]);

        app.clock.advance_ms(90_500);
        let mut answers = right_answers(&attempt);
        answers[0]["answer"] = json!(wrong_answer(&items[0]));
        answers[3]["answer"] = json!([answers[3]["answer"][0]]);
        answers[7]["answer"] = json!([" ｆｉｌｌｓ", answers[7]["answer"][1]]);
        let result = member.post(&path(&attempt, "/submit"), json!({"answers": answers})).await.expect(200);
        assert_eq!(result["attempt_id"], attempt["id"]);
        assert_eq!(result["status"], "graded");
        // 82.5 less 10 for the single, 10 for the incomplete multiple, 1.25 for one of two gaps.
        assert_eq!(result["score"], json!(61.25));
        assert_eq!((&result["max_score"], &result["passed"]), (&json!(82.5), &json!(true)));
        assert_eq!((&result["correct"], &result["total"]), (&json!(5), &json!(8)));
        assert_eq!(result["elapsed_ms"], 90_500);
        let first = &result["items"][0];
        assert_eq!((&first["correct"], &first["score"]), (&json!(false), &json!(0)));
        assert_eq!(first["key"], right_answers(&attempt)[0]["answer"]);
        assert!(first["explanation"].as_str().unwrap().starts_with("EXPLANATION single"));

        let review = member.get(&path(&attempt, "")).await.expect(200);
        assert_eq!(review["status"], "graded");
        assert_eq!(review["questions"], attempt["questions"], "the paper is the same when it is drawn again");
        assert_eq!(review["result"], result);
        let mine = member.get("/me/attempts").await.expect(200);
        assert_eq!(mine["items"][0]["id"], attempt["id"]);
        assert_eq!(mine["items"][0]["score"], json!(61.25));
    }

    async fn a_running_attempt_comes_back_with_what_was_saved(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"attempts_allowed": 1})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let right = right_answers(&attempt);
        let save = path(&attempt, "/answers");
        member.put(&save, json!({"answers": [right[0], right[1]]})).await.expect(204);
        member.put(&save, json!({"answers": [right[2]]})).await.expect(204);
        member.put(&save, json!({"answers": [{"no": 2, "answer": []}]})).await.expect(204);
        let again = member.post_nothing(&begin(&quiz)).await.expect(200);
        assert_eq!(again["id"], attempt["id"]);
        assert_eq!(again["questions"], attempt["questions"]);
        assert_eq!(again["answers"], json!([right[0], right[2]]));
        assert_eq!(member.get(&path(&attempt, "")).await.expect(200)["answers"], again["answers"]);
        // What was saved is graded when nothing more is sent.
        let result = member.post_nothing(&path(&attempt, "/submit")).await.expect(200);
        assert_eq!(result["correct"], 2);
    }

    async fn submitting_again_returns_the_first_result_and_counts_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"attempts_allowed": 2, "duration_seconds": 60})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let first = world.submit(&member, &attempt, 2).await;
        app.clock.advance_seconds(600);
        let all_right = json!({"answers": right_answers(&attempt)});
        assert_eq!(member.post(&path(&attempt, "/submit"), all_right.clone()).await.expect(200), first);
        member.put(&path(&attempt, "/answers"), all_right).await.problem(409, "attempt-closed");
        let board = member.get(&format!("/leaderboards/members?quiz={}", quiz["id"])).await.expect(200);
        assert_eq!((&board["me"]["score"], &board["me"]["attempts"]), (&json!(40), &json!(1)));
        member.post_nothing(&begin(&quiz)).await.expect(201);
    }

    async fn many_submissions_at_once_give_one_result(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let starts = (0..8).map(|_| async { member.post_nothing(&begin(&quiz)).await });
        let started: Vec<_> = futures_util::future::join_all(starts).await;
        assert_eq!(started.iter().filter(|reply| reply.status == 201).count(), 1);
        let started: Vec<Value> =
            started.into_iter().map(|reply| { let status = reply.status; reply.expect(status) }).collect();
        assert!(started.iter().all(|attempt| attempt["id"] == started[0]["id"]));
        let attempt = &started[0];
        let mut right = right_answers(attempt);
        let submissions = (0..8).map(|number| {
            // Each device has answered something else.
            right.rotate_left(1);
            let answers = right[..=number % 5].to_vec();
            let (member, path) = (&member, path(attempt, "/submit"));
            async move { member.post(&path, json!({"answers": answers})).await.expect(200) }
        });
        let results = futures_util::future::join_all(submissions).await;
        assert!(results.iter().all(|result| result == &results[0]), "one attempt has one result");
        let board = member.get(&format!("/leaderboards/members?quiz={}", quiz["id"])).await.expect(200);
        assert_eq!(board["me"]["attempts"], 1);
        assert_eq!(board["me"]["score"], results[0]["score"]);
    }

    async fn saves_from_two_devices_do_not_lose_each_other(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"sections": [{"count": 20, "points": 5}]})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let right = right_answers(&attempt);
        // Every answer four times over: nobody is told that the server is busy.
        let saves = right.iter().cycle().take(4 * right.len()).map(|answer| {
            let (member, path) = (&member, path(&attempt, "/answers"));
            async move { member.put(&path, json!({"answers": [answer]})).await.expect(204) }
        });
        futures_util::future::join_all(saves).await;
        let shown = member.get(&path(&attempt, "")).await.expect(200);
        assert_eq!(shown["answers"], json!(right));
    }

    async fn after_the_deadline_answers_are_refused_and_what_was_saved_is_graded(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"duration_seconds": 60, "attempts_allowed": 1})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let right = right_answers(&attempt);
        member.put(&path(&attempt, "/answers"), json!({"answers": [right[0]]})).await.expect(204);
        app.clock.advance_ms(65_000);
        member.put(&path(&attempt, "/answers"), json!({"answers": [right[1]]})).await.expect(204);
        app.clock.advance_ms(1);
        let late = json!({"answers": [right[2]]});
        member.post(&path(&attempt, "/submit"), late.clone()).await.problem(409, "attempt-closed");
        member.put(&path(&attempt, "/answers"), late).await.problem(409, "attempt-closed");
        let shown = member.get(&path(&attempt, "")).await.expect(200);
        assert_eq!((&shown["status"], &shown["result"]["correct"]), (&json!("graded"), &json!(2)));
        assert_eq!(shown["result"]["elapsed_ms"], 60_000, "an attempt takes no longer than its deadline");
        assert_eq!(member.post_nothing(&path(&attempt, "/submit")).await.expect(200), shown["result"]);
        member.post_nothing(&begin(&quiz)).await.problem(409, "no-attempts-left");
    }

    async fn an_attempt_whose_member_never_comes_back_is_settled_and_ranked(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"duration_seconds": 60})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let right = right_answers(&attempt);
        member.put(&path(&attempt, "/answers"), json!({"answers": [right[0]]})).await.expect(204);
        app.clock.advance_seconds(65);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 0, "the grace is not over yet");
        app.clock.advance_ms(1);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 1);
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 0);
        let path = format!("/leaderboards/members?quiz={}", quiz["id"]);
        let board = world.admin.get(&path).await.expect(200);
        assert_eq!((&board["items"][0]["score"], &board["items"][0]["elapsed_ms"]), (&json!(20), &json!(60_000)));
    }

    async fn an_expired_attempt_gives_way_to_the_next_one(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"duration_seconds": 60, "attempts_allowed": 2})).await;
        let first = member.post_nothing(&begin(&quiz)).await.expect(201);
        app.clock.advance_seconds(66);
        let second = member.post_nothing(&begin(&quiz)).await.expect(201);
        assert_ne!(first["id"], second["id"]);
        assert_eq!(member.get(&path(&first, "")).await.expect(200)["status"], "graded");
    }

    async fn a_quiz_takes_attempts_only_while_it_is_open(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world
            .quiz(json!({"opens_at": "2026-11-23T04:01:00Z", "closes_at": "2026-11-23T04:02:00Z", "duration_seconds": 600}))
            .await;
        assert_eq!(quiz["state"], "upcoming");
        member.post_nothing(&begin(&quiz)).await.problem(409, "quiz-not-open");
        app.clock.advance_seconds(90);
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        assert_eq!(attempt["deadline"], "2026-11-23T04:02:00Z", "no attempt runs past the close");
        app.clock.advance_seconds(30);
        let other = world.member(&app, "ls", "B1").await;
        other.post_nothing(&begin(&quiz)).await.problem(409, "quiz-not-open");
        let again = member.post_nothing(&begin(&quiz)).await.expect(200);
        assert_eq!(again["id"], attempt["id"], "the grace is still running");
    }

    async fn a_daily_quiz_has_its_attempts_every_day_anew(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"kind": "daily", "attempts_allowed": 1})).await;
        world.attempt(&member, &quiz, 5).await;
        member.post_nothing(&begin(&quiz)).await.problem(409, "no-attempts-left");
        app.clock.advance_seconds(12 * 3600 - 1);
        let member = app.log_in("zs", "Member-Pass-2026").await;
        member.post_nothing(&begin(&quiz)).await.problem(409, "no-attempts-left");
        app.clock.advance_seconds(1);
        world.attempt(&member, &quiz, 5).await;
    }

    async fn another_members_attempt_is_as_good_as_none(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (member, other) = (world.member(&app, "zs", "B1").await, world.member(&app, "ls", "B1").await);
        let quiz = world.quiz(json!({})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers = json!({"answers": right_answers(&attempt)});
        other.get(&path(&attempt, "")).await.problem(404, "not-found");
        other.put(&path(&attempt, "/answers"), answers.clone()).await.problem(404, "not-found");
        other.post(&path(&attempt, "/submit"), answers).await.problem(404, "not-found");
        let shown = member.get(&path(&attempt, "")).await.expect(200);
        assert_eq!((&shown["status"], &shown["answers"]), (&json!("running"), &json!([])));
    }

    async fn a_quiz_is_for_its_unit_and_below(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (inside, outside) = (world.member(&app, "zs", "B1").await, world.member(&app, "ls", "B3").await);
        let quiz = world.quiz(json!({"unit_id": world.unit("C1")})).await;
        inside.post_nothing(&begin(&quiz)).await.expect(201);
        outside.post_nothing(&begin(&quiz)).await.problem(403, "forbidden");
        outside.get(&format!("/quizzes/{}", quiz["id"])).await.problem(403, "forbidden");
        let listed = outside.get("/quizzes").await.expect(200);
        assert!(listed["items"].as_array().unwrap().iter().all(|listed| listed["id"] != quiz["id"]));
    }

    async fn answers_that_do_not_fit_are_refused_and_nothing_of_them_is_saved(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world
            .quiz(json!({"sections": [
                {"kinds": ["single"], "count": 1, "points": 1},
                {"kinds": ["multiple"], "count": 1, "points": 1},
                {"kinds": ["judge"], "count": 1, "points": 1},
                {"kinds": ["blank"], "count": 1, "points": 1},
            ]}))
            .await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        for (no, answer, field) in [
            (0, json!(["A"]), "no"),
            (5, json!(["A"]), "no"),
            (1, json!(["E"]), "answer"),
            (1, json!(["A", "B"]), "answer"),
            (1, json!(["true"]), "answer"),
            (2, json!(["A", "A"]), "answer"),
            (3, json!(["A"]), "answer"),
            (4, json!(["a", "b", "c"]), "answer"),
        ] {
            let answers = json!({"answers": [{"no": 1, "answer": ["A"]}, {"no": no, "answer": answer}]});
            let pointer = format!("/answers/1/{}", if no == 1 { "no" } else { field });
            assert_eq!(member.put(&path(&attempt, "/answers"), answers.clone()).await.pointers(), std::slice::from_ref(&pointer));
            assert_eq!(member.post(&path(&attempt, "/submit"), answers).await.pointers(), [pointer]);
        }
        let alone = json!({"answers": [{"no": 1, "answer": ["E"]}]});
        assert_eq!(member.put(&path(&attempt, "/answers"), alone).await.pointers(), ["/answers/0/answer"]);
        let shown = member.get(&path(&attempt, "")).await.expect(200);
        assert_eq!((&shown["status"], &shown["answers"]), (&json!("running"), &json!([])));
    }

    async fn an_attempt_keeps_the_questions_that_it_showed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"sections": [{"kinds": ["judge"], "count": 8, "points": 1}]})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let question = &world.admin.get("/banks/1000/questions?kind=judge&limit=1").await.expect(200)["items"][0];
        let mut changed = question.clone();
        changed.as_object_mut().unwrap().remove("id");
        changed["stem"] = json!("改了题干");
        changed["key"] = json!([if question["key"][0] == "true" { "false" } else { "true" }]);
        let path_of = format!("/banks/1000/questions/{}", question["code"].as_str().unwrap());
        world.admin.put(&path_of, changed).await.expect(200);
        let shown = member.get(&path(&attempt, "")).await.expect(200);
        assert_eq!(shown["questions"], attempt["questions"]);
        assert_eq!(world.submit(&member, &attempt, 8).await["correct"], 8, "graded by the key of its revision");
        let next = member.post_nothing(&begin(&quiz)).await.expect(201);
        assert!(next.to_string().contains("改了题干"), "the next attempt has the new revision");
    }
}
