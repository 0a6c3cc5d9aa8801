//! The audit log: what admins have changed.

use std::collections::BTreeSet;

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::app::ApiState;
use super::extract::{Admins, Caller, Query};
use super::limit::Heavy;
use super::page::{Page, PageParams};
use super::problem::{Problem, language};
use super::reports::export::{ExportParams, stream_table};
use super::wire::{FileBody, MemberName, UnitName, timestamp};
use crate::domain::audit::{Action, Facts, SubjectKind};
use crate::domain::ids::{MemberId, UnitId};
use crate::message;
use crate::services::audit::{AuditFilter, EntryRow};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditParams {
    /// Only what this member has done.
    actor: Option<i64>,
    /// Only this action, `member.transferred`; or all of a kind, `member`.
    #[param(schema_with = action_words)]
    action: Option<String>,
    /// Only what concerns this subject, `member:12`, `quiz:3`, `bank:1000`; or all of a kind, `member`.
    #[param(pattern = r"^(unit|member|bank|question|quiz|attempt)(:[\s\S]*)?$")]
    subject: Option<String>,
    /// Only what concerns this unit or one below it, as they stood then.
    unit: Option<i64>,
    /// From this local date on.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Until the end of this local date.
    #[param(value_type = Option<String>, format = Date)]
    until: Option<Date>,
    /// Only entries that hold this in the names of actor, subject or unit, or in what was changed.
    q: Option<String>,
}

/// What was changed.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditSubject {
    kind: SubjectKind,
    /// Its id; the code of a bank, `BANK/CODE` of a question.
    id: String,
    /// Its name when it was changed.
    name: String,
}

/// A change that an admin has made.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct AuditEntryResponse {
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Null for the command line.
    #[schema(required)]
    actor: Option<MemberName>,
    action: Action,
    subject: AuditSubject,
    /// The unit that it concerns; null for question banks.
    #[schema(required)]
    unit: Option<UnitName>,
    /// What differs, as it was before; null for something new.
    #[schema(required, value_type = Option<Object>)]
    before: Option<Facts>,
    /// What differs, as it is since; null for something removed.
    #[schema(required, value_type = Option<Object>)]
    after: Option<Facts>,
    /// The `X-Request-Id` of the call.
    #[schema(required)]
    request_id: Option<String>,
}

impl From<EntryRow> for AuditEntryResponse {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            at: timestamp(row.at),
            actor: row.actor.map(Into::into),
            action: row.action,
            subject: AuditSubject { kind: row.subject_kind, id: row.subject_id, name: row.subject_name },
            unit: row.unit.map(|(id, name)| UnitName { id: id.0, name }),
            before: row.before,
            after: row.after,
            request_id: row.request_id,
        }
    }
}

impl TryFrom<AuditParams> for AuditFilter {
    type Error = Problem;

    fn try_from(params: AuditParams) -> Result<Self, Problem> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (subject_kind, subject_id) = match given(params.subject) {
            None => (None, None),
            Some(subject) => {
                let (kind, id) = match subject.split_once(':') {
                    Some((kind, id)) => (kind, Some(id.to_owned())),
                    None => (subject.as_str(), None),
                };
                let kind = SubjectKind::parse(kind).ok_or_else(|| {
                    let message = message!(
                        "写作 种类 或 种类:编号，种类为 unit、member、bank、question、quiz、attempt 之一",
                        "is KIND or KIND:ID; a kind is one of unit, member, bank, question, quiz, attempt"
                    );
                    Problem::field("/subject", message)
                })?;
                (Some(kind), id)
            }
        };
        let action = given(params.action);
        if let Some(word) = &action
            && !Action::ALL.iter().any(|action| is_meant(*action, word))
        {
            return Err(Problem::field("/action", message!("没有这种操作", "there is no such action")));
        }
        Ok(Self {
            actor: params.actor.map(MemberId),
            action,
            subject_kind,
            subject_id,
            unit: params.unit.map(UnitId),
            from: params.from,
            until: params.until,
            text: given(params.q),
        })
    }
}

/// Every word that [`AuditParams`] takes for an action.
fn action_words() -> Object {
    let words = Action::ALL.iter().flat_map(|action| {
        let word = action.as_str();
        word.split_once('.').map(|(kind, _)| kind).into_iter().chain([word])
    });
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Only this action, `member.transferred`; or all of a kind, `member`."))
        .enum_values(Some(words.collect::<BTreeSet<_>>()))
        .build()
}

/// Whether `word` is the action's, or its first part.
fn is_meant(action: Action, word: &str) -> bool {
    action.as_str() == word || action.as_str().split_once('.').is_some_and(|(kind, _)| kind == word)
}

/// What admins have changed in the caller's scope, the latest first.
///
/// Question banks belong to the root. What concerned a unit stays with those who managed it then.
#[utoipa::path(
    tag = "audit",
    security(("bearer" = [])),
    params(AuditParams, PageParams),
    responses((status = 200, body = Page<AuditEntryResponse>))
)]
#[get("/audit")]
pub(super) async fn list_audit(
    caller: Caller<Admins>,
    state: Data<ApiState>,
    params: Query<AuditParams>,
    page: Query<PageParams>,
) -> Result<Json<Page<AuditEntryResponse>>, Problem> {
    let (limit, before) = (page.0.limit()?, page.0.cursor()?);
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let rows = state.services.audit.list(&caller.principal, params.0.try_into()?, before, more).await?;
    Ok(Json(Page::cut(rows, limit, |row| row.id, Into::into)))
}

/// The same as a file, which is written while it is sent.
#[utoipa::path(
    tag = "audit",
    security(("bearer" = [])),
    params(AuditParams, ExportParams),
    responses((status = 200, description = "The file", content((FileBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (FileBody = "text/csv"))))
)]
#[get("/audit/export")]
pub(super) async fn export_audit(
    caller: Caller<Admins, Heavy>,
    state: Data<ApiState>,
    params: Query<AuditParams>,
    export: Query<ExportParams>,
) -> Result<HttpResponse, Problem> {
    let file = state.services.audit.export(&caller.principal, params.0.try_into()?, language()).await?;
    Ok(stream_table("audit", export.0.format, file))
}
