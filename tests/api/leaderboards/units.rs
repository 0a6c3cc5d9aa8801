//! How units stand: by the mean over their active members, then by participation and time.

use super::{all_pages, of_quiz, take, unit_standings, units};
use crate::harness::{PASSWORD, TestApp, World, json, on_both_databases};

on_both_databases! {
    async fn a_unit_has_the_mean_over_all_of_its_active_members(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        // B1 sends its best alone, B2 sends everybody.
        for (login, unit, right) in [("b1", "B1", Some(5)), ("b1-", "B1", None), ("b1--", "B1", None), ("b2", "B2", Some(2)), ("b2-", "B2", Some(4))] {
            let actor = world.member(&app, login, unit).await;
            if let Some(right) = right {
                take(&app, &world, &actor, &quiz, right, 1).await;
            }
        }
        for board in [of_quiz(&quiz), "period=day".into()] {
            let branches = units(&world.admin, &format!("{board}&kind=branch")).await;
            assert_eq!(
                branches["items"],
                json!([
                    {"rank": 1, "unit": {"id": world.unit("B2"), "name": "B2"}, "mean_score": 60, "participants": 2,
                     "active_members": 2, "participation": 1.0, "pass_rate": 0.5},
                    {"rank": 2, "unit": {"id": world.unit("B1"), "name": "B1"}, "mean_score": 33.33, "participants": 1,
                     "active_members": 3, "participation": 0.3333, "pass_rate": 1.0},
                ]),
                "units without members (B3) are left out"
            );
            let committees = units(&world.admin, &board).await;
            assert_eq!(
                committees["items"],
                json!([
                    {"rank": 1, "unit": {"id": world.unit("C1"), "name": "C1"}, "mean_score": 44, "participants": 3,
                     "active_members": 5, "participation": 0.6, "pass_rate": 0.6667},
                ])
            );
        }
    }

    async fn units_are_chosen_by_parent_and_kind(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let body = json!({"parent_id": world.unit("B3"), "kind": "group", "code": "G", "name": "G"});
        let group = world.admin.post("/units", body).await.expect(201)["id"].as_i64().unwrap();
        world.add("b1", "B1").await;
        world.add("b2", "B2").await;
        let body = json!({"login": "g", "name": "姓名g", "unit_id": group, "password": PASSWORD});
        world.admin.post("/members", body).await.expect(201);
        let actor = app.log_in("g", PASSWORD).await;
        take(&app, &world, &actor, &quiz, 5, 1).await;
        let id = |code: &str| world.unit(code);
        for (params, expected) in [
            (String::new(), vec![(1, "C2", 100.0), (2, "C1", 0.0)]),
            ("&kind=branch".into(), vec![(1, "B3", 100.0), (2, "B1", 0.0), (2, "B2", 0.0)]),
            ("&kind=group".into(), vec![(1, "G", 100.0)]),
            ("&kind=zone".into(), vec![]),
            (format!("&parent={}", id("C1")), vec![(1, "B1", 0.0), (1, "B2", 0.0)]),
            (format!("&parent={}&kind=branch", id("C2")), vec![(1, "B3", 100.0)]),
            (format!("&parent={}&kind=group", id("C2")), vec![(1, "G", 100.0)]),
            (format!("&parent={}&kind=committee", id("root")), vec![(1, "C2", 100.0), (2, "C1", 0.0)]),
            (format!("&parent={group}"), vec![]),
        ] {
            let board = units(&actor, &format!("{}{params}", of_quiz(&quiz))).await;
            assert_eq!(unit_standings(&board), expected, "{params}");
        }
    }

    async fn units_with_equal_means_stand_by_participation_and_then_by_time(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        for (code, results) in [
            ("U1", vec![Some((4, 10)), None]),
            ("U2", vec![Some((2, 30)), Some((2, 10))]),
            ("U3", vec![Some((2, 10)), Some((2, 20))]),
            ("U4", vec![Some((2, 20)), Some((2, 20))]),
            ("U5", vec![Some((1, 1))]),
        ] {
            let body = json!({"parent_id": world.unit("C2"), "kind": "branch", "code": code, "name": code});
            let unit = world.admin.post("/units", body).await.expect(201)["id"].clone();
            for (number, result) in results.into_iter().enumerate() {
                let login = format!("{code}-{number}");
                let body = json!({"login": login, "name": login, "unit_id": unit, "password": PASSWORD});
                world.admin.post("/members", body).await.expect(201);
                if let Some((right, seconds)) = result {
                    let actor = app.log_in(&login, PASSWORD).await;
                    take(&app, &world, &actor, &quiz, right, seconds).await;
                }
            }
        }
        let params = format!("{}&kind=branch", of_quiz(&quiz));
        let board = units(&world.admin, &params).await;
        assert_eq!(
            unit_standings(&board),
            [(1, "U3", 40.0), (2, "U2", 40.0), (2, "U4", 40.0), (4, "U1", 40.0), (5, "U5", 20.0)]
        );
        let path = format!("/leaderboards/units?{params}");
        for limit in [1, 2, 3, 4, 5] {
            assert_eq!(&all_pages(&world.admin, &path, limit).await, board["items"].as_array().unwrap());
        }
    }
}
