//! Which attempts count on which board, and in which period.

use jiff::Timestamp;

use super::{DAY, members, of_quiz, standings, take, unit_standings, units};
use crate::harness::{NOON, PASSWORD, TestApp, Value, World, json, on_both_databases};

on_both_databases! {
    async fn the_best_attempt_of_a_contest_counts(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        let member = world.member(&app, "zs", "B1").await;
        for (right, seconds) in [(3, 10), (4, 30), (4, 20), (4, 40), (1, 5)] {
            take(&app, &world, &member, &quiz, right, seconds).await;
        }
        for params in [of_quiz(&quiz), "period=day".into(), "period=all".into()] {
            let me = members(&member, &params).await["me"].clone();
            assert_eq!(
                (&me["score"], &me["elapsed_ms"], &me["attempts"]),
                (&json!(80), &json!(20_000), &json!(5)),
                "{params}"
            );
        }
    }

    async fn the_first_attempt_of_each_day_counts_of_a_daily_quiz(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"kind": "daily", "attempts_allowed": 2})).await;
        let mut member = world.member(&app, "zs", "B1").await;
        for (day, attempts) in [(0, [2, 5]), (1, [3, 1]), (2, [4, 5])] {
            app.clock.set(NOON + day * DAY * 1000);
            member = app.log_in("zs", PASSWORD).await;
            for right in attempts {
                take(&app, &world, &member, &quiz, right, 7).await;
            }
        }
        for params in [of_quiz(&quiz), "period=week".into(), "period=all".into()] {
            let me = members(&member, &params).await["me"].clone();
            assert_eq!(
                (&me["score"], &me["elapsed_ms"], &me["attempts"]),
                (&json!(180), &json!(21_000), &json!(6)),
                "{params}"
            );
        }
        let tuesday = members(&member, "period=day&on=2026-11-24").await;
        assert_eq!((&tuesday["me"]["score"], &tuesday["me"]["attempts"]), (&json!(60), &json!(2)));
    }

    async fn a_period_is_the_sum_of_what_counts_in_it(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let contest = world.quiz(json!({})).await;
        let exam = world.quiz(json!({"kind": "exam"})).await;
        let daily = world.quiz(json!({"kind": "daily"})).await;
        let member = world.member(&app, "zs", "B1").await;
        for (quiz, right, seconds) in [(&contest, 2, 9), (&contest, 3, 8), (&exam, 4, 7), (&daily, 1, 6), (&daily, 5, 5)] {
            take(&app, &world, &member, quiz, right, seconds).await;
        }
        let me = members(&member, "period=day").await["me"].clone();
        assert_eq!(
            (&me["score"], &me["elapsed_ms"], &me["attempts"]),
            (&json!(60 + 80 + 20), &json!(21_000), &json!(5))
        );
    }

    async fn practice_stands_on_its_own_board_but_in_no_period(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"kind": "practice"})).await;
        let member = world.member(&app, "zs", "B1").await;
        take(&app, &world, &member, &quiz, 5, 1).await;
        assert_eq!(standings(&members(&member, &of_quiz(&quiz)).await), [(1, "zs", 100.0)]);
        for period in ["day", "week", "month", "all"] {
            let board = members(&member, &format!("period={period}")).await;
            assert_eq!((&board["items"], &board["me"]), (&json!([]), &Value::Null), "{period}");
            let board = units(&member, &format!("period={period}&kind=branch")).await;
            assert_eq!(unit_standings(&board), [(1, "B1", 0.0)]);
        }
    }

    async fn days_weeks_months_and_years_turn_at_midnight_in_shanghai(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        world.add("zs", "B1").await;
        // One quiz for each instant, so that each result counts by itself.
        let mut quizzes = Vec::new();
        for _ in 0..5 {
            quizzes.push(world.quiz(json!({})).await);
        }
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let instants = [
            // Monday, 30 November, its last millisecond; the first of December; the last of the year on a
            // Thursday; the first of the next; Monday, 4 January.
            "2026-11-30T15:59:59.999Z",
            "2026-11-30T16:00:00Z",
            "2026-12-31T15:59:59.999Z",
            "2026-12-31T16:00:00Z",
            "2027-01-03T16:00:00Z",
        ];
        for ((number, instant), quiz) in instants.iter().enumerate().zip(&quizzes) {
            app.clock.set(at(instant));
            let member = app.log_in("zs", PASSWORD).await;
            // 1, 2, 3, 4, 5 right: every sum tells what is in it.
            world.attempt(&member, quiz, number + 1).await;
        }
        let member = app.log_in("zs", PASSWORD).await;
        for (params, right) in [
            ("period=day&on=2026-11-30", 1),
            ("period=day&on=2026-12-01", 2),
            ("period=day&on=2026-12-02", 0),
            ("period=day&on=2026-12-31", 3),
            ("period=day&on=2027-01-01", 4),
            ("period=week&on=2026-11-29", 0),
            ("period=week&on=2026-11-30", 1 + 2),
            ("period=week&on=2026-12-06", 1 + 2),
            ("period=week&on=2026-12-31", 3 + 4),
            ("period=week&on=2027-01-03", 3 + 4),
            ("period=week&on=2027-01-04", 5),
            ("period=month&on=2026-11-01", 1),
            ("period=month&on=2026-12-31", 2 + 3),
            ("period=month&on=2027-01-31", 4 + 5),
            ("period=month&on=2027-02-01", 0),
            ("period=all", 15),
            ("period=all&on=2026-11-30", 15),
            ("period=day", 5),
            ("period=week", 5),
            ("period=month", 4 + 5),
        ] {
            let me = members(&member, params).await["me"].clone();
            let score = if right == 0 { Value::Null } else { json!(right * 20) };
            assert_eq!(me["score"], score, "{params}");
        }
    }

    async fn a_submission_is_on_every_board_that_it_belongs_to_at_once(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({"kind": "daily"})).await;
        let member = world.member(&app, "zs", "B1").await;
        // The boards are read before, so that a copy in memory would be stale.
        let mut boards = Vec::new();
        for board in [of_quiz(&quiz), "period=day".into(), "period=week".into(), "period=month".into(), "period=all".into()] {
            for unit in ["", "root", "C1", "B1"] {
                let unit = if unit.is_empty() { String::new() } else { format!("&unit={}", world.unit(unit)) };
                boards.push(format!("{board}{unit}"));
            }
        }
        for board in &boards {
            assert_eq!(members(&member, board).await["me"], Value::Null);
        }
        world.attempt(&member, &quiz, 4).await;
        for board in &boards {
            assert_eq!(members(&member, board).await["me"]["score"], json!(80), "{board}");
        }
        for params in ["period=day", "period=all&kind=branch", "period=month&kind=branch"] {
            assert_eq!(units(&member, params).await["items"][0]["mean_score"], json!(80), "{params}");
        }
    }
}
