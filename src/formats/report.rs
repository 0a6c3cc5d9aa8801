//! What an import found and did.

use crate::domain::message::Message;

/// A place in a file, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where, in the words of the format.
    pub at: String,
    /// What, and how to mend it.
    pub message: Message,
}

/// A question of a file that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedQuestion {
    /// Where it stands, in the words of the format.
    pub at: String,
    /// Why it cannot be taken, and how to mend it.
    pub message: Message,
    /// What the file says, as label and text; see [`super::FoundQuestion::original`].
    pub original: Vec<(String, String)>,
}

impl RejectedQuestion {
    /// The place and the reason alone.
    pub fn place(&self) -> Place {
        Place { at: self.at.clone(), message: self.message.clone() }
    }
}

/// The report on a bank file. `found` = `added` + `updated` + `unchanged` + rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The format that the file was read as.
    pub format: &'static str,
    /// The bank's revision after the import; the one before when nothing was saved.
    pub revision: i32,
    /// Questions in the file.
    pub found: usize,
    /// New ones.
    pub added: usize,
    /// Ones that differ from the bank's.
    pub updated: usize,
    /// Ones that the bank has just so.
    pub unchanged: usize,
    /// Questions that cannot be taken, one entry each.
    pub rejected: Vec<RejectedQuestion>,
    /// What was guessed or dropped.
    pub warnings: Vec<Place>,
}

/// A password to hand out, told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialPassword {
    /// Whose login.
    pub login: String,
    /// Whose name.
    pub name: String,
    /// The password, to be changed at the first login.
    pub password: String,
}

/// The report on a roster of units or members. `found` = `added` + `updated` + `unchanged` + rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RosterReport {
    /// Rows in the file.
    pub found: usize,
    /// New ones.
    pub added: usize,
    /// Ones that differ from what is known.
    pub updated: usize,
    /// Ones that are known just so.
    pub unchanged: usize,
    /// Rows that cannot be taken, one entry each.
    pub rejected: Vec<Place>,
    /// What was guessed or dropped.
    pub warnings: Vec<Place>,
    /// Passwords to hand out; empty for units, for a dry run, and when nothing was saved.
    pub initial_passwords: Vec<InitialPassword>,
}
