//! Cells from files: the sheets of an XLSX or XLS workbook, or the one table of a CSV file. What a cell
//! means is for others to say.

mod delimited;
mod xls;
mod xlsx;

pub use delimited::{delimiter, read_text};

use super::archive::is_zip;
use super::unrecognised::{Compound, compound, unrecognised};
use crate::domain::message::Message;
use crate::message;

/// Most rows of a file, in all its sheets.
pub const MOST_ROWS: usize = 100_000;
/// Most columns of a sheet.
pub const MOST_COLUMNS: usize = 256;
/// Most bytes of text in all cells: a text that is stored once may be shown by a million cells.
const MOST_TEXT: usize = 128 << 20;

/// The sheets of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Those that are shown, in their order.
    pub sheets: Vec<Sheet>,
    /// The names of those that are hidden and were not read.
    pub hidden: Vec<String>,
    /// Pictures in the file; they are not read.
    pub pictures: usize,
}

/// One sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name; a CSV file has none.
    pub name: Option<String>,
    /// The rows that have any content.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its number in the sheet, or its line in the file, from 1.
    pub number: usize,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
}

impl Row {
    /// The text of the cell in this column, empty when there is none.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// The columns that are not empty, with their texts.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &str)> {
        self.cells.iter().map(String::as_str).enumerate().filter(|(_, text)| !text.is_empty())
    }
}

impl Grid {
    /// Reads a workbook or a delimited text, by its content.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(file: &[u8]) -> Result<Self, Message> {
        if file.iter().all(u8::is_ascii_whitespace) {
            return Err(message!("文件是空的", "the file is empty"));
        }
        match compound(file) {
            Some(Compound::Xls) => xls::read(file),
            Some(_) => Err(unrecognised(file)),
            None if is_zip(file) => xlsx::read(file),
            None => delimited::read(file),
        }
    }
}

/// Whether `file` is a workbook of Excel 2007 or later.
pub fn is_xlsx(file: &[u8]) -> bool {
    super::archive::holds(file, |name| name.eq_ignore_ascii_case("xl/workbook.xml"))
}

/// Whether `file` is a workbook of Excel 97 to 2003.
pub fn is_xls(file: &[u8]) -> bool {
    compound(file) == Some(Compound::Xls)
}

/// Where a cell stands, in a person's words: `Sheet1!B7`, or `line 7` of a CSV file.
pub fn place(sheet: Option<&str>, column: Option<usize>, row: usize) -> String {
    match (sheet, column) {
        (Some(sheet), Some(column)) => format!("{sheet}!{}{row}", column_letters(column)),
        (Some(sheet), None) => format!("{sheet}!A{row}"),
        (None, _) => format!("line {row}"),
    }
}

/// The letters of a spreadsheet column: 0 is `A`, 26 is `AA`.
pub fn column_letters(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// A grid that is being read, within the limits.
#[derive(Default)]
struct Builder {
    grid: Grid,
    rows: usize,
    text: usize,
}

impl Builder {
    /// Begins a sheet.
    fn sheet(&mut self, name: Option<&str>) {
        self.grid.sheets.push(Sheet { name: name.map(str::to_owned), rows: vec![] });
    }

    /// Puts a cell into the last sheet. Cells come in the order of rows; empty ones are not noted.
    fn put(&mut self, row: usize, column: usize, text: &str) -> Result<(), Message> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        if column >= MOST_COLUMNS {
            return Err(message!(
                "第 {row} 行的内容超出第 {MOST_COLUMNS} 列，请删去多余的列",
                "row {row} goes beyond column {MOST_COLUMNS}; delete the columns that are not needed"
            ));
        }
        self.text += text.len();
        if self.text > MOST_TEXT {
            let most = MOST_TEXT >> 20;
            return Err(message!("文字超过 {most} MB", "more than {most} MB of text"));
        }
        let Some(sheet) = self.grid.sheets.last_mut() else { return Ok(()) };
        if sheet.rows.last().is_none_or(|last| last.number != row) {
            self.rows += 1;
            if self.rows > MOST_ROWS {
                return Err(message!(
                    "超过 {MOST_ROWS} 行，请分成几个文件",
                    "more than {MOST_ROWS} rows; split the file"
                ));
            }
            sheet.rows.push(Row { number: row, cells: vec![] });
        }
        if let Some(last) = sheet.rows.last_mut() {
            if last.cells.len() <= column {
                last.cells.resize(column + 1, String::new());
            }
            if let Some(cell) = last.cells.get_mut(column) {
                text.clone_into(cell);
            }
        }
        Ok(())
    }

    /// Shows a cell that is merged over the rows `from` to `to` of one column (counted from 0) in all of
    /// them. Rows without any content stay away.
    fn merge(&mut self, column: usize, from: usize, to: usize) -> Result<(), Message> {
        let Some(sheet) = self.grid.sheets.last_mut() else { return Ok(()) };
        let begin = sheet.rows.partition_point(|row| row.number <= from);
        let Some(rows) = sheet.rows.get_mut(begin..) else { return Ok(()) };
        let mut rows = rows.iter_mut().take_while(|row| row.number <= to + 1);
        let Some(first) = rows.next().filter(|row| row.number == from + 1) else { return Ok(()) };
        let text = first.cell(column).to_owned();
        if text.is_empty() {
            return Ok(());
        }
        for row in rows {
            self.text += text.len();
            if self.text > MOST_TEXT {
                let most = MOST_TEXT >> 20;
                return Err(message!("文字超过 {most} MB", "more than {most} MB of text"));
            }
            if row.cells.len() <= column {
                row.cells.resize(column + 1, String::new());
            }
            if let Some(cell) = row.cells.get_mut(column)
                && cell.is_empty()
            {
                cell.clone_from(&text);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        assert_eq!([0, 25, 26, 701, 702].map(column_letters), ["A", "Z", "AA", "ZZ", "AAA"]);
        assert_eq!(place(Some("题"), Some(1), 7), "题!B7");
        assert_eq!(place(None, Some(1), 7), "line 7");
    }

    #[test]
    fn a_merged_cell_is_shown_in_the_rows_that_have_content() {
        let mut builder = Builder::default();
        builder.sheet(None);
        for (row, column, text) in [(2, 0, "章"), (2, 1, "甲"), (3, 1, "乙"), (6, 1, "丙"), (7, 1, "丁")]
        {
            builder.put(row, column, text).unwrap();
        }
        builder.merge(0, 1, 5).unwrap();
        builder.merge(5, 90, 95).unwrap();
        let first: Vec<(usize, &str)> =
            builder.grid.sheets[0].rows.iter().map(|row| (row.number, row.cell(0))).collect();
        assert_eq!(first, [(2, "章"), (3, "章"), (6, "章"), (7, "")]);
    }

    #[test]
    fn what_goes_beyond_the_limits_is_refused() {
        let mut builder = Builder::default();
        builder.sheet(None);
        builder.put(1, MOST_COLUMNS, " ").unwrap();
        assert!(builder.put(1, MOST_COLUMNS, "x").is_err());
        for row in 1..=MOST_ROWS {
            builder.put(row, 0, "x").unwrap();
        }
        assert!(builder.put(MOST_ROWS + 1, 0, "x").is_err());
        let mut builder = Builder::default();
        builder.sheet(None);
        let long = "x".repeat(MOST_TEXT / 2);
        builder.put(1, 0, &long).unwrap();
        builder.put(2, 1, "x").unwrap();
        builder.put(3, 1, "x").unwrap();
        assert!(builder.merge(0, 0, 2).is_err());
    }
}
