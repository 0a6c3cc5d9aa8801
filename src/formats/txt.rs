//! Text files: question papers by the Chinese conventions.

use super::conventions::{decode, fold};
use super::paper::{self, Escapes, Line};
use super::{BankFormat, FoundBank, Written};
use crate::domain::message::Message;
use crate::domain::question::Question;
use crate::message;

pub(super) struct Txt;

/// How much of a file is read to recognise it, in bytes.
const LOOKED_AT: usize = 20_000;

impl BankFormat for Txt {
    fn name(&self) -> &'static str {
        "txt"
    }

    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn recognises(&self, file: &[u8]) -> bool {
        let Ok(text) = decode::text(file) else { return false };
        let end = text.char_indices().map(|(at, _)| at).take_while(|&at| at < LOOKED_AT).last().unwrap_or(0);
        let head = text.split_at_checked(end).map_or("", |(head, _)| head);
        let head = if text.len() < LOOKED_AT { &text } else { head };
        !paper::read(&lines(head)).questions.is_empty()
    }

    fn read(&self, file: &[u8]) -> Result<FoundBank, Message> {
        let text = decode::text(file)?;
        if text.trim().is_empty() {
            return Err(message!("文件是空的", "the file is empty"));
        }
        let bank = paper::read(&lines(&text));
        if bank.questions.is_empty() {
            return Err(message!(
                "没有找到题目；每题以题号开头，如“1. 题干”，选项写作“A. …”，答案写作“答案：A”",
                "no question was found; begin each with its number (`1. …`), its options with `A. …`, its answer with `答案：A`"
            ));
        }
        Ok(bank)
    }

    fn write(&self, title: &str, questions: &[Question]) -> Result<Written, Message> {
        // Notepad and Word take a file without the mark for GBK.
        let mut text = String::from('\u{FEFF}');
        for part in paper::paper(title, questions) {
            if matches!(part, paper::Part::Heading(_) | paper::Part::Stem(..)) {
                text.push('\n');
            }
            text.push_str(&part.text());
            text.push('\n');
        }
        Ok(text.into_bytes().into())
    }
}

fn lines(text: &str) -> Vec<Line> {
    let text = text.replace("\r\n", "\n");
    let escapes = Escapes::of(&text);
    let text = fold::tidy(&escapes.protect(&text));
    let lines = text.split('\n').enumerate();
    lines
        .map(|(index, line)| Line {
            at: format!("line {}", index + 1),
            text: line.to_owned(),
            warnings: vec![],
        })
        .collect()
}

#[cfg(test)]
#[path = "txt_tests.rs"]
mod tests;
