//! What the program writes to its log: ids and routes, never names, passwords, tokens, bodies or queries.

use std::process::{Command, Stdio};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::program::{ADMIN_PASSWORD, Program, sqlite_url};

/// The program with its log in a file.
fn start(folder: &std::path::Path, settings: &[(&str, &str)]) -> (Program, std::path::PathBuf) {
    let file = folder.join("log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_qianti"));
    command.stderr(Stdio::from(std::fs::File::create(&file).unwrap()));
    (Program::start_by(command, &sqlite_url(folder), settings), file)
}

#[actix_web::test]
async fn a_line_about_a_request_has_ids_and_its_route_and_nothing_of_what_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("QIANTI_LOG_FORMAT", "json"),
        ("QIANTI_LOG", "warn,qianti=info,qianti::request=debug"),
        ("QIANTI_HASHING_QUEUE", "1"),
        ("QIANTI_HASHING_THREADS", "1"),
    ];
    let (program, file) = start(folder.path(), &settings);
    let client = Client::new();
    let login = json!({"login": "admin", "password": ADMIN_PASSWORD});
    let log_in = || client.post(format!("{}/auth/login", program.base)).json(&login).send();
    let ticket: Value = log_in().await.unwrap().json().await.unwrap();
    let token = ticket["access_token"].as_str().unwrap().to_owned();
    let member = ticket["member"]["id"].as_i64();
    let get = |path: &str, id: &str| {
        let request = client.request(Method::GET, format!("{}{path}", program.base)).bearer_auth(&token);
        request.header("x-request-id", id.to_owned()).send()
    };
    let me: Value = get("/me", "first").await.unwrap().json().await.unwrap();
    let member = member.or_else(|| me["id"].as_i64()).unwrap();
    get("/members?q=secretname&limit=5", "second").await.unwrap();
    get("/quizzes/424242", "third").await.unwrap();
    // One at a time: of eight that come at once some are turned away, inside the services.
    let replies = futures_util::future::join_all((0..8).map(|_| log_in())).await;
    let refused: Vec<String> = replies
        .into_iter()
        .map(Result::unwrap)
        .filter(|reply| reply.status() == 503)
        .map(|reply| reply.headers()["x-request-id"].to_str().unwrap().to_owned())
        .collect();
    assert!(!refused.is_empty());
    program.stop();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let about = |id: &str| {
        let found: Vec<&Value> = lines.iter().filter(|line| line["request_id"] == id).collect();
        assert!(!found.is_empty(), "nothing about {id}: {text}");
        found
    };
    for (id, route, status, who) in [
        ("first", "/api/v1/me", 200, Some(member)),
        ("second", "/api/v1/members", 200, Some(member)),
        ("third", "/api/v1/quizzes/{id}", 404, Some(member)),
    ] {
        let line = about(id)[0];
        assert_eq!((&line["route"], &line["status"]), (&json!(route), &json!(status)), "{line}");
        assert_eq!(line["member"].as_i64(), who, "{line}");
        assert!(line["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{line}");
        assert!(line["timestamp"].is_string() && line["level"] == "DEBUG", "{line}");
    }
    for id in &refused {
        let messages: Vec<&str> =
            about(id).into_iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert!(
            messages.contains(&"busy"),
            "what a service says inside a request names the request: {messages:?}"
        );
    }
    for secret in [ADMIN_PASSWORD, &token, "secretname", "limit=5", "424242", "管理员", "Bearer", "\"admin\""]
    {
        assert!(!text.contains(secret), "the log holds {secret}:\n{text}");
    }
}

#[actix_web::test]
async fn by_default_a_request_that_goes_well_leaves_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let (program, file) = start(folder.path(), &[("QIANTI_LOG", "warn,qianti=info")]);
    let before = std::fs::read_to_string(&file).unwrap();
    let client = Client::new();
    for _ in 0..5 {
        let login = json!({"login": "admin", "password": ADMIN_PASSWORD});
        let reply = client.post(format!("{}/auth/login", program.base)).json(&login).send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    program.stop();
}
