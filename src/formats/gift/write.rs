//! Questions become GIFT.

use std::fmt::Write as _;

use crate::domain::message::Message;
use crate::domain::question::{Key, Question};
use crate::formats::markup::{answers, html, names, tags};
use crate::formats::{Place, Written};
use crate::message;

/// Writes a file, with a category wherever the chapter changes.
pub fn write(questions: &[Question]) -> Written {
    let (mut text, mut left_out) = (String::new(), Vec::new());
    let mut chapter = None;
    for question in questions {
        let body = match body(question) {
            Ok(body) => body,
            Err(message) => {
                left_out.push(Place { at: question.code.clone(), message });
                continue;
            }
        };
        if chapter != Some(&question.chapter) {
            let path = names::path_of(&question.chapter);
            // Writing to a string never fails, here and below.
            let _ = write!(text, "$CATEGORY: {path}\n\n");
            chapter = Some(&question.chapter);
        }
        let mut comment = format!("// [id:{}]", bracketed(&question.code));
        for tag in tags::of(question).into_iter().chain(tags::of_references(question)) {
            let _ = write!(comment, " [tag:{}]", bracketed(&tag));
        }
        let explanation = match question.explanation.as_str() {
            "" => String::new(),
            explanation => format!("\n\t####{}", marked(explanation)),
        };
        let (name, stem) = (escape(&question.code), marked(&question.stem));
        let _ = write!(text, "{comment}\n::{name}::{stem}{{{body}{explanation}}}\n\n");
    }
    Written { content: text.into_bytes(), left_out }
}

/// What stands in the braces, or why nothing can.
fn body(question: &Question) -> Result<String, Message> {
    let options = |mark: &dyn Fn(usize) -> String| -> String {
        let lines = question.options.iter().enumerate();
        lines.map(|(index, option)| format!("\n\t{}{}", mark(index), marked(option))).collect()
    };
    let weight_needed = |text: &str| text.starts_with('%');
    Ok(match &question.key {
        Key::Truth(is_true) => if *is_true { "T" } else { "F" }.to_owned(),
        Key::Reference(_) => String::new(),
        Key::Options(right) if question.kind == crate::domain::question::Kind::Single => options(&|index| {
            let (is_right, needed) =
                (right.contains(&index), question.options.get(index).is_some_and(|text| weight_needed(text)));
            match (is_right, needed) {
                (true, false) => "=",
                (true, true) => "=%100%",
                (false, false) => "~",
                (false, true) => "~%0%",
            }
            .to_owned()
        }),
        Key::Options(right) => {
            let share = answers::share(right.len());
            options(&|index| {
                if right.contains(&index) { format!("~%{share}%") } else { "~%-100%".to_owned() }
            })
        }
        Key::Gaps(gaps) => {
            let [alternatives] = gaps.as_slice() else {
                let count = gaps.len();
                return Err(message!(
                    "GIFT 的填空题只能有一个空，这道有 {count} 个",
                    "a GIFT question has one gap at most, this one has {count}"
                ));
            };
            if alternatives.iter().any(|text| text.contains("->")) {
                return Err(message!(
                    "答案含 ->，在 GIFT 里是连线题的记号",
                    "an answer holds ->, which marks a matching question in GIFT"
                ));
            }
            alternatives
                .iter()
                .map(|text| {
                    format!(
                        "\n\t={}{}",
                        if weight_needed(text) { "%100%" } else { "" },
                        marked(&answers::escape_wildcards(text))
                    )
                })
                .collect()
        }
    })
}

/// A text, said to be plain where it could be taken for HTML or for a markup.
fn marked(text: &str) -> String {
    let prefix =
        if html::is_html(text) || text.starts_with('[') || text.contains('<') { "[plain]" } else { "" };
    format!("{prefix}{}", escape(text))
}

/// A text whose marks and line breaks are escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '~' | '=' | '#' | '{' | '}' | ':' | '\\' => escaped.extend(['\\', character]),
            '\n' | '\r' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text for a comment in brackets.
fn bracketed(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\\', "\\\\").replace(']', "\\]");
    text.replace(['\n', '\r'], "\\n")
}
