//! Question banks from files and to files.

use std::sync::Arc;

use serde_json::json;

use super::ServiceError;
use super::audit::{Change, Stamp, carried, carried_along, question_changes};
use super::banks::{Banks, only};
use super::import::check::Checked;
pub use super::import::jobs::ImportStatus;
use super::import::{self, Plan, Progress, Stage};
use crate::domain::audit::{Action, SubjectKind};
use crate::domain::message::Message;
use crate::domain::roles::Principal;
use crate::formats::{self, BankFormat, FoundBank, ImportReport, Place, tables};
use crate::message;
use crate::store::{AnyConnection, StoreError, banks};

/// How often an import compares itself with a bank that is being changed under it, before it has the bank held.
const MOST_COMPARISONS: usize = 3;

/// How to read a bank file.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Report only.
    pub dry_run: bool,
    /// Save the questions that can be taken although others are rejected.
    pub accept_valid: bool,
    /// What the file is called, for the audit log.
    pub file_name: Option<String>,
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

/// What is to be put into a bank.
struct FileOfQuestions {
    code: String,
    checked: Checked,
    format: &'static str,
    dry_run: bool,
    progress: Progress,
}

impl FileOfQuestions {
    /// What it would change of the bank as it is now.
    fn compare(&self, connection: &mut AnyConnection) -> Result<Plan, StoreError> {
        let bank = banks::get_bank(connection, &self.code)?;
        let current = banks::list_questions(connection, bank.id, bank.revision)?;
        let codes = banks::list_codes(connection, bank.id)?;
        let mut plan = import::plan(&bank, &current, codes, &self.checked, self.format, &self.progress);
        if !self.dry_run {
            plan.report.preview = None;
        }
        Ok(plan)
    }

    /// Does what a plan says, and records it; `None` when the bank has changed since.
    fn save(
        &self,
        connection: &mut AnyConnection,
        plan: &Plan,
        stamp: &Stamp,
        file_name: Option<&str>,
    ) -> Result<Option<ImportReport>, StoreError> {
        let saved = import::save(connection, &self.code, plan, stamp.by(), &self.progress)?;
        let Some(revision) = saved else { return Ok(None) };
        let report = ImportReport { revision, ..plan.report.clone() };
        record(connection, stamp, &self.code, (plan, &report), file_name)?;
        Ok(Some(report))
    }
}

impl Banks {
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
        file: impl AsRef<[u8]> + Send + 'static,
        options: ImportOptions,
    ) -> Result<ImportReport, ServiceError> {
        only(principal.is_root_admin())?;
        self.import_file(principal, code, format.to_owned(), file, options, &Progress::silent()).await
    }

    /// Begins to put the questions of a file into a bank, and returns at once; [`Banks::import_status`]
    /// tells how far it is.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for an unknown bank; [`ServiceError::UnsupportedFormat`];
    /// [`ServiceError::Busy`] when too many imports run.
    pub async fn begin_import(
        &self,
        principal: &Principal,
        code: String,
        format: &str,
        file: impl AsRef<[u8]> + Send + 'static,
        options: ImportOptions,
    ) -> Result<ImportStatus, ServiceError> {
        only(principal.is_root_admin())?;
        if format != "auto" && formats::find_format(format).is_none() {
            return Err(ServiceError::UnsupportedFormat);
        }
        let wanted = code.clone();
        self.context.database.read(move |connection| banks::get_bank(connection, &wanted)).await?;
        let id = self.context.new_session_id()?;
        let status = self.jobs.begin(id.clone(), code.clone(), self.context.clock.now())?;
        let (jobs, told) = (Arc::clone(&self.jobs), id.clone());
        let progress = Progress::to(move |stage, done, total| jobs.advance(&told, stage, done, total));
        let work = tokio::spawn(carried({
            let (banks, principal, format) = (self.clone(), principal.clone(), format.to_owned());
            async move { banks.import_file(&principal, code, format, file, options, &progress).await }
        }));
        let (jobs, clock) = (Arc::clone(&self.jobs), Arc::clone(&self.context.clock));
        tokio::spawn(async move {
            // Whatever becomes of it, it does not seem to run for ever.
            let outcome =
                work.await.unwrap_or_else(|_| Err(ServiceError::Internal("an import panicked".into())));
            jobs.finish(&id, outcome, clock.now());
        });
        Ok(status)
    }

    /// How an import stands that [`Banks::begin_import`] began on this instance.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is none, or it has been over for an hour.
    pub fn import_status(&self, principal: &Principal, id: &str) -> Result<ImportStatus, ServiceError> {
        only(principal.is_root_admin())?;
        self.jobs.find(id, self.context.clock.now()).ok_or(ServiceError::NotFound("import"))
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
        progress: &Progress,
    ) -> Result<ImportReport, ServiceError> {
        only(principal.is_root_admin())?;
        let told = progress.clone();
        let checked = blocking(move || Ok(import::check(found, &told))).await?;
        self.take(principal, code, (checked, format), options, progress).await
    }

    async fn import_file(
        &self,
        principal: &Principal,
        code: String,
        format: String,
        file: impl AsRef<[u8]> + Send + 'static,
        options: ImportOptions,
        progress: &Progress,
    ) -> Result<ImportReport, ServiceError> {
        // What a file holds is in memory as a whole; a few at a time bound it.
        let turn = self.imports.acquire().await;
        let _turn = turn.map_err(|error| ServiceError::Internal(error.to_string()))?;
        let told = progress.clone();
        let read = blocking(move || {
            told.begin(Stage::Reading);
            let (found, format) = read_file(&format, file.as_ref())?;
            drop(file);
            Ok((import::check(found, &told), format))
        });
        self.take(principal, code, read.await?, options, progress).await
    }

    /// Compares on a read connection, so that the writer, which saves everybody's answers, is held up by the
    /// writing alone; when the bank has changed in between, compares again, and at last in the write itself, where
    /// nobody can come in between.
    async fn take(
        &self,
        principal: &Principal,
        code: String,
        (checked, format): (Checked, &'static str),
        options: ImportOptions,
        progress: &Progress,
    ) -> Result<ImportReport, ServiceError> {
        let stamp = Stamp::new(principal, self.context.clock.now());
        let (dry_run, progress) = (options.dry_run, progress.clone());
        let file = Arc::new(FileOfQuestions { code, checked, format, dry_run, progress });
        for _ in 0..MOST_COMPARISONS {
            let compared = Arc::clone(&file);
            let plan = self.context.database.read(move |connection| compared.compare(connection)).await?;
            if !file.checked.rejected.is_empty() && !options.accept_valid {
                return Err(ServiceError::ImportRejected(Box::new(plan.report)));
            }
            if options.dry_run || plan.changes_nothing() {
                return Ok(plan.report);
            }
            let (file, stamp, name) = (Arc::clone(&file), stamp.clone(), options.file_name.clone());
            let save =
                move |connection: &mut AnyConnection| file.save(connection, &plan, &stamp, name.as_deref());
            if let Some(report) = self.context.database.write(save).await? {
                return Ok(report);
            }
        }
        let save = move |connection: &mut AnyConnection| -> Result<ImportReport, ServiceError> {
            banks::hold_bank(connection, &file.code)?;
            let plan = file.compare(connection)?;
            if plan.changes_nothing() {
                return Ok(plan.report);
            }
            let saved = file.save(connection, &plan, &stamp, options.file_name.as_deref())?;
            saved.ok_or_else(|| ServiceError::Internal("a bank changed while it was held".into()))
        };
        self.context.database.write(save).await
    }
}

/// Writes an import to the log: a line for each question that it has changed or added, that of the file last.
fn record(
    connection: &mut AnyConnection,
    stamp: &Stamp,
    code: &str,
    (plan, report): (&Plan, &ImportReport),
    file_name: Option<&str>,
) -> Result<(), StoreError> {
    let bank = banks::get_bank(connection, code)?;
    let after = json!({
        "file": file_name, "format": report.format, "revision": report.revision, "found": report.found,
        "added": report.added, "updated": report.updated, "unchanged": report.unchanged,
        "rejected": report.rejected.len(),
    });
    let updated = plan.updated.iter().map(|(before, after)| (Some(&before.question), Some(after)));
    let added = plan.added.iter().map(|question| (None, Some(question)));
    let of_file = Change::new(Action::BankImported, SubjectKind::Bank, &bank.code, bank.title)
        .after(after.as_object().cloned().unwrap_or_default());
    stamp.record(connection, question_changes(code, updated.chain(added)).chain([of_file]))
}

/// A file to fill in with questions.
///
/// # Errors
/// [`ServiceError::UnsupportedFormat`] for another format than `xlsx` and `docx`.
pub fn bank_template(format: &str) -> Result<ExportedFile, ServiceError> {
    let content = match format {
        "xlsx" => tables::bank_template(),
        "docx" => tables::bank_paper(),
        _ => return Err(ServiceError::UnsupportedFormat),
    };
    let content = content.map_err(|error| ServiceError::Internal(error.to_string()))?;
    let media_type = formats::find_format(format).ok_or(ServiceError::UnsupportedFormat)?.media_type();
    Ok(ExportedFile { name: format!("bank-template.{format}"), media_type, content, left_out: vec![] })
}

/// A workbook as a file.
pub(super) fn workbook(name: &str, content: Result<Vec<u8>, Message>) -> Result<ExportedFile, ServiceError> {
    let content = content.map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(ExportedFile { name: name.to_owned(), media_type: tables::XLSX_MEDIA_TYPE, content, left_out: vec![] })
}

/// Runs what takes long off the threads that answer. A reader that gives up on a file by panicking is the
/// file's fault to the caller, and ours in the log.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServiceError> + Send + 'static,
) -> Result<T, ServiceError> {
    tokio::task::spawn_blocking(carried_along(work)).await.unwrap_or_else(|_| {
        // Not why: what a reader says when it gives up may be what stands in the file.
        tracing::error!("a reader has panicked");
        Err(ServiceError::UnreadableFile(message!(
            "文件已损坏，读不出内容",
            "the file is damaged and cannot be read"
        )))
    })
}

/// Reads a bank file in the named format, or in the one that it looks like.
fn read_file(format: &str, file: &[u8]) -> Result<(FoundBank, &'static str), ServiceError> {
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(ServiceError::UnreadableFile(message!("文件是空的", "the file is empty")));
    }
    let format: &dyn BankFormat = match format {
        "auto" => formats::recognise(file)
            .ok_or_else(|| ServiceError::UnreadableFile(formats::unrecognised(file)))?,
        name => formats::find_format(name).ok_or(ServiceError::UnsupportedFormat)?,
    };
    let found = format.read(file).map_err(ServiceError::UnreadableFile)?;
    if found.questions.is_empty() {
        return Err(ServiceError::UnreadableFile(message!("文件里没有题目", "the file has no questions")));
    }
    Ok((found, format.name()))
}
