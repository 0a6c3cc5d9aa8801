//! Our own tables: written so that they read back to the very same questions.

use std::ops::Range;

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::columns::Columns;
use crate::domain::message::Message;
use crate::domain::question::{Draft, Key, Kind, Question, letter, position};
use crate::formats::conventions::kind_name;
use crate::formats::grid::{Row, Sheet};
use crate::message;

/// Option columns that are written at least.
const USUAL_OPTIONS: usize = 6;
const BEFORE_OPTIONS: [&str; 3] = ["题号", "题型", "题干"];
const AFTER_OPTIONS: [&str; 6] = ["答案", "解析", "难度", "章节", "出处", "核对日期"];
/// Widths of the columns, in characters.
const WIDTHS: [f64; 9] = [14.0, 9.0, 60.0, 16.0, 50.0, 7.0, 20.0, 36.0, 13.0];
/// Width of a column for an option.
const OPTION_WIDTH: f64 = 22.0;

/// The headings of our own tables, with as many options as `options`.
fn headings(options: usize) -> Vec<String> {
    let options = (0..options.max(USUAL_OPTIONS)).map(|position| format!("选项{}", letter(position)));
    let before = BEFORE_OPTIONS.iter().map(ToString::to_string);
    before.chain(options).chain(AFTER_OPTIONS.iter().map(ToString::to_string)).collect()
}

/// How many options the heading has, if it is word for word one of ours.
pub(super) fn options_of(sheet: &Sheet, columns: &Columns) -> Option<usize> {
    let row = sheet.rows.get(columns.heading)?;
    let options = row.cells.len().checked_sub(BEFORE_OPTIONS.len() + AFTER_OPTIONS.len())?;
    (options >= USUAL_OPTIONS && row.cells == headings(options)).then_some(options)
}

/// The draft that a row of our own says word for word; `None` when somebody has written into it what we do
/// not write.
pub(super) fn read(row: &Row, options: usize) -> Option<Draft> {
    let after = BEFORE_OPTIONS.len() + options;
    let text = |column: usize| row.cell(column).to_owned();
    let kinds = [Kind::Single, Kind::Multiple, Kind::Judge, Kind::Blank, Kind::Short];
    let kind = kinds.into_iter().find(|kind| kind_word(*kind) == row.cell(1))?;
    let mut given: Vec<String> = (0..options).map(|index| text(BEFORE_OPTIONS.len() + index)).collect();
    while given.last().is_some_and(String::is_empty) {
        given.pop();
    }
    let answer = row.cell(after);
    let key = match kind {
        Kind::Single | Kind::Multiple => {
            let letters: Vec<String> = answer.chars().map(String::from).collect();
            letters.iter().all(|letter| position(letter).is_some()).then_some(letters)?
        }
        Kind::Judge => vec![match answer {
            "正确" => "true".into(),
            "错误" => "false".into(),
            _ => return None,
        }],
        Kind::Blank | Kind::Short => read_lines(answer),
    };
    let draft = Draft {
        code: text(0),
        kind: Some(kind),
        chapter: Some(text(after + 3)),
        difficulty: Some(row.cell(after + 2).parse().ok()?),
        stem: text(2),
        options: given,
        key,
        explanation: Some(text(after + 1)),
        source: Some(text(after + 4)),
        verified_on: Some(text(after + 5)),
    };
    // What is not well formed as it stands may be meant otherwise.
    draft.clone().check_found().is_ok().then_some(draft)
}

/// A list that is written one entry a line; or, where an entry would not survive that, as JSON.
fn write_lines(list: &[String]) -> String {
    let written = list.join("\n");
    if read_lines(&written) == list { written } else { serde_json::to_string(list).unwrap_or(written) }
}

fn read_lines(text: &str) -> Vec<String> {
    if text.starts_with("[\"")
        && let Ok(list) = serde_json::from_str(text)
    {
        return list;
    }
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn kind_word(kind: Kind) -> String {
    format!("{}题", kind_name(kind))
}

fn cells(question: &Question, options: usize) -> Vec<String> {
    let answer = match &question.key {
        Key::Options(_) => question.written_key().concat(),
        Key::Truth(truth) => (if *truth { "正确" } else { "错误" }).to_owned(),
        Key::Gaps(_) | Key::Reference(_) => write_lines(&question.written_key()),
    };
    let given = question.options.iter().cloned().chain(std::iter::repeat(String::new()));
    [question.code.clone(), kind_word(question.kind), question.stem.clone()]
        .into_iter()
        .chain(given.take(options.max(USUAL_OPTIONS)))
        .chain([
            answer,
            question.explanation.clone(),
            question.difficulty.to_string(),
            question.chapter.clone(),
            question.source.clone(),
            question.verified_on.clone().unwrap_or_default(),
        ])
        .collect()
}

fn most_options(questions: &[Question]) -> usize {
    questions.iter().map(|question| question.options.len()).max().unwrap_or(0)
}

/// The rows of the questions in `range`, the heading of them all before the first.
pub(super) fn write_csv(questions: &[Question], range: Range<usize>) -> Result<Vec<u8>, Message> {
    let unwritable =
        |error: &dyn std::fmt::Display| message!("无法写出：{error}", "cannot be written: {error}");
    let options = most_options(questions);
    let is_first = range.start == 0;
    // The mark tells Excel that this is UTF-8.
    let file = if is_first { Vec::from(*b"\xEF\xBB\xBF") } else { vec![] };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
    if is_first {
        writer.write_record(headings(options)).map_err(|error| unwritable(&error))?;
    }
    for question in questions.get(range).unwrap_or_default() {
        writer.write_record(cells(question, options)).map_err(|error| unwritable(&error))?;
    }
    writer.into_inner().map_err(|error| unwritable(&error))
}

pub(super) fn write_xlsx(questions: &[Question]) -> Result<Vec<u8>, Message> {
    let options = most_options(questions).max(USUAL_OPTIONS);
    let rows = questions.iter().map(|question| cells(question, options));
    let widths = WIDTHS.iter().take(3).copied();
    let widths =
        widths.chain(std::iter::repeat_n(OPTION_WIDTH, options)).chain(WIDTHS.iter().skip(3).copied());
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let written = sheet
        .set_name("题目")
        .and_then(|sheet| write_table(sheet, &headings(options), rows, &widths.collect::<Vec<_>>()))
        .and_then(|()| workbook.save_to_buffer());
    written.map_err(|error| unwritable(&error))
}

/// What is said of a workbook that cannot be written.
pub(super) fn unwritable(error: &XlsxError) -> Message {
    match error {
        XlsxError::MaxStringLengthExceeded => message!(
            "有一题的文字超过 Excel 一格能放的 32767 个字，请改用 JSON",
            "a text is longer than the 32,767 characters that a cell can hold; use JSON"
        ),
        error => message!("无法写出：{error}", "cannot be written: {error}"),
    }
}

/// Writes a table that people work with: the heading stands out and stays in sight, long texts wrap, and
/// nothing is taken for a number or a formula.
pub(super) fn write_table(
    sheet: &mut Worksheet,
    headings: &[String],
    rows: impl Iterator<Item = Vec<String>>,
    widths: &[f64],
) -> Result<(), XlsxError> {
    let heading = Format::new().set_bold().set_background_color("#DDE7F3").set_align(FormatAlign::Center);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_num_format("@");
    for (width, column) in widths.iter().zip(0..) {
        sheet.set_column_width(column, *width)?;
        sheet.set_column_format(column, &text)?;
    }
    for (label, column) in headings.iter().zip(0..) {
        sheet.write_string_with_format(0, column, label, &heading)?;
    }
    for (cells, row) in rows.zip(1..) {
        for (cell, column) in cells.iter().zip(0..).filter(|(cell, _)| !cell.is_empty()) {
            sheet.write_string_with_format(row, column, cell, &text)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
