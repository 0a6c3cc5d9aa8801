//! Putting questions into a bank: what is new, what differs, what stays.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::{MemberId, QuestionId};
use crate::domain::question::{Fault, NO_CHAPTER, Question};
use crate::domain::time::Millis;
use crate::formats::{FoundBank, FoundQuestion, ImportReport, Place};
use crate::message;
use crate::store::banks::{self, BankRow};
use crate::store::{AnyConnection, StoreError};

/// The questions of a file that can be taken, and the report so far.
pub(super) struct Checked {
    pub(super) questions: Vec<Question>,
    pub(super) rejected: Vec<Place>,
    pub(super) warnings: Vec<Place>,
}

/// Checks every question of a file.
pub(super) fn check(found: FoundBank) -> Checked {
    let mut checked = Checked { questions: Vec::new(), rejected: Vec::new(), warnings: found.warnings };
    let mut codes: HashMap<String, String> = HashMap::new();
    for FoundQuestion { at, draft, warnings, original: _ } in found.questions {
        checked.warnings.extend(warnings.into_iter().map(|message| Place { at: at.clone(), message }));
        let draft = match draft {
            Ok(draft) => draft,
            Err(faults) => {
                checked.rejected.push(told(&at, &faults));
                continue;
            }
        };
        if draft.chapter.as_deref().is_none_or(|chapter| chapter.trim().is_empty()) {
            let message = message!("没有章节，归入“{NO_CHAPTER}”", "no chapter; it goes to “{NO_CHAPTER}”");
            checked.warnings.push(Place { at: at.clone(), message });
        }
        let draft = match draft.chapter.as_deref().map(str::trim) {
            Some("") => crate::domain::question::Draft { chapter: None, ..draft },
            _ => draft,
        };
        match draft.check() {
            Ok(question) => match codes.get(&question.code) {
                Some(first) => {
                    let (code, first) = (&question.code, first.clone());
                    let message =
                        message!("题号 {code} 与 {first} 重复", "the code {code} stands already at {first}");
                    checked.rejected.push(Place { at: format!("{at}/code"), message });
                }
                None => {
                    codes.insert(question.code.clone(), at);
                    checked.questions.push(question);
                }
            },
            Err(faults) => checked.rejected.push(told(&at, &faults)),
        }
    }
    checked
}

/// One entry for one question, however many faults it has.
fn told(at: &str, faults: &[Fault]) -> Place {
    if let [fault] = faults {
        return Place { at: format!("{at}{}", fault.pointer), message: fault.message.clone() };
    }
    use crate::domain::message::Language::{Chinese, English};
    let join = |language, separator: &str| {
        let parts: Vec<String> = faults
            .iter()
            .map(|fault| format!("{}: {}", fault.pointer, fault.message.text(language)))
            .collect();
        parts.join(separator)
    };
    Place {
        at: at.to_owned(),
        message: crate::domain::message::Message::new(join(Chinese, "；"), join(English, "; ")),
    }
}

/// Compares with the bank and, unless it is a dry run or nothing differs, makes a new revision.
pub(super) fn apply(
    connection: &mut AnyConnection,
    bank: &BankRow,
    checked: Checked,
    format: &'static str,
    (by, now): (Option<MemberId>, Millis),
    save: bool,
) -> Result<ImportReport, StoreError> {
    let current = banks::list_questions(connection, bank.id, bank.revision)?;
    let known: HashMap<&str, &banks::QuestionRow> =
        current.iter().map(|row| (row.question.code.as_str(), row)).collect();
    let (mut added, mut updated): (Vec<&Question>, Vec<(QuestionId, &Question)>) = (Vec::new(), Vec::new());
    for question in &checked.questions {
        match known.get(question.code.as_str()) {
            None => added.push(question),
            Some(row) if row.question != *question => updated.push((row.id, question)),
            Some(_) => {}
        }
    }
    let mut report = ImportReport {
        format,
        revision: bank.revision,
        found: checked.questions.len() + checked.rejected.len(),
        added: added.len(),
        updated: updated.len(),
        unchanged: checked.questions.len() - added.len() - updated.len(),
        rejected: checked.rejected,
        warnings: checked.warnings,
    };
    if save && !(added.is_empty() && updated.is_empty()) {
        report.revision = write(connection, bank, &added, &updated, &[], (by, now))?;
    }
    Ok(report)
}

/// Makes a revision with questions added, replaced and retired.
pub(super) fn write(
    connection: &mut AnyConnection,
    bank: &BankRow,
    added: &[&Question],
    updated: &[(QuestionId, &Question)],
    retired: &[QuestionId],
    (by, now): (Option<MemberId>, Millis),
) -> Result<i32, StoreError> {
    let revision = banks::create_revision(connection, bank.id, by, now)?;
    let codes: Vec<&str> = added.iter().map(|question| question.code.as_str()).collect();
    debug_assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
    let ids = if codes.is_empty() { vec![] } else { banks::identify(connection, bank.id, &codes)? };
    let ended: Vec<QuestionId> = updated.iter().map(|(id, _)| *id).chain(retired.iter().copied()).collect();
    banks::end_versions(connection, revision, &ended)?;
    let versions: Vec<(QuestionId, &Question)> =
        ids.into_iter().zip(added.iter().copied()).chain(updated.iter().copied()).collect();
    banks::create_versions(connection, bank.id, revision, &versions)?;
    Ok(revision)
}
