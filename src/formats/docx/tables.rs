//! Tables of a Word file: a table of questions with headings, a table of answers, or mere layout.

use super::body::{Cell, Paragraph};
use crate::domain::message::Message;
use crate::formats::conventions::headings::{self, Field};
use crate::formats::conventions::{Said, fold, options};
use crate::formats::paper::EMPHASIS;
use crate::formats::{FoundQuestion, Place};
use crate::message;

/// In how many rows from the top the headings may stand.
const HEADING_ROWS: usize = 5;
/// Most columns of a table.
const MOST_COLUMNS: usize = 200;

/// What a table is.
pub(super) enum Table {
    /// A question a row, and headings that mean nothing here.
    Questions(Vec<FoundQuestion>, Vec<Place>),
    /// Answers by number, as lines.
    Answers(Vec<Paragraph>),
    /// Paragraphs that happen to stand in cells.
    Layout,
}

/// A row with a place for each column: a cell that spans several stands in the first of them.
type Row<'a> = Vec<Option<&'a Cell>>;

/// Finds out what a table is. `kind` is the kind that the heading above it names.
///
/// # Errors
/// The table is too wide to be one of questions.
pub(super) fn read(rows: &[Vec<Cell>], number: usize, kind: &str) -> Result<Table, Message> {
    if rows.iter().any(|row| row.iter().map(|cell| cell.span).sum::<usize>() > MOST_COLUMNS) {
        return Err(message!(
            "第 {number} 个表格的列多于 {MOST_COLUMNS} 列",
            "table {number} has more than {MOST_COLUMNS} columns"
        ));
    }
    let grid = grid(rows);
    let heading = grid.iter().take(HEADING_ROWS).position(|row| {
        let fields: Vec<Field> =
            row.iter().flatten().filter_map(|cell| headings::field(&text(cell))).collect();
        fields.contains(&Field::Stem)
            && fields.len() > 1
            && fields.iter().any(|field| matches!(field, Field::Key | Field::Option(_) | Field::Options))
    });
    if let Some(heading) = heading {
        return Ok(questions(&grid, heading, number, kind));
    }
    Ok(answers(&grid).map_or(Table::Layout, Table::Answers))
}

fn grid(rows: &[Vec<Cell>]) -> Vec<Row<'_>> {
    let mut grid: Vec<Row<'_>> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut columns: Row<'_> = Vec::new();
        for cell in row {
            // A cell that goes on with the one above says the same.
            let above = || grid.last().and_then(|above| above.get(columns.len()).copied().flatten());
            let shown = if cell.goes_on { above() } else { Some(cell) };
            columns.push(shown);
            columns.extend(std::iter::repeat_n(None, cell.span.saturating_sub(1)));
        }
        grid.push(columns);
    }
    grid
}

fn marked(cell: &Cell) -> String {
    let lines: Vec<String> = cell.paragraphs.iter().map(|paragraph| fold::tidy(&paragraph.text)).collect();
    lines.join("\n").trim().to_owned()
}

fn text(cell: &Cell) -> String {
    marked(cell).replace(EMPHASIS, "")
}

fn questions(grid: &[Row<'_>], heading: usize, number: usize, kind: &str) -> Table {
    let mut columns: Vec<(usize, Field)> = Vec::new();
    let mut unknown = Vec::new();
    for (index, cell) in grid.get(heading).into_iter().flatten().enumerate() {
        let Some(cell) = cell else { continue };
        let name = text(cell);
        match headings::field(&name) {
            // A running number is a row's, not a question's.
            Some(field) if columns.iter().any(|(_, other)| *other == field) => {
                unknown.push((name, field == Field::Ignored));
            }
            Some(field) => columns.push((index, field)),
            None => unknown.push((name.clone(), name.is_empty())),
        }
    }
    let at_heading = format!("table {number}, row {}", heading + 1);
    let unknown = unknown.into_iter().filter(|(_, silent)| !silent).map(|(name, _)| Place {
        at: at_heading.clone(),
        message: message!(
            "表头“{name}”看不懂或重复，这一列没有导入",
            "the heading “{name}” is not understood or stands twice; the column is left out"
        ),
    });
    let unknown = unknown.collect();
    let rows = grid.iter().enumerate().skip(heading + 1);
    let filled = rows.filter(|(_, row)| {
        row.iter().flatten().any(|cell| !cell.paragraphs.is_empty() && !text(cell).is_empty())
    });
    let found = filled
        .map(|(index, row)| question(row, &columns, format!("table {number}, row {}", index + 1), kind));
    Table::Questions(found.collect(), unknown)
}

fn question(row: &Row<'_>, columns: &[(usize, Field)], at: String, kind: &str) -> FoundQuestion {
    let cell = |field: Field| {
        let (index, _) = columns.iter().find(|(_, other)| *other == field)?;
        row.get(*index).copied().flatten()
    };
    let word = |field| cell(field).map(text).unwrap_or_default();
    let optional = |field| cell(field).map(text);
    let mut lettered: Vec<(usize, String)> = Vec::new();
    let mut emphasised = Vec::new();
    for (index, field) in columns {
        if let (Field::Option(position), Some(cell)) = (field, row.get(*index).copied().flatten()) {
            lettered.push((*position, text(cell)));
            if marked(cell).contains(EMPHASIS) {
                emphasised.push(*position);
            }
        }
    }
    let count = lettered.iter().map(|(position, _)| position + 1).max().unwrap_or(0);
    let mut texts = vec![String::new(); count];
    for (position, text) in lettered {
        if let Some(slot) = texts.get_mut(position) {
            *slot = text;
        }
    }
    emphasised.sort_unstable();
    let mut faults = Vec::new();
    if texts.iter().all(String::is_empty) && cell(Field::Options).is_some() {
        match options::cell(&word(Field::Options)) {
            Ok(found) => texts = found,
            Err(letter) => faults.push(crate::domain::question::Fault {
                pointer: "/options".to_owned(),
                message: message!(
                    "选项字母 {letter} 的次序不对",
                    "the option letter {letter} is out of turn"
                ),
            }),
        }
    }
    let own_kind = word(Field::Kind);
    let said = Said {
        // A heading such as 题号 over plain numbers counts rows.
        code: Some(word(Field::Code))
            .filter(|code| !code.chars().all(|c| c.is_ascii_digit()))
            .unwrap_or_default(),
        kind: if own_kind.is_empty() { kind.to_owned() } else { own_kind },
        stem: word(Field::Stem),
        options: texts,
        answer: word(Field::Key),
        emphasised,
        explanation: optional(Field::Explanation),
        chapter: optional(Field::Chapter),
        difficulty: optional(Field::Difficulty),
        source: optional(Field::Source),
        verified_on: optional(Field::VerifiedOn),
    };
    let (draft, mut warnings) = said.read();
    let original = row.iter().flatten().map(|cell| (String::new(), text(cell))).collect();
    let lost = row
        .iter()
        .flatten()
        .flat_map(|cell| &cell.paragraphs)
        .flat_map(|paragraph| paragraph.warnings.clone());
    warnings.extend(lost);
    let draft = match (draft, faults.is_empty()) {
        (draft, true) => draft,
        (Ok(_), false) => Err(faults),
        (Err(more), false) => Err(faults.into_iter().chain(more).collect()),
    };
    FoundQuestion { at, draft, warnings, original }
}

/// Pairs of rows, 题号 1 2 3 … over 答案 A B C …: as lines of an answer list.
fn answers(grid: &[Row<'_>]) -> Option<Vec<Paragraph>> {
    let mut lines = Vec::new();
    for pair in grid.chunks(2) {
        let [numbers, answers] = pair else { return None };
        let first = |row: &Row<'_>| row.first().copied().flatten().map(text).unwrap_or_default();
        let is_number = matches!(first(numbers).trim(), "题号" | "序号" | "题目" | "编号");
        if !is_number || headings::field(&first(answers)) != Some(Field::Key) {
            return None;
        }
        let cells = numbers.iter().zip(answers).skip(1);
        let entries: Vec<String> = cells
            .filter_map(|(number, answer)| {
                let number = text((*number)?);
                (!number.is_empty()).then(|| format!("{number}. {}", (*answer).map(text).unwrap_or_default()))
            })
            .collect();
        let number =
            numbers.first().copied().flatten()?.paragraphs.first().map_or(0, |paragraph| paragraph.number);
        if lines.is_empty() {
            lines.push(Paragraph { number, text: "参考答案".to_owned(), warnings: vec![] });
        }
        lines.push(Paragraph { number, text: entries.join(" "), warnings: vec![] });
    }
    (!lines.is_empty()).then_some(lines)
}
