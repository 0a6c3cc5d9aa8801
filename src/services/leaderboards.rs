//! Rankings of members and of units, for a quiz or a period.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, QuizId, UnitId};
use crate::domain::org::{UnitKind, UnitPath};
use crate::domain::period::Period;
use crate::domain::ranking::{
    Counted, MemberKey, MemberStanding, UnitStanding, UnitTotals, counted, rank_members, rank_units,
};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::store::results::{self, Scope};
use crate::store::units::UnitRow;
use crate::store::{AnyConnection, StoreError, members, quizzes, units};

/// What a board looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// One quiz.
    Quiz(QuizId),
    /// A period: the one that holds the date, today when it is left out.
    Period(Period, Option<Date>),
}

/// One row of a member board, with the names that people read.
#[derive(Clone, Debug)]
pub struct MemberRowView {
    /// Rank and what it rests on.
    pub standing: MemberStanding,
    /// The member's name.
    pub name: String,
    /// The name of the unit.
    pub unit_name: String,
}

/// A page of a member board.
#[derive(Clone, Debug)]
pub struct MemberBoard {
    /// The instant for which it holds.
    pub as_of: Millis,
    /// The page.
    pub rows: Vec<MemberRowView>,
    /// The caller's own row, if there is one.
    pub me: Option<MemberRowView>,
    /// The key of the last row, when more follow.
    pub next: Option<MemberKey>,
}

/// One row of a unit board, with the names that people read.
#[derive(Clone, Debug)]
pub struct UnitRowView {
    /// Rank and what it rests on.
    pub standing: UnitStanding,
    /// The unit.
    pub unit: UnitRow,
}

/// A page of a unit board.
#[derive(Clone, Debug)]
pub struct UnitBoard {
    /// The instant for which it holds.
    pub as_of: Millis,
    /// The page.
    pub rows: Vec<UnitRowView>,
    /// The position of the first row that follows, when more follow.
    pub next: Option<usize>,
}

/// Rankings.
pub struct Leaderboards {
    context: Arc<Context>,
}

impl Leaderboards {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The members on a board, those with results for `unit` or below; the page after the row `after`.
    /// Boards are open to everybody who is logged in.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a quiz or unit that does not exist.
    pub async fn members(
        &self,
        principal: &Principal,
        board: Board,
        unit: Option<UnitId>,
        after: Option<MemberKey>,
        limit: usize,
    ) -> Result<MemberBoard, ServiceError> {
        let (context, me, as_of) = (Arc::clone(&self.context), principal.member_id, self.context.clock.now());
        self.context
            .database
            .read(move |connection| {
                let unit_rows: HashMap<UnitId, UnitRow> =
                    units::list_units(connection)?.into_iter().map(|unit| (unit.id, unit)).collect();
                let within = match unit {
                    Some(id) => Some(unit_rows.get(&id).ok_or(ServiceError::NotFound("unit"))?.path.clone()),
                    None => None,
                };
                let mut counted = load(&context, connection, board, as_of)?;
                if let Some(within) = within {
                    counted.retain_units(|unit| {
                        unit_rows.get(&unit).is_some_and(|unit| unit.path.is_inside(&within))
                    });
                }
                let standings = rank_members(&counted);
                let first = after.map_or(0, |after| standings.partition_point(|row| row.key <= after));
                let page = standings.iter().skip(first).take(limit);
                let next = (standings.len() > first + limit)
                    .then(|| page.clone().next_back().map(|row| row.key))
                    .flatten();
                let own = standings.iter().find(|row| row.key.member == me);
                let ids: Vec<MemberId> = page.clone().chain(own).map(|row| row.key.member).collect();
                let names = members::list_names(connection, &ids)?;
                let view = |standing: &MemberStanding| MemberRowView {
                    standing: standing.clone(),
                    name: names.get(&standing.key.member).cloned().unwrap_or_default(),
                    unit_name: unit_rows
                        .get(&standing.unit)
                        .map(|unit| unit.name.clone())
                        .unwrap_or_default(),
                };
                Ok(MemberBoard { as_of, rows: page.map(view).collect(), me: own.map(view), next })
            })
            .await
    }

    /// The units on a board: those of `kind` below `parent` (its direct children when `kind` is left
    /// out; the root when `parent` is left out), from the row at `first` on.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a quiz or unit that does not exist.
    pub async fn units(
        &self,
        _principal: &Principal,
        board: Board,
        parent: Option<UnitId>,
        kind: Option<UnitKind>,
        first: usize,
        limit: usize,
    ) -> Result<UnitBoard, ServiceError> {
        let (context, as_of) = (Arc::clone(&self.context), self.context.clock.now());
        self.context
            .database
            .read(move |connection| {
                let rows = units::list_units(connection)?;
                let parent = match parent {
                    Some(id) => rows.iter().find(|unit| unit.id == id),
                    None => rows.first(),
                };
                let parent = parent.ok_or(ServiceError::NotFound("unit"))?;
                let chosen: HashMap<UnitId, &UnitRow> = rows
                    .iter()
                    .filter(|unit| match kind {
                        Some(kind) => {
                            unit.kind == kind && unit.id != parent.id && unit.path.is_inside(&parent.path)
                        }
                        None => unit.parent_id == Some(parent.id),
                    })
                    .map(|unit| (unit.id, unit))
                    .collect();
                let counted = load(&context, connection, board, as_of)?;
                let homes = homes(&context, connection, board, as_of)?;
                let paths: HashMap<UnitId, &UnitPath> =
                    rows.iter().map(|unit| (unit.id, &unit.path)).collect();
                let standings = rank_units(totals(&counted, &chosen, &paths, &homes));
                let next = (standings.len() > first.saturating_add(limit)).then(|| first + limit);
                let rows = standings
                    .into_iter()
                    .skip(first)
                    .take(limit)
                    .filter_map(|standing| {
                        let unit = chosen.get(&standing.totals.unit).map(|&unit| unit.clone())?;
                        Some(UnitRowView { standing, unit })
                    })
                    .collect();
                Ok(UnitBoard { as_of, rows, next })
            })
            .await
    }
}

/// What counts on a board.
fn load(
    context: &Context,
    connection: &mut AnyConnection,
    board: Board,
    now: Millis,
) -> Result<Counted, ServiceError> {
    let scope = match board {
        Board::Quiz(id) => {
            quizzes::get_quiz(connection, id)?;
            Scope::Quiz(id)
        }
        Board::Period(period, on) => {
            let on = on.unwrap_or_else(|| context.calendar.date(now));
            Scope::Span(context.calendar.span(period, on))
        }
    };
    Ok(counted(results::list_entries(connection, scope, &context.calendar)?))
}

/// The unit of every active member: now for a board that is still open, at its end for one that is over,
/// so that a later transfer does not change a past period.
fn homes(
    context: &Context,
    connection: &mut AnyConnection,
    board: Board,
    now: Millis,
) -> Result<HashMap<MemberId, UnitId>, StoreError> {
    let end = match board {
        Board::Quiz(id) => quizzes::get_quiz(connection, id)?.rules.closes_at,
        Board::Period(period, Some(on)) => Some(context.calendar.span(period, on).until),
        Board::Period(_, None) => None,
    };
    match end {
        // The last instant that belongs to the board.
        Some(end) if end <= now => units::list_homes_at(connection, end.plus_ms(-1)),
        _ => units::list_homes(connection),
    }
}

fn totals(
    counted: &Counted,
    chosen: &HashMap<UnitId, &UnitRow>,
    paths: &HashMap<UnitId, &UnitPath>,
    homes: &HashMap<MemberId, UnitId>,
) -> Vec<UnitTotals> {
    let above = |unit: &UnitId| paths.get(unit).map(|path| path.ids()).unwrap_or_default();
    let mut totals: HashMap<UnitId, UnitTotals> =
        chosen.keys().map(|&unit| (unit, UnitTotals::empty(unit))).collect();
    for home in homes.values() {
        for unit in above(home) {
            if let Some(total) = totals.get_mut(&unit) {
                total.active_members += 1;
            }
        }
    }
    // Units without members are left out, whoever may once have earned something for them.
    totals.retain(|_, total| total.active_members > 0);
    let mut seen: HashSet<(UnitId, MemberId)> = HashSet::new();
    for entry in &counted.entries {
        for unit in above(&entry.unit) {
            let Some(total) = totals.get_mut(&unit) else { continue };
            total.score = total.score + entry.score;
            total.elapsed_ms = total.elapsed_ms.saturating_add(entry.elapsed_ms);
            total.results += 1;
            total.passed += u32::from(entry.passed);
            if seen.insert((unit, entry.member)) {
                total.participants += 1;
                // Moved or left since: the result stays here, so the member counts here too.
                let belongs = homes.get(&entry.member).is_some_and(|home| above(home).contains(&unit));
                total.active_members += u32::from(!belongs);
            }
        }
    }
    totals.into_values().collect()
}
