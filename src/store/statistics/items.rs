//! The sums of the items.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::super::connection::on_backend;
use super::super::schema::item_statistics;
use super::super::{AnyConnection, StoreError};
use super::ROWS_A_STATEMENT;
use crate::domain::ids::{QuestionId, QuizId};
use crate::domain::item_statistics::ItemSums;

/// A version of a question at a quiz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey {
    /// The quiz.
    pub quiz: QuizId,
    /// The question.
    pub question: QuestionId,
    /// The revision in which the version came in.
    pub from_revision: i32,
}

type Columns = ((i64, i64, i32), (i64, i64, i64, i64, i64, i64, i64), String);

/// The sums of the items of these quizzes.
///
/// # Errors
/// When the database fails.
pub fn list_item_sums(
    connection: &mut AnyConnection,
    quizzes: &[QuizId],
) -> Result<Vec<(ItemKey, ItemSums)>, StoreError> {
    let quizzes: Vec<i64> = quizzes.iter().map(|quiz| quiz.0).collect();
    let rows: Vec<Columns> = item_statistics::table
        .filter(item_statistics::quiz_id.eq_any(quizzes))
        .select((
            (item_statistics::quiz_id, item_statistics::question_id, item_statistics::from_revision),
            (
                item_statistics::shown,
                item_statistics::answered,
                item_statistics::x,
                item_statistics::xx,
                item_statistics::y,
                item_statistics::yy,
                item_statistics::xy,
            ),
            item_statistics::chosen,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|((quiz, question, from_revision), (shown, answered, x, xx, y, yy, xy), chosen)| {
            let chosen: BTreeMap<u8, i64> = serde_json::from_str(&chosen)
                .map_err(|error| StoreError::corrupt(format!("sums of question {question}"), error))?;
            let key = ItemKey { quiz: QuizId(quiz), question: QuestionId(question), from_revision };
            Ok((key, ItemSums { shown, answered, x, xx, y, yy, xy, chosen }))
        })
        .collect()
}

#[derive(Insertable)]
#[diesel(table_name = item_statistics, treat_none_as_default_value = false)]
struct NewItemSums {
    quiz_id: i64,
    question_id: i64,
    from_revision: i32,
    shown: i64,
    answered: i64,
    x: i64,
    xx: i64,
    y: i64,
    yy: i64,
    xy: i64,
    chosen: String,
}

/// Puts these sums in the place of what stands there.
pub(super) fn put(
    connection: &mut AnyConnection,
    items: &HashMap<ItemKey, ItemSums>,
) -> Result<(), StoreError> {
    let rows: Vec<NewItemSums> = items
        .iter()
        .map(|(key, sums)| {
            Ok(NewItemSums {
                quiz_id: key.quiz.0,
                question_id: key.question.0,
                from_revision: key.from_revision,
                shown: sums.shown,
                answered: sums.answered,
                x: sums.x,
                xx: sums.xx,
                y: sums.y,
                yy: sums.yy,
                xy: sums.xy,
                chosen: serde_json::to_string(&sums.chosen)
                    .map_err(|error| StoreError::corrupt("chosen options", error))?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    for chunk in rows.chunks(ROWS_A_STATEMENT) {
        on_backend!(connection, concrete => {
            diesel::insert_into(item_statistics::table)
                .values(chunk)
                .on_conflict((
                    item_statistics::quiz_id,
                    item_statistics::question_id,
                    item_statistics::from_revision,
                ))
                .do_update()
                .set((
                    item_statistics::shown.eq(excluded(item_statistics::shown)),
                    item_statistics::answered.eq(excluded(item_statistics::answered)),
                    item_statistics::x.eq(excluded(item_statistics::x)),
                    item_statistics::xx.eq(excluded(item_statistics::xx)),
                    item_statistics::y.eq(excluded(item_statistics::y)),
                    item_statistics::yy.eq(excluded(item_statistics::yy)),
                    item_statistics::xy.eq(excluded(item_statistics::xy)),
                    item_statistics::chosen.eq(excluded(item_statistics::chosen)),
                ))
                .execute(concrete)?
        });
    }
    Ok(())
}
