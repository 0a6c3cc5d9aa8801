//! What members have made of the questions so far, and on which days.

use diesel::dsl::{case_when, exists, not};
use diesel::prelude::*;
use diesel::upsert::excluded;
use jiff::civil::Date;

use super::connection::on_backend;
use super::schema::{attempts, learned_attempts, learning, questions, quizzes, study_days};
use super::{AnyConnection, StoreError};
use crate::domain::attempt::AttemptStatus;
use crate::domain::grading::Answers;
use crate::domain::ids::{AttemptId, BankId, MemberId, QuestionId, QuizId};
use crate::domain::quiz::Reveal;
use crate::domain::time::Millis;

/// What a member has made of a question so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearningRow {
    /// The question.
    pub question: QuestionId,
    /// How often it was answered wrong.
    pub wrong_times: u32,
    /// Whether the last answer was right.
    pub last_correct: bool,
    /// When that was.
    pub last_at: Millis,
    /// That answer, in words ([`crate::domain::practice::in_words`]).
    pub last_answer: Vec<String>,
}

/// An answer that is taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// The question.
    pub question: QuestionId,
    /// Whether it was right.
    pub correct: bool,
    /// The answer, in words.
    pub answer: Vec<String>,
}

/// An attempt that is not taken in yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlearned {
    /// The attempt.
    pub id: AttemptId,
    /// Its quiz.
    pub quiz: QuizId,
    /// Whether it has its result.
    pub graded: bool,
    /// Its deadline.
    pub deadline: Option<Millis>,
}

#[derive(Insertable)]
#[diesel(table_name = learning, treat_none_as_default_value = false)]
struct NewRecord {
    member_id: i64,
    question_id: i64,
    seen: i32,
    wrong_times: i32,
    last_correct: bool,
    last_at: i64,
    last_answer: String,
}

/// Takes in answers of the instant `at`, no question twice. The latest answer stands, whichever is taken
/// in last.
///
/// # Errors
/// When the database fails.
pub fn record_answers(
    connection: &mut AnyConnection,
    member: MemberId,
    answers: &[Learned],
    at: Millis,
) -> Result<(), StoreError> {
    let rows: Vec<NewRecord> = answers
        .iter()
        .map(|learned| {
            Ok(NewRecord {
                member_id: member.0,
                question_id: learned.question.0,
                seen: 1,
                wrong_times: i32::from(!learned.correct),
                last_correct: learned.correct,
                last_at: at.0,
                last_answer: serde_json::to_string(&learned.answer)
                    .map_err(|error| StoreError::corrupt("answer", error))?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    on_backend!(connection, concrete => {
        diesel::insert_into(learning::table)
            .values(&rows)
            .on_conflict((learning::member_id, learning::question_id))
            .do_update()
            .set((
                learning::seen.eq(learning::seen + excluded(learning::seen)),
                learning::wrong_times.eq(learning::wrong_times + excluded(learning::wrong_times)),
                learning::last_correct.eq(case_when(
                    excluded(learning::last_at).ge(learning::last_at),
                    excluded(learning::last_correct),
                )
                .otherwise(learning::last_correct)),
                learning::last_answer.eq(case_when(
                    excluded(learning::last_at).ge(learning::last_at),
                    excluded(learning::last_answer),
                )
                .otherwise(learning::last_answer)),
                learning::last_at.eq(case_when(
                    excluded(learning::last_at).ge(learning::last_at),
                    excluded(learning::last_at),
                )
                .otherwise(learning::last_at)),
            ))
            .execute(concrete)?
    });
    Ok(())
}

/// What a member has made of the questions of a bank, in no order.
///
/// # Errors
/// When the database fails.
pub fn list_records(
    connection: &mut AnyConnection,
    member: MemberId,
    bank: BankId,
) -> Result<Vec<LearningRow>, StoreError> {
    let rows: Vec<(i64, i32, bool, i64, String)> = learning::table
        .inner_join(questions::table)
        .filter(learning::member_id.eq(member.0))
        .filter(questions::bank_id.eq(bank.0))
        .select((
            learning::question_id,
            learning::wrong_times,
            learning::last_correct,
            learning::last_at,
            learning::last_answer,
        ))
        .load(connection)?;
    let row = |(question, wrong_times, last_correct, last_at, answer): (i64, i32, bool, i64, String)| {
        let last_answer = serde_json::from_str(&answer)
            .map_err(|error| StoreError::corrupt(format!("answer to question {question}"), error))?;
        let wrong_times = u32::try_from(wrong_times).unwrap_or(0);
        let (question, last_at) = (QuestionId(question), Millis(last_at));
        Ok(LearningRow { question, wrong_times, last_correct, last_at, last_answer })
    };
    rows.into_iter().map(row).collect()
}

/// The questions of a bank with their codes, those no longer in it too, in the order in which they came.
///
/// # Errors
/// When the database fails.
pub fn list_codes(
    connection: &mut AnyConnection,
    bank: BankId,
) -> Result<Vec<(QuestionId, String)>, StoreError> {
    let rows: Vec<(i64, String)> = questions::table
        .filter(questions::bank_id.eq(bank.0))
        .order(questions::id)
        .select((questions::id, questions::code))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, code)| (QuestionId(id), code)).collect())
}

/// The attempts of a member that are not taken in, but those that are graded and never revealed; the
/// oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_unlearned(
    connection: &mut AnyConnection,
    member: MemberId,
) -> Result<Vec<Unlearned>, StoreError> {
    let graded = AttemptStatus::Graded.as_str();
    let learned = learned_attempts::table.filter(learned_attempts::attempt_id.eq(attempts::id));
    let revealing = quizzes::table.filter(quizzes::reveal.ne(Reveal::Never.as_str())).select(quizzes::id);
    let rows: Vec<(String, i64, String, Option<i64>)> = attempts::table
        .filter(attempts::member_id.eq(member.0))
        .filter(attempts::quiz_id.eq_any(quizzes::table.select(quizzes::id)))
        .filter(not(exists(learned)))
        .filter(attempts::status.ne(graded).or(attempts::quiz_id.eq_any(revealing)))
        .order((attempts::started_at, attempts::id))
        .select((attempts::id, attempts::quiz_id, attempts::status, attempts::deadline))
        .load(connection)?;
    let row = |(id, quiz, status, deadline): (String, i64, String, Option<i64>)| Unlearned {
        id: AttemptId(id),
        quiz: QuizId(quiz),
        graded: status == graded,
        deadline: deadline.map(Millis),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Notes that an attempt is taken in; false when it was already.
///
/// # Errors
/// When the database fails.
pub fn mark_learned(connection: &mut AnyConnection, id: &AttemptId) -> Result<bool, StoreError> {
    let inserted = on_backend!(connection, concrete => {
        diesel::insert_into(learned_attempts::table)
            .values(learned_attempts::attempt_id.eq(&id.0))
            .on_conflict_do_nothing()
            .execute(concrete)?
    });
    Ok(inserted == 1)
}

/// Notes that a member has practised one more question on a local date.
///
/// # Errors
/// When the database fails.
pub fn count_practice(connection: &mut AnyConnection, member: MemberId, day: Date) -> Result<(), StoreError> {
    on_backend!(connection, concrete => {
        diesel::insert_into(study_days::table)
            .values((
                study_days::member_id.eq(member.0),
                study_days::day.eq(day.to_string()),
                study_days::answered.eq(1),
            ))
            .on_conflict((study_days::member_id, study_days::day))
            .do_update()
            .set(study_days::answered.eq(study_days::answered + 1))
            .execute(concrete)?
    });
    Ok(())
}

/// On which local dates a member has practised, and how many questions.
///
/// # Errors
/// When the database fails.
pub fn list_practice_days(
    connection: &mut AnyConnection,
    member: MemberId,
) -> Result<Vec<(Date, u32)>, StoreError> {
    let rows: Vec<(String, i32)> = study_days::table
        .filter(study_days::member_id.eq(member.0))
        .select((study_days::day, study_days::answered))
        .load(connection)?;
    let row = |(day, answered): (String, i32)| {
        let date = day.parse().map_err(|error| StoreError::corrupt(format!("study day {day}"), error))?;
        Ok((date, u32::try_from(answered).unwrap_or(0)))
    };
    rows.into_iter().map(row).collect()
}

/// When a member has handed in attempts in which something was answered, or their deadline did it.
///
/// # Errors
/// When the database fails.
pub fn list_submissions(connection: &mut AnyConnection, member: MemberId) -> Result<Vec<Millis>, StoreError> {
    let rows: Vec<Option<i64>> = attempts::table
        .filter(attempts::member_id.eq(member.0))
        .filter(attempts::quiz_id.eq_any(quizzes::table.select(quizzes::id)))
        .filter(attempts::status.eq(AttemptStatus::Graded.as_str()))
        .filter(attempts::answers.ne("{}"))
        .select(attempts::submitted_at)
        .load(connection)?;
    Ok(rows.into_iter().flatten().map(Millis).collect())
}

/// How many items a member has answered in attempts that were handed in at `from` or later.
///
/// # Errors
/// When the database fails.
pub fn count_answered_items(
    connection: &mut AnyConnection,
    member: MemberId,
    from: Millis,
) -> Result<u32, StoreError> {
    let rows: Vec<String> = attempts::table
        .filter(attempts::member_id.eq(member.0))
        .filter(attempts::quiz_id.eq_any(quizzes::table.select(quizzes::id)))
        .filter(attempts::submitted_at.ge(from.0))
        .select(attempts::answers)
        .load(connection)?;
    let mut items = 0_usize;
    for answers in rows {
        let answers: Answers =
            serde_json::from_str(&answers).map_err(|error| StoreError::corrupt("answers", error))?;
        items += answers.len();
    }
    Ok(u32::try_from(items).unwrap_or(u32::MAX))
}
