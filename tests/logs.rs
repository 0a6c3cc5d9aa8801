//! Logs carry ids: no name, login, password, token, answer or key, also at the most detailed level.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use reqwest::{Client, Method};
use serde_json::{Value, json};

const ADMIN_PASSWORD: &str = "Admin-Secret-2026-qzx";
const PASSWORD: &str = "Member-Secret-2026-qzx";

/// The program, which writes its log to a file; killed when it is dropped.
struct Program {
    child: Child,
    base: String,
}

impl Program {
    fn start(database: &str, log: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_qianti"))
            .env("QIANTI_DATABASE_URL", database)
            .env("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("QIANTI_LISTEN", "127.0.0.1:0")
            .env("QIANTI_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(File::create(log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = loop {
            let line = lines.next().expect("the server did not start").unwrap();
            if let Some((_, rest)) = line.split_once("open http://") {
                break format!("http://{}", rest.split('/').next().unwrap());
            }
        };
        // Read to its end: a program that nobody listens to must not be held up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base }
    }

    /// The status and the body of a call.
    async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> (u16, String) {
        let url = format!("{}/api/v1{path}", self.base);
        let mut request = Client::new().request(method, url).bearer_auth(token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    async fn json(&self, method: Method, path: &str, token: &str, body: Value) -> Value {
        let (status, text) = self.call(method, path, token, body).await;
        assert_eq!(status / 100, 2, "{path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Uses the program as people do, well and badly; answers what must stand in no log.
async fn use_it(program: &Program) -> Vec<String> {
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let mut secrets: Vec<String> = ["qzx-login", "覃紫萱", "qzx-wrong", "刘qzx", PASSWORD, ADMIN_PASSWORD]
        .map(ToOwned::to_owned)
        .to_vec();
    let login = |login: &str, password: &str| json!({"login": login, "password": password});
    let admin = program.json(post.clone(), "/auth/login", "", login("admin", ADMIN_PASSWORD)).await;
    let token = admin["access_token"].as_str().unwrap();
    let unit = program.json(get.clone(), "/units", token, Value::Null).await["items"][0]["id"].clone();
    let member = json!({"login": "qzx-login", "name": "覃紫萱", "unit_id": unit, "password": PASSWORD});
    program.json(post.clone(), "/members", token, member.clone()).await;
    // Again: the database says which login is taken, the log does not.
    assert_eq!(program.call(post.clone(), "/members", token, member).await.0, 409);
    assert_eq!(program.call(post.clone(), "/auth/login", "", login("qzx-login", "qzx-wrong")).await.0, 401);
    assert_eq!(
        program.call(post.clone(), "/auth/login", "", json!({"login": "qzx-login", "刘qzx": 1})).await.0,
        422
    );
    let mine = program.json(post.clone(), "/auth/login", "", login("qzx-login", PASSWORD)).await;
    let me = mine["access_token"].as_str().unwrap();
    let bad = format!("{me}x");
    assert_eq!(program.call(get.clone(), "/me", &bad, Value::Null).await.0, 401);
    let refresh = json!({"refresh_token": mine["refresh_token"]});
    let renewed = program.json(post.clone(), "/auth/refresh", "", refresh.clone()).await;
    let again = program.json(post.clone(), "/auth/login", "", login("qzx-login", PASSWORD)).await;
    let me = again["access_token"].as_str().unwrap().to_owned();
    let sections = json!([{"kinds": ["blank"], "count": 2, "points": 50}, {"kinds": ["single"], "count": 1, "points": 1}]);
    let quiz =
        json!({"title": "竞赛", "kind": "contest", "bank": "1000", "unit_id": unit, "sections": sections});
    let quiz = program.json(post.clone(), "/quizzes", token, quiz).await;
    let attempt =
        program.json(post.clone(), &format!("/quizzes/{}/attempts", quiz["id"]), &me, Value::Null).await;
    let path = |call: &str| format!("/attempts/{}{call}", attempt["id"].as_str().unwrap());
    let blanks = attempt["questions"].as_array().unwrap().iter().filter(|item| item["kind"] == "blank");
    for item in blanks {
        let answer: Vec<String> =
            (0..item["gaps"].as_u64().unwrap()).map(|gap| format!("qzx-answer-{gap}")).collect();
        program
            .json(
                put.clone(),
                &path("/answers"),
                &me,
                json!({"answers": [{"no": item["no"], "answer": answer}]}),
            )
            .await;
        secrets.push(item["stem"].as_str().unwrap().to_owned());
    }
    secrets.push("qzx-answer".into());
    let wrong = json!({"answers": [{"no": 1, "answer": vec!["qzx-answer-x"; 50]}]});
    assert_eq!(program.call(post.clone(), &path("/submit"), &me, wrong).await.0, 422);
    let result = program.json(post.clone(), &path("/submit"), &me, Value::Null).await;
    secrets.extend(
        result["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["explanation"].as_str().unwrap().to_owned()),
    );
    program.json(get.clone(), "/me/data", &me, Value::Null).await;
    program.json(get.clone(), "/members?q=qzx-login", token, Value::Null).await;
    program.json(get, "/audit?q=qzx-login", token, Value::Null).await;
    // A refresh token that was used: its session ends, which is told of.
    assert_eq!(program.call(post, "/auth/refresh", "", refresh).await.0, 401);
    for tickets in [&admin, &mine, &renewed, &again] {
        for token in ["access_token", "refresh_token"] {
            let token = tickets[token].as_str().unwrap();
            // Parts of a token are no better than all of it.
            secrets.extend(token.split('.').filter(|part| part.len() > 40).map(ToOwned::to_owned));
            secrets.push(token.get(..32).unwrap().to_owned());
            secrets.push(token.get(token.len() - 32..).unwrap().to_owned());
        }
    }
    secrets.retain(|secret| secret.chars().count() > 2);
    secrets
}

fn assert_secret(log: &str, secrets: &[String]) {
    assert!(log.contains("answered") && log.contains("DEBUG"), "the log is not detailed: {log}");
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} in the log: {}", line.unwrap_or_default());
    }
}

#[actix_web::test]
async fn the_most_detailed_log_tells_nobody_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("qianti.db"), folder.path().join("log"));
    let program = Program::start(&format!("sqlite://{}", path.display()), &log);
    let mut secrets = use_it(&program).await;
    // Faults of the database itself: a table that is gone, a row that cannot be read.
    let mut behind = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    behind
        .batch_execute(
            "PRAGMA busy_timeout = 5000; ALTER TABLE favourites RENAME TO gone; \
             UPDATE learning SET last_answer = '\"qzx-answer-kept\"'; UPDATE role_grants SET role = 'admin';",
        )
        .unwrap();
    let login = json!({"login": "qzx-login", "password": PASSWORD});
    let tickets = program.json(Method::POST, "/auth/login", "", login).await;
    let me = tickets["access_token"].as_str().unwrap();
    let (status, _) = program.call(Method::GET, "/me/favourites", me, Value::Null).await;
    assert_eq!(status, 500);
    let (status, _) = program.call(Method::GET, "/me/wrong-answers", me, Value::Null).await;
    assert_eq!(status, 500);
    secrets.push(me.get(..32).unwrap().to_owned());
    drop(program);
    let log = fs::read_to_string(&log).unwrap();
    assert!(log.contains("internal error"), "{log}");
    assert_secret(&log, &secrets);
}

#[cfg(feature = "postgres")]
#[actix_web::test]
async fn the_most_detailed_log_tells_nobody_on_postgres() {
    use diesel::PgConnection;
    #[expect(clippy::disallowed_methods, reason = "where the tests' server is, is no setting of the program")]
    let server = std::env::var("QIANTI_TEST_POSTGRES").expect("tests/run names a PostgreSQL server");
    let name = format!("qianti_logs_{}", std::process::id());
    let admin = |sql: &str| {
        PgConnection::establish(&format!("{server}/postgres")).unwrap().batch_execute(sql).unwrap();
    };
    admin(&format!("CREATE DATABASE {name}"));
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let program = Program::start(&format!("{server}/{name}"), &log);
    let secrets = use_it(&program).await;
    drop(program);
    assert_secret(&fs::read_to_string(&log).unwrap(), &secrets);
    admin(&format!("DROP DATABASE {name} WITH (FORCE)"));
}
