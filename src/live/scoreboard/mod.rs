//! The scoreboard: rankings in memory, a read model of the graded attempts and never a second truth. Every
//! result has a number; results are taken in as they are committed, each once however often it is told,
//! and a board that is read from the database while results come in misses none and counts none twice.

mod board;
mod feed;
mod record;
mod units;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

pub use self::board::{Board, Page};
pub use self::feed::Feed;
pub use self::units::{Homes, UnitTree};
use crate::domain::ids::QuizId;
use crate::domain::period::Span;
use crate::domain::quiz::QuizKind;
use crate::domain::ranking::Entry;
use crate::domain::time::Millis;

/// Boards that are held; the one that was asked for longest ago goes first.
const MOST_BOARDS: usize = 64;

/// Which results a board is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Those of one quiz.
    Quiz(QuizId),
    /// Those submitted from the first to before the second instant (of a `daily` quiz: begun then, because
    /// its days are those of the beginning), practice left out.
    Span(Millis, Millis),
}

impl Scope {
    /// Whether the board of this scope has `result` on it.
    pub fn has(self, result: &Entry) -> bool {
        self.has_one_of(result.quiz, result.kind, result.started_at, result.submitted_at)
    }

    fn has_one_of(self, of: QuizId, kind: QuizKind, started_at: Millis, submitted_at: Millis) -> bool {
        match self {
            Self::Quiz(quiz) => quiz == of,
            Self::Span(from, until) => {
                let span = Span { from, until };
                match kind {
                    QuizKind::Practice => false,
                    QuizKind::Daily => span.contains(started_at),
                    QuizKind::Contest | QuizKind::Exam => span.contains(submitted_at),
                }
            }
        }
    }
}

/// A result that counts for nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voided {
    /// Its number.
    pub no: i64,
    /// Its quiz.
    pub quiz: QuizId,
    /// What the quiz is for.
    pub kind: QuizKind,
    /// When the attempt was begun.
    pub started_at: Millis,
    /// When it was submitted.
    pub submitted_at: Millis,
}

/// A board that is being read from the database, and what has come in since.
struct Loading {
    floor: i64,
    came_in: Vec<Entry>,
    /// Whether a result was voided that may have been read already.
    is_spoiled: bool,
}

struct Held {
    board: Arc<RwLock<Board>>,
    /// Results that were read from the database and that the feed has not told yet.
    ahead: HashSet<i64>,
    asked_at: u64,
}

#[derive(Default)]
struct State {
    feed: Feed,
    loading: HashMap<Scope, Loading>,
    boards: HashMap<Scope, Held>,
    asked: u64,
    /// The numbers of the results that count for nothing.
    voided: HashSet<i64>,
}

/// All boards in memory.
#[derive(Default)]
pub struct Scoreboard {
    state: Mutex<State>,
}

impl Scoreboard {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes results that were voided before any board was read.
    pub fn start_without(&self, numbers: impl IntoIterator<Item = i64>) {
        self.state().voided.extend(numbers);
    }

    /// Takes a result off: the boards that have it are forgotten, and are read anew when they are asked for.
    /// It stays off, whoever tells it later. False the second time, which does nothing.
    pub fn void(&self, result: &Voided) -> bool {
        let mut state = self.state();
        if !state.voided.insert(result.no) {
            return false;
        }
        let Voided { quiz, kind, started_at, submitted_at, .. } = *result;
        let has = |scope: Scope| scope.has_one_of(quiz, kind, started_at, submitted_at);
        state.boards.retain(|&scope, _| !has(scope));
        for (_, loading) in state.loading.iter_mut().filter(|(scope, _)| has(**scope)) {
            loading.is_spoiled = true;
        }
        true
    }

    /// Takes in a committed result; false for a voided one and the second time, which does nothing.
    pub fn apply(&self, result: &Entry, now: Millis) -> bool {
        let mut state = self.state();
        let State { feed, loading, boards, voided, .. } = &mut *state;
        if !feed.take(result.no, now) || voided.contains(&result.no) {
            return false;
        }
        for (scope, loading) in loading {
            if scope.has(result) {
                loading.came_in.push(result.clone());
            }
        }
        for (scope, held) in boards {
            if scope.has(result) && !held.ahead.remove(&result.no) {
                held.board.write().unwrap_or_else(PoisonError::into_inner).apply(result);
            }
        }
        true
    }

    /// The board of `scope`, if it is in memory.
    pub fn get(&self, scope: Scope) -> Option<Arc<RwLock<Board>>> {
        let mut state = self.state();
        state.asked += 1;
        let asked = state.asked;
        let held = state.boards.get_mut(&scope)?;
        held.asked_at = asked;
        Some(Arc::clone(&held.board))
    }

    /// Says that the boards of `scopes` are going to be read from the database: from now on nothing that
    /// comes in is lost to them. To be followed by [`Scoreboard::put`] or [`Scoreboard::give_up`].
    pub fn expect(&self, scopes: &[Scope]) {
        let mut state = self.state();
        let floor = state.feed.floor();
        for &scope in scopes {
            state.loading.insert(scope, Loading { floor, came_in: vec![], is_spoiled: false });
        }
    }

    /// The number up to which every result was taken in when `scope` was first expected: all of them are
    /// in what is read after that.
    pub fn floor_of(&self, scope: Scope) -> i64 {
        self.state().loading.get(&scope).map_or(0, |loading| loading.floor)
    }

    /// Forgets that a board is being read.
    pub fn give_up(&self, scopes: &[Scope]) {
        let mut state = self.state();
        for scope in scopes {
            state.loading.remove(scope);
        }
    }

    /// Holds a board that was read, unless a result was voided meanwhile: then it has to be read again.
    /// `above_floor` are the numbers of its results above [`Scoreboard::floor_of`].
    pub fn put(&self, scope: Scope, mut board: Board, above_floor: HashSet<i64>) {
        let mut state = self.state();
        let mut ahead = above_floor;
        if let Some(loading) = state.loading.remove(&scope) {
            if loading.is_spoiled {
                return;
            }
            for result in &loading.came_in {
                if !ahead.remove(&result.no) {
                    board.apply(result);
                }
            }
        }
        ahead.retain(|&no| !state.feed.has_taken(no));
        state.asked += 1;
        // Room for a trillion results before two boards could meet.
        board.start_version(state.asked << 40);
        let held = Held { board: Arc::new(RwLock::new(board)), ahead, asked_at: state.asked };
        state.boards.insert(scope, held);
        if state.boards.len() > MOST_BOARDS {
            let oldest = state.boards.iter().min_by_key(|(_, held)| held.asked_at).map(|(&scope, _)| scope);
            oldest.and_then(|scope| state.boards.remove(&scope));
        }
    }

    /// What the feed has to ask the database for.
    pub fn missing(&self) -> feed::Missing {
        self.state().feed.missing()
    }

    /// Says that everything up to `no` was committed before anything was read.
    pub fn start_after(&self, no: i64) {
        self.state().feed.start_after(no);
    }

    /// The scopes that are held.
    pub fn scopes(&self) -> Vec<Scope> {
        self.state().boards.keys().copied().collect()
    }

    /// Forgets all boards: what was read cannot be trusted any more.
    pub fn clear(&self) {
        let mut state = self.state();
        let voided = std::mem::take(&mut state.voided);
        *state = State { voided, ..State::default() };
    }
}

#[cfg(test)]
mod tests;
