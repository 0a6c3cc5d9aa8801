//! Tables of a report: written page by page, so that a long one never stands in memory as a whole.

use std::io::Write;

use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

use super::tables::XLSX_MEDIA_TYPE;
use crate::domain::message::Message;
use crate::domain::points::Points;
use crate::message;

/// Longest text of a cell that Excel takes, in characters, less some for safety.
const LONGEST_CELL: usize = 32_000;

/// What a table is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetFormat {
    /// An Excel workbook.
    Xlsx,
    /// Comma-separated values in UTF-8 with a byte order mark, which tells Excel that it is UTF-8.
    Csv,
}

impl SheetFormat {
    /// The ending of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }

    /// The media type of the file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => XLSX_MEDIA_TYPE,
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its width in characters.
    pub width: f64,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, never taken for a number or a formula in a workbook.
    Text(String),
    /// A number.
    Number(f64),
    /// A share from 0 to 1, shown in percent.
    Rate(f64),
}

/// A row of a table.
pub type SheetRow = Vec<Cell>;

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i64> for Cell {
    #[expect(clippy::cast_precision_loss, reason = "a spreadsheet's numbers are doubles")]
    fn from(number: i64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<Points> for Cell {
    #[expect(clippy::cast_precision_loss, reason = "points are far below 2^53")]
    fn from(points: Points) -> Self {
        Self::Number(points.0 as f64 / 100.0)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl Cell {
    /// A share from 0 to 1, or nothing.
    pub fn rate(rate: Option<f64>) -> Self {
        rate.map_or(Self::Empty, Self::Rate)
    }

    /// A time in seconds, from milliseconds.
    pub fn seconds(ms: Option<i64>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "an elapsed time is far below 2^53 milliseconds")]
        ms.map_or(Self::Empty, |ms| Self::Number((ms as f64 / 100.0).round() / 10.0))
    }

    fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) | Self::Rate(number) => number.to_string(),
        }
    }
}

/// The next rows of a table as CSV; with the heading where there is one to write.
///
/// # Errors
/// When they cannot be written.
pub fn write_csv(heading: Option<&[Column]>, rows: &[SheetRow]) -> Result<Vec<u8>, Message> {
    let unwritable =
        |error: &dyn std::fmt::Display| message!("无法写出：{error}", "cannot be written: {error}");
    let file = if heading.is_some() { Vec::from(*b"\xEF\xBB\xBF") } else { vec![] };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
    if let Some(columns) = heading {
        let headings = columns.iter().map(|column| column.heading.as_str());
        writer.write_record(headings).map_err(|error| unwritable(&error))?;
    }
    for row in rows {
        writer.write_record(row.iter().map(Cell::text)).map_err(|error| unwritable(&error))?;
    }
    writer.into_inner().map_err(|error| unwritable(&error))
}

/// Writes a workbook of one sheet into `out`, which need not be able to go back. Rows stand in a temporary
/// file until the last one has come.
///
/// # Errors
/// When it cannot be written, or has more rows than a sheet.
pub fn write_workbook(
    sheet: &str,
    columns: &[Column],
    pages: impl Iterator<Item = Vec<SheetRow>>,
    out: impl Write + Send,
) -> Result<(), Message> {
    fill_workbook(sheet, columns, pages, out)
        .map_err(|error| message!("无法写出：{error}", "cannot be written: {error}"))
}

fn fill_workbook(
    name: &str,
    columns: &[Column],
    pages: impl Iterator<Item = Vec<SheetRow>>,
    out: impl Write + Send,
) -> Result<(), XlsxError> {
    let heading = Format::new().set_bold().set_background_color("#DDE7F3").set_align(FormatAlign::Center);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_num_format("@");
    let number = Format::new().set_align(FormatAlign::Top);
    let percent = Format::new().set_align(FormatAlign::Top).set_num_format("0.00%");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, position) in columns.iter().zip(0..) {
        sheet.set_column_width(position, column.width)?;
        sheet.write_string_with_format(0, position, &column.heading, &heading)?;
    }
    for (cells, row) in pages.flatten().zip(1..) {
        for (cell, column) in cells.iter().zip(0..) {
            match cell {
                Cell::Empty => {}
                Cell::Text(said) => {
                    let said: String = said.chars().take(LONGEST_CELL).collect();
                    sheet.write_string_with_format(row, column, said, &text)?;
                }
                Cell::Number(value) => {
                    sheet.write_number_with_format(row, column, *value, &number)?;
                }
                Cell::Rate(value) => {
                    sheet.write_number_with_format(row, column, *value, &percent)?;
                }
            }
        }
    }
    workbook.save_to_writer(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::grid::Grid;

    fn columns() -> [Column; 3] {
        ["姓名", "成绩", "参与率"].map(|heading| Column { heading: heading.into(), width: 12.0 })
    }

    fn rows() -> Vec<SheetRow> {
        vec![
            vec!["张三".into(), Points(8_750).into(), Cell::rate(Some(0.5))],
            vec!["=1+1, \"引号\"".into(), Cell::from(None::<i64>), Cell::rate(None)],
        ]
    }

    #[test]
    fn a_workbook_reads_back_cell_by_cell() {
        let mut file = Vec::new();
        write_workbook("名单", &columns(), rows().chunks(1).map(<[SheetRow]>::to_vec), &mut file).unwrap();
        let grid = Grid::read(&file).unwrap();
        let cells: Vec<Vec<String>> = grid.sheets[0].rows.iter().map(|row| row.cells.clone()).collect();
        assert_eq!(cells[0], ["姓名", "成绩", "参与率"]);
        assert_eq!(cells[1], ["张三", "87.5", "0.5"]);
        assert_eq!(cells[2][0], "=1+1, \"引号\"");
    }

    #[test]
    fn pages_of_csv_make_one_file() {
        let mut file = write_csv(Some(&columns()), &rows()[..1]).unwrap();
        file.extend(write_csv(None, &rows()[1..]).unwrap());
        let text = String::from_utf8(file).unwrap();
        assert_eq!(text, "\u{feff}姓名,成绩,参与率\r\n张三,87.5,0.5\r\n\"=1+1, \"\"引号\"\"\",,\r\n");
    }
}
