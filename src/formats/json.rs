//! The project's own format: a list of questions, or `{"title", "questions": […]}`.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BankFormat, FoundBank, FoundQuestion, Written};
use crate::domain::message::Message;
use crate::domain::question::{DEFAULT_DIFFICULTY, Draft, Fault, Kind, Question};
use crate::message;

pub(super) struct Json;

/// A question as the format writes it; [`Draft`] says what the fields mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadQuestion {
    #[serde(default, rename = "id")]
    _id: Option<i64>,
    code: String,
    kind: Kind,
    #[serde(default)]
    chapter: Option<String>,
    #[serde(default)]
    difficulty: Option<i64>,
    stem: String,
    #[serde(default)]
    options: Option<Vec<String>>,
    #[serde(default)]
    key: Vec<String>,
    #[serde(default)]
    explanation: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    verified_on: Option<String>,
}

#[derive(Serialize)]
struct WrittenQuestion<'a> {
    code: &'a str,
    kind: Kind,
    chapter: &'a str,
    difficulty: u8,
    stem: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    options: &'a [String],
    key: Vec<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    explanation: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_on: Option<&'a str>,
}

impl<'a> From<&'a Question> for WrittenQuestion<'a> {
    fn from(question: &'a Question) -> Self {
        Self {
            code: &question.code,
            kind: question.kind,
            chapter: &question.chapter,
            difficulty: question.difficulty,
            stem: &question.stem,
            options: &question.options,
            key: question.written_key(),
            explanation: &question.explanation,
            source: &question.source,
            verified_on: question.verified_on.as_deref(),
        }
    }
}

/// The questions in `range`, two spaces a level, with what stands around the whole list at its ends.
fn write_range(title: &str, questions: &[Question], range: Range<usize>) -> Result<Vec<u8>, Message> {
    let unwritable = |error: serde_json::Error| message!("无法写出：{error}", "cannot be written: {error}");
    let (is_first, is_last) = (range.start == 0, range.end >= questions.len());
    let mut out = String::new();
    if is_first {
        let title = serde_json::to_string(title).map_err(unwritable)?;
        out.push_str(&format!("{{\n  \"title\": {title},\n  \"questions\": ["));
    }
    for (index, question) in range.clone().zip(questions.get(range).unwrap_or_default()) {
        let written = serde_json::to_string_pretty(&WrittenQuestion::from(question)).map_err(unwritable)?;
        out.push_str(if index == 0 { "\n    " } else { ",\n    " });
        // A text has its line breaks escaped: every one here is between two values.
        out.push_str(&written.replace('\n', "\n    "));
    }
    if is_last {
        out.push_str(if questions.is_empty() { "]\n}" } else { "\n  ]\n}" });
    }
    Ok(out.into_bytes())
}

impl BankFormat for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn recognises(&self, file: &[u8]) -> bool {
        let text = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
        let mut marks = text.iter().filter(|byte| !byte.is_ascii_whitespace());
        // Other formats begin texts with a bracket or brace, too, but what follows is none of these.
        match (marks.next(), marks.next()) {
            (Some(b'['), next) => matches!(next, Some(b'{' | b'[' | b']') | None),
            (Some(b'{'), next) => matches!(next, Some(b'"' | b'}') | None),
            _ => false,
        }
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        let text = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
        let value: Value = serde_json::from_slice(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            message!(
                "不是正确的 JSON：第 {line} 行第 {column} 个字符处出错",
                "not well-formed JSON: line {line}, column {column}"
            )
        })?;
        let (title, list, base) = match value {
            Value::Array(list) => (None, list, ""),
            Value::Object(mut bank) => {
                let title = match bank.remove("title") {
                    None | Some(Value::Null) => None,
                    Some(Value::String(title)) => Some(title),
                    Some(_) => return Err(message!("title 应为文字", "title must be a string")),
                };
                let Some(Value::Array(list)) = bank.remove("questions") else {
                    return Err(message!("缺少 questions 列表", "the list `questions` is missing"));
                };
                if let Some(field) = bank.keys().next() {
                    return Err(message!("未知字段 {field}", "unknown field {field}"));
                }
                (title, list, "/questions")
            }
            _ => {
                return Err(message!(
                    "应为题目列表，或 {{\"title\", \"questions\": […]}}",
                    "a list of questions or {{\"title\", \"questions\": […]}} is wanted"
                ));
            }
        };
        let questions = list
            .into_iter()
            .enumerate()
            .map(|(index, value)| FoundQuestion {
                at: format!("{base}/{index}"),
                draft: read_draft(value),
                warnings: vec![],
                original: vec![],
            })
            .collect();
        Ok(FoundBank { title, questions, warnings: vec![] })
    }

    fn write(&self, title: &str, questions: &[Question]) -> Result<Written, Message> {
        write_range(title, questions, 0..questions.len()).map(Written::from)
    }

    fn write_part(
        &self,
        title: &str,
        questions: &[Question],
        range: Range<usize>,
    ) -> Option<Result<Vec<u8>, Message>> {
        Some(write_range(title, questions, range))
    }
}

fn read_draft(value: Value) -> Result<Draft, Vec<Fault>> {
    let read: ReadQuestion = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let pointer = if path == "." {
            String::new()
        } else {
            format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
        };
        let reason = error.into_inner().to_string();
        vec![Fault { pointer, message: message!("格式不对：{reason}", "{reason}") }]
    })?;
    if read.code.trim().is_empty() {
        // In other formats an empty code stands for none; here it is an oversight.
        let message = message!("不能为空", "must not be empty");
        return Err(vec![Fault { pointer: "/code".into(), message }]);
    }
    if read.verified_on.as_ref().is_some_and(String::is_empty) {
        let message = message!("日期写作 YYYY-MM-DD", "a date is written YYYY-MM-DD");
        return Err(vec![Fault { pointer: "/verified_on".into(), message }]);
    }
    // A field that is left out here means the default, not that nothing is said of it.
    Ok(Draft {
        code: read.code,
        kind: Some(read.kind),
        chapter: Some(read.chapter.unwrap_or_default()),
        difficulty: Some(read.difficulty.unwrap_or(DEFAULT_DIFFICULTY.into())),
        stem: read.stem,
        options: read.options.unwrap_or_default(),
        key: read.key,
        explanation: Some(read.explanation.unwrap_or_default()),
        source: Some(read.source.unwrap_or_default()),
        verified_on: Some(read.verified_on.unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_a_bank_are_read_and_faults_keep_their_place() {
        let bank = Json
            .read(
                br#"{"title": "T", "questions": [
                    {"code": "a", "kind": "judge", "stem": "s", "key": ["true"]},
                    {"code": "b", "kind": "judge", "stem": "s", "key": "true"},
                    {"code": "c", "kind": "riddle", "stem": "s", "key": ["true"]},
                    {"code": "d", "kind": "judge", "stem": "s", "key": ["true"], "colour": "red"}]}"#,
            )
            .unwrap();
        assert_eq!(bank.title.as_deref(), Some("T"));
        let places: Vec<(&str, Option<&str>)> = bank
            .questions
            .iter()
            .map(|found| {
                (found.at.as_str(), found.draft.as_ref().err().map(|faults| faults[0].pointer.as_str()))
            })
            .collect();
        assert_eq!(
            places,
            [
                ("/questions/0", None),
                ("/questions/1", Some("/key")),
                ("/questions/2", Some("/kind")),
                ("/questions/3", Some("/colour"))
            ]
        );
        assert_eq!(Json.read(b"[]").unwrap(), FoundBank::default());
    }

    #[test]
    fn what_is_no_bank_is_refused_with_its_place() {
        for file in
            [&b"{"[..], b"42", b"{\"questions\": 1}", b"{\"questions\": [], \"extra\": 1}", b"\xff\xfe"]
        {
            assert!(Json.read(file).is_err());
        }
        assert!(Json.read(b"[\n{,").unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let question = Draft {
            code: "a-1".into(),
            kind: Some(Kind::Multiple),
            stem: "题干".into(),
            options: vec!["甲".into(), "乙".into()],
            key: vec!["A".into(), "B".into()],
            explanation: Some("因为".into()),
            verified_on: Some("2026-08-31".into()),
            ..Draft::default()
        }
        .check()
        .unwrap();
        let file = Json.write("标题", std::slice::from_ref(&question)).unwrap().content;
        assert!(Json.recognises(&file));
        let bank = Json.read(&file).unwrap();
        assert_eq!(bank.title.as_deref(), Some("标题"));
        assert_eq!(bank.questions[0].draft.clone().unwrap().check().unwrap(), question);
    }
}
