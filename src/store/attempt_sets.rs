//! The writes of an attempt's life on PostgreSQL: one statement for all that wait, because each statement
//! costs a round trip.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use super::attempt_writes::{AttemptWrite, AttemptWritten, begin_binds};
use super::attempts::AttemptResult;
use super::statement::{Bind, Statement};
use crate::domain::ids::AttemptId;

/// The quiz is held: it cannot be changed between the look at it and the first attempt. A repeated member
/// and quiz conflicts in the unique index and is overtaken.
const BEGIN: &str = "INSERT INTO attempts (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, \
     started_at, deadline, answers, status) \
     SELECT ?, ?, ?, ?, \
       COALESCE((SELECT MAX(ordinal) FROM attempts WHERE member_id = ? AND quiz_id = ?), 0) + 1, ?, ?, ?, ?, ?, '{}', 'running' \
     FROM (SELECT 1 FROM quizzes WHERE id = ? AND revision = ? FOR SHARE) AS held \
     WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE member_id = ? AND quiz_id = ? AND status = 'running') \
       AND (SELECT COUNT(*) FROM attempts WHERE member_id = ? AND quiz_id = ? AND started_at >= ? AND started_at < ?) < ? \
     ON CONFLICT DO NOTHING RETURNING ordinal";

const SAVE: &str = "UPDATE attempts SET answers = new.answers, version = attempts.version + 1 \
     FROM UNNEST(?, ?, ?) AS new (id, version, answers) \
     WHERE attempts.id = new.id AND attempts.version = new.version AND attempts.status = 'running' \
     RETURNING attempts.id";

/// Numbers are given before the commit, in any order of commits. Whoever gives them holds this lock with others
/// until the commit; whoever has to know that none is outstanding takes it alone for a moment.
pub(super) const WAIT_FOR_NUMBERING: &str = "SELECT pg_advisory_xact_lock(7160001002)";

const SETTLE: &str = "UPDATE attempts SET answers = new.answers, status = 'graded', version = attempts.version + 1, \
     settled_no = nextval('attempt_settlements'), closed_by = new.closed_by, submitted_at = new.submitted_at, \
     elapsed_ms = new.elapsed_ms, score = new.score, max_score = new.max_score, correct = new.correct, \
     total = new.total, passed = new.passed \
     FROM (SELECT pg_advisory_xact_lock_shared(7160001002)) AS numbering, UNNEST(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
       AS new (id, version, answers, closed_by, submitted_at, elapsed_ms, score, max_score, correct, total, passed) \
     WHERE attempts.id = new.id AND attempts.version = new.version AND attempts.status = 'running' \
     RETURNING attempts.id, attempts.settled_no";

pub(super) fn run(
    connection: &mut PgConnection,
    writes: &[&AttemptWrite],
) -> QueryResult<Vec<AttemptWritten>> {
    let (mut saves, mut settlements) = (Vec::new(), Vec::new());
    let mut begun = HashMap::new();
    // Of two writes that looked at the same version of an attempt only the first can be in time; and one
    // statement must not meet a row twice.
    let mut seen = HashSet::new();
    for write in writes {
        match write {
            AttemptWrite::Begin(new) => {
                let rows: Vec<i32> = Statement::<Integer>::new(BEGIN, begin_binds(new)).load(connection)?;
                begun.extend(rows.first().map(|&ordinal| (new.id.0.as_str(), ordinal)));
            }
            AttemptWrite::Save { id, version, answers } => {
                if seen.insert(&id.0) {
                    saves.push((id, *version, answers.as_str()));
                }
            }
            AttemptWrite::Settle { id, version, answers, result } => {
                if seen.insert(&id.0) {
                    settlements.push((id, *version, answers.as_str(), result.as_ref()));
                }
            }
        }
    }
    // In the order of the ids, so that two writers cannot lock crosswise.
    saves.sort_unstable_by_key(|(id, ..)| &id.0);
    settlements.sort_unstable_by_key(|(id, ..)| &id.0);
    let saved = save(connection, &saves)?;
    let mut settled = settle(connection, &settlements)?;
    let mut saved: HashSet<String> = saved.into_iter().collect();
    Ok(writes
        .iter()
        .map(|write| match write {
            // Taken out, so that a second write of the same attempt is overtaken.
            AttemptWrite::Begin(new) => {
                begun.remove(new.id.0.as_str()).map_or(AttemptWritten::Overtaken, AttemptWritten::Begun)
            }
            AttemptWrite::Save { id, .. } if saved.remove(&id.0) => AttemptWritten::Saved,
            AttemptWrite::Settle { id, .. } => {
                settled.remove(&id.0).map_or(AttemptWritten::Overtaken, AttemptWritten::Settled)
            }
            AttemptWrite::Save { .. } => AttemptWritten::Overtaken,
        })
        .collect())
}

fn save(connection: &mut PgConnection, saves: &[(&AttemptId, i64, &str)]) -> QueryResult<Vec<String>> {
    if saves.is_empty() {
        return Ok(vec![]);
    }
    let binds = vec![
        Bind::Texts(saves.iter().map(|(id, ..)| id.0.as_str()).collect()),
        Bind::Ints(saves.iter().map(|(_, version, _)| *version).collect()),
        Bind::Texts(saves.iter().map(|(.., answers)| *answers).collect()),
    ];
    Statement::<Text>::new(SAVE, binds).load(connection)
}

fn settle(
    connection: &mut PgConnection,
    settlements: &[(&AttemptId, i64, &str, &AttemptResult)],
) -> QueryResult<HashMap<String, i64>> {
    if settlements.is_empty() {
        return Ok(HashMap::new());
    }
    let ints = |value: fn(&AttemptResult) -> i64| {
        Bind::Ints(settlements.iter().map(|(.., result)| value(result)).collect())
    };
    let binds = vec![
        Bind::Texts(settlements.iter().map(|(id, ..)| id.0.as_str()).collect()),
        Bind::Ints(settlements.iter().map(|(_, version, ..)| *version).collect()),
        Bind::Texts(settlements.iter().map(|(_, _, answers, _)| *answers).collect()),
        Bind::Texts(settlements.iter().map(|(.., result)| result.closed_by.as_str()).collect()),
        ints(|result| result.submitted_at.0),
        ints(|result| result.elapsed_ms),
        ints(|result| result.score.0),
        ints(|result| result.max_score.0),
        ints(|result| result.correct.into()),
        ints(|result| result.total.into()),
        Bind::Bools(settlements.iter().map(|(.., result)| result.passed).collect()),
    ];
    let rows: Vec<(String, i64)> = Statement::<(Text, BigInt)>::new(SETTLE, binds).load(connection)?;
    Ok(rows.into_iter().collect())
}
