//! Looking ahead: what the lines after one tell about it.

use super::marks::{self, Heading, Style};
use super::{EMPHASIS, Line, labels};
use crate::formats::conventions::headings::Field;
use crate::formats::conventions::{answers, options};

/// How far ahead the end of a question is looked for, in lines.
const LOOKAHEAD: usize = 100;

/// So much of a line as is looked at to tell what it is.
pub(super) fn head(text: &str) -> &str {
    text.char_indices().nth(1000).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// Whether a line begins with option A.
pub(super) fn begins_options(text: &str) -> bool {
    let first = text.trim_start_matches(['(', '（', '[', '【', ' ', EMPHASIS]);
    let mut characters = first.chars();
    characters.next() == Some('A') && characters.next().is_some_and(|c| ".．、:：)） ]】,，".contains(c))
}

/// What one line looks like by itself. Each is looked at once, however often others look ahead to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// It begins option A.
    begins_options: bool,
    /// It holds options.
    options: bool,
    /// It labels an answer.
    key: bool,
    /// It looks like a part of a question rather than of an enumeration.
    question: bool,
    /// The same, or its answer stands in it.
    answered: bool,
    numbered: bool,
    /// It begins with a number that is no mere quantity.
    surely_numbered: bool,
    heading: bool,
    kind_heading: bool,
    chapter_heading: bool,
}

impl Facts {
    /// Looks at the beginning of a line.
    pub(super) fn of(line: &Line) -> Self {
        let text = head(line.text.trim());
        let begins_options = begins_options(text);
        let options = options::split(text).is_some();
        let question = begins_options || options || text.contains("__") || answers::shows_gaps(text);
        let key = labels::labels(text).iter().any(|label| label.field == Field::Key);
        let in_stem =
            || answers::letters_in_stem(text, 26).is_some() || answers::judgement_in_stem(text).is_some();
        let number = marks::number(text);
        let heading = marks::heading(text);
        Self {
            begins_options,
            options,
            key,
            question,
            answered: question || key || in_stem(),
            numbered: number.is_some(),
            surely_numbered: number.is_some_and(|numbered| numbered.style != Style::Bare),
            heading: heading.is_some(),
            kind_heading: matches!(heading, Some(Heading::Kind(_))),
            chapter_heading: matches!(heading, Some(Heading::Chapter(_))),
        }
    }
}

/// The lines of a paper, to look around in.
#[derive(Clone, Copy, Default)]
pub(super) struct View<'a> {
    pub(super) lines: &'a [Line],
    pub(super) facts: &'a [Facts],
}

impl<'a> View<'a> {
    pub(super) fn text(self, index: usize) -> &'a str {
        self.lines.get(index).map_or("", |line| line.text.trim())
    }

    pub(super) fn at(self, index: usize) -> &'a str {
        self.lines.get(index).map_or("", |line| line.at.as_str())
    }

    fn facts(self, index: usize) -> Facts {
        self.facts.get(index).copied().unwrap_or_default()
    }

    /// The lines after this one, as far as anybody looks.
    fn ahead(self, index: usize) -> impl Iterator<Item = Facts> {
        self.facts.iter().copied().skip(index + 1).take(LOOKAHEAD)
    }

    /// The next line with content.
    pub(super) fn next_text(self, index: usize) -> Option<&'a str> {
        let ahead = self.lines.iter().skip(index + 1).take(LOOKAHEAD);
        ahead.map(|line| line.text.trim()).find(|text| !text.is_empty())
    }

    /// Whether the lines after a heading are questions again, not answers.
    pub(super) fn questions_follow(self, index: usize) -> bool {
        let mut numbers = 0;
        for facts in self.ahead(index) {
            if facts.kind_heading {
                return false;
            }
            numbers += usize::from(facts.numbered);
            if facts.question {
                return true;
            }
            if numbers > 1 {
                return false;
            }
        }
        false
    }

    /// Whether the lines from here to the next number look like a question; `answered` if an answer counts
    /// as a sign of one.
    pub(super) fn has_evidence(self, index: usize, answered: bool) -> bool {
        let is_evidence = |facts: Facts| if answered { facts.answered } else { facts.question };
        if is_evidence(self.facts(index)) {
            return true;
        }
        self.ahead(index)
            .take_while(|facts| !(facts.surely_numbered || facts.kind_heading || facts.chapter_heading))
            .any(is_evidence)
    }

    /// Whether the lines from here to the next empty one look like a question.
    pub(super) fn has_evidence_before_blank(self, index: usize) -> bool {
        let own = self.facts(index);
        let lines = self.lines.iter().skip(index + 1);
        own.key
            || own.options
            || self
                .ahead(index)
                .zip(lines)
                .take_while(|(facts, line)| !(line.text.trim().is_empty() || facts.numbered || facts.heading))
                .any(|(facts, _)| facts.key || facts.options || facts.begins_options)
    }
}
