//! What single cells and rows of a table say.

use crate::domain::question::letter;
use crate::formats::conventions::words::{self, KindWord};
use crate::formats::conventions::{Said, fold};
use crate::formats::grid::Row;

/// The option without the letter that some repeat in the cell of its own column: `A. 甲`.
pub(super) fn without_letter(option: &str, position: usize) -> String {
    let rest = option.strip_prefix(&letter(position)).map(str::trim_start);
    let rest = rest.and_then(|rest| rest.strip_prefix(['.', '、', '．', '：', ':', ')', '）']));
    match rest.map(str::trim) {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => option.to_owned(),
    }
}

/// The word for a kind that is written as a digit which the heading explains.
pub(super) fn kind_word(text: &str, digits: &[(char, char)]) -> String {
    let text = text.trim();
    let meaning = match text.chars().next() {
        Some(digit) if text.chars().count() == 1 => digits.iter().find(|(other, _)| *other == digit),
        _ => None,
    };
    match meaning.map(|(_, meaning)| meaning) {
        Some('单') => "单选".into(),
        Some('多' | '不') => "多选".into(),
        Some('判') => "判断".into(),
        Some('填') => "填空".into(),
        Some('简' | '主' | '问') => "简答".into(),
        _ => text.to_owned(),
    }
}

/// The kind that a row names which is a heading in itself: `一、单项选择题（每题2分）`.
pub(super) fn section_of(row: &Row) -> Option<String> {
    let mut filled = row.filled();
    let (_, text) = filled.next()?;
    if filled.any(|(_, other)| other != text) {
        return None;
    }
    let text = fold::tidy(text);
    let name = text.split(['（', '(']).next().unwrap_or_default().trim();
    let name = match name.split_once(['、', '.', '．', ' ', '分']) {
        Some((number, rest))
            if number.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十第部".contains(c)) =>
        {
            rest
        }
        _ => name,
    };
    let name = name.trim_end_matches(['：', ':']).trim();
    matches!(words::kind(name), Some(KindWord::Is(_) | KindWord::Choice)).then(|| name.to_owned())
}

/// The letters of an answer that is written as the numbers of options: `1`, `1,3`.
pub(super) fn numbered_answer(said: &Said) -> Option<String> {
    let kind = words::kind(&said.kind);
    let chosen = matches!(kind, Some(KindWord::Choice))
        || matches!(kind, Some(KindWord::Is(kind)) if kind.has_options());
    if !chosen || said.options.is_empty() || said.options.contains(&said.answer) {
        return None;
    }
    let parts =
        said.answer.split([',', '，', '、', ';', '；', '|', '/', ' ']).filter(|part| !part.is_empty());
    let numbers: Option<Vec<usize>> = parts.map(|part| part.parse().ok()).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty())?;
    let fits = numbers.iter().all(|number| (1..=said.options.len()).contains(number));
    fits.then(|| numbers.iter().map(|number| letter(number - 1)).collect())
}
