//! Members who begin, save, look at and submit attempts without a pause, remember what they were told, and come again
//! when they are asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::program::ADMIN_PASSWORD;

const PASSWORD: &str = "Member-Pass-2026";
/// Longest that a ranking may take to have every result after a fault.
const CATCHING_UP: Duration = Duration::from_secs(30);

/// What one member was told.
#[derive(Clone, Default)]
pub struct Told {
    /// Attempts that were acknowledged as begun.
    pub begun: BTreeSet<String>,
    /// Scores of attempts that were acknowledged as graded.
    pub graded: BTreeMap<String, f64>,
}

/// How often the members were told what.
#[derive(Default)]
pub struct Tally {
    /// Attempts that were graded.
    pub graded: AtomicUsize,
    /// Requests that were answered with what was asked for.
    pub answered: AtomicUsize,
    /// 503 with `Retry-After`.
    pub refused: AtomicUsize,
}

impl Tally {
    /// Waits until so many more attempts were graded, for two minutes at most.
    pub async fn wait_for_more(&self, results: usize) {
        let (before, began) = (self.graded.load(Ordering::SeqCst), Instant::now());
        while self.graded.load(Ordering::SeqCst) < before + results {
            assert!(began.elapsed() < Duration::from_secs(120), "the members get no further");
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Scores of attempts that were acknowledged, as they are.
pub type Acknowledged = Arc<Mutex<BTreeMap<String, f64>>>;

pub struct Crowd {
    pub tally: Arc<Tally>,
    acknowledged: Acknowledged,
    client: Client,
    base: String,
    quiz: i64,
    admin: String,
    tokens: Vec<String>,
}

async fn call(client: &Client, method: Method, url: String, token: &str, body: Value) -> (u16, Value) {
    let reply = client.request(method, url).bearer_auth(token).json(&body).send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap_or(Value::Null))
}

async fn upload(client: &Client, url: String, token: &str, roster: String) -> (u16, Value) {
    let part = reqwest::multipart::Part::text(roster).file_name("roster.csv");
    let form = reqwest::multipart::Form::new().part("file", part);
    let reply = client.post(url).bearer_auth(token).multipart(form).send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap_or(Value::Null))
}

impl Crowd {
    /// Makes `members` members and a contest that they may try as often as they like.
    pub async fn gather(base: &str, members: usize) -> Self {
        // Shorter than the server keeps one: on a busy machine it would be closed just as it is used again.
        let kept = Duration::from_secs(2);
        let client =
            Client::builder().timeout(Duration::from_secs(60)).pool_idle_timeout(kept).build().unwrap();
        let (status, admin) = Self::log_in(&client, base, "admin", ADMIN_PASSWORD).await;
        assert_eq!(status, 200, "{admin}");
        let admin = admin["access_token"].as_str().unwrap().to_owned();
        let (_, units) = call(&client, Method::GET, format!("{base}/units"), &admin, Value::Null).await;
        let root = units["items"][0]["id"].clone();
        let code = units["items"][0]["code"].as_str().unwrap();
        let roster = (0..members).map(|no| format!("m{no},成员{no},{code},{PASSWORD}\n"));
        let roster = format!("login,name,unit_code,password\n{}", roster.collect::<String>());
        let (status, report) = upload(&client, format!("{base}/members/import"), &admin, roster).await;
        assert_eq!(status, 200, "{report}");
        let contest = json!({
            "title": "党章知识竞赛", "kind": "contest", "bank": "1000", "unit_id": root,
            "opens_at": "2020-01-01T00:00:00Z", "closes_at": null, "duration_seconds": 3600,
            "attempts_allowed": null, "pass_percent": 60, "reveal": "after_submit",
            "shuffle_questions": true, "shuffle_options": true,
            "sections": [{"title": "判断题", "kinds": ["judge"], "chapters": [], "difficulty": [1, 5],
                "count": 5, "points": 2, "multiple_rule": "half_if_incomplete"}],
        });
        let (status, quiz) = call(&client, Method::POST, format!("{base}/quizzes"), &admin, contest).await;
        assert_eq!(status, 201, "{quiz}");
        let mut tokens = Vec::new();
        for no in 0..members {
            let (status, ticket) = Self::log_in(&client, base, &format!("m{no}"), PASSWORD).await;
            assert_eq!(status, 200, "{ticket}");
            tokens.push(ticket["access_token"].as_str().unwrap().to_owned());
        }
        let quiz = quiz["id"].as_i64().unwrap();
        Self {
            tally: Arc::default(),
            acknowledged: Arc::default(),
            client,
            base: base.to_owned(),
            quiz,
            admin,
            tokens,
        }
    }

    async fn log_in(client: &Client, base: &str, login: &str, password: &str) -> (u16, Value) {
        let body = json!({"login": login, "password": password});
        call(client, Method::POST, format!("{base}/auth/login"), "", body).await
    }

    /// Has the admin send a roster of members; answers the status and the report.
    pub async fn upload_members(&self, roster: &str, dry_run: bool) -> (u16, Value) {
        let url = format!("{}/members/import?dry_run={dry_run}", self.base);
        upload(&self.client, url, &self.admin, roster.to_owned()).await
    }

    /// What was acknowledged to any of them until now.
    pub fn acknowledged(&self) -> Acknowledged {
        Arc::clone(&self.acknowledged)
    }

    pub fn quiz(&self) -> i64 {
        self.quiz
    }

    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Lets every member go on until `until` is set and what they have begun is graded.
    pub async fn answer(&self, until: &Arc<AtomicBool>) -> Vec<Told> {
        let members = self.tokens.iter().map(|token| {
            let member = Member {
                client: self.client.clone(),
                base: self.base.clone(),
                quiz: self.quiz,
                token: token.clone(),
                tally: Arc::clone(&self.tally),
                acknowledged: Arc::clone(&self.acknowledged),
            };
            actix_web::rt::spawn(member.answer(Arc::clone(until)))
        });
        let mut told = Vec::new();
        for member in members.collect::<Vec<_>>() {
            told.push(member.await.unwrap());
        }
        told
    }

    /// Compares what the members were told with what the ranking says. A machine that was just driven to its limits
    /// has half a minute to get there; that it takes a second otherwise is tested where it is quiet.
    pub async fn check(&self, told: &[Told]) {
        for (no, told) in told.iter().enumerate() {
            let left: Vec<&String> = told.begun.iter().filter(|id| !told.graded.contains_key(*id)).collect();
            assert!(left.is_empty(), "member {no} left {left:?}");
        }
        let began = Instant::now();
        loop {
            let differences = self.compare(told).await;
            if differences.is_empty() {
                return;
            }
            assert!(began.elapsed() < CATCHING_UP, "{}", differences.join("\n"));
            actix_web::rt::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// In words, what the ranking says otherwise than the members were told.
    async fn compare(&self, told: &[Told]) -> Vec<String> {
        let url = format!("{}/leaderboards/members?quiz={}&limit=200", self.base, self.quiz);
        let (status, board) = call(&self.client, Method::GET, url, &self.admin, Value::Null).await;
        assert_eq!(status, 200, "{board}");
        let rows: BTreeMap<&str, &Value> = board["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["name"].as_str().unwrap(), row))
            .collect();
        let differs = |(no, told): (usize, &Told)| {
            let (count, best) = (told.graded.len() as u64, told.graded.values().copied().fold(0.0, f64::max));
            let told = (count > 0).then_some((count, best));
            let row = rows.get(format!("成员{no}").as_str());
            let stands = row.map(|row| (row["attempts"].as_u64().unwrap(), row["score"].as_f64().unwrap()));
            (told != stands).then(|| format!("member {no}: told {told:?}, there is {stands:?}"))
        };
        told.iter().enumerate().filter_map(differs).collect()
    }
}

struct Member {
    client: Client,
    base: String,
    quiz: i64,
    token: String,
    tally: Arc<Tally>,
    acknowledged: Acknowledged,
}

impl Member {
    async fn answer(self, until: Arc<AtomicBool>) -> Told {
        let mut told = Told::default();
        while !until.load(Ordering::SeqCst) {
            let url = format!("{}/quizzes/{}/attempts", self.base, self.quiz);
            let attempt = self.insist(Method::POST, &url, json!(null)).await;
            let id = attempt["id"].as_str().unwrap().to_owned();
            told.begun.insert(id.clone());
            let url = format!("{}/attempts/{id}", self.base);
            let saved = json!({"answers": [{"no": 1, "answer": ["true"]}]});
            self.insist(Method::PUT, &format!("{url}/answers"), saved).await;
            let shown = self.insist(Method::GET, &url, json!(null)).await;
            assert_eq!(shown["answers"], json!([{"no": 1, "answer": ["true"]}]), "{shown}");
            let answers: Vec<Value> = (1..=5).map(|no| json!({"no": no, "answer": ["true"]})).collect();
            let result =
                self.insist(Method::POST, &format!("{url}/submit"), json!({"answers": answers})).await;
            let score = result["score"].as_f64().unwrap();
            self.acknowledged.lock().unwrap().insert(id.clone(), score);
            let again = told.graded.insert(id, score);
            assert!(again.is_none(), "an attempt was graded twice");
            self.tally.graded.fetch_add(1, Ordering::SeqCst);
        }
        told
    }

    /// Asks until it is answered; what is refused is refused as the contract says.
    async fn insist(&self, method: Method, url: &str, body: Value) -> Value {
        for _ in 0..10_000 {
            let request = self.client.request(method.clone(), url).bearer_auth(&self.token);
            let request = if body.is_null() { request } else { request.json(&body) };
            let reply = request.send().await.unwrap();
            let (status, headers) = (reply.status(), reply.headers().clone());
            let text = reply.text().await.unwrap();
            if status.is_success() {
                self.tally.answered.fetch_add(1, Ordering::SeqCst);
                return if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
            }
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
            assert!(headers.contains_key("retry-after"), "{headers:?}");
            assert_eq!(headers["content-type"], "application/problem+json");
            self.tally.refused.fetch_add(1, Ordering::SeqCst);
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{url} was never answered");
    }
}
