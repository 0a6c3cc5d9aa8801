//! Moodle XML, as Moodle 2 to 5 export and import it.

mod cloze;
mod read;
mod write;

use super::markup::xml;
use super::{BankFormat, FoundBank, Written};
use crate::domain::message::Message;
use crate::domain::question::Question;

pub(super) struct MoodleXml;

impl BankFormat for MoodleXml {
    fn name(&self) -> &'static str {
        "moodle-xml"
    }

    fn media_type(&self) -> &'static str {
        "application/xml"
    }

    fn extension(&self) -> &'static str {
        "xml"
    }

    fn recognises(&self, file: &[u8]) -> bool {
        xml::root_name(file).is_some_and(|name| name == "quiz")
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        read::read(&xml::decode(file)?)
    }

    fn write(&self, _title: &str, questions: &[Question]) -> Result<Written, Message> {
        Ok(write::write(questions))
    }
}

#[cfg(test)]
mod tests;
