//! Question banks, their questions and their revisions.

use std::collections::HashMap;

use diesel::prelude::*;

use super::connection::on_backend;
use super::schema::{bank_revisions, banks, question_versions, questions};
use super::{AnyConnection, Conflict, StoreError};
use crate::domain::ids::{BankId, MemberId, QuestionId};
use crate::domain::question::{Draft, Kind, Question};
use crate::domain::time::Millis;

/// Rows of one multi-row insert: far below SQLite's limit of 32,766 bound values.
const ROWS_A_STATEMENT: usize = 500;

/// A question bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankRow {
    /// Its id.
    pub id: BankId,
    /// Its stable name.
    pub code: String,
    /// Its name for people.
    pub title: String,
    /// Its current revision; 0 while it has never held a question.
    pub revision: i32,
}

type BankColumns = (i64, String, String, i32, i64);

impl From<BankColumns> for BankRow {
    fn from((id, code, title, revision, _): BankColumns) -> Self {
        Self { id: BankId(id), code, title, revision }
    }
}

/// A question as it stands in some revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRow {
    /// The question, the same through all its versions.
    pub id: QuestionId,
    /// What it says in that revision.
    pub question: Question,
}

/// Adds an empty bank.
///
/// # Errors
/// [`StoreError::Conflict`] when the code is taken.
pub fn create_bank(
    connection: &mut AnyConnection,
    code: &str,
    title: &str,
    now: Millis,
) -> Result<BankRow, StoreError> {
    let row: BankColumns = diesel::insert_into(banks::table)
        .values((
            banks::code.eq(code),
            banks::title.eq(title),
            banks::revision.eq(0),
            banks::created_at.eq(now.0),
        ))
        .returning(banks::all_columns)
        .get_result(connection)
        .map_err(|error| StoreError::unique(error, Conflict::BankCode))?;
    Ok(row.into())
}

/// Every bank, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_banks(connection: &mut AnyConnection) -> Result<Vec<BankRow>, StoreError> {
    let rows: Vec<BankColumns> = banks::table.order(banks::id).load(connection)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The bank with this code.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn get_bank(connection: &mut AnyConnection, code: &str) -> Result<BankRow, StoreError> {
    if code.contains('\0') {
        // No code holds it, and PostgreSQL refuses to be asked.
        return Err(StoreError::NotFound("bank"));
    }
    let row: Option<BankColumns> = banks::table.filter(banks::code.eq(code)).first(connection).optional()?;
    Ok(row.ok_or(StoreError::NotFound("bank"))?.into())
}

/// The bank with this code, held until the transaction ends, so that what is compared with its current
/// revision cannot be overtaken by another writer's revision.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn hold_bank(connection: &mut AnyConnection, code: &str) -> Result<BankRow, StoreError> {
    let id = get_bank(connection, code)?.id;
    let row = banks::table.find(id.0);
    let held: BankColumns = match connection {
        // Its one writer holds everything.
        AnyConnection::Sqlite(concrete) => row.first(concrete)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => row.for_update().first(concrete)?,
    };
    Ok(held.into())
}

/// The bank with this id.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub fn get_bank_by_id(connection: &mut AnyConnection, id: BankId) -> Result<BankRow, StoreError> {
    let row: Option<BankColumns> = banks::table.find(id.0).first(connection).optional()?;
    Ok(row.ok_or(StoreError::NotFound("bank"))?.into())
}

/// Makes the next revision of a bank and returns its number.
///
/// # Errors
/// When the database fails.
pub fn create_revision(
    connection: &mut AnyConnection,
    bank: BankId,
    by: Option<MemberId>,
    now: Millis,
) -> Result<i32, StoreError> {
    // The update takes the row's lock, so two writers cannot make the same revision.
    let revision: i32 = diesel::update(banks::table.find(bank.0))
        .set(banks::revision.eq(banks::revision + 1))
        .returning(banks::revision)
        .get_result(connection)?;
    diesel::insert_into(bank_revisions::table)
        .values((
            bank_revisions::bank_id.eq(bank.0),
            bank_revisions::revision.eq(revision),
            bank_revisions::created_at.eq(now.0),
            bank_revisions::created_by.eq(by.map(|by| by.0)),
        ))
        .execute(connection)?;
    Ok(revision)
}

pub(super) type VersionColumns =
    ((i64, String), (String, String, i32, String), (String, String, String, String, Option<String>));

type VersionSelection = (
    (questions::id, questions::code),
    (
        question_versions::kind,
        question_versions::chapter,
        question_versions::difficulty,
        question_versions::stem,
    ),
    (
        question_versions::options,
        question_versions::key,
        question_versions::explanation,
        question_versions::source,
        question_versions::verified_on,
    ),
);

/// What [`read_question`] reads.
pub(super) fn version_columns() -> VersionSelection {
    (
        (questions::id, questions::code),
        (
            question_versions::kind,
            question_versions::chapter,
            question_versions::difficulty,
            question_versions::stem,
        ),
        (
            question_versions::options,
            question_versions::key,
            question_versions::explanation,
            question_versions::source,
            question_versions::verified_on,
        ),
    )
}

/// The questions of a revision, in the order of their codes.
///
/// # Errors
/// When the database fails or a stored question is not well formed.
pub fn list_questions(
    connection: &mut AnyConnection,
    bank: BankId,
    revision: i32,
) -> Result<Vec<QuestionRow>, StoreError> {
    let rows: Vec<VersionColumns> = question_versions::table
        .inner_join(questions::table)
        .filter(question_versions::bank_id.eq(bank.0))
        .filter(question_versions::from_revision.le(revision))
        .filter(
            question_versions::until_revision.is_null().or(question_versions::until_revision.gt(revision)),
        )
        .select(version_columns())
        .load(connection)?;
    let mut questions: Vec<QuestionRow> = rows.into_iter().map(read_question).collect::<Result<_, _>>()?;
    // By bytes, not by the database's collation: the draw depends on this order.
    questions.sort_unstable_by(|a, b| a.question.code.cmp(&b.question.code));
    Ok(questions)
}

pub(super) fn read_question(
    ((id, code), (kind, chapter, difficulty, stem), (options, key, explanation, source, verified_on)): VersionColumns,
) -> Result<QuestionRow, StoreError> {
    let what = format!("question {code}");
    let list = |json: &str| {
        serde_json::from_str::<Vec<String>>(json).map_err(|error| StoreError::corrupt(what.clone(), error))
    };
    let draft = Draft {
        code,
        kind: Kind::parse(&kind),
        chapter: Some(chapter),
        difficulty: Some(difficulty.into()),
        stem,
        options: list(&options)?,
        key: list(&key)?,
        explanation: Some(explanation),
        source: Some(source),
        verified_on,
    };
    let question = draft.check().map_err(|faults| {
        StoreError::corrupt(what, faults.first().map(|fault| fault.message.to_string()).unwrap_or_default())
    })?;
    Ok(QuestionRow { id: QuestionId(id), question })
}

/// Finds or makes the identity of each code, in the given order.
///
/// # Errors
/// When the database fails.
pub fn identify(
    connection: &mut AnyConnection,
    bank: BankId,
    codes: &[&str],
) -> Result<Vec<QuestionId>, StoreError> {
    let mut known = identities(connection, bank)?;
    let new: Vec<_> = codes
        .iter()
        .filter(|&&code| !known.contains_key(code))
        .map(|&code| (questions::bank_id.eq(bank.0), questions::code.eq(code)))
        .collect();
    for chunk in new.chunks(ROWS_A_STATEMENT) {
        on_backend!(connection, concrete => {
            diesel::insert_into(questions::table)
                .values(chunk)
                .execute(concrete)
                .map_err(|error| StoreError::unique(error, Conflict::QuestionCode))?
        });
    }
    if !new.is_empty() {
        known = identities(connection, bank)?;
    }
    codes.iter().map(|&code| known.get(code).copied().ok_or(StoreError::NotFound("question"))).collect()
}

/// The codes that a bank has ever used, those of retired questions too.
///
/// # Errors
/// When the database fails.
pub fn list_codes(connection: &mut AnyConnection, bank: BankId) -> Result<Vec<String>, StoreError> {
    Ok(questions::table.filter(questions::bank_id.eq(bank.0)).select(questions::code).load(connection)?)
}

fn identities(
    connection: &mut AnyConnection,
    bank: BankId,
) -> Result<HashMap<String, QuestionId>, StoreError> {
    let known: Vec<(String, i64)> = questions::table
        .filter(questions::bank_id.eq(bank.0))
        .select((questions::code, questions::id))
        .load(connection)?;
    Ok(known.into_iter().map(|(code, id)| (code, QuestionId(id))).collect())
}

#[derive(Insertable)]
#[diesel(table_name = question_versions, treat_none_as_default_value = false)]
struct NewVersion {
    question_id: i64,
    from_revision: i32,
    until_revision: Option<i32>,
    bank_id: i64,
    kind: &'static str,
    chapter: String,
    difficulty: i32,
    stem: String,
    options: String,
    key: String,
    explanation: String,
    source: String,
    verified_on: Option<String>,
}

/// Puts versions into the bank that hold from `revision` on.
///
/// # Errors
/// When the database fails.
pub fn create_versions(
    connection: &mut AnyConnection,
    bank: BankId,
    revision: i32,
    versions: &[(QuestionId, &Question)],
) -> Result<(), StoreError> {
    let rows: Vec<NewVersion> = versions
        .iter()
        .map(|(id, question)| {
            Ok(NewVersion {
                question_id: id.0,
                from_revision: revision,
                until_revision: None,
                bank_id: bank.0,
                kind: question.kind.as_str(),
                chapter: question.chapter.clone(),
                difficulty: question.difficulty.into(),
                stem: question.stem.clone(),
                options: to_json(&question.options)?,
                key: to_json(&question.written_key())?,
                explanation: question.explanation.clone(),
                source: question.source.clone(),
                verified_on: question.verified_on.clone(),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    for chunk in rows.chunks(ROWS_A_STATEMENT) {
        on_backend!(connection, concrete => {
            diesel::insert_into(question_versions::table).values(chunk).execute(concrete)?
        });
    }
    Ok(())
}

fn to_json(list: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|error| StoreError::corrupt("list", error))
}

/// Ends the living versions of these questions: `revision` is the first without them.
///
/// # Errors
/// When the database fails.
pub fn end_versions(
    connection: &mut AnyConnection,
    revision: i32,
    ids: &[QuestionId],
) -> Result<(), StoreError> {
    for chunk in ids.chunks(ROWS_A_STATEMENT) {
        let ids: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let living = question_versions::table
            .filter(question_versions::question_id.eq_any(ids))
            .filter(question_versions::until_revision.is_null());
        diesel::update(living).set(question_versions::until_revision.eq(revision)).execute(connection)?;
    }
    Ok(())
}
