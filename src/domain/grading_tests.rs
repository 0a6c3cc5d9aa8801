use proptest::prelude::*;

use super::*;
use crate::domain::question::Draft;

fn question(kind: Kind, options: usize, key: &[&str]) -> Question {
    Draft {
        code: "t-1".into(),
        kind: Some(kind),
        stem: "题干".into(),
        options: (0..options).map(|option| format!("选项 {option}")).collect(),
        key: key.iter().map(ToString::to_string).collect(),
        ..Draft::default()
    }
    .check()
    .unwrap()
}

fn section(points: i64, multiple_rule: MultipleRule) -> Section {
    Section {
        title: String::new(),
        kinds: vec![],
        chapters: vec![],
        difficulty: (1, 5),
        count: 1,
        points: Points(points),
        multiple_rule,
    }
}

/// What `answer` earns of `points` when the options are shown in the bank's order.
fn score(question: &Question, points: i64, rule: MultipleRule, answer: &[&str]) -> i64 {
    let item = Item {
        question: 0,
        section: 0,
        options: (0..u8::try_from(question.options.len()).unwrap()).collect(),
    };
    let answer: Vec<String> = answer.iter().map(ToString::to_string).collect();
    grade_item(question, &item, &section(points, rule), Some(&answer)).score.0
}

#[test]
fn multiple_items_by_rule() {
    use MultipleRule::{AllOrNothing, HalfIfIncomplete, PerOption};
    let question = question(Kind::Multiple, 5, &["A", "C", "D"]);
    for (answer, all_or_nothing, half, per_option) in [
        (&["A", "C", "D"][..], 200, 200, 200),
        (&["A", "C"], 0, 100, 133),
        (&["A"], 0, 100, 67),
        (&[], 0, 0, 0),
        (&["B"], 0, 0, 0),
        (&["A", "C", "D", "B"], 0, 0, 0),
        (&["A", "B"], 0, 0, 0),
        (&["A", "B", "C", "D", "E"], 0, 0, 0),
        // Nothing that passes `fit` names an option twice; were it graded all the same, it would earn nothing.
        (&["A", "A"], 0, 0, 0),
        (&["A", "A", "C", "C", "D", "D"], 0, 0, 0),
    ] {
        assert_eq!(score(&question, 200, AllOrNothing, answer), all_or_nothing, "{answer:?}");
        assert_eq!(score(&question, 200, HalfIfIncomplete, answer), half, "{answer:?}");
        assert_eq!(score(&question, 200, PerOption, answer), per_option, "{answer:?}");
    }
}

#[test]
fn single_and_judge_items_know_only_right_and_wrong() {
    let single = question(Kind::Single, 4, &["B"]);
    let judge = question(Kind::Judge, 0, &["false"]);
    for rule in [MultipleRule::AllOrNothing, MultipleRule::HalfIfIncomplete, MultipleRule::PerOption] {
        assert_eq!(score(&single, 100, rule, &["B"]), 100);
        assert_eq!(score(&single, 100, rule, &["A"]), 0);
        assert_eq!(score(&single, 100, rule, &[]), 0);
        assert_eq!(score(&judge, 100, rule, &["false"]), 100);
        assert_eq!(score(&judge, 100, rule, &["true"]), 0);
        assert_eq!(score(&judge, 100, rule, &[]), 0);
    }
}

#[test]
fn gaps_share_the_points_and_are_compared_folded() {
    let question = question(Kind::Blank, 0, &["六个月|6个月", "ABC公司", "三分之二"]);
    for (answer, expected) in [
        (&["六个月", "ABC公司", "三分之二"][..], 300),
        (&[" 6个月 ", "ａｂｃ公司", "三分之二"], 300),
        (&["６个月", "abc公司", ""], 200),
        (&["", "ABC公司"], 100),
        (&["六 个月"], 0),
        (&["三分之二", "六个月", "ABC公司"], 0),
        (&[], 0),
    ] {
        assert_eq!(score(&question, 300, MultipleRule::default(), answer), expected, "{answer:?}");
    }
    assert_eq!(score(&question, 100, MultipleRule::default(), &["六个月"]), 33);
    assert_eq!(score(&question, 100, MultipleRule::default(), &["六个月", "abc公司"]), 67);
}

#[test]
fn letters_mean_the_options_as_they_are_shown() {
    let question = question(Kind::Multiple, 4, &["A", "B"]);
    let item = Item { question: 0, section: 0, options: vec![3, 1, 2, 0].into() };
    assert_eq!(shown_key(&question, &item), ["B", "D"]);
    let result = |answer: &[&str]| {
        let answer: Vec<String> = answer.iter().map(ToString::to_string).collect();
        grade_item(&question, &item, &section(100, MultipleRule::AllOrNothing), Some(&answer)).correct
    };
    assert!(result(&["B", "D"]));
    assert!(!result(&["A", "B"]));
}

#[test]
fn answers_that_do_not_fit_their_item_are_refused() {
    let many = "长".repeat(LONGEST_ANSWER + 1);
    for (question, answer) in [
        (question(Kind::Single, 4, &["A"]), vec!["E"]),
        (question(Kind::Single, 4, &["A"]), vec!["A", "B"]),
        (question(Kind::Single, 4, &["A"]), vec!["a"]),
        (question(Kind::Multiple, 4, &["A"]), vec!["A", "A"]),
        (question(Kind::Multiple, 4, &["A"]), vec![""]),
        (question(Kind::Judge, 0, &["true"]), vec!["A"]),
        (question(Kind::Judge, 0, &["true"]), vec!["true", "false"]),
        (question(Kind::Blank, 0, &["甲"]), vec!["甲", "乙"]),
        (question(Kind::Blank, 0, &["甲"]), vec![many.as_str()]),
        (question(Kind::Blank, 0, &["甲"]), vec!["甲\u{0}"]),
        (question(Kind::Short, 0, &[]), vec!["甲"]),
    ] {
        let answer: Vec<String> = answer.into_iter().map(ToOwned::to_owned).collect();
        assert!(fit(&question, &answer).is_err(), "{answer:?}");
    }
}

#[test]
fn an_answer_has_one_written_form() {
    let multiple = question(Kind::Multiple, 4, &["A"]);
    assert_eq!(fit(&multiple, &["D".into(), "A".into()]).unwrap(), ["A", "D"]);
    let blank = question(Kind::Blank, 0, &["甲", "乙"]);
    assert_eq!(fit(&blank, &[" ".into(), String::new()]).unwrap(), Vec::<String>::new());
    assert_eq!(fit(&blank, &[String::new(), "乙".into()]).unwrap(), ["", "乙"]);
}

#[test]
fn the_pass_mark_is_exact() {
    let bank: Vec<Question> = (0..3).map(|_| question(Kind::Judge, 0, &["true"])).collect();
    let blueprint = Blueprint {
        sections: vec![Section { count: 3, ..section(33, MultipleRule::default()) }],
        shuffle_questions: false,
        shuffle_options: false,
    };
    let items = (0..3).map(|question| Item { question, section: 0, options: vec![].into() }).collect();
    let paper = Paper { items };
    let answers = Answers::from([(1, vec!["true".into()]), (3, vec!["true".into()])]);
    let graded = |percent| grade_paper(&bank, &blueprint, &paper, &answers, percent);
    assert_eq!((graded(60).score, graded(60).max_score, graded(60).correct), (Points(66), Points(99), 2));
    assert!(graded(66).passed);
    assert!(!graded(67).passed);
}

proptest! {
    #[test]
    fn no_answer_earns_less_than_nothing_or_more_than_all(
        options in 2_usize..8, right in 1_u32..255, chosen in 0_u32..255, points in 1_i64..10_000, rule in 0_usize..3,
    ) {
        let letters = |mask: u32| -> Vec<String> {
            (0..options).filter(|option| mask & (1 << option) != 0).map(letter).collect()
        };
        let key = letters(right);
        prop_assume!(!key.is_empty());
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let question = question(Kind::Multiple, options, &key);
        let rule = [MultipleRule::AllOrNothing, MultipleRule::HalfIfIncomplete, MultipleRule::PerOption][rule];
        let chosen = letters(chosen);
        let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
        let earned = score(&question, points, rule, &chosen);
        prop_assert!((0..=points).contains(&earned));
        let item = Item { question: 0, section: 0, options: (0..u8::try_from(options).unwrap()).collect() };
        let answer: Vec<String> = chosen.iter().map(ToString::to_string).collect();
        let result = grade_item(&question, &item, &section(points, rule), Some(&answer));
        prop_assert_eq!(result.correct, chosen == key);
        if chosen.iter().any(|letter| !key.contains(letter)) {
            prop_assert_eq!(earned, 0);
        }
    }

    #[test]
    fn comparing_is_blind_to_width_case_and_outer_space(text in "[a-zA-Z0-9 党章]{0,12}") {
        let wide: String = text
            .chars()
            .map(|c| match c {
                '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
                ' ' => '\u{3000}',
                other => other,
            })
            .collect();
        prop_assert_eq!(compared_form(&wide), compared_form(&text));
        prop_assert_eq!(compared_form(&format!(" {} ", text.to_uppercase())), compared_form(&text));
        prop_assert_eq!(compared_form(&compared_form(&text)), compared_form(&text));
    }
}
