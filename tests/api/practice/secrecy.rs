//! What practice must not tell of a quiz that runs or hides its keys.

use super::{
    DAY, assert_secret, begin, code_of, codes, counts, in_ten_minutes, items, path, practise, sections,
    send_answer, study,
};
use crate::harness::{NOON, PASSWORD, TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn a_running_attempt_locks_its_questions_in_practice(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        let quiz = world.quiz(json!({
            "reveal": "after_submit", "sections": [{"kinds": ["judge"], "count": 8, "points": 1}],
        })).await;
        for number in 0..8 {
            let answer = if number % 2 == 0 { "false" } else { "true" };
            practise(&member, &format!("judge-0{number}"), &[answer]).await;
        }
        member.put("/me/favourites/1000/judge-00", Value::Null).await.expect(204);
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        for number in 0..8 {
            let reply = send_answer(&member, &format!("judge-0{number}"), &["true"]).await;
            assert_secret(&reply.text);
            reply.problem(409, "question-locked");
        }
        assert!(codes(&member, "/me/wrong-answers").await.is_empty(), "it would show the key");
        assert_eq!(codes(&member, "/practice/questions").await.len(), 32);
        assert!(codes(&member, "/practice/questions?from=wrong").await.is_empty());
        assert_secret(&member.get("/me/favourites").await.text);
        // It is locked for whoever has the paper, and for nobody else.
        practise(&other, "judge-00", &["true"]).await;
        practise(&member, "single-00", &["A"]).await;
        member.post_nothing(&path(&attempt, "/submit")).await.expect(200);
        practise(&member, "judge-00", &["true"]).await;
        assert_eq!(codes(&member, "/me/wrong-answers").await.len(), 7);
    }

    async fn what_a_quiz_hides_is_not_betrayed_here(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        for (reveal, opens) in [("after_close", true), ("never", false)] {
            app.clock.set(NOON);
            let member = world.member(&app, reveal, "B1").await;
            let quiz = world.quiz(json!({
                "kind": "contest", "reveal": reveal, "closes_at": in_ten_minutes(), "sections": sections(),
            })).await;
            let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
            world.submit(&member, &attempt, 4).await;
            let paper: Vec<String> = attempt["questions"].as_array().unwrap().iter().map(code_of).collect();
            for after in [0, 600_000, 605_000] {
                app.clock.set(NOON + after);
                assert_eq!(counts(&member).await, (0, 0), "{reveal} {after}");
                for path in ["/me/progress", "/me/wrong-answers", "/me/favourites", "/practice/questions"] {
                    assert_secret(&member.get(path).await.text);
                }
                let wrong = member.get("/me/wrong-answers").await.expect(200);
                assert_eq!(wrong, json!({"items": [], "next_cursor": null}));
                let listed = items(&member, "/practice/questions").await;
                assert!(listed.iter().all(|one| one["last_correct"].is_null()));
                if opens {
                    assert!(listed.iter().all(|one| !paper.contains(&one["code"].as_str().unwrap().to_owned())));
                    for code in &paper {
                        send_answer(&member, code, &["true"]).await.problem(409, "question-locked");
                    }
                }
            }
            // That something was handed in is no secret.
            assert_eq!(study(&member).await, (1, 1, 8));
            app.clock.set(NOON + 605_001);
            if opens {
                assert_eq!(counts(&member).await, (8, 4));
                assert_eq!(codes(&member, "/me/wrong-answers").await.len(), 4);
                assert_eq!(codes(&member, "/practice/questions").await.len(), 40);
            } else {
                app.clock.set(NOON + 400 * DAY);
                let member = app.log_in(reveal, PASSWORD).await;
                assert_eq!(counts(&member).await, (0, 0));
                assert!(codes(&member, "/me/wrong-answers").await.is_empty());
            }
        }
    }
}
