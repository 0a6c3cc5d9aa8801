//! Reading the audit log.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::EntryRow;
use crate::domain::audit::SubjectKind;
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::roles::{Principal, Role};
use crate::services::{Context, ServiceError};
use crate::store::audit::{self, EntryFilter};
use crate::store::{AnyConnection, units};

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
}

impl Audit {
    pub(in crate::services) fn new(context: Arc<Context>) -> Self {
        Self { context }
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
