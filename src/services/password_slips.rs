//! New initial passwords for many members at once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::ServiceError;
use super::audit::{Stamp, password_reset};
use super::members::Members;
use crate::domain::ids::MemberId;
use crate::domain::question::Fault;
use crate::domain::roles::{MemberStatus, Principal};
use crate::message;
use crate::store::members::{self, MemberRow};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError, sessions};

/// Most members of one call: each costs a hash of some 20 ms.
const MOST_SLIPS: usize = 200;

/// A new initial password, to hand out.
#[derive(Clone, Debug)]
pub struct PasswordSlip {
    /// For whom.
    pub member: MemberRow,
    /// Their unit.
    pub unit: UnitRow,
    /// The password.
    pub initial_password: String,
}

impl Members {
    /// Gives members new initial passwords, all of them or none, and ends their sessions.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for too many, unknown ones, those who have left, and oneself;
    /// [`ServiceError::Forbidden`] when one is outside the caller's scope.
    pub async fn reset_passwords(
        &self,
        principal: &Principal,
        ids: Vec<MemberId>,
    ) -> Result<Vec<PasswordSlip>, ServiceError> {
        if !(1..=MOST_SLIPS).contains(&ids.len()) {
            let message = message!("一次 1 到 {MOST_SLIPS} 人", "1 to {MOST_SLIPS} members at a time");
            return Err(ServiceError::invalid("/member_ids", message));
        }
        // Before the costly hashes, so that nobody without the right to it makes the server work.
        let (caller, wanted) = (principal.clone(), ids.clone());
        self.context
            .database
            .read(move |connection| look_at_all(connection, &caller, &wanted).map(drop))
            .await?;
        let mut seen = HashSet::new();
        let each = ids.iter().copied().filter(|&id| seen.insert(id)).collect::<Vec<_>>();
        // A few at a time: they must not fill the queue that logins wait in.
        let hashing = each.iter().map(|&id| async move {
            let plain = self.context.new_password()?;
            let hash = self.context.passwords.hash(plain.clone()).await?;
            Ok::<_, ServiceError>((id, (plain, hash)))
        });
        let passwords: BTreeMap<MemberId, (String, String)> = stream::iter(hashing)
            .buffer_unordered(self.context.settings.hashing_threads)
            .try_collect()
            .await?;
        let (principal, passwords) = (principal.clone(), Arc::new(passwords));
        let (stamp, made) = (Stamp::new(&principal, self.context.clock.now()), Arc::clone(&passwords));
        let mut slips = self
            .context
            .database
            .write(move |connection| {
                // In the order of the ids, so that two of these cannot hold each other up.
                for &id in made.keys() {
                    members::hold_member(connection, id)?;
                }
                let found = look_at_all(connection, &principal, &ids)?;
                let mut changes = Vec::with_capacity(found.len());
                for (member, unit) in &found {
                    let Some((_, hash)) = made.get(&member.id) else { continue };
                    members::update_password(connection, member.id, hash, true)?;
                    sessions::end_sessions(connection, member.id, None, stamp.at)?;
                    changes.push(password_reset(member.id, &member.name, unit));
                }
                stamp.record(connection, changes)?;
                Ok::<_, ServiceError>(found)
            })
            .await?
            .into_iter();
        let slip = |(member, unit): (MemberRow, UnitRow)| {
            let initial_password = passwords.get(&member.id)?.0.clone();
            Some(PasswordSlip { member, unit, initial_password })
        };
        Ok(slips.by_ref().filter_map(slip).collect())
    }
}

/// Members whose password the caller may reset, each once, in the order of `ids`.
fn look_at_all(
    connection: &mut AnyConnection,
    principal: &Principal,
    ids: &[MemberId],
) -> Result<Vec<(MemberRow, UnitRow)>, ServiceError> {
    let mut grants = members::list_grants(connection, ids)?;
    let (mut found, mut faults, mut seen) = (Vec::with_capacity(ids.len()), Vec::new(), HashSet::new());
    for (index, &id) in ids.iter().enumerate() {
        if !seen.insert(id) {
            continue;
        }
        let mut refuse = |message| faults.push(Fault { pointer: format!("/member_ids/{index}"), message });
        let member = match members::get_member(connection, id) {
            Ok(member) => member,
            Err(StoreError::NotFound(_)) => {
                refuse(message!("没有这个成员", "there is no such member"));
                continue;
            }
            Err(other) => return Err(other.into()),
        };
        let unit = units::get_unit(connection, member.unit_id)?;
        if !principal.manages(&unit.path, &grants.remove(&id).unwrap_or_default()) {
            return Err(ServiceError::Forbidden);
        }
        if id == principal.member_id {
            refuse(message!("自己的密码请用“修改密码”更改", "change your own password yourself"));
        } else if member.status == MemberStatus::Left {
            refuse(message!("该成员已离开", "this member has left"));
        }
        found.push((member, unit));
    }
    if faults.is_empty() { Ok(found) } else { Err(ServiceError::Invalid(faults)) }
}
