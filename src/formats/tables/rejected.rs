//! The rejected questions of a file as a workbook: the file's own columns, and why.

use rust_xlsxwriter::Workbook;

use super::own::{unwritable, write_table};
use crate::domain::message::{Language, Message};
use crate::formats::RejectedQuestion;

/// Longest text of a cell that Excel takes, in characters, less some for safety.
const LONGEST_CELL: usize = 32_000;

/// Writes the rejected questions, a row each: where it stands, why it was rejected, and what the file says,
/// so that it can be mended here and loaded again.
///
/// # Errors
/// When it cannot be written.
pub fn write_rejected(rejected: &[RejectedQuestion], language: Language) -> Result<Vec<u8>, Message> {
    let mut labels: Vec<&str> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for (label, _) in rejected.iter().flat_map(|question| &question.original) {
        if known.insert(label.as_str()) {
            labels.push(label);
        }
    }
    let own = match language {
        Language::Chinese => ["位置", "原因"],
        Language::English => ["at", "reason"],
    };
    let headings: Vec<String> = own.iter().chain(&labels).map(|label| (*label).to_owned()).collect();
    let rows = rejected.iter().map(|question| {
        let said = |label: &&str| {
            let text = question.original.iter().find(|(other, _)| other == label);
            text.map_or_else(String::new, |(_, text)| text.chars().take(LONGEST_CELL).collect())
        };
        let first =
            [question.at.clone(), question.message.text(language).chars().take(LONGEST_CELL).collect()];
        first.into_iter().chain(labels.iter().map(said)).collect()
    });
    let widths: Vec<f64> = [20.0, 60.0].into_iter().chain(std::iter::repeat_n(24.0, labels.len())).collect();
    let mut workbook = Workbook::new();
    let name = match language {
        Language::Chinese => "未导入的题目",
        Language::English => "Rejected",
    };
    let sheet = workbook.add_worksheet();
    let written = sheet
        .set_name(name)
        .and_then(|sheet| write_table(sheet, &headings, rows, &widths))
        .and_then(|()| workbook.save_to_buffer());
    written.map_err(|error| unwritable(&error))
}
