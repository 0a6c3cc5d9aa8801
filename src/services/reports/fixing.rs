//! Fixing the reports of months that are closed: from the results and the memberships as they are at one instant,
//! for all units in one pass.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::board::{figures, own_figures, rank_children};
use super::days::weakest;
use super::monthly::{MOST_BEST, Parts, compose};
use super::{Reports, unit_ref};
use crate::domain::attempt::GRACE_MS;
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::month::Month;
use crate::domain::period::{Period, Span};
use crate::domain::ranking::{MemberStanding, UnitTotals};
use crate::domain::report::{BestMember, MonthlyReport};
use crate::domain::unit_day::ChapterSums;
use crate::live::scoreboard::{Board, Homes, Scope, UnitTree};
use crate::services::leaderboards::known::KnownUnits;
use crate::services::{Context, ServiceError};
use crate::store::results::{self, Wanted};
use crate::store::statistics::{self, DayFilter, WhichQuizzes};
use crate::store::{AnyConnection, StoreError, in_snapshot, members, monthly_reports, units as unit_store};

/// Reports of one write: what waits behind it must not wait long.
const REPORTS_A_WRITE: usize = 100;
/// Members whose names are asked for in one go.
const NAMES_AT_ONCE: usize = 5_000;

impl Reports {
    /// Fixes the reports of every month that is over and not closed yet; returns how many reports. To be called now
    /// and then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fix_months(&self) -> Result<usize, ServiceError> {
        let Some(first) = self.first_day().await? else { return Ok(0) };
        let this_month = Month::of(self.context.calendar.date(self.context.clock.now()));
        let mut count = 0;
        let mut month = Month::of(first);
        while month < this_month {
            if !self.is_closed(month).await? {
                count += self.fix(month).await?.unwrap_or(0);
            }
            month = month.after();
        }
        Ok(count)
    }

    /// Whether a month is closed: the reports of all units are fixed, and no other is made any more, whatever units
    /// are added later.
    pub(super) async fn is_closed(&self, month: Month) -> Result<bool, ServiceError> {
        let known = || self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&month) {
            return Ok(true);
        }
        let read = move |connection: &mut AnyConnection| monthly_reports::is_closed(connection, month);
        let is_closed = self.context.database.read(read).await?;
        if is_closed {
            known().insert(month);
        }
        Ok(is_closed)
    }

    /// Fixes the reports of a month that lack one, of all units, and closes it: answers how many reports, none when
    /// it is closed already. `None`, and nothing, when the month cannot be closed yet.
    pub(super) async fn fix(&self, month: Month) -> Result<Option<usize>, ServiceError> {
        let _turn = self.fixing.lock().await;
        if self.is_closed(month).await? {
            return Ok(Some(0));
        }
        let now = self.context.clock.now();
        let span = self.context.calendar.span(Period::Month, month.first());
        if now <= span.until.plus_ms(GRACE_MS) {
            return Ok(None);
        }
        let units = self.leaderboards.known_units().await?;
        let context = Arc::clone(&self.context);
        let read = move |connection: &mut AnyConnection| {
            in_snapshot(connection, |connection| work_out(&context, connection, &units, month))
        };
        let Some(reports) = self.context.database.read(read).await? else { return Ok(None) };
        let count = reports.len();
        let mut reports = reports.into_iter();
        loop {
            let some: Vec<(UnitId, MonthlyReport)> = reports.by_ref().take(REPORTS_A_WRITE).collect();
            if some.is_empty() {
                break;
            }
            let write = move |connection: &mut AnyConnection| {
                monthly_reports::fix_reports(connection, month, &some, now)
            };
            self.context.database.write_aside(write).await?;
        }
        let close =
            move |connection: &mut AnyConnection| monthly_reports::close_month(connection, month, now);
        self.context.database.write_aside(close).await?;
        Ok(Some(count))
    }
}

/// What is read of a month.
struct MonthRead {
    board: Board,
    homes: Arc<Homes>,
}

impl MonthRead {
    fn totals(&mut self, tree: &UnitTree, chosen: &HashSet<UnitId>) -> Vec<UnitTotals> {
        self.board.learn_homes(Arc::clone(&self.homes));
        self.board.unit_totals(tree, chosen)
    }
}

/// The reports that are missing; `None` when the month cannot be closed: an attempt of it runs, the statistics are
/// not up to date, or there were no results yet.
fn work_out(
    context: &Context,
    connection: &mut AnyConnection,
    units: &KnownUnits,
    month: Month,
) -> Result<Option<Vec<(UnitId, MonthlyReport)>>, ServiceError> {
    let calendar = &context.calendar;
    let span = |month: Month| calendar.span(Period::Month, month.first());
    let fixed = monthly_reports::list_fixed_units(connection, month)?;
    let mut wanted: Vec<UnitId> = units.rows().map(|row| row.id).collect();
    wanted.retain(|unit| !fixed.contains(unit));
    let progress = statistics::get_progress(connection)?;
    let is_up_to_date = progress.timezone == context.settings.timezone
        && progress.taken_no >= results::find_latest_no(connection)?;
    let has_begun = statistics::find_first_day(connection)?.is_some_and(|first| Month::of(first) <= month);
    if !is_up_to_date || !has_begun || monthly_reports::has_running(connection, span(month))? {
        return Ok(None);
    }
    let all: HashSet<UnitId> = units.rows().map(|row| row.id).collect();
    let [mut now, mut before] = read_months(context, connection, [span(month), span(month.before())])?;
    let totals = now.totals(units.tree(), &all);
    // What was said then stands, whatever has changed since; and a unit that is newer had nothing then.
    let mut figures_before = if monthly_reports::is_closed(connection, month.before())? {
        HashMap::new()
    } else {
        figures(&before.totals(units.tree(), &all))
    };
    let ids: Vec<UnitId> = all.iter().copied().collect();
    for (unit, fixed) in monthly_reports::list_fixed(connection, month.before(), &ids)? {
        figures_before.insert(unit, fixed.report.figures);
    }
    let mut best = name_best(connection, units, now.board.best_of_units(units.tree(), MOST_BEST))?;
    let chapters = add_up_chapters(connection, units, month)?;
    let report = |unit: UnitId| {
        let row = units.row(unit)?;
        let of_unit = chapters.get(&unit);
        let by_name =
            of_unit.into_iter().flatten().map(|(chapter, sums)| (chapter.as_str(), *sums)).collect();
        let report = compose(Parts {
            month,
            unit: row,
            now: own_figures(&totals, unit),
            before: figures_before.get(&unit).cloned(),
            ranking: rank_children(units, unit, &totals, Some(&figures_before)),
            best_members: best.remove(&unit).unwrap_or_default(),
            weak_chapters: weakest(&by_name),
        });
        Some((unit, report))
    };
    Ok(Some(wanted.into_iter().filter_map(report).collect()))
}

/// The boards of some months, from one pass over the results, and who belonged where at their ends.
fn read_months<const N: usize>(
    context: &Context,
    connection: &mut AnyConnection,
    spans: [Span; N],
) -> Result<[MonthRead; N], StoreError> {
    let mut boards = spans.map(|span| (Scope::Span(span.from, span.until), Board::default()));
    results::for_each_entry(connection, &Wanted::All, &context.calendar, |entry| {
        for (_, board) in boards.iter_mut().filter(|(scope, _)| scope.has(&entry)) {
            board.absorb(&entry);
        }
    })?;
    let mut homes = Vec::with_capacity(N);
    for span in spans {
        homes.push(Arc::new(Homes::new(unit_store::list_homes_at(connection, span.until.plus_ms(-1))?)));
    }
    let mut homes = homes.into_iter();
    Ok(boards.map(|(_, mut board)| {
        board.finish();
        MonthRead { board, homes: homes.next().unwrap_or_default() }
    }))
}

fn name_best(
    connection: &mut AnyConnection,
    units: &KnownUnits,
    best: HashMap<UnitId, Vec<MemberStanding>>,
) -> Result<HashMap<UnitId, Vec<BestMember>>, StoreError> {
    let ids: HashSet<MemberId> = best.values().flatten().map(|standing| standing.key.member).collect();
    let ids: Vec<MemberId> = ids.into_iter().collect();
    let mut names = HashMap::new();
    for some in ids.chunks(NAMES_AT_ONCE) {
        names.extend(members::list_names(connection, some)?);
    }
    let named = |standing: MemberStanding| {
        Some(BestMember {
            rank: standing.rank,
            member_id: standing.key.member,
            name: names.get(&standing.key.member)?.clone(),
            unit: unit_ref(units.row(standing.unit)?),
            score: standing.key.score.0,
            elapsed_ms: standing.key.elapsed_ms,
        })
    };
    Ok(best.into_iter().map(|(unit, rows)| (unit, rows.into_iter().filter_map(named).collect())).collect())
}

/// How each unit with all below it answered each chapter in a month.
fn add_up_chapters(
    connection: &mut AnyConnection,
    units: &KnownUnits,
    month: Month,
) -> Result<HashMap<UnitId, HashMap<String, ChapterSums>>, StoreError> {
    let mut chapters: HashMap<UnitId, HashMap<String, ChapterSums>> = HashMap::new();
    let filter =
        DayFilter { days: (month.first(), month.last()), quizzes: WhichQuizzes::Counting, units: None };
    statistics::for_each_unit_day(connection, &filter, |key, day| {
        for unit in units.tree().above(key.unit) {
            let of_unit = chapters.entry(unit).or_default();
            for (chapter, sums) in &day.chapters {
                of_unit.entry(chapter.clone()).or_default().add(sums);
            }
        }
    })?;
    Ok(chapters)
}
