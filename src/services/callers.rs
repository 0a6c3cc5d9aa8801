//! Whom an access token speaks for, from memory or from the database; and the keys that say so.

use std::net::IpAddr;
use std::sync::Arc;

use super::ServiceError;
use super::accounts::Accounts;
use super::limits::{RouteClass, Used};
use super::tokens::LONGEST_TOKEN;
use crate::domain::ids::SessionId;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::store::sessions;

/// Whom an access token speaks for.
#[derive(Debug)]
pub struct KnownCaller {
    /// Who it is.
    pub principal: Principal,
    /// The session of the token.
    pub session: SessionId,
    expires_at: Millis,
    generation: u64,
    epoch: u64,
    used: Arc<Used>,
}

/// Access tokens whose callers are held in memory, at some 1 KB each.
pub(super) const MOST_CALLERS: usize = 50_000;

impl Accounts {
    /// Who an access token speaks for, when that is in memory and nothing has changed that decides it.
    pub fn recognise(&self, access_token: &str) -> Option<Arc<KnownCaller>> {
        if access_token.len() > LONGEST_TOKEN {
            return None;
        }
        let generation = self.context.database.freshness().generation()?;
        let epoch = self.tokens.epoch();
        let is_fresh = |known: &Arc<KnownCaller>| known.generation == generation && known.epoch == epoch;
        let known = self.callers.get(access_token).filter(is_fresh)?;
        // One that has expired is refused where it is verified.
        (self.context.clock.now() < known.expires_at).then_some(known)
    }

    /// Who an access token speaks for: from memory when nothing has changed that decides it.
    ///
    /// # Errors
    /// [`ServiceError::Unauthenticated`] for a token that is not ours or not valid any more, because of
    /// its age or because its session has ended.
    pub async fn authenticate(&self, access_token: &str) -> Result<Arc<KnownCaller>, ServiceError> {
        let generation = self.context.database.freshness().generation();
        if let Some(known) = self.recognise(access_token) {
            return Ok(known);
        }
        let epoch = self.tokens.epoch();
        self.tokens.refresh(&self.context).await?;
        let (session, expires_at) = self.tokens.verify(access_token, &self.context).await?;
        let id = session.clone();
        let principal = self
            .context
            .database
            .read::<_, ServiceError>(move |connection| Ok(sessions::find_principal(connection, &id)?))
            .await?
            .ok_or(ServiceError::Unauthenticated)?;
        let used = self.context.rates.of_member(principal.member_id);
        let read_under = generation.unwrap_or(0);
        let known = KnownCaller { principal, session, expires_at, generation: read_under, epoch, used };
        let known = Arc::new(known);
        if generation.is_some() {
            self.callers.insert(access_token.to_owned(), Arc::clone(&known));
        }
        Ok(known)
    }

    /// Lets go of the callers whose tokens have expired: they fill memory and are never recognised again. Returns how many
    /// are left.
    pub fn forget_expired(&self) -> usize {
        let now = self.context.clock.now();
        self.callers.retain(|_, known| now < known.expires_at);
        self.callers.len()
    }

    /// One more request of somebody who is known.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`].
    pub fn admit(&self, known: &KnownCaller, class: RouteClass) -> Result<(), ServiceError> {
        self.context.rates.admit(&known.used, class, self.context.clock.now())
    }

    /// One more request from an address, of somebody who is not known.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`].
    pub fn admit_address(&self, address: IpAddr, class: RouteClass) -> Result<(), ServiceError> {
        self.context.rates.admit_address(address, class, self.context.clock.now())
    }

    /// How many passwords were hashed or checked since the start.
    pub fn passwords_hashed(&self) -> u64 {
        self.context.passwords.hashed()
    }

    /// Makes the next signing key when it is due, forgets those whose tokens are over, and hears of a rotation by
    /// another process. To be called now and then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_keys(&self) -> Result<(), ServiceError> {
        self.tokens.keep(&self.context).await
    }

    /// Ends the trust in every signing key there is: every access token is refused from now on, on every instance.
    /// Refresh tokens stay good, so that members stay logged in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_keys(&self) -> Result<(), ServiceError> {
        self.tokens.rotate(&self.context).await
    }
}
