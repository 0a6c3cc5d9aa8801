//! Rankings of members and of units, for a quiz or a period, from the scoreboard in memory.

mod boards;
pub(super) mod known;
mod totals;
mod verify;

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::civil::Date;
use quick_cache::sync::Cache;

use self::known::{KnownName, KnownUnits};
pub use self::totals::{BoardStamp, OpenTotals};
pub use self::verify::Difference;
use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, QuizId, UnitId};
use crate::domain::org::UnitKind;
use crate::domain::period::Period;
use crate::domain::ranking::{MemberKey, MemberStanding, UnitStanding, rank_units};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::live::latest::Latest;
use crate::live::scoreboard::{self, Homes};
use crate::store::units::UnitRow;

/// Names of members that are held in memory.
const MOST_NAMES: usize = 50_000;
/// Instants whose homes are held in memory: now, and the ends of boards that are over.
const MOST_HOMES: usize = 32;

/// What a board looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub name: Arc<str>,
    /// The name of the unit.
    pub unit_name: String,
}

/// A member board that is open to be read.
pub struct MemberBoard {
    /// The instant for which it holds.
    pub as_of: Millis,
    /// Pages that were written under the same stamp are still right; `None` when none may be kept.
    pub stamp: Option<(u64, u64)>,
    board: Arc<RwLock<scoreboard::Board>>,
    unit: Option<UnitId>,
    units: Arc<KnownUnits>,
}

/// A page of a member board.
#[derive(Clone, Debug)]
pub struct MemberPage {
    /// Its rows.
    pub rows: Vec<MemberRowView>,
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
    /// Boards are read from the database one after the other.
    reading: tokio::sync::Mutex<()>,
    /// When new periods were last looked for, and the number of the latest result then.
    followed: std::sync::Mutex<(Millis, i64)>,
    units: Latest<(), KnownUnits>,
    homes: Cache<Option<Millis>, (u64, Arc<Homes>)>,
    names: Cache<MemberId, KnownName>,
}

impl Leaderboards {
    /// Reads the boards of today: the periods that hold this instant, and the quizzes that are open.
    pub(super) async fn start(context: Arc<Context>) -> Result<Self, ServiceError> {
        let leaderboards = Self {
            context,
            reading: tokio::sync::Mutex::default(),
            followed: std::sync::Mutex::new((Millis(i64::MAX), 0)),
            units: Latest::new(1),
            homes: Cache::new(MOST_HOMES),
            names: Cache::new(MOST_NAMES),
        };
        leaderboards.read_current().await?;
        Ok(leaderboards)
    }

    /// Opens the board of members with results for `unit` or below. Boards are open to everybody who is
    /// logged in.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a quiz or unit that does not exist.
    pub async fn members(
        &self,
        _principal: &Principal,
        board: Board,
        unit: Option<UnitId>,
    ) -> Result<MemberBoard, ServiceError> {
        let as_of = self.context.clock.now();
        let generation = self.context.database.freshness().generation();
        let units = self.known_units().await?;
        // Everything counts for the root, which spares it an order of its own.
        let unit = unit.filter(|&unit| Some(unit) != units.root());
        if unit.is_some_and(|unit| !units.has(unit)) {
            return Err(ServiceError::NotFound("unit"));
        }
        let board = self.board(board, as_of).await?;
        if let Some(unit) = unit {
            let below = units.tree().below(unit);
            if !read(&board).has_order(unit, &below) {
                write(&board).make_order(unit, below);
            }
        }
        let stamp = generation.map(|generation| (generation, read(&board).version()));
        Ok(MemberBoard { as_of, stamp, board, unit, units })
    }

    /// A page of an open board: `limit` rows after the row `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(
        &self,
        open: &MemberBoard,
        after: Option<MemberKey>,
        limit: usize,
    ) -> Result<MemberPage, ServiceError> {
        let page = read(&open.board).page(open.unit, after, limit);
        Ok(MemberPage { rows: self.named(open, page.rows).await?, next: page.next })
    }

    /// Where one member stands on an open board.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn own(
        &self,
        open: &MemberBoard,
        member: MemberId,
    ) -> Result<Option<MemberRowView>, ServiceError> {
        let own = read(&open.board).own(open.unit, member);
        Ok(self.named(open, own.into_iter().collect()).await?.pop())
    }

    async fn named(
        &self,
        open: &MemberBoard,
        standings: Vec<MemberStanding>,
    ) -> Result<Vec<MemberRowView>, ServiceError> {
        let names = self.names_of(standings.iter().map(|standing| standing.key.member)).await?;
        let row = |(standing, name): (MemberStanding, Arc<str>)| MemberRowView {
            unit_name: open.units.name(standing.unit),
            standing,
            name,
        };
        Ok(standings.into_iter().zip(names).map(row).collect())
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
        let as_of = self.context.clock.now();
        let units = self.known_units().await?;
        let parent = parent.or(units.root()).and_then(|unit| units.row(unit));
        let parent = parent.ok_or(ServiceError::NotFound("unit"))?;
        let is_chosen = |unit: &&UnitRow| match kind {
            Some(kind) => unit.kind == kind && unit.id != parent.id && unit.path.is_inside(&parent.path),
            None => unit.parent_id == Some(parent.id),
        };
        let chosen: HashSet<UnitId> = units.rows().filter(is_chosen).map(|unit| unit.id).collect();
        let standings = rank_units(self.open_totals(board, as_of).await?.totals(&units, &chosen));
        let next = (standings.len() > first.saturating_add(limit)).then(|| first + limit);
        let rows = standings
            .into_iter()
            .skip(first)
            .take(limit)
            .filter_map(|standing| {
                let unit = units.row(standing.totals.unit).cloned()?;
                Some(UnitRowView { standing, unit })
            })
            .collect();
        Ok(UnitBoard { as_of, rows, next })
    }
}

fn read(board: &RwLock<scoreboard::Board>) -> RwLockReadGuard<'_, scoreboard::Board> {
    board.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(board: &RwLock<scoreboard::Board>) -> RwLockWriteGuard<'_, scoreboard::Board> {
    board.write().unwrap_or_else(PoisonError::into_inner)
}
