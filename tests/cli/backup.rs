//! Backups and their restore, and databases that the program cannot use.

use std::fs;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::json;

use crate::{ADMIN_PASSWORD, Place, Server};

#[test]
fn a_database_is_backed_up_while_it_is_used_and_restored_into_a_fresh_place() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    let admin = server.token("admin", ADMIN_PASSWORD);
    let units = server.get("/units", &admin);
    let body =
        json!({"parent_id": units["items"][0]["id"], "kind": "branch", "code": "KEPT", "name": "留存党支部"});
    assert_eq!(server.call("POST", "/api/v1/units", &admin, &body).0, 201);
    place.run(&["backup", "copy.db"]).done();
    let kept = fs::read(place.path("copy.db")).unwrap();
    assert!(place.run(&["backup", "copy.db"]).refused(1).contains("copy.db"));
    assert_eq!(fs::read(place.path("copy.db")).unwrap(), kept, "a backup overwrites nothing");
    let later =
        json!({"parent_id": units["items"][0]["id"], "kind": "branch", "code": "LATER", "name": "后来"});
    assert_eq!(server.call("POST", "/api/v1/units", &admin, &later).0, 201);
    assert!(place.run(&["restore", "copy.db"]).refused(1).contains("exists"), "over a database in use");
    assert_eq!(server.stop().0, Some(0));
    assert!(place.run(&["restore", "copy.db"]).refused(1).contains("exists"), "over a database at rest");

    let fresh = [("QIANTI_DATABASE_URL", "sqlite://elsewhere/deep/new.db")];
    place.run_with(&["restore", "copy.db"], &fresh).done();
    let server = Server::start(&place, &fresh);
    assert!(!server.said.join("\n").contains("First start"));
    let admin = server.token("admin", ADMIN_PASSWORD);
    let units = server.get("/units", &admin).to_string();
    assert!(units.contains("KEPT") && !units.contains("LATER"), "{units}");
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn what_is_no_sound_backup_is_not_restored() {
    let place = Place::new();
    place.start_empty();
    place.run(&["backup", "copy.db"]).done();
    let sound = fs::read(place.path("copy.db")).unwrap();
    place.write("half.db", &sound[..sound.len() / 2]);
    place.write("noise.db", "this is no database at all, only a text that is long enough to be looked at");
    place.write("empty.db", "");
    SqliteConnection::establish(place.path("other.db").to_str().unwrap())
        .unwrap()
        .batch_execute("CREATE TABLE other (a)")
        .unwrap();
    let fresh = [("QIANTI_DATABASE_URL", "sqlite://fresh/new.db")];
    for file in ["half.db", "noise.db", "empty.db", "other.db", "missing.db"] {
        let reason = place.run_with(&["restore", file], &fresh).refused(1);
        assert!(reason.contains(file), "{reason}");
        assert!(!place.path("fresh/new.db").exists(), "{file}");
    }
    let nothing = [("QIANTI_DATABASE_URL", "sqlite://nothing/here.db")];
    place.run_with(&["backup", "x.db"], &nothing).refused(1);
    assert!(!place.path("nothing").exists() && !place.path("x.db").exists());
}

#[test]
fn a_restored_database_is_not_mixed_with_the_log_of_the_old_one() {
    let place = Place::new();
    place.start_empty();
    place.run(&["backup", "copy.db"]).done();
    // The old database was moved away after a crash, and its write-ahead log was forgotten.
    fs::rename(place.path("data/qianti.db"), place.path("old.db")).unwrap();
    place.write("data/qianti.db-wal", "left behind");
    let reason = place.run(&["restore", "copy.db"]).refused(1);
    assert!(reason.contains("qianti.db-wal"), "{reason}");
    assert!(!place.path("data/qianti.db").exists());
    assert_eq!(fs::read(place.path("data/qianti.db-wal")).unwrap(), b"left behind");
}

#[test]
fn a_database_that_is_newer_than_the_program_is_refused() {
    let place = Place::new();
    place.start_empty();
    let database = place.path("data/qianti.db");
    SqliteConnection::establish(database.to_str().unwrap())
        .unwrap()
        .batch_execute(
            "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('9999', CURRENT_TIMESTAMP)",
        )
        .unwrap();
    for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["demo"], &["admin", "add", "x"]] {
        let reason = place.run(args).refused(1);
        assert!(
            reason.contains("newer") && reason.contains("9999") && reason.contains("qianti.db"),
            "{reason}"
        );
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let place = Place::new();
    fs::create_dir(place.path("data")).unwrap();
    let text = "notes of somebody, not a database; long enough that the engine looks at its head";
    place.write("data/qianti.db", text);
    let reason = place.run(&["serve", "--listen", "127.0.0.1:0"]).refused(1);
    assert!(reason.contains("qianti.db"), "{reason}");
    assert_eq!(fs::read_to_string(place.path("data/qianti.db")).unwrap(), text);
}
