//! The first start of a database: the password that is made or given, and the demo.

use serde_json::json;

use crate::{ADMIN_PASSWORD, Place, Server, question, word_after};

#[test]
fn every_command_that_makes_a_database_tells_the_made_password() {
    for args in [
        &["admin", "add", "second"][..],
        &["bank", "import", "good.json"],
        &["bank", "export", "1000", "--output", "out.json"],
        &["members", "import", "roster.csv"],
        &["demo"],
    ] {
        let place = Place::new();
        place.write("good.json", json!([question("a-1")]).to_string());
        place.write("roster.csv", "login,name,unit_code\nzs,张三,zone\n");
        let said = place.run(args).done();
        let password = word_after(&said, "login admin, password ");
        let server = Server::start(&place, &[]);
        assert!(!server.said.join("\n").contains("login admin"), "{:?}", server.said);
        assert_eq!(server.log_in("admin", &password).0, 200, "{args:?}");
        assert_eq!(server.stop().0, Some(0));
    }
}

#[test]
fn a_given_password_is_used_and_not_told() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    assert!(!server.said.join("\n").contains(ADMIN_PASSWORD), "{:?}", server.said);
    let (status, reply) = server.log_in("admin", ADMIN_PASSWORD);
    assert_eq!((status, &reply["member"]["must_change_password"]), (200, &json!(false)));
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn the_demo_fills_an_empty_database_and_refuses_a_used_one() {
    let place = Place::new();
    let said = place.run_with(&["demo"], &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]).done();
    assert!(said.contains("43 branches, 1200 members"), "{said}");
    assert!(!said.contains(ADMIN_PASSWORD));
    let reason = place.run(&["demo"]).refused(1);
    assert!(reason.contains("in use"), "{reason}");

    let server = Server::start(&place, &[]);
    let member = server.token("yt0001", "qianti-demo-2026");
    let units = server.get("/units", &member);
    let of_kind =
        |kind: &str| units["items"].as_array().unwrap().iter().filter(|unit| unit["kind"] == kind).count();
    assert_eq!((of_kind("branch"), of_kind("zone")), (43, 1));
    assert!(of_kind("committee") > 0 && of_kind("general_branch") > 0);
    let board = server.get("/leaderboards/units?period=all&kind=branch", &member);
    let rows = board["items"].as_array().unwrap();
    assert_eq!(rows.len(), 43);
    let in_branches: i64 = rows.iter().map(|row| row["active_members"].as_i64().unwrap()).sum();
    assert_eq!(in_branches, 1200);
    assert!(rows.iter().all(|row| row["mean_score"].as_f64().unwrap() > 0.0), "{board}");
    for period in ["month", "all"] {
        let board = server.get(&format!("/leaderboards/members?period={period}&limit=10"), &member);
        // On the first of a month there may be nothing in it yet.
        assert!(period == "month" || board["items"].as_array().unwrap().len() == 10, "{board}");
    }
    assert_eq!(server.log_in("leader", "qianti-demo-2026").0, 200);
    assert_eq!(server.log_in("yt1200", "qianti-demo-2026").0, 200);
    assert_eq!(server.stop().0, Some(0));

    let other = Place::new();
    other.start_empty();
    assert!(other.run(&["demo"]).refused(1).contains("in use"), "a database after its first start is in use");
}
