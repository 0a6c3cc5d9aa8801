//! From what a file says of a question, in its own words, to a draft.

use super::{answers, fold, options, words};
use crate::domain::message::Message;
use crate::domain::question::{Draft, Fault, Kind, gaps_shown, letter};
use crate::formats::conventions::words::KindWord;
use crate::message;

/// What a file says of one question, each text as it stands there. Empty texts say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The stable name, if the file gives one that lasts.
    pub code: String,
    /// The words for the kind: `单选题`.
    pub kind: String,
    /// The stem; the options may stand in it too: `… A. … B. …`.
    pub stem: String,
    /// The options, where they stand by themselves.
    pub options: Vec<String>,
    /// The answer.
    pub answer: String,
    /// The options that stand out by bold or coloured type, by position. They are taken as the answer,
    /// with a warning, where there is no other.
    pub emphasised: Vec<usize>,
    /// Why the answer is right.
    pub explanation: Option<String>,
    /// The chapter.
    pub chapter: Option<String>,
    /// The words for the difficulty: `中`, `3`.
    pub difficulty: Option<String>,
    /// Document and article.
    pub source: Option<String>,
    /// The date to which the source was checked.
    pub verified_on: Option<String>,
}

/// The reading of one question.
#[derive(Default)]
struct Reading {
    warnings: Vec<Message>,
    faults: Vec<Fault>,
}

impl Reading {
    fn warn(&mut self, message: Message) {
        self.warnings.push(message);
    }

    fn fault(&mut self, pointer: &str, message: Message) {
        self.faults.push(Fault { pointer: pointer.to_owned(), message });
    }
}

impl Said {
    /// Makes a draft: takes the options out of the stem, finds the kind and the key, brings gaps and answers
    /// into their one written form. What had to be guessed is in the warnings; what cannot be understood is
    /// a fault. Whether the draft is well formed is for [`Draft::check`].
    pub fn read(mut self) -> (Result<Draft, Vec<Fault>>, Vec<Message>) {
        let mut reading = Reading::default();
        let word = reading.kind_word(&self.kind);
        while self.options.last().is_some_and(|option| option.trim().is_empty()) {
            self.options.pop();
        }
        self.take_options_from_stem(word, &mut reading);
        self.take_answer_from_stem(word);
        self.take_emphasis(word, &mut reading);
        let kind = match word {
            Some(KindWord::Is(kind)) => Some(kind),
            _ if !reading.faults.is_empty() => None,
            word => Some(self.infer_kind(word, &mut reading)),
        };
        let difficulty = self.read_difficulty(&mut reading);
        let key = kind.map(|kind| self.read_key(kind, &mut reading)).unwrap_or_default();
        if !reading.faults.is_empty() {
            return (Err(reading.faults), reading.warnings);
        }
        let draft = Draft {
            code: self.code.trim().to_owned(),
            kind,
            chapter: self.chapter,
            difficulty,
            stem: self.stem,
            options: self.options,
            key,
            explanation: self.explanation,
            source: self.source,
            verified_on: self.verified_on.map(|date| written_date(&date)),
        };
        (Ok(draft), reading.warnings)
    }

    fn take_options_from_stem(&mut self, word: Option<KindWord>, reading: &mut Reading) {
        if !self.options.is_empty() || matches!(word, Some(KindWord::Is(Kind::Blank | Kind::Short))) {
            return;
        }
        let Some(split) = options::split(&self.stem) else { return };
        let judged = split.options.iter().all(|option| words::judgement(option).is_some());
        if word == Some(KindWord::Is(Kind::Judge)) && !judged {
            return;
        }
        if let Some(letter) = split.out_of_turn {
            reading.fault(
                "/options",
                message!(
                    "选项字母 {letter} 的次序不对（漏了、重了或排错了），请按 A、B、C…… 依次编写",
                    "the option letter {letter} is out of turn (one is missing, doubled or misplaced); letter them A, B, C … in turn"
                ),
            );
        }
        self.stem = split.before;
        self.options = split.options;
    }

    /// The answer inside the stem counts only where there is no other; otherwise the stem is the author's.
    fn take_answer_from_stem(&mut self, word: Option<KindWord>) {
        if !self.answer.trim().is_empty() {
            return;
        }
        let found = match word {
            Some(KindWord::Is(Kind::Judge)) => answers::judgement_in_stem(&self.stem),
            Some(KindWord::Is(Kind::Blank | Kind::Short)) => None,
            _ if !self.options.is_empty() => answers::letters_in_stem(&self.stem, self.options.len()),
            None => answers::judgement_in_stem(&self.stem),
            Some(_) => None,
        };
        if let Some((answer, stem)) = found {
            self.answer = answer;
            self.stem = stem;
        }
    }

    fn take_emphasis(&mut self, word: Option<KindWord>, reading: &mut Reading) {
        let some = !self.emphasised.is_empty() && self.emphasised.len() < self.options.len();
        if !self.answer.trim().is_empty()
            || !some
            || matches!(word, Some(KindWord::Is(kind)) if !kind.has_options())
        {
            return;
        }
        let letters: String = self.emphasised.iter().map(|&position| letter(position)).collect();
        reading.warn(message!(
            "没有写答案，把加粗或标色的选项 {letters} 当作答案，请核对",
            "no answer is written; the options in bold or colour, {letters}, are taken as the key: please check"
        ));
        self.answer = letters;
    }

    fn infer_kind(&self, word: Option<KindWord>, reading: &mut Reading) -> Kind {
        let judged = self.options.is_empty() || self.options_are_judgements().is_some();
        let kind = if judged && word.is_none() && words::judgement(&self.answer).is_some() {
            Kind::Judge
        } else if !self.options.is_empty() || word == Some(KindWord::Choice) {
            let right = self.option_letters().map_or(1, |letters| letters.len());
            if self.options_are_judgements().is_some() && word.is_none() {
                Kind::Judge
            } else if right > 1 {
                Kind::Multiple
            } else {
                Kind::Single
            }
        } else if answers::shows_gaps(&self.stem) {
            Kind::Blank
        } else {
            Kind::Short
        };
        let name = kind_name(kind);
        let english = kind.as_str();
        reading.warn(message!(
            "没有写明题型，按答案和选项判为{name}题",
            "no kind is named; the key and the options make it {english}"
        ));
        kind
    }

    /// For options such as 正确 and 错误: what each says.
    fn options_are_judgements(&self) -> Option<Vec<bool>> {
        let judged: Vec<bool> = self.options.iter().filter_map(|option| words::judgement(option)).collect();
        (self.options.len() == 2 && judged.len() == 2 && judged.first() != judged.last()).then_some(judged)
    }

    /// The letters of the answer: as such, or as the text of the options (`B. 上海`, `上海`).
    fn option_letters(&self) -> Option<Vec<String>> {
        answers::letters(&self.answer, self.options.len()).or_else(|| {
            let answer = fold::word(&self.answer);
            let of_text = |text: &str| {
                let position = self.options.iter().position(|option| fold::word(option) == text)?;
                Some(vec![letter(position)])
            };
            of_text(&answer).or_else(|| {
                self.options.iter().enumerate().find_map(|(position, option)| {
                    let own = letter(position);
                    let rest = answer.strip_prefix(&own.to_lowercase())?;
                    let rest = rest.trim_start_matches([')', '.', '、', ':', ',']);
                    (rest == fold::word(option)).then(|| vec![own])
                })
            })
        })
    }

    fn read_difficulty(&self, reading: &mut Reading) -> Option<i64> {
        let text = self.difficulty.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        let difficulty = words::difficulty(text);
        if difficulty.is_none() {
            let text = shortened(text);
            reading.warn(message!(
                "看不懂难度“{text}”，不采用；难度写 1 到 5，或易、中、难",
                "the difficulty “{text}” is not understood and left out; write 1 to 5, or 易, 中, 难"
            ));
        }
        difficulty
    }

    fn read_key(&mut self, kind: Kind, reading: &mut Reading) -> Vec<String> {
        let answer = self.answer.trim().to_owned();
        match kind {
            Kind::Single | Kind::Multiple => self.read_letters(kind, &answer, reading),
            Kind::Judge => self.read_judgement(&answer, reading),
            Kind::Blank => {
                if gaps_shown(&self.stem) == 0
                    || answers::gaps(&answer, gaps_shown(&self.stem)).key.len() != gaps_shown(&self.stem)
                {
                    self.stem = answers::with_gaps(&self.stem);
                }
                if answer.is_empty() {
                    return vec![];
                }
                let gaps = answers::gaps(&answer, gaps_shown(&self.stem));
                if gaps.guessed {
                    let count = gaps.key.len();
                    reading.warn(message!(
                        "答案按题干的空数拆成 {count} 个；各空的答案请用“；”分开",
                        "the answer was taken apart into {count}, one a gap; part the gaps with `;`"
                    ));
                }
                gaps.key
            }
            Kind::Short if answer.is_empty() => vec![],
            Kind::Short => {
                answer.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
            }
        }
    }

    fn read_letters(&self, kind: Kind, answer: &str, reading: &mut Reading) -> Vec<String> {
        if answer.is_empty() {
            return vec![];
        }
        let Some(letters) = self.option_letters() else {
            let answer = shortened(answer);
            reading.fault(
                "/key",
                message!(
                    "看不懂答案“{answer}”，请写选项字母，如 A 或 ABD",
                    "the answer “{answer}” is not understood; write option letters, such as A or ABD"
                ),
            );
            return vec![];
        };
        if answers::letters(answer, self.options.len()).is_none() {
            let letters = letters.concat();
            reading.warn(message!(
                "答案写的是选项的文字，按 {letters} 处理",
                "the answer gives the text of an option; it is taken as {letters}"
            ));
        }
        if kind == Kind::Multiple && letters.len() == 1 {
            reading.warn(message!(
                "多选题只有一个正确选项，请核对",
                "a multiple question with one right option: please check"
            ));
        }
        letters
    }

    fn read_judgement(&mut self, answer: &str, reading: &mut Reading) -> Vec<String> {
        self.stem = answers::without_empty_brackets(&self.stem);
        let listed = self.options_are_judgements();
        if listed.is_some() {
            self.options.clear();
        }
        if answer.is_empty() {
            return vec![];
        }
        let lettered = match fold::bare(&fold::word(answer)) {
            "a" => Some(0),
            "b" => Some(1),
            _ => None,
        };
        let truth = match (lettered, &listed) {
            (Some(position), Some(listed)) => listed.get(position).copied(),
            (Some(position), None) => {
                let (letter, word) = if position == 0 { ("A", "正确") } else { ("B", "错误") };
                reading.warn(message!(
                    "判断题的答案写作 {letter}，按“{word}”处理，请核对",
                    "the answer of a judge question is {letter}; it is taken as “{word}”: please check"
                ));
                Some(position == 0)
            }
            (None, _) => words::judgement(answer),
        };
        if truth.is_none() {
            let answer = shortened(answer);
            reading.fault(
                "/key",
                message!(
                    "看不懂判断题的答案“{answer}”，请写“正确”或“错误”",
                    "the answer “{answer}” of a judge question is not understood; write 正确 or 错误 (true or false)"
                ),
            );
        }
        truth.into_iter().map(|truth| truth.to_string()).collect()
    }
}

impl Reading {
    fn kind_word(&mut self, text: &str) -> Option<KindWord> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let word = words::kind(text);
        if word.is_none() {
            let text = shortened(text);
            self.fault(
                "/kind",
                if words::is_foreign_kind(&text) {
                    message!(
                        "本系统没有“{text}”，请改写成单选、多选、判断、填空或简答题",
                        "there is no kind “{text}” here; rewrite it as single, multiple, judge, blank or short"
                    )
                } else {
                    message!(
                        "看不懂题型“{text}”，请写单选题、多选题、判断题、填空题或简答题",
                        "the kind “{text}” is not understood; write single, multiple, judge, blank or short"
                    )
                },
            );
        }
        word
    }
}

/// The word for a kind, without the ending 题.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Single => "单选",
        Kind::Multiple => "多选",
        Kind::Judge => "判断",
        Kind::Blank => "填空",
        Kind::Short => "简答",
    }
}

/// A text of a file as a message shows it.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(30).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

/// A date such as `2026/8/31` or `2026年8月31日` as `2026-08-31`; anything else as it stands.
fn written_date(text: &str) -> String {
    let text = text.trim();
    let parts: Vec<&str> =
        text.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty()).collect();
    let numbers: Vec<u16> = parts.iter().filter_map(|part| part.trim().parse().ok()).collect();
    match (parts.len(), numbers.as_slice()) {
        (3, [year @ 1000..=9999, month @ 1..=12, day @ 1..=31]) => format!("{year}-{month:02}-{day:02}"),
        _ => text.to_owned(),
    }
}
