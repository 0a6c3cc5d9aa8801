//! Qianti (千题): the system for a "1000 questions" study drive.
//!
//! The modules, in order of dependency; nothing points back.
//!
//! - [`domain`]: the rules. Pure.
//! - [`formats`]: files in and out.
//! - [`store`]: the database.
//! - [`live`]: what is held in memory.
//! - [`services`]: what a caller can ask for.
//! - [`built_in`]: the built-in question bank.
//! - [`config`]: every setting.
//! - [`api`]: the REST API.
//! - [`cli`]: the command line.

pub mod api;
pub mod built_in;
pub mod cli;
pub mod config;
pub mod domain;
pub mod formats;
pub mod live;
pub mod services;
pub mod store;

/// Answers are made on one thread and dropped on another (the writer's), which the C library's allocator answers
/// with a lock that all of them wait for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
