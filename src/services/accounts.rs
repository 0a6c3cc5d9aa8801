//! Accounts: logging in and out, tokens, passwords.

use std::sync::Arc;

use quick_cache::sync::Cache;
use unicode_normalization::UnicodeNormalization as _;

use super::callers::{KnownCaller, MOST_CALLERS};
use super::devices::KnownDevice;
use super::login_guard::{LoginGuard, Origin};
use super::refresh_tokens::{RefreshToken, hash, successor};
use super::tokens::{ACCESS_SECONDS, Tokens};
use super::{Context, ServiceError};
use crate::domain::ids::{MemberId, SessionId};
use crate::domain::password;
use crate::domain::roles::{Grant, MemberStatus, Principal};
use crate::domain::time::Millis;
use crate::message;
use crate::store::devices;
use crate::store::members::{self, MemberRow};
use crate::store::sessions::{self, SessionRow};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError};

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
    /// The cookie that makes the device known, from a login by cookie.
    pub devices: Option<String>,
}

/// How a client keeps its refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// By itself; it sends the token in a body.
    Body,
    /// In a cookie, which all tabs of a browser share.
    Cookie,
}

/// For how long after a refresh by cookie the cookie before is answered with the same new one. Tabs that
/// refresh at the same moment, and a phone that was told in a tunnel, are not logged out by it.
const COOKIE_GRACE_MS: i64 = 60_000;

/// Logging in and out, tokens, passwords.
pub struct Accounts {
    pub(super) context: Arc<Context>,
    pub(super) tokens: Tokens,
    pub(super) callers: Cache<String, Arc<KnownCaller>>,
    /// Checked against when there is no such login, so that the work is the same.
    dummy_hash: String,
    guard: LoginGuard,
}

impl Accounts {
    pub(super) async fn start(context: Arc<Context>) -> Result<Self, ServiceError> {
        let tokens = Tokens::start(&context).await?;
        let dummy_hash = context.passwords.hash(context.new_password()?).await?;
        let guard = LoginGuard::new(context.settings.limits.failed_logins);
        Ok(Self { context, tokens, callers: Cache::new(MOST_CALLERS), dummy_hash, guard })
    }

    /// Logs in.
    ///
    /// # Errors
    /// [`ServiceError::WrongCredentials`] for an unknown login, a wrong password and a member who has
    /// left, all after the same work; [`ServiceError::RateLimited`] after too many failures, before any work;
    /// [`ServiceError::Busy`] when too many log in at once.
    pub async fn log_in(
        &self,
        login: &str,
        password: String,
        device: String,
        carrier: Carrier,
        origin: &Origin,
    ) -> Result<Tickets, ServiceError> {
        let key = login_key(login);
        let asked = key.clone();
        let found = self
            .context
            .database
            .read(move |connection| members::find_member_by_login(connection, &asked))
            .await?
            .filter(|member| member.status == MemberStatus::Active);
        let device_key = self.tokens.device_key();
        let known = found.as_ref().zip(origin.devices.as_deref());
        let known = known.and_then(|(member, cookie)| KnownDevice::find(cookie, member.id, &device_key));
        let guess = self.guard.begin(&key, known, origin.address, self.context.clock.now())?;
        let hash =
            found.as_ref().map_or_else(|| self.dummy_hash.clone(), |member| member.password_hash.clone());
        let too_long = password.len() > password::LONGEST_BYTES;
        let candidate = if too_long { String::new() } else { password };
        let right = match self.context.passwords.verify(candidate, hash).await {
            Ok(right) => right,
            Err(error) => {
                guess.forgotten();
                return Err(error);
            }
        };
        let Some(member) = found.filter(|_| right && !too_long) else {
            guess.failed(self.context.clock.now());
            return Err(ServiceError::WrongCredentials);
        };
        guess.forgotten();

        let now = self.context.clock.now();
        let (session, refresh_token) = self.new_session(member.id, now)?;
        let row = session.clone();
        let checked_hash = member.password_hash;
        let chain_key = match carrier {
            Carrier::Body => None,
            Carrier::Cookie => Some(self.context.random::<32>()?),
        };
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
                devices::create_device(
                    connection,
                    &row.id,
                    &device,
                    chain_key.as_ref().map(<[u8; 32]>::as_slice),
                )?;
                Ok(load_me(connection, row.member_id)?)
            })
            .await?;
        let devices = match carrier {
            Carrier::Body => None,
            Carrier::Cookie => {
                let (cookie, nonce) = (origin.devices.as_deref(), self.context.random()?);
                Some(KnownDevice::remember(cookie, me.member.id, nonce, &device_key)?)
            }
        };
        let tickets = self.tickets(me, &session.id, &refresh_token, now)?;
        Ok(Tickets { devices, ..tickets })
    }

    /// Trades a refresh token for new tokens. One from a cookie may come twice within
    /// a minute and is then answered with the same successor, as long as that was not used itself.
    ///
    /// # Errors
    /// [`ServiceError::InvalidRefreshToken`]; when the token was used before, its whole chain ends.
    pub async fn refresh(&self, refresh_token: &str, carrier: Carrier) -> Result<Tickets, ServiceError> {
        let RefreshToken { session: id, secret } =
            RefreshToken::read(refresh_token).ok_or(ServiceError::InvalidRefreshToken)?;
        let now = self.context.clock.now();
        let (fresh, new_token) = self.new_session(MemberId(0), now)?;
        let expires_at = fresh.expires_at;
        let session = id.clone();
        let refreshed = self
            .context
            .database
            .write_aside(move |connection| -> Result<_, ServiceError> {
                let Some(row) = sessions::find_session(connection, &id)? else { return Ok(None) };
                if row.ended_at.is_some() || now >= row.expires_at {
                    return Ok(None);
                }
                let successor = match carrier {
                    Carrier::Body => new_token.secret,
                    Carrier::Cookie => match devices::find_chain(connection, &id)? {
                        Some((key, _)) => successor(&key, &secret)?,
                        None => return Ok(None),
                    },
                };
                let new_hash = hash(&successor);
                let is_alive =
                    sessions::rotate_token(connection, &id, &hash(&secret), &new_hash, now, expires_at)?
                        || (carrier == Carrier::Cookie && is_told_again(connection, &id, &new_hash, now)?);
                if !is_alive {
                    // The session is alive but this is not its token: it was used before, by its owner or
                    // by a thief. Nobody can tell which, so both lose it (RFC 9700, section 4.14.2).
                    tracing::warn!(member = %row.member_id, "refresh token used again; session ended");
                    return Ok(Some(Err((row.member_id, id))));
                }
                let me = load_me(connection, row.member_id)?;
                Ok(Some((me, successor)).filter(|(me, _)| me.member.status == MemberStatus::Active).map(Ok))
            })
            .await?
            .ok_or(ServiceError::InvalidRefreshToken)?;
        let (me, secret) = match refreshed {
            Ok(refreshed) => refreshed,
            Err((member, stolen)) => {
                // By itself, because it makes the session's access token stale where it is held.
                self.end(member, stolen).await?;
                return Err(ServiceError::InvalidRefreshToken);
            }
        };
        self.tickets(me, &session, &RefreshToken { session: session.clone(), secret }, now)
    }

    /// Ends a session: its access token and its chain of refresh tokens.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_out(&self, principal: &Principal, session: SessionId) -> Result<(), ServiceError> {
        self.end(principal.member_id, session).await
    }

    /// Ends the session that a refresh token names. Whoever holds one, even an old one, may end it:
    /// a token that was used before would end it too.
    ///
    /// # Errors
    /// When the database fails; never because of the token.
    pub async fn log_out_by_token(&self, refresh_token: &str) -> Result<(), ServiceError> {
        let Some(RefreshToken { session: id, .. }) = RefreshToken::read(refresh_token) else { return Ok(()) };
        let named = id.clone();
        let row =
            self.context.database.read(move |connection| sessions::find_session(connection, &named)).await?;
        match row {
            Some(row) => self.end(row.member_id, id).await,
            None => Ok(()),
        }
    }

    async fn end(&self, member: MemberId, session: SessionId) -> Result<(), ServiceError> {
        let now = self.context.clock.now();
        self.context
            .database
            .write(move |connection| sessions::end_session(connection, &session, now))
            .await?;
        self.context.signals.sessions_changed(member);
        Ok(())
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
    /// [`ServiceError::Invalid`] when the current password is wrong or the new one will not do;
    /// [`ServiceError::RateLimited`] when it was wrong too often.
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
        let guess = self.guard.begin_as(id, self.context.clock.now())?;
        let too_long = current.len() > password::LONGEST_BYTES;
        let candidate = if too_long { String::new() } else { current };
        let right = match self.context.passwords.verify(candidate, old_hash.clone()).await {
            Ok(right) => right && !too_long,
            Err(error) => {
                // Nobody has looked.
                guess.forgotten();
                return Err(error);
            }
        };
        if !right {
            guess.failed(self.context.clock.now());
            return Err(wrong_current_password());
        }
        guess.forgotten();
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
            .await?;
        self.context.signals.sessions_changed(id);
        Ok(())
    }

    fn new_session(&self, member: MemberId, now: Millis) -> Result<(SessionRow, RefreshToken), ServiceError> {
        let id = SessionId(self.context.new_session_id()?);
        let secret: [u8; 32] = self.context.random()?;
        let row = SessionRow {
            id: id.clone(),
            member_id: member,
            token_hash: hash(&secret),
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
            devices: None,
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

pub(super) fn load_me(connection: &mut AnyConnection, id: MemberId) -> Result<Me, StoreError> {
    let member = members::get_member(connection, id)?;
    let unit = units::get_unit(connection, member.unit_id)?;
    let grants = members::list_grants(connection, &[id])?.remove(&id).unwrap_or_default();
    Ok(Me { member, unit, grants })
}

/// Whether the secret with this hash is the living one and was told a moment ago.
fn is_told_again(
    connection: &mut AnyConnection,
    id: &SessionId,
    new_hash: &[u8],
    now: Millis,
) -> Result<bool, StoreError> {
    // Read again: another tab may have been quicker only just now.
    let alive = sessions::find_session(connection, id)?
        .is_some_and(|row| row.ended_at.is_none() && row.token_hash == new_hash);
    let used_at = devices::find_chain(connection, id)?.map(|(_, used_at)| used_at);
    Ok(alive && used_at.is_some_and(|used_at| now.since(used_at) <= COOKIE_GRACE_MS))
}
