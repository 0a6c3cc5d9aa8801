//! The writes of an attempt's life on PostgreSQL: one statement for all that wait, because each statement
//! costs a round trip.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::attempt_writes::{AttemptWrite, AttemptWritten, begin_binds, begin_sql};
use super::attempts::{AttemptResult, AttemptRow};
use super::statement::{Bind, Statement, fixed};

fixed!(
    /// The quiz is held: it cannot be changed between the look at it and the first attempt. A repeated member
    /// and quiz conflicts in the unique index and is overtaken.
    Begin =
    begin_sql!("FROM (SELECT 1 FROM quizzes WHERE id = ? AND revision = ? FOR SHARE) AS held WHERE"));

fixed!(
    /// In the order of the numbers, so that two writers cannot lock crosswise. A statement of its own: what follows must see
    /// what whoever held them before has written.
    Hold =
    "SELECT no FROM begun WHERE no = ANY (?) ORDER BY no FOR NO KEY UPDATE");

fixed!(
    Save = "INSERT INTO drafts (attempt_no, version, answers) \
     SELECT new.no, new.version + 1, new.answers FROM UNNEST(?, ?, ?) AS new (no, version, answers) \
     WHERE new.version = COALESCE((SELECT drafts.version FROM drafts WHERE drafts.attempt_no = new.no), 0) \
       AND NOT EXISTS (SELECT 1 FROM results WHERE results.attempt_no = new.no) \
     ON CONFLICT (attempt_no) DO UPDATE SET version = EXCLUDED.version, answers = EXCLUDED.answers \
     RETURNING attempt_no"
);

/// Numbers are given before the commit, in any order of commits. Whoever gives them holds this lock with others
/// until the commit; whoever has to know that none is outstanding takes it alone for a moment.
pub(super) const WAIT_FOR_NUMBERING: &str = "SELECT pg_advisory_xact_lock(7160001002)";

fixed!(
    Settle = "INSERT INTO results (settled_no, attempt_no, quiz_id, member_id, unit_id, started_at, closed_by, \
     submitted_at, elapsed_ms, score, max_score, correct, total, passed, answers) \
     SELECT nextval('attempt_settlements'), new.no, quiz_id, member_id, unit_id, started_at, closed_by, submitted_at, \
       elapsed_ms, score, max_score, correct, total, passed, answers \
     FROM (SELECT pg_advisory_xact_lock_shared(7160001002)) AS numbering, \
     UNNEST(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS new (no, version, quiz_id, member_id, unit_id, \
       started_at, closed_by, submitted_at, elapsed_ms, score, max_score, correct, total, passed, answers) \
     WHERE new.version = COALESCE((SELECT drafts.version FROM drafts WHERE drafts.attempt_no = new.no), 0) \
     ON CONFLICT (attempt_no) DO NOTHING \
     RETURNING attempt_no, settled_no"
);

fixed!(ForgetDrafts = "DELETE FROM drafts WHERE attempt_no = ANY (?)");

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
                let rows: Vec<(i64, i32)> =
                    Statement::<(BigInt, Integer), Begin>::fixed(begin_binds(new)).load(connection)?;
                begun.extend(rows.first().map(|&written| (new.id.0.as_str(), written)));
            }
            AttemptWrite::Save { attempt, answers } => {
                if seen.insert(attempt.no) {
                    saves.push((attempt.as_ref(), answers.as_str()));
                }
            }
            AttemptWrite::Settle { attempt, answers, result } => {
                if seen.insert(attempt.no) {
                    settlements.push((attempt.as_ref(), answers.as_str(), result.as_ref()));
                }
            }
        }
    }
    if !seen.is_empty() {
        let held = Bind::Ints(seen.into_iter().collect());
        let _: Vec<i64> = Statement::<BigInt, Hold>::fixed(vec![held]).load(connection)?;
    }
    let mut saved = save(connection, &saves)?;
    let mut settled = settle(connection, &settlements)?;
    Ok(writes
        .iter()
        .map(|write| match write {
            // Taken out, so that a second write of the same attempt is overtaken.
            AttemptWrite::Begin(new) => begun
                .remove(new.id.0.as_str())
                .map_or(AttemptWritten::Overtaken, |(no, ordinal)| AttemptWritten::Begun { no, ordinal }),
            AttemptWrite::Save { attempt, .. } if saved.remove(&attempt.no) => AttemptWritten::Saved,
            AttemptWrite::Settle { attempt, .. } => {
                settled.remove(&attempt.no).map_or(AttemptWritten::Overtaken, AttemptWritten::Settled)
            }
            AttemptWrite::Save { .. } => AttemptWritten::Overtaken,
        })
        .collect())
}

fn save(connection: &mut PgConnection, saves: &[(&AttemptRow, &str)]) -> QueryResult<HashSet<i64>> {
    if saves.is_empty() {
        return Ok(HashSet::new());
    }
    let binds = vec![
        Bind::Ints(saves.iter().map(|(attempt, _)| attempt.no).collect()),
        Bind::Ints(saves.iter().map(|(attempt, _)| attempt.version).collect()),
        Bind::Texts(saves.iter().map(|(_, answers)| *answers).collect()),
    ];
    let saved: Vec<i64> = Statement::<BigInt, Save>::fixed(binds).load(connection)?;
    Ok(saved.into_iter().collect())
}

fn settle(
    connection: &mut PgConnection,
    settlements: &[(&AttemptRow, &str, &AttemptResult)],
) -> QueryResult<HashMap<i64, i64>> {
    if settlements.is_empty() {
        return Ok(HashMap::new());
    }
    let facts =
        |value: fn(&AttemptRow) -> i64| Bind::Ints(settlements.iter().map(|(of, ..)| value(of)).collect());
    let ints = |value: fn(&AttemptResult) -> i64| {
        Bind::Ints(settlements.iter().map(|(.., result)| value(result)).collect())
    };
    let binds = vec![
        facts(|attempt| attempt.no),
        facts(|attempt| attempt.version),
        facts(|attempt| attempt.quiz_id.0),
        facts(|attempt| attempt.member_id.0),
        facts(|attempt| attempt.unit_id.0),
        facts(|attempt| attempt.started_at.0),
        Bind::Texts(settlements.iter().map(|(.., result)| result.closed_by.as_str()).collect()),
        ints(|result| result.submitted_at.0),
        ints(|result| result.elapsed_ms),
        ints(|result| result.score.0),
        ints(|result| result.max_score.0),
        ints(|result| result.correct.into()),
        ints(|result| result.total.into()),
        Bind::Bools(settlements.iter().map(|(.., result)| result.passed).collect()),
        Bind::Texts(settlements.iter().map(|(_, answers, _)| *answers).collect()),
    ];
    let rows: Vec<(i64, i64)> = Statement::<(BigInt, BigInt), Settle>::fixed(binds).load(connection)?;
    let drafts = settlements.iter().filter(|(attempt, ..)| attempt.version > 0);
    let drafts: Vec<i64> = drafts.map(|(attempt, ..)| attempt.no).collect();
    let settled: HashMap<i64, i64> = rows.into_iter().collect();
    let drafts: Vec<i64> = drafts.into_iter().filter(|no| settled.contains_key(no)).collect();
    if !drafts.is_empty() {
        Statement::<(), ForgetDrafts>::fixed(vec![Bind::Ints(drafts)]).execute(connection)?;
    }
    Ok(settled)
}
