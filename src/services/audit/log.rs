//! Reading the audit log.

use std::sync::Arc;

use futures_util::stream;
use jiff::ToSpan as _;
use jiff::civil::Date;
use tokio::sync::Semaphore;

use super::EntryRow;
use crate::domain::audit::{Facts, SubjectKind};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::message::{Language, Message};
use crate::domain::roles::{Principal, Role};
use crate::formats::sheets::{Cell, SheetRow};
use crate::message;
use crate::services::reports::Export;
use crate::services::reports::column;
use crate::services::reports::export::{MOST_EXPORTS, Pages};
use crate::services::{Context, ServiceError};
use crate::store::audit::{self, EntryFilter};
use crate::store::{AnyConnection, units};

/// Lines that are fetched in one go for a file.
const PAGE_ROWS: i64 = 1_000;

/// Which lines are wanted; `None` wants all.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// What this member has done.
    pub actor: Option<MemberId>,
    /// This action, or those of this kind.
    pub action: Option<String>,
    /// What was done to this kind of thing.
    pub subject_kind: Option<SubjectKind>,
    /// What was done to the thing with this id.
    pub subject_id: Option<String>,
    /// What concerns this unit or one below it, as they stood then.
    pub unit: Option<UnitId>,
    /// From this local date on.
    pub from: Option<Date>,
    /// Until the end of this local date.
    pub until: Option<Date>,
    /// Lines that hold this.
    pub text: Option<String>,
}

/// The audit log, to be read.
pub struct Audit {
    context: Arc<Context>,
    exports: Arc<Semaphore>,
}

impl Audit {
    pub(in crate::services) fn new(context: Arc<Context>) -> Self {
        Self { context, exports: Arc::new(Semaphore::new(MOST_EXPORTS)) }
    }

    /// Lines in the caller's scope, the latest first, below the one named by `before`.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a unit outside the caller's scope; [`ServiceError::NotFound`] for a
    /// unit that never was.
    pub async fn list(
        &self,
        principal: &Principal,
        filter: AuditFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<EntryRow>, ServiceError> {
        if !principal.is_any_admin() {
            return Err(ServiceError::Forbidden);
        }
        let (principal, calendar) = (principal.clone(), self.context.calendar.clone());
        self.context
            .database
            .read(move |connection| -> Result<_, ServiceError> {
                if let Some(unit) = filter.unit {
                    check_unit(connection, &principal, unit)?;
                }
                let is_admin = |role| role == Role::Admin;
                let own = principal.grants.iter().filter(|grant| is_admin(grant.role));
                let filter = EntryFilter {
                    within: (!principal.is_root_admin()).then(|| own.map(|grant| grant.unit_id).collect()),
                    unit: filter.unit,
                    actor: filter.actor,
                    action: filter.action,
                    subject_kind: filter.subject_kind,
                    subject_id: filter.subject_id,
                    from: filter.from.map(|date| calendar.start_of(date)),
                    until: filter.until.map(|date| calendar.start_of(date.saturating_add(1.day()))),
                    text: filter.text,
                };
                Ok(audit::list(connection, &filter, before, limit)?)
            })
            .await
    }
}

impl Audit {
    /// The same lines as a file, which is read while it is sent.
    ///
    /// # Errors
    /// As [`Audit::list`]; [`ServiceError::Busy`] when too many files are being written.
    pub async fn export(
        &self,
        principal: &Principal,
        filter: AuditFilter,
        language: Language,
    ) -> Result<Export, ServiceError> {
        let columns = vec![
            column(language, &message!("时间", "Time"), 20.0),
            column(language, &message!("操作人", "Who"), 14.0),
            column(language, &message!("操作", "What"), 16.0),
            column(language, &message!("对象类别", "Kind"), 10.0),
            column(language, &message!("对象编号", "Id"), 16.0),
            column(language, &message!("对象", "Subject"), 30.0),
            column(language, &message!("组织", "Unit"), 30.0),
            column(language, &message!("变更前", "Before"), 50.0),
            column(language, &message!("变更后", "After"), 50.0),
            column(language, &message!("请求编号", "Request"), 38.0),
        ];
        let sheet = message!("操作记录", "Audit log").text(language).to_owned();
        // Before anything is sent: who may not read it is told so.
        let first = self.list(principal, filter.clone(), None, PAGE_ROWS).await?;
        let reader = Reader {
            log: Self { context: Arc::clone(&self.context), exports: Arc::clone(&self.exports) },
            principal: principal.clone(),
            filter,
            language,
        };
        let pages: Pages = Box::pin(stream::try_unfold((reader, Some(first)), |(reader, page)| async move {
            let Some(page) = page else { return Ok(None) };
            let next = match page.last() {
                Some(last) if i64::try_from(page.len()) == Ok(PAGE_ROWS) => {
                    Some(reader.after(last.id).await?)
                }
                _ => None,
            };
            let rows = page.iter().map(|entry| reader.row(entry)).collect();
            Ok(Some((rows, (reader, next))))
        }));
        Export::new(&self.exports, sheet, columns, pages)
    }
}

/// Whoever reads the log for a file.
struct Reader {
    log: Audit,
    principal: Principal,
    filter: AuditFilter,
    language: Language,
}

impl Reader {
    async fn after(&self, id: i64) -> Result<Vec<EntryRow>, ServiceError> {
        self.log.list(&self.principal, self.filter.clone(), Some(id), PAGE_ROWS).await
    }

    fn row(&self, entry: &EntryRow) -> SheetRow {
        let text = |message: Message| Cell::from(message.text(self.language));
        let facts = |facts: &Option<Facts>| {
            facts.as_ref().map(|facts| serde_json::to_string(facts).unwrap_or_default())
        };
        let at = self.log.context.calendar.local(entry.at).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let actor = match &entry.actor {
            Some((_, name)) => name.as_str().into(),
            None => text(message!("命令行", "command line")),
        };
        vec![
            at.into(),
            actor,
            text(entry.action.name()),
            text(entry.subject_kind.name()),
            entry.subject_id.as_str().into(),
            entry.subject_name.as_str().into(),
            entry.unit.as_ref().map(|(_, name)| name.as_str()).into(),
            facts(&entry.before).into(),
            facts(&entry.after).into(),
            entry.request_id.as_deref().into(),
        ]
    }
}

/// Whether the caller may ask for a unit. One that was removed is asked for by nobody but the root.
fn check_unit(
    connection: &mut AnyConnection,
    principal: &Principal,
    unit: UnitId,
) -> Result<(), ServiceError> {
    if principal.is_root_admin() {
        return Ok(());
    }
    let unit = units::get_unit(connection, unit)?;
    if principal.is_admin_of(&unit.path) { Ok(()) } else { Err(ServiceError::Forbidden) }
}
