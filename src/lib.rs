//! Qianti (千题): the system for a "1000 questions" study drive.

pub mod domain;
pub mod store;
