//! What is held about a member, for themselves: part by part, so that a file of any length takes little memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::accounts::{Me, load_me};
use super::attempts::{AttemptEvents, AttemptView, Attempts, ListedAttempt, read_events};
use super::practice::find_locked;
use super::reports::export::MOST_EXPORTS;
use super::{Context, ServiceError};
use crate::domain::audit::SubjectKind;
use crate::domain::ids::{AttemptId, MemberId, QuestionId};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::store::audit::{self, EntryFilter, EntryRow};
use crate::store::own_data;
pub use crate::store::own_data::{MembershipRow, OwnLearningRow, OwnSessionRow};
use crate::store::{AnyConnection, StoreError, attempts};

/// Rows that are fetched in one go.
const PAGE_ROWS: i64 = 500;
/// Attempts that are fetched in one go: each comes with its paper.
const PAGE_ATTEMPTS: i64 = 20;

/// The account and what belongs to it.
#[derive(Clone, Debug)]
pub struct OwnAccount {
    /// The account, its unit and its roles.
    pub me: Me,
    /// Since when there is one.
    pub created_at: Millis,
    /// Where the member belonged.
    pub memberships: Vec<MembershipRow>,
    /// Every login.
    pub sessions: Vec<OwnSessionRow>,
    /// On which local dates the member has practised, and how many questions.
    pub practice_days: Vec<(String, i32)>,
}

/// An attempt with everything that its member may see of it.
pub struct OwnAttempt {
    /// The attempt and its quiz.
    pub listed: ListedAttempt,
    /// Its paper, its answers, its result as far as it is revealed.
    pub view: AttemptView,
    /// What happened around it.
    pub events: AttemptEvents,
}

/// What is held about members, for themselves.
pub struct OwnData {
    context: Arc<Context>,
    attempts: Attempts,
    files: Arc<Semaphore>,
}

impl OwnData {
    pub(super) fn new(context: Arc<Context>, attempts: Attempts) -> Self {
        Self { context, attempts, files: Arc::new(Semaphore::new(MOST_EXPORTS)) }
    }

    /// A place to write one file.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when as many are being written as may be.
    pub fn take_place(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        let place = Arc::clone(&self.files).try_acquire_owned();
        place.map_err(|_| ServiceError::Busy("too many files are being written".into()))
    }

    /// The account and what belongs to it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&self, principal: &Principal) -> Result<OwnAccount, ServiceError> {
        let id = principal.member_id;
        let read = move |connection: &mut AnyConnection| -> Result<_, StoreError> {
            Ok(OwnAccount {
                me: load_me(connection, id)?,
                created_at: own_data::get_created_at(connection, id)?,
                memberships: own_data::list_memberships(connection, id)?,
                sessions: own_data::list_sessions(connection, id)?,
                practice_days: own_data::list_days(connection, id)?,
            })
        };
        Ok(self.context.database.read(read).await?)
    }

    /// What the member has made of questions, after one of them, and where to go on. Questions that are locked
    /// now are left out: the last answer and whether it was right would tell their key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn practice(
        &self,
        principal: &Principal,
        after: QuestionId,
    ) -> Result<(Vec<OwnLearningRow>, Option<QuestionId>), ServiceError> {
        let member = principal.member_id;
        let locked = find_locked(&self.context, member).await?;
        let read = move |connection: &mut AnyConnection| {
            own_data::list_learning(connection, member, after, PAGE_ROWS)
        };
        let mut rows = self.context.database.read(read).await?;
        let next = next(&rows, |row| row.question);
        rows.retain(|row| !locked.contains(&(row.bank.0, row.code.clone())));
        Ok((rows, next))
    }

    /// What the member has marked, after one of them, and where to go on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn favourites(
        &self,
        principal: &Principal,
        after: QuestionId,
    ) -> Result<(Vec<(String, String, Millis)>, Option<QuestionId>), ServiceError> {
        let member = principal.member_id;
        let read = move |connection: &mut AnyConnection| {
            own_data::list_favourites(connection, member, after, PAGE_ROWS)
        };
        let rows = self.context.database.read(read).await?;
        let next = next(&rows, |row| row.0);
        Ok((rows.into_iter().map(|(_, bank, code, at)| (bank, code, at)).collect(), next))
    }

    /// The member's attempts before one of them, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn attempts(
        &self,
        principal: &Principal,
        before: Option<(Millis, AttemptId)>,
    ) -> Result<Vec<OwnAttempt>, ServiceError> {
        let listed = self.attempts.list(principal, before, PAGE_ATTEMPTS).await?;
        let mut own = Vec::with_capacity(listed.len());
        for listed in listed {
            let id = listed.attempt.id.clone();
            let view = self.attempts.show(principal, id.clone()).await?;
            let context = Arc::clone(&self.context);
            let read = move |connection: &mut AnyConnection| -> Result<_, ServiceError> {
                let attempt = attempts::get_attempt(connection, &id)?;
                read_events(&context, connection, attempt)
            };
            let events = self.context.database.read(read).await?;
            own.push(OwnAttempt { listed, view, events });
        }
        Ok(own)
    }

    /// Lines of the audit log that the member has caused, below one of them, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn done(&self, member: MemberId, before: Option<i64>) -> Result<Vec<EntryRow>, ServiceError> {
        let filter = EntryFilter { actor: Some(member), ..EntryFilter::default() };
        self.lines(filter, before).await
    }

    /// Lines of the audit log about the member, below one of them, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undergone(
        &self,
        member: MemberId,
        before: Option<i64>,
    ) -> Result<Vec<EntryRow>, ServiceError> {
        let filter = EntryFilter {
            subject_kind: Some(SubjectKind::Member),
            subject_id: Some(member.to_string()),
            ..EntryFilter::default()
        };
        self.lines(filter, before).await
    }

    async fn lines(&self, filter: EntryFilter, before: Option<i64>) -> Result<Vec<EntryRow>, ServiceError> {
        let read = move |connection: &mut AnyConnection| audit::list(connection, &filter, before, PAGE_ROWS);
        Ok(self.context.database.read(read).await?)
    }
}

/// Where a list goes on after this page of it.
fn next<T>(rows: &[T], key: impl Fn(&T) -> QuestionId) -> Option<QuestionId> {
    let is_full = i64::try_from(rows.len()) == Ok(PAGE_ROWS);
    rows.last().filter(|_| is_full).map(key)
}
