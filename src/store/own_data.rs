//! What is held about one member, for themselves.

use diesel::prelude::*;

use super::schema::{
    banks, devices, favourites, learning, members, memberships, questions, sessions, study_days, units,
};
use super::{AnyConnection, StoreError};
use crate::domain::ids::{BankId, MemberId, QuestionId, UnitId};
use crate::domain::time::Millis;

/// Where a member belonged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRow {
    /// The unit, and its name now.
    pub unit: (UnitId, String),
    /// Since when.
    pub from: Millis,
    /// Until when; `None` for now.
    pub until: Option<Millis>,
}

/// A session of a member, also one that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSessionRow {
    /// The device, in plain words.
    pub device: String,
    /// When the member logged in.
    pub created_at: Millis,
    /// When its tokens were made anew last.
    pub used_at: Millis,
    /// Until when it can be used.
    pub expires_at: Millis,
    /// When it was ended.
    pub ended_at: Option<Millis>,
}

/// What a member has made of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLearningRow {
    /// The question.
    pub question: QuestionId,
    /// Its bank, and that one's code.
    pub bank: (BankId, String),
    /// Its code.
    pub code: String,
    /// How often it was answered.
    pub seen: i32,
    /// How often wrong.
    pub wrong_times: i32,
    /// Whether the last answer was right.
    pub last_correct: bool,
    /// When that was.
    pub last_at: Millis,
    /// That answer, in words.
    pub last_answer: Vec<String>,
}

/// When a member was added.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such member.
pub fn get_created_at(connection: &mut AnyConnection, member: MemberId) -> Result<Millis, StoreError> {
    let at: Option<i64> =
        members::table.find(member.0).select(members::created_at).first(connection).optional()?;
    at.map(Millis).ok_or(StoreError::NotFound("member"))
}

/// Where a member belonged, the latest last.
///
/// # Errors
/// When the database fails.
pub fn list_memberships(
    connection: &mut AnyConnection,
    member: MemberId,
) -> Result<Vec<MembershipRow>, StoreError> {
    let rows: Vec<(i64, String, i64, Option<i64>)> = memberships::table
        .inner_join(units::table)
        .filter(memberships::member_id.eq(member.0))
        .order(memberships::from_at)
        .select((units::id, units::name, memberships::from_at, memberships::until_at))
        .load(connection)?;
    let row = |(id, name, from, until): (i64, String, i64, Option<i64>)| MembershipRow {
        unit: (UnitId(id), name),
        from: Millis(from),
        until: until.map(Millis),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// All sessions of a member, the latest last.
///
/// # Errors
/// When the database fails.
pub fn list_sessions(
    connection: &mut AnyConnection,
    member: MemberId,
) -> Result<Vec<OwnSessionRow>, StoreError> {
    let rows: Vec<(String, i64, i64, i64, Option<i64>)> = devices::table
        .inner_join(sessions::table)
        .filter(sessions::member_id.eq(member.0))
        .order(devices::id)
        .select((
            devices::name,
            sessions::created_at,
            sessions::used_at,
            sessions::expires_at,
            sessions::ended_at,
        ))
        .load(connection)?;
    let row = |(device, created, used, expires, ended): (String, i64, i64, i64, Option<i64>)| OwnSessionRow {
        device,
        created_at: Millis(created),
        used_at: Millis(used),
        expires_at: Millis(expires),
        ended_at: ended.map(Millis),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// What a member has made of questions of all banks, by their ids, after one of them.
///
/// # Errors
/// When the database fails.
pub fn list_learning(
    connection: &mut AnyConnection,
    member: MemberId,
    after: QuestionId,
    limit: i64,
) -> Result<Vec<OwnLearningRow>, StoreError> {
    type Columns = ((i64, i64, String, String), (i32, i32, bool, i64, String));
    let rows: Vec<Columns> = learning::table
        .inner_join(questions::table.inner_join(banks::table))
        .filter(learning::member_id.eq(member.0))
        .filter(learning::question_id.gt(after.0))
        .order(learning::question_id)
        .limit(limit)
        .select((
            (questions::id, banks::id, banks::code, questions::code),
            (
                learning::seen,
                learning::wrong_times,
                learning::last_correct,
                learning::last_at,
                learning::last_answer,
            ),
        ))
        .load(connection)?;
    let row =
        |((question, bank, bank_code, code), (seen, wrong_times, last_correct, at, answer)): Columns| {
            let last_answer = serde_json::from_str(&answer)
                .map_err(|error| StoreError::corrupt(format!("answer to question {question}"), error))?;
            let bank = (BankId(bank), bank_code);
            let (question, last_at) = (QuestionId(question), Millis(at));
            Ok(OwnLearningRow { question, bank, code, seen, wrong_times, last_correct, last_at, last_answer })
        };
    rows.into_iter().map(row).collect()
}

/// The questions of all banks that a member has marked, by their ids, after one of them: bank code, code, when.
///
/// # Errors
/// When the database fails.
pub fn list_favourites(
    connection: &mut AnyConnection,
    member: MemberId,
    after: QuestionId,
    limit: i64,
) -> Result<Vec<(QuestionId, String, String, Millis)>, StoreError> {
    let rows: Vec<(i64, String, String, i64)> = favourites::table
        .inner_join(questions::table.inner_join(banks::table))
        .filter(favourites::member_id.eq(member.0))
        .filter(favourites::question_id.gt(after.0))
        .order(favourites::question_id)
        .limit(limit)
        .select((questions::id, banks::code, questions::code, favourites::created_at))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, bank, code, at)| (QuestionId(id), bank, code, Millis(at))).collect())
}

/// On which local dates a member has practised, and how many questions.
///
/// # Errors
/// When the database fails.
pub fn list_days(connection: &mut AnyConnection, member: MemberId) -> Result<Vec<(String, i32)>, StoreError> {
    Ok(study_days::table
        .filter(study_days::member_id.eq(member.0))
        .order(study_days::day)
        .select((study_days::day, study_days::answered))
        .load(connection)?)
}
