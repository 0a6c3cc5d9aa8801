//! A server that runs: what it says at the start, its keys, how it stops.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use serde_json::{Value, json};

use crate::{ADMIN_PASSWORD, Place, Server, word_after};

#[test]
fn serve_says_where_to_open_it_and_tells_the_made_password_once() {
    let place = Place::new();
    let server = Server::start(&place, &[]);
    let said = server.said.join("\n");
    let password = word_after(&said, "login admin, password ");
    assert!(said.contains("data/qianti.db"), "{said}");
    assert!(place.path("data/qianti.db").is_file());
    assert_eq!(server.call("GET", "/healthz", "", &Value::Null).0, 200);
    assert_eq!(server.call("GET", "/readyz", "", &Value::Null).0, 200);
    assert_eq!(server.log_in("admin", &password).0, 200);
    let (code, rest) = server.stop();
    assert_eq!(code, Some(0), "told to stop, it stops cleanly");
    assert!(!rest.contains(&password));

    let again = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", "Another-Pass-2026")]);
    let said = again.said.join("\n");
    assert!(!said.contains(&password) && !said.contains("First start"), "{said}");
    assert_eq!(again.log_in("admin", &password).0, 200);
    assert_eq!(again.log_in("admin", "Another-Pass-2026").0, 401, "it is for the first start only");
    assert_eq!(again.stop().0, Some(0));
}

#[test]
fn a_stream_that_is_open_does_not_keep_the_server_from_stopping() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    let token = server.token("admin", ADMIN_PASSWORD);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(
        stream,
        "GET /api/v1/leaderboards/stream?period=all HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
        server.address
    )
    .unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(": listening") {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(server.stop().0, Some(0));
    // A server that has waited in vain cuts the connection; this one has ended the answer.
    stream.read_to_end(&mut heard).unwrap();
    let heard = String::from_utf8(heard).unwrap();
    assert!(heard.starts_with("HTTP/1.1 200") && heard.ends_with("0\r\n\r\n"), "{heard}");
}

#[test]
fn nobody_is_let_in_before_the_database_is_open_and_a_taken_address_is_told_before_that() {
    let place = Place::new();
    place.start_empty();
    let file = place.path("data/qianti.db");
    let mut other = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    // What a long migration is to others: the database is there and does not answer.
    other.batch_execute("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let began = Instant::now();
    let reason = place.run(&["serve", "--listen", &address]).refused(1);
    assert!(reason.contains(&address), "{reason}");
    assert!(began.elapsed() < Duration::from_secs(4), "it did not wait for the database");
    drop(taken);
    std::thread::scope(|scope| {
        let server = scope.spawn(|| Server::start_at(&address, &place, &[]));
        let began = Instant::now();
        // Shorter than the program waits for the lock.
        while began.elapsed() < Duration::from_secs(2) {
            assert!(TcpStream::connect(&address).is_err(), "let in with nobody there to answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        other.batch_execute("ROLLBACK").unwrap();
        let server = server.join().unwrap();
        assert_eq!(server.address, address);
        assert_eq!(server.call("GET", "/readyz", "", &Value::Null).0, 200);
        assert_eq!(server.stop().0, Some(0));
    });
}

#[test]
fn a_roster_of_the_command_line_ends_sessions_of_a_server_that_writes_nothing() {
    let place = Place::new();
    place.start_empty();
    place.write("one.csv", "login,name,unit_code,password\nls,李四,zone,Given-Pass-2026\n");
    place.run(&["members", "import", "one.csv"]).done();
    let server = Server::start(&place, &[]);
    let token = server.token("ls", "Given-Pass-2026");
    server.get("/me", &token);
    // A role ends the sessions; nothing is written by the server between this and the end.
    place.write("two.csv", "login,name,unit_code,role\nls,李四,zone,leader\n");
    assert!(place.run(&["members", "import", "two.csv"]).done().contains("1 updated"));
    let began = Instant::now();
    while server.call("GET", "/api/v1/me", &token, &Value::Null).0 != 401 {
        assert!(began.elapsed() < Duration::from_secs(60), "the session that was ended goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_rotation_of_the_keys_ends_the_access_tokens_of_a_server_that_runs() {
    let place = Place::new();
    let server = Server::start(&place, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]);
    let (_, tickets) = server.log_in("admin", ADMIN_PASSWORD);
    let token = tickets["access_token"].as_str().unwrap();
    server.get("/me", token);
    assert!(place.run(&["keys", "rotate"]).done().contains("A new key signs"));
    let began = std::time::Instant::now();
    let status = loop {
        let (status, _) = server.call("GET", "/api/v1/me", token, &Value::Null);
        if status != 200 || began.elapsed().as_secs() > 60 {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(status, 401);
    let body = json!({"refresh_token": tickets["refresh_token"]});
    let (status, renewed) = server.call("POST", "/api/v1/auth/refresh", "", &body);
    assert_eq!(status, 200, "members stay logged in: {renewed}");
    server.get("/me", renewed["access_token"].as_str().unwrap());
    assert_eq!(server.stop().0, Some(0));
    place.run(&["keys"]).refused(2);
}
