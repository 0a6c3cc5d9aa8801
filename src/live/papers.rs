//! Papers as JSON, copied from pieces that stand ready: the text of every item is written once for each
//! bank revision, and a paper only puts numbers, letters and points between copies of it.

use std::ops::Range;

use serde_json::to_string;

use crate::domain::blueprint::Section;
use crate::domain::draw::Paper;
use crate::domain::question::{Question, letter};

/// Where the letter stands in the piece of an option, `{"id":"A",…`.
const LETTER_AT: usize = 7;

/// The pieces of all items of a bank revision.
pub struct ItemTexts {
    bytes: Vec<u8>,
    /// Where each piece ends: of each item its head, its options, its tail.
    ends: Vec<u32>,
    /// The first piece of each item, and one more.
    firsts: Vec<u32>,
}

/// What the sections of a quiz add to their items.
#[derive(Debug)]
pub struct SectionTexts(Vec<Vec<u8>>);

impl SectionTexts {
    /// The heading and the points of each section.
    pub fn new(sections: &[Section]) -> Self {
        let text = |section: &Section| {
            let (title, points) = (to_string(&section.title), to_string(&section.points));
            format!(r#","section":{},"points":{}}}"#, title.unwrap_or_default(), points.unwrap_or_default())
        };
        Self(sections.iter().map(|section| text(section).into_bytes()).collect())
    }
}

impl ItemTexts {
    /// The pieces of `questions`.
    pub fn new(questions: &[Question]) -> Self {
        let mut texts = Self { bytes: Vec::new(), ends: Vec::new(), firsts: vec![0] };
        for question in questions {
            let json = |text: &str| to_string(text).unwrap_or_default();
            let kind = question.kind.as_str();
            texts.push(&format!(r#","kind":"{kind}","stem":{},"options":["#, json(&question.stem)));
            for (position, option) in question.options.iter().enumerate() {
                texts.push(&format!(r#"{{"id":"{}","text":{}}},"#, letter(position), json(option)));
            }
            texts.push(&format!(r#"],"gaps":{}"#, question.gaps()));
            texts.firsts.push(u32::try_from(texts.ends.len()).unwrap_or(u32::MAX));
        }
        texts.bytes.shrink_to_fit();
        texts
    }

    fn push(&mut self, piece: &str) {
        self.bytes.extend_from_slice(piece.as_bytes());
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    fn piece(&self, number: usize) -> Range<usize> {
        let end = |number: usize| self.ends.get(number).map_or(0, |&end| end as usize);
        number.checked_sub(1).map_or(0, end)..end(number)
    }

    /// Writes the items of `paper` as a JSON list.
    pub fn write(&self, out: &mut Vec<u8>, paper: &Paper, sections: &SectionTexts) {
        out.push(b'[');
        for (no, item) in (1_u32..).zip(&paper.items) {
            let (Some(&first), Some(&next), Some(section)) = (
                self.firsts.get(item.question),
                self.firsts.get(item.question + 1),
                sections.0.get(item.section),
            ) else {
                continue;
            };
            out.extend_from_slice(if no == 1 { br#"{"no":"# } else { br#",{"no":"# });
            write_number(out, no);
            let copy = |out: &mut Vec<u8>, piece: Range<usize>| {
                out.extend_from_slice(self.bytes.get(piece).unwrap_or_default());
            };
            copy(out, self.piece(first as usize));
            for (shown, &option) in item.options.iter().enumerate() {
                let start = out.len();
                copy(out, self.piece(first as usize + 1 + usize::from(option)));
                if let (Some(byte), Ok(shown)) = (out.get_mut(start + LETTER_AT), u8::try_from(shown)) {
                    *byte = b'A'.saturating_add(shown);
                }
            }
            if !item.options.is_empty() {
                // The comma after the last option.
                out.pop();
            }
            copy(out, self.piece((next as usize).saturating_sub(1)));
            out.extend_from_slice(section);
        }
        out.push(b']');
    }
}

/// Writes a number below 1,000 by hand, the rest by the library: papers have tens of items.
fn write_number(out: &mut Vec<u8>, number: u32) {
    let digit = |value: u32| b'0'.saturating_add(u8::try_from(value % 10).unwrap_or(0));
    match number {
        0..=9 => out.push(digit(number)),
        10..=99 => out.extend_from_slice(&[digit(number / 10), digit(number)]),
        _ => out.extend_from_slice(number.to_string().as_bytes()),
    }
}
