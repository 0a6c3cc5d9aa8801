//! Quizzes: what the tests of making, listing and changing them share.

mod changing;
mod listing;
mod making;

use crate::harness::{Actor, Value, json};

fn path(quiz: &Value) -> String {
    format!("/quizzes/{}", quiz["id"])
}

/// A quiz with nothing but what it needs.
fn least() -> Value {
    json!({"title": "测验", "kind": "contest", "bank": "1000", "sections": [{"count": 5, "points": 20}]})
}

/// Replaces fields.
fn with(mut body: Value, changes: &Value) -> Value {
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

async fn titles(actor: &Actor, query: &str) -> Vec<String> {
    let list = actor.get(&format!("/quizzes?{query}")).await.expect(200);
    let rows = list["items"].as_array().unwrap().iter();
    rows.map(|row| row["title"].as_str().unwrap().to_owned()).collect()
}
