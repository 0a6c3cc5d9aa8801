//! Random questions for the round trips of formats: texts that look like everything a format gives a
//! meaning to.

use proptest::prelude::*;

use crate::domain::question::{Draft, Kind, Question};

/// Bits of text that a careless format takes for its own.
const BITS: [&str; 64] = [
    "党",
    "章",
    "一、",
    "（一）",
    "第一章 ",
    "单选题",
    "判断题",
    "【多选题】",
    "答案",
    "答案：",
    "【答案】",
    "A",
    "解析：",
    "参考答案",
    "难度：",
    "编号",
    "1",
    "2. ",
    "3、",
    "（1）",
    "第4题",
    "A. ",
    "B. ",
    "A、",
    "C",
    "（A）",
    "（ ）",
    "（√）",
    "√",
    "×",
    "对",
    "错误",
    "____",
    "【】",
    "______",
    "；",
    ";",
    "|",
    ",",
    "，",
    "。",
    "：",
    ":",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\\",
    "\t",
    "Ａ",
    "９",
    "⼈",
    "\u{3000}",
    "\u{A0}",
    "\u{200B}",
    "<b>&",
    "\"",
    "'",
    "{=~}",
    "𠀀",
    "e\u{301}",
    "(2分)",
    "-----",
    "1-5 ABCDA",
];

/// A text of up to `most` bits that is not blank.
fn text(most: usize) -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        proptest::sample::select(&BITS[..]).prop_map(str::to_owned),
        "[ -~]{1,3}",
        "[一-龟]{1,4}"
    ];
    proptest::collection::vec(bit, 1..=most)
        .prop_map(|bits| bits.concat().trim().to_owned())
        .prop_filter("a text has content", |text| !text.is_empty())
}

fn perhaps(most: usize) -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), text(most)]
}

fn without_bar(text: &str) -> String {
    let text = text.replace('|', "竖");
    let text = text.trim();
    if text.is_empty() { "空".to_owned() } else { text.to_owned() }
}

/// A well-formed question with this code.
fn question() -> impl Strategy<Value = Question> {
    let kind =
        proptest::sample::select(&[Kind::Single, Kind::Multiple, Kind::Judge, Kind::Blank, Kind::Short][..]);
    let options = proptest::collection::vec(text(4), 2..6);
    let gaps = proptest::collection::vec(proptest::collection::vec(text(3), 1..3), 1..4);
    let date = prop_oneof![Just(String::new()), Just("2026-08-31".to_owned())];
    (kind, text(8), options, gaps, any::<u8>(), perhaps(6), perhaps(3), text(2), 1..=5_i64, date)
        .prop_filter_map(
            "well formed",
            |(kind, stem, options, gaps, right, explanation, source, chapter, difficulty, date)| {
                let letters: Vec<String> = (0..options.len())
                    .filter(|bit| right >> bit & 1 == 1)
                    .map(crate::domain::question::letter)
                    .collect();
                let key = match kind {
                    Kind::Single => vec![crate::domain::question::letter(usize::from(right) % options.len())],
                    Kind::Multiple => letters,
                    Kind::Judge => vec![(right % 2 == 0).to_string()],
                    Kind::Blank => gaps
                        .iter()
                        .map(|gap| gap.iter().map(|text| without_bar(text)).collect::<Vec<_>>().join("|"))
                        .collect(),
                    Kind::Short => gaps.concat(),
                };
                let options = if kind.has_options() { options } else { vec![] };
                let draft = Draft {
                    code: "x".into(),
                    kind: Some(kind),
                    chapter: Some(chapter),
                    difficulty: Some(difficulty),
                    stem,
                    options,
                    key,
                    explanation: Some(explanation),
                    source: Some(source),
                    verified_on: Some(date),
                };
                draft.check().ok()
            },
        )
}

/// Questions of a bank, by kind, with codes of their own.
pub(super) fn questions() -> impl Strategy<Value = Vec<Question>> {
    proptest::collection::vec(question(), 1..6).prop_map(|mut questions| {
        questions.sort_by_key(|question| question.kind);
        for (index, question) in questions.iter_mut().enumerate() {
            question.code = format!("q-{index}");
        }
        questions
    })
}

/// The questions that a format reads from what it wrote.
pub(super) fn read_back(
    format: &dyn super::BankFormat,
    title: &str,
    questions: &[Question],
) -> Vec<Question> {
    let file = format.write(title, questions).unwrap().content;
    assert!(format.recognises(&file));
    let bank = format.read(&file).unwrap();
    assert_eq!(bank.warnings, []);
    assert_eq!(bank.title.as_deref().unwrap_or_default(), title);
    bank.questions.into_iter().map(|found| found.draft.unwrap().check().unwrap()).collect()
}
