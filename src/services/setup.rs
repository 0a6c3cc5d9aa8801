//! The first hour: what a new system still needs.

use super::{ServiceError, Services};
use crate::domain::roles::Principal;
use crate::store::setup::{Inventory, take_inventory};
use crate::store::units;

/// What the admin of a new system has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Whether the caller's initial password was changed.
    pub password_changed: bool,
    /// How much there is.
    pub inventory: Inventory,
}

impl Services {
    /// What a new system still needs.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for anybody but admins of the root.
    pub async fn setup(&self, principal: &Principal) -> Result<Setup, ServiceError> {
        if !principal.is_root_admin() {
            return Err(ServiceError::Forbidden);
        }
        let inventory = self
            .context
            .database
            .read(|connection| -> Result<_, ServiceError> {
                let root = units::find_root(connection)?.ok_or(ServiceError::NotFound("root unit"))?;
                Ok(take_inventory(connection, root.id)?)
            })
            .await?;
        Ok(Setup { password_changed: !principal.must_change_password, inventory })
    }
}
