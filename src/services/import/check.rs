//! The questions of a file, each for itself.

use std::collections::HashMap;

use super::{Progress, Stage};
use crate::domain::message::Language::{Chinese, English};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, NO_CHAPTER, Question};
use crate::formats::{FoundBank, FoundQuestion, Place, RejectedQuestion};
use crate::message;

/// Questions between two reports on the progress.
const CHECKED_AT_ONCE: usize = 1_000;

/// A question that can be taken.
pub(in crate::services) struct Taken {
    /// Where it stands in the file.
    pub at: String,
    /// What it says; its code is empty when the file gives none, and what the file says nothing of has its
    /// default.
    pub question: Question,
    /// What the file says nothing of.
    pub silent: Silent,
}

/// The fields that a file says nothing of: an import keeps what the bank has in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::services) struct Silent {
    chapter: bool,
    difficulty: bool,
    explanation: bool,
    source: bool,
    verified_on: bool,
}

impl Silent {
    fn of(draft: &Draft) -> Self {
        Self {
            chapter: draft.chapter.is_none(),
            difficulty: draft.difficulty.is_none(),
            explanation: draft.explanation.is_none(),
            source: draft.source.is_none(),
            verified_on: draft.verified_on.is_none(),
        }
    }

    /// `question` with what the bank has in the fields that the file says nothing of.
    pub(super) fn fill(self, question: &Question, bank: &Question) -> Question {
        let mut filled = question.clone();
        if self.chapter {
            filled.chapter.clone_from(&bank.chapter);
        }
        if self.difficulty {
            filled.difficulty = bank.difficulty;
        }
        if self.explanation {
            filled.explanation.clone_from(&bank.explanation);
        }
        if self.source {
            filled.source.clone_from(&bank.source);
        }
        if self.verified_on {
            filled.verified_on.clone_from(&bank.verified_on);
        }
        filled
    }

    /// Whether the file says nothing of the chapter.
    pub(super) fn has_no_chapter(self) -> bool {
        self.chapter
    }
}

/// The questions of a file that can be taken, and the report so far.
#[derive(Default)]
pub(in crate::services) struct Checked {
    pub taken: Vec<Taken>,
    pub rejected: Vec<RejectedQuestion>,
    pub warnings: Vec<Place>,
}

/// Checks every question of a file.
pub(in crate::services) fn check(found: FoundBank, progress: &Progress) -> Checked {
    let mut checked = Checked { warnings: found.warnings, ..Checked::default() };
    let mut codes: HashMap<String, String> = HashMap::new();
    let total = found.questions.len();
    for (found, done) in found.questions.into_iter().zip(1..) {
        let FoundQuestion { at, draft, warnings, original } = found;
        checked.warnings.extend(warnings.into_iter().map(|message| Place { at: at.clone(), message }));
        let taken = draft.and_then(|draft| take(draft, &at, &mut checked.warnings));
        let taken = taken.map_err(|faults| told(&at, &faults)).and_then(|taken| {
            let code = &taken.question.code;
            match codes.get(code).filter(|_| !code.is_empty()) {
                Some(first) => {
                    let message =
                        message!("题号 {code} 与 {first} 重复", "the code {code} stands already at {first}");
                    Err(Place { at: format!("{at}/code"), message })
                }
                None => Ok(taken),
            }
        });
        match taken {
            Ok(taken) => {
                codes.insert(taken.question.code.clone(), at);
                checked.taken.push(taken);
            }
            Err(Place { at, message }) => {
                checked.rejected.push(RejectedQuestion { at, message, original });
            }
        }
        if done % CHECKED_AT_ONCE == 0 || done == total {
            progress.tell(Stage::Checking, done, total);
        }
    }
    checked
}

/// Checks one draft.
fn take(draft: Draft, at: &str, warnings: &mut Vec<Place>) -> Result<Taken, Vec<Fault>> {
    let silent = Silent::of(&draft);
    if draft.chapter.as_deref().is_some_and(|chapter| chapter.trim().is_empty()) {
        warnings.push(no_chapter(at));
    }
    let question = draft.check_found()?;
    Ok(Taken { at: at.to_owned(), question, silent })
}

/// What is said of a question that names no chapter.
pub(super) fn no_chapter(at: &str) -> Place {
    let message = message!("没有章节，归入“{NO_CHAPTER}”", "no chapter; it goes to “{NO_CHAPTER}”");
    Place { at: at.to_owned(), message }
}

/// One entry for one question, however many faults it has. A fault's pointer is one into the question, or,
/// from a table, the place of the very cell.
fn told(at: &str, faults: &[Fault]) -> Place {
    if let [fault] = faults {
        let is_pointer = fault.pointer.is_empty() || fault.pointer.starts_with('/');
        // A pointer is relative to the question; from a table it is the place of a cell, in the same file.
        let at = match at.rsplit_once(": ") {
            _ if is_pointer => format!("{at}{}", fault.pointer),
            Some((file, _)) => format!("{file}: {}", fault.pointer),
            None => fault.pointer.clone(),
        };
        return Place { at, message: fault.message.clone() };
    }
    let join = |language, separator: &str| {
        let parts: Vec<String> = faults
            .iter()
            .map(|fault| format!("{}: {}", fault.pointer, fault.message.text(language)))
            .collect();
        parts.join(separator)
    };
    Place { at: at.to_owned(), message: Message::new(join(Chinese, "；"), join(English, "; ")) }
}
