//! Question banks: questions one by one and from files; every change is a new revision.

use std::sync::Arc;

use super::import;
use super::{Context, ServiceError};
use crate::domain::question::{Draft, Kind};
use crate::domain::roles::Principal;
use crate::formats::{self, BankFormat, FoundBank, ImportReport, Place, Written};
use crate::message;
pub use crate::store::banks::QuestionRow;
use crate::store::banks::{self, BankRow};
use crate::store::{AnyConnection, StoreError};

/// Longest title of a bank, in characters.
const LONGEST_TITLE: usize = 200;
/// Longest code of a bank, in characters.
const LONGEST_CODE: usize = 64;

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
    /// At most this many.
    pub limit: usize,
}

/// How to read a bank file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Report only.
    pub dry_run: bool,
    /// Save the questions that can be taken although others are rejected.
    pub accept_valid: bool,
}

/// A file that was written.
#[derive(Clone, Debug)]
pub struct ExportedFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub content: Vec<u8>,
    /// The questions that the format cannot carry, by their codes, and why.
    pub left_out: Vec<Place>,
}

/// Question banks.
pub struct Banks {
    context: Arc<Context>,
}

impl Banks {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
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
        let now = self.context.clock.now();
        let bank = self
            .context
            .database
            .write::<_, ServiceError>(move |connection| {
                Ok(banks::create_bank(connection, &code, &title, now)?)
            })
            .await?;
        Ok(BankView { bank, questions: 0 })
    }

    /// Questions of the current revision, keys included, in the order of their codes.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for anybody but admins of the root.
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
                let rows = banks::list_questions(connection, bank.id, bank.revision)?;
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
            let revision = import::write(connection, bank, &[&question], &[], &[], stamp)?;
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
            let revision = import::write(connection, bank, &[], &[(old.id, &question)], &[], stamp)?;
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
            import::write(connection, bank, &[], &[], &[old.id], stamp)?;
            Ok(())
        })
        .await
    }

    /// Puts the questions of a file into a bank: all of them or none.
    ///
    /// # Errors
    /// [`ServiceError::UnsupportedFormat`], [`ServiceError::UnreadableFile`];
    /// [`ServiceError::ImportRejected`] when a question cannot be taken and `accept_valid` is not set.
    pub async fn import(
        &self,
        principal: &Principal,
        code: String,
        format: &str,
        file: &[u8],
        options: ImportOptions,
    ) -> Result<ImportReport, ServiceError> {
        only(principal.is_root_admin())?;
        let (found, format) = read_file(format, file)?;
        self.import_found(principal, code, found, format, options).await
    }

    /// Puts questions that were read from files into a bank: all of them or none.
    ///
    /// # Errors
    /// [`ServiceError::ImportRejected`] when a question cannot be taken and `accept_valid` is not set.
    pub async fn import_found(
        &self,
        principal: &Principal,
        code: String,
        found: FoundBank,
        format: &'static str,
        options: ImportOptions,
    ) -> Result<ImportReport, ServiceError> {
        only(principal.is_root_admin())?;
        let checked = import::check(found);
        let stamp = (Some(principal.member_id), self.context.clock.now());
        let save = !options.dry_run && (checked.rejected.is_empty() || options.accept_valid);
        let refuse = !checked.rejected.is_empty() && !options.accept_valid;
        let report = self
            .context
            .database
            .write(move |connection| -> Result<_, ServiceError> {
                let bank = banks::hold_bank(connection, &code)?;
                Ok(import::apply(connection, &bank, checked, format, stamp, save)?)
            })
            .await?;
        if refuse { Err(ServiceError::ImportRejected(Box::new(report))) } else { Ok(report) }
    }

    /// Writes the current revision to a file.
    ///
    /// # Errors
    /// [`ServiceError::UnsupportedFormat`]; [`ServiceError::Forbidden`] for anybody but admins of the root.
    pub async fn export(
        &self,
        principal: &Principal,
        code: String,
        format: &str,
    ) -> Result<ExportedFile, ServiceError> {
        only(principal.is_root_admin())?;
        let format = formats::find_format(format).ok_or(ServiceError::UnsupportedFormat)?;
        let (bank, rows) = self
            .context
            .database
            .read(move |connection| -> Result<_, ServiceError> {
                let bank = banks::get_bank(connection, &code)?;
                let rows = banks::list_questions(connection, bank.id, bank.revision)?;
                Ok((bank, rows))
            })
            .await?;
        let questions: Vec<_> = rows.into_iter().map(|row| row.question).collect();
        let Written { content, left_out } = format
            .write(&bank.title, &questions)
            .map_err(|error| ServiceError::Internal(error.to_string()))?;
        let name = format!("{}.{}", bank.code, format.extension());
        Ok(ExportedFile { name, media_type: format.media_type(), content, left_out })
    }

    /// Runs a change of single questions in one transaction.
    async fn change<T: Send + 'static>(
        &self,
        principal: &Principal,
        code: String,
        work: impl FnOnce(
            &mut AnyConnection,
            &BankRow,
            Vec<QuestionRow>,
            (Option<crate::domain::ids::MemberId>, crate::domain::time::Millis),
        ) -> Result<T, ServiceError>
        + Send
        + 'static,
    ) -> Result<T, ServiceError> {
        only(principal.is_root_admin())?;
        let stamp = (Some(principal.member_id), self.context.clock.now());
        self.context
            .database
            .write(move |connection| {
                let bank = banks::hold_bank(connection, &code)?;
                let rows = banks::list_questions(connection, bank.id, bank.revision)?;
                work(connection, &bank, rows, stamp)
            })
            .await
    }
}

/// Reads a bank file in the named format, or in the one that it looks like.
fn read_file(format: &str, file: &[u8]) -> Result<(FoundBank, &'static str), ServiceError> {
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(ServiceError::UnreadableFile(message!("文件是空的", "the file is empty")));
    }
    let format: &dyn BankFormat = match format {
        "auto" => formats::recognise(file).ok_or_else(|| {
            ServiceError::UnreadableFile(message!(
                "认不出文件的格式",
                "the format of the file is not recognised"
            ))
        })?,
        name => formats::find_format(name).ok_or(ServiceError::UnsupportedFormat)?,
    };
    let found = format.read(file).map_err(ServiceError::UnreadableFile)?;
    if found.questions.is_empty() {
        return Err(ServiceError::UnreadableFile(message!("文件里没有题目", "the file has no questions")));
    }
    Ok((found, format.name()))
}

fn only(allowed: bool) -> Result<(), ServiceError> {
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
