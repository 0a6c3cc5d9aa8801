//! Slows down whoever guesses passwords, and nobody else. Only what fails counts: at nine o'clock a whole office logs
//! in from one address. A stranger's guesses never reach the bucket of a member on a device that the member has
//! logged in on before.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::ServiceError;
use super::devices::KnownDevice;
use super::limits::{Bucket, held};
use crate::domain::ids::MemberId;
use crate::domain::rate::Rate;
use crate::domain::time::Millis;

/// A login from an address; and a member on a device that is known, or who is logged in.
const ONE_PLACE: Rate = Rate::every_seconds(6, 20);
/// An address, whatever the login: behind one may stand an office.
const ONE_ADDRESS: Rate = Rate::per_second(3, 300);
/// A login from all devices that are not known, wherever they are.
const ONE_LOGIN: Rate = Rate::every_seconds(6, 100);
/// The first tries of a login from a network, which are looked at whatever others have done: three at once, three in a
/// quarter of an hour. So nobody who knows the password is locked out by strangers elsewhere, however many.
const FIRST_TRIES: Rate = Rate::every_seconds(300, 3);
/// Buckets of a kind that are held in memory, at some 120 bytes each. Who would push others out has to fail with that
/// many other logins first, which the address's own bucket makes slow.
const MOST_HELD: usize = 65_536;

/// Where a login comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The caller's address; of IPv6 the network of 64 bits that one household has.
    pub address: IpAddr,
    /// The cookie that says for whom the device is known.
    pub devices: Option<String>,
}

/// What counts together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Pair,
    First,
    Login,
}

/// Counts logins that failed.
pub(super) struct LoginGuard {
    is_on: bool,
    strangers: Cache<(Kind, [u8; 16]), Arc<Bucket>>,
    addresses: Cache<IpAddr, Arc<Bucket>>,
    devices: Cache<KnownDevice, Arc<Bucket>>,
    members: Cache<MemberId, Arc<Bucket>>,
}

/// A login that has begun. It counts as failed until it is known to be none; so those who give up waiting count too,
/// and of many that begin at once no more are checked than one after the other.
#[must_use]
pub(super) struct Guess {
    held: Vec<(Arc<Bucket>, Rate)>,
    address: Option<Arc<Bucket>>,
}

impl LoginGuard {
    pub(super) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            strangers: Cache::new(3 * MOST_HELD),
            addresses: Cache::new(MOST_HELD),
            devices: Cache::new(MOST_HELD),
            members: Cache::new(MOST_HELD),
        }
    }

    /// Begins a login. What stands for the login is what was typed, so that one that exists and one that does not
    /// are slowed down alike.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`].
    pub(super) fn begin(
        &self,
        login_key: &str,
        device: Option<KnownDevice>,
        address: IpAddr,
        now: Millis,
    ) -> Result<Guess, ServiceError> {
        if !self.is_on {
            return Ok(Guess { held: vec![], address: None });
        }
        if let Some(device) = device {
            return take(vec![(held(&self.devices, &device), ONE_PLACE)], now);
        }
        let by_address = held(&self.addresses, &address);
        by_address.check(ONE_ADDRESS, now)?;
        let name = |kind, place: &str| {
            let digest =
                Sha256::new().chain_update(place).chain_update([0]).chain_update(login_key).finalize();
            let mut short = [0; 16];
            short.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
            (kind, short)
        };
        let pair = held(&self.strangers, &name(Kind::Pair, &address.to_string()));
        let first = held(&self.strangers, &name(Kind::First, &network(address).to_string()));
        let login = held(&self.strangers, &name(Kind::Login, ""));
        let mut guess = take(vec![(pair, ONE_PLACE)], now)?;
        guess.address = Some(by_address);
        if first.admit(FIRST_TRIES, now).is_ok() {
            // It counts for the login all the same: whoever goes on from there is slowed down the earlier.
            login.count(ONE_LOGIN, now);
            guess.held.extend([(first, FIRST_TRIES), (login, ONE_LOGIN)]);
        } else if let Err(refused) = login.admit(ONE_LOGIN, now) {
            guess.forgotten();
            return Err(refused);
        } else {
            guess.held.push((login, ONE_LOGIN));
        }
        Ok(guess)
    }

    /// Begins to check the password of somebody who is logged in.
    ///
    /// # Errors
    /// [`ServiceError::RateLimited`].
    pub(super) fn begin_as(&self, member: MemberId, now: Millis) -> Result<Guess, ServiceError> {
        if !self.is_on {
            return Ok(Guess { held: vec![], address: None });
        }
        take(vec![(held(&self.members, &member), ONE_PLACE)], now)
    }
}

/// What has first tries of its own. Networks of 64 bits of IPv6 cost nothing: one customer is given 65,536 of them, which
/// together have no more first tries than one address of IPv4.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => IpAddr::V6(Ipv6Addr::from_bits(long.to_bits() >> 80 << 80)),
    }
}

/// One more in each of the buckets, or in none.
fn take(buckets: Vec<(Arc<Bucket>, Rate)>, now: Millis) -> Result<Guess, ServiceError> {
    for (taken, (bucket, rate)) in buckets.iter().enumerate() {
        if let Err(refused) = bucket.admit(*rate, now) {
            buckets.iter().take(taken).for_each(|(bucket, rate)| bucket.take_back(*rate));
            return Err(refused);
        }
    }
    Ok(Guess { held: buckets, address: None })
}

impl Guess {
    /// The password was wrong, or there is no such login.
    pub(super) fn failed(self, now: Millis) {
        if let Some(address) = self.address {
            address.count(ONE_ADDRESS, now);
        }
    }

    /// It was right, or nobody has looked.
    pub(super) fn forgotten(self) {
        for (bucket, rate) in self.held {
            bucket.take_back(rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const NOW: Millis = Millis(1_795_406_400_000);

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number))
    }

    /// How many of so many guesses are looked at.
    fn guesses(
        guard: &LoginGuard,
        times: u32,
        login: impl Fn(u32) -> String,
        from: impl Fn(u32) -> IpAddr,
    ) -> u32 {
        let tried = (0..times).filter(|&number| {
            let guess = guard.begin(&login(number), None, from(number), NOW);
            guess.map(|guess| guess.failed(NOW)).is_ok()
        });
        u32::try_from(tried.count()).unwrap()
    }

    #[test]
    fn one_login_from_one_address_twenty_times() {
        let guard = LoginGuard::new(true);
        assert_eq!(guesses(&guard, 50, |_| "zs".into(), |_| address(1)), 20);
        assert_eq!(guesses(&guard, 50, |_| "ls".into(), |_| address(1)), 20, "another login");
        assert_eq!(guesses(&guard, 50, |_| "zs".into(), |_| address(2)), 20, "another address");
        let later = Millis(NOW.0 + 6000);
        guard.begin("zs", None, address(1), later).unwrap().failed(later);
        assert!(guard.begin("zs", None, address(1), later).is_err());
    }

    #[test]
    fn one_address_three_hundred_times_and_one_login_a_hundred_times() {
        let guard = LoginGuard::new(true);
        assert_eq!(guesses(&guard, 1000, |number| format!("m{number}"), |_| address(1)), 300);
        // Of the seven each is refused after its twentieth, and all of them together after a hundred.
        assert_eq!(guesses(&guard, 1000, |_| "zs".into(), |number| address(2 + number % 7)), 100);
    }

    #[test]
    fn the_first_tries_from_a_network_are_looked_at_whatever_strangers_elsewhere_do() {
        let guard = LoginGuard::new(true);
        for login in ["zs", "nobody"] {
            guesses(&guard, 1000, |_| login.into(), |number| address(2 + number % 7));
            // Right passwords: each is forgotten, and does not use up what was left.
            for _ in 0..50 {
                guard.begin(login, None, address(1), NOW).unwrap().forgotten();
            }
            assert_eq!(guesses(&guard, 50, |_| login.into(), |_| address(1)), 3);
            let later = Millis(NOW.0 + 300_000);
            guard.begin(login, None, address(1), later).unwrap().forgotten();
        }
        let household = |number: u32| {
            IpAddr::V6(Ipv6Addr::from((0x2001_0db8_0001_u128 << 80) | (u128::from(number) << 64)))
        };
        assert_eq!(guesses(&guard, 50, |_| "zs".into(), household), 3, "a customer's 65,536 networks");
    }

    #[test]
    fn those_who_come_from_many_places_are_slowed_down_from_their_fourth_try_on() {
        let guard = LoginGuard::new(true);
        // 200 addresses, ten tries each.
        assert_eq!(guesses(&guard, 2000, |_| "zs".into(), |number| address(number % 200)), 600);
    }

    #[test]
    fn what_succeeds_counts_for_nothing() {
        let guard = LoginGuard::new(true);
        for number in 0..5000 {
            guard.begin(&format!("m{}", number % 7), None, address(1), NOW).unwrap().forgotten();
        }
        assert_eq!(guesses(&guard, 50, |_| "m1".into(), |_| address(1)), 20);
    }

    #[test]
    fn strangers_never_lock_out_a_member_on_a_known_device() {
        let guard = LoginGuard::new(true);
        let key = [7; 32];
        let cookie = KnownDevice::remember(None, MemberId(1), [1; 16], &key).unwrap();
        let device = KnownDevice::find(&cookie, MemberId(1), &key);
        guesses(&guard, 2000, |_| "zs".into(), address);
        guesses(&guard, 2000, |number| format!("m{number}"), |_| address(1));
        assert!(guard.begin("zs", None, address(1), NOW).is_err());
        guard.begin("zs", device, address(1), NOW).unwrap().forgotten();
        // The device itself guesses no more often than any other.
        for _ in 0..20 {
            guard.begin("zs", device, address(1), NOW).unwrap().failed(NOW);
        }
        assert!(guard.begin("zs", device, address(3), NOW).is_err());
    }

    #[test]
    fn of_those_who_begin_at_once_no_more_are_looked_at() {
        let guard = LoginGuard::new(true);
        let waiting: Vec<Guess> =
            (0..50).filter_map(|_| guard.begin("zs", None, address(1), NOW).ok()).collect();
        assert_eq!(waiting.len(), 20);
        // Who hangs up has guessed all the same.
        drop(waiting);
        assert!(guard.begin("zs", None, address(1), NOW).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let guard = LoginGuard::new(true);
        guesses(&guard, 200_000, |number| format!("m{number}"), address);
        assert!(guard.strangers.len() <= 3 * MOST_HELD && guard.addresses.len() <= MOST_HELD);
    }
}
