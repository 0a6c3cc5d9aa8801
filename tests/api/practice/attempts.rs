//! Answers of attempts that are taken into progress once they are revealed.

use super::{begin, code_of, codes, counts, in_ten_minutes, items, path, practise, sections};
use crate::harness::{NOON, TestApp, Value, World, json, on_both_databases, right_answers, wrong_answer};

on_both_databases! {
    async fn answers_of_attempts_are_learned_once_when_they_are_revealed(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"kind": "exam", "reveal": "after_submit", "sections": sections()})).await;
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let questions = attempt["questions"].as_array().unwrap();
        // Three right, four wrong, one left empty.
        let mut answers = right_answers(&attempt);
        answers.truncate(3);
        answers.extend(questions[3..7].iter().map(|item| json!({"no": item["no"], "answer": wrong_answer(item)})));
        app.clock.advance_seconds(30);
        member.put(&path(&attempt, "/answers"), json!({"answers": answers})).await.expect(204);
        assert_eq!(counts(&member).await, (0, 0));
        member.post_nothing(&path(&attempt, "/submit")).await.expect(200);
        for _ in 0..2 {
            assert_eq!(counts(&member).await, (7, 3));
        }
        let wrong = items(&member, "/me/wrong-answers").await;
        let mut expected: Vec<String> = questions[3..7].iter().map(code_of).collect();
        let mut found: Vec<String> = wrong.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        for item in &questions[3..7] {
            let one = wrong.iter().find(|one| one["code"] == code_of(item)).unwrap();
            assert_eq!((&one["wrong_times"], &one["last_at"]), (&json!(1), &json!("2026-11-23T04:00:30Z")));
            // The paper has shuffled the options: the texts of what was chosen are the same.
            let texts = |options: &Value, chosen: &Value| -> Vec<String> {
                let mut texts: Vec<String> = options.as_array().unwrap().iter()
                    .filter(|option| chosen.as_array().unwrap().contains(&option["id"]))
                    .map(|option| option["text"].as_str().unwrap().to_owned())
                    .collect();
                texts.sort();
                texts
            };
            let answered = json!(wrong_answer(item));
            assert_eq!(texts(&one["options"], &one["your_answer"]), texts(&item["options"], &answered));
            if item["options"] == json!([]) {
                assert_eq!(one["your_answer"], answered);
            }
        }
        // Answered right in practice, one leaves; a later answer stands although the attempt is asked for again.
        let code = code_of(&questions[3]);
        let key: Vec<String> = serde_json::from_value(wrong.iter().find(|one| one["code"] == code).unwrap()["key"].clone()).unwrap();
        let key: Vec<&str> = key.iter().map(|one| one.split('|').next().unwrap()).collect();
        assert_eq!(practise(&member, &code, &key).await["correct"], true);
        assert_eq!(counts(&member).await, (7, 4));
        assert!(!codes(&member, "/me/wrong-answers").await.contains(&code));
    }

    async fn the_latest_answer_stands_whichever_is_taken_in_last(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        // Every judge question is on the paper, so which are known.
        let quiz = world.quiz(json!({
            "kind": "contest", "reveal": "after_close", "closes_at": in_ten_minutes(),
            "sections": [{"kinds": ["judge"], "count": 8, "points": 10}],
        })).await;
        practise(&member, "judge-00", &["true"]).await;
        practise(&member, "judge-01", &["false"]).await;
        app.clock.advance_seconds(10);
        let attempt = member.post_nothing(&begin(&quiz)).await.expect(201);
        let answers: Vec<Value> = attempt["questions"].as_array().unwrap().iter()
            .filter(|item| ["judge-00", "judge-02"].contains(&code_of(item).as_str()))
            .map(|item| json!({"no": item["no"], "answer": wrong_answer(item)}))
            .collect();
        member.post(&path(&attempt, "/submit"), json!({"answers": answers})).await.expect(200);
        assert_eq!(counts(&member).await, (2, 2));
        app.clock.set(NOON + 605_001);
        assert_eq!(counts(&member).await, (3, 1));
        practise(&member, "judge-02", &["true"]).await;
        assert_eq!(counts(&member).await, (3, 2));
        // Taken in later than the practice that came after it: another member's way round.
        let other = world.member(&app, "ls", "B1").await;
        let exam = world.quiz(json!({"kind": "exam", "reveal": "after_submit", "sections": [{"kinds": ["judge"], "count": 8, "points": 1}], "duration_seconds": 60})).await;
        let attempt = other.post_nothing(&begin(&exam)).await.expect(201);
        let answers: Vec<Value> = attempt["questions"].as_array().unwrap().iter()
            .map(|item| json!({"no": item["no"], "answer": wrong_answer(item)}))
            .collect();
        other.put(&path(&attempt, "/answers"), json!({"answers": answers})).await.expect(204);
        // Its time is over but nobody has settled it: the practice is taken in first.
        app.clock.advance_seconds(66);
        practise(&other, "judge-04", &["true"]).await;
        assert_eq!(counts(&other).await, (1, 1));
        assert_eq!(app.services.attempts.sweep().await.unwrap(), 1);
        assert_eq!(counts(&other).await, (8, 1));
        let wrong = items(&other, "/me/wrong-answers").await;
        assert_eq!(wrong.len(), 7);
        practise(&other, "judge-04", &["false"]).await;
        let wrong = items(&other, "/me/wrong-answers").await;
        assert_eq!((&wrong[0]["code"], &wrong[0]["wrong_times"]), (&json!("judge-04"), &json!(2)));
    }

    async fn many_attempts_are_taken_in_together(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({"kind": "practice", "sections": [{"kinds": ["judge"], "count": 8, "points": 1}]})).await;
        for _ in 0..40 {
            world.attempt(&member, &quiz, 0).await;
        }
        let asks = (0..4).map(|_| counts(&member));
        assert_eq!(futures_util::future::join_all(asks).await, [(8, 0); 4]);
        let wrong = items(&member, "/me/wrong-answers").await;
        assert!(wrong.iter().all(|one| one["wrong_times"] == 40), "{wrong:?}");
    }
}
