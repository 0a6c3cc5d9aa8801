use super::super::check::check;
use super::*;
use crate::domain::ids::{BankId, QuestionId};
use crate::domain::question::{Draft, NO_CHAPTER};
use crate::formats::{FoundBank, FoundQuestion};

const BANK: BankRow = BankRow { id: BankId(1), code: String::new(), title: String::new(), revision: 4 };

fn draft(code: &str, stem: &str, options: &[&str]) -> Draft {
    let (kind, key) = if options.is_empty() { (Kind::Judge, "true") } else { (Kind::Single, "A") };
    Draft {
        code: code.into(),
        kind: Some(kind),
        stem: stem.into(),
        options: options.iter().map(ToString::to_string).collect(),
        key: vec![key.into()],
        ..Draft::default()
    }
}

fn row(id: i64, draft: Draft) -> QuestionRow {
    QuestionRow { id: QuestionId(id), question: draft.check().unwrap() }
}

fn planned(current: &[QuestionRow], drafts: Vec<Draft>) -> Plan {
    let questions = drafts
        .into_iter()
        .zip(1..)
        .map(|(draft, line)| FoundQuestion {
            at: format!("line {line}"),
            draft: Ok(draft),
            warnings: vec![],
            original: vec![],
        })
        .collect();
    let found = FoundBank { questions, ..FoundBank::default() };
    let codes = current.iter().map(|row| row.question.code.clone()).chain(["judge-0001".into()]).collect();
    let checked = check(found, &Progress::silent());
    plan(&BANK, current, codes, &checked, "csv", &Progress::silent())
}

/// `[added, updated, unchanged]`.
fn counts(plan: &Plan) -> [usize; 3] {
    [plan.report.added, plan.report.updated, plan.report.unchanged]
}

fn warnings(plan: &Plan) -> Vec<String> {
    plan.report.warnings.iter().map(|place| format!("{}: {}", place.at, place.message)).collect()
}

#[test]
fn a_question_without_a_code_is_found_by_its_stem_its_kind_and_its_options() {
    let current = [
        row(1, draft("a", "甲是乙（  ）。", &["对的", "错的"])),
        row(2, draft("b", "甲是乙", &["别的", "错的"])),
        row(3, draft("c", "甲是乙", &[])),
    ];
    let plan = planned(
        &current,
        vec![
            draft("", "甲是乙", &[]),
            draft("", "甲，是乙（ ）", &["错的", "对的"]),
            draft("", "甲是乙", &["别的", "错的"]),
        ],
    );
    assert_eq!(counts(&plan), [0, 1, 2]);
    let (row, updated) = &plan.updated[0];
    assert_eq!((row.id.0, updated.code.as_str(), updated.options[0].as_str()), (1, "a", "错的"));
}

#[test]
fn equal_questions_of_a_bank_are_matched_one_to_one_and_one_more_is_new() {
    let current = [row(1, draft("a", "甲是乙", &[])), row(2, draft("b", "甲是乙。", &[]))];
    let twice = vec![draft("", "甲是乙", &[]), draft("", "甲是乙。", &[])];
    assert_eq!(counts(&planned(&current, twice.clone())), [0, 0, 2]);
    let thrice = planned(&current, [twice, vec![draft("", "甲是乙", &[])]].concat());
    assert_eq!(counts(&thrice), [1, 0, 2]);
    assert_eq!(thrice.added[0].code, "judge-0002", "judge-0001 belonged to a question that was retired");
    assert!(warnings(&thrice).iter().any(|line| line.starts_with("line 3") && line.contains("100 %")));
    // A question that the file names is not matched with one that it does not name.
    let named = planned(&current, vec![draft("a", "甲是乙", &[]), draft("", "甲是乙", &[])]);
    assert_eq!((counts(&named), named.updated.len()), ([0, 1, 1], 1));
}

#[test]
fn what_the_file_says_nothing_of_stays_and_what_it_empties_goes() {
    let full = Draft {
        chapter: Some("第一章".into()),
        difficulty: Some(5),
        explanation: Some("因为".into()),
        source: Some("党章".into()),
        verified_on: Some("2026-08-31".into()),
        ..draft("a", "甲是乙", &[])
    };
    let current = [row(1, full.clone())];
    let silent = planned(&current, vec![draft("a", "甲是乙", &[])]);
    assert_eq!((counts(&silent), warnings(&silent)), ([0, 0, 1], vec![]));
    let emptied = planned(
        &current,
        vec![Draft {
            chapter: Some(String::new()),
            explanation: Some(String::new()),
            verified_on: Some(String::new()),
            ..draft("a", "甲是乙", &[])
        }],
    );
    let question = &emptied.updated[0].1;
    assert_eq!((question.chapter.as_str(), question.explanation.as_str()), (NO_CHAPTER, ""));
    assert_eq!((question.source.as_str(), question.difficulty, &question.verified_on), ("党章", 5, &None));
    assert_eq!(warnings(&emptied).len(), 1, "the chapter");
}

#[test]
fn new_questions_without_codes_are_numbered_in_the_order_of_the_file() {
    let plan = planned(
        &[],
        vec![
            draft("", "甲甲甲", &[]),
            draft("judge-0002", "乙乙乙", &[]),
            draft("", "丙丙丙", &["一", "二"]),
            draft("", "丁丁丁", &[]),
        ],
    );
    let codes: Vec<&str> = plan.added.iter().map(|question| question.code.as_str()).collect();
    assert_eq!(codes, ["judge-0003", "judge-0002", "single-0001", "judge-0004"]);
    assert_eq!(warnings(&plan).len(), 5, "four chapters and the codes: {:?}", warnings(&plan));
}

#[test]
fn alike_stems_are_told_once_and_not_for_what_stays() {
    let stem = "党员预备期一般为一年对不对的说法正确吗";
    let alike = "党员预备期一般为一年对不对的说法正确吧";
    let current = [row(1, draft("a", stem, &[])), row(2, draft("b", alike, &["一", "二"]))];
    let known = planned(&current, vec![draft("a", stem, &[]), draft("b", alike, &["一", "二"])]);
    assert_eq!((counts(&known), warnings(&known).len()), ([0, 0, 2], 0));
    let new =
        planned(&current, vec![Draft { chapter: Some("一".into()), ..draft("c", alike, &["一", "三"]) }]);
    let told = warnings(&new);
    assert!(
        told.len() == 1 && told[0].contains("b of the bank") && told[0].contains("options differ"),
        "{told:?}"
    );
    let changed = planned(&current, vec![draft("a", &format!("{stem}？！"), &[])]);
    let told = warnings(&changed);
    assert!(told.len() == 1 && told[0].contains("like that of b"), "not like its own former self: {told:?}");
}

#[test]
fn a_flood_of_alike_stems_is_summed_up() {
    let many = (0..MOST_ALIKE + 3).map(|number| Draft {
        chapter: Some("一".into()),
        ..draft(&format!("q{number}"), "同一个题干", &[])
    });
    let plan = planned(&[], many.collect());
    let told = warnings(&plan);
    assert_eq!(told.len(), MOST_ALIKE + 1);
    assert!(told[MOST_ALIKE].contains("2 more"));
}
