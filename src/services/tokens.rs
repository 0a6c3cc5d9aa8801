//! Access tokens: JWT signed with EdDSA, and nothing else. The keys stand in the database, so that every
//! instance accepts what another has signed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, SessionId};
use crate::domain::time::Millis;
use crate::store::keys::{self, KeyRow};

/// How long an access token is good for, in seconds.
pub(super) const ACCESS_SECONDS: i64 = 15 * 60;
/// `iss` and `aud` of every token.
const NAME: &str = "qianti";
/// A key signs for this long; then a start makes the next one. In milliseconds.
const KEY_LIFE_MS: i64 = 90 * 86_400_000;
/// Least time between two looks for keys that other instances have made, in milliseconds.
const RELOAD_AFTER_MS: i64 = 1_000;

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
}

/// Signs and checks access tokens.
pub(super) struct Tokens {
    ring: RwLock<Arc<KeyRing>>,
}

struct KeyRing {
    signing_id: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    loaded_at: Millis,
}

impl Tokens {
    /// Reads the keys; makes one when there is none or the newest is old.
    pub(super) async fn start(context: &Context) -> Result<Self, ServiceError> {
        let now = context.clock.now();
        let fresh = KeyRow {
            id: context.new_session_id()?,
            secret: context.random::<32>()?.to_vec(),
            created_at: now,
        };
        let keys = context
            .database
            .write(move |connection| -> Result<_, ServiceError> {
                let mut keys = keys::list_keys(connection)?;
                if keys.first().is_none_or(|newest| now.since(newest.created_at) > KEY_LIFE_MS) {
                    keys::create_key(connection, &fresh)?;
                    keys.insert(0, fresh);
                }
                Ok(keys)
            })
            .await?;
        Ok(Self { ring: RwLock::new(Arc::new(KeyRing::new(&keys, now)?)) })
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
        let header = jsonwebtoken::decode_header(token).map_err(refused)?;
        let kid =
            header.kid.filter(|_| header.alg == Algorithm::EdDSA).ok_or(ServiceError::Unauthenticated)?;
        let now = context.clock.now();
        if !self.ring().verifying.contains_key(&kid) && now.since(self.ring().loaded_at) >= RELOAD_AFTER_MS {
            let keys = context
                .database
                .read::<_, ServiceError>(|connection| Ok(keys::list_keys(connection)?))
                .await?;
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(KeyRing::new(&keys, now)?);
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
        if now >= expires_at {
            return Err(ServiceError::Unauthenticated);
        }
        Ok((SessionId(claims.sid), expires_at))
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyRing {
    fn new(keys: &[KeyRow], loaded_at: Millis) -> Result<Self, ServiceError> {
        let mut verifying = HashMap::new();
        let mut signing = None;
        for row in keys {
            let secret: [u8; 32] = row.secret.as_slice().try_into().map_err(internal)?;
            let key = SigningKey::from_bytes(&secret);
            verifying.insert(row.id.clone(), DecodingKey::from_ed_der(key.verifying_key().as_bytes()));
            if signing.is_none() {
                let der = key.to_pkcs8_der().map_err(internal)?;
                signing = Some((row.id.clone(), EncodingKey::from_ed_der(der.as_bytes())));
            }
        }
        let (signing_id, signing) = signing.ok_or_else(|| internal("no signing key"))?;
        Ok(Self { signing_id, signing, verifying, loaded_at })
    }
}

fn internal(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Internal(format!("tokens: {error}"))
}
