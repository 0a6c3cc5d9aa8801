//! One question of a paper, while its lines are gathered and when they are read.

use std::collections::BTreeMap;

use super::escape::release;
use super::evidence::{begins_options, head};
use super::{EMPHASIS, labels};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault};
use crate::formats::FoundQuestion;
use crate::formats::conventions::headings::Field;
use crate::formats::conventions::{Said, options, words};
use crate::message;

/// Longest body (stem and options) that is taken apart, in bytes: all that a question can hold, and more.
const LONGEST_BODY: usize = 200_000;

/// A question whose lines are being gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) at: String,
    pub(super) section: usize,
    pub(super) number: Option<u32>,
    /// The texts by field; the body (stem and options) is the stem's.
    texts: BTreeMap<u8, String>,
    /// The field that a line without a label goes on with.
    pub(super) open: Option<Field>,
    pub(super) warnings: Vec<Message>,
    pub(super) faults: Vec<Fault>,
    raw: String,
    /// Whether a line of its body begins the options.
    has_options: bool,
}

fn slot(field: Field) -> u8 {
    match field {
        Field::Stem | Field::Options | Field::Option(_) => 0,
        Field::Key => 1,
        Field::Explanation => 2,
        Field::Chapter => 3,
        Field::Difficulty => 4,
        Field::Source => 5,
        Field::VerifiedOn => 6,
        Field::Code => 7,
        Field::Kind => 8,
        Field::Ignored => 9,
    }
}

impl Item {
    pub(super) fn new(at: &str, section: usize, number: Option<u32>) -> Self {
        Self { at: at.to_owned(), section, number, open: Some(Field::Stem), ..Self::default() }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.texts.contains_key(&slot(field))
    }

    pub(super) fn text(&self, field: Field) -> &str {
        self.texts.get(&slot(field)).map_or("", String::as_str)
    }

    /// Whether it has what a question needs besides its stem: an answer or options.
    pub(super) fn is_complete(&self) -> bool {
        self.has(Field::Key) || self.has_options
    }

    /// Adds a line; the labels in it say which field its parts belong to.
    pub(super) fn add(&mut self, text: &str, line_warnings: &[Message]) {
        self.warnings.extend_from_slice(line_warnings);
        if !self.raw.is_empty() {
            self.raw.push('\n');
        }
        self.raw.push_str(text);
        let labels = labels::labels(text);
        let first = labels.first().map_or(text.len(), |label| label.begin);
        let before = text.get(..first).unwrap_or_default().trim();
        if !before.is_empty() {
            let field = self.open.unwrap_or(Field::Stem);
            self.append(field, before);
        }
        let ends = labels.iter().skip(1).map(|label| label.begin).chain([text.len()]);
        for (label, end) in labels.iter().zip(ends) {
            let value = text.get(label.end..end).unwrap_or_default().trim();
            let value = if matches!(label.field, Field::Explanation | Field::Stem) {
                value
            } else {
                value.trim_end_matches(['；', ';', '|'])
            };
            self.set(label.field, label.label, value);
        }
    }

    fn set(&mut self, field: Field, label: &str, value: &str) {
        self.open = Some(field);
        let body = matches!(field, Field::Stem | Field::Options);
        if self.has(field) && !body && field != Field::Ignored && !self.text(field).is_empty() {
            if field == Field::Key && self.text(field).trim() != value {
                self.faults.push(Fault {
                    pointer: "/key".to_owned(),
                    message: message!(
                        "写了两个不同的答案，请删去一个",
                        "two different answers are given; delete one"
                    ),
                });
            } else if field != Field::Key {
                self.warnings.push(message!(
                    "“{label}”重复，只取前一个",
                    "“{label}” stands twice; the first is taken"
                ));
            }
            self.open = Some(Field::Ignored);
            return;
        }
        self.append(field, value);
    }

    /// Adds a line to a field.
    pub(super) fn append(&mut self, field: Field, line: &str) {
        if slot(field) == slot(Field::Stem) {
            // Line by line: the body as a whole may be long, and is taken apart only once.
            self.has_options =
                self.has_options || begins_options(line) || options::split(head(line)).is_some();
        }
        let text = self.texts.entry(slot(field)).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }

    /// The draft of the question, or why there is none.
    pub(super) fn finish(mut self, section_kind: &str, section_chapter: Option<&str>) -> FoundQuestion {
        let body = self.text(Field::Stem).trim().to_owned();
        let mut kind = String::new();
        if self.has(Field::Kind) {
            kind = self.text(Field::Kind).trim().to_owned();
        }
        let mut body = labels::without_points(&body).to_owned();
        if let Some((named, rest)) = labels::inline_kind(&body) {
            kind = named;
            body = labels::without_points(&rest).to_owned();
        }
        if kind.is_empty() {
            section_kind.clone_into(&mut kind);
        }
        if body.len() > LONGEST_BODY {
            self.faults.push(Fault {
                pointer: "/stem".to_owned(),
                message: message!(
                    "题目太长；是不是漏了题号？",
                    "the question is too long; is a number missing?"
                ),
            });
            body.clear();
        }
        let emphasised = emphasised(&body);
        let optional = |field| self.has(field).then(|| plain(self.text(field)).trim().to_owned());
        let mut guessed = Vec::new();
        let (answer, explanation) =
            answer_and_rest(&plain(self.text(Field::Key)), optional(Field::Explanation), &mut guessed);
        let said = Said {
            code: plain(self.text(Field::Code)),
            kind,
            stem: plain(&body),
            options: vec![],
            answer,
            emphasised,
            explanation,
            chapter: optional(Field::Chapter).or_else(|| section_chapter.map(str::to_owned)),
            difficulty: optional(Field::Difficulty),
            source: optional(Field::Source),
            verified_on: optional(Field::VerifiedOn),
        };
        let (draft, warnings) = said.read();
        self.warnings.append(&mut guessed);
        self.warnings.extend(warnings);
        let draft = match (draft, self.faults.is_empty()) {
            (Ok(draft), true) => Ok(released(draft)),
            (Ok(_), false) => Err(self.faults),
            (Err(faults), _) => Err(self.faults.into_iter().chain(faults).collect()),
        };
        let original = vec![("原文".to_owned(), release(&plain(&self.raw)))];
        FoundQuestion { at: self.at, draft, warnings: self.warnings, original }
    }
}

/// `答案：A` followed by a line that is no answer: the reason, without its label.
fn answer_and_rest(
    answer: &str,
    explanation: Option<String>,
    warnings: &mut Vec<Message>,
) -> (String, Option<String>) {
    let answer = answer.trim();
    if explanation.is_none()
        && let Some((first, rest)) = answer.split_once('\n')
        && (words::judgement(first).is_some()
            || first.chars().all(|c| c.is_ascii_uppercase() || " ,，、".contains(c)))
        && !first.trim().is_empty()
        && words::judgement(rest).is_none()
        && !rest.is_ascii()
    {
        warnings.push(message!(
            "答案下面没有标明的文字当作解析",
            "the text under the answer that has no label is taken as the explanation"
        ));
        return (first.trim().to_owned(), Some(rest.trim().to_owned()));
    }
    (answer.to_owned(), explanation)
}

fn plain(text: &str) -> String {
    text.replace(EMPHASIS, "")
}

/// The options of `body` with text that stands out.
fn emphasised(body: &str) -> Vec<usize> {
    if !body.contains(EMPHASIS) {
        return vec![];
    }
    let Some(split) = options::split(body) else { return vec![] };
    let options = split.options.iter().enumerate();
    options.filter(|(_, option)| option.contains(EMPHASIS)).map(|(position, _)| position).collect()
}

fn released(draft: Draft) -> Draft {
    let text = |text: String| release(&text);
    let list = |list: Vec<String>| list.into_iter().map(text).collect();
    Draft {
        code: text(draft.code),
        chapter: draft.chapter.map(text),
        stem: text(draft.stem),
        options: list(draft.options),
        key: list(draft.key),
        explanation: draft.explanation.map(text),
        source: draft.source.map(text),
        verified_on: draft.verified_on.map(text),
        ..draft
    }
}
