//! Bringing boards into memory, and keeping up with results that other instances write.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Board, Leaderboards};
use crate::domain::ids::QuizId;
use crate::domain::period::Period;
use crate::domain::quiz::{QuizKind, QuizState};
use crate::domain::time::Millis;
use crate::live::scoreboard::{self, Scope};
use crate::services::{Context, ServiceError};
use crate::store::results::{self, Wanted};
use crate::store::{StoreError, quizzes};

/// Results that several instances may be committing at the same time: so far below the highest number one
/// may still be missing when a program starts.
const MOST_IN_FLIGHT: i64 = 10_000;

/// How often a board is read whose results are voided while it is read.
const MOST_READINGS: usize = 5;

const PERIODS: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::All];

impl Leaderboards {
    /// The results that a board is made of.
    pub(super) async fn scope(&self, board: Board, now: Millis) -> Result<Scope, ServiceError> {
        match board {
            Board::Quiz(id) => {
                self.context.live_quiz(id).await?;
                Ok(Scope::Quiz(id))
            }
            Board::Period(period, on) => {
                let span =
                    self.context.calendar.span(period, on.unwrap_or_else(|| self.context.calendar.date(now)));
                Ok(Scope::Span(span.from, span.until))
            }
        }
    }

    /// A board from memory; the first time it is asked for, from the database.
    pub(super) async fn board(
        &self,
        board: Board,
        now: Millis,
    ) -> Result<Arc<RwLock<scoreboard::Board>>, ServiceError> {
        let scope = self.scope(board, now).await?;
        if let Some(board) = self.context.scoreboard.get(scope) {
            return Ok(board);
        }
        let _turn = self.reading.lock().await;
        if let Some(board) = self.context.scoreboard.get(scope) {
            return Ok(board);
        }
        let wanted = match scope {
            Scope::Quiz(quiz) => Wanted::Quiz(quiz),
            Scope::Span(..) => Wanted::All,
        };
        for _ in 0..MOST_READINGS {
            self.read_boards(&[scope], wanted.clone()).await?;
            if let Some(board) = self.context.scoreboard.get(scope) {
                return Ok(board);
            }
        }
        Err(ServiceError::Busy("results of the board are being voided".into()))
    }

    /// Reads the boards of the periods that hold this instant and of the quizzes that are open.
    pub(super) async fn read_current(&self) -> Result<(), ServiceError> {
        let now = self.context.clock.now();
        let voids = self.context.known_voids().await?;
        self.context.scoreboard.start_without(voids.results().map(|result| result.no));
        let (latest, open) = self
            .context
            .database
            .read(move |connection| -> Result<_, StoreError> {
                let is_open = |quiz: &quizzes::QuizRow| quiz.rules.state(now) == QuizState::Open;
                let open: Vec<QuizId> = quizzes::list_quizzes(connection)?
                    .into_iter()
                    .filter(is_open)
                    .map(|quiz| quiz.id)
                    .collect();
                Ok((results::find_latest_no(connection)?, open))
            })
            .await?;
        let in_flight = if self.context.is_shared() { MOST_IN_FLIGHT } else { 0 };
        self.context.scoreboard.start_after((latest - in_flight).max(0));
        let mut scopes = self.current_periods(now);
        scopes.extend(open.into_iter().take(MOST_QUIZZES_AT_START).map(Scope::Quiz));
        self.read_boards(&scopes, Wanted::All).await?;
        *self.followed.lock().unwrap_or_else(PoisonError::into_inner) = (now, latest);
        Ok(())
    }

    fn current_periods(&self, now: Millis) -> Vec<Scope> {
        let today = self.context.calendar.date(now);
        let scope = |period| {
            let span = self.context.calendar.span(period, today);
            Scope::Span(span.from, span.until)
        };
        PERIODS.into_iter().map(scope).collect()
    }

    /// Reads boards from one pass over the results that are `wanted`.
    pub(super) async fn read_boards(&self, scopes: &[Scope], wanted: Wanted) -> Result<(), ServiceError> {
        let scoreboard = Arc::clone(&self.context.scoreboard);
        scoreboard.expect(scopes);
        let (context, scopes) = (Arc::clone(&self.context), scopes.to_vec());
        let read = {
            let scopes = scopes.clone();
            self.context.database.read(move |connection| -> Result<(), StoreError> {
                let mut boards: Vec<_> = scopes
                    .iter()
                    .map(|&scope| {
                        let floor = context.scoreboard.floor_of(scope);
                        (scope, floor, scoreboard::Board::default(), HashSet::new())
                    })
                    .collect();
                results::for_each_entry(connection, &wanted, &context.calendar, |entry| {
                    for (scope, floor, board, above_floor) in &mut boards {
                        if scope.has(&entry) {
                            board.absorb(&entry);
                            if entry.no > *floor {
                                above_floor.insert(entry.no);
                            }
                        }
                    }
                })?;
                for (scope, _, mut board, above_floor) in boards {
                    board.finish();
                    context.scoreboard.put(scope, board, above_floor);
                }
                Ok(())
            })
        };
        let read = read.await;
        if read.is_err() {
            scoreboard.give_up(&scopes);
        }
        Ok(read?)
    }

    /// Takes in the results that other instances have written, takes off those that were voided, and makes the boards of periods that have
    /// begun. To be called at least twice a second.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn follow(&self) -> Result<(), ServiceError> {
        take_in_missing(&self.context).await?;
        let voids = self.context.known_voids().await?;
        self.context.take_off_boards(voids.results());
        let now = self.context.clock.now();
        let (before, after) = *self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let begun: Vec<Scope> = self
            .current_periods(now)
            .into_iter()
            .filter(|scope| matches!(scope, Scope::Span(from, _) if *from > before))
            .filter(|&scope| self.context.scoreboard.get(scope).is_none())
            .collect();
        let latest = self.context.scoreboard.missing().after;
        if !begun.is_empty() {
            let _turn = self.reading.lock().await;
            // What belongs to a period that has just begun was written after the last look.
            let after = after.saturating_sub(MOST_IN_FLIGHT).max(0);
            self.read_boards(&begun, Wanted::Numbered { after, numbers: vec![] }).await?;
        }
        *self.followed.lock().unwrap_or_else(PoisonError::into_inner) = (now, latest);
        Ok(())
    }

    /// Whether another instance has said that there are new results.
    pub fn expects_results(&self) -> bool {
        self.context.database.freshness().take_results_expected()
    }
}

/// Open quizzes whose boards are read at the start; the others are read when they are asked for.
const MOST_QUIZZES_AT_START: usize = 32;

/// Asks the database for results that were not told here.
async fn take_in_missing(context: &Arc<Context>) -> Result<(), ServiceError> {
    let missing = context.scoreboard.missing();
    let wanted = Wanted::Numbered { after: missing.after, numbers: missing.gaps };
    let now = context.clock.now();
    let context = Arc::clone(context);
    let database = context.database.clone();
    database
        .read(move |connection| -> Result<(), StoreError> {
            results::for_each_entry(connection, &wanted, &context.calendar, |entry| {
                if context.scoreboard.apply(&entry, now) {
                    context.signals.results_changed(entry.quiz, entry.kind != QuizKind::Practice);
                }
            })
        })
        .await?;
    Ok(())
}
