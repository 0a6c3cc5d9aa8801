//! diesel: the only place that knows SQL.
//!
//! Functions take `&mut AnyConnection` and never open a transaction: a service owns it, one for each use
//! case, by asking [`Database::read`] or [`Database::write`].

mod announcer;
pub mod anonymise;
#[cfg(feature = "postgres")]
mod attempt_sets;
pub mod attempt_writes;
pub mod attempts;
pub mod audit;
pub mod backup;
pub mod banks;
mod connection;
mod database;
pub mod devices;
mod distribution;
mod error;
pub mod events;
pub mod favourites;
mod freshness;
pub mod full_results;
pub mod health;
pub mod item_versions;
pub mod keys;
pub mod learning;
pub mod members;
pub mod monthly_reports;
mod notices;
pub mod own_data;
pub mod quiz_attempts;
pub mod quiz_times;
pub mod quizzes;
pub mod report_members;
pub mod results;
pub mod revisions;
mod schema;
pub mod sessions;
pub mod setup;
mod snapshot;
mod statement;
pub mod statistics;
mod transaction;
pub mod units;
pub mod vitals;
pub mod voids;
mod writer;
mod writer_stats;

pub use connection::{AnyConnection, Backend, DatabaseUrl};
pub use database::{Database, DatabaseOptions, ReadStats, Writers};
pub use distribution::{Distribution, DistributionShape};
pub use error::{Conflict, StoreError};
pub use freshness::Freshness;
pub use snapshot::in_snapshot;
pub use writer_stats::WriterStats;

#[cfg(test)]
#[path = "plans_tests.rs"]
mod plans_tests;
