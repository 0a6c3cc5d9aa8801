//! Faults around the program: a full queue, a locked database, a full disk, a server that goes away, restarts, lost disks.
//! What was acknowledged is there afterwards, nothing counts twice, the rest was told to come again, and the
//! program recovers by itself.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod backup;
mod crowd;
mod graceful;
mod http;
mod kill;
mod logs;
#[cfg(feature = "postgres")]
mod postgres;
mod program;
#[cfg(feature = "postgres")]
mod recovery;
#[cfg(feature = "postgres")]
mod rolling;
mod sqlite;
