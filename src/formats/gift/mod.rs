//! GIFT, the text format of Moodle. The grammar is that of the Moodle documentation, "GIFT format".

mod grammar;
mod lines;
mod read;
mod write;

use super::conventions::decode;
use super::{BankFormat, FoundBank, Written};
use crate::domain::message::Message;
use crate::domain::question::Question;

pub(super) struct Gift;

impl BankFormat for Gift {
    fn name(&self) -> &'static str {
        "gift"
    }

    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn extension(&self) -> &'static str {
        "gift"
    }

    fn recognises(&self, file: &[u8]) -> bool {
        decode::text(file).is_ok_and(|text| read::looks_like_gift(&text))
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        Ok(read::read(&decode::text(file)?))
    }

    fn write(&self, _title: &str, questions: &[Question]) -> Result<Written, Message> {
        Ok(write::write(questions))
    }
}

#[cfg(test)]
mod tests;
