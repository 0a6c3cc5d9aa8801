//! Events of attempts: told by the web app, and looked at by those who hold the quiz.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::ApiState;
use super::extract::{Admins, Anyone, Body, Caller, PathPart};
use super::problem::Problem;
use super::wire::timestamp;
use crate::domain::attempt_events::EventKind;
use crate::domain::ids::AttemptId;
use crate::domain::pace::Pace;
use crate::services::attempts::{AttemptEvents, EventCounts, EventRow, ReportedEvent};

/// How much happened around an attempt, for a person to judge. It changes no score and no rank.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCounts)]
pub(super) struct EventCountsResponse {
    /// Sessions besides the one in which it was begun, in which it was answered.
    other_devices: u32,
    /// How often its page was left.
    left_page: u32,
    /// Whether it was answered faster than anybody can read its items.
    too_fast: bool,
}

impl From<EventCounts> for EventCountsResponse {
    fn from(EventCounts { other_devices, left_page, too_fast }: EventCounts) -> Self {
        Self { other_devices, left_page, too_fast }
    }
}

/// Something that happened around an attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptEvent)]
pub(super) struct EventResponse {
    kind: EventKind,
    /// By the server's clock.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When the server was told: later when the phone had no network.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// The other device in plain words; null for other kinds, and when it is not known any more.
    #[schema(required)]
    device: Option<String>,
}

impl From<(EventRow, Option<String>)> for EventResponse {
    fn from((row, device): (EventRow, Option<String>)) -> Self {
        Self { kind: row.kind, at: timestamp(row.at), received_at: timestamp(row.received_at), device }
    }
}

/// How fast an attempt was answered, by the server's times.
#[derive(Serialize, ToSchema)]
#[schema(as = Pace)]
pub(super) struct PaceResponse {
    /// Items that have an answer.
    answered: u32,
    /// Characters of their stems and options; four letters or digits count as one.
    characters: i64,
    elapsed_ms: i64,
    /// What reading them takes at least, at ten times the speed of a practised reader.
    fastest_ms: i64,
    /// Whether it was faster.
    too_fast: bool,
}

impl From<Pace> for PaceResponse {
    fn from(pace: Pace) -> Self {
        let Pace { answered, characters, elapsed_ms, fastest_ms } = pace;
        Self { answered, characters, elapsed_ms, fastest_ms, too_fast: pace.is_too_fast() }
    }
}

/// What happened around an attempt, for a person to judge. It changes no score and no rank, and each of it can be
/// harmless: a call came in, the battery was empty.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptEvents)]
pub(super) struct EventsResponse {
    /// In the order of their times.
    items: Vec<EventResponse>,
    /// How long the page was hidden in all.
    away_ms: i64,
    /// Null while it runs.
    #[schema(required)]
    pace: Option<PaceResponse>,
}

impl From<AttemptEvents> for EventsResponse {
    fn from(events: AttemptEvents) -> Self {
        Self {
            items: events.events.into_iter().map(Into::into).collect(),
            away_ms: events.away_ms,
            pace: events.pace.map(Into::into),
        }
    }
}

/// What can happen to a page. Other devices are seen by the server alone.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PageEventKind {
    LeftPage,
    CameBack,
}

impl From<PageEventKind> for EventKind {
    fn from(kind: PageEventKind) -> Self {
        match kind {
            PageEventKind::LeftPage => Self::LeftPage,
            PageEventKind::CameBack => Self::CameBack,
        }
    }
}

/// Something that the web app tells of its page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReportedEvent)]
pub(super) struct EventWire {
    kind: PageEventKind,
    /// A random number of the app's own: what is sent again under the same number stands once.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    report: i64,
    /// How many milliseconds ago. The time is the server's, less this.
    #[schema(minimum = 0, maximum = 604_800_000)]
    ms_ago: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"events": [{"kind": "left_page", "report": 4_711, "ms_ago": 1_500}]}))]
pub(super) struct EventsRequest {
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<EventWire>,
}

/// Tell that the page with the paper was left or shown again, at a contest or an exam.
///
/// It changes neither score nor rank. Of one attempt 200 are kept.
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The attempt")),
    request_body = EventsRequest,
    responses((status = 204))
)]
#[post("/attempts/{id}/events")]
pub(super) async fn report_events(
    caller: Caller<Anyone>,
    state: Data<ApiState>,
    id: PathPart<String>,
    body: Body<EventsRequest>,
) -> Result<HttpResponse, Problem> {
    let reported: Vec<ReportedEvent> = body
        .0
        .events
        .into_iter()
        .map(|EventWire { kind, report, ms_ago }| ReportedEvent { kind: kind.into(), report, ms_ago })
        .collect();
    state.services.attempts.report_events(&caller.principal, AttemptId(id.0), &reported).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What happened around an attempt, for admins of its quiz's unit to judge.
#[utoipa::path(
    tag = "attempts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The attempt")),
    responses((status = 200, body = EventsResponse))
)]
#[get("/attempts/{id}/events")]
pub(super) async fn list_attempt_events(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    id: PathPart<String>,
) -> Result<Json<EventsResponse>, Problem> {
    Ok(Json(state.services.attempts.events(&caller.principal, AttemptId(id.0)).await?.into()))
}
