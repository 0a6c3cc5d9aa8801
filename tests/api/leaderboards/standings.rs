//! How members stand on a board: their order, ties, their own row, pages, the board of a unit.

use super::{all_pages, members, of_quiz, standings, take};
use crate::harness::{TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn members_stand_by_score_then_time_and_ties_share_a_rank(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let mut actors = Vec::new();
        for (login, right, seconds) in
            [("slow", 3, 20), ("tie1", 3, 10), ("tie2", 3, 10), ("best", 5, 60), ("last", 2, 1), ("tie3", 3, 10)]
        {
            let actor = world.member(&app, login, "B1").await;
            take(&app, &world, &actor, &quiz, right, seconds).await;
            actors.push(actor);
        }
        let board = members(&world.admin, &of_quiz(&quiz)).await;
        assert_eq!(
            standings(&board),
            [
                (1, "best", 100.0),
                (2, "tie1", 60.0),
                (2, "tie2", 60.0),
                (2, "tie3", 60.0),
                (5, "slow", 60.0),
                (6, "last", 40.0)
            ],
            "earlier submissions stand first among equals"
        );
        let second = &board["items"][1];
        assert_eq!((&second["elapsed_ms"], &second["attempts"]), (&json!(10_000), &json!(1)));
        assert_eq!(second["unit"], json!({"id": world.unit("B1"), "name": "B1"}));
        assert_eq!(board["as_of"], "2026-11-23T04:01:51Z");
        assert_eq!((&board["me"], &board["next_cursor"]), (&Value::Null, &Value::Null));
    }

    async fn my_own_row_is_there_also_when_it_is_not_on_the_page(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let (first, second) = (world.member(&app, "a", "B1").await, world.member(&app, "b", "B1").await);
        take(&app, &world, &first, &quiz, 5, 1).await;
        take(&app, &world, &second, &quiz, 1, 1).await;
        let top = members(&second, &format!("{}&limit=1", of_quiz(&quiz))).await;
        assert_eq!(standings(&top), [(1, "a", 100.0)]);
        assert_eq!((&top["me"]["rank"], &top["me"]["name"]), (&json!(2), &json!("姓名b")));
        assert_eq!(members(&first, &of_quiz(&quiz)).await["me"]["rank"], 1);
        assert_eq!(members(&world.admin, &of_quiz(&quiz)).await["me"], Value::Null);
        let elsewhere = members(&first, &format!("{}&unit={}", of_quiz(&quiz), world.unit("B3"))).await;
        assert_eq!((&elsewhere["me"], &elsewhere["items"]), (&Value::Null, &json!([])));
    }

    async fn pages_over_ties_have_no_gaps_and_no_repeats(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        for number in 0..11 {
            let actor = world.member(&app, &format!("m{number}"), "B1").await;
            // Nine equal in everything, the instant of submission included.
            take(&app, &world, &actor, &quiz, if number == 3 { 5 } else { 2 + usize::from(number == 7) }, 0).await;
        }
        let path = format!("/leaderboards/members?{}", of_quiz(&quiz));
        let whole = members(&world.admin, &of_quiz(&quiz)).await["items"].as_array().unwrap().clone();
        assert_eq!(whole.len(), 11);
        let ranks: Vec<i64> = whole.iter().map(|row| row["rank"].as_i64().unwrap()).collect();
        assert_eq!(ranks, [1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
        for limit in [1, 2, 3, 5, 10, 11, 200] {
            assert_eq!(all_pages(&world.admin, &path, limit).await, whole, "pages of {limit}");
        }
    }

    async fn a_board_of_a_unit_has_the_results_for_it_and_below(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        for (login, unit, right) in [("b1", "B1", 4), ("b2", "B2", 5), ("b3", "B3", 3), ("c1", "C1", 2)] {
            let actor = world.member(&app, login, unit).await;
            take(&app, &world, &actor, &quiz, right, 1).await;
        }
        for (unit, expected) in [
            ("root", vec![(1, "b2", 100.0), (2, "b1", 80.0), (3, "b3", 60.0), (4, "c1", 40.0)]),
            ("C1", vec![(1, "b2", 100.0), (2, "b1", 80.0), (3, "c1", 40.0)]),
            ("B1", vec![(1, "b1", 80.0)]),
            ("C2", vec![(1, "b3", 60.0)]),
        ] {
            for board in [of_quiz(&quiz), "period=month".into()] {
                let board = members(&world.admin, &format!("{board}&unit={}", world.unit(unit))).await;
                assert_eq!(standings(&board), expected, "{unit}");
            }
        }
    }
}
