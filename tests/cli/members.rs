//! Members and administrators that the command line adds, and what the audit log says of it.

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use serde_json::json;

use crate::{Place, Server, word_after};

#[derive(diesel::QueryableByName)]
struct AuditLine {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

#[test]
fn members_are_imported_and_a_dry_run_changes_nothing() {
    let place = Place::new();
    place.start_empty();
    place.write(
        "roster.csv",
        "账号,姓名,组织编码,角色,初始密码\nzs,张三,zone,,\nls,李四,zone,leader,Given-Pass-2026\n",
    );
    let said = place.run(&["members", "import", "roster.csv", "--dry-run"]).done();
    assert!(said.contains("2 added") && said.contains("dry run"), "{said}");
    assert!(!said.contains("zs\t"), "a dry run makes no passwords: {said}");
    let said = place.run(&["members", "import", "roster.csv"]).done();
    assert!(
        said.contains("2 rows: 2 added, 0 updated, 0 unchanged"),
        "the dry run had changed nothing: {said}"
    );
    let made = word_after(&said, "zs\t张三\t");
    assert!(!said.contains("Given-Pass-2026"));
    let again = place.run(&["members", "import", "roster.csv"]).done();
    assert!(again.contains("0 added, 0 updated, 2 unchanged") && !again.contains(&made), "{again}");

    place.write("bad.csv", "login,name,unit_code\nww,王五,zone\nzl,赵六,nowhere\n");
    let reason = place.run(&["members", "import", "bad.csv"]).refused(1);
    assert!(reason.contains("nowhere"), "{reason}");
    assert!(place.run(&["members", "import", "missing.csv"]).refused(1).contains("missing.csv"));

    let server = Server::start(&place, &[]);
    let (status, reply) = server.log_in("zs", &made);
    assert_eq!((status, &reply["member"]["must_change_password"]), (200, &json!(true)));
    assert_eq!(server.log_in("ls", "Given-Pass-2026").0, 200);
    assert_eq!(server.log_in("ww", "anything-at-all").0, 401, "nothing of the bad file was taken");
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn what_the_command_line_changes_stands_in_the_audit_log_without_an_actor() {
    let place = Place::new();
    place.start_empty();
    place.write("roster.csv", "login,name,unit_code\nzs,张三,zone\n");
    place.write(
        "bank.json",
        json!([{"code": "x-1", "kind": "judge", "stem": "题", "key": ["true"]}]).to_string(),
    );
    place.run(&["members", "import", "roster.csv", "--dry-run"]).done();
    place.run(&["members", "import", "roster.csv"]).done();
    place.run(&["bank", "import", "bank.json", "--bank", "new"]).done();
    place.run(&["admin", "add", "second"]).done();
    let mut connection = SqliteConnection::establish(place.path("data/qianti.db").to_str().unwrap()).unwrap();
    let lines: Vec<AuditLine> = diesel::sql_query(
        "SELECT action || ' ' || subject_name || ' ' || COALESCE(actor_id, '-') || ' ' || \
         COALESCE(json_extract(after, '$.file'), '-') AS line FROM audit_log ORDER BY id",
    )
    .load(&mut connection)
    .unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "member.added 张三 - -",
            "members.imported 园区党工委 - roster.csv",
            "bank.added new - -",
            "question.added 题 - -",
            "bank.imported new - bank.json",
            "member.added second - -",
        ]
    );
}

#[test]
fn admin_add_makes_an_administrator_with_an_initial_password() {
    let place = Place::new();
    place.start_empty();
    let said = place.run(&["admin", "add", "second"]).done();
    let password = word_after(&said, "password ");
    assert!(place.run(&["admin", "add", "second"]).refused(1).contains("taken"));
    place.run(&["admin", "add", "a b"]).refused(1);
    place.run(&["admin", "add"]).refused(2);
    let server = Server::start(&place, &[]);
    let (status, reply) = server.log_in("second", &password);
    assert_eq!((status, &reply["member"]["must_change_password"]), (200, &json!(true)));
    let roles = reply["member"]["roles"].as_array().unwrap();
    assert!(roles.iter().any(|role| role["role"] == "admin"), "{reply}");
    assert_eq!(server.stop().0, Some(0));
}
