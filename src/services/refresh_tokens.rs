//! Refresh tokens: how they are written, kept, and followed by the next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use super::ServiceError;
use crate::domain::ids::SessionId;

/// Bytes of the session id inside a refresh token; 32 of the secret follow.
const ID_BYTES: usize = 16;

/// A refresh token: a session and the secret that is alive in it. The session id is a secret by itself, so
/// a token that names a living session but not its secret can only be one that was used before.
pub(super) struct RefreshToken {
    pub session: SessionId,
    pub secret: [u8; 32],
}

impl RefreshToken {
    /// As the client gets it.
    pub(super) fn written(&self) -> Result<String, ServiceError> {
        let id = uuid::Uuid::parse_str(&self.session.0)
            .map_err(|error| ServiceError::Internal(error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode([id.as_bytes().as_slice(), &self.secret].concat()))
    }

    /// A token that a client sends; `None` for what was never one of ours.
    pub(super) fn read(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, secret) = bytes.split_at_checked(ID_BYTES)?;
        let secret = secret.try_into().ok()?;
        let id = uuid::Uuid::from_slice(id).ok()?;
        Some(Self { session: SessionId(id.simple().to_string()), secret })
    }
}

/// What the database keeps of a secret.
pub(super) fn hash(secret: &[u8; 32]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// The secret that follows `secret` in a chain whose tokens stand in cookies. Always the same, so that it
/// can be told again without being kept; nobody foretells it without the chain's key.
pub(super) fn successor(chain_key: &[u8], secret: &[u8; 32]) -> Result<[u8; 32], ServiceError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(chain_key)
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    mac.update(secret);
    Ok(mac.finalize().into_bytes().into())
}
