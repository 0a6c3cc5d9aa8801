//! Access tokens: JWT signed with EdDSA, and nothing else. The keys stand in the database, so that every
//! instance accepts what another has signed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, SessionId};
use crate::domain::time::Millis;
use crate::store::AnyConnection;
use crate::store::keys::{self, KeyRow};

/// How long an access token is good for, in seconds.
pub(super) const ACCESS_SECONDS: i64 = 15 * 60;
/// `iss` and `aud` of every token.
const NAME: &str = "qianti";
/// A key signs for this long; then the next one is made. In milliseconds.
const KEY_LIFE_MS: i64 = 90 * 86_400_000;
/// How long a key is kept after the next one was made, in milliseconds: until the last token that it has signed is
/// over, also on an instance that learns of the next one late.
const KEPT_AFTER_MS: i64 = 3_600_000;
/// Least time between two looks for keys that other instances have made, in milliseconds.
const RELOAD_AFTER_MS: i64 = 1_000;
/// Longest token that is looked at, in bytes; ours have some 350.
pub(super) const LONGEST_TOKEN: usize = 1024;
/// What the key that signs the cookies of known devices is called in the database.
const DEVICE_KEY: &str = "device";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    /// Makes every token another one, also within a second.
    jti: String,
    iat: i64,
    exp: i64,
    /// We set none; in one that has it, it is heeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// Signs and checks access tokens.
pub(super) struct Tokens {
    ring: RwLock<Arc<KeyRing>>,
    /// Goes up whenever a key is trusted no more.
    epoch: AtomicU64,
}

struct KeyRing {
    signing_id: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    device_key: [u8; 32],
    loaded_at: Millis,
    /// What it was read under; see [`crate::store::Freshness`].
    generation: Option<u64>,
}

/// What the database has.
#[derive(Clone)]
struct Stored {
    keys: Vec<KeyRow>,
    device_key: Vec<u8>,
}

impl Stored {
    fn read(connection: &mut AnyConnection) -> Result<Self, ServiceError> {
        let device_key = keys::find_secret(connection, DEVICE_KEY)?;
        Ok(Self { keys: keys::list_keys(connection)?, device_key: device_key.unwrap_or_default() })
    }

    /// Whether the newest key has signed long enough, or there is none.
    fn is_due(&self, now: Millis) -> bool {
        self.keys.first().is_none_or(|newest| now.since(newest.created_at) > KEY_LIFE_MS)
    }

    /// The keys whose last tokens are over.
    fn forgettable(&self, now: Millis) -> Vec<String> {
        let followed = self.keys.iter().zip(self.keys.iter().skip(1));
        let over = followed.filter(|(next, _)| now.since(next.created_at) > KEPT_AFTER_MS);
        over.map(|(_, key)| key.id.clone()).collect()
    }
}

impl Tokens {
    /// Reads the keys; makes what is missing or due.
    pub(super) async fn start(context: &Context) -> Result<Self, ServiceError> {
        let generation = context.database.freshness().generation();
        let stored = bring_up_to_date(context).await?;
        let ring = KeyRing::new(&stored, context.clock.now(), generation)?;
        Ok(Self { ring: RwLock::new(Arc::new(ring)), epoch: AtomicU64::new(0) })
    }

    /// Makes the next key when it is due, forgets those whose tokens are over, and takes over what another instance
    /// or the command line has done.
    pub(super) async fn keep(&self, context: &Context) -> Result<(), ServiceError> {
        let generation = context.database.freshness().generation();
        let now = context.clock.now();
        let mut stored = context.database.read(Stored::read).await?;
        if stored.is_due(now) || !stored.forgettable(now).is_empty() {
            stored = bring_up_to_date(context).await?;
        }
        self.take_over(&stored, now, generation)
    }

    /// Reads the keys again when something has been written since.
    pub(super) async fn refresh(&self, context: &Context) -> Result<(), ServiceError> {
        let generation = context.database.freshness().generation();
        if generation.is_some() && generation == self.ring().generation {
            return Ok(());
        }
        let stored = context.database.read(Stored::read).await?;
        self.take_over(&stored, context.clock.now(), generation)
    }

    /// Ends the trust in every key there is, here and on every instance: a new one signs. Known devices are known
    /// no more.
    pub(super) async fn rotate(&self, context: &Context) -> Result<(), ServiceError> {
        let now = context.clock.now();
        let fresh = new_key(context)?;
        let device_key = context.random::<32>()?;
        let stored = context
            .database
            .write(move |connection| -> Result<_, ServiceError> {
                let old: Vec<String> = keys::list_keys(connection)?.into_iter().map(|key| key.id).collect();
                keys::delete_keys(connection, &old)?;
                keys::create_key(connection, &fresh)?;
                keys::replace_secret(connection, DEVICE_KEY, &device_key, now)?;
                Stored::read(connection)
            })
            .await?;
        self.take_over(&stored, now, None)
    }

    /// What a token that is found good now is held under; to be asked before it is looked at.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The key that signs the cookies of known devices.
    pub(super) fn device_key(&self) -> [u8; 32] {
        self.ring().device_key
    }

    fn take_over(&self, stored: &Stored, now: Millis, generation: Option<u64>) -> Result<(), ServiceError> {
        let ring = KeyRing::new(stored, now, generation)?;
        let mut held = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let is_lost = held.verifying.keys().any(|id| !ring.verifying.contains_key(id));
        *held = Arc::new(ring);
        if is_lost {
            self.epoch.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }

    /// A token for a session.
    pub(super) fn sign(
        &self,
        member: MemberId,
        session: &SessionId,
        jti: String,
        now: Millis,
    ) -> Result<String, ServiceError> {
        let ring = self.ring();
        let seconds = now.0.div_euclid(1000);
        let claims = Claims {
            iss: NAME.into(),
            aud: NAME.into(),
            sub: member.to_string(),
            sid: session.0.clone(),
            jti,
            iat: seconds,
            exp: seconds + ACCESS_SECONDS,
            nbf: None,
        };
        let header = Header { kid: Some(ring.signing_id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &ring.signing).map_err(internal)
    }

    /// The session that a token speaks for, and when the token expires.
    ///
    /// # Errors
    /// [`ServiceError::Unauthenticated`] for anything but a token of ours that has not expired.
    pub(super) async fn verify(
        &self,
        token: &str,
        context: &Context,
    ) -> Result<(SessionId, Millis), ServiceError> {
        let refused = |_| ServiceError::Unauthenticated;
        if token.len() > LONGEST_TOKEN {
            return Err(ServiceError::Unauthenticated);
        }
        let header = jsonwebtoken::decode_header(token).map_err(refused)?;
        let kid =
            header.kid.filter(|_| header.alg == Algorithm::EdDSA).ok_or(ServiceError::Unauthenticated)?;
        let now = context.clock.now();
        if !self.ring().verifying.contains_key(&kid) && now.since(self.ring().loaded_at) >= RELOAD_AFTER_MS {
            let generation = context.database.freshness().generation();
            let stored = context.database.read(Stored::read).await?;
            self.take_over(&stored, now, generation)?;
        }
        let ring = self.ring();
        let key = ring.verifying.get(&kid).ok_or(ServiceError::Unauthenticated)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[NAME]);
        validation.set_issuer(&[NAME]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Checked below, by the clock that everything else here goes by.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(refused)?.claims;
        let expires_at = Millis(claims.exp.saturating_mul(1000));
        let is_early = claims.nbf.is_some_and(|from| now < Millis(from.saturating_mul(1000)));
        if now >= expires_at || is_early {
            return Err(ServiceError::Unauthenticated);
        }
        Ok((SessionId(claims.sid), expires_at))
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyRing {
    fn new(stored: &Stored, loaded_at: Millis, generation: Option<u64>) -> Result<Self, ServiceError> {
        let mut verifying = HashMap::new();
        let mut signing = None;
        for row in &stored.keys {
            let secret: [u8; 32] = row.secret.as_slice().try_into().map_err(internal)?;
            let key = SigningKey::from_bytes(&secret);
            verifying.insert(row.id.clone(), DecodingKey::from_ed_der(key.verifying_key().as_bytes()));
            if signing.is_none() {
                let der = key.to_pkcs8_der().map_err(internal)?;
                signing = Some((row.id.clone(), EncodingKey::from_ed_der(der.as_bytes())));
            }
        }
        let (signing_id, signing) = signing.ok_or_else(|| internal("no signing key"))?;
        let device_key = stored.device_key.as_slice().try_into().map_err(internal)?;
        Ok(Self { signing_id, signing, verifying, device_key, loaded_at, generation })
    }
}

fn new_key(context: &Context) -> Result<KeyRow, ServiceError> {
    Ok(KeyRow {
        id: context.new_session_id()?,
        secret: context.random::<32>()?.to_vec(),
        created_at: context.clock.now(),
    })
}

/// Makes what is missing or due, forgets what is over; answers what there is then.
async fn bring_up_to_date(context: &Context) -> Result<Stored, ServiceError> {
    let now = context.clock.now();
    let fresh = new_key(context)?;
    let device_key = context.random::<32>()?;
    context
        .database
        .write(move |connection| {
            keys::add_secret(connection, DEVICE_KEY, &device_key, now)?;
            let stored = Stored::read(connection)?;
            if stored.is_due(now) {
                keys::create_key(connection, &fresh)?;
            }
            keys::delete_keys(connection, &stored.forgettable(now))?;
            Stored::read(connection)
        })
        .await
}

fn internal(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Internal(format!("tokens: {error}"))
}
