//! Answers in a list at the end of a paper: `1-5 ABCDA`, `1. A 2. B`, by section and number.

use std::collections::HashMap;

use super::entries::{self, Entry};
use super::item::Item;
use crate::domain::question::Fault;
use crate::formats::Place;
use crate::formats::conventions::headings::Field;
use crate::formats::conventions::words;
use crate::message;

/// A part of a paper under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) kind: String,
    pub(super) chapter: Option<String>,
}

/// One answer of the list.
#[derive(Clone, Debug)]
struct Listed {
    at: String,
    /// The section that the list names, if it names one.
    section: Option<usize>,
    number: u32,
    text: String,
}

/// The list, while its lines are gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct AnswerList {
    listed: Vec<Listed>,
    section: Option<usize>,
    chapter: Option<String>,
    used: Vec<usize>,
    pub(super) warnings: Vec<Place>,
}

impl AnswerList {
    /// The list goes on with the answers to the section of this kind: the first one not yet named.
    pub(super) fn begin_kind(&mut self, word: &str, sections: &[Section]) {
        let wanted = words::kind(word);
        let fits = |section: &Section| {
            words::kind(&section.kind) == wanted
                && (self.chapter.is_none() || section.chapter == self.chapter)
        };
        self.section = sections
            .iter()
            .enumerate()
            .find(|(index, section)| fits(section) && !self.used.contains(index))
            .map(|(index, _)| index);
        self.used.extend(self.section);
    }

    /// The list goes on with the answers to a chapter.
    pub(super) fn begin_chapter(&mut self, chapter: &str) {
        self.chapter = Some(chapter.to_owned());
        self.section = None;
    }

    /// Adds a line of the list.
    pub(super) fn add(&mut self, at: &str, line: &str) {
        let entries = entries::entries(line);
        if entries.is_empty() {
            match self.listed.last_mut() {
                Some(last) => {
                    last.text.push('\n');
                    last.text.push_str(line);
                }
                None => self.warnings.push(Place {
                    at: at.to_owned(),
                    message: message!("答案部分的这一行没有读取", "this line of the answers is not read"),
                }),
            }
            return;
        }
        for entry in entries {
            match entry {
                Entry::One(number, text) => {
                    let (at, section, text) = (at.to_owned(), self.section, text.to_owned());
                    self.listed.push(Listed { at, section, number, text });
                }
                Entry::Range(from, to, text) => self.add_range(at, (from, to), text),
            }
        }
    }

    fn add_range(&mut self, at: &str, (from, to): (u32, u32), text: &str) {
        let count = usize::try_from(to - from + 1).unwrap_or(usize::MAX);
        let Some(answers) = entries::range_answers(text, count) else {
            self.warnings.push(Place {
                at: at.to_owned(),
                message: message!(
                    "{from}-{to} 应有 {count} 个答案，这里的个数不符，没有采用；请逐题写，如 {from}. A",
                    "{from}-{to} wants {count} answers, and this is another number; none is taken. Write them one by one, such as {from}. A"
                ),
            });
            return;
        };
        for (number, text) in (from..).zip(answers) {
            self.listed.push(Listed { at: at.to_owned(), section: self.section, number, text });
        }
    }

    /// Gives the answers to their questions.
    pub(super) fn give(mut self, items: &mut [Item]) -> Vec<Place> {
        let mut numbered: HashMap<u32, Vec<usize>> = HashMap::new();
        for (index, item) in items.iter().enumerate() {
            if let Some(number) = item.number {
                numbered.entry(number).or_default().push(index);
            }
        }
        let mut implied = 0;
        let mut before = 0;
        for listed in std::mem::take(&mut self.listed) {
            let Listed { at, section, number, text } = listed;
            let of_number = numbered.get(&number).map_or(&[][..], Vec::as_slice);
            let in_section = |section: usize| {
                of_number
                    .iter()
                    .copied()
                    .find(|&index| items.get(index).is_some_and(|item| item.section == section))
            };
            if section.is_none() && number <= before {
                implied += 1;
            }
            before = number;
            let target = match (section, of_number) {
                (Some(section), _) => in_section(section).or(match of_number {
                    [only] => Some(*only),
                    _ => None,
                }),
                (None, [only]) => Some(*only),
                (None, _) => of_number.get(implied).copied(),
            };
            match target.and_then(|index| items.get_mut(index)) {
                Some(item) => answer(item, &at, number, &text),
                None => self.warnings.push(Place {
                    at,
                    message: message!(
                        "答案 {number} 找不到对应的题目，没有采用",
                        "the answer {number} belongs to no question and is not taken"
                    ),
                }),
            }
        }
        self.warnings
    }
}

fn answer(item: &mut Item, at: &str, number: u32, text: &str) {
    let old = item.text(Field::Key).trim().to_owned();
    let had = !old.is_empty();
    let mut gathered = Item::default();
    gathered.open = Some(Field::Key);
    for line in text.lines() {
        gathered.add(line, &[]);
    }
    for field in [Field::Key, Field::Explanation, Field::Source, Field::Difficulty, Field::Chapter] {
        if gathered.has(field) && !item.has(field) {
            item.append(field, gathered.text(field).trim());
        }
    }
    let new = gathered.text(Field::Key).trim();
    if had && !new.is_empty() && !same(&old, new) {
        let message = message!(
            "题中的答案“{old}”与 {at} 的答案“{new}”不一致（第 {number} 题），请核对",
            "the answer “{old}” of the question and “{new}” at {at} differ (number {number}); please check"
        );
        item.faults.push(Fault { pointer: "/key".to_owned(), message });
    }
}

/// Whether two answers say the same.
fn same(left: &str, right: &str) -> bool {
    use crate::formats::conventions::{answers, fold};
    fold::word(left) == fold::word(right)
        || (words::judgement(left).is_some() && words::judgement(left) == words::judgement(right))
        || (answers::letters(left, 26).is_some() && answers::letters(left, 26) == answers::letters(right, 26))
}
