//! Members who move or leave: their results stay where they were earned, and no unit gains by it.

use super::{DAY, members, members_id, of_quiz, standings, take, unit_standings, units};
use crate::harness::{NOON, PASSWORD, TestApp, World, json, on_both_databases};

on_both_databases! {
    async fn a_member_who_moves_keeps_results_where_they_were_earned(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let (first, second) = (world.quiz(json!({})).await, world.quiz(json!({})).await);
        let member = world.member(&app, "zs", "B1").await;
        world.add("stays", "B1").await;
        let id = members_id(&member).await;
        take(&app, &world, &member, &first, 5, 1).await;
        world.admin.patch(&format!("/members/{id}"), json!({"unit_id": world.unit("B3")})).await.expect(200);
        app.clock.advance_seconds(1);
        take(&app, &world, &member, &second, 3, 1).await;
        let score_in = async |unit: &str| {
            let board = members(&world.admin, &format!("period=all&unit={}", world.unit(unit))).await;
            board["items"][0]["score"].clone()
        };
        assert_eq!(score_in("B1").await, json!(100));
        assert_eq!(score_in("B3").await, json!(60));
        assert_eq!(score_in("root").await, json!(160), "one row for the whole");
        for (unit, attempts) in [("B1", 1), ("B3", 1), ("root", 2)] {
            let board = members(&world.admin, &format!("period=all&unit={}", world.unit(unit))).await;
            assert_eq!(board["items"][0]["attempts"], attempts, "{unit}");
        }
        let board = units(&world.admin, "period=all&kind=branch").await;
        // Two belonged to B1 when the 100 were earned there: the mean is what it was before the move.
        assert_eq!(unit_standings(&board), [(1, "B3", 60.0), (2, "B1", 50.0)]);
        let board = units(&world.admin, "period=all").await;
        assert_eq!(unit_standings(&board), [(1, "C2", 60.0), (2, "C1", 50.0)]);
    }

    async fn an_attempt_begun_before_a_transfer_counts_for_the_unit_where_it_was_begun(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let member = world.member(&app, "zs", "B1").await;
        let id = members_id(&member).await;
        let attempt = member.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
        world.admin.patch(&format!("/members/{id}"), json!({"unit_id": world.unit("B3")})).await.expect(200);
        world.submit(&member, &attempt, 5).await;
        let board = members(&member, &of_quiz(&quiz)).await;
        assert_eq!(board["me"]["unit"]["name"], "B1");
    }

    async fn a_unit_gains_nothing_by_sending_people_away(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let (moves, leaves) = (world.member(&app, "moves", "B1").await, world.member(&app, "leaves", "B1").await);
        let (stays, other) = (world.member(&app, "stays", "B1").await, world.member(&app, "other", "B3").await);
        let (moved, left) = (members_id(&moves).await, members_id(&leaves).await);
        for actor in [&moves, &leaves, &stays, &other] {
            take(&app, &world, actor, &quiz, 5, 1).await;
        }
        world.add("idle", "B1").await;
        let change = json!({"unit_id": world.unit("B2")});
        world.admin.patch(&format!("/members/{moved}"), change).await.expect(200);
        world.admin.patch(&format!("/members/{left}"), json!({"status": "left"})).await.expect(200);
        for board in [of_quiz(&quiz), "period=all".into()] {
            let rows = units(&world.admin, &format!("{board}&kind=branch")).await["items"].clone();
            let told: Vec<_> = rows
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row["unit"]["name"].clone(), row["mean_score"].clone(), row["active_members"].clone()))
                .collect();
            // Three results of 100 for B1, where four belong or belonged; B2 has only the mover, who took
            // part elsewhere.
            assert_eq!(
                told,
                [
                    (json!("B3"), json!(100), json!(1)),
                    (json!("B1"), json!(75), json!(4)),
                    (json!("B2"), json!(0), json!(1)),
                ]
            );
        }
    }

    async fn somebody_who_has_left_keeps_the_result_and_the_place_in_the_mean(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let gone = world.member(&app, "gone", "B1").await;
        let stays = world.member(&app, "stays", "B1").await;
        let id = members_id(&gone).await;
        take(&app, &world, &gone, &quiz, 1, 1).await;
        take(&app, &world, &stays, &quiz, 4, 1).await;
        world.admin.patch(&format!("/members/{id}"), json!({"status": "left"})).await.expect(200);
        let board = units(&world.admin, &format!("{}&kind=branch", of_quiz(&quiz))).await;
        let row = &board["items"][0];
        assert_eq!((&row["active_members"], &row["participants"]), (&json!(2), &json!(2)));
        assert_eq!((&row["mean_score"], &row["participation"]), (&json!(50), &json!(1.0)));
        let board = members(&stays, &of_quiz(&quiz)).await;
        assert_eq!(standings(&board), [(1, "stays", 80.0), (2, "gone", 20.0)]);
    }

    async fn a_later_transfer_does_not_change_a_past_period(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"closes_at": "2026-11-23T12:00:00Z"})).await;
        let first = world.member(&app, "first", "B1").await;
        let second = world.add("second", "B1").await;
        let third = world.add("third", "B1").await;
        take(&app, &world, &first, &quiz, 3, 1).await;
        let boards = [of_quiz(&quiz), "period=day&on=2026-11-23".into(), "period=week&on=2026-11-23".into(), "period=month&on=2026-11-23".into()];
        let mut before = Vec::new();
        for board in &boards {
            let now = units(&world.admin, &format!("{board}&kind=branch")).await["items"].clone();
            assert_eq!((&now[0]["active_members"], &now[0]["mean_score"]), (&json!(3), &json!(20)));
            before.push(now);
        }
        // The first of December: the day, the week, the month and the quiz are over.
        app.clock.set(NOON + 8 * DAY * 1000);
        let admin = app.admin().await;
        admin.patch(&format!("/members/{}", second["id"]), json!({"unit_id": world.unit("B2")})).await.expect(200);
        admin.patch(&format!("/members/{}", third["id"]), json!({"status": "left"})).await.expect(200);
        let body = json!({"login": "new", "name": "new", "unit_id": world.unit("B1"), "password": PASSWORD});
        admin.post("/members", body.clone()).await.expect(201);
        for (board, before) in boards.iter().zip(&before) {
            assert_eq!(&units(&admin, &format!("{board}&kind=branch")).await["items"], before, "{board}");
        }
        let all = units(&admin, "period=all&kind=branch").await;
        assert_eq!(unit_standings(&all), [(1, "B1", 30.0), (2, "B2", 0.0)]);
    }
}
