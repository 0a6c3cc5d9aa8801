//! Questions as the parts of a printed paper, in the canonical form of the conventions.

use super::escape::Escapes;
use super::{Line, read};
use crate::domain::question::{Draft, Key, Kind, Question, letter};
use crate::formats::conventions::{fold, kind_name};

/// A part of a paper, to be laid out as text or as paragraphs. The texts may have several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Part {
    /// The title, and the notice that the backslash is used.
    Title(String),
    /// A line for the machine.
    Notice(&'static str),
    /// `一、单选题`
    Heading(String),
    /// The number and the stem.
    Stem(u32, String),
    /// The letter and the option.
    Option(String, String),
    /// A label and what it says.
    Label(&'static str, String),
}

impl Part {
    /// The part as text.
    pub(in crate::formats) fn text(&self) -> String {
        match self {
            Self::Title(text) | Self::Heading(text) => text.clone(),
            Self::Notice(text) => (*text).to_owned(),
            Self::Stem(number, text) => format!("{number}. {text}"),
            Self::Option(letter, text) => format!("{letter}. {text}"),
            Self::Label(label, text) => format!("{label}：{text}"),
        }
    }
}

/// The kinds in the order of a printed paper.
const ORDER: [(Kind, &str); 5] = [
    (Kind::Single, "一"),
    (Kind::Multiple, "二"),
    (Kind::Judge, "三"),
    (Kind::Blank, "四"),
    (Kind::Short, "五"),
];

/// The parts of a paper with these questions: by kind, in the bank's order within a kind, numbered through.
pub(in crate::formats) fn paper(title: &str, questions: &[Question]) -> Vec<Part> {
    let mut body = Vec::new();
    let mut escaped = title_is_risky(title);
    let title = if escaped { escape(title) } else { title.to_owned() };
    let mut number = 0;
    let mut ordinals = ORDER.iter().map(|(_, ordinal)| *ordinal);
    for (kind, _) in ORDER {
        let of_kind: Vec<&Question> = questions.iter().filter(|question| question.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        body.push(heading(kind, ordinals.next().unwrap_or_default()));
        for question in of_kind {
            number += 1;
            let plain = parts(question, number, str::to_owned);
            if reads_back(question, number, &plain) {
                body.extend(plain);
            } else {
                escaped = true;
                body.extend(parts(question, number, escape));
            }
        }
    }
    let mut paper = Vec::with_capacity(body.len() + 2);
    if !title.is_empty() {
        paper.push(Part::Title(title));
    }
    if escaped {
        paper.push(Part::Notice(Escapes::LINE));
    }
    paper.extend(body);
    paper
}

fn heading(kind: Kind, ordinal: &str) -> Part {
    Part::Heading(format!("{ordinal}、{}题", kind_name(kind)))
}

fn parts(question: &Question, number: u32, write: impl Fn(&str) -> String) -> Vec<Part> {
    let mut parts = vec![Part::Stem(number, write(&question.stem))];
    let options = question.options.iter().enumerate();
    parts.extend(options.map(|(position, option)| Part::Option(letter(position), write(option))));
    let key = match &question.key {
        Key::Options(positions) => positions.iter().map(|&position| letter(position)).collect(),
        Key::Truth(truth) => (if *truth { "正确" } else { "错误" }).to_owned(),
        Key::Gaps(gaps) => {
            let gaps =
                gaps.iter().map(|gap| gap.iter().map(|text| write(text)).collect::<Vec<_>>().join("|"));
            gaps.collect::<Vec<_>>().join("；")
        }
        Key::Reference(lines) => lines.iter().map(|line| write(line)).collect::<Vec<_>>().join("\n"),
    };
    parts.push(Part::Label("答案", key));
    let fixed = ["难度", "核对日期"];
    for (label, text) in [
        ("解析", question.explanation.as_str()),
        ("依据", &question.source),
        ("章节", &question.chapter),
        ("难度", &question.difficulty.to_string()),
        ("核对日期", question.verified_on.as_deref().unwrap_or_default()),
        ("编号", &question.code),
    ] {
        if !text.is_empty() {
            let text = if fixed.contains(&label) { text.to_owned() } else { write(text) };
            parts.push(Part::Label(label, text));
        }
    }
    parts
}

/// The lines of a text that is no file: the reader's own view of it.
fn lines(text: &str) -> Vec<Line> {
    fold::tidy(text).lines().map(|line| Line { text: line.to_owned(), ..Line::default() }).collect()
}

/// Whether the parts read as the very question, with another after it.
fn reads_back(question: &Question, number: u32, parts: &[Part]) -> bool {
    let mut text = heading(question.kind, "一").text();
    for part in parts {
        text.push('\n');
        text.push_str(&part.text());
    }
    // In a file with escapes a backslash is no backslash.
    if text.contains('\\') {
        return false;
    }
    let next = "甲乙丙丁\nA. 戊\nB. 己\n答案：A";
    text.push_str(&format!("\n{}. {next}", number + 1));
    let mut bank = read(&lines(&text));
    let sound = bank.title.is_none() && bank.warnings.is_empty() && bank.questions.len() == 2;
    // The one thing that a reader says of a sound question.
    let odd = question.kind == Kind::Multiple && question.written_key().len() == 1;
    if !sound || bank.questions.first().is_none_or(|found| found.warnings.len() != usize::from(odd)) {
        return false;
    }
    let first = bank.questions.swap_remove(0).draft.and_then(Draft::check);
    first.is_ok_and(|read| read == *question)
}

fn title_is_risky(title: &str) -> bool {
    let text = format!("{title}\n一、判断题\n1. 甲乙丙丁\n答案：正确");
    let bank = read(&lines(&text));
    title.contains('\\')
        || bank.title.as_deref().unwrap_or_default() != title
        || !bank.warnings.is_empty()
        || bank.questions.len() != 1
}

/// A text whose every character that could mean something is protected: the first of each line, signs and
/// spaces, and what tidying would change.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    let mut first = true;
    for character in text.chars() {
        let mut buffer = [0; 4];
        let alone: &str = character.encode_utf8(&mut buffer);
        if first || !character.is_alphanumeric() || fold::tidy(alone) != alone {
            escaped.push('\\');
        }
        escaped.push(character);
        first = character == '\n';
    }
    escaped
}
