//! Streams: those who look at a board are told when it has changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::leaderboards::Board;
use super::signals::{Place, Seen, Signals};
use super::{Context, ServiceError};
use crate::domain::ids::MemberId;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::store::quizzes;

/// Least time between two looks, and so between two events of a stream.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a stream shows that it is alive: well below the minute after which proxies close what is silent.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);

/// Streams.
pub struct Streams {
    context: Arc<Context>,
}

impl Streams {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Opens a stream about a board. Boards are open to everybody who is logged in.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a quiz that does not exist; [`ServiceError::Busy`] when as many
    /// streams are open as there may be, of this member or in all.
    pub async fn open(&self, principal: &Principal, board: Board) -> Result<BoardStream, ServiceError> {
        let signals = Arc::clone(&self.context.signals);
        let member = principal.member_id;
        let place = signals.take_place(member, self.context.settings.open_streams)?;
        let changes = signals.subscribe();
        let seen = signals.look(board, member);
        if let Board::Quiz(quiz) = board {
            self.context.database.read(move |connection| quizzes::get_quiz(connection, quiz)).await?;
        }
        let now = Instant::now();
        Ok(BoardStream {
            context: Arc::clone(&self.context),
            signals,
            changes,
            board,
            member,
            seen,
            look_at: now,
            heartbeat_at: now + HEARTBEAT_EVERY,
            _place: place,
        })
    }
}

/// What a stream has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The board has changed; the instant is this one.
    Changed(Millis),
    /// Nothing has happened for a while, or sessions of the member have ended: see whether the caller may
    /// still listen.
    Check,
}

/// A stream about one board.
pub struct BoardStream {
    context: Arc<Context>,
    signals: Arc<Signals>,
    changes: watch::Receiver<()>,
    board: Board,
    member: MemberId,
    seen: Seen,
    look_at: Instant,
    heartbeat_at: Instant,
    _place: Place,
}

impl BoardStream {
    /// Waits for the next event, at most for the time between two signs of life; `None` when the server ends.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if self.signals.look(self.board, self.member).closed {
                return None;
            }
            match timeout_at(self.heartbeat_at, self.changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => {
                    self.heartbeat_at = Instant::now() + HEARTBEAT_EVERY;
                    return Some(StreamEvent::Check);
                }
            }
            // Whatever happens in this second is told once, at its end.
            sleep_until(self.look_at).await;
            self.look_at = Instant::now() + LOOK_EVERY;
            self.changes.mark_unchanged();
            let seen = self.signals.look(self.board, self.member);
            let before = std::mem::replace(&mut self.seen, seen);
            if seen.sessions != before.sessions {
                // What else has changed is told after the check.
                self.seen.results = before.results;
                self.changes.mark_changed();
                return Some(StreamEvent::Check);
            }
            if seen.results != before.results {
                return Some(StreamEvent::Changed(self.context.clock.now()));
            }
        }
    }
}
