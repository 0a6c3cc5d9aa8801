//! What the report on a bank file says.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{PlaceResponse, places, rejected};
use crate::domain::message::Language;
use crate::domain::question::{Kind, Question};
use crate::formats::{ImportReport, PreviewedQuestion, QuestionFate};

/// The report on a bank file. `found` = `added` + `updated` + `unchanged` + rejected.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub(super) struct ImportReportResponse {
    /// The format that the file was read as.
    format: &'static str,
    /// The bank's revision after the import.
    revision: i32,
    /// Questions in the file.
    found: usize,
    added: usize,
    updated: usize,
    unchanged: usize,
    rejected: Vec<PlaceResponse>,
    /// What was guessed or dropped, and stems that are like others: twice the shared pairs of neighbouring
    /// characters ÷ all pairs is 0.9 or more, once width, case, punctuation and white space are taken out.
    warnings: Vec<PlaceResponse>,
    /// Of a dry run only: the first 20 questions that can be taken, as they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<PreviewedQuestionResponse>, required = false)]
    preview: Option<Vec<PreviewedQuestionResponse>>,
}

impl ImportReportResponse {
    pub(super) fn new(report: &ImportReport, language: Language) -> Self {
        Self {
            format: report.format,
            revision: report.revision,
            found: report.found,
            added: report.added,
            updated: report.updated,
            unchanged: report.unchanged,
            rejected: rejected(&report.rejected, language),
            warnings: places(&report.warnings, language),
            preview: report.preview.as_ref().map(|shown| shown.iter().map(Into::into).collect()),
        }
    }
}

/// A question of a file as it was read and would be saved.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewedQuestion)]
pub(super) struct PreviewedQuestionResponse {
    /// Where it stands in the file, as in `rejected`.
    at: String,
    fate: QuestionFate,
    question: QuestionContentResponse,
    /// What the bank has instead; null unless it is to be updated.
    #[schema(required)]
    before: Option<QuestionContentResponse>,
}

/// What a question says.
#[derive(Serialize, ToSchema)]
#[schema(as = QuestionContent)]
pub(super) struct QuestionContentResponse {
    /// With the one that it would be given when the file has none.
    code: String,
    kind: Kind,
    chapter: String,
    #[schema(minimum = 1, maximum = 5)]
    difficulty: u8,
    stem: String,
    options: Vec<String>,
    /// Option letters; `true` or `false`; or one entry a gap, alternatives parted by `|`.
    key: Vec<String>,
    explanation: String,
    source: String,
    #[schema(value_type = Option<String>, format = Date)]
    verified_on: Option<String>,
}

impl From<&PreviewedQuestion> for PreviewedQuestionResponse {
    fn from(shown: &PreviewedQuestion) -> Self {
        Self {
            at: shown.at.clone(),
            fate: shown.fate,
            question: (&shown.question).into(),
            before: shown.before.as_ref().map(Into::into),
        }
    }
}

impl From<&Question> for QuestionContentResponse {
    fn from(question: &Question) -> Self {
        Self {
            code: question.code.clone(),
            kind: question.kind,
            chapter: question.chapter.clone(),
            difficulty: question.difficulty,
            stem: question.stem.clone(),
            options: question.options.clone(),
            key: question.written_key(),
            explanation: question.explanation.clone(),
            source: question.source.clone(),
            verified_on: question.verified_on.clone(),
        }
    }
}
