//! How many requests a member and an address may make, by class of route. It stands on the way of every request:
//! of a member who is known one number is read and put back, without a lock.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quick_cache::sync::Cache;

use super::ServiceError;
use crate::domain::ids::MemberId;
use crate::domain::rate::Rate;
use crate::domain::time::Millis;

/// Members, and addresses, that are held in memory, at some 150 bytes each. Whoever falls out begins anew.
const MOST_HELD: usize = 50_000;

/// What kind of request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteClass {
    /// Whatever is none of the others; by member.
    General,
    /// Beginning, saving, submitting, practising; by member.
    Answer,
    /// Files in and out, lists of initial passwords, previews of papers; by member.
    Heavy,
    /// Logging in and refreshing; by address.
    Auth,
    /// Without a token that is good; by address.
    Anonymous,
}

/// The limits; `None` is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of [`RouteClass::General`].
    pub general: Option<Rate>,
    /// Of [`RouteClass::Answer`].
    pub answer: Option<Rate>,
    /// Of [`RouteClass::Heavy`].
    pub heavy: Option<Rate>,
    /// Of [`RouteClass::Auth`].
    pub auth: Option<Rate>,
    /// Of [`RouteClass::Anonymous`].
    pub anonymous: Option<Rate>,
    /// Whether logins that fail slow down those that follow.
    pub failed_logins: bool,
}

impl Limits {
    fn of(&self, class: RouteClass) -> Option<Rate> {
        match class {
            RouteClass::General => self.general,
            RouteClass::Answer => self.answer,
            RouteClass::Heavy => self.heavy,
            RouteClass::Auth => self.auth,
            RouteClass::Anonymous => self.anonymous,
        }
    }
}

/// What one caller has used of a rate.
#[derive(Debug, Default)]
pub(super) struct Bucket(AtomicI64);

impl Bucket {
    /// One more, when it is not too many.
    pub(super) fn admit(&self, rate: Rate, now: Millis) -> Result<(), ServiceError> {
        let mut wait_ms = 0;
        let admitted = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due| {
            rate.admit(due, now).map_err(|wait| wait_ms = wait).ok()
        });
        admitted.map(|_| ()).map_err(|_| ServiceError::rate_limited(wait_ms))
    }

    /// Whether one more would be too many; it does not count.
    pub(super) fn check(&self, rate: Rate, now: Millis) -> Result<(), ServiceError> {
        rate.admit(self.0.load(Ordering::Relaxed), now).map(|_| ()).map_err(ServiceError::rate_limited)
    }

    /// One more, also when it is too many.
    pub(super) fn count(&self, rate: Rate, now: Millis) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due| Some(rate.count(due, now)));
    }

    /// One that was admitted shall not count after all.
    pub(super) fn take_back(&self, rate: Rate) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due| Some(rate.take_back(due)));
    }
}

/// What one member or address has used.
#[derive(Debug, Default)]
pub(super) struct Used {
    general: Bucket,
    answer: Bucket,
    heavy: Bucket,
    auth: Bucket,
    anonymous: Bucket,
}

impl Used {
    fn of(&self, class: RouteClass) -> &Bucket {
        match class {
            RouteClass::General => &self.general,
            RouteClass::Answer => &self.answer,
            RouteClass::Heavy => &self.heavy,
            RouteClass::Auth => &self.auth,
            RouteClass::Anonymous => &self.anonymous,
        }
    }
}

/// Counts requests.
pub(super) struct RateLimits {
    limits: Limits,
    members: Cache<MemberId, Arc<Used>>,
    addresses: Cache<IpAddr, Arc<Used>>,
}

impl RateLimits {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, members: Cache::new(MOST_HELD), addresses: Cache::new(MOST_HELD) }
    }

    /// What a member has used, on all devices; held by whoever knows the member.
    pub(super) fn of_member(&self, member: MemberId) -> Arc<Used> {
        held(&self.members, &member)
    }

    /// One more request of somebody.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`].
    pub(super) fn admit(&self, used: &Used, class: RouteClass, now: Millis) -> Result<(), ServiceError> {
        self.limits.of(class).map_or(Ok(()), |rate| used.of(class).admit(rate, now))
    }

    /// One more request from an address.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`].
    pub(super) fn admit_address(
        &self,
        address: IpAddr,
        class: RouteClass,
        now: Millis,
    ) -> Result<(), ServiceError> {
        let Some(rate) = self.limits.of(class) else { return Ok(()) };
        held(&self.addresses, &address).of(class).admit(rate, now)
    }
}

/// What is held under a key, or a new one.
pub(super) fn held<K: Eq + std::hash::Hash + Clone, T: Default>(cache: &Cache<K, Arc<T>>, key: &K) -> Arc<T> {
    cache.get_or_insert_with(key, || Ok::<_, std::convert::Infallible>(Arc::default())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_each_member_counts_alone() {
        let limits = RateLimits::new(Limits { answer: Some(Rate::per_second(1, 1)), ..Limits::default() });
        let now = Millis(1_795_406_400_000);
        for number in 0..3 * MOST_HELD {
            let used = limits.of_member(MemberId(i64::try_from(number).unwrap()));
            assert!(limits.admit(&used, RouteClass::Answer, now).is_ok());
            assert!(limits.admit(&used, RouteClass::Answer, now).is_err());
            assert!(limits.admit(&used, RouteClass::General, now).is_ok(), "it has no limit");
        }
        assert!(limits.members.len() <= MOST_HELD, "{}", limits.members.len());
    }
}
