//! The built-in bank: the files of `question_bank/`, embedded in the program.

use rust_embed::RustEmbed;

use crate::domain::quality::Document;
use crate::formats::{FoundBank, find_format};

#[derive(RustEmbed)]
#[folder = "question_bank"]
#[include = "*.json"]
#[exclude = "sources/*"]
struct Files;

/// The built-in bank, read from its files in the order of their names.
///
/// # Errors
/// When a file cannot be read; the tests see to it that all can.
pub fn bank() -> Result<FoundBank, String> {
    let json = find_format("json").ok_or("the json format is missing")?;
    let mut names: Vec<_> = Files::iter().collect();
    names.sort_unstable();
    let mut bank = FoundBank::default();
    for name in names {
        let Some(file) = Files::get(&name) else { continue };
        let read = json.read(&file.data).map_err(|error| format!("{name}: {error}"))?;
        bank.questions.extend(read.questions.into_iter().map(|mut question| {
            question.at = format!("{name}: {}", question.at);
            question
        }));
    }
    Ok(bank)
}

/// The documents that the built-in bank rests on.
///
/// # Errors
/// When the list cannot be read; the tests see to it that it can.
pub fn documents() -> Result<Vec<Document>, String> {
    read_documents(include_bytes!("../question_bank/sources/documents.json"))
}

/// Reads a list of documents.
///
/// # Errors
/// Where the list is not what it should be.
pub fn read_documents(json: &[u8]) -> Result<Vec<Document>, String> {
    serde_json::from_slice(json).map_err(|error| format!("list of documents: {error}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_built_in_question_is_well_formed() {
        let bank = super::bank().unwrap();
        assert!(bank.questions.len() >= 200);
        for question in bank.questions {
            let draft = question.draft.unwrap_or_else(|faults| panic!("{}: {faults:?}", question.at));
            draft.check().unwrap_or_else(|faults| panic!("{}: {faults:?}", question.at));
        }
    }
}
