//! Bank files looked at without a database.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::import;
use crate::domain::question::Kind;
use crate::formats::{FoundBank, Place};

/// What a check of bank files has found.
#[derive(Clone, Debug)]
pub struct BankCheck {
    /// How many questions there are by chapter, kind and difficulty, as text.
    pub counts: String,
    /// What is wrong.
    pub findings: Vec<Place>,
}

/// Checks bank files without a database.
pub fn check_files(found: FoundBank) -> BankCheck {
    let checked = import::check(found);
    let mut chapters: BTreeMap<(&str, Kind), usize> = BTreeMap::new();
    let mut difficulties: BTreeMap<u8, usize> = BTreeMap::new();
    for question in &checked.questions {
        *chapters.entry((&question.chapter, question.kind)).or_insert(0) += 1;
        *difficulties.entry(question.difficulty).or_insert(0) += 1;
    }
    let mut counts = String::new();
    for ((chapter, kind), count) in chapters {
        // Writing to a string cannot fail.
        let _ = writeln!(counts, "{chapter}\t{}\t{count}", kind.as_str());
    }
    for (difficulty, count) in difficulties {
        let _ = writeln!(counts, "difficulty {difficulty}\t{count}");
    }
    let _ = writeln!(counts, "questions\t{}", checked.questions.len());
    BankCheck { counts, findings: checked.rejected }
}
