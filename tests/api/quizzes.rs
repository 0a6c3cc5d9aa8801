//! Quizzes: make, list, change, remove.

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

fn path(quiz: &Value) -> String {
    format!("/quizzes/{}", quiz["id"])
}

/// A quiz with nothing but what it needs.
fn least() -> Value {
    json!({"title": "测验", "kind": "contest", "bank": "1000", "sections": [{"count": 5, "points": 20}]})
}

/// Replaces fields.
fn with(mut body: Value, changes: &Value) -> Value {
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

async fn titles(actor: &Actor, query: &str) -> Vec<String> {
    let list = actor.get(&format!("/quizzes?{query}")).await.expect(200);
    let rows = list["items"].as_array().unwrap().iter();
    rows.map(|row| row["title"].as_str().unwrap().to_owned()).collect()
}

/// Removes the quizzes that a new system has.
async fn remove_ready_ones(admin: &Actor) {
    for quiz in admin.get("/quizzes").await.expect(200)["items"].as_array().unwrap() {
        admin.delete(&path(quiz)).await.expect(204);
    }
}

on_both_databases! {
    async fn a_quiz_tells_what_the_caller_has_made_of_it(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let contest = world.quiz(json!({"attempts_allowed": 2, "duration_seconds": 60})).await;
        let daily = world.quiz(json!({"kind": "daily", "attempts_allowed": 1})).await;
        let free = world.quiz(json!({"kind": "practice"})).await;
        let (member, other) = (world.member(&app, "zs", "B1").await, world.member(&app, "ls", "B1").await);
        let own = async |member: &Actor, quiz: &Value| {
            let shown = member.get(&path(quiz)).await.expect(200);
            let listed = member.get("/quizzes").await.expect(200);
            let listed = listed["items"].as_array().unwrap().iter().find(|one| one["id"] == quiz["id"]).unwrap();
            assert_eq!(&shown, listed);
            json!([shown["my_attempts"], shown["running_attempt_id"], shown["attempts_left"]])
        };
        assert_eq!(own(&member, &contest).await, json!([0, null, 2]));
        let begun = member.post_nothing(&format!("{}/attempts", path(&contest))).await.expect(201);
        assert_eq!(own(&member, &contest).await, json!([1, begun["id"], 1]));
        assert_eq!(own(&other, &contest).await, json!([0, null, 2]));
        // What has run out cannot be gone on with, settled or not.
        app.clock.advance_ms(65_001);
        assert_eq!(own(&member, &contest).await, json!([1, null, 1]));
        world.attempt(&member, &contest, 1).await;
        assert_eq!(own(&member, &contest).await, json!([2, null, 0]));
        world.attempt(&member, &free, 1).await;
        assert_eq!(own(&member, &free).await, json!([1, null, null]));
        // A daily quiz begins anew with the day; what was begun before midnight can still be handed in.
        let begun = member.post_nothing(&format!("{}/attempts", path(&daily))).await.expect(201);
        assert_eq!(own(&member, &daily).await, json!([1, begun["id"], 0]));
        app.clock.set(crate::harness::NOON + 12 * 3_600_000);
        let member = app.log_in("zs", "Member-Pass-2026").await;
        assert_eq!(own(&member, &daily).await, json!([0, begun["id"], 1]));
        world.submit(&member, &begun, 1).await;
        assert_eq!(own(&member, &daily).await, json!([0, null, 1]));
    }

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
            assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(missing), "{problem}");
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

    async fn quizzes_are_listed_by_state_those_that_open_last_first(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        remove_ready_ones(&world.admin).await;
        let at = |minute: u32| format!("2026-11-23T04:{minute:02}:00Z");
        for (title, opens, closes) in [
            ("甲", 10, Some(20)),
            ("乙", 10, None),
            ("丙", 0, Some(15)),
            ("丁", 30, Some(40)),
            ("戊", 0, None),
        ] {
            let body = json!({"title": title, "opens_at": at(opens), "closes_at": closes.map(at)});
            world.quiz(body).await;
        }
        let member = world.member(&app, "zs", "B1").await;
        assert_eq!(titles(&member, "").await, ["丁", "乙", "甲", "戊", "丙"]);
        for (minutes, upcoming, open, closed) in [
            (0, vec!["丁", "乙", "甲"], vec!["戊", "丙"], vec![]),
            (10, vec!["丁"], vec!["乙", "甲", "戊", "丙"], vec![]),
            (5, vec!["丁"], vec!["乙", "甲", "戊"], vec!["丙"]),
            (25, vec![], vec!["乙", "戊"], vec!["丁", "甲", "丙"]),
        ] {
            app.clock.advance_seconds(minutes * 60);
            let member = app.log_in("zs", "Member-Pass-2026").await;
            assert_eq!(titles(&member, "state=upcoming").await, upcoming);
            assert_eq!(titles(&member, "state=open").await, open);
            assert_eq!(titles(&member, "state=closed").await, closed);
        }
        let member = app.log_in("zs", "Member-Pass-2026").await;
        assert_eq!(member.get("/quizzes?state=lost").await.pointers(), ["/state"]);
        for limit in [1, 2, 5] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = member.get(&format!("/quizzes?limit={limit}&cursor={cursor}")).await.expect(200);
                let rows = page["items"].as_array().unwrap();
                assert!((1..=limit).contains(&rows.len()));
                found.extend(rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()));
                let Some(next) = page["next_cursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!(found, ["丁", "乙", "甲", "戊", "丙"], "{limit}");
        }
        let page = member.get("/quizzes?state=closed&limit=2").await.expect(200);
        let next = page["next_cursor"].as_str().unwrap();
        assert_eq!(titles(&member, &format!("state=closed&limit=2&cursor={next}")).await, ["丙"]);
        assert_eq!(member.get("/quizzes?cursor=x").await.pointers(), ["/cursor"]);
        app.anonymous().get("/quizzes").await.problem(401, "unauthenticated");
    }

    async fn quizzes_are_seen_by_those_they_are_for_and_those_who_look_after_them(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        remove_ready_ones(&world.admin).await;
        let mut quizzes = Vec::new();
        for unit in ["root", "C1", "C2", "B1", "B3"] {
            quizzes.push((unit, world.quiz(json!({"title": unit, "unit_id": world.unit(unit)})).await));
        }
        let member = world.member(&app, "zs", "B1").await;
        let leader = world.with_role(&app, "l1", "leader", "C1").await;
        let abroad = world.add_with("a1", "B3", json!([{"role": "admin", "unit_id": world.unit("C1")}])).await;
        assert_eq!(abroad["unit_id"], world.unit("B3"));
        let abroad = app.log_in("a1", "Member-Pass-2026").await;
        for (actor, seen) in [
            (&world.admin, vec!["B3", "B1", "C2", "C1", "root"]),
            (&member, vec!["B1", "C1", "root"]),
            (&leader, vec!["B1", "C1", "root"]),
            (&abroad, vec!["B3", "B1", "C2", "C1", "root"]),
        ] {
            assert_eq!(titles(actor, "").await, seen);
            for (unit, quiz) in &quizzes {
                let reply = actor.get(&path(quiz)).await;
                if seen.contains(unit) {
                    assert_eq!(reply.expect(200), *quiz);
                } else {
                    reply.problem(403, "forbidden");
                }
            }
        }
    }

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
