//! Favourites: questions that a member has marked.

use diesel::prelude::*;

use super::connection::on_backend;
use super::schema::{favourites, questions};
use super::{AnyConnection, StoreError};
use crate::domain::ids::{BankId, MemberId, QuestionId};
use crate::domain::time::Millis;

/// The questions of a bank that a member has marked, the latest first, with the instants.
///
/// # Errors
/// When the database fails.
pub fn list_favourites(
    connection: &mut AnyConnection,
    member: MemberId,
    bank: BankId,
) -> Result<Vec<(QuestionId, Millis)>, StoreError> {
    let rows: Vec<(i64, i64)> = favourites::table
        .inner_join(questions::table)
        .filter(favourites::member_id.eq(member.0))
        .filter(questions::bank_id.eq(bank.0))
        .order((favourites::created_at.desc(), favourites::question_id.desc()))
        .select((favourites::question_id, favourites::created_at))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, at)| (QuestionId(id), Millis(at))).collect())
}

/// Marks a question; one that is marked keeps its place.
///
/// # Errors
/// When the database fails.
pub fn add_favourite(
    connection: &mut AnyConnection,
    member: MemberId,
    question: QuestionId,
    now: Millis,
) -> Result<(), StoreError> {
    on_backend!(connection, concrete => {
        diesel::insert_into(favourites::table)
            .values((
                favourites::member_id.eq(member.0),
                favourites::question_id.eq(question.0),
                favourites::created_at.eq(now.0),
            ))
            .on_conflict_do_nothing()
            .execute(concrete)?
    });
    Ok(())
}

/// Takes a mark away, if there is one.
///
/// # Errors
/// When the database fails.
pub fn remove_favourite(
    connection: &mut AnyConnection,
    member: MemberId,
    question: QuestionId,
) -> Result<(), StoreError> {
    diesel::delete(favourites::table.find((member.0, question.0))).execute(connection)?;
    Ok(())
}
