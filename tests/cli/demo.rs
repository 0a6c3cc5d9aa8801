//! `qianti demo`: the sample zone, a month on.

use serde_json::{Value, json};

use crate::{ADMIN_PASSWORD, Place, Server};

const PASSWORD: &str = "qianti-demo-2026";

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().unwrap()
}

/// A server on a database that the demo has just filled.
fn filled(place: &Place) -> Server {
    let said = place.run_with(&["demo"], &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]).done();
    assert!(said.contains("43 branches, 1200 members"), "{said}");
    assert!(!said.contains(ADMIN_PASSWORD));
    Server::start(place, &[])
}

#[test]
fn the_demo_fills_an_empty_database_and_refuses_a_used_one() {
    let place = Place::new();
    let server = filled(&place);
    let reason = place.run(&["demo"]).refused(1);
    assert!(reason.contains("in use"), "{reason}");

    let member = server.token("yt0001", PASSWORD);
    let units = server.get("/units", &member);
    let of_kind = |kind: &str| items(&units).iter().filter(|unit| unit["kind"] == kind).count();
    assert_eq!((of_kind("branch"), of_kind("zone")), (43, 1));
    assert!(of_kind("committee") > 0 && of_kind("general_branch") > 0);
    let branches = items(&units).iter().filter(|unit| unit["kind"] == "branch");
    let in_branches: i64 = branches.map(|unit| unit["active_members"].as_i64().unwrap()).sum();
    assert_eq!(in_branches, 1200);
    let board = server.get("/leaderboards/units?period=all&kind=branch", &member);
    assert_eq!(items(&board).len(), 43);
    // Who has moved is counted where their earlier results stay, too.
    let counted: i64 = items(&board).iter().map(|row| row["active_members"].as_i64().unwrap()).sum();
    assert_eq!(counted, 1202, "two have been transferred");
    assert!(items(&board).iter().all(|row| row["mean_score"].as_f64().unwrap() > 0.0), "{board}");
    for period in ["month", "all"] {
        let board = server.get(&format!("/leaderboards/members?period={period}&limit=10"), &member);
        assert_eq!(items(&board).len(), 10, "{board}");
    }
    assert_eq!(server.log_in("leader", PASSWORD).0, 200);
    assert_eq!(server.log_in("yt1200", PASSWORD).0, 200);
    assert_eq!(server.stop().0, Some(0));

    let other = Place::new();
    other.start_empty();
    assert!(other.run(&["demo"]).refused(1).contains("in use"), "a database after its first start is in use");
}

#[test]
fn the_demo_is_in_the_middle_of_things() {
    let place = Place::new();
    let server = filled(&place);
    let admin = server.token("admin", ADMIN_PASSWORD);

    // A contest is going on: some answer, some have handed in, most have not begun.
    let open = server.get("/quizzes?state=open", &admin);
    let contest = items(&open).iter().find(|quiz| quiz["kind"] == "contest").expect("no contest is open");
    let progress = server.get(&format!("/quizzes/{}/progress", contest["id"]), &admin);
    let count = |name: &str| progress[name].as_i64().unwrap();
    assert!(count("running") >= 20, "{progress}");
    assert!(count("submitted") > 100 && count("eligible") > count("begun"), "{progress}");
    let in_committees =
        progress["units"].as_array().unwrap().iter().map(|row| row["running"].as_i64().unwrap());
    assert_eq!(in_committees.sum::<i64>(), count("running"), "{progress}");
    let running = server.get(&format!("/quizzes/{}/attempts?status=running", contest["id"]), &admin);
    let drafts = items(&running).iter().filter(|attempt| attempt["answered"].as_i64().unwrap() > 0).count();
    assert!(drafts >= 10, "{running}");
    let closed = server.get("/quizzes?state=closed", &admin);
    assert_eq!(items(&closed).iter().filter(|quiz| quiz["kind"] == "contest").count(), 2);

    // Today has results, of a part of the members.
    let leader = server.token("leader", PASSWORD);
    let board = server.get("/reports/board?period=day", &leader);
    let taken = board["now"]["participants"].as_i64().unwrap();
    assert!(taken > 100 && taken < board["now"]["active_members"].as_i64().unwrap(), "{board}");
    assert!(board["before"]["participants"].as_i64().unwrap() > 100, "{board}");
    assert_eq!(board["children"].as_array().unwrap().len(), 4, "{board}");

    // What the administrator did is on record, the latest first, and nothing of it has not happened yet.
    let log = server.get("/audit", &admin);
    let actions: Vec<&str> = items(&log).iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "quiz.extended",
            "quiz.added",
            "attempt.voided",
            "quiz.added",
            "member.transferred",
            "member.transferred",
            "question.changed",
            "roles.changed",
            "unit.renamed",
            "quiz.added",
        ]
    );
    assert!(items(&log).iter().all(|line| line["actor"]["name"] == "系统管理员"), "{log}");
    assert!(items(&log).is_sorted_by(|a, b| a["at"].as_str() >= b["at"].as_str()), "{log}");
    assert!(items(&log)[0]["at"].as_str() <= progress["as_of"].as_str(), "{log}");

    // The mended question is the bank's second revision, and can be taken back.
    let revisions = server.get("/banks/1000/revisions", &admin);
    let told: Vec<Value> = items(&revisions)
        .iter()
        .map(|row| json!([row["revision"], row["changed"], row["retired"]]))
        .collect();
    assert_eq!(told, [json!([2, 1, 0]), json!([1, 0, 0])], "{revisions}");
    assert!(items(&revisions)[0]["created_at"].as_str() > items(&revisions)[1]["created_at"].as_str());
    let mended = items(&log)[6]["subject"]["id"].as_str().unwrap().to_owned();
    let history = server
        .get(&format!("/banks/1000/questions/{}/history", mended.strip_prefix("1000/").unwrap()), &admin);
    assert_eq!(items(&history).len(), 2, "{history}");

    // All five steps of the first hour are done.
    let setup = server.get("/setup", &admin);
    assert!(setup["steps"].as_array().unwrap().iter().all(|step| step["done"] == true), "{setup}");
    assert_eq!(server.stop().0, Some(0));

    let said = place.run(&["doctor"]).done();
    assert!(said.contains("healthy"), "{said}");
}
