//! Labels of a question's texts, and the kind that a question names itself.

use winnow::ascii::{digit1, space0, space1};
use winnow::combinator::{alt, delimited, eof, opt, peek, terminated};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::marks::{CLOSING, OPENING, leading_kind};
use crate::formats::conventions::headings::{self, Field};
use crate::formats::conventions::words;

/// A text that a label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Labelled<'a> {
    pub(super) field: Field,
    /// Where the label begins and where its text begins, in bytes.
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) label: &'a str,
}

/// A label in brackets, or a label with a colon; at the beginning of a line also 答案 A and 解析 with a space.
fn label<'a>(at_line: bool) -> impl FnMut(&mut &'a str) -> ModalResult<&'a str> {
    move |input: &mut &'a str| {
        let word = || take_while(1..=10, |c: char| c.is_alphanumeric() || c == '_');
        let colon = || one_of([':', '：']);
        let bracketed = delimited(
            (one_of(['【', '[', '〔', '［']), space0),
            word(),
            (space0, one_of(['】', ']', '〕', '］']), space0, opt(colon())),
        );
        let plain = terminated(word(), (space0, colon()));
        let loose = (
            alt(("参考答案", "正确答案", "标准答案", "答案解析", "答案", "解析")),
            alt((space1.void(), one_of(['\u{3000}', '是', '为', '、', '，', ',', '.', '．']).void())),
        )
            .map(|(word, ())| word);
        // 答案A, 答案√
        let tight = terminated(
            alt(("参考答案", "正确答案", "标准答案", "答案")),
            peek(alt((
                (take_while(1..=26, |c: char| c.is_ascii_uppercase()), space0, eof).void(),
                (one_of(['√', '×', '✓', '✗', '对', '错']), space0, eof).void(),
                one_of(['(', '（']).void(),
            ))),
        );
        if at_line {
            alt((bracketed, plain, loose, tight)).parse_next(input)
        } else {
            alt((bracketed, plain)).parse_next(input)
        }
    }
}

/// The field that a label of a question names.
fn label_field(word: &str) -> Option<Field> {
    if words::kind(word).is_some() {
        return None;
    }
    match headings::field(word)? {
        Field::Option(_) => None,
        // These begin sentences as well.
        Field::Stem if !matches!(word, "题干" | "题目" | "试题" | "题面" | "问题") => None,
        field => Some(field),
    }
}

/// The labels of a line, in order.
pub(super) fn labels(line: &str) -> Vec<Labelled<'_>> {
    let mut found: Vec<Labelled<'_>> = Vec::new();
    let mut boundary = true;
    let mut first = true;
    for (begin, character) in line.char_indices() {
        let opens = matches!(character, '【' | '[' | '〔' | '［');
        let starts = boundary || opens || found.last().is_some_and(|last| last.end == begin);
        let inside = found.last().is_some_and(|last| begin < last.end);
        if starts && !character.is_whitespace() && !inside {
            let tail = line.get(begin..).unwrap_or_default();
            let mut input = tail;
            if let Ok(word) = label(first).parse_next(&mut input)
                && let Some(field) = label_field(word)
                // Inside a line these words are part of a sentence more often than labels.
                && (first || opens || !matches!(field, Field::Stem | Field::Kind | Field::Options))
            {
                found.push(Labelled { field, begin, end: line.len() - input.len(), label: word });
            }
        }
        first = first && character.is_whitespace();
        boundary = character.is_whitespace() || matches!(character, '；' | ';' | '|' | '。');
    }
    found
}

/// A kind before or after a stem: `【单选题】…`, `(多选题，2分)…`, `多选题：…`; the kind and the rest.
pub(super) fn inline_kind(stem: &str) -> Option<(String, String)> {
    let stem = stem.trim();
    let bracketed = |text: &str| -> Option<String> {
        let inner = text.trim_start_matches(OPENING).trim_end_matches(CLOSING);
        let word = inner
            .split(['，', ',', '、', '/', ' ', '：', ':', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            .next()?
            .trim();
        (words::kind(word).is_some() || words::is_foreign_kind(word)).then(|| word.to_owned())
    };
    if stem.starts_with(OPENING)
        && let Some((close, bracket)) = stem.char_indices().find(|(_, c)| CLOSING.contains(c))
        && let Some((head, tail)) = stem.split_at_checked(close + bracket.len_utf8())
        && let Some(kind) = bracketed(head)
    {
        return Some((kind, tail.trim_start_matches([' ', '.', '、', '：', ':']).to_owned()));
    }
    if let Some((word, tail)) = leading_kind(stem)
        && word.ends_with('题')
        && let Some(tail) = tail.trim_start().strip_prefix([':', '：'])
        && !tail.trim().is_empty()
    {
        return Some((word.to_owned(), tail.trim_start().to_owned()));
    }
    let first_line = stem.lines().next().unwrap_or_default();
    if let Some(last) = first_line.trim_end().strip_suffix(CLOSING)
        && let Some(open) = last.rfind(OPENING)
        && let Some(kind) = first_line.get(open..).map(str::trim).and_then(bracketed)
    {
        let rest = stem.get(first_line.len()..).unwrap_or_default();
        return Some((kind, format!("{}{rest}", first_line.get(..open).unwrap_or_default().trim_end())));
    }
    None
}

/// A stem without the marks it is worth, `（2分）`, at its beginning.
pub(super) fn without_points(stem: &str) -> &str {
    let grammar = |input: &mut &str| -> ModalResult<()> {
        let points = (digit1, opt(('.', digit1)), space0, '分');
        (
            one_of(['(', '（', '【', '[']),
            opt(alt(("本题", "每题", "共"))),
            points,
            one_of([')', '）', '】', ']']),
            space0,
        )
            .void()
            .parse_next(input)
    };
    let mut input = stem;
    let mut grammar = grammar;
    match grammar.parse_next(&mut input) {
        Ok(()) => input,
        Err(_) => stem,
    }
}
