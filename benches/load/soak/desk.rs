//! What a leader and an admin do beside the members: boards, reports, files in and out, and live rankings.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::data::PASSWORD;

/// Between two rounds at the desk.
const PAUSE: Duration = Duration::from_secs(4);
/// How long a live ranking is listened to.
const LISTENING: Duration = Duration::from_secs(2);

/// What is asked for in each round: read, or a whole file.
const ROUND: [&str; 8] = [
    "/reports/board?period=day",
    "/reports/chapters?period=day",
    "/reports/trend?period=day",
    "/reports/items?bank=1000&limit=50",
    "/reports/members/export?period=day&format=csv",
    "/banks/1000/export?format=docx",
    "/banks/1000/export?format=xlsx",
    "/audit/export?format=xlsx",
];

/// Adds contests that may be taken again and again, and returns their ids.
///
/// # Errors
/// When one is refused.
pub fn add_contests(address: SocketAddr, count: usize) -> Result<Vec<i64>, String> {
    actix_web::rt::System::new().block_on(async {
        let client = Client::new();
        let token = log_in(&client, address).await?;
        let mut ids = Vec::new();
        for number in 1..=count {
            let section = |kind: &str, count: u32| json!({
                "title": "", "kinds": [kind], "chapters": [], "difficulty": [1, 5], "count": count, "points": 5,
                "multiple_rule": "half_if_incomplete",
            });
            let body = json!({
                "title": format!("第{number}期竞赛"), "kind": "contest", "bank": "1000", "unit_id": null,
                "opens_at": "2020-01-01T00:00:00Z", "closes_at": null, "duration_seconds": 3600,
                "attempts_allowed": null, "pass_percent": 60, "reveal": "after_submit",
                "shuffle_questions": true, "shuffle_options": true,
                "sections": [section("single", 10), section("multiple", 5), section("judge", 5)],
            });
            let request = client.post(format!("http://{address}/api/v1/quizzes")).bearer_auth(&token).json(&body);
            let reply = request.send().await.map_err(|error| error.to_string())?;
            let text = reply.text().await.map_err(|error| error.to_string())?;
            let made: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            ids.push(made["id"].as_i64().ok_or(text)?);
        }
        Ok(ids)
    })
}

async fn log_in(client: &Client, address: SocketAddr) -> Result<String, String> {
    let body = json!({"login": "admin", "password": PASSWORD});
    let request = client.post(format!("http://{address}/api/v1/auth/login")).json(&body);
    let reply = request.send().await.map_err(|error| error.to_string())?;
    let reply: Value = reply.json().await.map_err(|error| error.to_string())?;
    reply["access_token"].as_str().map(ToOwned::to_owned).ok_or_else(|| reply.to_string())
}

/// Works at the desk until it is told to stop; counts the requests, and returns what went wrong.
pub fn work(address: SocketAddr, quiz: i64, stop: &AtomicBool, asked: &AtomicU64) -> Vec<String> {
    let system = actix_web::rt::System::new();
    system.block_on(async {
        let client = Client::builder().timeout(Duration::from_secs(120)).build();
        let client = match client {
            Ok(client) => client,
            Err(error) => return vec![error.to_string()],
        };
        let mut wrong = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            if let Err(reason) = round(&client, address, quiz, asked).await {
                wrong.push(reason);
            }
            actix_web::rt::time::sleep(PAUSE).await;
        }
        wrong
    })
}

async fn round(client: &Client, address: SocketAddr, quiz: i64, asked: &AtomicU64) -> Result<(), String> {
    let base = format!("http://{address}/api/v1");
    let token = log_in(client, address).await?;
    let mut bank = Vec::new();
    for path in ROUND.into_iter().chain(["/banks/1000/export?format=json"]) {
        let reply = client.request(Method::GET, format!("{base}{path}")).bearer_auth(&token).send().await;
        let reply = reply.map_err(|error| format!("{path}: {error}"))?;
        let status = reply.status();
        let body = reply.bytes().await.map_err(|error| format!("{path}: {error}"))?;
        asked.fetch_add(1, Ordering::Relaxed);
        if !status.is_success() {
            return Err(format!(
                "{path}: {status} {}",
                String::from_utf8_lossy(&body[..body.len().min(300)])
            ));
        }
        bank = body.to_vec();
    }
    let form = Form::new().part("file", Part::bytes(bank).file_name("bank.json"));
    let import = format!("{base}/banks/1000/import?format=json&dry_run=true");
    let reply = client.post(import).bearer_auth(&token).multipart(form).send().await;
    let status = reply.map_err(|error| format!("import: {error}"))?.status();
    asked.fetch_add(1, Ordering::Relaxed);
    if !status.is_success() {
        return Err(format!("import: {status}"));
    }
    let stream = format!("{base}/leaderboards/stream?quiz={quiz}");
    let mut reply =
        client.get(stream).bearer_auth(&token).send().await.map_err(|error| format!("stream: {error}"))?;
    asked.fetch_add(1, Ordering::Relaxed);
    if !reply.status().is_success() {
        return Err(format!("stream: {}", reply.status()));
    }
    let listening = async { while matches!(reply.chunk().await, Ok(Some(_))) {} };
    let listened = actix_web::rt::time::timeout(LISTENING, listening).await;
    if listened.is_ok() {
        return Err("stream: it ended by itself".into());
    }
    Ok(())
}
