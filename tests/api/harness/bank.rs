//! The fixture bank: every kind, texts that tell their question, and keys that the tests know.

use qianti::domain::question::{Draft, Kind};
use qianti::formats::{FoundBank, FoundQuestion};
use serde_json::{Value, json};

/// 16 single, 10 multiple, 8 judge, 6 blank and 1 short question in two chapters; explanations and
/// sources carry the marks EXPLANATION and SOURCE, and the texts that fill gaps the mark FILLS.
pub fn fixture_bank() -> FoundBank {
    let kinds =
        [(Kind::Single, 16), (Kind::Multiple, 10), (Kind::Judge, 8), (Kind::Blank, 6), (Kind::Short, 1)];
    let questions = kinds
        .into_iter()
        .flat_map(|(kind, count)| (0..count).map(move |number| draft(kind, number)))
        .map(|draft| FoundQuestion {
            at: draft.code.clone(),
            draft: Ok(draft),
            warnings: vec![],
            original: vec![],
        })
        .collect();
    FoundBank { title: None, questions, warnings: vec![] }
}

fn draft(kind: Kind, number: usize) -> Draft {
    let word = kind.as_str();
    let options = match kind {
        Kind::Single => 4,
        Kind::Multiple => 5,
        _ => 0,
    };
    let options: Vec<String> = (0..options)
        .map(|option| {
            format!("{word} {number} {}", if is_right(kind, number, option) { "甲" } else { "乙" })
                + &option.to_string()
        })
        .collect();
    let key = match kind {
        Kind::Single | Kind::Multiple => (0..options.len())
            .filter(|&option| is_right(kind, number, option))
            .map(|option| char::from(b'A' + u8::try_from(option).unwrap()).to_string())
            .collect(),
        Kind::Judge => vec![(number.is_multiple_of(2)).to_string()],
        Kind::Blank => vec![format!("FILLS{number}|FILLS-{number}"), format!("FILLS{number}b")],
        Kind::Short => vec![],
    };
    let stem = if kind == Kind::Blank {
        format!("{word} {number} ____ 和 ____")
    } else {
        format!("{word} {number}")
    };
    Draft {
        code: format!("{word}-{number:02}"),
        kind: Some(kind),
        chapter: Some(if number.is_multiple_of(2) { "第一章" } else { "第二章" }.into()),
        difficulty: Some(i64::try_from(number % 5).unwrap() + 1),
        stem,
        options,
        key,
        explanation: Some(format!("EXPLANATION {word} {number}")),
        source: Some(format!("SOURCE {word} {number}")),
        verified_on: Some("2026-08-31".into()),
    }
}

fn is_right(kind: Kind, number: usize, option: usize) -> bool {
    match kind {
        Kind::Single => option == number % 4,
        _ => option == number % 5 || option == (number + 2) % 5,
    }
}

/// The right answer to every item of a paper, as `[{"no", "answer"}]`.
pub fn right_answers(attempt: &Value) -> Vec<Value> {
    let items = attempt["questions"].as_array().unwrap();
    items.iter().map(|item| json!({"no": item["no"], "answer": right_answer(item)})).collect()
}

fn right_answer(item: &Value) -> Vec<String> {
    let stem = item["stem"].as_str().unwrap();
    let number: usize = stem.split(' ').nth(1).unwrap().parse().unwrap();
    match item["kind"].as_str().unwrap() {
        "judge" => vec![(number.is_multiple_of(2)).to_string()],
        "blank" => vec![format!("FILLS{number}"), format!("FILLS{number}b")],
        _ => options(item, "甲"),
    }
}

/// A wrong answer to an item.
pub fn wrong_answer(item: &Value) -> Vec<String> {
    match item["kind"].as_str().unwrap() {
        "judge" => vec![(right_answer(item) != ["true"]).to_string()],
        "blank" => vec!["不对".into(), "不对".into()],
        _ => options(item, "乙").into_iter().take(1).collect(),
    }
}

/// The letters of the options that carry a mark.
fn options(item: &Value, mark: &str) -> Vec<String> {
    let options = item["options"].as_array().unwrap();
    options
        .iter()
        .filter(|option| option["text"].as_str().unwrap().contains(mark))
        .map(|option| option["id"].as_str().unwrap().to_owned())
        .collect()
}
