//! Question papers as running text: what a text file and a Word file have in common. Lines go in, the
//! questions of the paper come out; each line knows its place.

mod entries;
mod escape;
mod evidence;
mod item;
mod labels;
mod list;
mod marks;
mod reader;
mod write;

pub(super) use escape::Escapes;
pub(super) use marks::{Heading, heading};
pub(super) use reader::read;
pub(super) use write::{Part, paper};

use crate::domain::message::Message;

/// A character that stands behind text in bold or coloured type. No text has it: it is a noncharacter.
pub(super) const EMPHASIS: char = '\u{FFFF}';

/// One line of a paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it stands: `line 12`, `paragraph 17`.
    pub(super) at: String,
    /// Its text, tidied.
    pub(super) text: String,
    /// What was dropped from it.
    pub(super) warnings: Vec<Message>,
}

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod mistake_tests;
