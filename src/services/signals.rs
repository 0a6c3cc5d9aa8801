//! What happens, told to those who wait for it: results that arrive, sessions that end, the end of the
//! server. Inside one instance; what another instance does is not heard here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::ServiceError;
use super::leaderboards::Board;
use crate::domain::ids::{MemberId, QuizId};

/// Most streams that one member holds open: a phone, a computer, some tabs.
const MOST_STREAMS_OF_A_MEMBER: usize = 6;

/// Tells those who wait.
pub struct Signals {
    state: Mutex<State>,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    quizzes: HashMap<QuizId, u64>,
    periods: u64,
    sessions: HashMap<MemberId, u64>,
    stopping: bool,
    closed: bool,
    streams: HashMap<MemberId, usize>,
    open: usize,
}

/// What somebody who waits has seen of it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Goes up with every result of the board.
    pub results: u64,
    /// Goes up whenever sessions of the member end.
    pub sessions: u64,
    /// Whether the server is about to end.
    pub closed: bool,
}

impl Signals {
    /// With nobody waiting.
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), changes: watch::Sender::new(()) }
    }

    /// A result was committed. `counts` is whether the quiz counts in the rankings of periods.
    pub fn results_changed(&self, quiz: QuizId, counts: bool) {
        self.change(|state| {
            *state.quizzes.entry(quiz).or_default() += 1;
            state.periods += u64::from(counts);
        });
    }

    /// Sessions of a member have ended.
    pub fn sessions_changed(&self, member: MemberId) {
        self.change(|state| *state.sessions.entry(member).or_default() += 1);
    }

    /// The server was told to stop: it answers for a while, and says that it is not ready.
    pub fn announce_stop(&self) {
        self.state().stopping = true;
    }

    /// Whether the server was told to stop.
    pub fn is_stopping(&self) -> bool {
        let state = self.state();
        state.stopping || state.closed
    }

    /// Streams that are open now.
    pub(super) fn open_streams(&self) -> usize {
        self.state().open
    }

    /// The server is about to end: whoever waits is sent away.
    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changes.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    pub(super) fn look(&self, board: Board, member: MemberId) -> Seen {
        let state = self.state();
        let results = match board {
            Board::Quiz(quiz) => state.quizzes.get(&quiz).copied().unwrap_or(0),
            Board::Period(..) => state.periods,
        };
        Seen { results, sessions: state.sessions.get(&member).copied().unwrap_or(0), closed: state.closed }
    }

    /// A place for one more stream of `member`, of `most` places for everybody.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when there is none.
    pub(super) fn take_place(self: &Arc<Self>, member: MemberId, most: usize) -> Result<Place, ServiceError> {
        let mut state = self.state();
        let own = state.streams.get(&member).copied().unwrap_or(0);
        if state.open >= most || own >= MOST_STREAMS_OF_A_MEMBER {
            return Err(ServiceError::Busy("too many streams are open".into()));
        }
        state.open += 1;
        state.streams.insert(member, own + 1);
        Ok(Place { signals: Arc::clone(self), member })
    }
}

/// A place that is free again when this is dropped.
pub(super) struct Place {
    signals: Arc<Signals>,
    member: MemberId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.signals.state();
        state.open = state.open.saturating_sub(1);
        let own = state.streams.get(&self.member).copied().unwrap_or(0);
        if own <= 1 {
            state.streams.remove(&self.member);
        } else {
            state.streams.insert(self.member, own - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::period::Period;

    #[test]
    fn a_board_hears_of_its_own_results_only() {
        let signals = Signals::new();
        let (one, two) = (Board::Quiz(QuizId(1)), Board::Quiz(QuizId(2)));
        let (day, member) = (Board::Period(Period::Day, None), MemberId(7));
        let results = || [one, two, day].map(|board| signals.look(board, member).results);
        signals.results_changed(QuizId(1), true);
        assert_eq!(results(), [1, 0, 1]);
        signals.results_changed(QuizId(2), false);
        assert_eq!(results(), [1, 1, 1]);
        signals.sessions_changed(MemberId(8));
        assert_eq!(signals.look(one, member).sessions, 0);
        signals.sessions_changed(member);
        assert_eq!(signals.look(one, member).sessions, 1);
    }

    #[test]
    fn places_are_bounded_for_all_and_for_each_and_come_free_again() {
        let signals = Arc::new(Signals::new());
        let taken: Vec<_> = (0..3).map(|member| signals.take_place(MemberId(member), 3).unwrap()).collect();
        assert!(signals.take_place(MemberId(9), 3).is_err());
        drop(taken);
        let own: Vec<_> =
            (0..MOST_STREAMS_OF_A_MEMBER).map(|_| signals.take_place(MemberId(1), 99).unwrap()).collect();
        assert!(signals.take_place(MemberId(1), 99).is_err());
        let other = signals.take_place(MemberId(2), 99);
        assert!(other.is_ok());
        drop(own);
        assert!(signals.take_place(MemberId(1), 99).is_ok());
    }
}
