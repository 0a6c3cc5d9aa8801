//! Events of attempts: appended, read, never changed.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::connection::on_backend;
use super::schema::{attempt_events, devices, sessions};
use super::{AnyConnection, StoreError};
use crate::domain::attempt_events::EventKind;
use crate::domain::ids::{MemberId, SessionId};
use crate::domain::time::Millis;

/// An event that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// When, by the server's clock.
    pub at: Millis,
    /// The mark of the session in which the attempt was answered, for [`EventKind::OtherDevice`].
    pub session_mark: Option<i64>,
    /// The reporter's own number, by which what is told twice is known.
    pub report: Option<i64>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The attempt's number.
    pub attempt_no: i64,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Millis,
    /// When the server was told.
    pub received_at: Millis,
    /// The mark of the session.
    pub session_mark: Option<i64>,
}

type Columns = (i64, i32, String, i64, i64, Option<i64>, Option<i64>);

impl TryFrom<Columns> for EventRow {
    type Error = StoreError;

    fn try_from(
        (attempt_no, _, kind, at, received_at, session_mark, _): Columns,
    ) -> Result<Self, StoreError> {
        let kind = EventKind::parse(&kind)
            .ok_or_else(|| StoreError::corrupt(format!("event of attempt number {attempt_no}"), kind))?;
        let (at, received_at) = (Millis(at), Millis(received_at));
        Ok(Self { attempt_no, kind, at, received_at, session_mark })
    }
}

/// Records those of `events` that are not known yet, as long as there is room for their kind; returns how many.
///
/// # Errors
/// [`StoreError::Busy`] when somebody else records events of the same attempt at the same moment.
pub fn record_events(
    connection: &mut AnyConnection,
    attempt_no: i64,
    events: &[NewEvent],
    now: Millis,
) -> Result<usize, StoreError> {
    let known: Vec<Columns> = attempt_events::table
        .filter(attempt_events::attempt_no.eq(attempt_no))
        .order(attempt_events::ordinal)
        .load(connection)?;
    let mut reports: HashSet<i64> = known.iter().filter_map(|row| row.6).collect();
    let is_device = |kind: &str| kind == EventKind::OtherDevice.as_str();
    let mut marks: HashSet<i64> =
        known.iter().filter(|row| is_device(&row.2)).filter_map(|row| row.5).collect();
    let mut pages = known.iter().filter(|row| !is_device(&row.2)).count();
    let mut ordinal = known.last().map_or(0, |row| row.1);
    let mut rows = Vec::new();
    for event in events {
        let is_new = match event.kind {
            EventKind::OtherDevice => {
                marks.len() < event.kind.most() && event.session_mark.is_some_and(|mark| marks.insert(mark))
            }
            EventKind::LeftPage | EventKind::CameBack => {
                let is_new =
                    pages < event.kind.most() && event.report.is_none_or(|report| reports.insert(report));
                pages += usize::from(is_new);
                is_new
            }
        };
        if !is_new {
            continue;
        }
        ordinal += 1;
        rows.push((
            attempt_events::attempt_no.eq(attempt_no),
            attempt_events::ordinal.eq(ordinal),
            attempt_events::kind.eq(event.kind.as_str()),
            attempt_events::at.eq(event.at.0),
            attempt_events::received_at.eq(now.0),
            attempt_events::session_mark.eq(event.session_mark),
            attempt_events::report.eq(event.report),
        ));
    }
    let insert = diesel::insert_into(attempt_events::table).values(&rows);
    let recorded = on_backend!(connection, concrete => insert.execute(concrete));
    recorded.map_err(|error| match error {
        diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _) => {
            StoreError::Busy("events of the same attempt are being recorded".into())
        }
        other => other.into(),
    })
}

/// The events of these attempts, by their numbers, in the order of their times.
///
/// # Errors
/// When the database fails.
pub fn list_events(
    connection: &mut AnyConnection,
    attempts: &[i64],
) -> Result<HashMap<i64, Vec<EventRow>>, StoreError> {
    let rows: Vec<Columns> = attempt_events::table
        .filter(attempt_events::attempt_no.eq_any(attempts.to_vec()))
        .order((attempt_events::attempt_no, attempt_events::at, attempt_events::ordinal))
        .load(connection)?;
    let mut events: HashMap<i64, Vec<EventRow>> = HashMap::new();
    for row in rows {
        events.entry(row.0).or_default().push(row.try_into()?);
    }
    Ok(events)
}

/// What the devices of a member's sessions are called, those that have ended too, by the marks of the sessions.
///
/// # Errors
/// When the database fails.
pub fn list_device_names(
    connection: &mut AnyConnection,
    member: MemberId,
) -> Result<HashMap<i64, String>, StoreError> {
    let rows: Vec<(String, String)> = devices::table
        .inner_join(sessions::table)
        .filter(sessions::member_id.eq(member.0))
        .select((sessions::id, devices::name))
        .load(connection)?;
    let marked = |(id, name): (String, String)| SessionId(id).mark().map(|mark| (mark, name));
    Ok(rows.into_iter().filter_map(marked).collect())
}
