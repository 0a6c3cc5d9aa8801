//! Workbooks of Excel 97 to 2003. Their reader lays every sheet out in full, so what it would need is worked
//! out first, from the records ([MS-XLS] 2.1) alone.

use std::io::{Cursor, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xls, XlsError};

use super::{Builder, Grid, MOST_TEXT};
use crate::domain::message::Message;
use crate::message;

/// Most cells that the sheets of a file may span, empty ones counted: 32 bytes each.
const MOST_SPANNED: u64 = 4_000_000;
/// Most bytes of records.
const MOST_STREAM: u64 = 64 << 20;

pub(super) fn read(file: &[u8]) -> Result<Grid, Message> {
    check_size(&records(file)?)?;
    // The reader is not made for files that lie: where it indexes what is not there, the file is at fault.
    catch_unwind(AssertUnwindSafe(|| read_checked(file))).unwrap_or_else(|_| Err(damaged()))
}

fn read_checked(file: &[u8]) -> Result<Grid, Message> {
    let mut workbook = Xls::new(Cursor::new(file)).map_err(|error| match error {
        XlsError::Password => message!(
            "文件加了打开密码，请去掉密码再上传",
            "the file has a password; save it without one and upload that"
        ),
        _ => damaged(),
    })?;
    let mut builder = Builder::default();
    for sheet in workbook.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        if sheet.visible != SheetVisible::Visible {
            builder.grid.hidden.push(sheet.name);
            continue;
        }
        builder.sheet(Some(&sheet.name));
        let Ok(range) = workbook.worksheet_range(&sheet.name) else { continue };
        let (first_row, first_column) = range.start().unwrap_or((0, 0));
        for (row, column, cell) in range.used_cells() {
            builder.put(first_row as usize + row + 1, first_column as usize + column, &text(cell))?;
        }
        let merged = workbook.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default();
        for area in merged.iter().filter(|area| area.start.0 < area.end.0) {
            builder.merge(area.start.1 as usize, area.start.0 as usize, area.end.0 as usize)?;
        }
    }
    Ok(builder.grid)
}

fn text(cell: &Data) -> String {
    match cell {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(value) => number(*value),
        Data::Bool(truth) => (if *truth { "TRUE" } else { "FALSE" }).into(),
        Data::DateTime(value) => date(value),
        Data::Empty | Data::Error(_) => String::new(),
    }
}

/// A number as a cell shows it: 7.0 is `7`.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() }
}

/// A date as `2026-08-31`; a length of time as its number of days.
pub(super) fn date(value: &ExcelDateTime) -> String {
    if !value.is_datetime() || value.as_f64() < 1.0 {
        return number(value.as_f64());
    }
    let (year, month, day, ..) = value.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

fn damaged() -> Message {
    message!(
        "Excel 文件已损坏，读不出内容，请另存为 .xlsx 再上传",
        "the Excel file is damaged and cannot be read; save it as .xlsx and upload that"
    )
}

/// The stream of records.
fn records(file: &[u8]) -> Result<Vec<u8>, Message> {
    let mut compound = cfb::CompoundFile::open(Cursor::new(file)).map_err(|_| damaged())?;
    let name =
        ["/Workbook", "/Book"].into_iter().find(|name| compound.is_stream(name)).ok_or_else(damaged)?;
    let mut stream = compound.open_stream(name).map_err(|_| damaged())?.take(MOST_STREAM);
    let mut records = Vec::new();
    stream.read_to_end(&mut records).map_err(|_| damaged())?;
    Ok(records)
}

/// The span of one sheet's cells.
#[derive(Default)]
struct Span(Option<(u64, u64, u64, u64)>);

impl Span {
    fn add(&mut self, row: u16, first: u16, last: u16) {
        let (row, first, last) = (u64::from(row), u64::from(first), u64::from(last));
        let (top, left, bottom, right) = self.0.unwrap_or((row, first, row, last));
        self.0 = Some((top.min(row), left.min(first), bottom.max(row), right.max(last)));
    }

    fn cells(&self) -> u64 {
        self.0.map_or(0, |(top, left, bottom, right)| {
            bottom.saturating_sub(top).saturating_add(1) * right.saturating_sub(left).saturating_add(1)
        })
    }
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn long(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?))
}

/// Refuses a file whose cells would fill the memory: spread over whole sheets, or showing one long text
/// again and again.
fn check_size(stream: &[u8]) -> Result<(), Message> {
    let (mut spanned, mut span) = (0_u64, Span::default());
    let mut strings: Vec<usize> = Vec::new();
    let mut shown: usize = 0;
    let mut at = 0;
    while let (Some(kind), Some(length)) = (word(stream, at), word(stream, at + 2)) {
        let body = at + 4;
        let data = stream.get(body..body + usize::from(length)).unwrap_or_default();
        at = body + usize::from(length);
        match kind {
            // BOF: another sheet.
            0x0809 | 0x0409 | 0x0209 | 0x0009 => {
                spanned += std::mem::take(&mut span).cells();
            }
            // SST
            0x00FC => strings = string_sizes(stream, body, usize::from(length)),
            // MULRK, MULBLANK: a run of columns, the last one at the end.
            0x00BD | 0x00BE => {
                if let (Some(row), Some(first)) = (word(data, 0), word(data, 2)) {
                    let last = word(data, data.len().saturating_sub(2)).unwrap_or(first);
                    span.add(row, first, last.max(first));
                }
            }
            // FORMULA, BLANK, NUMBER, LABEL, BOOLERR, RK, RSTRING, LABELSST
            0x0006 | 0x0206 | 0x0406 | 0x0201 | 0x0203 | 0x0204 | 0x0205 | 0x027E | 0x00D6 | 0x00FD => {
                if let (Some(row), Some(column)) = (word(data, 0), word(data, 2)) {
                    span.add(row, column, column);
                }
                if kind == 0x00FD {
                    let index = long(data, 6).and_then(|index| usize::try_from(index).ok());
                    let size = index.and_then(|index| strings.get(index)).copied().unwrap_or(0);
                    shown = shown.saturating_add(size);
                }
            }
            _ => {}
        }
    }
    spanned += span.cells();
    if spanned > MOST_SPANNED {
        return Err(message!(
            "工作表的内容散布在过大的范围里，请删去多余的行列再上传",
            "the cells are spread over too large an area; delete the rows and columns that are not needed"
        ));
    }
    if shown > MOST_TEXT {
        let most = MOST_TEXT >> 20;
        return Err(message!("文字超过 {most} MB", "more than {most} MB of text"));
    }
    Ok(())
}

/// How many bytes each of the shared strings has in UTF-8, at most. The table goes on in CONTINUE records, of
/// which one that breaks the characters of a string begins with the flags anew ([MS-XLS] 2.5.293).
fn string_sizes(stream: &[u8], begin: usize, length: usize) -> Vec<usize> {
    let mut parts = vec![stream.get(begin..begin + length).unwrap_or_default()];
    let mut at = begin + length;
    while let (Some(0x003C), Some(length)) = (word(stream, at), word(stream, at + 2)) {
        let body = at + 4;
        at = body + usize::from(length);
        parts.push(stream.get(body..at).unwrap_or_default());
    }
    let mut table = Table { parts, part: 0, at: 8 };
    let mut sizes = Vec::new();
    while let Some(size) = table.string() {
        sizes.push(size);
    }
    sizes
}

/// The shared strings while they are walked through.
struct Table<'a> {
    parts: Vec<&'a [u8]>,
    part: usize,
    at: usize,
}

impl Table<'_> {
    fn left(&self) -> usize {
        self.parts.get(self.part).map_or(0, |part| part.len().saturating_sub(self.at))
    }

    fn byte(&mut self) -> Option<u8> {
        while self.left() == 0 {
            self.part += 1;
            self.at = 0;
            self.parts.get(self.part)?;
        }
        let byte = self.parts.get(self.part)?.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn number(&mut self, bytes: u32) -> Option<usize> {
        (0..bytes).try_fold(0, |number, index| Some(number | usize::from(self.byte()?) << (8 * index)))
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            if self.left() == 0 {
                self.byte()?;
                bytes -= 1;
            }
            let step = bytes.min(self.left());
            self.at += step;
            bytes -= step;
        }
        Some(())
    }

    /// Walks over one string; its size.
    fn string(&mut self) -> Option<usize> {
        let mut left = self.number(2)?;
        let mut flags = self.byte()?;
        let runs = if flags & 0x08 != 0 { self.number(2)? } else { 0 };
        let extra = if flags & 0x04 != 0 { self.number(4)? } else { 0 };
        // A character of one byte has at most two in UTF-8, one of two bytes at most three.
        let mut size = 0;
        while left > 0 {
            if self.left() == 0 {
                flags = self.byte()?;
            }
            let wide = flags & 0x01 != 0;
            let characters = left.min(self.left() / if wide { 2 } else { 1 });
            if characters == 0 {
                return None;
            }
            self.at += characters * if wide { 2 } else { 1 };
            size += characters * if wide { 3 } else { 2 };
            left -= characters;
        }
        self.skip(runs * 4)?;
        self.skip(extra)?;
        Some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
    }

    fn cell(kind: u16, row: u16, column: u16, rest: &[u8]) -> Vec<u8> {
        record(kind, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0, 0], rest].concat())
    }

    #[test]
    fn cells_in_opposite_corners_are_refused_before_they_are_laid_out() {
        let small =
            [record(0x0809, &[0; 16]), cell(0x027E, 0, 0, &[0; 4]), cell(0x027E, 99, 9, &[0; 4])].concat();
        assert!(check_size(&small).is_ok());
        let wide =
            [record(0x0809, &[0; 16]), cell(0x027E, 0, 0, &[0; 4]), cell(0x0201, 65_535, 255, &[])].concat();
        assert!(check_size(&wide).is_err());
        assert!(check_size(&small.repeat(4001)).is_err(), "all sheets count together");
        assert!(check_size(&[1, 2, 3]).is_ok());
    }

    #[test]
    fn one_long_text_that_many_cells_show_is_refused() {
        let text = [&[0x10, 0x27, 0x01][..], &b"x\0".repeat(4000)].concat();
        let rest = [&[0x01][..], &b"x\0".repeat(6000)].concat();
        let table = [&[0; 8][..], &[3, 0, 0, b'a', b'b', b'c'], &text].concat();
        let table = [record(0x00FC, &table), record(0x003C, &rest)].concat();
        assert_eq!(string_sizes(&table, 4, table.len() - 8 - rest.len()), [6, 30_000]);
        let shows = cell(0x00FD, 0, 0, &1_u32.to_le_bytes());
        assert!(check_size(&[table.clone(), shows.repeat(4000)].concat()).is_ok());
        assert!(check_size(&[table, shows.repeat(5000)].concat()).is_err());
    }
}
