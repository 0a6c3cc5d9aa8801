//! Item analysis.

use super::{Export, Reports};
use crate::domain::ids::QuizId;
use crate::domain::item_statistics::ItemFlag;
use crate::domain::message::{Language, Message};
use crate::domain::question::Kind;
use crate::domain::roles::Principal;
use crate::services::ServiceError;

pub use crate::domain::item_statistics::ItemOrder;

/// Which items are wanted.
#[derive(Clone, Debug)]
pub struct ItemQuery {
    /// The bank's code.
    pub bank: String,
    /// Only answers of this quiz.
    pub quiz: Option<QuizId>,
    /// In which order.
    pub order: ItemOrder,
    /// Only this chapter.
    pub chapter: Option<String>,
    /// Only items whose code or stem holds this.
    pub text: Option<String>,
}

/// An item, and how it was answered.
#[derive(Clone, Debug)]
pub struct ItemLine {
    /// The question's code.
    pub code: String,
    /// The revision in which this version came in.
    pub revision: i32,
    /// Its chapter.
    pub chapter: String,
    /// Its kind.
    pub kind: Kind,
    /// Its stem.
    pub stem: String,
    /// Its options.
    pub options: Vec<ItemOption>,
    /// Graded papers that showed it.
    pub shown: i64,
    /// Graded papers on which it was not left empty.
    pub answered: i64,
    /// The facility index, in percent.
    pub facility_percent: Option<f64>,
    /// The discrimination index, in percent.
    pub discrimination_percent: Option<f64>,
    /// What is wrong, or may be.
    pub flags: Vec<ItemFlag>,
}

/// An option, and how often it was chosen.
#[derive(Clone, Debug)]
pub struct ItemOption {
    /// Its letter; of a judge item `true` or `false`.
    pub id: String,
    /// What it says.
    pub text: Message,
    /// Whether it is right.
    pub is_key: bool,
    /// How often it was chosen.
    pub chosen: i64,
    /// Chosen ÷ answered.
    pub share: Option<f64>,
}

impl Reports {
    /// How the items of a bank were answered.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a bank or quiz that does not exist.
    pub async fn items(
        &self,
        _principal: &Principal,
        _query: ItemQuery,
    ) -> Result<Vec<ItemLine>, ServiceError> {
        Err(ServiceError::Busy("not there yet".into()))
    }

    /// The list as a file.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when too many files are being written.
    pub fn export_items(&self, _lines: Vec<ItemLine>, _language: Language) -> Result<Export, ServiceError> {
        Err(ServiceError::Busy("not there yet".into()))
    }
}
