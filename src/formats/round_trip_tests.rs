//! What a format writes, it reads back the same, and no other format takes it for its own.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::question::Kind;

/// What texts are made of: words, and everything that means something in a format.
const PIECES: &[&str] = &[
    "党章",
    "中",
    "a",
    "7",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\u{3000}",
    "\u{a0}",
    "<b>",
    "</p>",
    "<",
    "&amp;",
    "&",
    "{",
    "}",
    "~",
    "=",
    "#",
    "####",
    "%50%",
    "\\",
    "\\n",
    ":",
    "::",
    "//",
    "[plain]",
    "[html]",
    "[",
    "]",
    "->",
    "_",
    "*",
    "A) ",
    "B. ",
    "ANSWER: A",
    "\"",
    "'",
    "]]>",
    "<![CDATA[",
    "$CATEGORY: x",
    ",",
    ";",
    "、",
    "（ ）",
    "答案：A",
    "1. ",
];

fn text(most: usize) -> impl Strategy<Value = String> {
    (select(&["题", "甲", "x"][..]), vec(select(PIECES), 0..most), select(&["", "尾", "。"][..]))
        .prop_map(|(first, pieces, last)| format!("{first}{}{last}", pieces.concat()))
}

fn line(most: usize) -> impl Strategy<Value = String> {
    text(most).prop_map(|text| text.replace(['\n', '\t'], " ").trim().to_owned())
}

fn words() -> impl Strategy<Value = String> {
    text(4).prop_map(|text| text.replace('|', "/").trim().to_owned())
}

fn question() -> impl Strategy<Value = Question> {
    let kind = select(vec![Kind::Single, Kind::Multiple, Kind::Judge, Kind::Blank, Kind::Short]);
    let fields = (line(3), 1..=5_i64, option::of(text(6)), option::of(line(5)), any::<bool>());
    let content =
        (vec(text(4), 3), text(8), vec(vec(words(), 1..3), 1..4), any::<bool>(), vec(line(4), 0..3));
    (kind, fields, content, 1..8_usize).prop_map(|(kind, fields, content, right)| {
        let (chapter, difficulty, explanation, source, is_verified) = fields;
        let (mut options, mut stem, gaps, flag, references) = content;
        // Options differ.
        for (index, option) in options.iter_mut().enumerate() {
            option.push_str(&index.to_string());
        }
        let mut key = match kind {
            Kind::Single => vec![["A", "B", "C"][right % 3].to_owned()],
            Kind::Multiple => {
                let letters = ["A", "B", "C"].iter().enumerate();
                letters
                    .filter(|(index, _)| right >> index & 1 == 1)
                    .map(|(_, letter)| (*letter).to_owned())
                    .collect()
            }
            Kind::Judge => vec![flag.to_string()],
            Kind::Blank => gaps.iter().map(|gap| gap.join("|")).collect(),
            Kind::Short => references,
        };
        if kind == Kind::Blank {
            stem = stem.replace('_', "-");
            if flag {
                let gaps: String =
                    (0..key.len()).map(|index| format!("{}空", "_".repeat(2 + index))).collect();
                stem = format!("{stem} {gaps}");
            }
        }
        if !kind.has_options() {
            options.clear();
        }
        key.retain(|line| !line.is_empty());
        let draft = Draft {
            code: "x".into(),
            kind: Some(kind),
            chapter: Some(chapter),
            difficulty: Some(difficulty),
            stem,
            options,
            key,
            explanation,
            source,
            verified_on: is_verified.then(|| "2026-08-31".to_owned()),
        };
        draft.check().unwrap()
    })
}

fn bank() -> impl Strategy<Value = Vec<Question>> {
    vec(question(), 1..6).prop_map(|mut questions| {
        let codes = ["P0001", "a-1", "7", "题:]2", "x=~{}"];
        for (question, code) in questions.iter_mut().zip(codes) {
            question.code = code.to_owned();
        }
        questions
    })
}

/// What comes back of a question, with the fields filled in of which the file says nothing.
fn completed(found: &FoundQuestion, question: &Question) -> Question {
    let draft = found.draft.clone().unwrap_or_else(|faults| panic!("{question:#?}\n{faults:?}"));
    let said = question.to_draft();
    let code = if draft.code.is_empty() { said.code } else { draft.code };
    let draft = Draft {
        code,
        chapter: draft.chapter.or(said.chapter),
        difficulty: draft.difficulty.or(said.difficulty),
        explanation: draft.explanation.or(said.explanation),
        source: draft.source.or(said.source),
        verified_on: draft.verified_on.or(said.verified_on),
        ..draft
    };
    draft.check().unwrap_or_else(|faults| panic!("{question:#?}\n{faults:?}"))
}

/// Writes, reads, compares; gives how many were left out.
fn round_trip(format: &dyn BankFormat, questions: &[Question]) -> usize {
    let written = format.write("题库", questions).unwrap();
    let left_out: Vec<&str> = written.left_out.iter().map(|place| place.at.as_str()).collect();
    let kept: Vec<&Question> =
        questions.iter().filter(|question| !left_out.contains(&question.code.as_str())).collect();
    let bank = format.read(&written.content).unwrap();
    let shown = || String::from_utf8_lossy(&written.content).into_owned();
    assert_eq!(bank.questions.len(), kept.len(), "{}", shown());
    for (found, question) in bank.questions.iter().zip(kept) {
        assert_eq!(&completed(found, question), question, "{}", shown());
        assert!(found.warnings.is_empty(), "{:?}\n{}", found.warnings, shown());
    }
    if !bank.questions.is_empty() {
        let recognised = recognise(&written.content).map(BankFormat::name);
        assert_eq!(recognised, Some(format.name()), "{}", shown());
    }
    left_out.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn gift_leaves_out_several_gaps_and_arrows_only(questions in bank()) {
        let carried = |question: &&Question| {
            question.gaps() > 1 || question.gaps() == 1 && question.written_key().concat().contains("->")
        };
        prop_assert_eq!(round_trip(&gift::Gift, &questions), questions.iter().filter(carried).count());
    }

    #[test]
    fn moodle_xml_carries_everything(questions in bank()) {
        prop_assert_eq!(round_trip(&moodle::MoodleXml, &questions), 0);
    }

    #[test]
    fn qti_carries_everything(questions in bank()) {
        prop_assert_eq!(round_trip(&qti::Qti, &questions), 0);
    }

    #[test]
    fn json_carries_everything(questions in bank()) {
        prop_assert_eq!(round_trip(&json::Json, &questions), 0);
    }

    #[test]
    fn parts_one_after_the_other_are_the_whole_file(questions in vec(question(), 0..7), size in 1..4_usize) {
        for format in FORMATS {
            let parts: Option<Vec<Vec<u8>>> = (0..questions.len().max(1))
                .step_by(size)
                .map(|start| start..(start + size).min(questions.len()))
                .map(|range| format.write_part("题\"库", &questions, range).map(Result::unwrap))
                .collect();
            let has_parts = ["json", "csv"].contains(&format.name());
            prop_assert_eq!(parts.is_some(), has_parts, "{}", format.name());
            if let Some(parts) = parts {
                prop_assert_eq!(parts.concat(), format.write("题\"库", &questions).unwrap().content);
            }
        }
    }

    #[test]
    fn aiken_carries_plain_single_questions(questions in bank()) {
        let others = questions.iter().filter(|question| question.kind != Kind::Single).count();
        let left_out = round_trip(&aiken::Aiken, &questions);
        prop_assert!(left_out >= others);
        let plain = |question: &&Question| {
            question.kind == Kind::Single
                && question.options.iter().chain([&question.stem]).all(|text| !text.contains(['\n', '\t', 'A', 'B', '\u{a0}', '\u{3000}']) && !text.contains("  "))
        };
        prop_assert!(left_out <= questions.len() - questions.iter().filter(plain).count());
    }
}

/// Every format's own export is recognised as that format and as no other before it.
#[test]
fn no_export_is_taken_for_another_format() {
    let questions: Vec<Question> = [
        (Kind::Single, "A"),
        (Kind::Multiple, "A"),
        (Kind::Judge, "true"),
        (Kind::Blank, "北京"),
        (Kind::Short, "要点"),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (kind, key))| {
        let options = if kind.has_options() { vec!["甲".to_owned(), "乙".to_owned()] } else { vec![] };
        let draft = Draft {
            code: format!("P{index}"),
            kind: Some(kind),
            stem: format!("第 {index} 题的题干"),
            options,
            key: vec![key.to_owned()],
            ..Draft::default()
        };
        draft.check().unwrap()
    })
    .collect();
    for format in FORMATS {
        let file = format.write("题库", &questions).unwrap().content;
        let claims: Vec<&str> =
            FORMATS.iter().filter(|other| other.recognises(&file)).map(|other| other.name()).collect();
        assert_eq!(claims.first(), Some(&format.name()), "{claims:?}");
    }
}
