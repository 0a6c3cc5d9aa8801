//! Grading: from what a member answered to points.
//!
//! Members answer in the letters of their own paper; the key is kept in the bank's order. Nothing
//! here trusts an answer: what does not fit its item is refused, never guessed.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::blueprint::{Blueprint, MultipleRule, Section};
use super::draw::{Item, Paper};
use super::message::Message;
use super::points::Points;
use super::question::{Key, Kind, Question, letter, position};
use crate::message;

/// Longest answer to one gap, in characters.
pub const LONGEST_ANSWER: usize = 200;

/// What a member answered, by item number (from 1): option letters of the paper, `true`/`false`, or
/// one text a gap. An empty list is an item left empty.
pub type Answers = BTreeMap<u32, Vec<String>>;

/// What one item earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemResult {
    /// Whether it earned all of its points.
    pub correct: bool,
    /// What it earned.
    pub score: Points,
}

/// What a paper earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperResult {
    /// Item by item, in the paper's order.
    pub items: Vec<ItemResult>,
    /// The sum of what the items earned.
    pub score: Points,
    /// What a faultless paper earns.
    pub max_score: Points,
    /// How many items earned all of their points.
    pub correct: u32,
    /// Whether the score reaches the pass mark.
    pub passed: bool,
}

/// Checks that `answer` fits an item that shows `question`, and brings it into its one written form
/// (letters ascending, an answer without any content empty).
///
/// # Errors
/// What does not fit, for the member.
pub fn fit(question: &Question, answer: &[String]) -> Result<Vec<String>, Message> {
    match question.kind {
        Kind::Single | Kind::Multiple => fit_letters(question, answer),
        Kind::Judge => match answer {
            [] => Ok(vec![]),
            [word] if word == "true" || word == "false" => Ok(vec![word.clone()]),
            _ => Err(message!(
                "判断题答 [\"true\"] 或 [\"false\"]",
                "a judge item is answered [\"true\"] or [\"false\"]"
            )),
        },
        Kind::Blank => {
            let gaps = question.gaps();
            if answer.len() > gaps {
                let count = answer.len();
                return Err(message!(
                    "本题有 {gaps} 个空，答了 {count} 个",
                    "the item has {gaps} gaps, {count} are answered"
                ));
            }
            if answer.iter().any(|text| text.chars().count() > LONGEST_ANSWER) {
                return Err(message!("每个空最多 200 个字", "an answer to a gap has at most 200 characters"));
            }
            if answer.iter().any(|text| text.chars().any(char::is_control)) {
                return Err(message!("答案不能含控制符", "an answer has no control characters"));
            }
            Ok(if answer.iter().all(|text| text.trim().is_empty()) { vec![] } else { answer.to_vec() })
        }
        Kind::Short => Err(message!("简答题不能由机器评分", "a short item is not graded by the machine")),
    }
}

fn fit_letters(question: &Question, answer: &[String]) -> Result<Vec<String>, Message> {
    let options = question.options.len();
    for (index, word) in answer.iter().enumerate() {
        if position(word).is_none_or(|position| position >= options) {
            let last = letter(options.saturating_sub(1));
            let word: String = word.chars().take(20).collect();
            return Err(message!(
                "“{word}”不是本题的选项（A 到 {last}）",
                "“{word}” is no option of this item (A to {last})"
            ));
        }
        if answer.iter().take(index).any(|earlier| earlier == word) {
            return Err(message!("选项 {word} 重复", "option {word} is named twice"));
        }
    }
    if question.kind == Kind::Single && answer.len() > 1 {
        return Err(message!("单选题只能选一个选项", "a single item takes one option"));
    }
    let mut letters = answer.to_vec();
    letters.sort_unstable();
    Ok(letters)
}

/// The key of `question` in the letters of the paper that shows it as `item`: what a member may see
/// once the quiz reveals it.
pub fn shown_key(question: &Question, item: &Item) -> Vec<String> {
    match &question.key {
        Key::Options(right) => {
            let shown = item.options.iter().enumerate();
            shown
                .filter(|(_, original)| right.contains(&usize::from(**original)))
                .map(|(position, _)| letter(position))
                .collect()
        }
        _ => question.written_key(),
    }
}

/// Grades one item. `answer` is in the letters of the paper; `None` is an item left empty.
pub fn grade_item(
    question: &Question,
    item: &Item,
    section: &Section,
    answer: Option<&[String]>,
) -> ItemResult {
    let (right, of) = right_parts(question, item, answer.unwrap_or_default());
    let score = match (question.kind, section.multiple_rule) {
        _ if right == of => section.points,
        _ if right == 0 => Points::ZERO,
        (Kind::Blank, _) | (Kind::Multiple, MultipleRule::PerOption) => section.points.share(right, of),
        (Kind::Multiple, MultipleRule::HalfIfIncomplete) => section.points.half(),
        _ => Points::ZERO,
    };
    ItemResult { correct: right == of, score }
}

/// How many parts of the key `answer` has right, and how many the key has: options, gaps, or the one
/// truth. A wrong option, or one that is named twice, spoils all the right ones.
fn right_parts(question: &Question, item: &Item, answer: &[String]) -> (u32, u32) {
    match &question.key {
        Key::Options(right) => {
            let chosen = answer.iter().map(|word| position(word).and_then(|shown| item.options.get(shown)));
            let chosen: Vec<Option<&u8>> = chosen.collect();
            let wrong = |option: &u8| !right.contains(&usize::from(*option));
            let again = |(index, option): (usize, &Option<&u8>)| {
                chosen.iter().take(index).any(|earlier| earlier == option)
            };
            let spoilt =
                chosen.iter().any(|option| option.is_none_or(wrong)) || chosen.iter().enumerate().any(again);
            (if spoilt { 0 } else { count(chosen.len()) }, count(right.len()))
        }
        Key::Truth(truth) => (u32::from(answer == [truth.to_string()]), 1),
        Key::Gaps(gaps) => {
            let filled = gaps.iter().zip(answer);
            (
                count(filled.filter(|(alternatives, text)| fills(text, alternatives)).count()),
                count(gaps.len()),
            )
        }
        Key::Reference(_) => (0, 1),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether `text` is one of the `alternatives`, once both are brought into the compared form.
fn fills(text: &str, alternatives: &[String]) -> bool {
    let text = compared_form(text);
    !text.is_empty() && alternatives.iter().any(|alternative| compared_form(alternative) == text)
}

/// The form in which texts of gaps are compared: full-width and half-width forms made one (Unicode
/// NFKC), case folded (Unicode default case folding), trimmed.
pub fn compared_form(text: &str) -> String {
    // Folding can undo the normal form, so it is restored: Unicode 3.13, definition D146.
    let folded = caseless::default_case_fold_str(&text.nfkc().collect::<String>());
    folded.nfkc().collect::<String>().trim().to_owned()
}

/// Grades a whole paper. `pass_percent` is the share of the points, in percent, that passes.
pub fn grade_paper(
    bank: &[Question],
    blueprint: &Blueprint,
    paper: &Paper,
    answers: &Answers,
    pass_percent: u32,
) -> PaperResult {
    let mut items = Vec::with_capacity(paper.items.len());
    let mut max_score = Points::ZERO;
    for (no, item) in (1_u32..).zip(&paper.items) {
        let (Some(question), Some(section)) = (bank.get(item.question), blueprint.sections.get(item.section))
        else {
            continue;
        };
        max_score = max_score + section.points;
        items.push(grade_item(question, item, section, answers.get(&no).map(Vec::as_slice)));
    }
    let score: Points = items.iter().map(|item| item.score).sum();
    PaperResult {
        score,
        max_score,
        correct: count(items.iter().filter(|item| item.correct).count()),
        passed: score.0 * 100 >= max_score.0 * i64::from(pass_percent),
        items,
    }
}

#[cfg(test)]
#[path = "grading_tests.rs"]
mod tests;
