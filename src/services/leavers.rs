//! Anonymising those who have left: who they were goes, what they reached stays.

use super::ServiceError;
use super::audit::{Change, Stamp, unit_then};
use super::members::{MemberView, Members, find_view};
use crate::domain::audit::{Action, SubjectKind};
use crate::domain::ids::MemberId;
use crate::domain::roles::{ANONYMOUS, MemberStatus, Principal};
use crate::store::{anonymise, members, units};

impl Members {
    /// Takes name, login, password, sessions, roles, favourites and practice of a member who has left, for good.
    /// Attempts, results and memberships stay, so that no ranking and no statistic changes. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] outside the caller's scope; [`ServiceError::MemberActive`] for somebody who has
    /// not left.
    pub async fn anonymise(&self, principal: &Principal, id: MemberId) -> Result<MemberView, ServiceError> {
        let principal = principal.clone();
        let stamp = Stamp::new(&principal, self.context.clock.now());
        // Nobody can foretell it, so nobody has it.
        let login = format!("anonymous-{}", self.context.new_session_id()?);
        let view = self
            .context
            .database
            .write(move |connection| -> Result<_, ServiceError> {
                let before = members::hold_member(connection, id)?;
                let unit = units::get_unit(connection, before.unit_id)?;
                let grants = members::list_grants(connection, &[id])?.remove(&id).unwrap_or_default();
                if !principal.manages(&unit.path, &grants) {
                    return Err(ServiceError::Forbidden);
                }
                if before.is_anonymised {
                    return find_view(connection, id, None);
                }
                if before.status != MemberStatus::Left {
                    return Err(ServiceError::MemberActive);
                }
                anonymise::overwrite_deleted(connection, true)?;
                anonymise::anonymise_member(connection, id, &login, stamp.at)?;
                let change = Change::new(Action::MemberAnonymised, SubjectKind::Member, &id, ANONYMOUS);
                stamp.record(connection, [change.at(unit_then(&unit))])?;
                // After the line that allows it.
                anonymise::take_names_off_the_log(connection, id)?;
                anonymise::take_name_off_reports(connection, id)?;
                anonymise::overwrite_deleted(connection, false)?;
                find_view(connection, id, None)
            })
            .await?;
        self.context.signals.sessions_changed(id);
        Ok(view)
    }
}
