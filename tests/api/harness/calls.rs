//! The calls of the API, from its own description.

use std::collections::BTreeSet;

use serde_json::Value;

use super::TestApp;

/// Every call that only reads, with something to put in its path.
pub async fn reading_calls(
    app: &TestApp,
    quiz: &Value,
    attempt: &str,
    member: i64,
    unit: i64,
) -> Vec<String> {
    let document = app.anonymous().get("/openapi.json").await.expect(200);
    let mut calls = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/api/v1") else { continue };
        if item.get("get").is_none() || path.ends_with("/stream") {
            continue;
        }
        let id = match path.split('/').nth(1).unwrap() {
            "quizzes" => quiz["id"].to_string(),
            "attempts" => attempt.to_owned(),
            _ => member.to_string(),
        };
        let path = path
            .replace("{id}", &id)
            .replace("{code}", "1000")
            .replace("{bank}", "1000")
            .replace("{question_code}", "judge-01");
        for query in [
            String::new(),
            "?period=all".into(),
            format!("?quiz={}", quiz["id"]),
            format!("?unit={unit}"),
            format!("?period=all&unit={unit}"),
            format!("?bank=1000&quiz={}", quiz["id"]),
        ] {
            calls.insert(format!("{path}{query}"));
        }
    }
    calls.into_iter().collect()
}
