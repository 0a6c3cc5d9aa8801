//! The audit log: each change that an admin makes is written to it in the same transaction. What changes
//! something makes a [`Stamp`] first and leaves [`Change`]s with it.

mod changes;
mod facts;
mod log;

use std::future::Future;
use std::sync::Arc;

pub(super) use self::changes::{
    MemberState, member_added, member_changes, password_reset, question_change, question_changes,
    quiz_change, unit_added, unit_changes, unit_removed,
};
pub(super) use self::facts::{time_fact, unit_then};
pub use self::log::{Audit, AuditFilter};
use crate::domain::audit::{Action, Facts, SubjectKind, differing};
use crate::domain::ids::MemberId;
use crate::domain::org::UnitPath;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
pub use crate::store::audit::EntryRow;
use crate::store::audit::{NewEntry, UnitThen, append};
use crate::store::{AnyConnection, StoreError};

/// Where a call comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A request to the API, by its id.
    Request(Arc<str>),
    /// The command line, which acts for nobody.
    CommandLine,
    /// The sample zone, whose administrator acts without a request.
    Sample,
}

tokio::task_local! {
    static SOURCE: Source;
}

/// Runs what comes from `source`.
pub fn from_source<F: Future>(source: Source, work: F) -> impl Future<Output = F::Output> {
    SOURCE.scope(source, work)
}

/// The id of the request that this task answers.
pub fn request_id() -> Option<Arc<str>> {
    SOURCE
        .try_with(|source| if let Source::Request(id) = source { Some(Arc::clone(id)) } else { None })
        .ok()?
}

/// The same for work that goes on by itself: it comes from where the caller comes from.
pub(super) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let source = SOURCE.try_with(Source::clone).ok();
    async move {
        match source {
            Some(source) => SOURCE.scope(source, work).await,
            None => work.await,
        }
    }
}

/// The same for work on another thread.
pub(super) fn carried_along<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let source = SOURCE.try_with(Source::clone).ok();
    move || match source {
        Some(source) => SOURCE.sync_scope(source, work),
        None => work(),
    }
}

/// Who changes something, when, and by which request. To be made on the task of the call.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// Who; `None` for the command line.
    pub actor: Option<MemberId>,
    /// When.
    pub at: Millis,
    request_id: Option<Arc<str>>,
}

impl Stamp {
    /// What `principal` does now.
    pub(super) fn new(principal: &Principal, at: Millis) -> Self {
        match SOURCE.try_with(Source::clone) {
            Ok(Source::CommandLine) => Self { actor: None, at, request_id: None },
            Ok(Source::Request(id)) => Self { actor: Some(principal.member_id), at, request_id: Some(id) },
            Ok(Source::Sample) | Err(_) => Self { actor: Some(principal.member_id), at, request_id: None },
        }
    }

    /// What nobody in particular does now.
    pub(super) fn of_nobody(at: Millis) -> Self {
        Self { actor: None, at, request_id: None }
    }

    /// Who, and when.
    pub(super) fn by(&self) -> (Option<MemberId>, Millis) {
        (self.actor, self.at)
    }

    /// Writes what was changed to the log.
    pub(super) fn record(
        &self,
        connection: &mut AnyConnection,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<(), StoreError> {
        let entry = |change: Change| NewEntry {
            at: self.at,
            actor: self.actor,
            action: change.action,
            subject_kind: change.subject.0,
            subject_id: change.subject.1,
            subject_name: change.subject.2,
            unit: change.unit,
            left: change.left,
            before: change.before,
            after: change.after,
            request_id: self.request_id.as_deref().map(ToOwned::to_owned),
        };
        append(connection, changes.into_iter().map(entry))
    }
}

/// One change.
#[derive(Clone, Debug)]
pub(super) struct Change {
    action: Action,
    subject: (SubjectKind, String, String),
    unit: Option<UnitThen>,
    left: Option<UnitPath>,
    before: Option<Facts>,
    after: Option<Facts>,
}

impl Change {
    /// Something that was done to the thing with this id and name.
    pub(super) fn new(
        action: Action,
        kind: SubjectKind,
        id: &impl ToString,
        name: impl Into<String>,
    ) -> Self {
        let subject = (kind, id.to_string(), name.into());
        Self { action, subject, unit: None, left: None, before: None, after: None }
    }

    /// The unit that it concerns.
    pub(super) fn at(self, unit: UnitThen) -> Self {
        Self { unit: Some(unit), ..self }
    }

    /// Where it stood before.
    pub(super) fn leaving(self, path: UnitPath) -> Self {
        Self { left: Some(path), ..self }
    }

    /// What was removed.
    pub(super) fn before(self, facts: Facts) -> Self {
        Self { before: Some(facts), ..self }
    }

    /// What is new.
    pub(super) fn after(self, facts: Facts) -> Self {
        Self { after: Some(facts), ..self }
    }

    /// What differs, as it was and as it is.
    pub(super) fn states(&self) -> (Option<&Facts>, Option<&Facts>) {
        (self.before.as_ref(), self.after.as_ref())
    }

    /// Two states, of which only what differs is told; `None` when nothing does.
    pub(super) fn between(self, before: Facts, after: Facts) -> Option<Self> {
        let (before, after) = differing(before, after);
        let differs = !before.is_empty() || !after.is_empty();
        differs.then_some(Self { before: Some(before), after: Some(after), ..self })
    }
}
