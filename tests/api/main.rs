//! The API over real HTTP: a server on a random port, a fresh database a test, on SQLite and, with the
//! feature `postgres`, on PostgreSQL too.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod accounts;
mod attempts;
mod audit;
mod authorization;
mod bad_input;
mod bank_files;
mod banks;
mod connections;
mod cookies;
mod events;
mod first_hour;
mod harness;
mod headers;
mod item_reports;
mod leaderboards;
mod limits;
mod login_guard;
mod members;
mod operations;
mod papers;
mod practice;
mod privacy;
mod quiz_desk;
mod quiz_watch;
mod quizzes;
mod reports;
mod reports_monthly;
mod revisions;
mod rosters;
mod scoreboard;
mod secrecy;
mod sessions;
mod statistics;
mod streams;
mod system;
mod traces;
mod units;
mod voids;
mod web;
