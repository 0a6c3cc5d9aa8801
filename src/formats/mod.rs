//! Files in and out: question banks (one file a format behind [`BankFormat`]) and tables of people.

mod aiken;
pub mod archive;
pub mod conventions;
mod docx;
mod gift;
pub mod grid;
mod json;
mod markup;
pub mod monthly;
mod moodle;
mod paper;
mod qti;
mod report;
pub mod sheets;
pub mod table;
pub mod tables;
mod txt;
mod unrecognised;

use std::ops::Range;

pub use report::{
    ImportReport, InitialPassword, MOST_PREVIEWED, Place, PreviewedQuestion, PreviewedRow, QuestionFate,
    RejectedQuestion, RosterReport,
};
pub use unrecognised::unrecognised;

use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, Question};

/// One question of a file: what it says, or why it cannot even be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundQuestion {
    /// Where it stands, in the words of the format: `/questions/3`, `line 12`, `Sheet1!B7`.
    pub at: String,
    /// The draft, or the faults that keep it from being one.
    pub draft: Result<Draft, Vec<Fault>>,
    /// What was guessed or dropped.
    pub warnings: Vec<Message>,
    /// What the file says, as label and text, for the list of rejected rows that an admin mends; empty
    /// where the file is mended more easily itself.
    pub original: Vec<(String, String)>,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundBank {
    /// The title that the file gives itself.
    pub title: Option<String>,
    /// The questions in the file's order.
    pub questions: Vec<FoundQuestion>,
    /// What was guessed or dropped that belongs to no single question: a hidden sheet, an unknown column.
    pub warnings: Vec<Place>,
}

/// A file that was made of questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub content: Vec<u8>,
    /// The questions that the format cannot carry, by their codes, and why; they are not in the file.
    pub left_out: Vec<Place>,
}

impl From<Vec<u8>> for Written {
    /// A file that holds every question.
    fn from(content: Vec<u8>) -> Self {
        Self { content, left_out: vec![] }
    }
}

/// A file format that banks can be read from and written to.
pub trait BankFormat: Sync {
    /// The name that `format=` takes.
    fn name(&self) -> &'static str;
    /// The media type of what [`BankFormat::write`] makes.
    fn media_type(&self) -> &'static str;
    /// The ending of a file name, without the dot.
    fn extension(&self) -> &'static str;
    /// Whether `file` looks like this format, by its content.
    fn recognises(&self, file: &[u8]) -> bool;
    /// Reads a file.
    ///
    /// # Errors
    /// Why it cannot be read at all; what is wrong with single questions stands in the result.
    fn read(&self, file: &[u8]) -> Result<FoundBank, Message>;
    /// Writes questions to a file, in their order.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn write(&self, title: &str, questions: &[Question]) -> Result<Written, Message>;
    /// Writes the part of a file that holds the questions in `range`, with what stands before the first and after
    /// the last of `questions`; the parts one after the other are the file that [`BankFormat::write`] makes. `None`
    /// for a format that takes all questions at once.
    fn write_part(
        &self,
        _title: &str,
        _questions: &[Question],
        _range: Range<usize>,
    ) -> Option<Result<Vec<u8>, Message>> {
        None
    }
}

/// Every supported format, in the order in which `auto` tries them.
pub const FORMATS: &[&dyn BankFormat] = &[
    &json::Json,
    &moodle::MoodleXml,
    &qti::Qti,
    &tables::Xlsx,
    &docx::Docx,
    // Tables have a heading of their own; plain texts are tried after them, the most particular first.
    &tables::Csv,
    &aiken::Aiken,
    &gift::Gift,
    &txt::Txt,
];

/// The format of this name.
pub fn find_format(name: &str) -> Option<&'static dyn BankFormat> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// The format that `file` is in, by its content.
pub fn recognise(file: &[u8]) -> Option<&'static dyn BankFormat> {
    FORMATS.iter().copied().find(|format| format.recognises(file))
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod round_trip_tests;
