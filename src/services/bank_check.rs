//! Checking bank files without a database: what an import would refuse, and what a good bank avoids.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::import::check::Taken;
use super::import::{self, Progress};
use crate::domain::quality::{Document, review};
use crate::domain::question::{Kind, Question};
use crate::formats::{FoundBank, Place, RejectedQuestion};

/// What a check of bank files has found.
#[derive(Clone, Debug)]
pub struct BankCheck {
    /// How many questions there are by chapter, kind and difficulty, as a table.
    pub counts: String,
    /// What is wrong, or to be looked at.
    pub findings: Vec<Place>,
    /// How many questions are well formed.
    pub questions: usize,
}

/// Checks the questions of bank files. `documents` are the sources that may be cited; `None` leaves
/// sources alone.
pub fn check(found: FoundBank, documents: Option<&[Document]>) -> BankCheck {
    let checked = import::check(found, &Progress::silent());
    let mut findings: Vec<Place> = checked.rejected.iter().map(RejectedQuestion::place).collect();
    findings.extend(checked.warnings);
    // A finding names the code; a question that has none is named by its place.
    let named = checked.taken.into_iter().map(|Taken { at, question, .. }| match question.code.as_str() {
        "" => Question { code: at, ..question },
        _ => question,
    });
    let questions: Vec<Question> = named.collect();
    let reviewed = review(&questions, documents);
    findings.extend(reviewed.into_iter().map(|finding| Place { at: finding.at, message: finding.message }));
    BankCheck { counts: counts(&questions), findings, questions: questions.len() }
}

/// The questions of bank files that an import would refuse.
pub fn rejected(found: FoundBank) -> Vec<Place> {
    let checked = import::check(found, &Progress::silent());
    checked.rejected.iter().map(RejectedQuestion::place).collect()
}

const KINDS: [Kind; 5] = [Kind::Single, Kind::Multiple, Kind::Judge, Kind::Blank, Kind::Short];

/// A row a chapter: kinds, then difficulties 1 to 5, then the sum.
fn counts(questions: &[Question]) -> String {
    let mut chapters: BTreeMap<&str, (usize, [usize; 11])> = BTreeMap::new();
    let mut totals = [0; 11];
    for (position, question) in questions.iter().enumerate() {
        let kind = KINDS.iter().position(|&kind| kind == question.kind).unwrap_or(0);
        let (_, row) = chapters.entry(&question.chapter).or_insert((position, [0; 11]));
        for column in [kind, 4 + usize::from(question.difficulty), 10] {
            for counts in [&mut *row, &mut totals] {
                if let Some(count) = counts.get_mut(column) {
                    *count += 1;
                }
            }
        }
    }
    let mut rows: Vec<_> = chapters.into_iter().collect();
    rows.sort_unstable_by_key(|(_, (first, _))| *first);
    let mut table =
        String::from(" single multiple judge blank short |    1    2    3    4    5 |   sum  chapter\n");
    for (chapter, counts) in
        rows.iter().map(|(chapter, (_, counts))| (*chapter, counts)).chain([("all", &totals)])
    {
        let [single, multiple, judge, blank, short, one, two, three, four, five, sum] = counts;
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{single:7} {multiple:8} {judge:5} {blank:5} {short:5} |{one:5}{two:5}{three:5}{four:5}{five:5} |{sum:6}  {chapter}"
        );
    }
    table
}
