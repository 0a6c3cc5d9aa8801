//! Changing and removing a quiz, until somebody has begun it.

use super::{path, with};
use crate::harness::{TestApp, World, json, on_both_databases};

on_both_databases! {
    async fn a_change_keeps_what_it_leaves_out_and_null_clears(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut quiz = world
            .quiz(json!({
                "opens_at": "2026-11-24T00:00:00Z", "closes_at": "2026-11-25T00:00:00Z", "duration_seconds": 600,
                "attempts_allowed": 2, "pass_percent": 80, "reveal": "never", "shuffle_questions": false,
                "shuffle_options": false, "unit_id": world.unit("C1"),
            }))
            .await;
        let file = json!([
            {"code": "a", "kind": "judge", "stem": "甲", "key": ["true"]},
            {"code": "b", "kind": "judge", "stem": "乙", "key": ["false"]},
        ]);
        world.admin.post("/banks", json!({"code": "t", "title": "试题"})).await.expect(201);
        world.admin.upload("/banks/t/import", file.to_string()).await.expect(200);
        let section = json!({
            "title": "", "kinds": ["judge"], "chapters": [], "difficulty": [1, 5], "count": 2, "points": 1.5,
            "multiple_rule": "half_if_incomplete",
        });
        let path = path(&quiz);
        for (change, also) in [
            (json!({}), json!({})),
            (json!({"title": "改名"}), json!({})),
            (json!({"kind": "exam"}), json!({})),
            (json!({"closes_at": null}), json!({})),
            (json!({"duration_seconds": null}), json!({})),
            (json!({"attempts_allowed": null}), json!({"attempts_left": null})),
            (json!({"closes_at": "2026-11-26T00:00:00Z", "duration_seconds": 60, "attempts_allowed": 1}), json!({"attempts_left": 1})),
            (json!({"opens_at": "2026-11-23T00:00:00Z"}), json!({"state": "open"})),
            (json!({"sections": [section]}), json!({"total": 2, "max_score": 3})),
            (json!({"bank": "t"}), json!({})),
            (json!({"shuffle_questions": true}), json!({})),
            (json!({"shuffle_options": true}), json!({})),
            (json!({"pass_percent": 0}), json!({})),
            (json!({"reveal": "after_close"}), json!({})),
            (json!({"unit_id": world.unit("B3")}), json!({})),
        ] {
            quiz = with(with(quiz, &change), &also);
            assert_eq!(world.admin.patch(&path, change.clone()).await.expect(200), quiz, "{change}");
            assert_eq!(world.admin.get(&path).await.expect(200), quiz);
        }
        // What no longer fits together is refused, and the rest of the change with it.
        let late = json!({"title": "又改名", "opens_at": "2026-11-27T00:00:00Z"});
        assert_eq!(world.admin.patch(&path, late).await.pointers(), ["/closes_at"]);
        assert_eq!(world.admin.get(&path).await.expect(200), quiz);
        world.admin.delete(&path).await.expect(204);
        world.admin.delete(&path).await.problem(404, "not-found");
        world.admin.get(&path).await.problem(404, "not-found");
        world.admin.patch(&path, json!({})).await.problem(404, "not-found");
    }

    async fn once_somebody_has_begun_a_quiz_stays_as_it_is(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        let quiz = world.quiz(json!({})).await;
        let attempt = member.post_nothing(&format!("{}/attempts", path(&quiz))).await.expect(201);
        world.admin.patch(&path(&quiz), json!({"title": "改名"})).await.problem(409, "quiz-in-use");
        world.admin.delete(&path(&quiz)).await.problem(409, "quiz-in-use");
        world.submit(&member, &attempt, 5).await;
        world.admin.patch(&path(&quiz), json!({"pass_percent": 90})).await.problem(409, "quiz-in-use");
        world.admin.delete(&path(&quiz)).await.problem(409, "quiz-in-use");
        assert_eq!(world.admin.get(&path(&quiz)).await.expect(200), quiz);
    }

    async fn a_quiz_that_changes_while_somebody_begins_is_one_or_the_other(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let member = world.member(&app, "zs", "B1").await;
        for _ in 0..8 {
            let quiz = world.quiz(json!({})).await;
            let begin = format!("{}/attempts", path(&quiz));
            let change = json!({"sections": [{"count": 3, "points": 1}]});
            let (begun, changed) = futures_util::future::join(
                member.post_nothing(&begin),
                world.admin.patch(&path(&quiz), change),
            )
            .await;
            // Whoever comes second gives way: the change to the attempt, or the attempt to the new rules.
            let items = if changed.status == 200 { 3 } else { changed.problem(409, "quiz-in-use"); 5 };
            let attempt = if begun.status == 503 {
                begun.problem(503, "busy");
                member.post_nothing(&begin).await.expect(201)
            } else {
                begun.expect(201)
            };
            assert_eq!(attempt["questions"].as_array().unwrap().len(), items);
            assert_eq!(world.admin.get(&path(&quiz)).await.expect(200)["total"], items);
            assert_eq!(world.submit(&member, &attempt, items).await["correct"], items);
        }
    }
}
