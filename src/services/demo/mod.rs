//! A sample zone: a four-level tree of 43 branches, 1,200 members, a month of results, what the administrator did
//! in it, and a contest that is going on; believable and always the same for the same instant.

mod month;
mod results;
mod samples;
mod zone;

use self::zone::{Maker, login};
use super::first_start::FirstStart;
use super::{ServiceError, Services};
use crate::formats::FoundBank;

/// The password of every member of the demo.
pub const DEMO_PASSWORD: &str = "qianti-demo-2026";
/// Members of the demo.
const MEMBERS: usize = 1_200;
/// Branches of the demo.
const BRANCHES: usize = 43;
/// Days of results before today: some of them are always of the month before.
const DAYS: i64 = 31;
const HOUR_MS: i64 = 3_600_000;
/// How long ago it all began: the bank was loaded, everybody joined.
const JOINED_MS: i64 = (DAYS + 30) * 24 * HOUR_MS;

/// What the demo has made.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Branches.
    pub branches: usize,
    /// Members.
    pub members: usize,
    /// Graded attempts.
    pub attempts: usize,
    /// Attempts at the open contest that are running.
    pub running: usize,
    /// The login of the first member.
    pub first_login: String,
    /// The login of the last member.
    pub last_login: String,
    /// The login of a leader of the whole zone.
    pub leader_login: String,
}

impl Services {
    /// The first start of a database that is to be filled: as [`Services::first_start`], but some time ago.
    ///
    /// # Errors
    /// As [`Services::first_start`].
    pub async fn first_start_of_demo(
        &self,
        given_password: Option<String>,
        built_in: FoundBank,
    ) -> Result<Option<FirstStart>, ServiceError> {
        let then = self.context.clock.now().plus_ms(-JOINED_MS);
        self.first_start_at(given_password, built_in, then).await
    }

    /// Fills a database that has only just had its first start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fill_demo(&self) -> Result<Demo, ServiceError> {
        let now = self.context.clock.now();
        let admin = self.operator().await?;
        // One hash for all: it is a sample with one published password.
        let hash = self.context.passwords.hash(DEMO_PASSWORD.to_owned()).await?;
        let (maker, branches, people) = self
            .context
            .database
            .write(move |connection| -> Result<_, ServiceError> {
                let mut maker = Maker::new(now);
                let branches = maker.units(connection)?;
                let people = maker.people(connection, &branches, &hash)?;
                Ok((maker, branches, people))
            })
            .await?;
        let members = people.len();
        let (attempts, running) = month::fill(&self.context, &admin, maker, &branches, people).await?;
        Ok(Demo {
            branches: branches.len(),
            members,
            attempts,
            running,
            first_login: login(0),
            last_login: login(MEMBERS - 1),
            leader_login: "leader".into(),
        })
    }
}
