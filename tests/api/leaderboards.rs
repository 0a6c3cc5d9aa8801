//! Rankings of members and of units.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use qianti::domain::ids::{MemberId, QuizId, UnitId};
use qianti::domain::org::UnitPath;
use qianti::domain::question::Key;
use qianti::domain::roles::Principal;

use crate::harness::{Actor, NOON, TestApp, Value, World, json, on_both_databases};

const DAY: i64 = 86_400;
const PASSWORD: &str = "Member-Pass-2026";

/// Has somebody begin, take their time, and submit.
async fn take(
    app: &TestApp,
    world: &World,
    actor: &Actor,
    quiz: &Value,
    right: usize,
    seconds: i64,
) -> Value {
    let attempt = actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
    app.clock.advance_seconds(seconds);
    world.submit(actor, &attempt, right).await
}

async fn members(actor: &Actor, params: &str) -> Value {
    actor.get(&format!("/leaderboards/members?{params}")).await.expect(200)
}

async fn units(actor: &Actor, params: &str) -> Value {
    actor.get(&format!("/leaderboards/units?{params}")).await.expect(200)
}

fn of_quiz(quiz: &Value) -> String {
    format!("quiz={}", quiz["id"])
}

/// The items of a member board as rank, login and score.
fn standings(board: &Value) -> Vec<(i64, &str, f64)> {
    let items = board["items"].as_array().unwrap();
    let row = |item: &'_ Value| (item["rank"].as_i64().unwrap(), item["score"].as_f64().unwrap());
    items
        .iter()
        .map(|item| {
            let login = item["name"].as_str().unwrap().strip_prefix("姓名").unwrap();
            (row(item).0, login, row(item).1)
        })
        .collect()
}

/// The items of a unit board as rank, name and mean score.
fn unit_standings(board: &Value) -> Vec<(i64, &str, f64)> {
    let items = board["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            let name = item["unit"]["name"].as_str().unwrap();
            (item["rank"].as_i64().unwrap(), name, item["mean_score"].as_f64().unwrap())
        })
        .collect()
}

/// Every item of a board, read in pages of `limit`.
async fn all_pages(actor: &Actor, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = actor.get(&format!("{path}&limit={limit}&cursor={cursor}")).await.expect(200);
        let rows = page["items"].as_array().unwrap();
        assert!(rows.len() <= limit);
        items.extend(rows.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => {
                assert_eq!(rows.len(), limit, "a page before the last is full");
                next.clone_into(&mut cursor);
            }
            None => return items,
        }
    }
}

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

    async fn boards_that_make_no_sense_are_refused(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let quiz = world.quiz(json!({})).await;
        for kind in ["members", "units"] {
            let path = |params: &str| format!("/leaderboards/{kind}?{params}");
            let get = async |params: &str| world.admin.get(&path(params)).await;
            assert_eq!(get("").await.pointers(), ["/period"]);
            assert_eq!(get("limit=3").await.pointers(), ["/period"]);
            assert_eq!(get(&format!("{}&period=day", of_quiz(&quiz))).await.pointers(), ["/period"]);
            for params in [
                "period=year",
                "period=",
                "period=day&on=2026-02-30",
                "period=day&on=yesterday",
                "period=day&limit=0",
                "period=day&limit=201",
                "period=day&limit=x",
                "period=day&cursor=x",
                "period=day&cursor=WzFd",
                "quiz=x",
                "quiz=9999999999999999999999",
            ] {
                get(params).await.problem(422, "invalid-fields");
            }
            get("quiz=999999").await.problem(404, "not-found");
            get("quiz=-1").await.problem(404, "not-found");
            for on in ["0001-01-01", "9999-12-31", "-009999-01-01"] {
                for period in ["day", "week", "month", "all"] {
                    get(&format!("period={period}&on={on}")).await.expect(200);
                }
            }
            app.anonymous().get(&path("period=day")).await.problem(401, "unauthenticated");
        }
        let get = async |path: &str| world.admin.get(path).await;
        get("/leaderboards/members?period=day&unit=999999").await.problem(404, "not-found");
        get("/leaderboards/units?period=day&parent=999999").await.problem(404, "not-found");
        get("/leaderboards/members?period=day&unit=x").await.problem(422, "invalid-fields");
        get("/leaderboards/units?period=day&parent=x").await.problem(422, "invalid-fields");
        get("/leaderboards/units?period=day&kind=team").await.problem(422, "invalid-fields");
        // A cursor of one's own making, beyond every row.
        get("/leaderboards/units?period=day&cursor=MTg0NDY3NDQwNzM3MDk1NTE2MTU").await.expect(200);
    }

    async fn random_results_stand_as_a_naive_recomputation_says(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let mut naive = Naive::begin(&app, &world).await;
        for day in 0..10 {
            naive.day(&app, &world, day).await;
        }
        naive.compare(&app, &world).await;
    }
}

async fn members_id(actor: &Actor) -> i64 {
    actor.get("/me").await.expect(200)["id"].as_i64().unwrap()
}

/// A small generator; its seed is fixed, so that a failure comes back.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// One result, as the test remembers it.
#[derive(Clone)]
struct Taken {
    quiz: i64,
    kind: &'static str,
    member: i64,
    unit: &'static str,
    day: Date,
    submitted_at: i64,
    score: i64,
    elapsed_ms: i64,
}

/// What the test knows, and how it would rank it.
struct Naive {
    dice: Dice,
    quizzes: Vec<(i64, &'static str)>,
    /// Every member with the units that they have belonged to, and since when.
    homes: BTreeMap<i64, Vec<(i64, &'static str)>>,
    taken: Vec<Taken>,
}

/// Branches and what they belong to.
const BRANCHES: [(&str, [&str; 3]); 3] =
    [("B1", ["B1", "C1", "root"]), ("B2", ["B2", "C1", "root"]), ("B3", ["B3", "C2", "root"])];

fn above(branch: &str) -> [&'static str; 3] {
    BRANCHES.iter().find(|(code, _)| *code == branch).unwrap().1
}

fn date(instant: i64) -> Date {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    Timestamp::from_millisecond(instant).unwrap().to_zoned(zone).date()
}

/// Whether two dates lie in the same period.
fn same(period: &str, a: Date, b: Date) -> bool {
    match period {
        "day" => a == b,
        "week" => {
            (a.iso_week_date().year(), a.iso_week_date().week())
                == (b.iso_week_date().year(), b.iso_week_date().week())
        }
        "month" => (a.year(), a.month()) == (b.year(), b.month()),
        _ => true,
    }
}

type MemberRow = (usize, i64, i64, i64);

impl Naive {
    async fn begin(app: &TestApp, world: &World) -> Self {
        // Thursday, 26 November: two weeks and two months in ten days.
        app.clock.set(NOON + 3 * DAY * 1000);
        let admin = app.admin().await;
        let (mut dice, mut homes) = (Dice(20_261_123), BTreeMap::new());
        for number in 0..40 {
            let unit = BRANCHES[dice.below(3)].0;
            let body = json!({"login": format!("m{number}"), "name": format!("m{number}"),
                "unit_id": world.unit(unit), "password": PASSWORD});
            let member = admin.post("/members", body).await.expect(201);
            homes.insert(member["id"].as_i64().unwrap(), vec![(0, unit)]);
        }
        let mut quizzes = Vec::new();
        for kind in ["daily", "contest", "exam", "practice", "contest"] {
            let body = json!({"title": kind, "kind": kind, "bank": "1000", "unit_id": world.unit("root"),
                "sections": [{"kinds": ["judge"], "count": 3, "points": 2.5}]});
            quizzes.push((admin.post("/quizzes", body).await.expect(201)["id"].as_i64().unwrap(), kind));
        }
        Self { dice, quizzes, homes, taken: Vec::new() }
    }

    /// A day on which some take part and some move.
    async fn day(&mut self, app: &TestApp, world: &World, day: i64) {
        app.clock.set(NOON + (3 + day) * DAY * 1000);
        let ids: Vec<i64> = self.homes.keys().copied().collect();
        let admin = app.admin().await;
        for _ in 0..3 {
            let member = ids[self.dice.below(ids.len())];
            let unit = BRANCHES[self.dice.below(3)].0;
            admin
                .patch(&format!("/members/{member}"), json!({"unit_id": world.unit(unit)}))
                .await
                .expect(200);
            let now = NOON + (3 + day) * DAY * 1000;
            self.homes.get_mut(&member).unwrap().push((now, unit));
        }
        for _ in 0..40 {
            let member = ids[self.dice.below(ids.len())];
            let (quiz, kind) = self.quizzes[self.dice.below(self.quizzes.len())];
            self.take(app, world, member, quiz, kind).await;
        }
    }

    /// Somebody takes a quiz, past HTTP: forty logins a day would take longer than the rest.
    async fn take(&mut self, app: &TestApp, world: &World, member: i64, quiz: i64, kind: &'static str) {
        let unit = self.homes[&member].last().unwrap().1;
        let path: String = above(unit).iter().rev().map(|code| format!("{}/", world.unit(code))).collect();
        let principal = Principal {
            member_id: MemberId(member),
            unit_id: UnitId(world.unit(unit)),
            unit_path: UnitPath(format!("/{path}")),
            grants: vec![],
            must_change_password: false,
        };
        let attempts = &app.services.attempts;
        let (begun, new) = attempts.begin(&principal, QuizId(quiz), None).await.unwrap();
        assert!(new);
        let right = self.dice.below(4);
        let answers: Vec<(u32, Vec<String>)> = (0_u32..)
            .zip(&begun.paper.items)
            .map(|(index, item)| {
                let Key::Truth(truth) = begun.question(item).unwrap().key else {
                    panic!("no judge question")
                };
                (index + 1, vec![(truth == (usize::try_from(index).unwrap() < right)).to_string()])
            })
            .collect();
        let elapsed_ms = 1000 * (1 + i64::try_from(self.dice.below(2)).unwrap());
        app.clock.advance_ms(elapsed_ms);
        let done = attempts.submit(&principal, begun.attempt.id.clone(), &answers, None).await.unwrap();
        let submitted_at = done.attempt.result.as_ref().unwrap().submitted_at.0;
        self.taken.push(Taken {
            quiz,
            kind,
            member,
            unit,
            day: date(submitted_at),
            submitted_at,
            score: 250 * i64::try_from(right).unwrap(),
            elapsed_ms,
        });
    }

    /// What counts of the results that `chosen` lets through.
    fn counted(&self, chosen: impl Fn(&Taken) -> bool) -> Vec<Taken> {
        let all: Vec<&Taken> = self.taken.iter().filter(|taken| chosen(taken)).collect();
        let beaten = |one: &Taken| {
            all.iter().any(|other| {
                let rival = other.member == one.member && other.quiz == one.quiz;
                if one.kind == "daily" {
                    return rival && other.day == one.day && other.submitted_at < one.submitted_at;
                }
                rival
                    && (other.score > one.score
                        || (other.score == one.score && other.elapsed_ms < one.elapsed_ms)
                        || (other.score == one.score
                            && other.elapsed_ms == one.elapsed_ms
                            && other.submitted_at < one.submitted_at))
            })
        };
        all.iter().filter(|one| !beaten(one)).map(|&one| one.clone()).collect()
    }

    /// Rank, member, score in hundredths, elapsed time.
    fn members(counted: &[Taken], within: &str) -> Vec<MemberRow> {
        let mut sums: HashMap<i64, (i64, i64, i64)> = HashMap::new();
        for taken in counted.iter().filter(|taken| above(taken.unit).contains(&within)) {
            let sum = sums.entry(taken.member).or_default();
            *sum = (sum.0 + taken.score, sum.1 + taken.elapsed_ms, sum.2.max(taken.submitted_at));
        }
        let mut rows: Vec<_> =
            sums.into_iter().map(|(member, (score, ms, at))| (-score, ms, at, member)).collect();
        rows.sort_unstable();
        rows.iter()
            .map(|row| {
                let better = rows.iter().filter(|other| (other.0, other.1) < (row.0, row.1)).count();
                (better + 1, row.3, -row.0, row.1)
            })
            .collect()
    }

    /// For each of `units` with members: rank, name, mean in hundredths, participants, active members.
    fn units(
        &self,
        counted: &[Taken],
        units: &[&str],
        at: i64,
    ) -> BTreeSet<(usize, String, i64, usize, usize)> {
        // A common multiple of all denominators, so that the comparison is of whole numbers.
        const COMMON: i128 = 219_060_189_739_591_200;
        let mut rows = Vec::new();
        for unit in units {
            let home =
                |homes: &[(i64, &'static str)]| homes.iter().rfind(|(since, _)| *since <= at).unwrap().1;
            let at_home = self.homes.iter().filter(|(_, homes)| above(home(homes)).contains(unit));
            let mut belong: BTreeSet<i64> = at_home.map(|(member, _)| *member).collect();
            if belong.is_empty() {
                continue;
            }
            let results: Vec<&Taken> =
                counted.iter().filter(|taken| above(taken.unit).contains(unit)).collect();
            let who: BTreeSet<i64> = results.iter().map(|taken| taken.member).collect();
            let score: i64 = results.iter().map(|taken| taken.score).sum();
            let elapsed: i64 = results.iter().map(|taken| taken.elapsed_ms).sum();
            let part =
                |sum: i64, count: usize| i128::from(sum) * COMMON / i128::try_from(count.max(1)).unwrap();
            belong.extend(&who);
            let active = belong.len();
            let taking_part = i64::try_from(who.len()).unwrap();
            let order = (-part(score, active), -part(taking_part, active), part(elapsed, who.len()));
            let count = i64::try_from(active).unwrap();
            let mean = (2 * score + count) / (2 * count);
            rows.push((order, (*unit).to_owned(), mean, who.len(), active));
        }
        rows.iter()
            .map(|(order, unit, mean, participants, active)| {
                let better = rows.iter().filter(|other| other.0 < *order).count();
                (better + 1, unit.clone(), *mean, *participants, *active)
            })
            .collect()
    }

    async fn compare(&self, app: &TestApp, world: &World) {
        let admin = app.admin().await;
        let today = NOON + 12 * DAY * 1000;
        let mut boards: Vec<(String, Vec<Taken>, i64)> = Vec::new();
        for &(quiz, _) in &self.quizzes {
            boards.push((format!("quiz={quiz}"), self.counted(|taken| taken.quiz == quiz), i64::MAX));
        }
        for period in ["day", "week", "month", "all"] {
            for day in 3..14 {
                let on = date(NOON + day * DAY * 1000);
                let counted = self.counted(|taken| taken.kind != "practice" && same(period, taken.day, on));
                // The last day of the test that lies in the period tells who belonged where at its end.
                let last = (3..40)
                    .map(|day| NOON + day * DAY * 1000)
                    .rfind(|&at| same(period, date(at), on))
                    .unwrap();
                let at = if same(period, date(today), on) { i64::MAX } else { last };
                boards.push((format!("period={period}&on={on}"), counted, at));
            }
        }
        for (board, counted, at) in boards {
            for (unit, _) in [("root", ()), ("C1", ()), ("B3", ())] {
                let path = format!("/leaderboards/members?{board}&unit={}", world.unit(unit));
                let shown: Vec<MemberRow> =
                    all_pages(&admin, &path, 7).await.iter().map(member_row).collect();
                assert_eq!(shown, Self::members(&counted, unit), "{board} in {unit}");
            }
            for (params, chosen) in [("", vec!["C1", "C2"]), ("&kind=branch", vec!["B1", "B2", "B3"])] {
                let shown = units(&admin, &format!("{board}{params}")).await;
                let shown: BTreeSet<_> = shown["items"].as_array().unwrap().iter().map(unit_row).collect();
                assert_eq!(shown, self.units(&counted, &chosen, at), "{board}{params}");
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a score of a test is small")]
fn hundredths(score: &Value) -> i64 {
    (score.as_f64().unwrap() * 100.0).round() as i64
}

fn member_row(row: &Value) -> MemberRow {
    let number = |field: &str| row[field].as_i64().unwrap();
    (
        usize::try_from(number("rank")).unwrap(),
        number("member_id"),
        hundredths(&row["score"]),
        number("elapsed_ms"),
    )
}

fn unit_row(row: &Value) -> (usize, String, i64, usize, usize) {
    let number = |field: &str| usize::try_from(row[field].as_i64().unwrap()).unwrap();
    let name = row["unit"]["name"].as_str().unwrap().to_owned();
    (number("rank"), name, hundredths(&row["mean_score"]), number("participants"), number("active_members"))
}
