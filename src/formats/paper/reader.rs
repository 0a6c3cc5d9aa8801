//! From the lines of a paper to its questions: which line begins a question, which goes on with one.

use super::entries::Entry;
use super::evidence::{Facts, View};
use super::item::Item;
use super::list::{AnswerList, Section};
use super::marks::{self, Heading, Numbered, Style};
use super::{EMPHASIS, Line, entries, escape, labels};
use crate::domain::question::Kind;
use crate::formats::conventions::answers;
use crate::formats::conventions::headings::Field;
use crate::formats::conventions::words::{self, KindWord};
use crate::formats::{FoundBank, Place};
use crate::message;

/// Reads the questions of a paper.
pub(in crate::formats) fn read(lines: &[Line]) -> FoundBank {
    let facts: Vec<Facts> = lines.iter().map(Facts::of).collect();
    let view = View { lines, facts: &facts };
    let mut reader = Reader { view, sections: vec![Section::default()], ..Reader::default() };
    for index in 0..lines.len() {
        reader.line(index);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader<'a> {
    view: View<'a>,
    title: Option<String>,
    sections: Vec<Section>,
    /// The kind's heading stands over the chapters, not under them.
    kind_is_outer: bool,
    section_is_empty: bool,
    items: Vec<Item>,
    /// The style and the last number of the section's questions.
    style: Option<Style>,
    last: u32,
    /// The last number of an enumeration inside a question.
    enumeration: Option<u32>,
    list: Option<AnswerList>,
    after_blank: bool,
    warnings: Vec<Place>,
}

impl<'a> Reader<'a> {
    fn warn(&mut self, index: usize, message: crate::domain::message::Message) {
        let at = self.view.at(index).to_owned();
        self.warnings.push(Place { at, message });
    }

    fn line(&mut self, index: usize) {
        let text = self.view.text(index);
        if text.is_empty()
            || text.chars().all(|c| "-=*_—…·~#".contains(c)) && text.len() > 2
            || escape::is_notice(text)
        {
            let lost = self.view.lines.get(index).is_some_and(|line| !line.warnings.is_empty());
            match self.items.last_mut() {
                // A picture in a paragraph of its own belongs to the question above it.
                Some(item) if lost => {
                    item.warnings.extend(
                        self.view.lines.get(index).into_iter().flat_map(|line| line.warnings.clone()),
                    );
                }
                _ => {}
            }
            self.after_blank = true;
            return;
        }
        self.classified(index, text);
        self.after_blank = false;
    }

    fn classified(&mut self, index: usize, text: &'a str) {
        let plain = text.trim_matches(EMPHASIS);
        let bare: &str = plain.trim();
        if self.begins_list(index, bare) {
            let mut list = self.list.take().unwrap_or_default();
            if let Some(Heading::Kind(word)) = marks::heading(bare.split("答案").next().unwrap_or_default())
            {
                list.begin_kind(word, &self.sections);
            }
            self.list = Some(list);
            return;
        }
        if let Some(heading) = marks::heading(bare)
            && self.heading(index, heading)
        {
            return;
        }
        if self.list.is_some() && self.goes_on_with_list(index, text) {
            return;
        }
        if let Some(numbered) = marks::number(text) {
            if let Some(word) = marks::numbered_heading(numbered.rest) {
                self.heading(index, Heading::Kind(word));
                return;
            }
            if self.number(index, numbered) {
                return;
            }
        }
        self.plain(index, text);
    }

    /// Whether a list of answers begins here: a heading that says so, with answers to questions that have
    /// none yet below it.
    fn begins_list(&self, index: usize, text: &str) -> bool {
        if !marks::answer_heading(text) || self.items.is_empty() {
            return false;
        }
        let Some(next) = self.view.next_text(index) else { return false };
        let entries = entries::entries(next);
        let follow = !entries.is_empty()
            || matches!(marks::heading(next), Some(Heading::Kind(_) | Heading::Chapter(_)));
        let open = self.items.iter().rev().skip(1).take(50).any(|item| !item.has(Field::Key));
        let current_open = self.items.last().is_some_and(|item| !item.has(Field::Key));
        let lettered = entries.iter().all(|entry| match entry {
            Entry::One(_, text) => answers::letters(text, 26).is_some(),
            Entry::Range(..) => true,
        });
        self.list.is_some()
            || (follow
                && (open || !current_open || ((self.items.len() == 1 || entries.len() > 1) && lettered)))
    }

    /// Takes a heading; `false` when the line is none after all.
    fn heading(&mut self, index: usize, heading: Heading<'a>) -> bool {
        match heading {
            Heading::Kind(word) => {
                if self.list.is_some() && !self.view.questions_follow(index) {
                    let sections = std::mem::take(&mut self.sections);
                    if let Some(list) = &mut self.list {
                        list.begin_kind(word, &sections);
                    }
                    self.sections = sections;
                    return true;
                }
                self.close_list();
                let chapter = self.sections.last().and_then(|section| section.chapter.clone());
                self.begin(Section { kind: word.to_owned(), chapter });
                self.kind_is_outer = false;
                true
            }
            Heading::Chapter(text) => {
                if self.list.is_some() && !self.view.questions_follow(index) {
                    if let Some(list) = &mut self.list {
                        list.begin_chapter(text);
                    }
                    return true;
                }
                self.close_list();
                self.chapter(text);
                true
            }
            Heading::Perhaps(text) => {
                let next = self.view.next_text(index);
                let over_questions = next.is_some_and(|next| {
                    matches!(marks::heading(next), Some(Heading::Kind(_)))
                        || marks::number(next).is_some_and(|numbered| numbered.number == 1)
                });
                let idle = self.items.last().is_none_or(|item| item.is_complete() || self.after_blank);
                if self.list.is_some() || !over_questions || !idle {
                    return false;
                }
                self.chapter(text);
                self.warn(
                    index,
                    message!("“{text}”当作章节名", "“{text}” is taken as the name of a chapter"),
                );
                true
            }
        }
    }

    fn chapter(&mut self, text: &str) {
        if self.section_is_empty && self.sections.last().is_some_and(|section| !section.kind.is_empty()) {
            self.kind_is_outer = true;
        }
        let kind =
            if self.kind_is_outer { self.sections.last().map(|section| section.kind.clone()) } else { None };
        self.begin(Section { kind: kind.unwrap_or_default(), chapter: Some(text.replace(EMPHASIS, "")) });
    }

    fn begin(&mut self, section: Section) {
        self.sections.push(section);
        self.section_is_empty = true;
        self.style = None;
        self.last = 0;
        self.enumeration = None;
    }

    fn close_list(&mut self) {
        if let Some(list) = self.list.take() {
            let warnings = list.give(&mut self.items);
            self.warnings.extend(warnings);
        }
    }

    fn goes_on_with_list(&mut self, index: usize, text: &str) -> bool {
        let question = entries::entries(text).len() <= 1
            && marks::number(text).is_some()
            && labels::labels(text).is_empty()
            && self.view.has_evidence(index, false);
        if question {
            self.close_list();
            self.begin(Section {
                kind: String::new(),
                chapter: self.sections.last().and_then(|s| s.chapter.clone()),
            });
            return false;
        }
        let at = self.view.at(index).to_owned();
        if let Some(list) = &mut self.list {
            list.add(&at, &text.replace(EMPHASIS, ""));
        }
        true
    }

    /// Takes a line that begins with a number; `false` when it goes on with a question.
    fn number(&mut self, index: usize, numbered: Numbered<'a>) -> bool {
        let Numbered { style, number, rest } = numbered;
        let Some(current) = self.items.last().filter(|_| !self.section_is_empty) else {
            // The first of a section: quantities that begin a sentence are not numbers of questions.
            let sure = style != Style::Bare || (number == 1 && self.view.has_evidence(index, true));
            if sure {
                self.begin_item(index, numbered);
            }
            return sure;
        };
        if rest.trim().is_empty() && style == Style::Bare {
            return false;
        }
        let in_body = current.open == Some(Field::Stem);
        let fresh = in_body && !current.is_complete();
        let follows = number == self.last + 1;
        let enumerates = self.enumeration.is_some_and(|last| number == last + 1);
        if self.style.is_some_and(|own| own != style) && style != Style::Named {
            if number == 1 || enumerates {
                self.enumeration = Some(number);
                return false;
            }
            // Another style with the very next number: a slip of the hand, if it looks like a question.
            if !(follows && style != Style::Bare && self.view.has_evidence(index, true)) {
                return false;
            }
        }
        let begins = if self.style.is_none() {
            // Questions without numbers stand above.
            number == 1 && self.view.has_evidence(index, true) && !fresh
        } else if follows && enumerates {
            !fresh && self.view.has_evidence(index, true)
        } else if follows {
            true
        } else if enumerates {
            false
        } else {
            !(fresh && number == 1) && self.view.has_evidence(index, true)
        };
        if begins {
            if !follows && self.style.is_some() && number != 1 {
                let last = self.last;
                self.warn(
                    index,
                    message!(
                        "题号从 {last} 跳到 {number}，请核对有没有漏题",
                        "the numbers go from {last} to {number}; check that no question is missing"
                    ),
                );
            }
            if number == 1 && !follows {
                let section = self.sections.last().cloned().unwrap_or_default();
                self.begin(section);
            }
            self.begin_item(index, numbered);
            return true;
        }
        if number == 1 || enumerates {
            self.enumeration = Some(number);
        }
        let points = self
            .sections
            .last()
            .is_some_and(|section| words::kind(&section.kind) == Some(KindWord::Is(Kind::Short)));
        if !in_body
            && !enumerates
            && !points
            && let Some(item) = self.items.last_mut()
        {
            let at = self.view.lines.get(index).map_or("", |line| line.at.as_str());
            item.warnings.push(message!(
                "{at} 以 {number} 开头的一行当作本题的内容；如果是另一道题，请检查题号和答案",
                "the line that begins with {number} ({at}) is taken as a part of this question; if it is another question, mend its number and answer"
            ));
        }
        false
    }

    fn begin_item(&mut self, index: usize, numbered: Numbered<'a>) {
        self.style = Some(numbered.style);
        self.last = numbered.number;
        self.enumeration = None;
        self.section_is_empty = false;
        self.push(index, Some(numbered.number), numbered.rest);
    }

    fn push(&mut self, index: usize, number: Option<u32>, text: &str) {
        let mut item = Item::new(self.view.at(index), self.sections.len().saturating_sub(1), number);
        item.add(text, self.view.lines.get(index).map_or(&[], |line| &line.warnings));
        self.items.push(item);
        self.section_is_empty = false;
    }

    fn plain(&mut self, index: usize, text: &'a str) {
        let labels = labels::labels(text);
        let leading = labels.first().filter(|label| label.begin == 0).map(|label| label.field);
        let warnings = self.view.lines.get(index).map_or(&[][..], |line| &line.warnings);
        match (self.items.last_mut().filter(|_| !self.section_is_empty), leading) {
            (Some(item), Some(field)) => {
                let starts = match field {
                    Field::Stem => !item.text(Field::Stem).is_empty(),
                    Field::Kind | Field::Code => {
                        self.style.is_none() && item.is_complete() && item.has(field)
                    }
                    _ => false,
                };
                if starts {
                    self.push(index, None, text);
                } else {
                    item.add(text, warnings);
                }
            }
            (Some(item), None) => {
                let closed = item.has(Field::Key)
                    && (self.after_blank
                        || item.open == Some(Field::Key) && !item.text(Field::Key).is_empty());
                if self.style.is_none()
                    && item.number.is_none()
                    && closed
                    && self.view.has_evidence(index, true)
                {
                    self.push(index, None, text);
                } else {
                    item.add(text, warnings);
                }
            }
            (None, Some(Field::Chapter)) => {
                let chapter =
                    text.get(labels.first().map_or(0, |label| label.end)..).unwrap_or_default().trim();
                self.chapter(&escape::release(chapter));
            }
            (None, Some(Field::Stem | Field::Kind | Field::Code)) => self.push(index, None, text),
            (None, _) if self.view.has_evidence_before_blank(index) => self.push(index, None, text),
            (None, _) => self.preface(index, text),
        }
    }

    fn preface(&mut self, index: usize, text: &str) {
        let text = text.replace(EMPHASIS, "");
        let text = text.trim();
        if self.title.is_none() && self.items.is_empty() && self.sections.len() == 1 {
            self.title = Some(escape::release(text));
            return;
        }
        let short: String = text.chars().take(30).collect();
        self.warn(
            index,
            message!("“{short}”不属于任何题目，没有读取", "“{short}” belongs to no question and is not read"),
        );
    }

    fn finish(mut self) -> FoundBank {
        self.close_list();
        let sections = self.sections;
        let questions = self
            .items
            .into_iter()
            .map(|item| {
                let section = sections.get(item.section).cloned().unwrap_or_default();
                item.finish(
                    &section.kind,
                    section.chapter.map(|chapter| escape::release(&chapter)).as_deref(),
                )
            })
            .collect();
        FoundBank { title: self.title, questions, warnings: self.warnings }
    }
}
