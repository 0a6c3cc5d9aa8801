//! Question banks: questions one by one; every change is a new revision.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;

use super::audit::{Change, Stamp, question_change};
use super::import::{self, jobs::ImportJobs};
use super::reports::export::MOST_EXPORTS;
use super::{Context, ServiceError};
use crate::domain::audit::{Action, Facts, SubjectKind};
use crate::domain::question::{Draft, Kind};
use crate::domain::roles::Principal;
use crate::message;
pub use crate::store::banks::QuestionRow;
use crate::store::banks::{self, BankRow};
use crate::store::{AnyConnection, StoreError};

/// Longest title of a bank, in characters.
pub const LONGEST_TITLE: usize = 200;
/// Longest code of a bank, in characters.
pub const LONGEST_CODE: usize = 64;

/// A bank and how many questions its current revision has.
#[derive(Clone, Debug)]
pub struct BankView {
    /// The bank.
    pub bank: BankRow,
    /// Questions of the current revision.
    pub questions: usize,
}

/// Which questions to list.
#[derive(Clone, Debug, Default)]
pub struct QuestionFilter {
    /// Only those of this chapter.
    pub chapter: Option<String>,
    /// Only those of this kind.
    pub kind: Option<Kind>,
    /// Only those that hold this in code, stem, options or source.
    pub text: Option<String>,
    /// Only those after this code.
    pub after: Option<String>,
    /// As they stood in this revision; in the current one when it is left out.
    pub revision: Option<i32>,
    /// At most this many.
    pub limit: usize,
}

/// Imports whose files are read at the same time.
const MOST_IMPORTS: usize = 2;

/// Question banks.
#[derive(Clone)]
pub struct Banks {
    pub(super) context: Arc<Context>,
    /// Imports that tell how far they are.
    pub(super) jobs: Arc<ImportJobs>,
    /// A permit for each import that runs.
    pub(super) imports: Arc<Semaphore>,
    /// A permit for each file that is written.
    pub(super) exports: Arc<Semaphore>,
}

impl Banks {
    pub(super) fn new(context: Arc<Context>) -> Self {
        let (imports, exports) = (Semaphore::new(MOST_IMPORTS), Semaphore::new(MOST_EXPORTS));
        Self { context, jobs: Arc::default(), imports: Arc::new(imports), exports: Arc::new(exports) }
    }

    /// Every bank, oldest first. Admins choose from them for their quizzes.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for anybody but admins.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<BankView>, ServiceError> {
        only(principal.is_any_admin())?;
        let context = Arc::clone(&self.context);
        self.context
            .database
            .read(move |connection| {
                let mut views = Vec::new();
                for bank in banks::list_banks(connection)? {
                    views.push(view(&context, connection, bank)?);
                }
                Ok(views)
            })
            .await
    }

    /// Adds an empty bank.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for anybody but admins of the root; [`ServiceError::CodeTaken`];
    /// [`ServiceError::Invalid`].
    pub async fn create(
        &self,
        principal: &Principal,
        code: String,
        title: String,
    ) -> Result<BankView, ServiceError> {
        only(principal.is_root_admin())?;
        let (code, title) = (code.trim().to_owned(), title.trim().to_owned());
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let named = code.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !named || code.len() > LONGEST_CODE || !code.chars().all(plain) {
            return Err(ServiceError::invalid(
                "/code",
                message!(
                    "代码为 1 到 {LONGEST_CODE} 个字母、数字、- _ .，以字母或数字开头",
                    "a code has 1 to {LONGEST_CODE} letters, digits, - _ . and begins with a letter or digit"
                ),
            ));
        }
        if !(1..=LONGEST_TITLE).contains(&title.chars().count()) || title.chars().any(char::is_control) {
            return Err(ServiceError::invalid(
                "/title",
                message!(
                    "名称为 1 到 {LONGEST_TITLE} 个字，不含控制符",
                    "a title has 1 to {LONGEST_TITLE} characters, none of them a control character"
                ),
            ));
        }
        let stamp = Stamp::new(principal, self.context.clock.now());
        let bank = self
            .context
            .database
            .write::<_, ServiceError>(move |connection| {
                let bank = banks::create_bank(connection, &code, &title, stamp.at)?;
                let facts = Facts::from_iter([("title".to_owned(), json!(title))]);
                let added = Change::new(Action::BankAdded, SubjectKind::Bank, &bank.code, &bank.title);
                stamp.record(connection, [added.after(facts)])?;
                Ok(bank)
            })
            .await?;
        Ok(BankView { bank, questions: 0 })
    }

    /// Questions of a revision, keys included, in the order of their codes.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for anybody but admins of the root; [`ServiceError::NotFound`] for a
    /// revision that the bank does not have.
    pub async fn questions(
        &self,
        principal: &Principal,
        code: String,
        filter: QuestionFilter,
    ) -> Result<Vec<QuestionRow>, ServiceError> {
        only(principal.is_root_admin())?;
        self.context
            .database
            .read(move |connection| {
                let bank = banks::get_bank(connection, &code)?;
                let revision = filter.revision.unwrap_or(bank.revision);
                if !(0..=bank.revision).contains(&revision) {
                    return Err(ServiceError::NotFound("revision"));
                }
                let rows = banks::list_questions(connection, bank.id, revision)?;
                Ok(rows.into_iter().filter(|row| filter.admits(row)).take(filter.limit).collect())
            })
            .await
    }

    /// Adds a question.
    ///
    /// # Errors
    /// As [`Banks::questions`]; [`ServiceError::CodeTaken`]; [`ServiceError::Invalid`].
    pub async fn create_question(
        &self,
        principal: &Principal,
        bank: String,
        draft: Draft,
    ) -> Result<QuestionRow, ServiceError> {
        let question = draft.check().map_err(ServiceError::Invalid)?;
        self.change(principal, bank, move |connection, bank, rows, stamp| {
            if rows.iter().any(|row| row.question.code == question.code) {
                return Err(ServiceError::CodeTaken);
            }
            let revision = import::write(connection, bank, &[&question], &[], &[], stamp.by())?;
            stamp.record(connection, question_change(&bank.code, None, Some(&question)))?;
            find(connection, bank, revision, &question.code)
        })
        .await
    }

    /// Replaces a question; attempts that showed the old version keep it.
    ///
    /// # Errors
    /// As [`Banks::create_question`]; [`ServiceError::NotFound`].
    pub async fn update_question(
        &self,
        principal: &Principal,
        bank: String,
        code: String,
        draft: Draft,
    ) -> Result<QuestionRow, ServiceError> {
        if draft.code.trim() != code {
            return Err(ServiceError::invalid(
                "/code",
                message!("题号不能更改", "a question keeps its code"),
            ));
        }
        let question = draft.check().map_err(ServiceError::Invalid)?;
        self.change(principal, bank, move |connection, bank, rows, stamp| {
            let old = rows
                .into_iter()
                .find(|row| row.question.code == code)
                .ok_or(ServiceError::NotFound("question"))?;
            if old.question == question {
                return Ok(old);
            }
            let changed = &[(old.id, &question)];
            let revision = import::write(connection, bank, &[], changed, &[], stamp.by())?;
            stamp.record(connection, question_change(&bank.code, Some(&old.question), Some(&question)))?;
            find(connection, bank, revision, &question.code)
        })
        .await
    }

    /// Retires a question: papers drawn from now on are without it.
    ///
    /// # Errors
    /// As [`Banks::questions`]; [`ServiceError::NotFound`].
    pub async fn delete_question(
        &self,
        principal: &Principal,
        bank: String,
        code: String,
    ) -> Result<(), ServiceError> {
        self.change(principal, bank, move |connection, bank, rows, stamp| {
            let old = rows
                .iter()
                .find(|row| row.question.code == code)
                .ok_or(ServiceError::NotFound("question"))?;
            import::write(connection, bank, &[], &[], &[old.id], stamp.by())?;
            Ok(stamp.record(connection, question_change(&bank.code, Some(&old.question), None))?)
        })
        .await
    }

    /// Runs a change of single questions in one transaction.
    async fn change<T: Send + 'static>(
        &self,
        principal: &Principal,
        code: String,
        work: impl FnOnce(&mut AnyConnection, &BankRow, Vec<QuestionRow>, &Stamp) -> Result<T, ServiceError>
        + Send
        + 'static,
    ) -> Result<T, ServiceError> {
        only(principal.is_root_admin())?;
        let stamp = Stamp::new(principal, self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let bank = banks::hold_bank(connection, &code)?;
                let rows = banks::list_questions(connection, bank.id, bank.revision)?;
                work(connection, &bank, rows, &stamp)
            })
            .await
    }
}

pub(super) fn only(allowed: bool) -> Result<(), ServiceError> {
    if allowed { Ok(()) } else { Err(ServiceError::Forbidden) }
}

fn view(context: &Context, connection: &mut AnyConnection, bank: BankRow) -> Result<BankView, StoreError> {
    let questions = context.bank_snapshot(connection, bank.id, bank.revision)?.questions().len();
    Ok(BankView { bank, questions })
}

fn find(
    connection: &mut AnyConnection,
    bank: &BankRow,
    revision: i32,
    code: &str,
) -> Result<QuestionRow, ServiceError> {
    let rows = banks::list_questions(connection, bank.id, revision)?;
    rows.into_iter().find(|row| row.question.code == code).ok_or(ServiceError::NotFound("question"))
}

impl QuestionFilter {
    fn admits(&self, row: &QuestionRow) -> bool {
        let question = &row.question;
        let holds = |text: &String| {
            let text = text.to_lowercase();
            [&question.code, &question.stem, &question.source]
                .into_iter()
                .chain(&question.options)
                .any(|field| field.to_lowercase().contains(&text))
        };
        self.after.as_ref().is_none_or(|after| question.code > *after)
            && self.chapter.as_ref().is_none_or(|chapter| question.chapter == *chapter)
            && self.kind.is_none_or(|kind| question.kind == kind)
            && self.text.as_ref().is_none_or(holds)
    }
}
