//! What all services share: the database, the clock, the random source, the settings.

use std::sync::Arc;

use ipnet::IpNet;
use uuid::Uuid;

use super::limits::{Limits, RateLimits};
use super::live_quiz::LiveQuiz;
use super::passwords::PasswordHasher;
use super::tasks::Tasks;
use super::voids::KnownVoids;
use super::{ServiceError, Signals};
use crate::domain::blueprint::Shortfall;
use crate::domain::ids::{AttemptId, BankId, QuizId};
use crate::domain::period::Calendar;
use crate::domain::time::Millis;
use crate::live::banks::{BankCache, BankSnapshot};
use crate::live::latest::Latest;
use crate::live::scoreboard::Scoreboard;
use crate::store::{AnyConnection, Backend, Database, StoreError, banks};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// This instant.
    fn now(&self) -> Millis;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        Millis(jiff::Timestamp::now().as_millisecond())
    }
}

/// Gives random bytes that nobody can foretell.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the system has none to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), ServiceError>;
}

/// The system's random source.
#[derive(Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), ServiceError> {
        getrandom::fill(bytes).map_err(|error| ServiceError::Internal(error.to_string()))
    }
}

/// Settings that the services need.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The IANA time zone of days, weeks and months.
    pub timezone: String,
    /// How long a refresh token lives unused, in seconds.
    pub refresh_seconds: i64,
    /// Password hashes that are computed at the same time.
    pub hashing_threads: usize,
    /// Password hashes that may wait; one more is turned away.
    pub hashing_queue: usize,
    /// Streams that are open at the same time; one more is turned away.
    pub open_streams: usize,
    /// Whether `X-Forwarded-Proto` comes from a proxy of our own and can be believed.
    pub trust_forwarded_proto: bool,
    /// How long the server goes on answering after it was told to stop, in seconds.
    pub drain_seconds: u32,
    /// Proxies of our own, whose word for a caller's address and scheme is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many requests a member and an address may make.
    pub limits: Limits,
    /// How long a request's head may take to arrive, in seconds.
    pub head_seconds: u32,
    /// How long a request's body may take to arrive, in seconds.
    pub body_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timezone: "Asia/Shanghai".into(),
            refresh_seconds: 30 * 86_400,
            hashing_threads: 1,
            hashing_queue: 512,
            open_streams: 1000,
            trust_forwarded_proto: false,
            drain_seconds: 0,
            trusted_proxies: vec![],
            limits: Limits::default(),
            head_seconds: 20,
            body_seconds: 120,
        }
    }
}

/// What all services share.
pub struct Context {
    /// The database.
    pub database: Database,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The calendar of the drive.
    pub calendar: Calendar,
    /// The settings.
    pub settings: Settings,
    /// Tells those who wait what happens.
    pub signals: Arc<Signals>,
    entropy: Arc<dyn Entropy>,
    /// Hashes and checks passwords.
    pub(super) passwords: PasswordHasher,
    /// Counts requests.
    pub(super) rates: RateLimits,
    banks: BankCache,
    pub(super) quizzes: Latest<QuizId, LiveQuiz>,
    pub(super) voids: Latest<(), KnownVoids>,
    pub(super) scoreboard: Arc<Scoreboard>,
    /// What goes on beside the requests.
    pub(super) tasks: Tasks,
}

/// Quizzes that are held in memory.
const MOST_QUIZZES: usize = 1_000;

impl Context {
    pub(super) fn new(
        database: Database,
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ServiceError> {
        let calendar =
            Calendar::new(&settings.timezone).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let passwords = PasswordHasher::new(settings.hashing_threads, settings.hashing_queue)
            .map_err(|error| ServiceError::Internal(error.to_string()))?;
        let rates = RateLimits::new(settings.limits.clone());
        Ok(Self {
            rates,
            database,
            clock,
            calendar,
            settings,
            signals: Arc::new(Signals::new()),
            entropy,
            passwords,
            banks: BankCache::new(),
            quizzes: Latest::new(MOST_QUIZZES),
            voids: Latest::new(1),
            scoreboard: Arc::default(),
            tasks: Tasks::new(),
        })
    }

    /// Random bytes.
    pub(super) fn random<const N: usize>(&self) -> Result<[u8; N], ServiceError> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A new attempt id: a UUIDv7 of the instant `now`.
    pub(super) fn new_attempt_id(&self, now: Millis) -> Result<AttemptId, ServiceError> {
        let random = self.random::<10>()?;
        let millis = u64::try_from(now.0).unwrap_or(0);
        Ok(AttemptId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()))
    }

    /// A new initial password.
    pub(super) fn new_password(&self) -> Result<String, ServiceError> {
        Ok(crate::domain::password::initial(self.random()?))
    }

    /// A random id of 32 hexadecimal digits.
    pub(super) fn new_session_id(&self) -> Result<String, ServiceError> {
        Ok(Uuid::from_bytes(self.random()?).simple().to_string())
    }

    /// The questions of a bank revision, from memory or, the first time, from the database. For read
    /// connections: what a transaction has not committed must not stay in memory.
    pub(super) fn bank_snapshot(
        &self,
        connection: &mut AnyConnection,
        bank: BankId,
        revision: i32,
    ) -> Result<Arc<BankSnapshot>, StoreError> {
        self.banks.get_or_load(bank, revision, || load_snapshot(connection, bank, revision))
    }

    /// The questions of a bank revision, if they are in memory.
    pub(super) fn held_snapshot(&self, bank: BankId, revision: i32) -> Option<Arc<BankSnapshot>> {
        self.banks.get(bank, revision)
    }

    /// Whether other instances write to the same database.
    pub(super) fn is_shared(&self) -> bool {
        self.database.backend() == Backend::Postgres
    }

    /// The same inside a transaction that may have made the revision and may still be undone: nothing that
    /// is read here is kept.
    pub(super) fn bank_snapshot_in_transaction(
        &self,
        connection: &mut AnyConnection,
        bank: BankId,
        revision: i32,
    ) -> Result<Arc<BankSnapshot>, StoreError> {
        match self.banks.get(bank, revision) {
            Some(snapshot) => Ok(snapshot),
            None => load_snapshot(connection, bank, revision).map(Arc::new),
        }
    }
}

fn load_snapshot(
    connection: &mut AnyConnection,
    bank: BankId,
    revision: i32,
) -> Result<BankSnapshot, StoreError> {
    let rows = banks::list_questions(connection, bank, revision)?;
    Ok(BankSnapshot::new(rows.into_iter().map(|row| row.question).collect()))
}

impl From<Vec<Shortfall>> for ServiceError {
    fn from(shortfalls: Vec<Shortfall>) -> Self {
        Self::BlueprintUnfillable(shortfalls)
    }
}
