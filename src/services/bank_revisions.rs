//! The history of question banks, and taking back what was done last.

use std::collections::HashMap;

use serde_json::json;

use super::ServiceError;
use super::audit::{Change, Stamp, question_changes};
use super::banks::{BankView, Banks, only};
use super::import;
use crate::domain::audit::{Action, Facts, SubjectKind};
use crate::domain::ids::QuestionId;
use crate::domain::question::Question;
use crate::domain::roles::Principal;
use crate::message;
use crate::store::banks::{self, BankRow, QuestionRow};
pub use crate::store::revisions::{RevisionRow, VersionRow};
use crate::store::{AnyConnection, revisions};

impl Banks {
    /// The revisions of a bank below `before`, the latest first.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for anybody but admins of the root; [`ServiceError::NotFound`].
    pub async fn revisions(
        &self,
        principal: &Principal,
        code: String,
        before: Option<i32>,
        limit: i64,
    ) -> Result<Vec<RevisionRow>, ServiceError> {
        only(principal.is_root_admin())?;
        self.context
            .database
            .read(move |connection| {
                let bank = banks::get_bank(connection, &code)?;
                Ok(revisions::list_revisions(connection, bank.id, before, limit)?)
            })
            .await
    }

    /// The versions of a question that begin below the revision `before`, the latest first; of a retired
    /// one too.
    ///
    /// # Errors
    /// As [`Banks::revisions`].
    pub async fn history(
        &self,
        principal: &Principal,
        bank: String,
        code: String,
        before: Option<i32>,
        limit: i64,
    ) -> Result<Vec<VersionRow>, ServiceError> {
        only(principal.is_root_admin())?;
        self.context
            .database
            .read(move |connection| {
                let bank = banks::get_bank(connection, &bank)?;
                let rows = revisions::list_versions(connection, bank.id, &code, before, limit)?;
                if rows.is_empty() && before.is_none() {
                    return Err(ServiceError::NotFound("question"));
                }
                Ok(rows)
            })
            .await
    }

    /// Makes a new revision that equals the one before the current one, which is `revision`.
    ///
    /// # Errors
    /// As [`Banks::revisions`]; [`ServiceError::RevisionNotCurrent`]; [`ServiceError::Invalid`] for a
    /// revision that cannot be.
    pub async fn undo(
        &self,
        principal: &Principal,
        code: String,
        revision: i32,
    ) -> Result<BankView, ServiceError> {
        only(principal.is_root_admin())?;
        if revision < 1 {
            return Err(ServiceError::invalid("/revision", message!("1 或更大", "1 or more")));
        }
        let stamp = Stamp::new(principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let bank = banks::hold_bank(connection, &code)?;
                if bank.revision != revision {
                    return Err(ServiceError::RevisionNotCurrent);
                }
                let steps = Steps::between(connection, &bank, revision - 1)?;
                let again: Vec<(QuestionId, &Question)> =
                    steps.again.iter().map(|(_, row)| (row.id, &row.question)).collect();
                let retired: Vec<QuestionId> = steps.retired.iter().map(|row| row.id).collect();
                let made = import::write(connection, &bank, &[], &again, &retired, stamp.by())?;
                revisions::note_undone(connection, bank.id, made, revision)?;
                let after = Facts::from_iter([
                    ("revision".to_owned(), json!(made)),
                    ("undoes".to_owned(), json!(revision)),
                    ("restored".to_owned(), json!(again.len())),
                    ("retired".to_owned(), json!(retired.len())),
                ]);
                let change = Change::new(Action::BankUndone, SubjectKind::Bank, &bank.code, &bank.title)
                    .before(Facts::from_iter([("revision".to_owned(), json!(revision))]))
                    .after(after);
                stamp.record(connection, question_changes(&bank.code, steps.states()).chain([change]))?;
                Ok(BankView { bank: BankRow { revision: made, ..bank }, questions: steps.questions })
            })
            .await
    }
}

/// What it takes to bring back an earlier revision.
struct Steps {
    /// Questions that stood there otherwise, or that were retired since: as they are now, and as they were.
    again: Vec<(Option<Question>, QuestionRow)>,
    /// Questions that were added since.
    retired: Vec<QuestionRow>,
    /// Questions that stood there.
    questions: usize,
}

impl Steps {
    fn between(connection: &mut AnyConnection, bank: &BankRow, earlier: i32) -> Result<Self, ServiceError> {
        let current = banks::list_questions(connection, bank.id, bank.revision)?;
        let earlier = banks::list_questions(connection, bank.id, earlier)?;
        let questions = earlier.len();
        let mut now: HashMap<QuestionId, QuestionRow> =
            current.into_iter().map(|row| (row.id, row)).collect();
        let again = earlier
            .into_iter()
            .map(|row| (now.remove(&row.id).map(|now| now.question), row))
            .filter(|(now, row)| now.as_ref() != Some(&row.question))
            .collect();
        let mut retired: Vec<QuestionRow> = now.into_values().collect();
        retired.sort_unstable_by_key(|row| row.id);
        Ok(Self { again, retired, questions })
    }

    /// What becomes of each question: as it is now, and as it is to be.
    fn states(&self) -> impl Iterator<Item = (Option<&Question>, Option<&Question>)> {
        let again = self.again.iter().map(|(now, row)| (now.as_ref(), Some(&row.question)));
        again.chain(self.retired.iter().map(|row| (Some(&row.question), None)))
    }
}
