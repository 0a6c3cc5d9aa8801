//! The versions of a bank's questions, by which their statistics are told apart.

use diesel::prelude::*;

use super::banks::{VersionColumns, read_question, version_columns};
use super::schema::{question_versions, questions};
use super::{AnyConnection, StoreError};
use crate::domain::ids::{BankId, QuestionId};
use crate::domain::question::Question;

/// A version of a question: which question, and the revision in which it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemVersion {
    /// The question.
    pub question: QuestionId,
    /// The first revision that has it.
    pub from_revision: i32,
}

/// The versions that make up a revision, in the order in which snapshots have their questions: that of the codes'
/// bytes.
///
/// # Errors
/// When the database fails.
pub fn list_versions_of_revision(
    connection: &mut AnyConnection,
    bank: BankId,
    revision: i32,
) -> Result<Vec<ItemVersion>, StoreError> {
    let mut rows: Vec<(String, i64, i32)> = question_versions::table
        .inner_join(questions::table)
        .filter(question_versions::bank_id.eq(bank.0))
        .filter(question_versions::from_revision.le(revision))
        .filter(
            question_versions::until_revision.is_null().or(question_versions::until_revision.gt(revision)),
        )
        .select((questions::code, questions::id, question_versions::from_revision))
        .load(connection)?;
    rows.sort_unstable();
    let version =
        |(_, question, from_revision)| ItemVersion { question: QuestionId(question), from_revision };
    Ok(rows.into_iter().map(version).collect())
}

/// Every version that a bank's questions ever had, with what it says.
///
/// # Errors
/// When the database fails or a stored question is not well formed.
pub fn list_all_versions(
    connection: &mut AnyConnection,
    bank: BankId,
) -> Result<Vec<(ItemVersion, Question)>, StoreError> {
    let rows: Vec<(i32, VersionColumns)> = question_versions::table
        .inner_join(questions::table)
        .filter(question_versions::bank_id.eq(bank.0))
        .select((question_versions::from_revision, version_columns()))
        .load(connection)?;
    rows.into_iter()
        .map(|(from_revision, columns)| {
            let row = read_question(columns)?;
            Ok((ItemVersion { question: row.id, from_revision }, row.question))
        })
        .collect()
}

/// The chapters of all banks, in the order in which they came in.
///
/// # Errors
/// When the database fails.
pub fn list_chapters(connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    let first = diesel::dsl::min(question_versions::question_id);
    let mut rows: Vec<(String, Option<i64>)> = question_versions::table
        .group_by(question_versions::chapter)
        .select((question_versions::chapter, first))
        .load(connection)?;
    rows.sort_unstable_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    Ok(rows.into_iter().map(|(chapter, _)| chapter).collect())
}
