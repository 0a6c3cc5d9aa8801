//! Sessions: a member's own logins, by the devices that they are on.

use std::sync::Arc;

use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, SessionId};
use crate::domain::roles::Principal;
pub use crate::store::devices::DeviceRow;
use crate::store::{devices, sessions};

/// A member's own logins.
pub struct Sessions {
    context: Arc<Context>,
}

impl Sessions {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The caller's living sessions, those used last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<DeviceRow>, ServiceError> {
        let (member, now) = (principal.member_id, self.context.clock.now());
        self.context
            .database
            .read(move |connection| Ok(devices::list_devices(connection, member, now)?))
            .await
    }

    /// Ends one of the caller's sessions; also the one that asks.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the caller has no such session.
    pub async fn end(&self, principal: &Principal, id: i64) -> Result<(), ServiceError> {
        let (member, now) = (principal.member_id, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let session = devices::get_session(connection, member, id, now)?;
                sessions::end_session(connection, &session, now)
            })
            .await?;
        self.ended(member);
        Ok(())
    }

    /// Ends all of the caller's sessions but the one that asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_others(&self, principal: &Principal, kept: SessionId) -> Result<(), ServiceError> {
        let (member, now) = (principal.member_id, self.context.clock.now());
        self.context
            .database
            .write(move |connection| sessions::end_sessions(connection, member, Some(&kept), now))
            .await?;
        self.ended(member);
        Ok(())
    }

    fn ended(&self, member: MemberId) {
        self.context.signals.sessions_changed(member);
    }
}
