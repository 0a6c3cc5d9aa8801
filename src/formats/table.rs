//! Tables with a heading: XLSX, and CSV in UTF-8 or GBK. What rosters are read from.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::message::Message;
use crate::message;

/// Most rows of a table, without the heading.
pub const MOST_ROWS: usize = 100_000;

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

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file, from 1, the heading counted.
    pub number: usize,
    cells: Vec<String>,
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
        if file.iter().all(u8::is_ascii_whitespace) {
            return Err(message!("文件是空的", "the file is empty"));
        }
        let (rows, sheet) = if file.starts_with(b"PK\x03\x04") {
            let (rows, sheet) = read_xlsx(file)?;
            (rows, Some(sheet))
        } else if file.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(message!(
                "这是旧版 .xls 文件，请另存为 .xlsx 再上传",
                "this is an old .xls file; save it as .xlsx and upload that"
            ));
        } else {
            (read_csv(file)?, None)
        };
        let mut rows = rows.into_iter().filter(|row| row.cells.iter().any(|cell| !cell.is_empty()));
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
        let rows: Vec<Row> = rows.take(MOST_ROWS + 1).collect();
        if rows.len() > MOST_ROWS {
            return Err(message!("最多 {MOST_ROWS} 行", "at most {MOST_ROWS} rows"));
        }
        Ok(Self { columns: found, rows, sheet, unknown })
    }

    /// The rows under the heading.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The content of a cell, trimmed; empty when there is none.
    pub fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        self.columns.get(column).and_then(|&index| row.cells.get(index)).map_or("", String::as_str)
    }

    /// Where a cell stands, in a person's words: `Sheet1!B7`, or `line 7` of a CSV file.
    pub fn place(&self, row: &Row, column: &str) -> String {
        place(self.sheet.as_deref(), self.columns.get(column).copied(), row.number)
    }
}

fn place(sheet: Option<&str>, column: Option<usize>, row: usize) -> String {
    match (sheet, column) {
        (Some(sheet), Some(column)) => format!("{sheet}!{}{row}", column_letters(column)),
        (Some(sheet), None) => format!("{sheet}!A{row}"),
        (None, _) => format!("line {row}"),
    }
}

/// A heading without what people add to it: white space, a star, “（必填）”.
fn heading_name(cell: &str) -> String {
    let folded: String = cell.nfkc().filter(|c| !c.is_whitespace() && *c != '*').collect();
    folded.replace("(必填)", "").to_lowercase()
}

/// The letters of a spreadsheet column: 0 is `A`, 26 is `AA`.
fn column_letters(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

fn read_xlsx(file: &[u8]) -> Result<(Vec<Row>, String), Message> {
    let unreadable = |error: calamine::XlsxError| {
        message!("无法读取 Excel 文件：{error}", "the Excel file cannot be read: {error}")
    };
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(unreadable)?;
    let name = workbook
        .sheet_names()
        .first()
        .cloned()
        .ok_or_else(|| message!("Excel 文件里没有工作表", "the Excel file has no sheet"))?;
    let range = workbook.worksheet_range(&name).map_err(unreadable)?;
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    let rows = range
        .rows()
        .zip(first_row as usize + 1..)
        .map(|(row, number)| {
            let mut cells = vec![String::new(); first_column as usize];
            cells.extend(row.iter().map(cell_text));
            Row { number, cells }
        })
        .collect();
    Ok((rows, name))
}

/// What a cell shows: a code that Excel has turned into the number 7.0 is `7` again.
fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string().trim().to_owned(),
    }
}

fn read_csv(file: &[u8]) -> Result<Vec<Row>, Message> {
    let text = decode(file)?;
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|&delimiter| {
            let heading = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            // The first of equals wins, and max_by_key takes the last.
            (heading.bytes().filter(|&byte| byte == delimiter).count(), delimiter == b',')
        })
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| message!("无法读取 CSV：{error}", "the CSV cannot be read: {error}"))?;
        let number = record.position().map_or(0, |position| line_of(&text, position));
        rows.push(Row { number, cells: record.iter().map(|cell| cell.trim().to_owned()).collect() });
    }
    Ok(rows)
}

/// The line of `text` on which the record begins whose reading began at `position`: empty lines before
/// the record are read with it.
fn line_of(text: &str, position: &csv::Position) -> usize {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    usize::try_from(position.line()).unwrap_or(0) + skipped.filter(|&&byte| byte == b'\n').count()
}

/// The text of a file in UTF-8 (with or without byte order mark) or, when it is not, in GBK.
fn decode(file: &[u8]) -> Result<String, Message> {
    let bytes = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if text.contains('\0') {
            return Err(message!("这不是文本文件", "this is not a text file"));
        }
        return Ok(text.to_owned());
    }
    let (text, faulty) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    if faulty || text.contains('\0') {
        return Err(message!("文件既不是 UTF-8 也不是 GBK 编码", "the file is neither UTF-8 nor GBK"));
    }
    Ok(text.into_owned())
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

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        assert_eq!([0, 25, 26, 701, 702].map(column_letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
