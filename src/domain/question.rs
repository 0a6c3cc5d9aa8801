//! A question of a bank: what it may look like, and how its key is written.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::message::Message;
use super::question_faults::Faults;
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
/// Longest name of a chapter, in characters.
pub const LONGEST_CHAPTER: usize = 100;
/// Longest source, in characters.
pub const LONGEST_SOURCE: usize = 500;
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
    /// The stable name inside its bank, such as `dzy-001`; empty when the file gives none, and the import
    /// finds or makes one.
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
    /// Why the key is right; `None` when nothing is said of it, and an import keeps what the bank has.
    pub explanation: Option<String>,
    /// Document and article; `None` as above.
    pub source: Option<String>,
    /// The date (YYYY-MM-DD) to which the source was checked; `None` as above, empty for none.
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
        faults.length("/chapter", &chapter, LONGEST_CHAPTER);
        let stem = self.stem.trim().to_owned();
        faults.length("/stem", &stem, LONGEST_TEXT);
        let options: Vec<String> = self.options.iter().map(|option| option.trim().to_owned()).collect();
        let explanation = self.explanation.unwrap_or_default().trim().to_owned();
        faults.at_most("/explanation", &explanation, LONGEST_TEXT);
        let source = self.source.unwrap_or_default().trim().to_owned();
        faults.at_most("/source", &source, LONGEST_SOURCE);
        let difficulty = u8::try_from(self.difficulty.unwrap_or(DEFAULT_DIFFICULTY.into()))
            .ok()
            .filter(|difficulty| (1..=5).contains(difficulty));
        if difficulty.is_none() {
            faults.add(
                "/difficulty",
                message!("难度是 1 到 5 的整数", "a difficulty is a whole number from 1 to 5"),
            );
        }
        let verified_on = self.verified_on.filter(|date| !date.is_empty());
        if let Some(date) = &verified_on
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
                verified_on,
            }),
            _ => Err(faults.0),
        }
    }
}

impl Draft {
    /// The same for a draft from a file, which may leave its code and its chapter empty: the code of the
    /// question is empty then, to be made, and the chapter is [`NO_CHAPTER`].
    ///
    /// # Errors
    /// As [`Draft::check`].
    pub fn check_found(self) -> Result<Question, Vec<Fault>> {
        let has_code = !self.code.trim().is_empty();
        let code = if has_code { self.code } else { "0".into() };
        let chapter = self.chapter.filter(|chapter| !chapter.trim().is_empty());
        let question = Self { code, chapter, ..self }.check()?;
        Ok(if has_code { question } else { Question { code: String::new(), ..question } })
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
            explanation: Some(self.explanation.clone()),
            source: Some(self.source.clone()),
            verified_on: Some(self.verified_on.clone().unwrap_or_default()),
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

#[cfg(test)]
#[path = "question_tests.rs"]
mod tests;
