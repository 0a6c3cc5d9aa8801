//! Workbooks of Excel 2007 and later. Cells are read one after the other: a sheet of two cells in opposite
//! corners costs two cells, not the thousands of millions between them.

use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};

use super::{Builder, Grid};
use crate::domain::message::Message;
use crate::formats::archive::Archive;
use crate::message;

pub(super) fn read(file: &[u8]) -> Result<Grid, Message> {
    let archive = Archive::open(file)?;
    let mut builder = Builder::default();
    builder.grid.pictures = archive.names().iter().filter(|name| name.starts_with("xl/media/")).count();
    drop(archive);
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(|error| unreadable(&error))?;
    let sheets = workbook.sheets_metadata().to_vec();
    if sheets.is_empty() {
        return Err(message!("Excel 文件里没有工作表", "the Excel file has no sheet"));
    }
    for sheet in sheets {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        if sheet.visible != SheetVisible::Visible {
            builder.grid.hidden.push(sheet.name);
            continue;
        }
        builder.sheet(Some(&sheet.name));
        let mut cells = match workbook.worksheet_cells_reader(&sheet.name) {
            Ok(cells) => cells,
            // A chart sheet that calls itself a worksheet.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(unreadable(&error)),
        };
        while let Some(cell) = cells.next_cell().map_err(|error| unreadable(&error))? {
            let (row, column) = cell.get_position();
            builder.put(row as usize + 1, column as usize, &text(cell.get_value()))?;
        }
        drop(cells);
        let merged = workbook.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default();
        for area in merged.iter().filter(|area| area.start.0 < area.end.0) {
            builder.merge(area.start.1 as usize, area.start.0 as usize, area.end.0 as usize)?;
        }
    }
    Ok(builder.grid)
}

/// What a cell shows: a code that Excel has turned into the number 7.0 is `7` again, a date is a date.
fn text<'a>(cell: &'a DataRef<'_>) -> std::borrow::Cow<'a, str> {
    match cell {
        DataRef::SharedString(text) => (*text).into(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.into(),
        DataRef::Int(number) => number.to_string().into(),
        DataRef::Float(number) => super::xls::number(*number).into(),
        DataRef::Bool(truth) => (if *truth { "TRUE" } else { "FALSE" }).into(),
        DataRef::DateTime(date) => super::xls::date(date).into(),
        DataRef::Empty | DataRef::Error(_) => "".into(),
    }
}

fn unreadable(error: &XlsxError) -> Message {
    match error {
        XlsxError::Password => message!(
            "文件加了打开密码，请去掉密码再上传",
            "the file has a password; save it without one and upload that"
        ),
        error => message!(
            "Excel 文件已损坏，读不出内容，请重新保存再上传（{error}）",
            "the Excel file is damaged and cannot be read; save it again ({error})"
        ),
    }
}
