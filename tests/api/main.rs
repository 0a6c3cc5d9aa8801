//! The API over real HTTP: a server on a random port, a fresh database a test, on SQLite and, with the
//! feature `postgres`, on PostgreSQL too.

mod accounts;
mod attempts;
mod authorization;
mod bad_input;
mod banks;
mod harness;
mod leaderboards;
mod members;
mod quizzes;
mod rosters;
mod secrecy;
mod system;
mod units;
