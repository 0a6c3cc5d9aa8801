//! How Chinese question papers and question tables are written: what every format that people type by
//! hand has in common. The words and layouts are those of the systems in use and of printed papers.

pub mod answers;
pub mod decode;
pub mod fold;
pub mod headings;
pub mod options;
mod said;
pub mod words;

pub use said::{Said, kind_name};

#[cfg(test)]
mod said_tests;
