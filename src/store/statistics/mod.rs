//! The sums of the results, which the follower of `services::statistics` keeps, and how far they are.

mod days;
mod items;

use std::collections::HashMap;

use diesel::prelude::*;

pub use self::days::{
    DayFilter, WhichQuizzes, find_first_day, for_each_unit_day, list_changed_days, list_unit_days,
};
pub use self::items::{ItemKey, list_item_sums};
use super::schema::{counted_voids, item_statistics, results, statistics_progress, unit_days};
use super::{AnyConnection, StoreError};
use crate::domain::ids::AttemptId;
use crate::domain::item_statistics::ItemSums;
use crate::domain::unit_day::{UnitDay, UnitDayKey};

/// Rows of one multi-row insert: far below SQLite's limit of 32,766 bound values.
const ROWS_A_STATEMENT: usize = 500;
/// The one row of the table.
const ROW: i64 = 1;

/// How far the sums are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Every result up to this number is in them.
    pub taken_no: i64,
    /// Goes up with every change.
    pub version: i64,
    /// The version in which they were last thrown away.
    pub began_version: i64,
    /// The time zone of their days.
    pub timezone: String,
}

/// What one turn of the follower has worked out.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// The version that it has looked at.
    pub version: i64,
    /// Every result up to this number is in now.
    pub taken_no: i64,
    /// The days that have changed, as they are now.
    pub days: HashMap<UnitDayKey, UnitDay>,
    /// The items that have changed, as they are now.
    pub items: HashMap<ItemKey, ItemSums>,
    /// Voided attempts that are taken out now.
    pub voids: Vec<AttemptId>,
}

/// How far the sums are.
///
/// # Errors
/// When the database fails.
pub fn get_progress(connection: &mut AnyConnection) -> Result<Progress, StoreError> {
    let (taken_no, version, began_version, timezone): (i64, i64, i64, String) = statistics_progress::table
        .find(ROW)
        .select((
            statistics_progress::taken_no,
            statistics_progress::version,
            statistics_progress::began_version,
            statistics_progress::timezone,
        ))
        .first(connection)?;
    Ok(Progress { taken_no, version, began_version, timezone })
}

/// Takes the follower's part until this transaction ends; false when another instance has it. What two of them
/// write is right in any case ([`write_turn`]); this spares one of them the work.
///
/// # Errors
/// When the database fails.
pub fn take_part(connection: &mut AnyConnection) -> Result<bool, StoreError> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(true),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => {
            let sql = "SELECT pg_try_advisory_xact_lock(7160001003)";
            let taken: Vec<bool> =
                super::statement::Statement::<diesel::sql_types::Bool>::new(sql, vec![]).load(concrete)?;
            Ok(taken.first().copied().unwrap_or(false))
        }
    }
}

/// The highest number up to which no result can still be committed. On PostgreSQL numbers are given before the
/// commit; whoever gives them holds a lock that this waits for.
///
/// # Errors
/// When the database fails.
pub fn find_safe_no(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    let latest = |connection: &mut AnyConnection| -> Result<i64, StoreError> {
        let latest: Option<i64> =
            results::table.select(diesel::dsl::max(results::settled_no)).first(connection)?;
        Ok(latest.unwrap_or(0))
    };
    match connection {
        // Its one writer numbers and commits in one order.
        AnyConnection::Sqlite(_) => latest(connection),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => connection.transaction(|connection| {
            if let AnyConnection::Postgres(concrete) = connection {
                diesel::sql_query(super::attempt_sets::WAIT_FOR_NUMBERING).execute(concrete)?;
            }
            latest(connection)
        }),
    }
}

/// Writes what a turn has worked out; false, and nothing, when the sums have changed since it looked.
///
/// # Errors
/// When the database fails.
pub fn write_turn(connection: &mut AnyConnection, turn: &Turn) -> Result<bool, StoreError> {
    let version = turn.version + 1;
    let moved = diesel::update(statistics_progress::table.find(ROW))
        .filter(statistics_progress::version.eq(turn.version))
        .set((statistics_progress::taken_no.eq(turn.taken_no), statistics_progress::version.eq(version)))
        .execute(connection)?;
    if moved == 0 {
        return Ok(false);
    }
    days::put(connection, &turn.days, version)?;
    items::put(connection, &turn.items)?;
    for id in &turn.voids {
        diesel::insert_into(counted_voids::table)
            .values(counted_voids::attempt_id.eq(&id.0))
            .execute(connection)?;
    }
    Ok(true)
}

/// Throws the sums away, to begin anew with the days of another time zone; false, and nothing, when they have
/// changed since `version` was looked at.
///
/// # Errors
/// When the database fails.
pub fn begin_anew(connection: &mut AnyConnection, version: i64, timezone: &str) -> Result<bool, StoreError> {
    let moved = diesel::update(statistics_progress::table.find(ROW))
        .filter(statistics_progress::version.eq(version))
        .set((
            statistics_progress::taken_no.eq(0),
            statistics_progress::version.eq(version + 1),
            statistics_progress::began_version.eq(version + 1),
            statistics_progress::timezone.eq(timezone),
        ))
        .execute(connection)?;
    if moved == 0 {
        return Ok(false);
    }
    diesel::delete(unit_days::table).execute(connection)?;
    diesel::delete(item_statistics::table).execute(connection)?;
    diesel::delete(counted_voids::table).execute(connection)?;
    Ok(true)
}
