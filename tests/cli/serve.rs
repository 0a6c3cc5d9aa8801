//! A server that runs: what it says at the start, its keys, how it stops.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

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
