use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::blueprint::MultipleRule;
use crate::domain::points::Points;
use crate::domain::question::{Draft, Kind, MOST_GAPS, MOST_OPTIONS};

/// Texts around the length of a step, with what JSON writes in another way.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![Just("党"), Just("\""), Just("\\"), Just("a"), Just("\n"), Just("😀")],
        1..90,
    )
    .prop_map(|pieces| format!("题{}", pieces.concat()))
}

fn question() -> impl Strategy<Value = Question> {
    (text(), prop::collection::vec(text(), 2..=MOST_OPTIONS), 0..4_usize, 1..=MOST_GAPS).prop_map(
        |(stem, options, kind, gaps)| {
            let (kind, options, key, stem) = match kind {
                0 => (Kind::Judge, vec![], vec!["true".into()], stem),
                1 => (Kind::Blank, vec![], vec!["甲".to_owned(); gaps], stem + &" ____ 与".repeat(gaps)),
                // Two options alike are refused.
                _ => {
                    let numbered = (1..).zip(options).map(|(number, text)| format!("{number}{text}"));
                    (Kind::Single, numbered.collect(), vec!["A".into()], stem)
                }
            };
            let draft = Draft {
                code: "q".into(),
                kind: Some(kind),
                chapter: Some("章".into()),
                difficulty: Some(3),
                stem,
                options,
                key,
                ..Draft::default()
            };
            draft.check().unwrap()
        },
    )
}

fn section(title: &str) -> Section {
    Section {
        title: title.into(),
        kinds: vec![],
        chapters: vec![],
        difficulty: (1, 5),
        count: 1,
        points: Points(250),
        multiple_rule: MultipleRule::default(),
    }
}

/// The items of a paper as serde writes them.
fn expected(questions: &[Question], paper: &Paper, sections: &[Section]) -> Value {
    let item = |(no, item): (usize, &Item)| {
        let (question, section) = (&questions[item.question], &sections[item.section]);
        let option = |(shown, &option): (usize, &u8)| json!({"id": letter(shown), "text": question.options[usize::from(option)]});
        json!({
            "no": no,
            "kind": question.kind,
            "stem": question.stem,
            "options": item.options.iter().enumerate().map(option).collect::<Vec<_>>(),
            "gaps": question.gaps(),
            "section": section.title,
            "points": section.points,
        })
    };
    (1..).zip(&paper.items).map(item).collect()
}

proptest! {
    // Each is a bank and a paper of up to 120 items.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_copied_paper_is_what_would_have_been_built(
        questions in prop::collection::vec(question(), 1..12),
        picked in prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, any::<u64>()), 0..120),
    ) {
        let sections = [section(""), section("一、单项选择题"), section(&"很长的标题".repeat(20))];
        let mut items = Vec::new();
        for (index, section, turn) in picked {
            let question = index.index(questions.len());
            let mut options: Vec<u8> = (0..).take(questions[question].options.len()).collect();
            if !options.is_empty() {
                let by = usize::try_from(turn % options.len() as u64).unwrap();
                options.rotate_left(by);
            }
            items.push(Item { question, section, options: options.into_iter().collect() });
        }
        let paper = Paper { items };
        let mut out = b"before ".to_vec();
        ItemTexts::new(&questions).write(&mut out, &paper, &SectionTexts::new(&sections));
        let written: Value = serde_json::from_slice(out.strip_prefix(b"before ").unwrap()).unwrap();
        prop_assert_eq!(written, expected(&questions, &paper, &sections));
    }
}
