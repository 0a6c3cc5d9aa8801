//! Making a quiz: its fields, their defaults, and what is refused.

use super::{least, path, titles, with};
use crate::harness::{TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn a_quiz_keeps_every_field(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let body = json!({
            "title": " 党纪竞赛 ", "kind": "exam", "bank": "1000", "opens_at": "2026-11-24T08:00:00+08:00",
            "closes_at": "2026-12-01T00:00:00Z", "duration_seconds": 1800, "attempts_allowed": 3,
            "sections": [
                {
                    "title": "一、单选题", "kinds": ["single", "judge"], "chapters": ["第二章", "第一章"],
                    "difficulty": [2, 4], "count": 4, "points": 2.5, "multiple_rule": "all_or_nothing",
                },
                {
                    "title": "二、多选题", "kinds": ["multiple"], "chapters": [], "difficulty": [1, 5],
                    "count": 3, "points": 0.07, "multiple_rule": "per_option",
                },
            ],
            "shuffle_questions": false, "shuffle_options": false, "pass_percent": 85, "reveal": "after_close",
            "unit_id": world.unit("C1"),
        });
        let quiz = world.admin.post("/quizzes", body.clone()).await.expect(201);
        let expected = with(
            body,
            &json!({
                "id": quiz["id"], "title": "党纪竞赛", "opens_at": "2026-11-24T00:00:00Z", "state": "upcoming",
                "total": 7, "max_score": 10.21, "my_attempts": 0, "running_attempt_id": null, "attempts_left": 3,
            }),
        );
        assert_eq!(quiz, expected);
        assert_eq!(world.admin.get(&path(&quiz)).await.expect(200), quiz);
        let listed = world.admin.get("/quizzes?state=upcoming").await.expect(200);
        assert_eq!(listed["items"], json!([quiz]));
        world.admin.get("/quizzes/987654").await.problem(404, "not-found");
        world.admin.get("/quizzes/x").await.problem(404, "not-found");
    }

    async fn what_is_left_out_takes_its_default(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "a1", "admin", "C1").await;
        let quiz = admin.post("/quizzes", least()).await.expect(201);
        assert_eq!(
            quiz,
            json!({
                "id": quiz["id"], "title": "测验", "kind": "contest", "bank": "1000",
                "opens_at": "2026-11-23T04:00:00Z", "closes_at": null, "duration_seconds": null,
                "attempts_allowed": null,
                "sections": [{
                    "title": "", "kinds": [], "chapters": [], "difficulty": [1, 5], "count": 5, "points": 20,
                    "multiple_rule": "half_if_incomplete",
                }],
                "shuffle_questions": true, "shuffle_options": true, "pass_percent": 60,
                "reveal": "after_submit", "unit_id": world.unit("C1"), "state": "open", "total": 5,
                "max_score": 100, "my_attempts": 0, "running_attempt_id": null, "attempts_left": null,
            })
        );
        for kind in ["daily", "contest", "exam", "practice"] {
            assert_eq!(world.quiz(json!({"kind": kind})).await["kind"], kind);
        }
        for reveal in ["after_submit", "after_close", "never"] {
            let quiz = world.quiz(json!({"reveal": reveal, "closes_at": "2026-12-01T00:00:00Z"})).await;
            assert_eq!(quiz["reveal"], reveal);
        }
    }

    async fn a_field_that_is_wrong_is_named(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let section = |changes: Value| json!([{"count": 1, "points": 1}, with(json!({"count": 1, "points": 1}), &changes)]);
        for (changes, pointer) in [
            (json!({"title": " "}), "/title"),
            (json!({"title": "长".repeat(201)}), "/title"),
            (json!({"title": "一\u{0}二"}), "/title"),
            (json!({"kind": "party"}), "/kind"),
            (json!({"bank": "none"}), "/bank"),
            (json!({"bank": "\u{0}"}), "/bank"),
            (json!({"opens_at": "2026-11-23"}), "/opens_at"),
            (json!({"opens_at": 1_795_406_400}), "/opens_at"),
            (json!({"closes_at": "tomorrow"}), "/closes_at"),
            (json!({"closes_at": "2026-11-23T04:00:00Z"}), "/closes_at"),
            (json!({"opens_at": "2027-01-01T00:00:00Z", "closes_at": "2026-12-01T00:00:00Z"}), "/closes_at"),
            (json!({"duration_seconds": 0}), "/duration_seconds"),
            (json!({"duration_seconds": 604_801}), "/duration_seconds"),
            (json!({"duration_seconds": i64::MAX}), "/duration_seconds"),
            (json!({"duration_seconds": 1.5}), "/duration_seconds"),
            (json!({"attempts_allowed": 0}), "/attempts_allowed"),
            (json!({"attempts_allowed": 1001}), "/attempts_allowed"),
            (json!({"attempts_allowed": i64::MAX}), "/attempts_allowed"),
            (json!({"pass_percent": 101}), "/pass_percent"),
            (json!({"pass_percent": -1}), "/pass_percent"),
            (json!({"reveal": "sometimes"}), "/reveal"),
            (json!({"shuffle_options": "yes"}), "/shuffle_options"),
            (json!({"unit_id": 987_654}), "/unit_id"),
            (json!({"state": "open"}), "/state"),
            (json!({"sections": []}), "/sections"),
            (json!({"sections": vec![json!({"count": 1, "points": 1}); 21]}), "/sections"),
            (json!({"sections": [{"count": 250, "points": 1}, {"count": 251, "points": 1}]}), "/sections"),
            (json!({"sections": {"count": 1, "points": 1}}), "/sections"),
            (json!({"sections": section(json!({"title": "长".repeat(101)}))}), "/sections/1/title"),
            (json!({"sections": section(json!({"title": "一\n二"}))}), "/sections/1/title"),
            (json!({"sections": section(json!({"kinds": ["single", "short"]}))}), "/sections/1/kinds"),
            (json!({"sections": section(json!({"kinds": ["single", "riddle"]}))}), "/sections/1/kinds/1"),
            (json!({"sections": section(json!({"chapters": ["第一章", "第九章"]}))}), "/sections/1/chapters/1"),
            (json!({"sections": section(json!({"chapters": vec!["第一章"; 201]}))}), "/sections/1/chapters"),
            (json!({"sections": section(json!({"difficulty": [0, 5]}))}), "/sections/1/difficulty"),
            (json!({"sections": section(json!({"difficulty": [1, 6]}))}), "/sections/1/difficulty"),
            (json!({"sections": section(json!({"difficulty": [3, 2]}))}), "/sections/1/difficulty"),
            (json!({"sections": section(json!({"difficulty": [1]}))}), "/sections/1/difficulty"),
            (json!({"sections": section(json!({"difficulty": [1, 300]}))}), "/sections/1/difficulty/1"),
            (json!({"sections": section(json!({"count": 0}))}), "/sections/1/count"),
            (json!({"sections": section(json!({"count": -1}))}), "/sections/1/count"),
            (json!({"sections": section(json!({"points": 0}))}), "/sections/1/points"),
            (json!({"sections": section(json!({"points": 0.005}))}), "/sections/1/points"),
            (json!({"sections": section(json!({"points": 1000.01}))}), "/sections/1/points"),
            (json!({"sections": section(json!({"points": -1}))}), "/sections/1/points"),
            (json!({"sections": section(json!({"points": "1"}))}), "/sections/1/points"),
            (json!({"sections": section(json!({"multiple_rule": "none"}))}), "/sections/1/multiple_rule"),
            (json!({"sections": section(json!({"colour": "red"}))}), "/sections/1/colour"),
        ] {
            let created = world.admin.post("/quizzes", with(least(), &changes)).await;
            assert_eq!(created.pointers(), [pointer], "{changes}");
            let changed = world.admin.patch(&path(&quiz), changes.clone()).await;
            assert_eq!(changed.pointers(), [pointer], "{changes}");
        }
        let many = json!({
            "title": "", "pass_percent": 101,
            "sections": [{"count": 0, "points": 0}, {"count": 1, "points": 1, "difficulty": [5, 1]}],
        });
        assert_eq!(
            world.admin.post("/quizzes", with(least(), &many)).await.pointers(),
            ["/sections/0/count", "/sections/0/points", "/sections/1/difficulty", "/title", "/pass_percent"]
        );
        for missing in ["title", "kind", "bank", "sections"] {
            let mut body = least();
            body.as_object_mut().unwrap().remove(missing);
            let problem = world.admin.post("/quizzes", body).await.problem(422, "invalid-fields");
            assert_eq!(problem["errors"], json!([{"pointer": format!("/{missing}"), "detail": "必须填写"}]));
        }
        assert_eq!(world.admin.get(&path(&quiz)).await.expect(200), quiz);
        assert_eq!(titles(&world.admin, "").await.len(), 3);
    }

    async fn a_blueprint_that_the_bank_cannot_fill_is_refused(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        // The bank has 16 single, 10 multiple, 8 judge and 6 blank questions, and one that is never drawn.
        for (sections, shortfalls) in [
            (json!([{"kinds": ["single"], "count": 17, "points": 1}]), vec![(0, 17, 1)]),
            (json!([{"count": 41, "points": 1}]), vec![(0, 41, 1)]),
            (
                // Even numbers, and of them those that leave 0 when divided by 5: 0 and 10.
                json!([{"kinds": ["single"], "chapters": ["第一章"], "difficulty": [1, 1], "count": 5, "points": 1}]),
                vec![(0, 5, 3)],
            ),
            (
                json!([
                    {"kinds": ["judge"], "count": 9, "points": 1},
                    {"kinds": ["blank"], "count": 6, "points": 1},
                    {"kinds": ["multiple"], "count": 20, "points": 1},
                ]),
                vec![(0, 9, 1), (2, 20, 10)],
            ),
            (
                // Both want the same questions.
                json!([{"kinds": ["single"], "count": 10, "points": 1}, {"kinds": ["single"], "count": 8, "points": 1}]),
                vec![(1, 8, 2)],
            ),
            (
                json!([{"kinds": ["single", "judge"], "count": 9, "points": 1}, {"kinds": ["single"], "count": 16, "points": 1}]),
                vec![(1, 16, 1)],
            ),
            (json!([{"chapters": ["未分类"], "count": 2, "points": 1}]), vec![(0, 2, 2)]),
        ] {
            let change = json!({"sections": sections});
            for reply in [
                world.admin.post("/quizzes", with(least(), &change)).await,
                world.admin.patch(&path(&quiz), change.clone()).await,
            ] {
                let problem = reply.problem(422, "blueprint-unfillable");
                let errors: Vec<_> = problem["errors"].as_array().unwrap().iter().collect();
                assert_eq!(errors.len(), shortfalls.len(), "{problem}");
                for (error, (section, wanted, missing)) in errors.into_iter().zip(&shortfalls) {
                    assert_eq!(error["pointer"], format!("/sections/{section}/count"));
                    let detail = error["detail"].as_str().unwrap();
                    assert!(detail.contains(&format!("要 {wanted} 题")), "{detail}");
                    assert!(detail.contains(&format!("缺 {missing} 题")), "{detail}");
                }
            }
        }
        assert_eq!(world.admin.get(&path(&quiz)).await.expect(200), quiz);
        // The first section leaves the second what only that one can use.
        let sections = json!([
            {"kinds": ["single", "judge"], "count": 8, "points": 1}, {"kinds": ["single"], "count": 16, "points": 1},
        ]);
        let tight = world.quiz(json!({"sections": sections})).await;
        let member = world.member(&app, "zs", "B1").await;
        let attempt = member.post_nothing(&format!("{}/attempts", path(&tight))).await.expect(201);
        assert_eq!(attempt["questions"].as_array().unwrap().len(), 24);
        // An empty bank fills nothing.
        world.admin.post("/banks", json!({"code": "t", "title": "空"})).await.expect(201);
        let empty = with(least(), &json!({"bank": "t"}));
        world.admin.post("/quizzes", empty).await.problem(422, "blueprint-unfillable");
    }

    async fn a_branch_admin_makes_quizzes_for_what_is_below(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let admin = world.with_role(&app, "a1", "admin", "C1").await;
        let leader = world.with_role(&app, "l1", "leader", "C1").await;
        let member = world.member(&app, "zs", "B1").await;
        let body = |unit: &str| with(least(), &json!({"unit_id": world.unit(unit)}));
        let own = admin.post("/quizzes", body("B1")).await.expect(201);
        admin.patch(&path(&own), json!({"unit_id": world.unit("C1")})).await.expect(200);
        for unit in ["root", "C2", "B3"] {
            admin.post("/quizzes", body(unit)).await.problem(403, "forbidden");
            let to = json!({"unit_id": world.unit(unit)});
            admin.patch(&path(&own), to).await.problem(403, "forbidden");
            let other = world.quiz(json!({"unit_id": world.unit(unit)})).await;
            admin.patch(&path(&other), json!({"title": "改名"})).await.problem(403, "forbidden");
            admin.patch(&path(&other), json!({"unit_id": world.unit("C1")})).await.problem(403, "forbidden");
            admin.delete(&path(&other)).await.problem(403, "forbidden");
            assert_eq!(world.admin.get(&path(&other)).await.expect(200), other);
        }
        for actor in [&leader, &member] {
            actor.post("/quizzes", body("B1")).await.problem(403, "forbidden");
            actor.patch(&path(&own), json!({"title": "改名"})).await.problem(403, "forbidden");
            actor.delete(&path(&own)).await.problem(403, "forbidden");
        }
        admin.delete(&path(&own)).await.expect(204);
    }
}
