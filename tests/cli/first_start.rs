//! The first start of a database: the password that is made or given.

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
