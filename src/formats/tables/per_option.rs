//! Sheets in which each option has a row: rows of the same running number, or rows without one below the
//! first, are one question.

use super::cells::kind_word;
use super::columns::Columns;
use crate::domain::question::letter;
use crate::formats::conventions::words::{self, KindWord};
use crate::formats::conventions::{Said, fold};
use crate::formats::grid::Row;

/// A question gathered from its rows.
pub(super) struct Gathered<'a> {
    /// Its first row.
    pub row: &'a Row,
    pub said: Said,
    pub dropped_picture: bool,
}

/// Gathers the questions.
pub(super) fn read<'a>(columns: &Columns, rows: &'a [Row]) -> Vec<Gathered<'a>> {
    let text = |row: &'a Row, column: Option<usize>| column.map_or("", |column| row.cell(column));
    let is_right = |row: &Row| {
        let mark = columns.row_right.map_or("", |column| row.cell(column));
        if mark.is_empty() { Some(false) } else { words::judgement(mark) }
    };
    // Notes below the heading: what stands in the column of 0 and 1 is neither.
    let notes = rows.iter().take_while(|row| is_right(row).is_none()).count();
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in rows.get(notes..).unwrap_or_default() {
        let serial = text(row, columns.code);
        let goes_on = groups.last().and_then(|group| group.first()).is_some_and(|first| {
            let same_serial = serial == text(first, columns.code) || serial.is_empty();
            let stem = row.cell(columns.stem);
            same_serial && (stem.is_empty() || stem == first.cell(columns.stem))
        });
        match groups.last_mut().filter(|_| goes_on) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let gathered = |group: Vec<&'a Row>| {
        let first = *group.first()?;
        let kind = kind_word(text(first, columns.kind), &columns.kind_digits);
        let tidy = |column: Option<usize>| column.map(|column| fold::tidy(first.cell(column)));
        let given: Vec<(String, bool)> = group
            .iter()
            .map(|row| (fold::tidy(text(row, columns.options)), is_right(row).unwrap_or(false)))
            .filter(|(option, _)| !option.is_empty())
            .collect();
        let named = group.iter().find_map(|row| {
            columns.answers.iter().map(|&column| row.cell(column)).find(|answer| !answer.is_empty())
        });
        let chosen = match words::kind(&kind) {
            Some(KindWord::Is(kind)) => kind.has_options() || kind == crate::domain::question::Kind::Judge,
            Some(KindWord::Choice) | None => true,
        };
        let right = given.iter().enumerate().filter(|(_, (_, is_right))| *is_right);
        let answer = match named {
            Some(answer) => fold::tidy(answer),
            None if chosen => right.map(|(position, _)| letter(position)).collect(),
            // What is to be filled in or written stands as an option.
            None => given.iter().map(|(option, _)| option.as_str()).collect::<Vec<_>>().join(";"),
        };
        let chapter = columns.chapter.iter().map(|&column| fold::tidy(first.cell(column)));
        Some(Gathered {
            row: first,
            said: Said {
                kind,
                stem: fold::tidy(first.cell(columns.stem)),
                options: if chosen { given.into_iter().map(|(option, _)| option).collect() } else { vec![] },
                answer,
                explanation: tidy(columns.explanation),
                chapter: (!columns.chapter.is_empty())
                    .then(|| chapter.into_iter().find(|text| !text.is_empty()).unwrap_or_default()),
                difficulty: tidy(columns.difficulty),
                source: tidy(columns.source),
                ..Said::default()
            },
            dropped_picture: group.iter().any(|row| {
                columns.unread.iter().any(|&column| {
                    let text = row.cell(column);
                    text.starts_with("http") || text.contains("DISPIMG(")
                })
            }),
        })
    };
    groups.into_iter().filter_map(gathered).collect()
}
