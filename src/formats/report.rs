//! What an import found and did.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::audit::Facts;
use crate::domain::message::Message;
use crate::domain::question::Question;

/// Questions, or rows of a roster, that the report of a dry run shows.
pub const MOST_PREVIEWED: usize = 20;

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

/// What an import makes of a question of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuestionFate {
    /// The bank has not got it.
    Added,
    /// The bank has it otherwise.
    Updated,
    /// The bank has it just so.
    Unchanged,
}

/// A question of a file as it was read and would be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewedQuestion {
    /// Where it stands in the file, in the words of the format.
    pub at: String,
    /// What becomes of it.
    pub fate: QuestionFate,
    /// What it says, with what the bank has where the file says nothing.
    pub question: Question,
    /// What the bank has instead; for one that is to be updated only.
    pub before: Option<Question>,
}

/// A row of a roster that would change a unit or a member who is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewedRow {
    /// Where it stands in the file.
    pub at: String,
    /// The code of the unit, or the login of the member.
    pub code: String,
    /// The name, as the file has it.
    pub name: String,
    /// What would change, as it is now.
    pub before: Facts,
    /// What would change, as the file has it.
    pub after: Facts,
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
    /// Of a dry run: the first questions that can be taken, at most [`MOST_PREVIEWED`].
    pub preview: Option<Vec<PreviewedQuestion>>,
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
    /// Of a dry run: the first rows that would change something known, at most [`MOST_PREVIEWED`].
    pub preview: Option<Vec<PreviewedRow>>,
}
