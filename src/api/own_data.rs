//! What is held about me, as one file.

use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, get};
use futures_util::stream;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::app::ApiState;
use super::attempt_events::EventsResponse;
use super::attempts::{AttemptResponse, write_attempt};
use super::download::attachment;
use super::extract::{Anyone, Caller};
use super::limit::Heavy;
use super::problem::Problem;
use super::wire::{RoleGrant, UnitName, roles, timestamp, with_ready_field};
use crate::domain::audit::Action;
use crate::domain::ids::QuestionId;
use crate::domain::quiz::QuizKind;
use crate::domain::roles::Principal;
use crate::services::ServiceError;
use crate::services::audit::EntryRow;
use crate::services::own_data::{OwnAccount, OwnAttempt, OwnLearningRow};

/// How long a reader may leave a piece of the file lying.
const PATIENCE: Duration = Duration::from_secs(60);

/// My account.
#[derive(Serialize, ToSchema)]
struct OwnAccountPart {
    id: i64,
    login: String,
    name: String,
    unit: UnitName,
    roles: Vec<RoleGrant>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A unit that I belonged to.
#[derive(Serialize, ToSchema)]
struct OwnMembership {
    unit: UnitName,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// A login of mine, also one that has ended.
#[derive(Serialize, ToSchema)]
struct OwnSession {
    device: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    used_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// A local date on which I practised.
#[derive(Serialize, ToSchema)]
struct OwnPracticeDay {
    day: String,
    answered: i32,
}

/// What I made of a question. Those on a paper of mine whose keys are hidden now are left out.
#[derive(Serialize, ToSchema)]
struct OwnPractice {
    bank: String,
    code: String,
    seen: i32,
    wrong_times: i32,
    last_correct: bool,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
    last_answer: Vec<String>,
}

impl From<OwnLearningRow> for OwnPractice {
    fn from(row: OwnLearningRow) -> Self {
        let OwnLearningRow { bank, code, seen, wrong_times, last_correct, last_at, last_answer, .. } = row;
        let last_at = timestamp(last_at);
        Self { bank: bank.1, code, seen, wrong_times, last_correct, last_at, last_answer }
    }
}

/// A question that I marked.
#[derive(Serialize, ToSchema)]
struct OwnFavourite {
    bank: String,
    code: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The quiz of an attempt of mine.
#[derive(Serialize, ToSchema)]
struct OwnQuiz {
    title: String,
    kind: QuizKind,
}

/// Something that was done to my account.
#[derive(Serialize, ToSchema)]
struct OwnChange {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = String)]
    action: Action,
    /// Whether it was I.
    by_me: bool,
    #[schema(required, value_type = Option<Object>)]
    before: Option<Value>,
    #[schema(required, value_type = Option<Object>)]
    after: Option<Value>,
}

/// Something that I did as an admin: without the data of others.
#[derive(Serialize, ToSchema)]
struct OwnAction {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = String)]
    action: Action,
    /// `KIND:ID`.
    subject: String,
}

/// An attempt of mine as `GET /attempts/{id}` shows it, its quiz, and what happened around it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is written piece by piece")]
struct OwnAttemptPart {
    #[schema(inline)]
    #[serde(flatten)]
    attempt: AttemptResponse,
    quiz: OwnQuiz,
    events: EventsResponse,
}

/// Everything that is held about me.
#[derive(ToSchema)]
#[schema(as = OwnData)]
#[expect(dead_code, reason = "describes what is written piece by piece")]
pub(super) struct OwnDataResponse {
    #[schema(value_type = String, format = DateTime)]
    exported_at: Timestamp,
    account: OwnAccountPart,
    memberships: Vec<OwnMembership>,
    sessions: Vec<OwnSession>,
    practice_days: Vec<OwnPracticeDay>,
    practice: Vec<OwnPractice>,
    favourites: Vec<OwnFavourite>,
    /// The latest first.
    attempts: Vec<OwnAttemptPart>,
    /// What was done to my account, the latest first.
    changes: Vec<OwnChange>,
    /// What I did as an admin, the latest first.
    actions: Vec<OwnAction>,
}

/// Writes the file piece by piece to whoever reads it.
struct Writer {
    state: Data<ApiState>,
    principal: Principal,
    send: mpsc::Sender<Result<Bytes, ServiceError>>,
}

impl Writer {
    async fn pass(&self, piece: Vec<u8>) -> Result<(), ServiceError> {
        let sent = self.send.send_timeout(Ok(Bytes::from(piece)), PATIENCE).await;
        sent.map_err(|_| ServiceError::Internal("nobody takes the file".into()))
    }

    /// Begins or goes on with a list; `is_first` says which, and is told.
    async fn items<T: Serialize>(
        &self,
        items: impl IntoIterator<Item = T>,
        is_first: &mut bool,
    ) -> Result<(), ServiceError> {
        let mut piece = Vec::new();
        for item in items {
            if !std::mem::take(is_first) {
                piece.push(b',');
            }
            piece.extend(json(&item)?);
        }
        self.pass(piece).await
    }

    async fn write(&self) -> Result<(), ServiceError> {
        let own = &self.state.services.own_data;
        let now = self.state.services.context.clock.now();
        let mut piece = b"{\"exported_at\":".to_vec();
        piece.extend(json(&timestamp(now))?);
        account(&mut piece, own.account(&self.principal).await?)?;
        piece.extend_from_slice(b",\"practice\":[");
        self.pass(piece).await?;
        let (mut after, mut is_first) = (Some(QuestionId(0)), true);
        while let Some(from) = after {
            let (rows, next) = own.practice(&self.principal, from).await?;
            self.items(rows.into_iter().map(OwnPractice::from), &mut is_first).await?;
            after = next;
        }
        self.pass(b"],\"favourites\":[".to_vec()).await?;
        (after, is_first) = (Some(QuestionId(0)), true);
        while let Some(from) = after {
            let (rows, next) = own.favourites(&self.principal, from).await?;
            let favourite = |(bank, code, at)| OwnFavourite { bank, code, created_at: timestamp(at) };
            self.items(rows.into_iter().map(favourite), &mut is_first).await?;
            after = next;
        }
        self.pass(b"],\"attempts\":[".to_vec()).await?;
        let (mut before, mut is_first) = (None, true);
        loop {
            let attempts = own.attempts(&self.principal, before).await?;
            let Some(last) = attempts.last() else { break };
            before = Some((last.listed.attempt.started_at, last.listed.attempt.id.clone()));
            for attempt in attempts {
                let mut piece = if std::mem::take(&mut is_first) { vec![] } else { b",".to_vec() };
                piece.extend(self.attempt(attempt)?);
                self.pass(piece).await?;
            }
        }
        self.lines().await?;
        self.pass(b"]}\n".to_vec()).await
    }

    fn attempt(&self, attempt: OwnAttempt) -> Result<Vec<u8>, ServiceError> {
        let OwnAttempt { listed, view, events } = attempt;
        let mut piece = write_attempt(&view, self.state.services.context.clock.now())?;
        let rules = listed.quiz.rules;
        let quiz = json(&OwnQuiz { title: rules.title, kind: rules.kind })?;
        with_ready_field(&mut piece, "quiz", |piece| piece.extend(quiz));
        let events = json(&EventsResponse::from(events))?;
        with_ready_field(&mut piece, "events", |piece| piece.extend(events));
        Ok(piece)
    }

    /// The lines of the audit log about me, and by me.
    async fn lines(&self) -> Result<(), ServiceError> {
        let (own, me) = (&self.state.services.own_data, self.principal.member_id);
        self.pass(b"],\"changes\":[".to_vec()).await?;
        let (mut before, mut is_first) = (None, true);
        loop {
            let lines = own.undergone(me, before).await?;
            let Some(last) = lines.last() else { break };
            before = Some(last.id);
            let change = |line: EntryRow| OwnChange {
                at: timestamp(line.at),
                action: line.action,
                by_me: line.actor.is_some_and(|(actor, _)| actor == me),
                before: line.before.map(Value::Object),
                after: line.after.map(Value::Object),
            };
            self.items(lines.into_iter().map(change), &mut is_first).await?;
        }
        self.pass(b"],\"actions\":[".to_vec()).await?;
        (before, is_first) = (None, true);
        loop {
            let lines = own.done(me, before).await?;
            let Some(last) = lines.last() else { break };
            before = Some(last.id);
            let action = |line: EntryRow| OwnAction {
                at: timestamp(line.at),
                action: line.action,
                subject: format!("{}:{}", line.subject_kind.as_str(), line.subject_id),
            };
            self.items(lines.into_iter().map(action), &mut is_first).await?;
        }
        Ok(())
    }
}

fn account(piece: &mut Vec<u8>, own: OwnAccount) -> Result<(), ServiceError> {
    let OwnAccount { me, created_at, memberships, sessions, practice_days } = own;
    let account = OwnAccountPart {
        id: me.member.id.0,
        roles: roles(me.unit.id, &me.grants),
        login: me.member.login,
        name: me.member.name,
        unit: UnitName { id: me.unit.id.0, name: me.unit.name },
        created_at: timestamp(created_at),
    };
    let memberships: Vec<OwnMembership> = memberships
        .into_iter()
        .map(|row| OwnMembership {
            unit: UnitName { id: row.unit.0.0, name: row.unit.1 },
            from: timestamp(row.from),
            until: row.until.map(timestamp),
        })
        .collect();
    let sessions: Vec<OwnSession> = sessions
        .into_iter()
        .map(|row| OwnSession {
            device: row.device,
            created_at: timestamp(row.created_at),
            used_at: timestamp(row.used_at),
            expires_at: timestamp(row.expires_at),
            ended_at: row.ended_at.map(timestamp),
        })
        .collect();
    let days = practice_days.into_iter().map(|(day, answered)| OwnPracticeDay { day, answered });
    let days: Vec<OwnPracticeDay> = days.collect();
    for (name, value) in [
        ("account", json(&account)?),
        ("memberships", json(&memberships)?),
        ("sessions", json(&sessions)?),
        ("practice_days", json(&days)?),
    ] {
        piece.extend_from_slice(format!(",\"{name}\":").as_bytes());
        piece.extend(value);
    }
    Ok(())
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ServiceError> {
    serde_json::to_vec(value).map_err(|error| ServiceError::Internal(format!("own data: {error}")))
}

/// Everything that is held about me, as one file to keep.
///
/// What a quiz still hides stays hidden in it: attempts are as `GET /attempts/{id}` shows them.
#[utoipa::path(
    tag = "accounts",
    security(("bearer" = [])),
    responses((status = 200, body = OwnDataResponse))
)]
#[get("/me/data")]
pub(super) async fn show_own_data(
    caller: Caller<Anyone, Heavy>,
    state: Data<ApiState>,
) -> Result<HttpResponse, Problem> {
    let place = state.services.own_data.take_place()?;
    let (send, pieces) = mpsc::channel(2);
    let writer = Writer { state, principal: caller.principal.clone(), send };
    actix_web::rt::spawn(async move {
        let _place = place;
        if let Err(error) = writer.write().await {
            // Half of it is on its way: it ends early, which the reader notices.
            tracing::error!(member = %writer.principal.member_id, %error, "own data could not be written to its end");
            drop(writer.send.send_timeout(Err(error), PATIENCE).await);
        }
    });
    let pieces = stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    });
    let disposition = attachment("qianti-my-data.json");
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(disposition)
        .streaming(Box::pin(pieces)))
}
