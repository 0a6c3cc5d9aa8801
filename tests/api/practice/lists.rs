//! What somebody's answers leave behind: progress, wrong answers, favourites, questions not seen yet.

use super::{assert_secret, codes, counts, items, practise, progress};
use crate::harness::{TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn progress_counts_each_question_once_and_its_last_answer(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        let before = progress(&member).await;
        let chapter = |name: &str, seen: i64, correct: i64| json!({"chapter": name, "total": 20, "seen": seen, "correct": correct});
        let bank = world.admin.get("/banks").await.expect(200)["items"][0].clone();
        assert_eq!(before, json!({
            "bank": "1000", "title": bank["title"], "total": 40, "seen": 0, "correct": 0, "streak_days": 0,
            "longest_streak_days": 0, "answered_today": 0,
            "chapters": [chapter("第一章", 0, 0), chapter("第二章", 0, 0)],
        }));
        practise(&member, "single-00", &["A"]).await;
        practise(&member, "single-01", &["A"]).await;
        practise(&member, "single-01", &["C"]).await;
        let after = progress(&member).await;
        assert_eq!(after["chapters"], json!([chapter("第一章", 1, 1), chapter("第二章", 1, 0)]));
        assert_eq!((&after["seen"], &after["correct"], &after["answered_today"]), (&json!(2), &json!(1), &json!(3)));
        practise(&member, "single-01", &["B"]).await;
        assert_eq!(counts(&member).await, (2, 2));
        practise(&member, "single-00", &["B"]).await;
        assert_eq!(counts(&member).await, (2, 1));
        assert_eq!(counts(&other).await, (0, 0));
        // What leaves the bank leaves the count.
        world.admin.delete("/banks/1000/questions/single-00").await.expect(204);
        assert_eq!((counts(&member).await, progress(&member).await["total"].clone()), ((1, 1), json!(39)));
        assert!(codes(&member, "/me/wrong-answers").await.is_empty());
    }

    async fn unseen_and_wrong_questions_are_found(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        practise(&member, "single-00", &["A"]).await;
        practise(&member, "single-01", &["A"]).await;
        practise(&member, "judge-00", &["false"]).await;
        let unseen = codes(&member, "/practice/questions?from=unseen").await;
        assert_eq!(unseen.len(), 37);
        assert!(!unseen.contains(&"single-00".into()) && !unseen.contains(&"single-01".into()));
        assert_eq!(codes(&member, "/practice/questions?from=wrong").await, ["single-01", "judge-00"]);
        assert_eq!(codes(&member, "/practice/questions?from=wrong&chapter=第一章").await, ["judge-00"]);
        practise(&member, "single-01", &["B"]).await;
        assert_eq!(codes(&member, "/practice/questions?from=wrong").await, ["judge-00"]);
    }

    async fn a_wrong_answer_is_listed_until_the_question_is_answered_right_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        practise(&member, "single-01", &["A"]).await;
        app.clock.advance_seconds(60);
        practise(&member, "multiple-00", &["A", "B"]).await;
        app.clock.advance_seconds(60);
        practise(&member, "blank-01", &["不对"]).await;
        app.clock.advance_seconds(60);
        practise(&member, "single-01", &["D"]).await;
        assert_eq!(codes(&member, "/me/wrong-answers").await, ["single-01", "blank-01", "multiple-00"]);
        assert_eq!(codes(&member, "/me/wrong-answers?chapter=第一章&bank=1000").await, ["multiple-00"]);
        assert_eq!(items(&member, "/me/wrong-answers").await[0], json!({
            "code": "single-01", "chapter": "第二章", "kind": "single", "stem": "single 1",
            "options": [
                {"id": "A", "text": "single 1 乙0"}, {"id": "B", "text": "single 1 甲1"},
                {"id": "C", "text": "single 1 乙2"}, {"id": "D", "text": "single 1 乙3"},
            ],
            "your_answer": ["D"], "key": ["B"], "explanation": "EXPLANATION single 1", "source": "SOURCE single 1",
            "wrong_times": 2, "last_at": "2026-11-23T04:03:00Z",
        }));
        assert_eq!(items(&member, "/me/wrong-answers").await[1]["your_answer"], json!(["不对"]));
        let first = member.get("/me/wrong-answers?limit=2").await.expect(200);
        let next = first["next_cursor"].as_str().unwrap();
        assert_eq!(codes(&member, &format!("/me/wrong-answers?limit=2&cursor={next}")).await, ["multiple-00"]);
        practise(&member, "single-01", &["B"]).await;
        assert_eq!(codes(&member, "/me/wrong-answers").await, ["blank-01", "multiple-00"]);
        practise(&member, "single-01", &["C"]).await;
        assert_eq!(items(&member, "/me/wrong-answers").await[0]["wrong_times"], 3);
        assert!(codes(&other, "/me/wrong-answers").await.is_empty());
    }

    async fn favourites_are_marked_and_listed_latest_first(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let other = world.member(&app, "ls", "B1").await;
        for code in ["judge-03", "single-05", "blank-00"] {
            for _ in 0..2 {
                member.put(&format!("/me/favourites/1000/{code}"), Value::Null).await.expect(204);
            }
            app.clock.advance_seconds(1);
        }
        // Again: it keeps its place.
        member.put("/me/favourites/1000/judge-03", Value::Null).await.expect(204);
        practise(&member, "judge-03", &["true"]).await;
        let reply = member.get("/me/favourites?bank=1000").await;
        assert_secret(&reply.text);
        let listed = reply.expect(200)["items"].clone();
        let listed = listed.as_array().unwrap();
        let found: Vec<&str> = listed.iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(found, ["blank-00", "single-05", "judge-03"]);
        assert_eq!((&listed[2]["favourite"], &listed[2]["last_correct"]), (&json!(true), &json!(false)));
        assert_eq!(codes(&member, "/practice/questions?from=favourites").await, ["single-05", "judge-03", "blank-00"]);
        let first = member.get("/me/favourites?limit=1").await.expect(200);
        let next = first["next_cursor"].as_str().unwrap();
        assert_eq!(codes(&member, &format!("/me/favourites?cursor={next}")).await, ["single-05", "judge-03"]);
        assert!(codes(&other, "/me/favourites").await.is_empty());
        for _ in 0..2 {
            member.delete("/me/favourites/1000/single-05").await.expect(204);
        }
        world.admin.delete("/banks/1000/questions/blank-00").await.expect(204);
        assert_eq!(codes(&member, "/me/favourites").await, ["judge-03"]);
    }
}
