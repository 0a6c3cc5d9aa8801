//! Accounts: logging in and out, tokens, passwords.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::tokens::{ACCESS_SECONDS, Tokens};
use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, SessionId};
use crate::domain::password;
use crate::domain::roles::{Grant, MemberStatus, Principal};
use crate::domain::time::Millis;
use crate::message;
use crate::store::members::{self, MemberRow};
use crate::store::sessions::{self, SessionRow};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError};

/// Bytes of the session id and of the secret inside a refresh token.
const TOKEN_PARTS: (usize, usize) = (16, 32);

/// What one sees of oneself.
#[derive(Clone, Debug)]
pub struct Me {
    /// The account.
    pub member: MemberRow,
    /// Its unit.
    pub unit: UnitRow,
    /// Its roles, beyond that of a member of its unit.
    pub grants: Vec<Grant>,
}

/// What a login or a refresh gives.
#[derive(Clone, Debug)]
pub struct Tickets {
    /// Good for [`Tickets::expires_in`] seconds.
    pub access_token: String,
    /// Seconds until the access token expires.
    pub expires_in: i64,
    /// Good for one refresh.
    pub refresh_token: String,
    /// Whose they are.
    pub me: Me,
}

/// Whom an access token speaks for.
#[derive(Debug)]
pub struct KnownCaller {
    /// Who it is.
    pub principal: Principal,
    /// The session of the token.
    pub session: SessionId,
    expires_at: Millis,
    generation: u64,
}

/// Access tokens whose callers are held in memory, at some 1 KB each.
const MOST_CALLERS: usize = 50_000;

/// Logging in and out, tokens, passwords.
pub struct Accounts {
    context: Arc<Context>,
    tokens: Tokens,
    callers: Cache<String, Arc<KnownCaller>>,
    /// Checked against when there is no such login, so that the work is the same.
    dummy_hash: String,
}

impl Accounts {
    pub(super) async fn start(context: Arc<Context>) -> Result<Self, ServiceError> {
        let tokens = Tokens::start(&context).await?;
        let dummy_hash = context.passwords.hash(context.new_password()?).await?;
        Ok(Self { context, tokens, callers: Cache::new(MOST_CALLERS), dummy_hash })
    }

    /// Logs in.
    ///
    /// # Errors
    /// [`ServiceError::WrongCredentials`] for an unknown login, a wrong password and a member who has
    /// left, all after the same work; [`ServiceError::Busy`] when too many log in at once.
    pub async fn log_in(&self, login: &str, password: String) -> Result<Tickets, ServiceError> {
        let key = login_key(login);
        let found = self
            .context
            .database
            .read(move |connection| members::find_member_by_login(connection, &key))
            .await?
            .filter(|member| member.status == MemberStatus::Active);
        let hash =
            found.as_ref().map_or_else(|| self.dummy_hash.clone(), |member| member.password_hash.clone());
        let too_long = password.len() > password::LONGEST_BYTES;
        let candidate = if too_long { String::new() } else { password };
        let right = self.context.passwords.verify(candidate, hash).await?;
        let member = found.filter(|_| right && !too_long).ok_or(ServiceError::WrongCredentials)?;

        let now = self.context.clock.now();
        let (session, refresh_token) = self.new_session(member.id, now)?;
        let row = session.clone();
        let checked_hash = member.password_hash;
        let me = self
            .context
            .database
            .write_aside(move |connection| -> Result<_, ServiceError> {
                // The password may have been changed while it was being checked.
                let current = members::hold_member(connection, row.member_id)?;
                if current.password_hash != checked_hash || current.status != MemberStatus::Active {
                    return Err(ServiceError::WrongCredentials);
                }
                sessions::create_session(connection, &row, now)?;
                Ok(load_me(connection, row.member_id)?)
            })
            .await?;
        self.tickets(me, &session.id, &refresh_token, now)
    }

    /// Trades a refresh token for new tokens.
    ///
    /// # Errors
    /// [`ServiceError::InvalidRefreshToken`]; when the token was used before, its whole chain ends.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tickets, ServiceError> {
        let (id, hash) = read_refresh_token(refresh_token).ok_or(ServiceError::InvalidRefreshToken)?;
        let now = self.context.clock.now();
        let (fresh, new_token) = self.new_session(MemberId(0), now)?;
        let (new_hash, expires_at) = (fresh.token_hash, fresh.expires_at);
        let secret = new_token.secret;
        let session = id.clone();
        let me = self
            .context
            .database
            .write_aside(move |connection| -> Result<_, ServiceError> {
                let Some(row) = sessions::find_session(connection, &id)? else { return Ok(None) };
                if row.ended_at.is_some() || now >= row.expires_at {
                    return Ok(None);
                }
                if !sessions::rotate_token(connection, &id, &hash, &new_hash, now, expires_at)? {
                    // The session is alive but this is not its token: it was used before, by its owner or
                    // by a thief. Nobody can tell which, so both lose it (RFC 9700, section 4.14.2).
                    tracing::warn!(session = %id, member = %row.member_id, "refresh token used again; session ended");
                    return Ok(Some(Err(id)));
                }
                let me = load_me(connection, row.member_id)?;
                Ok(Some(me).filter(|me| me.member.status == MemberStatus::Active).map(Ok))
            })
            .await?
            .ok_or(ServiceError::InvalidRefreshToken)?;
        let me = match me {
            Ok(me) => me,
            Err(stolen) => {
                // By itself, because it makes the session's access token stale where it is held.
                self.log_out(stolen).await?;
                return Err(ServiceError::InvalidRefreshToken);
            }
        };
        self.tickets(me, &session, &RefreshToken { session: session.clone(), secret }, now)
    }

    /// Ends a session: its access token and its chain of refresh tokens.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_out(&self, session: SessionId) -> Result<(), ServiceError> {
        let now = self.context.clock.now();
        self.context
            .database
            .write(move |connection| Ok(sessions::end_session(connection, &session, now)?))
            .await
    }

    /// Who an access token speaks for, when that is in memory and nothing has changed that decides it.
    pub fn recognise(&self, access_token: &str) -> Option<Arc<KnownCaller>> {
        let generation = self.context.database.freshness().generation()?;
        let known = self.callers.get(access_token).filter(|known| known.generation == generation)?;
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
        let (session, expires_at) = self.tokens.verify(access_token, &self.context).await?;
        let id = session.clone();
        let principal = self
            .context
            .database
            .read::<_, ServiceError>(move |connection| Ok(sessions::find_principal(connection, &id)?))
            .await?
            .ok_or(ServiceError::Unauthenticated)?;
        let known =
            Arc::new(KnownCaller { principal, session, expires_at, generation: generation.unwrap_or(0) });
        if generation.is_some() {
            self.callers.insert(access_token.to_owned(), Arc::clone(&known));
        }
        Ok(known)
    }

    /// What one sees of oneself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn me(&self, principal: &Principal) -> Result<Me, ServiceError> {
        let id = principal.member_id;
        self.context.database.read(move |connection| Ok(load_me(connection, id)?)).await
    }

    /// Changes one's own password and ends all one's other sessions.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] when the current password is wrong or the new one will not do.
    pub async fn change_password(
        &self,
        principal: &Principal,
        session: SessionId,
        current: String,
        new: String,
    ) -> Result<(), ServiceError> {
        let id = principal.member_id;
        let member =
            self.context.database.read(move |connection| members::get_member(connection, id)).await?;
        password::check(&new, &member.login).map_err(|message| ServiceError::invalid("/new", message))?;
        if current == new {
            return Err(ServiceError::invalid(
                "/new",
                message!("新密码须与原密码不同", "must differ from the current password"),
            ));
        }
        let old_hash = member.password_hash;
        let right = current.len() <= password::LONGEST_BYTES
            && self.context.passwords.verify(current, old_hash.clone()).await?;
        if !right {
            return Err(wrong_current_password());
        }
        let hash = self.context.passwords.hash(new).await?;
        let now = self.context.clock.now();
        self.context
            .database
            .write(move |connection| {
                if members::hold_member(connection, id)?.password_hash != old_hash {
                    return Err(wrong_current_password());
                }
                members::update_password(connection, id, &hash, false)?;
                Ok(sessions::end_sessions(connection, id, Some(&session), now)?)
            })
            .await
    }

    fn new_session(&self, member: MemberId, now: Millis) -> Result<(SessionRow, RefreshToken), ServiceError> {
        let id = SessionId(self.context.new_session_id()?);
        let secret: [u8; 32] = self.context.random()?;
        let row = SessionRow {
            id: id.clone(),
            member_id: member,
            token_hash: Sha256::digest(secret).to_vec(),
            expires_at: now.plus_seconds(self.context.settings.refresh_seconds),
            ended_at: None,
        };
        Ok((row, RefreshToken { session: id, secret }))
    }

    fn tickets(
        &self,
        me: Me,
        session: &SessionId,
        refresh_token: &RefreshToken,
        now: Millis,
    ) -> Result<Tickets, ServiceError> {
        Ok(Tickets {
            access_token: self.tokens.sign(me.member.id, session, self.context.new_session_id()?, now)?,
            expires_in: ACCESS_SECONDS,
            refresh_token: refresh_token.written()?,
            me,
        })
    }
}

/// The form in which logins are compared: what a phone's keyboard does to a login must not lock anybody out.
pub(super) fn login_key(login: &str) -> String {
    login.trim().nfkc().collect::<String>().to_lowercase()
}

fn wrong_current_password() -> ServiceError {
    ServiceError::invalid("/current", message!("原密码不对", "is not the current password"))
}

fn load_me(connection: &mut AnyConnection, id: MemberId) -> Result<Me, StoreError> {
    let member = members::get_member(connection, id)?;
    let unit = units::get_unit(connection, member.unit_id)?;
    let grants = members::list_grants(connection, &[id])?.remove(&id).unwrap_or_default();
    Ok(Me { member, unit, grants })
}

/// A refresh token: a session and the secret that is alive in it. The session id is a secret by itself, so
/// a token that names a living session but not its secret can only be one that was used before.
struct RefreshToken {
    session: SessionId,
    secret: [u8; 32],
}

impl RefreshToken {
    fn written(&self) -> Result<String, ServiceError> {
        let id = uuid::Uuid::parse_str(&self.session.0)
            .map_err(|error| ServiceError::Internal(error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode([id.as_bytes().as_slice(), &self.secret].concat()))
    }
}

/// The session that a refresh token names, and the hash of its secret.
fn read_refresh_token(token: &str) -> Option<(SessionId, Vec<u8>)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, secret) = bytes.split_at_checked(TOKEN_PARTS.0)?;
    if secret.len() != TOKEN_PARTS.1 {
        return None;
    }
    let id = uuid::Uuid::from_slice(id).ok()?;
    Some((SessionId(id.simple().to_string()), Sha256::digest(secret).to_vec()))
}
