//! What a caller can ask for, by noun. A service owns its transactions, one for each use case, and
//! checks every scope itself: a [`crate::domain::roles::Principal`] is what it takes to call one.

pub mod accounts;
pub mod attempts;
pub mod audit;
pub mod bank_check;
pub mod bank_exports;
pub mod bank_files;
pub mod bank_revisions;
pub mod banks;
mod callers;
mod context;
pub mod demo;
mod devices;
pub mod doctor;
mod error;
pub mod first_start;
pub mod import;
pub mod leaderboards;
mod leavers;
mod limits;
mod live_quiz;
mod login_guard;
pub mod members;
pub mod own_data;
pub mod password_slips;
mod passwords;
pub mod practice;
pub mod quiz_drafts;
pub mod quiz_progress;
pub mod quiz_times;
pub mod quizzes;
mod refresh_tokens;
pub mod reports;
pub mod rosters;
pub mod sessions;
pub mod setup;
mod signals;
pub mod statistics;
pub mod streams;
pub mod tasks;
mod tokens;
pub mod units;
pub mod vitals;
pub mod voids;

use std::sync::Arc;

pub use callers::KnownCaller;
pub use context::{Clock, Context, Entropy, Settings, SystemClock, SystemEntropy};
pub use error::{RejectedRoster, ServiceError};
pub use limits::{Limits, RouteClass};
pub use login_guard::Origin;
pub use signals::Signals;

use crate::domain::roles::{Grant, Principal, Role};
use crate::store::{Database, members as member_store, units as unit_store};

/// Every service of one instance.
pub struct Services {
    /// Logging in, tokens, passwords.
    pub accounts: accounts::Accounts,
    /// A member's own logins.
    pub sessions: sessions::Sessions,
    /// The organisation.
    pub units: units::Units,
    /// The people.
    pub members: members::Members,
    /// Units and people from files.
    pub rosters: rosters::Rosters,
    /// Question banks.
    pub banks: banks::Banks,
    /// Quizzes.
    pub quizzes: quizzes::Quizzes,
    /// Attempts: begin, save, submit, review.
    pub attempts: attempts::Attempts,
    /// Rankings.
    pub leaderboards: Arc<leaderboards::Leaderboards>,
    /// Sums of the results.
    pub statistics: Arc<statistics::Statistics>,
    /// Reports for leaders.
    pub reports: reports::Reports,
    /// News of rankings.
    pub streams: streams::Streams,
    /// Practice, favourites, progress.
    pub practice: practice::Practice,
    /// What admins have changed.
    pub audit: audit::Audit,
    /// What is held about members, for themselves.
    pub own_data: own_data::OwnData,
    /// What they all share.
    pub context: Arc<Context>,
    last_look: vitals::LastLook,
}

impl Services {
    /// Builds the services on a database.
    ///
    /// # Errors
    /// When the signing keys cannot be read or made.
    pub async fn start(
        database: Database,
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ServiceError> {
        let context = Arc::new(Context::new(database, settings, clock, entropy)?);
        let accounts = accounts::Accounts::start(Arc::clone(&context)).await?;
        let attempts = attempts::Attempts::new(Arc::clone(&context));
        let statistics = Arc::new(statistics::Statistics::new(Arc::clone(&context)));
        let leaderboards = Arc::new(leaderboards::Leaderboards::start(Arc::clone(&context)).await?);
        Ok(Self {
            accounts,
            sessions: sessions::Sessions::new(Arc::clone(&context)),
            units: units::Units::new(Arc::clone(&context)),
            members: members::Members::new(Arc::clone(&context)),
            rosters: rosters::Rosters::new(Arc::clone(&context)),
            banks: banks::Banks::new(Arc::clone(&context)),
            quizzes: quizzes::Quizzes::new(Arc::clone(&context)),
            own_data: own_data::OwnData::new(Arc::clone(&context), attempts.clone()),
            attempts,
            statistics: Arc::clone(&statistics),
            reports: reports::Reports::new(Arc::clone(&context), Arc::clone(&leaderboards), statistics),
            leaderboards,
            streams: streams::Streams::new(Arc::clone(&context)),
            practice: practice::Practice::new(Arc::clone(&context)),
            audit: audit::Audit::new(Arc::clone(&context)),
            context,
            last_look: vitals::LastLook::default(),
        })
    }
}

impl Services {
    /// Whom the command line acts for: the first administrator of the whole organisation.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is none.
    pub async fn operator(&self) -> Result<Principal, ServiceError> {
        self.context
            .database
            .read(|connection| {
                let root = unit_store::find_root(connection)?.ok_or(ServiceError::NotFound("root unit"))?;
                let id = member_store::find_first_admin(connection, root.id)?;
                let member_id = id.ok_or(ServiceError::NotFound("administrator"))?;
                let grant = Grant { role: Role::Admin, unit_id: root.id, path: root.path.clone() };
                Ok(Principal {
                    member_id,
                    unit_id: root.id,
                    unit_path: root.path,
                    grants: vec![grant],
                    must_change_password: false,
                })
            })
            .await
    }
}
