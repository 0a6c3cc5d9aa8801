//! Bodies and queries read into what they should be; what is wrong is named by its pointer.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::problem::{Problem, ProblemCode};
use super::serde_words;
use crate::domain::message::Message;
use crate::domain::question::Fault;
use crate::message;

/// Reads the parameters of a query.
pub(super) fn parse_query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // `?unit=&q=` asks for nothing: a form sends its empty fields too.
    let is_given = |pair: &str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    let text = if text.split('&').all(is_given) {
        Cow::Borrowed(text)
    } else {
        let given = form_urlencoded::parse(text.as_bytes()).filter(|(_, value)| !value.is_empty());
        Cow::Owned(form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish())
    };
    let pairs = || form_urlencoded::parse(text.as_bytes());
    // Looking for a NUL and keeping track of the path cost as much as reading: only where there may be a fault.
    if let Some((name, _)) =
        text.contains("%00").then(pairs).and_then(|mut pairs| pairs.find(|(_, value)| value.contains('\0')))
    {
        return Err(Problem::invalid(vec![nul_fault(format!("/{}", escaped(&name)))]));
    }
    T::deserialize(serde_urlencoded::Deserializer::new(pairs())).or_else(|_| {
        let tracked = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs()));
        tracked.map_err(|error| {
            let reason = error.inner().to_string();
            let pointer = pointer(error.path(), &reason);
            Problem::field(pointer, serde_words::told(&reason))
        })
    })
}

/// Reads a JSON object, or says which field keeps it from being read.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Keeping track of the path costs as much as reading: only what cannot be read is read again with it.
    let parsed = match serde_json::from_slice(bytes) {
        Ok(parsed) => parsed,
        Err(_) => parse_tracking(&without_zero_fractions(bytes))?,
    };
    // Serde would read the fields of an object from an array too, by their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::field("", message!("应为 JSON 对象", "must be a JSON object")));
    }
    refuse_nul(bytes)?;
    Ok(parsed)
}

/// The same text with `5.0` written as `5`: JSON has one kind of number (RFC 8259, section 6), and its schemas
/// call both an integer, which serde does not.
fn without_zero_fractions(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if !quoted && byte == b'.' && text.last().is_some_and(u8::is_ascii_digit) {
            let zeros = rest.iter().take_while(|&&byte| byte == b'0').count();
            let goes_on =
                rest.get(zeros).is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'e' | b'E'));
            if zeros > 0 && !goes_on {
                // Blanks keep the place of what follows.
                text.extend(std::iter::repeat_n(b' ', zeros + 1));
                rest = rest.get(zeros..).unwrap_or_default();
                continue;
            }
        }
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && byte == b'\\' && !escaped;
        text.push(byte);
    }
    text
}

fn parse_tracking<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| unfit(bytes, &error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(parsed)
}

/// What is wrong with a body that cannot be read as what it should be. Serde stops at the first fault and
/// takes some values of the wrong type for bad syntax, so the whole text is looked at to tell which it is.
fn unfit(bytes: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return malformed(&error);
    }
    if std::str::from_utf8(bytes).is_err() {
        return malformed(error.inner());
    }
    // serde_json appends the position in the text, which says less than the pointer.
    let text = error.inner().to_string();
    let reason = match text.rsplit_once(" at line").map_or(text.as_str(), |(reason, _)| reason) {
        // Its words for a number where one of a few words is wanted.
        "expected value" => "must be a string",
        reason => reason,
    };
    let pointer = pointer(error.path(), reason);
    Problem::field(pointer, serde_words::told(reason))
}

/// Refuses the character NUL anywhere in a body: no text needs it, and PostgreSQL cannot store it.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    // JSON has only this way to write it. The look for any escape comes first because it is the quicker.
    let escape = br"\u0000";
    if !bytes.contains(&b'\\') || !bytes.windows(escape.len()).any(|window| window == escape) {
        return Ok(());
    }
    let mut pointers = Vec::new();
    if let Ok(value) = serde_json::from_slice(bytes) {
        find_nul(&value, "", &mut pointers);
    }
    if pointers.is_empty() {
        return Ok(());
    }
    Err(Problem::invalid(pointers.into_iter().map(nul_fault).collect()))
}

fn nul_fault(pointer: String) -> Fault {
    Fault { pointer, message: message!("含字符 NUL，请删去", "contains the character NUL; remove it") }
}

/// Adds the pointers of all strings that contain NUL.
fn find_nul(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains('\0') => found.push(pointer.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_nul(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                find_nul(field, &format!("{pointer}/{}", escaped(name)), found);
            }
        }
        _ => {}
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let detail: Message =
        message!("第 {line} 行第 {column} 个字符处出错", "an error at line {line}, column {column}");
    Problem::with_detail(ProblemCode::MalformedJson, detail)
}

/// The JSON pointer (RFC 6901) to what is wrong: the path, and the field that `reason` names when the
/// fault is that it is missing or there twice.
fn pointer(path: &Path, reason: &str) -> String {
    let mut pointer = String::new();
    let mut add = |part: &str| pointer.extend(["/", escaped(part).as_str()]);
    for segment in path {
        match segment {
            Segment::Seq { index } => add(&index.to_string()),
            Segment::Map { key } => add(key),
            Segment::Enum { variant } => add(variant),
            Segment::Unknown => {}
        }
    }
    let named = ["missing field `", "duplicate field `"].iter().find_map(|start| reason.strip_prefix(start));
    if let Some(field) = named.and_then(|rest| rest.strip_suffix('`')) {
        add(field);
    }
    pointer
}

/// A name as a part of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quiz::QuizState;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused matters")]
    struct Outer {
        #[serde(rename = "a/b~c.d")]
        odd: i64,
        rows: Vec<Inner>,
        kind: Option<QuizState>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused matters")]
    struct Inner {
        name: String,
    }

    #[test]
    fn a_fault_has_the_pointer_of_its_field() {
        for (body, pointer) in [
            ("[]", ""),
            (r#"[1, [{"name": "x"}]]"#, ""),
            (r#"{"rows": 1}"#, "/rows"),
            (r#"{"kind": 1}"#, "/kind"),
            (r#"{"kind": "neither"}"#, "/kind"),
            (r#"{"a/b~c.d": 1e400}"#, "/a~1b~0c.d"),
            (r#"{"rows": [{"name": "\ud800"}]}"#, "/rows/0/name"),
            (r#"{"rows": [{"name": 1}]}"#, "/rows/0/name"),
            (r#"{"rows": [{"name": "x"}, {}]}"#, "/rows/1/name"),
            (r#"{"rows": [{"name": "x", "name": "y"}]}"#, "/rows/0/name"),
            (r#"{"rows": [{"name": "x", "odd": 1}]}"#, "/rows/0/odd"),
            (r#"{"a/b~c.d": "x"}"#, "/a~1b~0c.d"),
            (r#"{"a/b~c.d": 1, "rows": [{"name": "x"}, {"name": "\u0000"}]}"#, "/rows/1/name"),
        ] {
            let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.pointers(), [pointer], "{body}");
        }
        for body in [r#"{"a/b~c.d": 5.0, "rows": []}"#, r#"{"rows": [{"name": "\"5.0"}], "a/b~c.d": -5.000}"#]
        {
            assert!(parse::<Outer>(body.as_bytes()).is_ok(), "{body}");
        }
        for number in ["5.5", "5.01", "5.0e1", "5.", "5.0.0", "-.0", "99999999999999999999.0", "\"5.0\""] {
            let body = format!(r#"{{"a/b~c.d": {number}, "rows": []}}"#);
            assert!(parse::<Outer>(body.as_bytes()).is_err(), "{body}");
        }
        let fine = r#"{"a/b~c.d": 1, "rows": [{"name": "\\u0000"}]}"#;
        assert!(parse::<Outer>(fine.as_bytes()).is_ok(), "a backslash before u0000 is no NUL");
    }

    #[test]
    fn what_is_no_json_is_malformed_whatever_else_is_wrong_with_it() {
        for body in [&b""[..], b"{", b"{\"x\": 1", b"{\"rows\": 1} x", b"{\"rows\": [{\"name\": \"\xff\"}]}"]
        {
            let problem = parse::<Outer>(body).unwrap_err();
            assert_eq!(problem.to_string(), "malformed-json", "{body:?}");
        }
    }

    #[test]
    fn a_fault_of_the_query_names_its_parameter() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only what is refused matters")]
        struct Params {
            unit: Option<i64>,
            q: Option<String>,
        }
        for (query, pointer) in
            [("unit=x", "/unit"), ("q=a&unit=1.5", "/unit"), ("unit=1&unit=2", "/unit"), ("q=a%00b", "/q")]
        {
            assert_eq!(parse_query::<Params>(query).unwrap_err().pointers(), [pointer], "{query}");
        }
    }
}
