//! The lines of a list of answers.

use winnow::ascii::space0;
use winnow::combinator::{alt, delimited, opt, peek, preceded, terminated};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::marks::{in_one_character, point, small};
use crate::formats::conventions::words;

/// One entry of a list of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// `3. ABD 解析：…`: the text for one number.
    One(u32, &'a str),
    /// `1-5 ABCDA`: the first and the last number, and the text for all.
    Range(u32, u32, &'a str),
}

fn range_head(input: &mut &str) -> ModalResult<(u32, u32)> {
    let dash = take_while(1..=2, |c: char| "-~—–－～至到".contains(c));
    let (from, _, to, _) = (
        preceded((opt('第'), space0), small),
        (space0, opt(one_of(['.', '、', '题'])), dash, space0),
        small,
        (
            opt((opt(one_of(['小'])), '题')),
            space0,
            opt(one_of(['.', ':', '：', '、', '．', ')', '）'])),
            space0,
        ),
    )
        .parse_next(input)?;
    if from < to && to - from < 500 {
        Ok((from, to))
    } else {
        Err(winnow::error::ErrMode::Backtrack(winnow::error::ContextError::new()))
    }
}

fn one_head(input: &mut &str) -> ModalResult<u32> {
    alt((
        terminated(point, space0).map(|(_, number)| number),
        terminated(
            alt((
                terminated(small, one_of([')', '）'])),
                delimited(one_of(['(', '（']), small, one_of([')', '）'])),
                delimited(('第', space0), small, (space0, '题', opt(one_of([':', '：', '.', '、'])))),
                in_one_character.map(|(_, number)| number),
            )),
            space0,
        ),
        // `1A`, `2 √`, `3【答案】`
        terminated(
            small,
            (space0, peek(one_of(|c: char| c.is_ascii_uppercase() || "√×✓✗✔✘对错正【[".contains(c)))),
        ),
    ))
    .parse_next(input)
}

/// The entries of a line of an answer list; empty when it has none.
pub(super) fn entries(line: &str) -> Vec<Entry<'_>> {
    let line = line.trim();
    let mut heads: Vec<(usize, usize, u32, Option<u32>)> = Vec::new();
    let mut boundary = true;
    for (at, character) in line.char_indices() {
        if boundary && heads.last().is_none_or(|head| at >= head.1) {
            let mut input = line.get(at..).unwrap_or_default();
            let found =
                alt((range_head.map(|(from, to)| (from, Some(to))), one_head.map(|number| (number, None))))
                    .parse_next(&mut input)
                    .ok();
            // Inside a line a number counts only as the next of the row: an answer may hold numbers itself.
            let next = heads.last().map(|head| head.3.unwrap_or(head.2) + 1);
            if let Some((number, to)) = found.filter(|(number, _)| next.is_none_or(|next| next == *number)) {
                heads.push((at, line.len() - input.len(), number, to));
            } else if at == 0 {
                return vec![];
            }
        }
        boundary = !character.is_ascii_digit()
            && (character.is_whitespace()
                || !character.is_ascii()
                || character.is_ascii_uppercase()
                || ";,|".contains(character));
    }
    let ends = heads.iter().skip(1).map(|head| head.0).chain([line.len()]);
    heads
        .iter()
        .zip(ends)
        .map(|(&(_, begin, number, to), end)| {
            let text = line.get(begin..end).unwrap_or_default().trim();
            match to {
                Some(to) => Entry::Range(number, to, text),
                None => Entry::One(number, text.trim_end_matches(['；', ';', ',', '，', '|', '、']).trim()),
            }
        })
        .collect()
}

/// The answers of a range: one a letter (`ABCDA`), or parted (`A B AB`, `√,×,√`). `None` when their count
/// is another.
pub(super) fn range_answers(text: &str, count: usize) -> Option<Vec<String>> {
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ",，、;；|/.".contains(c))
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() == count {
        return Some(parts.into_iter().map(str::to_owned).collect());
    }
    let single: Vec<String> = parts.concat().chars().map(String::from).collect();
    let judged = |text: &String| words::judgement(text).is_some();
    let lettered = |text: &String| text.chars().all(|character| character.is_ascii_uppercase());
    let uniform = single.iter().all(lettered) || single.iter().all(judged);
    (single.len() == count && uniform).then_some(single)
}
