//! Papers as JSON, copied from pieces that stand ready: the text of every item is written once for each
//! bank revision, and a paper only puts numbers, letters and points between copies of it.

use std::hint::black_box;

use serde_json::to_string;
use smallvec::SmallVec;

use crate::domain::blueprint::Section;
use crate::domain::draw::{Item, Paper};
use crate::domain::question::{Question, letter};

/// Where the letter stands in the piece of an option, `{"id":"A",…`.
const LETTER_AT: usize = 7;

/// Pieces are copied in steps of so many bytes, the last of them too far, and what is too much is cut off: a copy
/// of a length that is known when this is compiled is a few instructions, any other a call that has to look at the
/// length first.
const STEP: usize = 64;
/// What the memory gives at once, in bytes.
const CACHE_LINE: usize = 64;

/// The pieces of all items of a bank revision.
pub struct ItemTexts {
    /// All pieces, and a step of padding behind the last.
    bytes: Vec<u8>,
    /// Where each piece begins: of each item its head, then its options; and where the last one ends.
    starts: Vec<u32>,
    /// The first piece of each item, and how many gaps it has.
    items: Vec<(u32, u32)>,
}

/// What the sections of a quiz add to their items.
#[derive(Debug)]
pub struct SectionTexts(Vec<SectionText>);

/// What a section adds to its items.
#[derive(Debug)]
struct SectionText {
    /// The end of an item without gaps, padded to whole steps.
    tail: Vec<u8>,
    /// How long it is without the padding.
    length: usize,
    /// Where the number of gaps stands in it.
    gaps_at: usize,
}

impl SectionTexts {
    /// The heading and the points of each section.
    pub fn new(sections: &[Section]) -> Self {
        let text = |section: &Section| {
            let (title, points) = (to_string(&section.title), to_string(&section.points));
            let (title, points) = (title.unwrap_or_default(), points.unwrap_or_default());
            let mut tail = br#"],"gaps":"#.to_vec();
            let gaps_at = tail.len();
            tail.extend_from_slice(format!(r#"0,"section":{title},"points":{points}}},"#).as_bytes());
            let length = tail.len();
            tail.resize(length.next_multiple_of(STEP), b' ');
            SectionText { tail, length, gaps_at }
        };
        Self(sections.iter().map(text).collect())
    }
}

impl ItemTexts {
    /// The pieces of `questions`.
    pub fn new(questions: &[Question]) -> Self {
        let mut texts = Self { bytes: Vec::new(), starts: vec![0], items: Vec::new() };
        for question in questions {
            let json = |text: &str| to_string(text).unwrap_or_default();
            let kind = question.kind.as_str();
            let (first, gaps) = (texts.starts.len() - 1, question.gaps());
            texts.items.push((narrow(first), narrow(gaps)));
            texts.push(&format!(r#","kind":"{kind}","stem":{},"options":["#, json(&question.stem)));
            for (position, option) in question.options.iter().enumerate() {
                texts.push(&format!(r#"{{"id":"{}","text":{}}},"#, letter(position), json(option)));
            }
        }
        texts.bytes.extend_from_slice(&[0; STEP]);
        texts.bytes.shrink_to_fit();
        texts
    }

    fn push(&mut self, piece: &str) {
        self.bytes.extend_from_slice(piece.as_bytes());
        self.starts.push(narrow(self.bytes.len()));
    }

    /// Copies a piece by its number; nothing when there is none.
    fn copy(&self, number: usize, out: &mut Vec<u8>) {
        if let Some(&[start, end]) = self.starts.get(number..).and_then(|starts| starts.first_chunk()) {
            let (start, end) = (start as usize, end as usize);
            copy_in_steps(self.bytes.get(start..).unwrap_or_default(), end - start, out);
        }
    }

    /// Asks the memory for all pieces of `paper`: in a bank that is larger than the caches each item would be waited
    /// for alone, while the copy before it is made.
    fn ask_for(&self, paper: &Paper) {
        let ends = |item: &Item| {
            let first = self.items.get(item.question)?.0 as usize;
            Some((
                *self.starts.get(first)? as usize,
                *self.starts.get(first + 1 + item.options.len())? as usize,
            ))
        };
        // First where they are, then what is there: one look at a time would be waited for.
        let spans: SmallVec<[(usize, usize); 32]> = paper.items.iter().filter_map(ends).collect();
        let mut seen = 0;
        for (start, end) in spans {
            let lines = self.bytes.get(start..end).unwrap_or_default().iter().step_by(CACHE_LINE);
            seen = lines.fold(seen, |seen, byte| seen ^ byte);
        }
        black_box(seen);
    }

    /// Writes the items of `paper` as a JSON list.
    pub fn write(&self, out: &mut Vec<u8>, paper: &Paper, sections: &SectionTexts) {
        self.ask_for(paper);
        out.push(b'[');
        for (no, item) in (1_u32..).zip(&paper.items) {
            let (Some(&(first, gaps)), Some(section)) =
                (self.items.get(item.question), sections.0.get(item.section))
            else {
                continue;
            };
            let first = first as usize;
            out.extend_from_slice(br#"{"no":"#);
            write_number(out, no);
            self.copy(first, out);
            for (shown, &option) in (b'A'..).zip(&item.options) {
                let letter_at = out.len() + LETTER_AT;
                self.copy(first + 1 + usize::from(option), out);
                if let Some(letter) = out.get_mut(letter_at) {
                    *letter = shown;
                }
            }
            if !item.options.is_empty() {
                // The comma after the last option.
                out.pop();
            }
            if gaps == 0 {
                copy_in_steps(&section.tail, section.length, out);
            } else {
                let (before, after) = section.tail.split_at(section.gaps_at);
                out.extend_from_slice(before);
                write_number(out, gaps);
                out.extend_from_slice(after.get(1..section.length - section.gaps_at).unwrap_or_default());
            }
        }
        if !paper.items.is_empty() {
            // The comma after the last item.
            out.pop();
        }
        out.push(b']');
    }
}

/// Appends the first `length` bytes of `source`, which goes on for at least the rest of a step.
fn copy_in_steps(source: &[u8], length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    for step in source.as_chunks::<STEP>().0.iter().take(length.div_ceil(STEP)) {
        out.extend_from_slice(step);
    }
    out.truncate(end);
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Writes a number below 100 by hand, the rest by the library: papers have tens of items.
fn write_number(out: &mut Vec<u8>, number: u32) {
    let digit = |value: u32| b'0'.saturating_add(u8::try_from(value % 10).unwrap_or(0));
    match number {
        0..=9 => out.push(digit(number)),
        10..=99 => out.extend_from_slice(&[digit(number / 10), digit(number)]),
        _ => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

#[cfg(test)]
#[path = "papers_tests.rs"]
mod tests;
