//! Looking ahead: what the lines after one tell about it.

use super::marks::{self, Heading, Style};
use super::{EMPHASIS, Line, labels};
use crate::formats::conventions::headings::Field;
use crate::formats::conventions::{answers, options};

/// How far ahead the end of a question is looked for, in lines.
const LOOKAHEAD: usize = 200;

/// So much of a line as is looked at to tell what it is.
fn head(text: &str) -> &str {
    text.char_indices().nth(1000).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// Whether a line begins with option A.
fn begins_options(text: &str) -> bool {
    let first = text.trim_start_matches(['(', '（', '[', '【', ' ', EMPHASIS]);
    let mut characters = first.chars();
    characters.next() == Some('A') && characters.next().is_some_and(|c| ".．、:：)） ]】,，".contains(c))
}

/// The lines of a paper, to look around in.
#[derive(Clone, Copy, Default)]
pub(super) struct View<'a> {
    pub(super) lines: &'a [Line],
}

/// Whether a line looks like a part of a question rather than of an enumeration; `answered` if its answer
/// counts as a sign.
fn is_evidence(text: &str, answered: bool) -> bool {
    let text = head(text);
    begins_options(text)
        || answers::shows_gaps(text)
        || text.contains("__")
        || options::split(head(text)).is_some()
        || (answered && answers::letters_in_stem(text, 26).is_some())
        || (answered && answers::judgement_in_stem(text).is_some())
        || (answered && labels::labels(text).iter().any(|label| label.field == Field::Key))
}

impl<'a> View<'a> {
    pub(super) fn text(self, index: usize) -> &'a str {
        self.lines.get(index).map_or("", |line| line.text.trim())
    }

    pub(super) fn at(self, index: usize) -> &'a str {
        self.lines.get(index).map_or("", |line| line.at.as_str())
    }

    /// The next line with content.
    pub(super) fn next_text(self, index: usize) -> Option<&'a str> {
        (index + 1..self.lines.len().min(index + LOOKAHEAD))
            .map(|next| self.text(next))
            .find(|text| !text.is_empty())
    }

    /// Whether the lines after a heading are questions again, not answers.
    pub(super) fn questions_follow(self, index: usize) -> bool {
        let mut numbers = 0;
        for next in index + 1..self.lines.len().min(index + LOOKAHEAD) {
            let text = self.text(next);
            if matches!(marks::heading(text), Some(Heading::Kind(_))) {
                return false;
            }
            numbers += usize::from(marks::number(text).is_some());
            if is_evidence(text, false) {
                return true;
            }
            if numbers > 1 {
                return false;
            }
        }
        false
    }

    /// Whether the lines from here to the next number look like a question.
    pub(super) fn has_evidence(self, index: usize, answered: bool) -> bool {
        if is_evidence(self.text(index), answered) {
            return true;
        }
        for next in index + 1..self.lines.len().min(index + LOOKAHEAD) {
            let text = self.text(next);
            if marks::number(text).is_some_and(|numbered| numbered.style != Style::Bare)
                || matches!(marks::heading(text), Some(Heading::Kind(_) | Heading::Chapter(_)))
            {
                return false;
            }
            if is_evidence(text, answered) {
                return true;
            }
        }
        false
    }

    /// Whether the lines from here to the next empty one look like a question.
    pub(super) fn has_evidence_before_blank(self, index: usize) -> bool {
        let limit = self.lines.len().min(index + LOOKAHEAD);
        let block = (index..limit).take_while(|&next| !self.text(next).is_empty());
        for next in block {
            let text = head(self.text(next));
            if next > index && (marks::number(text).is_some() || marks::heading(text).is_some()) {
                return false;
            }
            let labelled = labels::labels(text).iter().any(|label| label.field == Field::Key);
            if labelled || (options::split(head(text)).is_some()) || (next > index && begins_options(text)) {
                return true;
            }
        }
        false
    }
}
