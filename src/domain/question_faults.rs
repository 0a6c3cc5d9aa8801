//! The checks of a question's fields.

use super::message::Message;
use super::question::{
    Fault, Key, Kind, LONGEST_OPTION, LONGEST_TEXT, MOST_GAPS, MOST_OPTIONS, gaps_shown, letter, position,
};
use crate::message;

/// Collects every fault of a draft.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, pointer: impl Into<String>, message: Message) {
        self.0.push(Fault { pointer: pointer.into(), message });
    }

    pub(super) fn at_most(&mut self, pointer: &str, text: &str, most: usize) {
        let length = text.chars().count();
        if length > most {
            self.add(
                pointer,
                message!("有 {length} 个字，最多 {most} 个", "{length} characters, at most {most}"),
            );
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.add(pointer, message!("含控制符，请删去", "contains a control character; remove it"));
        }
    }

    pub(super) fn length(&mut self, pointer: &str, text: &str, most: usize) {
        if text.is_empty() {
            self.add(pointer, message!("不能为空", "must not be empty"));
        }
        self.at_most(pointer, text, most);
    }

    pub(super) fn options(&mut self, kind: Kind, options: &[String]) {
        if !kind.has_options() {
            if !options.is_empty() {
                let kind = kind.as_str();
                self.add("/options", message!("{kind} 题没有选项", "a {kind} question has no options"));
            }
            return;
        }
        if !(2..=MOST_OPTIONS).contains(&options.len()) {
            let count = options.len();
            self.add(
                "/options",
                message!("有 {count} 个选项，应为 2 到 26 个", "{count} options, where 2 to 26 are wanted"),
            );
            // Each would be compared with all before it.
            if count > MOST_OPTIONS {
                return;
            }
        }
        for (index, option) in options.iter().enumerate() {
            self.length(&format!("/options/{index}"), option, LONGEST_OPTION);
            if let Some(first) = options.iter().take(index).position(|earlier| earlier == option) {
                let (this, first) = (letter(index), letter(first));
                self.add(
                    format!("/options/{index}"),
                    message!("选项 {this} 与 {first} 相同", "option {this} is the same as {first}"),
                );
            }
        }
    }

    pub(super) fn key(&mut self, kind: Kind, options: usize, stem: &str, written: &[String]) -> Option<Key> {
        if written.is_empty() && kind != Kind::Short {
            self.add("/key", message!("缺答案", "the key is missing"));
            return None;
        }
        match kind {
            Kind::Single | Kind::Multiple => self.option_key(kind, options, written),
            Kind::Judge => match written {
                [word] if word == "true" => Some(Key::Truth(true)),
                [word] if word == "false" => Some(Key::Truth(false)),
                _ => {
                    self.add(
                        "/key",
                        message!(
                            "判断题的答案是 [\"true\"] 或 [\"false\"]",
                            "the key of a judge question is [\"true\"] or [\"false\"]"
                        ),
                    );
                    None
                }
            },
            Kind::Blank => self.gap_key(stem, written),
            Kind::Short => {
                for (index, line) in written.iter().enumerate() {
                    self.at_most(&format!("/key/{index}"), line, LONGEST_TEXT);
                }
                Some(Key::Reference(written.to_vec()))
            }
        }
    }

    fn option_key(&mut self, kind: Kind, options: usize, written: &[String]) -> Option<Key> {
        let mut positions = Vec::with_capacity(written.len());
        for (index, word) in written.iter().enumerate() {
            match position(word).filter(|&position| position < options) {
                Some(position) if positions.contains(&position) => {
                    self.add(format!("/key/{index}"), message!("答案 {word} 重复", "{word} is named twice"));
                }
                Some(position) => positions.push(position),
                None => {
                    let last = letter(options.saturating_sub(1));
                    self.add(
                        format!("/key/{index}"),
                        message!(
                            "答案 {word} 不是选项，选项是 A 到 {last}",
                            "{word} is no option; the options are A to {last}"
                        ),
                    );
                }
            }
        }
        if kind == Kind::Single && written.len() != 1 {
            let count = written.len();
            self.add(
                "/key",
                message!(
                    "单选题只有一个答案，这里有 {count} 个",
                    "a single question has one right option, not {count}"
                ),
            );
        }
        positions.sort_unstable();
        Some(Key::Options(positions))
    }

    fn gap_key(&mut self, stem: &str, written: &[String]) -> Option<Key> {
        let shown = gaps_shown(stem);
        let count = written.len();
        if count > MOST_GAPS {
            self.add("/key", message!("有 {count} 个空，最多 10 个", "{count} gaps, at most 10"));
        }
        if shown != 0 && shown != count {
            self.add(
                "/key",
                message!(
                    "题干有 {shown} 个空，答案有 {count} 个",
                    "the stem shows {shown} gaps and the key has {count}"
                ),
            );
        }
        let mut gaps = Vec::with_capacity(count);
        for (index, entry) in written.iter().enumerate() {
            let alternatives: Vec<String> = entry.split('|').map(|text| text.trim().to_owned()).collect();
            for alternative in &alternatives {
                self.length(&format!("/key/{index}"), alternative, LONGEST_OPTION);
            }
            gaps.push(alternatives);
        }
        Some(Key::Gaps(gaps))
    }
}
