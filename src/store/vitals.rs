//! What tells whether the database is there and who is behind it. One short read.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::schema::{results, statistics_progress};
use super::{AnyConnection, StoreError};
use crate::domain::time::Millis;

/// How far the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// The latest migration that was run on it.
    pub schema: String,
    /// The highest number of a result.
    pub latest_no: i64,
    /// Results up to this number are in the statistics.
    pub summed_no: i64,
    /// Results that the rankings have passed over and not taken in: their transactions ended after those of later numbers.
    pub passed_over: i64,
    /// When the first of the results was submitted that the rankings have not taken in.
    pub unranked_since: Option<Millis>,
    /// The same of the statistics.
    pub unsummed_since: Option<Millis>,
}

#[derive(QueryableByName)]
struct Schema {
    #[diesel(sql_type = Nullable<Text>)]
    version: Option<String>,
}

/// Most gaps in the numbers that are looked into.
const MOST_GAPS: usize = 1000;

/// Looks how far the database is. `ranked_no` is the highest number that the rankings have taken in, `gaps` are the lower
/// ones that they have not; a number of a transaction that was undone is among them and stands for no result.
///
/// # Errors
/// When the database fails.
pub fn look(connection: &mut AnyConnection, ranked_no: i64, gaps: &[i64]) -> Result<Vitals, StoreError> {
    // Versions are numbers of the same width.
    let schema: Schema = diesel::sql_query("SELECT MAX(version) AS version FROM __diesel_schema_migrations")
        .get_result(connection)?;
    let latest: Option<i64> =
        results::table.select(diesel::dsl::max(results::settled_no)).first(connection)?;
    let summed_no: i64 =
        statistics_progress::table.select(statistics_progress::taken_no).first(connection)?;
    let passed_over: Vec<i64> = match gaps {
        [] => vec![],
        _ => results::table
            .filter(results::settled_no.eq_any(gaps.iter().take(MOST_GAPS).copied().collect::<Vec<_>>()))
            .select(results::submitted_at)
            .load(connection)?,
    };
    let unranked_since = submitted_after(connection, ranked_no)?;
    let first_passed_over = passed_over.iter().min().map(|&at| Millis(at));
    Ok(Vitals {
        passed_over: i64::try_from(passed_over.len()).unwrap_or(i64::MAX),
        schema: schema.version.unwrap_or_default(),
        latest_no: latest.unwrap_or(0),
        summed_no,
        unranked_since: first_passed_over.into_iter().chain(unranked_since).min(),
        unsummed_since: submitted_after(connection, summed_no)?,
    })
}

/// When the result with the lowest number above `no` was submitted.
fn submitted_after(connection: &mut AnyConnection, no: i64) -> Result<Option<Millis>, StoreError> {
    let submitted_at: Option<i64> = results::table
        .filter(results::settled_no.gt(no))
        .order(results::settled_no)
        .select(results::submitted_at)
        .first(connection)
        .optional()?;
    Ok(submitted_at.map(Millis))
}
