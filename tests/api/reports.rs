//! Reports for leaders: board, members, days, chapters, and who may see them.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

use crate::harness::{Actor, Reply, TestApp, Value, World, json, on_both_databases};

const DAY: i64 = 86_400;

/// Takes in what was handed in, as the server does by itself once a second.
async fn follow(app: &TestApp) {
    app.services.statistics.catch_up().await.unwrap();
}

fn items(reply: &Value) -> &Vec<Value> {
    reply["items"].as_array().unwrap()
}

fn logins(reply: &Value) -> Vec<&str> {
    items(reply).iter().map(|row| row["login"].as_str().unwrap()).collect()
}

/// The first sheet of a workbook, cell by cell.
pub fn workbook(reply: &Reply) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(reply.bytes.clone())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

async fn leader(world: &World, app: &TestApp, unit: &str) -> Actor {
    world.with_role(app, &format!("leader-{unit}"), "leader", unit).await
}

on_both_databases! {
    async fn a_board_has_the_figures_of_the_leaderboards_and_those_of_the_period_before(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        leader(&world, &app, "C1").await;
        let (one, three) =
            (world.member(&app, "one", "B1").await, world.member(&app, "three", "B2").await);
        world.add("two", "B1").await;
        world.add("absent", "B2").await;
        let quiz = world.quiz(json!({"attempts_allowed": 3})).await;
        world.attempt(&one, &quiz, 3).await;
        world.attempt(&three, &quiz, 1).await;
        world.wait(&app, DAY).await;
        let (leader, one) = (world.again(&app, "leader-C1").await, world.again(&app, "one").await);
        let (two, three) = (world.again(&app, "two").await, world.again(&app, "three").await);
        // The best attempt counts: 5 of 5 is excellent, 4 of 5 is not.
        world.attempt(&one, &quiz, 5).await;
        world.attempt(&one, &quiz, 2).await;
        world.attempt(&two, &quiz, 4).await;
        let board = leader.get("/reports/board?period=day").await.expect(200);
        assert_eq!(board["unit"]["code"], "C1");
        assert_eq!((&board["from"], &board["until"]), (&json!("2026-11-24"), &json!("2026-11-24")));
        assert_eq!(board["path"], json!([]));
        // The leader of C1 is a member of it.
        assert_eq!(board["now"], json!({
            "active_members": 5, "participants": 2, "participation": 0.4, "results": 2, "mean_score": 36,
            "mean_percent": 90.0, "pass_rate": 1.0, "excellence_rate": 0.5, "mean_elapsed_ms": 0,
        }));
        assert_eq!(board["before"]["participants"], 2);
        assert_eq!(board["before"]["mean_score"], 16);
        let children = board["children"].as_array().unwrap();
        let row = |child: &Value| (child["unit"]["code"].clone(), child["rank"].clone(), child["before_mean_score"].clone());
        assert_eq!(children.iter().map(row).collect::<Vec<_>>(), [
            (json!("B1"), json!(1), json!(30)),
            (json!("B2"), json!(2), json!(10)),
        ]);
        // What the leaderboards say, to the letter.
        for board in ["period=day", "period=week", "period=month", "period=all", &format!("quiz={}", quiz["id"])] {
            let c1 = world.unit("C1");
            let ranked = leader.get(&format!("/leaderboards/units?{board}&parent={c1}")).await.expect(200);
            let told = leader.get(&format!("/reports/board?{board}")).await.expect(200);
            let fields = ["mean_score", "participants", "active_members", "participation"];
            for (ranked, told) in items(&ranked).iter().zip(told["children"].as_array().unwrap()) {
                assert_eq!(ranked["unit"]["id"], told["unit"]["id"]);
                for field in fields {
                    assert_eq!(ranked[field], told["figures"][field], "{board} {field}");
                }
                let results = told["figures"]["results"].as_i64().unwrap();
                let pass_rate = if results > 0 { ranked["pass_rate"].clone() } else { Value::Null };
                assert_eq!(told["figures"]["pass_rate"], pass_rate);
            }
            assert_eq!(told["before"].is_null(), board == "period=all" || board.starts_with("quiz"));
        }
        // Down to a branch, with the way back up as far as the leader's scope goes.
        let b1 = leader.get(&format!("/reports/board?period=day&unit={}", world.unit("B1"))).await.expect(200);
        assert_eq!(b1["path"].as_array().unwrap().len(), 1);
        assert_eq!((&b1["path"][0]["code"], &b1["now"]["mean_score"]), (&json!("C1"), &json!(90)));
        assert_eq!(b1["children"], json!([]));
        // One more result is there at once.
        world.attempt(&three, &quiz, 5).await;
        let board = leader.get("/reports/board?period=day").await.expect(200);
        assert_eq!((&board["now"]["participants"], &board["now"]["mean_score"]), (&json!(3), &json!(56)));
    }

    /// Members of a unit that has others below it, apart from those of the others.
    async fn the_members_of_a_unit_itself_are_told_apart(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader = leader(&world, &app, "C1").await;
        let (own, _) = (world.member(&app, "own", "C1").await, world.add("absent", "C1").await);
        let below = world.member(&app, "below", "B1").await;
        let quiz = world.quiz(json!({})).await;
        world.attempt(&own, &quiz, 5).await;
        world.attempt(&below, &quiz, 4).await;
        let list = |filter: &str| format!("/reports/members?quiz={}{filter}", quiz["id"]);
        let told = leader.get(&list("&direct=true&taken_part=true")).await.expect(200);
        assert_eq!((logins(&told), &told["items"][0]["score"]), (vec!["own"], &json!(100)));
        let told = leader.get(&list("&direct=true&taken_part=false")).await.expect(200);
        assert_eq!(logins(&told), ["leader-C1", "absent"]);
        assert_eq!(leader.get(&list("&direct=false")).await.expect(200), leader.get(&list("")).await.expect(200));
        assert_eq!(leader.get(&list("&taken_part=true")).await.expect(200)["items"].as_array().unwrap().len(), 2);
        let elsewhere = format!("&direct=true&unit={}", world.unit("C2"));
        leader.get(&list(&elsewhere)).await.problem(403, "forbidden");
    }

    async fn a_board_without_anybody_has_no_rates(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let path = format!("/reports/board?period=day&unit={}", world.unit("B3"));
        let board = world.admin.get(&path).await.expect(200);
        let nothing = json!({
            "active_members": 0, "participants": 0, "participation": null, "results": 0, "mean_score": null,
            "mean_percent": null, "pass_rate": null, "excellence_rate": null, "mean_elapsed_ms": null,
        });
        assert_eq!((&board["now"], &board["before"]), (&nothing, &nothing));
        // Units without members are left out, as everywhere.
        let root = world.admin.get("/reports/board?period=day").await.expect(200);
        assert_eq!((&root["unit"]["kind"], &root["children"]), (&json!("zone"), &json!([])));
    }

    async fn who_has_taken_part_and_who_has_not(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader = leader(&world, &app, "C1").await;
        let one = world.member(&app, "one", "B1").await;
        let moved = world.add("moved", "B2").await;
        let mover = app.log_in("moved", "Member-Pass-2026").await;
        for (login, unit) in [("absent", "B1"), ("late", "B2"), ("other", "B3")] {
            world.add(login, unit).await;
        }
        let quiz = world.quiz(json!({"attempts_allowed": 2})).await;
        world.attempt(&one, &quiz, 5).await;
        world.attempt(&one, &quiz, 4).await;
        world.attempt(&mover, &quiz, 2).await;
        let to_b3 = json!({"unit_id": world.unit("B3")});
        world.admin.patch(&format!("/members/{}", moved["id"]), to_b3).await.expect(200);
        let list = |filter: &str| format!("/reports/members?quiz={}{filter}", quiz["id"]);
        let all = leader.get(&list("")).await.expect(200);
        // In the order of the units; who has moved away since is with the unit of the result.
        assert_eq!(logins(&all), ["leader-C1", "one", "absent", "moved", "late"]);
        let row = &items(&all)[1];
        assert_eq!((&row["score"], &row["attempts"], &row["unit"]["code"]), (&json!(100), &json!(2), &json!("B1")));
        assert!(row["last_at"].is_string() && row["elapsed_ms"] == 0);
        assert_eq!(items(&all)[3]["unit"]["code"], "B2");
        let (took, not) = (
            leader.get(&list("&taken_part=true")).await.expect(200),
            leader.get(&list("&taken_part=false")).await.expect(200),
        );
        assert_eq!((logins(&took), logins(&not)), (vec!["one", "moved"], vec!["leader-C1", "absent", "late"]));
        assert_eq!((&items(&not)[1]["score"], &items(&not)[1]["last_at"]), (&Value::Null, &Value::Null));
        // The same people as on the board.
        let board = leader.get(&format!("/reports/board?quiz={}", quiz["id"])).await.expect(200);
        assert_eq!(board["now"]["active_members"], 5);
        assert_eq!(board["now"]["participants"], 2);
        // Page by page, and by a part of the login or the name.
        let mut found = Vec::new();
        let mut next = list("&limit=2");
        loop {
            let page = leader.get(&next).await.expect(200);
            found.extend(logins(&page).into_iter().map(str::to_owned));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = list(&format!("&limit=2&cursor={cursor}"));
        }
        assert_eq!(found, logins(&all));
        assert_eq!(logins(&leader.get(&list("&q=ABSE")).await.expect(200)), ["absent"]);
        assert_eq!(logins(&leader.get(&list("&q=姓名late")).await.expect(200)), ["late"]);
        assert_eq!(logins(&leader.get(&list("&q=other")).await.expect(200)), Vec::<&str>::new());
        // As files: the same rows.
        let export = |format: &str| format!("/reports/members/export?quiz={}&format={format}", quiz["id"]);
        let csv = leader.get(&export("csv")).await;
        assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
        let lines: Vec<&str> = csv.text.lines().collect();
        assert_eq!(lines[0], "\u{feff}账号,姓名,组织编码,组织,得分,用时（秒）,答题次数,最近交卷");
        assert_eq!(lines[2], "one,姓名one,B1,B1,100,0,2,2026-11-23 12:00:00");
        assert_eq!(lines[3], "absent,姓名absent,B1,B1,,,,");
        let xlsx = leader.get(&export("xlsx")).await;
        assert!(xlsx.headers["content-disposition"].to_str().unwrap().contains("members.xlsx"));
        let rows = workbook(&xlsx);
        assert_eq!(rows.len(), 6);
        for (row, line) in rows.iter().zip(&lines) {
            let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
            assert_eq!(cells.join(","), line.trim_start_matches('\u{feff}'));
        }
    }

    /// A period that is over has those who belonged there at its end.
    async fn the_list_of_a_past_day_is_that_of_its_members_then(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let mover = world.add("mover", "B1").await;
        world.add("leaver", "B1").await;
        world.wait(&app, 2 * DAY).await;
        world.add("new", "B1").await;
        let to_b3 = json!({"unit_id": world.unit("B3")});
        world.admin.patch(&format!("/members/{}", mover["id"]), to_b3).await.expect(200);
        let path = |on: &str| format!("/reports/members?period=day{on}&unit={}&taken_part=false", world.unit("B1"));
        let then = world.admin.get(&path("&on=2026-11-23")).await.expect(200);
        assert_eq!(logins(&then), ["mover", "leaver"]);
        let now = world.admin.get(&path("")).await.expect(200);
        assert_eq!(logins(&now), ["leaver", "new"]);
    }

    async fn days_and_chapters_add_up(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let leader = leader(&world, &app, "C1").await;
        let (one, two, other) = (
            world.member(&app, "one", "B1").await,
            world.member(&app, "two", "B2").await,
            world.member(&app, "other", "B3").await,
        );
        let judge = json!({"kinds": ["judge"], "chapters": ["第一章"], "count": 2, "points": 20, "title": ""});
        let single = json!({"kinds": ["single"], "chapters": ["第二章"], "count": 3, "points": 20, "title": ""});
        let sections = json!([judge, single]);
        let contest = world.quiz(json!({"sections": sections, "shuffle_questions": false, "attempts_allowed": 9})).await;
        let practice = world.quiz(json!({"kind": "practice"})).await;
        // Three right: both judge items and one of the second chapter.
        world.attempt(&one, &contest, 3).await;
        world.attempt(&one, &contest, 5).await;
        world.attempt(&two, &contest, 0).await;
        world.attempt(&other, &contest, 5).await;
        world.attempt(&two, &practice, 5).await;
        follow(&app).await;
        let week = leader.get("/reports/trend?period=week").await.expect(200);
        let days = week["days"].as_array().unwrap();
        assert_eq!(days.len(), 7);
        assert_eq!(days[0], json!({
            "day": "2026-11-23", "participants": 2, "results": 3, "mean_percent": 53.33, "pass_rate": 0.6667,
        }));
        assert_eq!(days[1], json!({
            "day": "2026-11-24", "participants": 0, "results": 0, "mean_percent": null, "pass_rate": null,
        }));
        // Practice never counts in a period; by itself it does.
        let of_practice = leader.get(&format!("/reports/trend?quiz={}", practice["id"])).await.expect(200);
        assert_eq!(of_practice["days"].as_array().unwrap().len(), 1);
        assert_eq!(of_practice["days"][0]["results"], 1);
        let all = leader.get("/reports/trend?period=all").await.expect(200);
        assert_eq!(all["days"].as_array().unwrap().len(), 90);
        assert_eq!(all["days"][89], days[0]);
        for board in ["period=day".to_owned(), "period=all".to_owned(), format!("quiz={}", contest["id"])] {
            let heat = leader.get(&format!("/reports/chapters?{board}")).await.expect(200);
            assert_eq!(heat["chapters"], json!(["第一章", "第二章"]), "{board}");
            let rows: HashMap<&str, &Value> = heat["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row["unit"]["code"].as_str().unwrap(), &row["cells"]))
                .collect();
            assert_eq!(rows["B1"], &json!([{"items": 4, "percent": 100.0}, {"items": 6, "percent": 66.67}]));
            assert_eq!(rows["B2"], &json!([{"items": 2, "percent": 0.0}, {"items": 3, "percent": 0.0}]));
            assert_eq!(rows.len(), 2);
            assert_eq!(heat["total"], json!([{"items": 6, "percent": 66.67}, {"items": 9, "percent": 44.44}]));
        }
        // A branch without any below stands for itself.
        let b1 = leader.get(&format!("/reports/chapters?period=day&unit={}", world.unit("B1"))).await.expect(200);
        assert_eq!(b1["rows"].as_array().unwrap().len(), 1);
        assert_eq!((&b1["rows"][0]["unit"]["code"], &b1["rows"][0]["cells"]), (&json!("B1"), &b1["total"]));
        // What comes in later is there after the next turn.
        world.wait(&app, DAY).await;
        let (leader, two) = (world.again(&app, "leader-C1").await, world.again(&app, "two").await);
        world.attempt(&two, &contest, 5).await;
        follow(&app).await;
        let week = leader.get("/reports/trend?period=week").await.expect(200);
        assert_eq!((&week["days"][0], &week["days"][1]["results"]), (&days[0], &json!(1)));
        assert_eq!(leader.get("/reports/chapters?period=week").await.expect(200)["total"][0]["items"], 8);
        // A unit that is moved takes its days along.
        let to_c2 = json!({"parent_id": world.unit("C2")});
        world.admin.patch(&format!("/units/{}", world.unit("B2")), to_c2).await.expect(200);
        let week = leader.get("/reports/trend?period=week").await.expect(200);
        assert_eq!((&week["days"][0]["results"], &week["days"][1]["results"]), (&json!(2), &json!(0)));
    }

    async fn a_daily_result_belongs_to_the_day_of_its_beginning(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        world.add("one", "B1").await;
        let daily = world.quiz(json!({"kind": "daily", "attempts_allowed": 1})).await;
        // 23:59 in Shanghai.
        world.wait(&app, 12 * 3600 - 60).await;
        let one = world.again(&app, "one").await;
        let begun = one.post_nothing(&format!("/quizzes/{}/attempts", daily["id"])).await.expect(201);
        app.clock.advance_seconds(120);
        world.submit(&one, &begun, 5).await;
        follow(&app).await;
        let week = world.admin.get("/reports/trend?period=week").await.expect(200);
        let results: Vec<i64> =
            week["days"].as_array().unwrap().iter().map(|day| day["results"].as_i64().unwrap()).collect();
        assert_eq!(results, [1, 0, 0, 0, 0, 0, 0]);
        let board = world.admin.get("/reports/board?period=day&on=2026-11-23").await.expect(200);
        assert_eq!(board["now"]["participants"], 1);
    }

    async fn a_leader_sees_nothing_of_another_unit(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader = leader(&world, &app, "C1").await;
        let other = world.member(&app, "other", "B3").await;
        let quiz = world.quiz(json!({})).await;
        world.attempt(&other, &quiz, 5).await;
        follow(&app).await;
        for report in ["board?period=day", "trend?period=day", "chapters?period=day", "members?period=day",
            "members/export?period=day", "monthly?", "monthly/export?"] {
            for unit in ["root", "C2", "B3"] {
                let path = format!("/reports/{report}&unit={}", world.unit(unit));
                leader.get(&path).await.problem(403, "forbidden");
                other.get(&path).await.problem(403, "forbidden");
            }
            let own = leader.get(&format!("/reports/{report}")).await;
            assert_eq!(own.status, 200, "{report}: {}", own.text);
            assert!(!own.text.contains("other"), "{report}");
            leader.get(&format!("/reports/{report}&unit=999")).await.problem(404, "not-found");
        }
        let board = leader.get("/reports/board?period=day").await.expect(200);
        assert_eq!(board["now"]["participants"], 0);
        let trend = leader.get("/reports/trend?period=day").await.expect(200);
        assert_eq!(trend["days"][0]["results"], 0);
        leader.get("/reports/board?quiz=999").await.problem(404, "not-found");
        for bad in ["board", "board?period=day&quiz=1", "members?period=day&taken_part=perhaps", "trend?period=year",
            "members/export?period=day&format=pdf", "monthly?month=2026-13", "monthly?month=2027-01",
            "items", "items?bank=1000&order=best"] {
            leader.get(&format!("/reports/{bad}")).await.problem(422, "invalid-fields");
        }
    }
}
