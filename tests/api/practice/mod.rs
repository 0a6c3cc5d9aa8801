//! Practice, favourites, wrong answers, progress: what their tests share.

mod answers;
mod attempts;
mod lists;
mod secrecy;
mod streak;

use crate::harness::{Actor, NOON, Reply, Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn practise(actor: &Actor, code: &str, answer: &[&str]) -> Value {
    send_answer(actor, code, answer).await.expect(200)
}

async fn send_answer(actor: &Actor, code: &str, answer: &[&str]) -> Reply {
    actor.post("/practice/answers", json!({"bank": "1000", "code": code, "answer": answer})).await
}

async fn items(actor: &Actor, path: &str) -> Vec<Value> {
    actor.get(path).await.expect(200)["items"].as_array().unwrap().clone()
}

async fn codes(actor: &Actor, path: &str) -> Vec<String> {
    items(actor, path).await.iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

async fn progress(actor: &Actor) -> Value {
    actor.get("/me/progress").await.expect(200)
}

/// Seen and correct.
async fn counts(actor: &Actor) -> (i64, i64) {
    let progress = progress(actor).await;
    (progress["seen"].as_i64().unwrap(), progress["correct"].as_i64().unwrap())
}

/// Current streak, longest streak, answered today.
async fn study(actor: &Actor) -> (i64, i64, i64) {
    let progress = progress(actor).await;
    let number = |name: &str| progress[name].as_i64().unwrap();
    (number("streak_days"), number("longest_streak_days"), number("answered_today"))
}

fn begin(quiz: &Value) -> String {
    format!("/quizzes/{}/attempts", quiz["id"])
}

fn path(attempt: &Value, call: &str) -> String {
    format!("/attempts/{}{call}", attempt["id"].as_str().unwrap())
}

/// The code of the question that an item shows: `single 3` is `single-03`.
fn code_of(item: &Value) -> String {
    let mut words = item["stem"].as_str().unwrap().split(' ');
    let (kind, number) = (words.next().unwrap(), words.next().unwrap());
    format!("{kind}-{number:0>2}")
}

/// Every machine-graded kind, two of each.
fn sections() -> Value {
    let kinds = ["single", "multiple", "judge", "blank"];
    kinds.iter().map(|kind| json!({"kinds": [kind], "count": 2, "points": 10})).collect()
}

fn in_ten_minutes() -> String {
    jiff::Timestamp::from_millisecond(NOON + 600_000).unwrap().to_string()
}

#[track_caller]
fn assert_secret(text: &str) {
    for mark in ["EXPLANATION", "SOURCE", "FILLS", "\"key\""] {
        assert!(!text.contains(mark), "{mark} in {text}");
    }
}
