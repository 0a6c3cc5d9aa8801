//! The sums of the units' days.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::upsert::excluded;
use jiff::civil::Date;

use super::super::connection::on_backend;
use super::super::schema::{quizzes, unit_days};
use super::super::{AnyConnection, StoreError};
use super::ROWS_A_STATEMENT;
use crate::domain::ids::{QuizId, UnitId};
use crate::domain::quiz::QuizKind;
use crate::domain::unit_day::{ChapterSums, MemberSet, ResultSums, UnitDay, UnitDayKey};

/// Most units that are named to the database; of more all rows are read and those of others left out.
const MOST_NAMED_UNITS: usize = 5_000;

/// Of which quizzes sums are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhichQuizzes {
    /// One.
    One(QuizId),
    /// Those that count in rankings of periods: all but those for practice.
    Counting,
    /// All.
    All,
}

/// Which days are wanted.
#[derive(Clone, Debug)]
pub struct DayFilter {
    /// The first and the last day.
    pub days: (Date, Date),
    /// Which quizzes.
    pub quizzes: WhichQuizzes,
    /// Only these units; `None` for all.
    pub units: Option<HashSet<UnitId>>,
}

type Columns = ((String, i64, i64), (i64, i64, i64, i64, i64, i64), (Vec<u8>, String));

type Chapters = BTreeMap<String, (i64, i64, i64)>;

fn read(
    ((day, unit, quiz), sums, (members, chapters)): Columns,
) -> Result<(UnitDayKey, UnitDay), StoreError> {
    let what = || format!("sums of unit {unit} on {day}");
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt(what(), error);
    let parsed: Date = day.parse().map_err(|error: jiff::Error| corrupt(&error))?;
    let chapters: Chapters = serde_json::from_str(&chapters).map_err(|error| corrupt(&error))?;
    let (results, passed, excellent, score, max_score, elapsed_ms) = sums;
    let sums = ResultSums { results, passed, excellent, score, max_score, elapsed_ms };
    let chapters = chapters
        .into_iter()
        .map(|(chapter, (items, earned, possible))| (chapter, ChapterSums { items, earned, possible }))
        .collect();
    let members = MemberSet::from_bytes(&members).map_err(|error| corrupt(&error))?;
    let key = UnitDayKey { day: parsed, unit: UnitId(unit), quiz: QuizId(quiz) };
    Ok((key, UnitDay { sums, members, chapters }))
}

macro_rules! columns {
    () => {
        (
            (unit_days::day, unit_days::unit_id, unit_days::quiz_id),
            (
                unit_days::results,
                unit_days::passed,
                unit_days::excellent,
                unit_days::score,
                unit_days::max_score,
                unit_days::elapsed_ms,
            ),
            (unit_days::members, unit_days::chapters),
        )
    };
}

/// The sums with these keys, as far as there are any.
///
/// # Errors
/// When the database fails.
pub fn list_unit_days(
    connection: &mut AnyConnection,
    keys: &HashSet<UnitDayKey>,
) -> Result<HashMap<UnitDayKey, UnitDay>, StoreError> {
    let days: BTreeSet<Date> = keys.iter().map(|key| key.day).collect();
    let mut found = HashMap::new();
    for day in days {
        let of_day = || keys.iter().filter(|key| key.day == day);
        let units: HashSet<i64> = of_day().map(|key| key.unit.0).collect();
        let quizzes: HashSet<i64> = of_day().map(|key| key.quiz.0).collect();
        let units: Vec<i64> = units.into_iter().collect();
        for units in units.chunks(MOST_NAMED_UNITS) {
            let rows: Vec<Columns> = unit_days::table
                .filter(unit_days::day.eq(day.to_string()))
                .filter(unit_days::unit_id.eq_any(units.to_vec()))
                .filter(unit_days::quiz_id.eq_any(quizzes.iter().copied().collect::<Vec<i64>>()))
                .select(columns!())
                .load(connection)?;
            for row in rows {
                let (key, sums) = read(row)?;
                if keys.contains(&key) {
                    found.insert(key, sums);
                }
            }
        }
    }
    Ok(found)
}

/// Gives the sums that are wanted to `take`, one by one and in no order.
///
/// # Errors
/// When the database fails.
pub fn for_each_unit_day(
    connection: &mut AnyConnection,
    filter: &DayFilter,
    mut take: impl FnMut(UnitDayKey, UnitDay),
) -> Result<(), StoreError> {
    let (first, last) = filter.days;
    let practice =
        || quizzes::table.filter(quizzes::kind.eq(QuizKind::Practice.as_str())).select(quizzes::id);
    let named = filter.units.as_ref().filter(|units| units.len() <= MOST_NAMED_UNITS);
    macro_rules! read_from {
        ($concrete:expr, $mode:ty) => {{
            let mut query = unit_days::table
                .filter(unit_days::day.ge(first.to_string()))
                .filter(unit_days::day.le(last.to_string()))
                .select(columns!())
                .into_boxed();
            query = match filter.quizzes {
                WhichQuizzes::One(quiz) => query.filter(unit_days::quiz_id.eq(quiz.0)),
                WhichQuizzes::Counting => query.filter(unit_days::quiz_id.ne_all(practice())),
                WhichQuizzes::All => query,
            };
            if let Some(units) = named {
                query = query.filter(unit_days::unit_id.eq_any(units.iter().map(|unit| unit.0)));
            }
            for row in query.load_iter::<Columns, $mode>($concrete)? {
                let (key, sums) = read(row?)?;
                if filter.units.as_ref().is_none_or(|units| units.contains(&key.unit)) {
                    take(key, sums);
                }
            }
        }};
    }
    match connection {
        AnyConnection::Sqlite(concrete) => read_from!(concrete, DefaultLoadingMode),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(concrete) => read_from!(concrete, diesel::pg::PgRowByRowLoadingMode),
    }
    Ok(())
}

/// The days on which anything has changed after `version`.
///
/// # Errors
/// When the database fails.
pub fn list_changed_days(connection: &mut AnyConnection, version: i64) -> Result<Vec<Date>, StoreError> {
    let days: Vec<String> = unit_days::table
        .filter(unit_days::version.gt(version))
        .select(unit_days::day)
        .distinct()
        .load(connection)?;
    days.iter().map(|day| parse_day(day)).collect()
}

/// The first day with a result; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub fn find_first_day(connection: &mut AnyConnection) -> Result<Option<Date>, StoreError> {
    let day: Option<String> = unit_days::table.select(diesel::dsl::min(unit_days::day)).first(connection)?;
    day.as_deref().map(parse_day).transpose()
}

fn parse_day(day: &str) -> Result<Date, StoreError> {
    day.parse().map_err(|error: jiff::Error| StoreError::corrupt("day of sums", error))
}

#[derive(Insertable)]
#[diesel(table_name = unit_days, treat_none_as_default_value = false)]
struct NewUnitDay {
    day: String,
    unit_id: i64,
    quiz_id: i64,
    results: i64,
    passed: i64,
    excellent: i64,
    score: i64,
    max_score: i64,
    elapsed_ms: i64,
    members: Vec<u8>,
    chapters: String,
    version: i64,
}

/// Puts these sums in the place of what stands there.
pub(super) fn put(
    connection: &mut AnyConnection,
    days: &HashMap<UnitDayKey, UnitDay>,
    version: i64,
) -> Result<(), StoreError> {
    let rows: Vec<NewUnitDay> = days
        .iter()
        .map(|(key, day)| {
            let triple = |sums: &ChapterSums| (sums.items, sums.earned, sums.possible);
            let chapters: BTreeMap<&str, (i64, i64, i64)> =
                day.chapters.iter().map(|(chapter, sums)| (chapter.as_str(), triple(sums))).collect();
            Ok(NewUnitDay {
                day: key.day.to_string(),
                unit_id: key.unit.0,
                quiz_id: key.quiz.0,
                results: day.sums.results,
                passed: day.sums.passed,
                excellent: day.sums.excellent,
                score: day.sums.score,
                max_score: day.sums.max_score,
                elapsed_ms: day.sums.elapsed_ms,
                members: day.members.to_bytes(),
                chapters: serde_json::to_string(&chapters)
                    .map_err(|error| StoreError::corrupt("chapters", error))?,
                version,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    for chunk in rows.chunks(ROWS_A_STATEMENT) {
        on_backend!(connection, concrete => {
            diesel::insert_into(unit_days::table)
                .values(chunk)
                .on_conflict((unit_days::day, unit_days::unit_id, unit_days::quiz_id))
                .do_update()
                .set((
                    unit_days::results.eq(excluded(unit_days::results)),
                    unit_days::passed.eq(excluded(unit_days::passed)),
                    unit_days::excellent.eq(excluded(unit_days::excellent)),
                    unit_days::score.eq(excluded(unit_days::score)),
                    unit_days::max_score.eq(excluded(unit_days::max_score)),
                    unit_days::elapsed_ms.eq(excluded(unit_days::elapsed_ms)),
                    unit_days::members.eq(excluded(unit_days::members)),
                    unit_days::chapters.eq(excluded(unit_days::chapters)),
                    unit_days::version.eq(excluded(unit_days::version)),
                ))
                .execute(concrete)?
        });
    }
    Ok(())
}
