//! The history of question banks.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::banks::{QuestionRow, VersionColumns, read_question, version_columns};
use super::schema::{bank_revisions, members, question_versions, questions};
use super::{AnyConnection, StoreError};
use crate::domain::ids::{BankId, MemberId};
use crate::domain::time::Millis;

/// A revision of a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// Its number, from 1.
    pub revision: i32,
    /// When it was made.
    pub created_at: Millis,
    /// By whom, and their name; `None` for the command line and the first start.
    pub created_by: Option<(MemberId, String)>,
    /// The revision that it has taken back.
    pub undoes: Option<i32>,
    /// Questions that the revision before had not.
    pub added: u32,
    /// Questions that differ from the revision before.
    pub changed: u32,
    /// Questions that only the revision before had.
    pub retired: u32,
}

/// A question as it stood for some revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// The first revision with this version.
    pub from_revision: i32,
    /// The first revision without it.
    pub until_revision: Option<i32>,
    /// When the first one was made.
    pub created_at: Millis,
    /// By whom, and their name.
    pub created_by: Option<(MemberId, String)>,
    /// What it says.
    pub row: QuestionRow,
}

fn by(id: Option<i64>, name: Option<String>) -> Option<(MemberId, String)> {
    id.map(|id| (MemberId(id), name.unwrap_or_default()))
}

/// The revisions of a bank below `before`, the latest first.
///
/// # Errors
/// When the database fails.
pub fn list_revisions(
    connection: &mut AnyConnection,
    bank: BankId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<RevisionRow>, StoreError> {
    type Columns = (i32, i64, Option<i64>, Option<String>, Option<i32>);
    let rows: Vec<Columns> = bank_revisions::table
        .left_join(members::table)
        .filter(bank_revisions::bank_id.eq(bank.0))
        .filter(bank_revisions::revision.lt(before.unwrap_or(i32::MAX)))
        .order(bank_revisions::revision.desc())
        .limit(limit)
        .select((
            bank_revisions::revision,
            bank_revisions::created_at,
            bank_revisions::created_by,
            members::name.nullable(),
            bank_revisions::undoes,
        ))
        .load(connection)?;
    let numbers: Vec<i32> = rows.iter().map(|row| row.0).collect();
    let (begun, ended, replaced) = count_changes(connection, bank, &numbers)?;
    let count = |counts: &HashMap<i32, i64>, revision: i32| {
        u32::try_from(counts.get(&revision).copied().unwrap_or(0)).unwrap_or(u32::MAX)
    };
    Ok(rows
        .into_iter()
        .map(|(revision, created_at, created_by, name, undoes)| {
            let changed = count(&replaced, revision);
            RevisionRow {
                revision,
                created_at: Millis(created_at),
                created_by: by(created_by, name),
                undoes,
                added: count(&begun, revision) - changed,
                changed,
                retired: count(&ended, revision) - changed,
            }
        })
        .collect())
}

type Counts = HashMap<i32, i64>;

/// For each of `revisions` the versions that begin with it, those that end with it, and the questions of
/// which one does and another does.
fn count_changes(
    connection: &mut AnyConnection,
    bank: BankId,
    revisions: &[i32],
) -> Result<(Counts, Counts, Counts), StoreError> {
    let begun: Vec<(i32, i64)> = question_versions::table
        .filter(question_versions::bank_id.eq(bank.0))
        .filter(question_versions::from_revision.eq_any(revisions.to_vec()))
        .group_by(question_versions::from_revision)
        .select((question_versions::from_revision, count_star()))
        .load(connection)?;
    let ended: Vec<(Option<i32>, i64)> = question_versions::table
        .filter(question_versions::bank_id.eq(bank.0))
        .filter(question_versions::until_revision.eq_any(revisions.to_vec()))
        .group_by(question_versions::until_revision)
        .select((question_versions::until_revision, count_star()))
        .load(connection)?;
    let (old, new) = diesel::alias!(question_versions as old, question_versions as new);
    let replaced: Vec<(i32, i64)> = new
        .inner_join(
            old.on(old
                .field(question_versions::question_id)
                .eq(new.field(question_versions::question_id))
                .and(
                    old.field(question_versions::until_revision)
                        .eq(new.field(question_versions::from_revision).nullable()),
                )),
        )
        .filter(new.field(question_versions::bank_id).eq(bank.0))
        .filter(new.field(question_versions::from_revision).eq_any(revisions.to_vec()))
        .group_by(new.field(question_versions::from_revision))
        .select((new.field(question_versions::from_revision), count_star()))
        .load(connection)?;
    let ended = ended.into_iter().filter_map(|(revision, count)| Some((revision?, count)));
    Ok((begun.into_iter().collect(), ended.collect(), replaced.into_iter().collect()))
}

/// The versions of a question that begin below `before`, the latest first.
///
/// # Errors
/// When the database fails.
pub fn list_versions(
    connection: &mut AnyConnection,
    bank: BankId,
    code: &str,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<VersionRow>, StoreError> {
    type Stamps = (i32, Option<i32>, i64, Option<i64>, Option<String>);
    let made_by = bank_revisions::bank_id
        .eq(question_versions::bank_id)
        .and(bank_revisions::revision.eq(question_versions::from_revision));
    let rows: Vec<(Stamps, VersionColumns)> = question_versions::table
        .inner_join(questions::table)
        .inner_join(bank_revisions::table.left_join(members::table).on(made_by))
        .filter(question_versions::bank_id.eq(bank.0))
        .filter(questions::code.eq(code))
        .filter(question_versions::from_revision.lt(before.unwrap_or(i32::MAX)))
        .order(question_versions::from_revision.desc())
        .limit(limit)
        .select((
            (
                question_versions::from_revision,
                question_versions::until_revision,
                bank_revisions::created_at,
                bank_revisions::created_by,
                members::name.nullable(),
            ),
            version_columns(),
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|((from_revision, until_revision, created_at, created_by, name), columns)| {
            Ok(VersionRow {
                from_revision,
                until_revision,
                created_at: Millis(created_at),
                created_by: by(created_by, name),
                row: read_question(columns)?,
            })
        })
        .collect()
}

/// Notes which revision the one with the number `revision` has taken back.
///
/// # Errors
/// When the database fails.
pub fn note_undone(
    connection: &mut AnyConnection,
    bank: BankId,
    revision: i32,
    undoes: i32,
) -> Result<(), StoreError> {
    diesel::update(bank_revisions::table.find((bank.0, revision)))
        .set(bank_revisions::undoes.eq(undoes))
        .execute(connection)?;
    Ok(())
}
