//! Devices that a member has logged in on before (OWASP, “Slow Down Online Guessing Attacks with Device Cookies”):
//! whoever guesses passwords on other devices does not slow down the member on these.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::ServiceError;
use crate::domain::ids::MemberId;

/// Members that one device is known for; of more, those who logged in first are forgotten.
const MOST_MEMBERS: usize = 5;
/// What stands between two of them in a cookie.
const BETWEEN: char = '~';
/// Bytes of the member's id, of what tells devices apart, and of the signature.
const ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 32;
/// Longest cookie that is read, in bytes.
const LONGEST: usize = 512;

/// That a member has logged in on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct KnownDevice {
    pub(super) member: MemberId,
    nonce: [u8; NONCE_BYTES],
}

impl KnownDevice {
    /// The device that a cookie names for a member, when we have signed it.
    pub(super) fn find(cookie: &str, member: MemberId, key: &[u8; 32]) -> Option<Self> {
        read(cookie, key).into_iter().find(|device| device.member == member)
    }

    /// The cookie that makes a device known for a member too, besides those for whom `cookie` says it is.
    pub(super) fn remember(
        cookie: Option<&str>,
        member: MemberId,
        nonce: [u8; NONCE_BYTES],
        key: &[u8; 32],
    ) -> Result<String, ServiceError> {
        let mut known = cookie.map(|cookie| read(cookie, key)).unwrap_or_default();
        known.retain(|device| device.member != member);
        known.insert(0, Self { member, nonce });
        known.truncate(MOST_MEMBERS);
        let written: Result<Vec<String>, ServiceError> =
            known.iter().map(|device| device.written(key)).collect();
        Ok(written?.join(&BETWEEN.to_string()))
    }

    fn bytes(&self) -> Vec<u8> {
        [self.member.0.to_be_bytes().as_slice(), &self.nonce].concat()
    }

    fn written(&self, key: &[u8; 32]) -> Result<String, ServiceError> {
        let mut bytes = self.bytes();
        let signature = mac(&bytes, key).ok_or_else(|| ServiceError::Internal("device cookie".into()))?;
        bytes.extend(signature.finalize().into_bytes());
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }
}

fn read(cookie: &str, key: &[u8; 32]) -> Vec<KnownDevice> {
    if cookie.len() > LONGEST {
        return vec![];
    }
    cookie.split(BETWEEN).take(MOST_MEMBERS).filter_map(|part| read_one(part, key)).collect()
}

fn read_one(part: &str, key: &[u8; 32]) -> Option<KnownDevice> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    let (signed, signature) = bytes.split_at_checked(ID_BYTES + NONCE_BYTES)?;
    if signature.len() != SIGNATURE_BYTES {
        return None;
    }
    // In a time that tells nothing about the signature.
    mac(signed, key)?.verify_slice(signature).ok()?;
    let (id, nonce) = signed.split_at_checked(ID_BYTES)?;
    Some(KnownDevice {
        member: MemberId(i64::from_be_bytes(id.try_into().ok()?)),
        nonce: nonce.try_into().ok()?,
    })
}

fn mac(bytes: &[u8], key: &[u8; 32]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(b"qianti device\0");
    mac.update(bytes);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    #[test]
    fn a_device_is_known_for_those_who_logged_in_on_it_and_for_nobody_else() {
        let one = KnownDevice::remember(None, MemberId(1), [1; 16], &KEY).unwrap();
        let both = KnownDevice::remember(Some(&one), MemberId(2), [2; 16], &KEY).unwrap();
        for member in [1, 2] {
            assert!(KnownDevice::find(&both, MemberId(member), &KEY).is_some());
        }
        assert!(KnownDevice::find(&both, MemberId(3), &KEY).is_none());
        assert!(KnownDevice::find(&one, MemberId(2), &KEY).is_none());
        assert!(KnownDevice::find(&both, MemberId(1), &[8; 32]).is_none(), "another key");
    }

    #[test]
    fn the_last_five_are_kept() {
        let cookie = (1..=9).fold(None, |cookie: Option<String>, member| {
            Some(KnownDevice::remember(cookie.as_deref(), MemberId(member), [0; 16], &KEY).unwrap())
        });
        let cookie = cookie.unwrap();
        assert!(cookie.len() <= LONGEST);
        let known: Vec<bool> =
            (1..=9).map(|member| KnownDevice::find(&cookie, MemberId(member), &KEY).is_some()).collect();
        assert_eq!(known, [false, false, false, false, true, true, true, true, true]);
    }

    #[test]
    fn an_altered_cookie_is_worth_nothing() {
        let cookie = KnownDevice::remember(None, MemberId(1), [1; 16], &KEY).unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
        for position in 0..bytes.len() {
            bytes[position] ^= 1;
            let altered = URL_SAFE_NO_PAD.encode(&bytes);
            bytes[position] ^= 1;
            for member in 0..3 {
                assert!(KnownDevice::find(&altered, MemberId(member), &KEY).is_none(), "byte {position}");
            }
        }
        for broken in ["", "~", "~~~~~~~~", "x", &cookie[1..], &"A".repeat(100_000), &cookie.repeat(2)] {
            assert!(KnownDevice::find(broken, MemberId(1), &KEY).is_none(), "{broken}");
        }
    }
}
