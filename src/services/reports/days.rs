//! Days and chapters, from the statistics.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use quick_cache::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Reports, unit_ref};
use crate::domain::attempt::GRACE_MS;
use crate::domain::ids::UnitId;
use crate::domain::period::Period;
use crate::domain::report::{
    ChapterCell, ChapterReport, ChapterRow, DayFigures, FEW_ANSWERS, WeakChapter, percent, rate,
};
use crate::domain::roles::Principal;
use crate::domain::unit_day::ChapterSums;
use crate::live::day_book::{BookDay, BookUnits, DayBook, days};
use crate::live::latest::Dated as _;
use crate::services::ServiceError;
use crate::services::leaderboards::Board;
use crate::services::leaderboards::known::KnownUnits;
use crate::store::statistics::{self, DayFilter, WhichQuizzes};
use crate::store::units::UnitRow;
use crate::store::{StoreError, item_versions};

/// Days of a trend that has no span of its own.
const MOST_DAYS: i64 = 90;
/// Books that are held: of units, and of units at a quiz.
const MOST_BOOKS: usize = 256;
/// Weak chapters that a monthly report names.
const MOST_WEAK: usize = 5;

/// The books that are held.
pub(super) struct Books(Cache<(UnitId, WhichQuizzes), Arc<Mutex<DayBook>>>);

impl Default for Books {
    fn default() -> Self {
        Self(Cache::new(MOST_BOOKS))
    }
}

/// The chapters in their order, as they were in a generation.
#[derive(Default)]
pub(super) struct KnownChapters(std::sync::Mutex<Option<(u64, Arc<[String]>)>>);

impl Reports {
    /// Day by day, what was handed in for `unit` and below: for the topmost that the caller leads when it is
    /// left out.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit that the caller does not lead; [`ServiceError::NotFound`] for a
    /// quiz or unit that does not exist.
    pub async fn trend(
        &self,
        principal: &Principal,
        board: Board,
        unit: Option<UnitId>,
    ) -> Result<Vec<DayFigures>, ServiceError> {
        let (units, unit) = self.scope(principal, unit).await?;
        let (first, last) = self.trend_days(board).await?;
        let book = self.book(&units, &unit, which(board), (first, last)).await?;
        let empty = BookDay::default();
        let figures = |day: Date| {
            let BookDay { sums, participants, .. } = book.day(day).unwrap_or(&empty);
            let count = |number: i64| u64::try_from(number).unwrap_or(0);
            DayFigures {
                day,
                participants: *participants,
                results: count(sums.results),
                mean_percent: percent(sums.score, sums.max_score),
                pass_rate: rate(count(sums.passed), count(sums.results)),
            }
        };
        Ok(days(first, last).map(figures).collect())
    }

    /// How well each chapter was answered, by the units directly below `unit`: the topmost that the caller leads
    /// when it is left out.
    ///
    /// # Errors
    /// As [`Reports::trend`].
    pub async fn chapters(
        &self,
        principal: &Principal,
        board: Board,
        unit: Option<UnitId>,
    ) -> Result<ChapterReport, ServiceError> {
        let (units, unit) = self.scope(principal, unit).await?;
        let span = self.chapter_days(board).await?;
        let order = self.chapters_in_order().await?;
        let book = self.book(&units, &unit, which(board), span).await?;
        let cells = book.chapters(span);
        let met: HashSet<&str> = cells.keys().map(|(_, chapter)| *chapter).collect();
        let chapters: Vec<&str> =
            order.iter().map(String::as_str).filter(|chapter| met.contains(chapter)).collect();
        let cell = |sums: Option<&ChapterSums>| sums.map_or_else(ChapterCell::default, chapter_cell);
        let row = |row: &UnitRow| ChapterRow {
            unit: unit_ref(row),
            cells: chapters.iter().map(|chapter| cell(cells.get(&(row.id, *chapter)))).collect(),
        };
        let mut below: Vec<&UnitRow> = units.rows().filter(|row| row.parent_id == Some(unit.id)).collect();
        below.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        let totals = total(&cells);
        Ok(ChapterReport {
            rows: if below.is_empty() { vec![row(&unit)] } else { below.into_iter().map(row).collect() },
            total: chapters.iter().map(|chapter| cell(totals.get(chapter))).collect(),
            chapters: chapters.iter().map(ToString::to_string).collect(),
        })
    }

    /// The chapters that were answered worst for a unit over a span of days, the worst first.
    pub(super) async fn weak_chapters(
        &self,
        units: &KnownUnits,
        unit: &UnitRow,
        span: (Date, Date),
    ) -> Result<Vec<WeakChapter>, ServiceError> {
        let book = self.book(units, unit, WhichQuizzes::Counting, span).await?;
        Ok(weakest(&total(&book.chapters(span))))
    }

    /// The days of a trend: those of the period, else the last 90.
    async fn trend_days(&self, board: Board) -> Result<(Date, Date), ServiceError> {
        let now = self.context.clock.now();
        let today = self.context.calendar.date(now);
        let capped = |first: Option<Date>, last: Date| {
            let earliest = last.saturating_sub((MOST_DAYS - 1).days());
            (first.map_or(earliest, |first| first.max(earliest)), last)
        };
        match (self.dates(board, now).await?, board) {
            ((Some(first), Some(last)), Board::Period(..)) => Ok((first, last)),
            ((first, _), Board::Quiz(id)) => {
                let closes = self.context.live_quiz(id).await?.quiz.rules.closes_at;
                // What comes in within the grace belongs to the day of the close.
                let last = closes.map(|at| self.context.calendar.date(at.plus_ms(GRACE_MS)));
                Ok(capped(first, last.map_or(today, |last| last.min(today))))
            }
            _ => Ok(capped(None, today)),
        }
    }

    /// The days over which chapters are added up.
    async fn chapter_days(&self, board: Board) -> Result<(Date, Date), ServiceError> {
        let now = self.context.clock.now();
        if let (Board::Period(..), (Some(first), Some(last))) = (board, self.dates(board, now).await?) {
            return Ok((first, last));
        }
        let today = self.context.calendar.date(now);
        Ok((self.first_day().await?.map_or(today, |first| first.min(today)), today))
    }

    /// The first day with a result.
    pub(super) async fn first_day(&self) -> Result<Option<Date>, ServiceError> {
        Ok(self.context.database.read(statistics::find_first_day).await?)
    }

    /// The book of a unit, with the days of `span` in it.
    async fn book(
        &self,
        units: &KnownUnits,
        unit: &UnitRow,
        quizzes: WhichQuizzes,
        span: (Date, Date),
    ) -> Result<OwnedMutexGuard<DayBook>, ServiceError> {
        let freshness = self.context.database.freshness();
        let generation = freshness.generation().filter(|generation| *generation == units.generation());
        // Before anything is read: what is read may be newer, and is then read again.
        let version = self.statistics.version();
        let held = self.books.0.get_or_insert_with(&(unit.id, quizzes), || {
            Ok::<_, ServiceError>(Arc::new(Mutex::new(DayBook::new(version))))
        })?;
        let mut book = held.lock_owned().await;
        if !book.is_of(generation) {
            book.be_about(parts(units, unit), generation);
        }
        if book.version() >= version && book.missing(span).is_none() {
            return Ok(book);
        }
        let all = units.rows().count();
        self.context
            .database
            .read(move |connection| -> Result<_, StoreError> {
                if book.version() < version {
                    let progress = statistics::get_progress(connection)?;
                    if book.version() < progress.began_version {
                        book.clear(version);
                    } else {
                        let changed = statistics::list_changed_days(connection, book.version())?;
                        book.forget(&changed, version);
                    }
                }
                if let Some(days) = book.missing(span) {
                    let wanted = book.units();
                    let units = (wanted.len() < all).then_some(wanted);
                    let mut reader = book.read(days);
                    let filter = DayFilter { days, quizzes, units };
                    statistics::for_each_unit_day(connection, &filter, |key, day| {
                        reader.tell(key.unit, key.day, &day);
                    })?;
                    reader.finish();
                }
                Ok(book)
            })
            .await
            .map_err(Into::into)
    }

    /// The chapters of all banks, in the order in which they came in.
    async fn chapters_in_order(&self) -> Result<Arc<[String]>, ServiceError> {
        let generation = self.context.database.freshness().generation();
        let known = || self.chapters.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((held, chapters)) = known().as_ref()
            && Some(*held) == generation
        {
            return Ok(Arc::clone(chapters));
        }
        let chapters: Arc<[String]> = self.context.database.read(item_versions::list_chapters).await?.into();
        if let Some(generation) = generation {
            *known() = Some((generation, Arc::clone(&chapters)));
        }
        Ok(chapters)
    }
}

fn which(board: Board) -> WhichQuizzes {
    match board {
        Board::Quiz(id) => WhichQuizzes::One(id),
        Board::Period(Period::Day | Period::Week | Period::Month | Period::All, _) => WhichQuizzes::Counting,
    }
}

/// A unit and all below it, each with the unit directly below that it belongs to.
fn parts(units: &KnownUnits, unit: &UnitRow) -> BookUnits {
    let depth = unit.path.ids().len();
    let inside = units.rows().filter(|row| row.path.is_inside(&unit.path));
    let part = |row: &UnitRow| row.path.ids().get(depth).copied().unwrap_or(unit.id);
    BookUnits { parts: inside.map(|row| (row.id, part(row))).collect() }
}

fn chapter_cell(sums: &ChapterSums) -> ChapterCell {
    ChapterCell {
        items: u64::try_from(sums.items).unwrap_or(0),
        percent: percent(sums.earned, sums.possible),
    }
}

/// The chapters of a unit with all below it.
fn total<'a>(cells: &HashMap<(UnitId, &'a str), ChapterSums>) -> HashMap<&'a str, ChapterSums> {
    let mut totals: HashMap<&str, ChapterSums> = HashMap::new();
    for ((_, chapter), sums) in cells {
        totals.entry(chapter).or_default().add(sums);
    }
    totals
}

/// The chapters that were answered worst, the worst first.
pub(super) fn weakest(totals: &HashMap<&str, ChapterSums>) -> Vec<WeakChapter> {
    let enough = totals.iter().filter(|(_, sums)| chapter_cell(sums).items >= FEW_ANSWERS);
    let mut weak: Vec<WeakChapter> = enough
        .filter_map(|(chapter, sums)| {
            let ChapterCell { items, percent } = chapter_cell(sums);
            Some(WeakChapter { chapter: (*chapter).to_owned(), percent: percent?, items })
        })
        .collect();
    weak.sort_unstable_by(|a, b| a.percent.total_cmp(&b.percent).then_with(|| a.chapter.cmp(&b.chapter)));
    weak.truncate(MOST_WEAK);
    weak
}
