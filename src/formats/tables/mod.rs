//! Banks as tables: a row a question, a column a field. CSV and workbooks are read by the same rules.

mod cells;
mod columns;
mod own;
mod per_option;
mod rejected;
mod rows;
mod template;

pub use rejected::write_rejected;
pub use template::{bank_paper, bank_template, member_template, unit_template};

use std::ops::Range;

use super::grid::{self, Grid};
use super::{BankFormat, FoundBank, Written};
use crate::domain::message::Message;
use crate::domain::question::Question;
use crate::formats::conventions::decode;

/// Lines by which a text is judged to be a table of questions.
const JUDGED_LINES: usize = 40;

/// Comma-separated values.
pub(super) struct Csv;

/// Excel workbooks.
pub(super) struct Xlsx;

impl BankFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn media_type(&self) -> &'static str {
        "text/csv; charset=utf-8"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn recognises(&self, file: &[u8]) -> bool {
        let Ok(text) = decode::text(file) else { return false };
        let head: Vec<&str> = text.lines().take(JUDGED_LINES).collect();
        let Ok(grid) = grid::read_text(&head.join("\n")) else { return false };
        grid.sheets.iter().any(|sheet| columns::Columns::find(sheet).is_some())
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        rows::read(&Grid::read(file)?)
    }

    fn write(&self, _title: &str, questions: &[Question]) -> Result<Written, Message> {
        own::write_csv(questions, 0..questions.len()).map(Written::from)
    }

    fn write_part(
        &self,
        _title: &str,
        questions: &[Question],
        range: Range<usize>,
    ) -> Option<Result<Vec<u8>, Message>> {
        Some(own::write_csv(questions, range))
    }
}

impl BankFormat for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn media_type(&self) -> &'static str {
        XLSX_MEDIA_TYPE
    }

    fn extension(&self) -> &'static str {
        "xlsx"
    }

    fn recognises(&self, file: &[u8]) -> bool {
        grid::is_xlsx(file) || grid::is_xls(file)
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        rows::read(&Grid::read(file)?)
    }

    fn write(&self, _title: &str, questions: &[Question]) -> Result<Written, Message> {
        own::write_xlsx(questions).map(Written::from)
    }
}

/// The media type of a workbook.
pub const XLSX_MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[cfg(test)]
#[path = "tables_tests.rs"]
mod tests;
