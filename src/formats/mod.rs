//! Files in and out: question banks (one file a format behind [`BankFormat`]) and tables of people.

pub mod archive;
pub mod conventions;
mod docx;
pub mod grid;
mod json;
mod paper;
mod report;
pub mod table;
pub mod tables;
mod txt;
mod unrecognised;

pub use report::{ImportReport, InitialPassword, Place, RejectedQuestion, RosterReport};
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
    /// Writes questions to a file.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn write(&self, title: &str, questions: &[Question]) -> Result<Vec<u8>, Message>;
}

/// Every supported format, in the order in which `auto` tries them.
pub const FORMATS: &[&dyn BankFormat] = &[
    &json::Json,
    &tables::Xlsx,
    &docx::Docx,
    // Tables have a heading of their own; plain texts are tried after them.
    &tables::Csv,
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
