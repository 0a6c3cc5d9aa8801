//! Text with one row a line: CSV, or parted by tabs or semicolons.

use super::{Builder, Grid};
use crate::domain::message::Message;
use crate::formats::conventions::decode;
use crate::message;

/// Lines that the delimiter is judged by.
const JUDGED_LINES: usize = 20;

pub(super) fn read(file: &[u8]) -> Result<Grid, Message> {
    read_text(&decode::text(file)?)
}

/// The delimiter of `text`: of comma, tab and semicolon the one that most of its first lines have, and of
/// those the one that they have most of. A single cell full of another one decides nothing.
pub fn delimiter(text: &str) -> u8 {
    let head = || text.lines().filter(|line| !line.trim().is_empty()).take(JUDGED_LINES);
    [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|&delimiter| {
            let counts = || head().map(|line| line.bytes().filter(|&byte| byte == delimiter).count());
            let lines = counts().filter(|&count| count > 0).count();
            // The first of equals wins, and max_by_key takes the last.
            (lines, counts().max(), delimiter == b',')
        })
        .unwrap_or(b',')
}

/// Reads a delimited text.
///
/// # Errors
/// What goes beyond the limits.
pub fn read_text(text: &str) -> Result<Grid, Message> {
    // Excel writes the delimiter into a first line of its own when it is told to.
    let (text, delimiter, offset) = match text.split_once('\n') {
        Some((first, rest)) if first.trim().starts_with("sep=") && first.trim().len() == 5 => {
            (rest, first.trim().bytes().last().unwrap_or(b','), 1)
        }
        _ => (text, delimiter(text), 0),
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut builder = Builder::default();
    builder.sheet(None);
    for record in reader.records() {
        let record =
            record.map_err(|error| message!("无法读取 CSV：{error}", "the CSV cannot be read: {error}"))?;
        let number = record.position().map_or(0, |position| line_of(text, position));
        for (column, cell) in record.iter().enumerate() {
            builder.put(number + offset, column, cell)?;
        }
    }
    Ok(builder.grid)
}

/// The line of `text` on which the record begins whose reading began at `position`: empty lines before
/// the record are read with it.
fn line_of(text: &str, position: &csv::Position) -> usize {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    usize::try_from(position.line()).unwrap_or(0) + skipped.filter(|&&byte| byte == b'\n').count()
}
