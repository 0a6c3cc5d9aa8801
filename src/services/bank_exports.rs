//! Question banks as files: sent question by question where the format is written so, else as a whole.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, stream};

use super::ServiceError;
use super::bank_files::ExportedFile;
use super::banks::{Banks, only};
use crate::domain::roles::Principal;
use crate::formats::{self, BankFormat, Place, Written};
use crate::live::banks::BankSnapshot;
use crate::store::banks;

/// Questions that are written in one go.
const PART: usize = 500;

/// The pieces of a file, as they are written.
pub type Pieces = Pin<Box<dyn Stream<Item = Result<Vec<u8>, ServiceError>>>>;

/// What a file that is sent is made of.
pub enum SentContent {
    /// All of it.
    Whole(Vec<u8>),
    /// Parts, as they are written.
    Parts(Pieces),
}

/// A file that is ready to be sent.
pub struct SentFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// The questions that the format cannot carry, by their codes, and why.
    pub left_out: Vec<Place>,
    /// Its bytes.
    pub content: SentContent,
}

/// What was written of a file, and the index of the question with which its next part begins, if there is one.
type Part = (Result<Vec<u8>, ServiceError>, Option<usize>);

/// A bank as it stands, and what it is to be written as.
struct Source {
    code: String,
    title: String,
    snapshot: Arc<BankSnapshot>,
    format: &'static dyn BankFormat,
}

impl Source {
    fn name(&self) -> String {
        format!("{}.{}", self.code, self.format.extension())
    }

    fn write(&self) -> Result<Written, ServiceError> {
        let written = self.format.write(&self.title, self.snapshot.questions());
        written.map_err(ServiceError::UnwritableFile)
    }

    /// The part of the file with the questions from `start` on; `None` for a format that has no parts.
    fn write_part(&self, start: usize) -> Option<Part> {
        let questions = self.snapshot.questions();
        let end = start.saturating_add(PART).min(questions.len());
        let part = self.format.write_part(&self.title, questions, start..end)?;
        let next = (part.is_ok() && end < questions.len()).then_some(end);
        Some((part.map_err(ServiceError::UnwritableFile), next))
    }
}

impl Banks {
    /// Writes the current revision to a file that stands in memory as a whole.
    ///
    /// # Errors
    /// [`ServiceError::UnsupportedFormat`], [`ServiceError::UnwritableFile`]; [`ServiceError::Forbidden`]
    /// for anybody but admins of the root.
    pub async fn export(
        &self,
        principal: &Principal,
        code: String,
        format: &str,
    ) -> Result<ExportedFile, ServiceError> {
        let source = self.source(principal, code, format).await?;
        let (name, media_type) = (source.name(), source.format.media_type());
        let written = tokio::task::spawn_blocking(move || source.write()).await;
        let Written { content, left_out } =
            written.map_err(|error| ServiceError::Internal(error.to_string()))??;
        Ok(ExportedFile { name, media_type, content, left_out })
    }

    /// The same to be sent: `json` and `csv` are written while they are read, some questions at a time; any other
    /// format is written as a whole first, a few files at the same time.
    ///
    /// # Errors
    /// As [`Banks::export`]; [`ServiceError::Busy`] when too many files are being written.
    pub async fn send(
        &self,
        principal: &Principal,
        code: String,
        format: &str,
    ) -> Result<SentFile, ServiceError> {
        only(principal.is_root_admin())?;
        let place = Arc::clone(&self.exports).try_acquire_owned();
        let place = place.map_err(|_| ServiceError::Busy("too many files are being written".into()))?;
        let source = self.source(principal, code, format).await?;
        let Some((first, next)) = source.write_part(0) else {
            let file = self.export(principal, source.code, format).await?;
            let ExportedFile { name, media_type, content, left_out } = file;
            return Ok(SentFile { name, media_type, left_out, content: SentContent::Whole(content) });
        };
        // What cannot be written at all is told before anything is sent.
        let first = first?;
        let (name, media_type) = (source.name(), source.format.media_type());
        let rest = stream::unfold((source, next, place), |(source, next, place)| async move {
            let (part, next) = source.write_part(next?)?;
            Some((part, (source, next, place)))
        });
        let parts = stream::iter([Ok(first)]).chain(rest);
        let content = SentContent::Parts(Box::pin(parts));
        Ok(SentFile { name, media_type, left_out: vec![], content })
    }

    async fn source(
        &self,
        principal: &Principal,
        code: String,
        format: &str,
    ) -> Result<Source, ServiceError> {
        only(principal.is_root_admin())?;
        let format = formats::find_format(format).ok_or(ServiceError::UnsupportedFormat)?;
        let context = Arc::clone(&self.context);
        self.context
            .database
            .read(move |connection| -> Result<_, ServiceError> {
                let bank = banks::get_bank(connection, &code)?;
                let snapshot = context.bank_snapshot(connection, bank.id, bank.revision)?;
                Ok(Source { code: bank.code, title: bank.title, snapshot, format })
            })
            .await
    }
}
