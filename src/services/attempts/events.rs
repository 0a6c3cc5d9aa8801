//! Events of attempts at contests and exams, for those who look after the quiz to judge. They change nothing: no
//! score, no rank, no attempt; and no answer fails because one could not be written.

use std::collections::HashMap;
use std::sync::Arc;

use super::loaded::Loaded;
use super::{AttemptRow, Attempts};
use crate::domain::attempt_events::{EventKind, are_recorded, happened_at, time_away};
use crate::domain::ids::{AttemptId, SessionId};
use crate::domain::pace::Pace;
use crate::domain::question::Fault;
use crate::domain::roles::Principal;
use crate::message;
use crate::services::{Context, ServiceError};
pub use crate::store::events::EventRow;
use crate::store::events::{NewEvent, list_device_names, list_events, record_events};
use crate::store::quizzes::QuizRow;
use crate::store::{AnyConnection, attempts, quizzes};

/// Events of one report at most.
const MOST_REPORTED: usize = 100;
/// Sessions besides its own in which an attempt was answered, that are remembered as recorded.
pub(super) const MOST_OTHER_SESSIONS: usize = 10_000;
/// Numbers of reports are below this, so that every client can write them exactly.
const REPORTS_BELOW: i64 = 1 << 53;
/// Nothing is reported that is older, in milliseconds: a week.
const OLDEST_MS: i64 = 7 * 86_400_000;

/// What the web app tells of its page.
#[derive(Clone, Copy, Debug)]
pub struct ReportedEvent {
    /// That it was hidden or shown again.
    pub kind: EventKind,
    /// A number of the app's own, so that what is sent twice counts once.
    pub report: i64,
    /// How long ago, in milliseconds.
    pub ms_ago: i64,
}

/// How much there is to look at in an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// Further sessions in which it was answered.
    pub other_devices: u32,
    /// How often its page was left.
    pub left_page: u32,
    /// Whether it was answered faster than anybody reads.
    pub too_fast: bool,
}

/// What happened around an attempt.
#[derive(Clone, Debug)]
pub struct AttemptEvents {
    /// The events in the order of their times, each with the name of the other device.
    pub events: Vec<(EventRow, Option<String>)>,
    /// How much that is.
    pub counts: EventCounts,
    /// How long the page was hidden, in milliseconds.
    pub away_ms: i64,
    /// How fast it was answered, once it has its result.
    pub pace: Option<Pace>,
}

impl Attempts {
    /// Notes in which session an attempt was answered, when it is another one than that in which it was begun and
    /// was not seen before. Where it is the same this only compares two numbers.
    pub(super) async fn note_session(&self, loaded: &Loaded, session: Option<&SessionId>) {
        let (Some(begun), Some(mark)) = (loaded.attempt.session_mark, session.and_then(SessionId::mark))
        else {
            return;
        };
        if begun == mark || !are_recorded(loaded.quiz.quiz.rules.kind) {
            return;
        }
        let no = loaded.attempt.no;
        if self.other_sessions.get(&(no, mark)).is_some() {
            return;
        }
        self.other_sessions.insert((no, mark), ());
        let at = self.context.clock.now();
        let event = NewEvent { kind: EventKind::OtherDevice, at, session_mark: Some(mark), report: None };
        let write = move |connection: &mut AnyConnection| record_events(connection, no, &[event], at);
        if let Err(error) = self.context.database.write_aside(write).await {
            // The answer stands. The next one from there tries again.
            self.other_sessions.remove(&(no, mark));
            tracing::warn!(attempt = %loaded.attempt.id, %error, "an event could not be recorded");
        }
    }

    /// Takes in what the web app tells of its page, also after the attempt has ended: it may have been out of
    /// reach. The time is the server's, less what the app says has passed, and lies within the attempt.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Invalid`], also at a quiz where nothing is recorded.
    pub async fn report_events(
        &self,
        principal: &Principal,
        id: AttemptId,
        reported: &[ReportedEvent],
    ) -> Result<(), ServiceError> {
        let loaded = self.load_held_own(principal, &id).await?;
        check(&loaded, reported)?;
        let now = self.context.clock.now();
        let attempt = &loaded.attempt;
        let ended = attempt.result.as_ref().map(|result| result.submitted_at).or(attempt.deadline);
        let events: Vec<NewEvent> = reported
            .iter()
            .map(|event| NewEvent {
                kind: event.kind,
                at: happened_at(now, event.ms_ago, attempt.started_at, ended),
                session_mark: None,
                report: Some(event.report),
            })
            .collect();
        let no = attempt.no;
        let write = move |connection: &mut AnyConnection| record_events(connection, no, &events, now);
        self.context.database.write_aside(write).await?;
        Ok(())
    }

    /// What happened around an attempt, for an admin of its quiz's unit.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is none in the caller's scope.
    pub async fn events(&self, principal: &Principal, id: AttemptId) -> Result<AttemptEvents, ServiceError> {
        let (principal, context) = (principal.clone(), Arc::clone(&self.context));
        self.context
            .database
            .read(move |connection| -> Result<_, ServiceError> {
                let attempt = attempts::get_attempt(connection, &id)?;
                let quiz = quizzes::get_quiz(connection, attempt.quiz_id)?;
                if !principal.is_admin_of(&quiz.unit_path) {
                    return Err(ServiceError::NotFound("attempt"));
                }
                read_events(&context, connection, attempt)
            })
            .await
    }
}

/// What happened around an attempt.
pub(in crate::services) fn read_events(
    context: &Context,
    connection: &mut AnyConnection,
    attempt: AttemptRow,
) -> Result<AttemptEvents, ServiceError> {
    let rows = list_events(connection, &[attempt.no])?.remove(&attempt.no).unwrap_or_default();
    let devices = list_device_names(connection, attempt.member_id)?;
    let ended = attempt.result.as_ref().map(|result| result.submitted_at);
    let until = ended.unwrap_or_else(|| context.clock.now());
    let away_ms = time_away(rows.iter().map(|row| (row.kind, row.at)), until);
    let pace = pace_of(context, connection, attempt)?;
    let counts = count(&rows, pace);
    let named = |row: EventRow| {
        let device = row.session_mark.and_then(|mark| devices.get(&mark).cloned());
        (row, device)
    };
    Ok(AttemptEvents { events: rows.into_iter().map(named).collect(), counts, away_ms, pace })
}

/// How much there is to look at in each of these attempts at a quiz; nothing at one where nothing is recorded.
pub(in crate::services) fn count_events(
    context: &Context,
    connection: &mut AnyConnection,
    quiz: &QuizRow,
    ids: &[AttemptId],
) -> Result<HashMap<AttemptId, EventCounts>, ServiceError> {
    if !are_recorded(quiz.rules.kind) {
        return Ok(HashMap::new());
    }
    let rows = attempts::list_attempts_by_id(connection, ids)?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.no).collect();
    let events = list_events(connection, &numbers)?;
    let mut counts = HashMap::with_capacity(rows.len());
    for row in rows {
        let of_attempt = events.get(&row.no).map(Vec::as_slice).unwrap_or_default();
        let id = row.id.clone();
        let pace = pace_of(context, connection, row)?;
        counts.insert(id, count(of_attempt, pace));
    }
    Ok(counts)
}

fn count(events: &[EventRow], pace: Option<Pace>) -> EventCounts {
    let of =
        |kind| u32::try_from(events.iter().filter(|event| event.kind == kind).count()).unwrap_or(u32::MAX);
    EventCounts {
        other_devices: of(EventKind::OtherDevice),
        left_page: of(EventKind::LeftPage),
        too_fast: pace.is_some_and(|pace| pace.is_too_fast()),
    }
}

/// How fast a graded attempt at a contest or an exam was answered. Worked out when it is read: the answers, the
/// paper and the server's times stand, so one rule holds for all attempts, also for those from before the rule.
fn pace_of(
    context: &Context,
    connection: &mut AnyConnection,
    attempt: AttemptRow,
) -> Result<Option<Pace>, ServiceError> {
    let Some(elapsed_ms) = attempt.result.as_ref().map(|result| result.elapsed_ms) else { return Ok(None) };
    let generation = context.database.freshness().generation();
    let quiz = context.read_live_quiz(connection, attempt.quiz_id, generation)?;
    if !are_recorded(quiz.quiz.rules.kind) {
        return Ok(None);
    }
    let loaded = Loaded::new(context, connection, attempt, quiz)?;
    let (bank, paper) = (loaded.snapshot.questions(), loaded.paper());
    Ok(Some(Pace::of(bank, &paper, &loaded.attempt.answers, elapsed_ms)))
}

/// Checks what is reported of an attempt.
fn check(loaded: &Loaded, reported: &[ReportedEvent]) -> Result<(), ServiceError> {
    if !are_recorded(loaded.quiz.quiz.rules.kind) {
        let message = message!(
            "只有竞赛和考试记录离开页面",
            "pages that are left are recorded at contests and exams only"
        );
        return Err(ServiceError::invalid("/events", message));
    }
    if !(1..=MOST_REPORTED).contains(&reported.len()) {
        let message = message!("一次 1 到 {MOST_REPORTED} 条", "1 to {MOST_REPORTED} events at a time");
        return Err(ServiceError::invalid("/events", message));
    }
    let mut faults = Vec::new();
    for (index, event) in reported.iter().enumerate() {
        let mut refuse = |field: &str, message| {
            faults.push(Fault { pointer: format!("/events/{index}/{field}"), message });
        };
        if event.kind == EventKind::OtherDevice {
            refuse("kind", message!("应为 left_page 或 came_back", "is one of left_page, came_back"));
        }
        if !(1..REPORTS_BELOW).contains(&event.report) {
            refuse("report", message!("应为 1 到 2^53 之间的整数", "is a whole number from 1 to below 2^53"));
        }
        if !(0..=OLDEST_MS).contains(&event.ms_ago) {
            refuse("ms_ago", message!("应为 0 到 {OLDEST_MS} 之间的整数", "is 0 to {OLDEST_MS}"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceError::Invalid(faults)) }
}
