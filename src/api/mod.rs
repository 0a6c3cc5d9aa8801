//! The REST API: routes, extractors, DTOs, problems. Thin: parse, authorize, call one service, answer.

mod accounts;
mod app;
mod attempt_history;
mod attempts;
mod audit;
mod bank_files;
mod banks;
mod cookie;
mod docs;
mod docs_rules;
mod extract;
mod leaderboards;
mod members;
mod metrics;
mod middleware;
mod page;
mod parse;
mod practice;
mod problem;
mod quiz_desk;
mod quiz_watch;
mod quizzes;
mod reports;
mod revisions;
mod rosters;
mod routes;
mod sessions;
mod setup;
mod slips;
mod stream;
mod system;
mod units;
mod web;
mod wire;

pub use app::{ApiState, bind, openapi_json};
pub use problem::{PROBLEMS, ProblemCode};
