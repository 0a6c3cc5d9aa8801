//! Putting questions into a bank: what is new, what differs, what stays.

pub(super) mod check;
pub(super) mod jobs;
pub(super) mod plan;
mod progress;

use std::collections::HashSet;

pub(super) use check::{Checked, check};
pub(super) use plan::{Plan, plan};
pub use progress::{Progress, Stage};

use crate::domain::ids::{MemberId, QuestionId};
use crate::domain::question::Question;
use crate::domain::time::Millis;
use crate::store::banks::{self, BankRow};
use crate::store::{AnyConnection, StoreError};

/// Questions that are written between two reports on the progress.
const WRITTEN_AT_ONCE: usize = 2_000;

/// Makes a revision with questions added, replaced and retired.
pub(super) fn write(
    connection: &mut AnyConnection,
    bank: &BankRow,
    added: &[&Question],
    updated: &[(QuestionId, &Question)],
    retired: &[QuestionId],
    (by, now): (Option<MemberId>, Millis),
) -> Result<i32, StoreError> {
    write_with(connection, bank, (added, updated, retired), (by, now), &Progress::silent())
}

fn write_with(
    connection: &mut AnyConnection,
    bank: &BankRow,
    (added, updated, retired): (&[&Question], &[(QuestionId, &Question)], &[QuestionId]),
    (by, now): (Option<MemberId>, Millis),
    progress: &Progress,
) -> Result<i32, StoreError> {
    let total = added.len() + updated.len();
    progress.tell(Stage::Saving, 0, total);
    let revision = banks::create_revision(connection, bank.id, by, now)?;
    let codes: Vec<&str> = added.iter().map(|question| question.code.as_str()).collect();
    debug_assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
    let ids = if codes.is_empty() { vec![] } else { banks::identify(connection, bank.id, &codes)? };
    let ended: Vec<QuestionId> = updated.iter().map(|(id, _)| *id).chain(retired.iter().copied()).collect();
    banks::end_versions(connection, revision, &ended)?;
    let versions: Vec<(QuestionId, &Question)> =
        ids.into_iter().zip(added.iter().copied()).chain(updated.iter().copied()).collect();
    for (chunk, done) in versions.chunks(WRITTEN_AT_ONCE).zip(1..) {
        banks::create_versions(connection, bank.id, revision, chunk)?;
        progress.tell(Stage::Saving, total.min(done * WRITTEN_AT_ONCE), total);
    }
    Ok(revision)
}

/// Does what a plan says, unless the bank has changed since; then nothing is done, and `None` is returned.
pub(super) fn save(
    connection: &mut AnyConnection,
    code: &str,
    plan: &Plan,
    stamp: (Option<MemberId>, Millis),
    progress: &Progress,
) -> Result<Option<i32>, StoreError> {
    let bank = banks::hold_bank(connection, code)?;
    if bank.revision != plan.report.revision {
        return Ok(None);
    }
    let added: Vec<&Question> = plan.added.iter().collect();
    let updated: Vec<(QuestionId, &Question)> =
        plan.updated.iter().map(|(row, question)| (row.id, question)).collect();
    write_with(connection, &bank, (&added, &updated, &[]), stamp, progress).map(Some)
}
