//! What is held in memory: read models of what the database knows, never a second truth.

pub mod banks;
pub mod day_book;
pub mod latest;
pub mod papers;
pub mod scoreboard;
