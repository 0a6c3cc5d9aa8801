//! The rules, and nothing else: no database, no clock, no HTTP, no random source of their own.
//!
//! Time comes in as [`time::Millis`], randomness as a seed, so every rule gives the same answer to
//! the same question, in a test and in ten years.

pub mod attempt;
pub mod attempt_events;
pub mod audit;
pub mod blueprint;
pub mod device;
pub mod draw;
pub mod duplicates;
pub mod fill;
pub mod grading;
pub mod ids;
pub mod item_statistics;
pub mod message;
pub mod month;
pub mod org;
pub mod pace;
pub mod password;
pub mod period;
pub mod points;
pub mod practice;
pub mod quality;
pub mod question;
mod question_faults;
pub mod quiz;
pub mod ranking;
pub mod rate;
pub mod report;
pub mod roles;
pub mod streak;
pub mod time;
pub mod unit_day;
