//! Why a service refuses or fails. Each variant is one problem of the API.

use crate::domain::blueprint::Shortfall;
use crate::domain::message::Message;
use crate::domain::question::Fault;
use crate::formats::{ImportReport, RosterReport};
use crate::store::{Conflict, StoreError};

/// A roster that was not taken.
pub type RejectedRoster = Box<RosterReport>;

/// A refused or failed call.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no valid access token.
    #[error("not authenticated")]
    Unauthenticated,
    /// No such login, or not its password: the caller is not told which.
    #[error("wrong login or password")]
    WrongCredentials,
    /// The refresh token is used up, too old, or none.
    #[error("invalid refresh token")]
    InvalidRefreshToken,
    /// The caller has no right to it.
    #[error("forbidden")]
    Forbidden,
    /// The initial password has to be changed first.
    #[error("the password must be changed first")]
    PasswordChangeRequired,
    /// It is not there, or not for the caller to see.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The unit did not exist when the month was closed.
    #[error("no report of that month")]
    NoReport,
    /// Another unit, bank or question has this code.
    #[error("code taken")]
    CodeTaken,
    /// Another member has this login.
    #[error("login taken")]
    LoginTaken,
    /// Only who has left is anonymised.
    #[error("member active")]
    MemberActive,
    /// Who the member was was taken away for good.
    #[error("member anonymised")]
    MemberAnonymised,
    /// Something belongs to the unit.
    #[error("unit not empty")]
    UnitNotEmpty,
    /// Somebody has begun the quiz.
    #[error("quiz in use")]
    QuizInUse,
    /// The quiz has not opened yet or is over.
    #[error("quiz not open")]
    QuizNotOpen,
    /// The member has used every attempt.
    #[error("no attempts left")]
    NoAttemptsLeft,
    /// The attempt takes no answers any more.
    #[error("attempt closed")]
    AttemptClosed,
    /// An attempt that runs cannot be voided.
    #[error("attempt running")]
    AttemptRunning,
    /// The attempt is voided already.
    #[error("attempt voided")]
    AttemptVoided,
    /// The bank has another revision than the one that was looked at.
    #[error("the bank has another revision")]
    RevisionNotCurrent,
    /// The right answers of the quiz are shown, so nobody may answer any more.
    #[error("the keys are shown")]
    KeysShown,
    /// The question is on a paper of the member's own whose keys are still hidden.
    #[error("question locked")]
    QuestionLocked,
    /// The bank cannot fill the blueprint.
    #[error("the bank cannot fill the blueprint")]
    BlueprintUnfillable(Vec<Shortfall>),
    /// Fields that are wrong.
    #[error("{} invalid fields", .0.len())]
    Invalid(Vec<Fault>),
    /// A file that cannot be read at all.
    #[error("unreadable file: {0}")]
    UnreadableFile(Message),
    /// A bank that cannot be written in the wanted format.
    #[error("unwritable file: {0}")]
    UnwritableFile(Message),
    /// A format that is not supported.
    #[error("unsupported format")]
    UnsupportedFormat,
    /// A bank file with rejected questions, of which nothing was saved.
    #[error("import rejected")]
    ImportRejected(Box<ImportReport>),
    /// A roster with rejected rows, of which nothing was saved.
    #[error("roster rejected")]
    RosterRejected(RejectedRoster),
    /// So many requests, or failed logins, that the caller has to wait.
    #[error("rate limited for {retry_after_seconds} s")]
    RateLimited {
        /// How long, in seconds.
        retry_after_seconds: u32,
    },
    /// There is too much to do now; try again later.
    #[error("busy: {0}")]
    Busy(String),
    /// A fault of the program or of the machine.
    #[error("internal: {0}")]
    Internal(String),
}

impl ServiceError {
    /// Too many, for so many milliseconds.
    pub(super) fn rate_limited(wait_ms: i64) -> Self {
        let seconds = u32::try_from(wait_ms.max(1).saturating_add(999) / 1000).unwrap_or(u32::MAX);
        Self::RateLimited { retry_after_seconds: seconds }
    }

    /// One field that is wrong.
    pub fn invalid(pointer: impl Into<String>, message: Message) -> Self {
        Self::Invalid(vec![Fault { pointer: pointer.into(), message }])
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::NotFound(what),
            StoreError::Conflict(conflict) => match conflict {
                Conflict::UnitCode | Conflict::BankCode | Conflict::QuestionCode => Self::CodeTaken,
                Conflict::Login => Self::LoginTaken,
                Conflict::UnitNotEmpty => Self::UnitNotEmpty,
                Conflict::QuizInUse => Self::QuizInUse,
                Conflict::Voided => Self::AttemptVoided,
                Conflict::Attempt => Self::Busy("the same attempt is being begun".into()),
            },
            StoreError::Busy(reason) => Self::Busy(reason),
            StoreError::Corrupt { .. } | StoreError::Db(_) => Self::Internal(error.to_string()),
        }
    }
}
