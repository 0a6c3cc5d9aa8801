//! Marked-up text becomes plain text: lines for blocks, one space for white space, a word for what is lost.

use std::collections::BTreeSet;

use crate::domain::message::Message;
use crate::message;

/// How a gap stands in a stem.
pub const GAP: &str = "____";

/// Elements that stand in lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "prompt",
    "qti-prompt",
    "qti-rubric-block",
    "rubricBlock",
    "section",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];
/// Elements whose text nobody sees.
const UNSEEN: &[&str] = &["script", "style", "head", "title", "template", "noscript"];
/// Elements that hold something other than text.
const MEDIA: &[&str] =
    &["audio", "canvas", "embed", "iframe", "img", "object", "picture", "svg", "video", "applet"];

/// Most marks for raised and lowered text inside one another; what is deeper is as the rest.
const DEEPEST_SCRIPT: usize = 4;

/// What is lost on the way to plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    Media,
    Formula,
    Link,
    Table,
}

impl Loss {
    fn told(self) -> Message {
        match self {
            Self::Media => message!(
                "图片、音频或视频不能导入，已去掉，请核对题目是否还完整",
                "pictures, sound and video cannot be taken and were dropped; see whether the question still makes sense"
            ),
            Self::Formula => {
                message!("公式只取了文字，请核对", "of a formula only the text was taken; check it")
            }
            Self::Link => message!("链接只取了文字", "of a link only the text was taken"),
            Self::Table => message!("表格已改为文字行，请核对", "a table became lines of text; check it"),
        }
    }
}

/// The white space that is due before the next character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    #[default]
    Nothing,
    Space,
    Line,
}

/// Builds plain text from the pieces of marked-up text.
#[derive(Debug, Default)]
pub struct Flow {
    text: String,
    due: Due,
    unseen: usize,
    kept: usize,
    /// Where the marks for raised and lowered text began.
    scripts: Vec<usize>,
    gaps: Vec<usize>,
    losses: BTreeSet<Loss>,
}

impl Flow {
    /// An element begins. `attribute` gives the value of one of its attributes.
    pub fn open(&mut self, name: &str, attribute: impl Fn(&str) -> Option<String>) {
        if UNSEEN.contains(&name) {
            self.unseen += 1;
        } else if self.unseen > 0 {
            // Nor what is inside.
        } else if name == "br" {
            self.line();
        } else if MEDIA.contains(&name) {
            self.losses.insert(Loss::Media);
            if let Some(instead) = attribute("alt").filter(|text| !text.trim().is_empty()) {
                self.text(&instead);
            }
        } else if BLOCKS.contains(&name) {
            self.due(Due::Line);
            self.kept += usize::from(name == "pre");
            if name == "table" {
                self.losses.insert(Loss::Table);
            }
        } else if matches!(name, "td" | "th") {
            self.due(Due::Space);
        } else if matches!(name, "sup" | "sub") && self.scripts.len() < DEEPEST_SCRIPT {
            self.settle();
            self.scripts.push(self.text.len());
        } else if name == "math" {
            self.losses.insert(Loss::Formula);
        } else if name == "a" && attribute("href").is_some_and(|target| target.contains("://")) {
            self.losses.insert(Loss::Link);
        }
    }

    /// An element ends.
    pub fn close(&mut self, name: &str) {
        if UNSEEN.contains(&name) {
            self.unseen = self.unseen.saturating_sub(1);
        } else if self.unseen > 0 {
        } else if BLOCKS.contains(&name) {
            self.kept -= usize::from(name == "pre" && self.kept > 0);
            self.due(Due::Line);
        } else if matches!(name, "sup" | "sub")
            && let Some(start) = self.scripts.pop()
        {
            self.script(start, name == "sup");
        }
    }

    /// Text inside an element.
    pub fn text(&mut self, text: &str) {
        if self.unseen > 0 {
            return;
        }
        if self.kept > 0 {
            self.plain(text);
            return;
        }
        for character in text.chars() {
            match character {
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.due(Due::Space),
                // A space that was meant to stay.
                '\u{a0}' => self.push(' '),
                other => self.push(other),
            }
        }
    }

    /// Text that is no markup at all: every character of it stays.
    pub fn plain(&mut self, text: &str) {
        self.settle();
        self.text.push_str(text);
    }

    /// A field to fill in.
    pub fn gap(&mut self) {
        self.settle();
        self.gaps.push(self.text.len());
    }

    /// Ends a line, whether it is empty or not.
    fn line(&mut self) {
        if self.due == Due::Line {
            self.settle();
        }
        self.due = Due::Nothing;
        self.text.push('\n');
    }

    fn due(&mut self, due: Due) {
        self.due = self.due.max(due);
    }

    fn push(&mut self, character: char) {
        self.settle();
        self.text.push(character);
    }

    /// Writes the white space that is due, unless the text begins or a line has just ended.
    fn settle(&mut self) {
        let due = std::mem::take(&mut self.due);
        if self.text.is_empty() || self.text.ends_with('\n') {
            return;
        }
        match due {
            Due::Nothing => {}
            Due::Space => self.text.push(' '),
            Due::Line => self.text.push('\n'),
        }
    }

    /// Raised and lowered text keeps its meaning: x², or x^(n+1) where no such characters exist.
    fn script(&mut self, start: usize, raised: bool) {
        if start > self.text.len() || self.gaps.last().is_some_and(|&gap| gap >= start) {
            return;
        }
        let inner = self.text.split_off(start);
        if inner.trim().is_empty() {
            self.text.push_str(&inner);
            return;
        }
        match inner.chars().map(|character| script_character(character, raised)).collect::<Option<String>>() {
            Some(written) => self.text.push_str(&written),
            None if raised => self.text.push_str(&format!("^({inner})")),
            None => self.text.push_str(&format!("_({inner})")),
        }
    }

    /// The text, and what was lost. Where gaps stand alone at the end, the text is a question of its own
    /// and shows none; any other gap is shown as [`GAP`] unless underscores stand before it already.
    pub fn finish(self) -> (String, Vec<Message>) {
        let losses = self.losses.into_iter().map(Loss::told).collect();
        let Some(&first) = self.gaps.first() else {
            return (self.text.trim().to_owned(), losses);
        };
        let (before, after) = self.text.split_at_checked(first).unwrap_or((&self.text, ""));
        if after.trim().is_empty() && before.ends_with('\n') && !before.trim().is_empty() {
            return (before.trim().to_owned(), losses);
        }
        let (mut text, mut from) = (String::with_capacity(self.text.len()), 0);
        for (index, at) in self.gaps.into_iter().enumerate() {
            text.push_str(self.text.get(from..at).unwrap_or_default());
            if !text.ends_with("__") || from == at && index > 0 {
                if text.ends_with('_') {
                    text.push(' ');
                }
                text.push_str(GAP);
            }
            from = at;
        }
        let rest = self.text.get(from..).unwrap_or_default();
        if rest.starts_with('_') {
            text.push(' ');
        }
        text.push_str(rest);
        (text.trim().to_owned(), losses)
    }
}

fn script_character(character: char, raised: bool) -> Option<char> {
    let (from, to) = if raised {
        ("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
    } else {
        ("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
    };
    from.chars().zip(to.chars()).find(|(plain, _)| *plain == character).map(|(_, script)| script)
}

/// The parts of a stem, each but the last ending with a gap that it shows (see
/// [`crate::domain::question::gaps_shown`]).
pub fn split_after_gaps(stem: &str) -> Vec<&str> {
    let (mut parts, mut from, mut run) = (Vec::new(), 0, 0_usize);
    for (at, character) in stem.char_indices().chain([(stem.len(), ' ')]) {
        if character == '_' {
            run += 1;
            continue;
        }
        if run >= 2 {
            parts.push(stem.get(from..at).unwrap_or_default());
            from = at;
        }
        run = 0;
    }
    parts.push(stem.get(from..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(build: impl FnOnce(&mut Flow)) -> String {
        let mut flow = Flow::default();
        build(&mut flow);
        flow.finish().0
    }

    #[test]
    fn gaps_are_shown_once() {
        assert_eq!(
            built(|flow| {
                flow.text("由");
                flow.gap();
                flow.text("和");
                flow.gap();
            }),
            "由____和____"
        );
        assert_eq!(
            built(|flow| {
                flow.text("由______");
                flow.gap();
                flow.text("。");
            }),
            "由______。"
        );
        assert_eq!(
            built(|flow| {
                flow.gap();
                flow.gap();
                flow.text("_");
            }),
            "____ ____ _"
        );
        assert_eq!(
            built(|flow| {
                flow.plain("题\n");
                flow.gap();
                flow.plain(" ");
                flow.gap();
            }),
            "题"
        );
        assert_eq!(built(Flow::gap), "____");
    }

    #[test]
    fn a_stem_splits_after_its_gaps() {
        assert_eq!(split_after_gaps("由__和____"), ["由__", "和____", ""]);
        assert_eq!(split_after_gaps("a_b"), ["a_b"]);
        assert_eq!(split_after_gaps("___是"), ["___", "是"]);
        assert_eq!(split_after_gaps(""), [""]);
    }
}
