//! Listing quizzes: who sees which, in which order, and what is told of the caller's attempts.

use super::{path, titles};
use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

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
}
