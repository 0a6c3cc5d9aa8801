//! What serde says of a value that does not fit, in words for people. Its messages are the only thing that tells the
//! kind of a fault; one that is not known here is passed on as it is.

use crate::domain::message::Message;
use crate::message;

/// Says what is wrong with a value, from serde's message without a position.
pub(super) fn told(reason: &str) -> Message {
    if reason.starts_with("missing field") {
        return message!("必须填写", "is required");
    }
    if reason.starts_with("duplicate field") {
        return message!("出现了两次", "is there twice");
    }
    if let Some((_, rest)) = split(reason, "unknown field") {
        let names = names(rest);
        if names.is_empty() {
            return message!("没有这一项", "there is no such field");
        }
        let (chinese, english) = (names.join("、"), names.join(", "));
        return message!("没有这一项，可用的有：{chinese}", "there is no such field; there are: {english}");
    }
    if let Some((_, rest)) = split(reason, "unknown variant") {
        let names = names(rest);
        let (chinese, english) = (names.join("、"), names.join(", "));
        return message!("应为下列之一：{chinese}", "must be one of: {english}");
    }
    let wanted = split(reason, "invalid type").and_then(|(_, wanted)| kind(wanted));
    if let Some((chinese, english)) = wanted.or_else(|| in_query(reason)) {
        return message!("应为{chinese}", "must be {english}");
    }
    if reason.starts_with("invalid value: integer") || reason.starts_with("number too ") {
        return message!("这个数太大或太小", "this number is too large or too small");
    }
    message!("内容不对：{reason}", "{reason}")
}

/// What follows `start` and what was expected instead, when a message is of that kind.
fn split<'a>(reason: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    let rest = reason.strip_prefix(start)?;
    // What was found comes first and can be anything, also these words.
    Some(rest.rsplit_once(", expected ").unwrap_or((rest, "")))
}

/// The names in backticks.
fn names(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What serde calls a type, in Chinese and in English.
fn kind(wanted: &str) -> Option<(&'static str, &'static str)> {
    Some(match wanted {
        "a string" | "string" | "str" => ("文字（写在引号里）", "a string"),
        "a boolean" => ("true 或 false", "true or false"),
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => ("整数", "an integer"),
        "f32" | "f64" => ("数", "a number"),
        "a sequence" => ("列表（写在 [ ] 里）", "an array"),
        "a map" => ("对象（写在 { } 里）", "an object"),
        _ if wanted.starts_with("struct ") => ("对象（写在 { } 里）", "an object"),
        _ => return None,
    })
}

/// The same of the words that numbers and truth values in a query are refused with.
fn in_query(reason: &str) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        "invalid digit found in string" | "cannot parse integer from empty string" => ("整数", "an integer"),
        "invalid float literal" => ("数", "a number"),
        "provided string was not `true` or `false`" => ("true 或 false", "true or false"),
        "must be a string" => ("文字（写在引号里）", "a string"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::domain::message::Language;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Day,
        Week,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused matters")]
    struct Fields {
        count: u8,
        name: String,
        open: bool,
        share: f64,
        word: Word,
        rows: Vec<u8>,
    }

    /// The message of serde itself, so that another version of it that speaks otherwise is noticed.
    fn told_of(field: &str) -> (String, String) {
        let error = serde_json::from_str::<Fields>(&format!("{{{field}}}")).unwrap_err().to_string();
        let reason = error.rsplit_once(" at line").map_or(error.as_str(), |(reason, _)| reason);
        let told = told(reason);
        (told.text(Language::Chinese).to_owned(), told.text(Language::English).to_owned())
    }

    #[test]
    fn what_is_wrong_is_said_in_words_for_people() {
        for (field, chinese, english) in [
            ("", "必须填写", "is required"),
            (r#""count": 1, "count": 1"#, "出现了两次", "is there twice"),
            (r#""count": "x, expected u8""#, "应为整数", "must be an integer"),
            (r#""count": 256"#, "这个数太大或太小", "this number is too large or too small"),
            (r#""count": -1"#, "这个数太大或太小", "this number is too large or too small"),
            (r#""count": 1.5"#, "应为整数", "must be an integer"),
            (r#""name": 5"#, "应为文字（写在引号里）", "must be a string"),
            (r#""open": 5"#, "应为true 或 false", "must be true or false"),
            (r#""share": []"#, "应为数", "must be a number"),
            (r#""rows": 5"#, "应为列表（写在 [ ] 里）", "must be an array"),
            (r#""word": "year""#, "应为下列之一：day、week", "must be one of: day, week"),
        ] {
            assert_eq!(told_of(field), (chinese.to_owned(), english.to_owned()), "{field}");
        }
        let (chinese, english) = told_of(r#""kount": 1"#);
        assert_eq!(chinese, "没有这一项，可用的有：count、name、open、share、word、rows");
        assert_eq!(english, "there is no such field; there are: count, name, open, share, word, rows");
    }

    #[test]
    fn a_parameter_of_a_query_is_spoken_of_alike() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only what is refused matters")]
        struct Params {
            bank: String,
            unit: Option<u8>,
            only_valid: Option<bool>,
        }
        for (query, english) in [
            ("", "is required"),
            ("bank=b&unit=x", "must be an integer"),
            ("bank=b&unit=256", "this number is too large or too small"),
            ("bank=b&only_valid=maybe", "must be true or false"),
        ] {
            let error = serde_urlencoded::from_str::<Params>(query).unwrap_err().to_string();
            assert_eq!(told(&error).text(Language::English), english, "{error}");
        }
    }

    #[test]
    fn what_is_not_known_is_passed_on() {
        let told = told("odd");
        assert_eq!(told.text(Language::Chinese), "内容不对：odd");
        assert_eq!(told.text(Language::English), "odd");
    }
}
