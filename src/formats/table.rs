//! Tables with a heading in their first row: workbooks and CSV. What rosters are read from.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

pub use super::grid::Row;
use super::grid::{Grid, Sheet, place};
use crate::domain::message::Message;
use crate::message;

/// A table: its columns are found by their headings, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    columns: HashMap<&'static str, usize>,
    rows: Vec<Row>,
    sheet: Option<String>,
    /// Headings that nobody asked for.
    pub unknown: Vec<UnknownHeading>,
}

/// A heading that nobody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHeading {
    /// What it says.
    pub text: String,
    /// Where it stands, in a person's words.
    pub at: String,
}

/// A column that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in our own files.
    pub name: &'static str,
    /// Other headings that mean the same.
    pub aliases: &'static [&'static str],
    /// Whether a table without it is refused.
    pub required: bool,
}

impl Table {
    /// Reads `file` and finds `columns` in its first row that is not empty. Rows without any content are
    /// left out.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(file: &[u8], columns: &[Column]) -> Result<Self, Message> {
        let grid = Grid::read(file)?;
        let Some(Sheet { name: sheet, rows }) = grid.sheets.into_iter().next() else {
            return Err(message!("没有可见的工作表", "no sheet is shown"));
        };
        let mut rows = rows.into_iter();
        let Some(heading) = rows.next() else { return Err(message!("文件是空的", "the file is empty")) };
        let mut found = HashMap::new();
        let mut unknown = Vec::new();
        for (index, cell) in heading.cells.iter().enumerate() {
            let name = heading_name(cell);
            match columns.iter().find(|column| column.name == name || column.aliases.contains(&name.as_str()))
            {
                Some(column) if found.contains_key(column.name) => {
                    return Err(message!("表头“{cell}”出现了两次", "the heading “{cell}” stands twice"));
                }
                Some(column) => {
                    found.insert(column.name, index);
                }
                None if !cell.is_empty() => unknown.push(UnknownHeading {
                    text: cell.clone(),
                    at: place(sheet.as_deref(), Some(index), heading.number),
                }),
                None => {}
            }
        }
        let missing: Vec<&str> = columns
            .iter()
            .filter(|column| column.required && !found.contains_key(column.name))
            .map(|column| column.name)
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(message!("第一行缺少表头：{missing}", "the first row lacks the headings {missing}"));
        }
        Ok(Self { columns: found, rows: rows.collect(), sheet, unknown })
    }

    /// The rows under the heading.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The content of a cell, trimmed; empty when there is none.
    pub fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        self.columns.get(column).map(|&index| row.cell(index)).unwrap_or_default()
    }

    /// Where a cell stands, in a person's words: `Sheet1!B7`, or `line 7` of a CSV file.
    pub fn place(&self, row: &Row, column: &str) -> String {
        place(self.sheet.as_deref(), self.columns.get(column).copied(), row.number)
    }
}

/// A heading without what people add to it: white space, a star, “（必填）”.
fn heading_name(cell: &str) -> String {
    let folded: String = cell.nfkc().filter(|c| !c.is_whitespace() && *c != '*').collect();
    folded.replace("(必填)", "").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 2] = [
        Column { name: "login", aliases: &["账号"], required: true },
        Column { name: "name", aliases: &["姓名"], required: false },
    ];

    fn cells(table: &Table) -> Vec<(usize, &str, &str)> {
        table
            .rows()
            .iter()
            .map(|row| (row.number, table.cell(row, "login"), table.cell(row, "name")))
            .collect()
    }

    #[test]
    fn utf8_gbk_and_other_delimiters_read_the_same() {
        let text = "姓名,账号（必填）\n张三,zs\n\n李四,ls\n";
        let (gbk, _, _) = encoding_rs::GBK.encode(text);
        for file in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            gbk.into_owned(),
            text.replace(',', "\t").into_bytes(),
            text.replace(',', ";").replace('\n', "\r\n").into_bytes(),
        ] {
            let table = Table::read(&file, &COLUMNS).unwrap();
            assert_eq!(cells(&table), [(2, "zs", "张三"), (4, "ls", "李四")]);
            assert_eq!(table.place(&table.rows()[1], "login"), "line 4");
        }
    }

    #[test]
    fn a_spreadsheet_keeps_codes_that_look_like_numbers_and_names_its_cells() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.set_name("名单").unwrap();
        sheet.write(0, 0, "备注").unwrap();
        sheet.write(0, 1, " 账号 *").unwrap();
        sheet.write(1, 1, 13_800_000_001_i64).unwrap();
        sheet.write(3, 1, "ls").unwrap();
        let table = Table::read(&workbook.save_to_buffer().unwrap(), &COLUMNS).unwrap();
        assert_eq!(cells(&table), [(2, "13800000001", ""), (4, "ls", "")]);
        assert_eq!(table.place(&table.rows()[1], "login"), "名单!B4");
        let unknown: Vec<_> = table.unknown.iter().map(|heading| (&*heading.text, &*heading.at)).collect();
        assert_eq!(unknown, [("备注", "名单!A1")]);
    }

    #[test]
    fn files_that_cannot_be_tables_are_refused() {
        for file in [
            &b""[..],
            b" \n ",
            b"name\nx",
            b"login,login\na,b",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            b"PK\x03\x04broken",
            b"\xFF\xFF\xFF\xFF",
        ] {
            assert!(Table::read(file, &COLUMNS).is_err());
        }
    }
}
