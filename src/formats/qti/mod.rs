//! QTI items and packages of 1EdTech (IMS): versions 2.1, 2.2 and 3.0 are read, 2.1 is written, which
//! most systems take.

mod item;
mod keys;
mod metadata;
mod package;
mod write;
mod write_item;

use super::archive;
use super::markup::xml;
use super::{BankFormat, FoundBank, Written};
use crate::domain::message::Message;
use crate::domain::question::Question;

pub(super) struct Qti;

impl BankFormat for Qti {
    fn name(&self) -> &'static str {
        "qti"
    }

    fn media_type(&self) -> &'static str {
        "application/zip"
    }

    fn extension(&self) -> &'static str {
        "zip"
    }

    fn recognises(&self, file: &[u8]) -> bool {
        if archive::is_zip(file) {
            return archive::holds(file, |name| package::file_name(name) == package::MANIFEST);
        }
        xml::root_name(file).is_some_and(|name| item::is_item(&name) || package::is_collection(&name))
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        if archive::is_zip(file) { package::read(file) } else { package::read_xml(&xml::decode(file)?) }
    }

    fn write(&self, title: &str, questions: &[Question]) -> Result<Written, Message> {
        write::write(title, questions)
    }
}

#[cfg(test)]
mod tests;
