//! The monthly report: worked out while the month lasts, fixed once it is closed.

use calamine::{Data, DataType as _};

use crate::harness::{Actor, TestApp, Value, World, json, on_both_databases};

const DAY: i64 = 86_400;
/// From the beginning of a test, noon of 23 November, to noon of 1 December.
const TO_DECEMBER: i64 = 8 * DAY;

async fn close(app: &TestApp) -> usize {
    app.services.statistics.catch_up().await.unwrap();
    app.services.reports.fix_months().await.unwrap()
}

async fn monthly(actor: &Actor, filter: &str) -> Value {
    actor.get(&format!("/reports/monthly?{filter}")).await.expect(200)
}

/// The rows of a part of the workbook: those below its title and headings, up to an empty one.
fn part<'a>(rows: &'a [Vec<Data>], title: &str) -> Vec<&'a [Data]> {
    let at = rows.iter().position(|row| row[0] == *title).unwrap();
    rows[at + 2..]
        .iter()
        .map(Vec::as_slice)
        .take_while(|row| row.iter().any(|cell| *cell != Data::Empty))
        .collect()
}

/// A cell is what the answer has: a text, a number, or nothing for null.
#[track_caller]
fn assert_cell(cell: &Data, wanted: &Value, what: &str) {
    match wanted {
        Value::Null => assert_eq!(*cell, Data::Empty, "{what}"),
        Value::String(text) => assert_eq!(cell.to_string(), *text, "{what}"),
        wanted => {
            let (found, wanted) = (cell.get_float().unwrap(), wanted.as_f64().unwrap());
            assert!((found - wanted).abs() < 1e-9, "{what}: {found} in the file, {wanted} in the answer");
        }
    }
}

/// Milliseconds as the workbook tells them: in tenths of a second.
fn seconds(ms: &Value) -> Value {
    ms.as_f64().map_or(Value::Null, |ms| json!((ms / 100.0).round() / 10.0))
}

/// The workbook of a report has every figure of the answer, and nothing else.
async fn same(actor: &Actor, filter: &str) {
    const MEASURES: [&str; 9] = [
        "active_members",
        "participants",
        "participation",
        "results",
        "mean_score",
        "mean_percent",
        "pass_rate",
        "excellence_rate",
        "mean_elapsed_ms",
    ];
    let report = monthly(actor, filter).await;
    let rows = crate::reports::workbook(&actor.get(&format!("/reports/monthly/export?{filter}")).await);
    let (unit, month) = (&report["unit"]["name"], &report["month"]);
    assert_eq!(
        rows[0][0].to_string(),
        format!("{} {} 学习情况月调度", unit.as_str().unwrap(), month.as_str().unwrap())
    );
    let state = if report["fixed"] == true {
        "本月已结束，数据已固定"
    } else {
        "本月尚未结束，数据截至导出时"
    };
    assert_eq!(rows[1][0].to_string(), state);
    let lines = part(&rows, "总体情况");
    assert_eq!(lines.len(), MEASURES.len());
    let (now, before) = (&report["figures"], &report["before"]);
    for (number, (line, measure)) in (1..).zip(lines.iter().zip(MEASURES)) {
        let told = |value: &Value| if measure == "mean_elapsed_ms" { seconds(value) } else { value.clone() };
        assert_cell(&line[0], &json!(number), measure);
        assert_cell(&line[2], &told(&now[measure]), measure);
        assert_cell(&line[3], &told(&before[measure]), &format!("{measure} before"));
        let counted =
            || now[measure].as_i64().zip(before[measure].as_i64()).map(|(now, before)| json!(now - before));
        let change = report["change"].get(measure).cloned().or_else(counted).unwrap_or(Value::Null);
        assert_cell(&line[4], &told(&change), &format!("change of {measure}"));
    }
    let table = |title: &str, list: &str, cells: &dyn Fn(usize, &Value) -> Vec<Value>| {
        let (lines, wanted) = (part(&rows, title), report[list].as_array().unwrap());
        assert_eq!(lines.len(), wanted.len(), "{title}");
        for (at, (line, wanted)) in lines.iter().zip(wanted).enumerate() {
            for (cell, wanted) in line.iter().zip(cells(at, wanted)) {
                assert_cell(cell, &wanted, title);
            }
        }
    };
    table("下级组织排名", "ranking", &|_, row| {
        let figures = &row["figures"];
        let of_unit = ["active_members", "participation", "mean_score", "pass_rate"]
            .map(|measure| figures[measure].clone());
        [
            vec![row["rank"].clone(), row["unit"]["name"].clone()],
            of_unit.to_vec(),
            vec![row["before_mean_score"].clone()],
        ]
        .concat()
    });
    table("学习标兵", "best_members", &|_, row| {
        vec![
            row["rank"].clone(),
            row["name"].clone(),
            row["score"].clone(),
            seconds(&row["elapsed_ms"]),
            row["unit"]["name"].clone(),
        ]
    });
    table("薄弱章节", "weak_chapters", &|at, row| {
        vec![json!(at + 1), row["chapter"].clone(), row["percent"].clone(), row["items"].clone()]
    });
}

on_both_databases! {
    async fn a_report_says_what_the_boards_say(backend) {
        let app = TestApp::start(backend).await;
        let world = World::build(&app).await;
        let leader = world.with_role(&app, "leader", "leader", "C1").await;
        let (one, two) = (world.member(&app, "one", "B1").await, world.member(&app, "two", "B2").await);
        let sections = json!([{"kinds": ["single"], "chapters": ["第一章"], "count": 5, "points": 20, "title": ""}]);
        let quiz = world.quiz(json!({"sections": sections, "attempts_allowed": 9})).await;
        world.attempt(&one, &quiz, 2).await;
        world.attempt(&one, &quiz, 5).await;
        world.attempt(&two, &quiz, 3).await;
        app.services.statistics.catch_up().await.unwrap();
        let report = monthly(&leader, "").await;
        assert_eq!((&report["month"], &report["fixed"], &report["fixed_at"]), (&json!("2026-11"), &json!(false), &Value::Null));
        let board = leader.get("/reports/board?period=month").await.expect(200);
        assert_eq!((&report["figures"], &report["ranking"]), (&board["now"], &board["children"]));
        // Nobody belonged to it in October.
        assert_eq!((&report["before"], &report["change"]["participation"]), (&Value::Null, &Value::Null));
        let best: Vec<(&Value, &Value, &Value)> = report["best_members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (&row["rank"], &row["name"], &row["unit"]["code"]))
            .collect();
        assert_eq!(best, [
            (&json!(1), &json!("姓名one"), &json!("B1")),
            (&json!(2), &json!("姓名two"), &json!("B2")),
        ]);
        assert_eq!(report["weak_chapters"], json!([{"chapter": "第一章", "percent": 66.67, "items": 15}]));
    }

    async fn a_closed_month_is_fixed_and_nothing_changes_it(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let leader = world.with_role(&app, "leader", "leader", "C1").await;
        let (one, two) = (world.member(&app, "one", "B1").await, world.member(&app, "two", "B2").await);
        let three = world.add("three", "B1").await;
        let quiz = world.quiz(json!({"attempts_allowed": 9})).await;
        let voided = world.attempt(&one, &quiz, 5).await;
        world.attempt(&two, &quiz, 3).await;
        let c1 = format!("month=2026-11&unit={}", world.unit("C1"));
        let open = monthly(&leader, &c1).await;
        assert_eq!(open["figures"]["active_members"], 4);
        world.wait(&app, TO_DECEMBER).await;
        let (leader, two) = (world.again(&app, "leader").await, world.again(&app, "two").await);
        // Of all units: the root, C1, C2, B1, B2, B3.
        assert_eq!(close(&app).await, 6);
        assert_eq!(close(&app).await, 0);
        let fixed = monthly(&leader, &c1).await;
        assert_eq!((&fixed["fixed"], fixed["fixed_at"].is_string()), (&json!(true), true));
        assert_eq!((&fixed["figures"], &fixed["ranking"]), (&open["figures"], &open["ranking"]));
        assert_eq!(fixed["best_members"], open["best_members"]);
        let of_all: Vec<Value> = {
            let mut reports = Vec::new();
            for unit in ["root", "C1", "C2", "B1", "B2", "B3"] {
                let filter = format!("month=2026-11&unit={}", world.unit(unit));
                let (report, board) = (
                    monthly(&world.admin, &filter).await,
                    world.admin.get(&format!("/reports/board?period=month&on=2026-11-30&unit={}", world.unit(unit))).await.expect(200),
                );
                assert_eq!((&report["figures"], &report["ranking"]), (&board["now"], &board["children"]), "{unit}");
                let ranked = format!("/leaderboards/members?period=month&on=2026-11-30&unit={}", world.unit(unit));
                let ranked = world.admin.get(&ranked).await.expect(200);
                let row = |row: &Value| (row["rank"].clone(), row["member_id"].clone(), row["score"].clone(), row["elapsed_ms"].clone());
                let rows = |list: &Value| list.as_array().unwrap().iter().map(row).collect::<Vec<_>>();
                assert_eq!(rows(&report["best_members"]), rows(&ranked["items"]), "{unit}");
                reports.push(report);
            }
            reports
        };
        // A transfer, a new name, a unit that is moved, a voided attempt, a late attempt.
        let admin = &world.admin;
        let member = |id: &Value| format!("/members/{id}");
        admin.patch(&member(&three["id"]), json!({"unit_id": world.unit("B3"), "name": "改名"})).await.expect(200);
        admin.patch(&format!("/units/{}", world.unit("B2")), json!({"parent_id": world.unit("C2"), "name": "改名"})).await.expect(200);
        admin.post(&format!("/attempts/{}/void", voided["attempt_id"].as_str().unwrap()), json!({"reason": "代答"})).await.expect(204);
        world.attempt(&two, &quiz, 5).await;
        close(&app).await;
        for (unit, before) in ["root", "C1", "C2", "B1", "B2", "B3"].iter().zip(&of_all) {
            assert_eq!(&monthly(admin, &format!("month=2026-11&unit={}", world.unit(unit))).await, before, "{unit}");
        }
        // December goes on from what was fixed, not from what it would be today.
        let december = monthly(admin, "").await;
        assert_eq!((&december["month"], &december["fixed"]), (&json!("2026-12"), &json!(false)));
        assert_eq!(december["before"], of_all[0]["figures"]);
        let now = december["figures"]["participation"].as_f64().unwrap();
        let then = of_all[0]["figures"]["participation"].as_f64().unwrap();
        let change = december["change"]["participation"].as_f64().unwrap();
        assert!((change - (now - then)).abs() < 1e-3, "{change} {now} {then}");
        // Another instance finds the same.
        let other = app.another_instance().await;
        assert_eq!(other.reports.fix_months().await.unwrap(), 0);
    }

    /// A committee that is founded in December and receives a branch has no part in November.
    async fn a_month_that_is_closed_gets_no_further_reports(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let (one, two) = (world.member(&app, "one", "B1").await, world.member(&app, "two", "B2").await);
        let quiz = world.quiz(json!({"attempts_allowed": 9})).await;
        world.attempt(&one, &quiz, 5).await;
        world.attempt(&two, &quiz, 3).await;
        world.wait(&app, TO_DECEMBER).await;
        let two = world.again(&app, "two").await;
        assert_eq!(close(&app).await, 6);
        let november = |unit: i64| format!("month=2026-11&unit={unit}");
        let (c1, b2) = (world.unit("C1"), world.unit("B2"));
        let admin = &world.admin;
        let (of_c1, of_b2) = (monthly(admin, &november(c1)).await, monthly(admin, &november(b2)).await);
        let committee = json!({"parent_id": world.unit("root"), "kind": "committee", "code": "C3", "name": "新党委"});
        let c3 = admin.post("/units", committee).await.expect(201)["id"].as_i64().unwrap();
        admin.patch(&format!("/units/{b2}"), json!({"parent_id": c3})).await.expect(200);
        // Whoever looks again, also after a restart, and whoever asks.
        let restarted = app.another_instance().await;
        assert_eq!((close(&app).await, restarted.reports.fix_months().await.unwrap()), (0, 0));
        for call in ["monthly", "monthly/export"] {
            let refused = admin.get(&format!("/reports/{call}?{}", november(c3))).await.problem(404, "not-found");
            assert_eq!(refused["detail"], "该月结算时还没有这个组织，所以没有它当月的月报");
        }
        assert_eq!((close(&app).await, restarted.reports.fix_months().await.unwrap()), (0, 0));
        assert_eq!(monthly(admin, &november(c1)).await, of_c1);
        assert_eq!(monthly(admin, &november(b2)).await, of_b2);
        // Nor has it a month before in December; the branch has its own.
        world.attempt(&two, &quiz, 4).await;
        app.services.statistics.catch_up().await.unwrap();
        let december = format!("month=2026-12&unit={c3}");
        let open = monthly(admin, &december).await;
        assert_eq!((&open["fixed"], &open["before"], &open["figures"]["participants"]), (&json!(false), &Value::Null, &json!(1)));
        assert_eq!(open["ranking"][0]["unit"]["code"], "B2");
        assert_eq!(open["ranking"][0]["before_mean_score"], of_b2["figures"]["mean_score"]);
        world.wait(&app, 31 * DAY).await;
        assert_eq!(close(&app).await, 7);
        let fixed = monthly(&world.admin, &december).await;
        assert_eq!((&fixed["fixed"], &fixed["before"], &fixed["ranking"]), (&json!(true), &Value::Null, &open["ranking"]));
    }

    /// Two months, several units, weak chapters: every figure of the workbook is that of the answer.
    async fn the_workbook_says_what_the_answer_says(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        for (login, unit) in [("one", "B1"), ("two", "B2"), ("three", "B2"), ("four", "B3")] {
            world.member(&app, login, unit).await;
        }
        let sections = json!([{"kinds": ["single"], "chapters": ["第一章"], "count": 5, "points": 20, "title": ""}]);
        let quiz = world.quiz(json!({"sections": sections, "attempts_allowed": 9})).await;
        let take = async |world: &World, login: &str, right: usize, seconds: i64| {
            let actor = world.again(&app, login).await;
            let begun = actor.post_nothing(&format!("/quizzes/{}/attempts", quiz["id"])).await.expect(201);
            app.clock.advance_seconds(seconds);
            world.submit(&actor, &begun, right).await;
        };
        take(&world, "one", 5, 60).await;
        take(&world, "two", 2, 95).await;
        let filter = |unit: &str| format!("month=2026-11&unit={}", world.unit(unit));
        let (root, b1) = (filter("root"), filter("B1"));
        app.services.statistics.catch_up().await.unwrap();
        // Of the first month, while it runs: nothing to compare.
        same(&world.admin, &root).await;
        let first = monthly(&world.admin, &root).await;
        assert_eq!(first["before"], Value::Null);
        world.wait(&app, TO_DECEMBER).await;
        close(&app).await;
        same(&world.admin, &root).await;
        take(&world, "one", 4, 30).await;
        take(&world, "three", 5, 41).await;
        take(&world, "four", 1, 77).await;
        app.services.statistics.catch_up().await.unwrap();
        let december = root.replace("2026-11", "2026-12");
        same(&world.admin, &december).await;
        world.wait(&app, 31 * DAY).await;
        close(&app).await;
        let fixed = monthly(&world.admin, &december).await;
        assert_eq!((&fixed["fixed"], &fixed["before"]), (&json!(true), &first["figures"]));
        // There is something of everything to compare.
        assert!(fixed["change"].as_object().unwrap().values().all(Value::is_number), "{fixed}");
        let count = |part: &str| fixed[part].as_array().unwrap().len();
        assert_eq!((count("ranking"), count("best_members"), count("weak_chapters")), (2, 3, 1));
        same(&world.admin, &december).await;
        same(&world.admin, &b1).await;
    }

    async fn the_doctor_misses_reports_of_closed_months(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let (one, two) = (world.member(&app, "one", "B1").await, world.member(&app, "two", "B2").await);
        let quiz = world.quiz(json!({"attempts_allowed": 9})).await;
        world.attempt(&one, &quiz, 5).await;
        world.attempt(&two, &quiz, 3).await;
        world.wait(&app, TO_DECEMBER).await;
        close(&app).await;
        let examined = app.services.examine().await.unwrap();
        assert_eq!((examined.months, examined.faults), (1, vec![]));
        let b2 = world.unit("B2");
        app.change_schema(&format!("DELETE FROM monthly_reports WHERE unit_id = {b2}"));
        let faults = app.services.examine().await.unwrap().faults;
        assert_eq!(faults, [
            "the month 2026-11 was closed with 6 reports and has 5".to_owned(),
            format!("the month 2026-11 has no report of the units [{b2}], which it ranks"),
        ]);
    }

    async fn a_month_waits_for_its_last_attempts(backend) {
        let app = TestApp::start(backend).await;
        let mut world = World::build(&app).await;
        let one = world.member(&app, "one", "B1").await;
        world.add("two", "B1").await;
        let contest = world.quiz(json!({})).await;
        let daily = world.quiz(json!({"kind": "daily", "duration_seconds": 3600})).await;
        world.attempt(&one, &contest, 5).await;
        // 23:50 of the last day: what is begun now at a daily quiz belongs to November, whenever it ends.
        world.wait(&app, TO_DECEMBER - DAY / 2 - 600).await;
        let two = world.again(&app, "two").await;
        let begun = two.post_nothing(&format!("/quizzes/{}/attempts", daily["id"])).await.expect(201);
        app.clock.advance_seconds(601);
        assert_eq!(close(&app).await, 0);
        app.clock.advance_seconds(10);
        assert_eq!(close(&app).await, 0);
        let open = monthly(&world.admin, "month=2026-11").await;
        assert_eq!((&open["fixed"], &open["figures"]["participants"]), (&json!(false), &json!(1)));
        world.submit(&two, &begun, 4).await;
        // Asking closes it too, once the statistics have caught up.
        assert_eq!(monthly(&world.admin, "month=2026-11").await["fixed"], false);
        app.services.statistics.catch_up().await.unwrap();
        let fixed = monthly(&world.admin, "month=2026-11").await;
        assert_eq!((&fixed["fixed"], &fixed["figures"]["participants"]), (&json!(true), &json!(2)));
        // And for all units, not only the one that was asked for.
        assert_eq!(close(&app).await, 0);
        assert_eq!(monthly(&world.admin, &format!("month=2026-11&unit={}", world.unit("B1"))).await["fixed"], true);
        // Before there were any results there is nothing to fix.
        let before = monthly(&world.admin, "month=2026-10").await;
        assert_eq!((&before["fixed"], &before["figures"]["participants"]), (&json!(false), &json!(0)));
    }
}
