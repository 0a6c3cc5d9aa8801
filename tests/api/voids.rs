//! Attempts that are voided: on record, and out of everything that counts.

use std::sync::Arc;

use futures_util::future::{join, join_all};
use qianti::domain::ids::AttemptId;

use crate::harness::{Actor, Backend, Reply, TestApp, Value, World, json, on_both_databases, right_answers};

async fn void(admin: &Actor, attempt: &Value, reason: &str) -> Reply {
    let id = attempt["attempt_id"].as_str().or(attempt["id"].as_str()).unwrap();
    admin.post(&format!("/attempts/{id}/void"), json!({"reason": reason})).await
}

async fn begin(actor: &Actor, quiz: &Value) -> Reply {
    actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await
}

/// Names and scores of a board.
async fn board(actor: &Actor, board: &str) -> Vec<(String, i64)> {
    let page = actor.get(&format!("/leaderboards/members?{board}")).await.expect(200);
    let items = page["items"].as_array().unwrap();
    let row = |row: &Value| (row["name"].as_str().unwrap().to_owned(), row["score"].as_i64().unwrap());
    items.iter().map(row).collect()
}

fn row(login: &str, score: i64) -> (String, i64) {
    (format!("姓名{login}"), score)
}

on_both_databases! {
    async fn a_voided_attempt_leaves_every_ranking_and_stays_on_record(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (one, two) = (world.member(&app, "one", "B1").await, world.member(&app, "two", "B2").await);
        let quiz = world.quiz(json!({"attempts_allowed": 2})).await;
        let of_quiz = format!("quiz={}", quiz["id"]);
        let best = world.attempt(&one, &quiz, 5).await;
        world.attempt(&one, &quiz, 2).await;
        world.attempt(&two, &quiz, 4).await;
        assert_eq!(board(&one, &of_quiz).await, [row("one", 100), row("two", 80)]);
        assert_eq!(board(&one, "period=month").await, [row("one", 100), row("two", 80)]);
        void(&world.admin, &best, " 代他人答题 ").await.expect(204);
        // The other attempt counts now, on every board, also of a unit.
        assert_eq!(board(&one, &of_quiz).await, [row("two", 80), row("one", 40)]);
        for period in ["day", "week", "month", "all"] {
            assert_eq!(board(&one, &format!("period={period}")).await, [row("two", 80), row("one", 40)]);
        }
        let b1 = format!("{of_quiz}&unit={}", world.unit("B1"));
        assert_eq!(board(&one, &b1).await, [row("one", 40)]);
        let units = format!("/leaderboards/units?{of_quiz}&parent={}", world.unit("C1"));
        let units = world.admin.get(&units).await.expect(200);
        let scores: Vec<&Value> =
            units["items"].as_array().unwrap().iter().map(|unit| &unit["mean_score"]).collect();
        assert_eq!(scores, [&json!(80), &json!(40)]);
        // The member reads why; the result is what it was.
        let shown = one.get(&format!("/attempts/{}", best["attempt_id"].as_str().unwrap())).await.expect(200);
        assert_eq!(shown["status"], "voided");
        assert_eq!(shown["voided"], json!({"at": shown["now"], "reason": "代他人答题"}));
        assert_eq!((&shown["result"]["score"], &shown["result"]["status"]), (&json!(100), &json!("graded")));
        let listed = one.get("/me/attempts").await.expect(200);
        let statuses: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|attempt| &attempt["status"]).collect();
        assert!(statuses.contains(&&json!("voided")) && statuses.contains(&&json!("graded")), "{statuses:?}");
        let voided = listed["items"].as_array().unwrap().iter().find(|one| one["status"] == "voided").unwrap();
        assert_eq!(voided["voided"]["reason"], "代他人答题");
        // Handing in again tells the first result, as ever.
        let path = format!("/attempts/{}/submit", best["attempt_id"].as_str().unwrap());
        assert_eq!(one.post_nothing(&path).await.expect(200)["score"], 100);
        // The admin finds it among the attempts of the quiz.
        let path = format!("/quizzes/{}/attempts?status=voided", quiz["id"]);
        let found = world.admin.get(&path).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        let found = &found["items"][0];
        assert_eq!((&found["status"], &found["score"]), (&json!("voided"), &json!(100)));
        assert_eq!(found["voided"]["reason"], "代他人答题");
        assert_eq!(found["voided"]["by"]["name"], "系统管理员");
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    async fn another_attempt_may_be_begun_in_its_place(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        for kind in ["contest", "daily"] {
            let quiz = world.quiz(json!({"kind": kind, "attempts_allowed": 1})).await;
            let path = format!("/quizzes/{}", quiz["id"]);
            let first = world.attempt(&one, &quiz, 1).await;
            begin(&one, &quiz).await.problem(409, "no-attempts-left");
            assert_eq!(one.get(&path).await.expect(200)["attempts_left"], 0);
            void(&world.admin, &first, "网络中断").await.expect(204);
            let own = one.get(&path).await.expect(200);
            assert_eq!((&own["attempts_left"], &own["my_attempts"]), (&json!(1), &json!(0)));
            let second = world.attempt(&one, &quiz, 3).await;
            begin(&one, &quiz).await.problem(409, "no-attempts-left");
            // Of a daily quiz the first of the day counts: that is the second one now.
            assert_eq!(board(&one, &format!("quiz={}", quiz["id"])).await, [row("one", 60)]);
            void(&world.admin, &second, "再次中断").await.expect(204);
            world.attempt(&one, &quiz, 2).await;
            begin(&one, &quiz).await.problem(409, "no-attempts-left");
            assert_eq!(board(&one, &format!("quiz={}", quiz["id"])).await, [row("one", 40)]);
        }
    }

    async fn what_runs_what_is_voided_and_what_is_ones_own_cannot_be_voided(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let admin = world.with_role(&app, "admin1", "admin", "C1").await;
        let elsewhere = world.with_role(&app, "admin2", "admin", "C2").await;
        let quiz = world.quiz(json!({"duration_seconds": 60})).await;
        let running = begin(&one, &quiz).await.expect(201);
        void(&admin, &running, "原因").await.problem(409, "attempt-running");
        for reason in [String::new(), "  ".into(), "字".repeat(201), "a\u{7}b".into()] {
            assert_eq!(void(&admin, &running, &reason).await.pointers(), ["/reason"]);
        }
        // Its time is over: it has its result, although nobody has come by yet.
        app.clock.advance_seconds(66);
        void(&elsewhere, &running, "原因").await.problem(404, "not-found");
        void(&admin, &running, &"字".repeat(200)).await.expect(204);
        void(&admin, &running, "原因").await.problem(409, "attempt-voided");
        let own = world.attempt(&admin, &quiz, 5).await;
        void(&admin, &own, "原因").await.problem(403, "forbidden");
        void(&world.admin, &own, "原因").await.expect(204);
        let none = json!({"id": "01900000-0000-7000-8000-000000000000"});
        void(&admin, &none, "原因").await.problem(404, "not-found");
        assert!(app.services.examine().await.unwrap().faults.is_empty());
    }

    async fn of_many_who_void_at_once_one_does(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let result = world.attempt(&one, &quiz, 5).await;
        let statuses: Vec<u16> = join_all((0..8).map(|_| async {
            void(&world.admin, &result, "原因").await.status
        }))
        .await;
        assert_eq!(statuses.iter().filter(|&&status| status == 204).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|&&status| status == 409).count(), 7, "{statuses:?}");
        let entries = world.admin.get("/audit?action=attempt.voided").await.expect(200);
        assert_eq!(entries["items"].as_array().unwrap().len(), 1);
    }

    /// Boards that are asked for all the time, results that come in, and results that are voided: at the
    /// end, and each time nobody writes, the boards are what the database says.
    async fn voiding_against_a_board_that_runs(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let mut members = Vec::new();
        for number in 0..6 {
            members.push(world.member(&app, &format!("m{number}"), ["B1", "B2", "B3"][number % 3]).await);
        }
        let of_quiz = format!("quiz={}", quiz["id"]);
        let mut attempts = Vec::new();
        for (number, member) in members.iter().enumerate() {
            attempts.push(world.attempt(member, &quiz, number % 5).await);
        }
        for round in 0..3 {
            let voided = attempts.split_off(attempts.len() / 2);
            let voiding = join_all(voided.iter().map(|attempt| void(&world.admin, attempt, "原因")));
            let submitting = join_all(members.iter().map(|member| world.attempt(member, &quiz, round)));
            let looking = join_all((0..20).map(|look| {
                let (of_quiz, member) = (of_quiz.clone(), &members[look % members.len()]);
                async move {
                    board(member, if look % 2 == 0 { &of_quiz } else { "period=month" }).await;
                }
            }));
            let following = async {
                for _ in 0..10 {
                    app.services.leaderboards.follow().await.unwrap();
                }
            };
            let ((voided, submitted), _) = join(join(voiding, submitting), join(looking, following)).await;
            assert!(voided.iter().all(|reply| reply.status == 204));
            attempts.extend(submitted);
            board(&members[0], &of_quiz).await;
            board(&members[0], "period=month").await;
            let (boards, differences) = app.services.leaderboards.verify().await.unwrap();
            assert!(boards >= 2 && differences.is_empty(), "{differences:?}");
        }
    }

    async fn another_instance_takes_it_off_its_boards_with_its_next_look(backend) {
        if backend == Backend::Sqlite {
            // One instance serves an SQLite file.
            return;
        }
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let result = world.attempt(&one, &quiz, 5).await;
        let other = Arc::new(app.another_instance().await);
        let of_quiz = format!("quiz={}", quiz["id"]);
        assert_eq!(board(&one, &of_quiz).await, [row("one", 100)]);
        let id = AttemptId(result["attempt_id"].as_str().unwrap().into());
        let principal = app.services.operator().await.unwrap();
        other.attempts.void(&principal, id, "原因").await.unwrap();
        // The notice takes some milliseconds; then a look is enough.
        for _ in 0..500 {
            app.services.leaderboards.follow().await.unwrap();
            if board(&one, &of_quiz).await.is_empty() {
                break;
            }
            actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(board(&one, &of_quiz).await, []);
        let shown = one.get(&format!("/attempts/{}", result["attempt_id"].as_str().unwrap())).await.expect(200);
        assert_eq!(shown["status"], "voided");
        let (_, differences) = app.services.leaderboards.verify().await.unwrap();
        assert!(differences.is_empty(), "{differences:?}");
    }

    async fn a_program_that_starts_reads_no_voided_result(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let result = world.attempt(&one, &quiz, 5).await;
        void(&world.admin, &result, "原因").await.expect(204);
        let other = app.another_instance().await;
        other.leaderboards.follow().await.unwrap();
        let (boards, differences) = other.leaderboards.verify().await.unwrap();
        assert!(boards > 0 && differences.is_empty(), "{differences:?}");
        // What was read at the start is still held: the void was known before.
        assert!(other.examine().await.unwrap().faults.is_empty());
    }

    async fn voiding_and_answering_do_not_meet(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        let quiz = world.quiz(json!({})).await;
        for _ in 0..6 {
            let attempt = begin(&one, &quiz).await.expect(201);
            let path = format!("/attempts/{}/submit", attempt["id"].as_str().unwrap());
            let submitting = one.post(&path, json!({"answers": right_answers(&attempt)}));
            let (submitted, voided) = join(submitting, void(&world.admin, &attempt, "原因")).await;
            submitted.expect(200);
            match voided.status {
                204 => {}
                409 => drop(void(&world.admin, &attempt, "原因").await.expect(204)),
                other => panic!("{other}"),
            }
            assert_eq!(board(&one, &format!("quiz={}", quiz["id"])).await, []);
        }
    }
}
