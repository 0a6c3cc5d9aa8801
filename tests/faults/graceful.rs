//! SIGTERM under load: what was taken is answered, what was answered is there, and /readyz says so first.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::crowd::Crowd;
use super::http::Connection;
use super::program::{Program, examine, sqlite_url};

const ANSWERS: &str =
    r#"{"answers":[{"no":1,"answer":["true"]},{"no":2,"answer":["true"]},{"no":3,"answer":["true"]}]}"#;

/// What one member has seen of a server until it was gone.
#[derive(Default)]
struct Seen {
    begun: Vec<String>,
    scores: BTreeMap<String, f64>,
    requests: usize,
    /// Requests that were sent on a connection and never answered.
    cut: Vec<String>,
    /// Connections that were refused.
    refused: usize,
}

/// Begins and submits on kept connections until no new one is taken.
fn answer_until_it_is_gone(address: SocketAddr, quiz: i64, token: &str, graded: &AtomicUsize) -> Seen {
    let mut seen = Seen::default();
    let mut kept: Option<Connection> = None;
    let mut running: Option<String> = None;
    loop {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => match Connection::open(address) {
                Ok(connection) => connection,
                // Nothing was sent: whoever meets this knows that nothing was done.
                Err(_) => {
                    seen.refused += 1;
                    return seen;
                }
            },
        };
        let (path, body) = match &running {
            None => (format!("/api/v1/quizzes/{quiz}/attempts"), ""),
            Some(id) => (format!("/api/v1/attempts/{id}/submit"), ANSWERS),
        };
        match connection.ask("POST", &path, token, body) {
            Ok(answer) => {
                seen.requests += 1;
                assert!(matches!(answer.status, 200 | 201), "{} {}", answer.status, answer.body);
                match running.take() {
                    None => {
                        let id = answer.body["id"].as_str().unwrap().to_owned();
                        seen.begun.push(id.clone());
                        running = Some(id);
                    }
                    Some(id) => {
                        seen.scores.insert(id, answer.body["score"].as_f64().unwrap());
                        graded.fetch_add(1, Ordering::SeqCst);
                    }
                }
                if !connection.is_over {
                    kept = Some(connection);
                }
            }
            Err(error) => {
                seen.cut
                    .push(format!("{path}, number {} of its connection: {error}", connection.answered + 1));
                return seen;
            }
        }
    }
}

async fn pause(milliseconds: u64) {
    actix_web::rt::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[actix_web::test]
async fn told_to_stop_under_load_it_answers_what_it_took_and_keeps_what_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let program = Program::start(&url, &[]);
    let crowd = Crowd::gather(&program.base, 16).await;
    let (quiz, tokens) = (crowd.quiz(), crowd.tokens().to_vec());
    let mut program = Some(program);
    let (mut begun, mut scores) = (vec![], BTreeMap::new());
    let (mut requests, mut refused) = (0, 0);
    for _ in 0..3 {
        let running = program.take().unwrap_or_else(|| Program::start(&url, &[]));
        let (address, graded) = (running.address(), Arc::new(AtomicUsize::new(0)));
        let members: Vec<_> = tokens
            .iter()
            .cloned()
            .map(|token| {
                let graded = Arc::clone(&graded);
                std::thread::spawn(move || answer_until_it_is_gone(address, quiz, &token, &graded))
            })
            .collect();
        while graded.load(Ordering::SeqCst) < 300 {
            pause(5).await;
        }
        running.stop();
        for (no, member) in members.into_iter().enumerate() {
            let seen = member.join().unwrap();
            assert!(seen.cut.is_empty(), "requests were sent and never answered: {:?}", seen.cut);
            requests += seen.requests;
            refused += seen.refused;
            begun.extend(seen.begun.into_iter().map(|id| (no, id)));
            scores.extend(seen.scores);
        }
    }
    eprintln!("{requests} requests answered, {refused} connections refused, {} results", scores.len());
    assert!(scores.len() >= 900);
    let again = Program::start(&url, &[]);
    let mut connection = Connection::open(again.address()).unwrap();
    for (member, id) in begun {
        let shown = connection.ask("GET", &format!("/api/v1/attempts/{id}"), &tokens[member], "").unwrap();
        assert_eq!(shown.status, 200, "{id}: {}", shown.body);
        let score = scores.get(&id).map_or(Value::Null, |score| json!(score));
        assert_eq!(shown.body["result"]["score"].as_f64(), score.as_f64(), "{id}: {}", shown.body);
    }
    drop(connection);
    again.stop();
    examine(&url);
}

#[actix_web::test]
async fn while_it_drains_it_says_that_it_is_not_ready_and_goes_on_answering() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&sqlite_url(folder.path()), &[("QIANTI_DRAIN_SECONDS", "600")]);
    let ask = |path: &str| Connection::open(program.address()).unwrap().ask("GET", path, "", "").unwrap();
    assert_eq!(ask("/readyz").status, 200);
    program.signal("TERM");
    let mut refused = ask("/readyz");
    for _ in 0..500 {
        if refused.status == 503 {
            break;
        }
        pause(10).await;
        refused = ask("/readyz");
    }
    assert_eq!((refused.status, &refused.body["type"]), (503, &json!("/problems/not-ready")));
    let checks = refused.body["checks"].as_array().unwrap();
    let failed: Vec<&Value> = checks.iter().filter(|check| check["ok"] == json!(false)).collect();
    assert_eq!(failed.len(), 1, "{checks:?}");
    assert_eq!(failed[0]["name"], "stopping");
    // New connections are still taken.
    assert_eq!(ask("/healthz").status, 200);
    assert!(Program::is_running(program.id()));
    // A second word ends the wait.
    program.stop();
}
