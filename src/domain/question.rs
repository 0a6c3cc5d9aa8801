//! A question of a bank: what it may look like, and how its key is written.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::message::Message;
use crate::message;

/// Most options that a question can have: they are lettered A–Z.
pub const MOST_OPTIONS: usize = 26;
/// Most gaps of a `blank` question.
pub const MOST_GAPS: usize = 10;
/// Longest stem and longest explanation, in characters.
pub const LONGEST_TEXT: usize = 4000;
/// Longest option, and longest alternative of a gap, in characters.
pub const LONGEST_OPTION: usize = 1000;
/// Longest code, in characters.
pub const LONGEST_CODE: usize = 64;
/// The chapter of a question that names none.
pub const NO_CHAPTER: &str = "未分类";
/// The difficulty of a question that names none: the middle of 1 to 5.
pub const DEFAULT_DIFFICULTY: u8 = 3;

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Exactly one option is right.
    Single,
    /// One or more options are right.
    Multiple,
    /// True or false.
    Judge,
    /// Gaps to fill in.
    Blank,
    /// Free text, graded by a person; never drawn for a machine-graded quiz.
    Short,
}

impl Kind {
    /// The kinds that a machine can grade, in the order in which papers use them.
    pub const MACHINE_GRADED: [Self; 4] = [Self::Single, Self::Multiple, Self::Judge, Self::Blank];

    /// The word for this kind in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Multiple => "multiple",
            Self::Judge => "judge",
            Self::Blank => "blank",
            Self::Short => "short",
        }
    }

    /// The kind that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Single, Self::Multiple, Self::Judge, Self::Blank, Self::Short]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// Whether a question of this kind has options to choose from.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Single | Self::Multiple)
    }
}

/// What makes an answer right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The right options, by their position in the bank's order, ascending.
    Options(Vec<usize>),
    /// Whether the statement is true.
    Truth(bool),
    /// For each gap the alternatives that are right.
    Gaps(Vec<Vec<String>>),
    /// What a person may compare a free text with.
    Reference(Vec<String>),
}

/// A question as it is written down: in JSON, in a file, in the database. Nothing in it is checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The stable name inside its bank, such as `dzy-001`.
    pub code: String,
    /// How it is answered.
    pub kind: Option<Kind>,
    /// The chapter of the booklet; [`NO_CHAPTER`] when left out.
    pub chapter: Option<String>,
    /// 1 (easy) to 5 (hard); [`DEFAULT_DIFFICULTY`] when left out.
    pub difficulty: Option<i64>,
    /// What is asked.
    pub stem: String,
    /// What can be chosen.
    pub options: Vec<String>,
    /// The key as it is written: letters, `true`/`false`, or one entry a gap with alternatives parted by `|`.
    pub key: Vec<String>,
    /// Why the key is right.
    pub explanation: String,
    /// Document and article.
    pub source: String,
    /// The date (YYYY-MM-DD) to which the source was checked.
    pub verified_on: Option<String>,
}

/// A question that is well formed: every field checked against its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The stable name inside its bank.
    pub code: String,
    /// How it is answered.
    pub kind: Kind,
    /// The chapter of the booklet.
    pub chapter: String,
    /// 1 (easy) to 5 (hard).
    pub difficulty: u8,
    /// What is asked.
    pub stem: String,
    /// What can be chosen; empty but for `single` and `multiple`.
    pub options: Vec<String>,
    /// What makes an answer right.
    pub key: Key,
    /// Why the key is right; may be empty.
    pub explanation: String,
    /// Document and article; may be empty.
    pub source: String,
    /// The date (YYYY-MM-DD) to which the source was checked.
    pub verified_on: Option<String>,
}

/// What is wrong with one field of a [`Draft`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the field, relative to the question.
    pub pointer: String,
    /// What is wrong and how to mend it.
    pub message: Message,
}

/// The letter of the option at `position` (0 is `A`).
pub fn letter(position: usize) -> String {
    u8::try_from(position)
        .ok()
        .filter(|&position| usize::from(position) < MOST_OPTIONS)
        .map_or_else(|| "?".to_owned(), |position| char::from(b'A' + position).to_string())
}

/// The position that an option letter names (`A` is 0); only one upper-case letter will do.
pub fn position(letter: &str) -> Option<usize> {
    match letter.as_bytes() {
        [byte @ b'A'..=b'Z'] => Some(usize::from(byte - b'A')),
        _ => None,
    }
}

impl Draft {
    /// Checks every field and makes a [`Question`].
    ///
    /// # Errors
    /// Every fault that was found, not just the first.
    pub fn check(self) -> Result<Question, Vec<Fault>> {
        let mut faults = Faults::default();
        let code = self.code.trim().to_owned();
        faults.length("/code", &code, LONGEST_CODE);
        if code.chars().any(|c| c.is_whitespace() || c.is_control() || "/?#%\\".contains(c)) {
            faults.add(
                "/code",
                message!(
                    "题号不能含空白、控制符或 / ? # % \\",
                    "a code has no white space, control character or / ? # % \\"
                ),
            );
        }
        let chapter = self.chapter.map_or_else(|| NO_CHAPTER.to_owned(), |chapter| chapter.trim().to_owned());
        faults.length("/chapter", &chapter, 100);
        let stem = self.stem.trim().to_owned();
        faults.length("/stem", &stem, LONGEST_TEXT);
        let options: Vec<String> = self.options.iter().map(|option| option.trim().to_owned()).collect();
        let explanation = self.explanation.trim().to_owned();
        faults.at_most("/explanation", &explanation, LONGEST_TEXT);
        let source = self.source.trim().to_owned();
        faults.at_most("/source", &source, 500);
        let difficulty = u8::try_from(self.difficulty.unwrap_or(DEFAULT_DIFFICULTY.into()))
            .ok()
            .filter(|difficulty| (1..=5).contains(difficulty));
        if difficulty.is_none() {
            faults.add(
                "/difficulty",
                message!("难度是 1 到 5 的整数", "a difficulty is a whole number from 1 to 5"),
            );
        }
        if let Some(date) = &self.verified_on
            && (date.len() != 10 || date.parse::<jiff::civil::Date>().is_err())
        {
            faults.add("/verified_on", message!("日期写作 YYYY-MM-DD", "a date is written YYYY-MM-DD"));
        }
        let Some(kind) = self.kind else {
            faults.add(
                "/kind",
                message!(
                    "缺题型：single、multiple、judge、blank、short 之一",
                    "a kind is missing: one of single, multiple, judge, blank, short"
                ),
            );
            return Err(faults.0);
        };
        faults.options(kind, &options);
        let key = faults.key(kind, options.len(), &stem, &self.key);
        match (key, difficulty, faults.0.is_empty()) {
            (Some(key), Some(difficulty), true) => Ok(Question {
                code,
                kind,
                chapter,
                difficulty,
                stem,
                options,
                key,
                explanation,
                source,
                verified_on: self.verified_on,
            }),
            _ => Err(faults.0),
        }
    }
}

impl Question {
    /// The key as it is written on the wire: option letters, `true`/`false`, or one entry a gap with
    /// the alternatives parted by `|`.
    pub fn written_key(&self) -> Vec<String> {
        match &self.key {
            Key::Options(positions) => positions.iter().map(|&position| letter(position)).collect(),
            Key::Truth(truth) => vec![truth.to_string()],
            Key::Gaps(gaps) => gaps.iter().map(|alternatives| alternatives.join("|")).collect(),
            Key::Reference(lines) => lines.clone(),
        }
    }

    /// How many gaps are to be filled; 0 but for `blank`.
    pub fn gaps(&self) -> usize {
        match &self.key {
            Key::Gaps(gaps) => gaps.len(),
            _ => 0,
        }
    }

    /// The draft that checks back to this very question.
    pub fn to_draft(&self) -> Draft {
        Draft {
            code: self.code.clone(),
            kind: Some(self.kind),
            chapter: Some(self.chapter.clone()),
            difficulty: Some(self.difficulty.into()),
            stem: self.stem.clone(),
            options: self.options.clone(),
            key: self.written_key(),
            explanation: self.explanation.clone(),
            source: self.source.clone(),
            verified_on: self.verified_on.clone(),
        }
    }
}

/// How many gaps the stem shows: runs of two or more underscores.
pub fn gaps_shown(stem: &str) -> usize {
    let mut gaps = 0;
    let mut run = 0;
    for character in stem.chars().chain([' ']) {
        if character == '_' {
            run += 1;
        } else {
            gaps += usize::from(run >= 2);
            run = 0;
        }
    }
    gaps
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, message: Message) {
        self.0.push(Fault { pointer: pointer.into(), message });
    }

    fn at_most(&mut self, pointer: &str, text: &str, most: usize) {
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

    fn length(&mut self, pointer: &str, text: &str, most: usize) {
        if text.is_empty() {
            self.add(pointer, message!("不能为空", "must not be empty"));
        }
        self.at_most(pointer, text, most);
    }

    fn options(&mut self, kind: Kind, options: &[String]) {
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

    fn key(&mut self, kind: Kind, options: usize, stem: &str, written: &[String]) -> Option<Key> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(kind: Kind, options: &[&str], key: &[&str]) -> Draft {
        Draft {
            code: "t-1".into(),
            kind: Some(kind),
            stem: "题干".into(),
            options: options.iter().map(ToString::to_string).collect(),
            key: key.iter().map(ToString::to_string).collect(),
            ..Draft::default()
        }
    }

    fn pointers(draft: Draft) -> Vec<String> {
        draft.check().unwrap_err().into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn a_well_formed_question_of_every_kind_passes_and_survives_the_round_trip() {
        for draft in [
            draft(Kind::Single, &["甲", "乙"], &["B"]),
            draft(Kind::Multiple, &["甲", "乙", "丙"], &["C", "A"]),
            draft(Kind::Judge, &[], &["false"]),
            Draft { stem: "由____和____组成".into(), ..draft(Kind::Blank, &[], &["甲|乙", "丙"]) },
            draft(Kind::Short, &[], &[]),
        ] {
            let question = draft.check().unwrap();
            assert_eq!(question.to_draft().check().unwrap(), question);
        }
    }

    #[test]
    fn left_out_fields_take_their_defaults() {
        let question = draft(Kind::Judge, &[], &["true"]).check().unwrap();
        assert_eq!((question.chapter.as_str(), question.difficulty), (NO_CHAPTER, DEFAULT_DIFFICULTY));
    }

    #[test]
    fn faults_name_their_field() {
        for (draft, expected) in [
            (draft(Kind::Single, &["甲", "乙"], &["C"]), "/key/0"),
            (draft(Kind::Single, &["甲", "乙"], &["a"]), "/key/0"),
            (draft(Kind::Single, &["甲", "乙"], &["A", "B"]), "/key"),
            (draft(Kind::Multiple, &["甲", "乙"], &["A", "A"]), "/key/1"),
            (draft(Kind::Single, &["甲", "甲"], &["A"]), "/options/1"),
            (draft(Kind::Single, &["甲"], &["A"]), "/options"),
            (draft(Kind::Judge, &["对", "错"], &["true"]), "/options"),
            (draft(Kind::Judge, &[], &["A"]), "/key"),
            (draft(Kind::Single, &["甲", "乙"], &[]), "/key"),
            (draft(Kind::Blank, &[], &["甲||乙"]), "/key/0"),
            (Draft { stem: "____和____".into(), ..draft(Kind::Blank, &[], &["甲"]) }, "/key"),
            (Draft { code: "a b".into(), ..draft(Kind::Judge, &[], &["true"]) }, "/code"),
            (Draft { kind: None, ..draft(Kind::Judge, &[], &["true"]) }, "/kind"),
            (Draft { difficulty: Some(6), ..draft(Kind::Judge, &[], &["true"]) }, "/difficulty"),
            (
                Draft { verified_on: Some("2026-02-30".into()), ..draft(Kind::Judge, &[], &["true"]) },
                "/verified_on",
            ),
            (Draft { stem: "  ".into(), ..draft(Kind::Judge, &[], &["true"]) }, "/stem"),
        ] {
            let shown = format!("{draft:?}");
            assert_eq!(pointers(draft), [expected], "{shown}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let draft =
            Draft {
                code: String::new(), difficulty: Some(0), ..draft(Kind::Single, &["甲", "乙"], &["Z"])
            };
        assert_eq!(pointers(draft), ["/code", "/difficulty", "/key/0"]);
    }
}
