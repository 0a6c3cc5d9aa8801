//! The built-in bank: complete, balanced, and backed article by article by the table of evidence.
//!
//! `tests/evidence/articles.json` holds, for each document and article that a question rests on, short
//! terms that stand there verbatim: figures, bodies, defined phrases. They were taken from the official
//! texts, not from the questions' wording, and a question's right answer has to be found in the terms of
//! the very article that it cites.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, HashMap, HashSet};

use qianti::built_in;
use qianti::domain::quality::{cited, score_by_length};
use qianti::domain::question::{Key, Kind, Question};
use qianti::services::bank_check;
use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

/// Terms by document and article.
type Evidence = HashMap<String, HashMap<String, Vec<String>>>;

fn bank() -> Vec<Question> {
    let found = built_in::bank().unwrap().questions;
    found.into_iter().map(|found| found.draft.unwrap().check().unwrap()).collect()
}

fn evidence() -> Evidence {
    serde_json::from_str(include_str!("evidence/articles.json")).unwrap()
}

#[test]
fn the_check_has_no_finding() {
    let documents = built_in::documents().unwrap();
    let report = bank_check::check(built_in::bank().unwrap(), Some(&documents));
    assert_eq!(report.findings, []);
}

#[test]
fn there_are_a_thousand_questions_in_the_wanted_proportions() {
    let bank = bank();
    assert_eq!(bank.len(), 1000);
    let of = |kind| bank.iter().filter(|question| question.kind == kind).count();
    assert_eq!([Kind::Single, Kind::Multiple, Kind::Judge, Kind::Blank].map(of), [450, 250, 200, 100]);
    let mut chapters: BTreeMap<&str, usize> = BTreeMap::new();
    for question in &bank {
        *chapters.entry(&question.chapter).or_insert(0) += 1;
    }
    assert!(chapters.len() >= 14);
    for (chapter, count) in chapters {
        assert!((40..=120).contains(&count), "{chapter} has {count} questions");
    }
    assert!(score_by_length(&bank) < 0.4);
}

#[test]
fn every_question_teaches_and_says_where_it_comes_from() {
    let letters = Regex::new(r"(?:^|[^A-Za-z])[A-E] ?项|选项? ?[A-E](?:[^A-Za-z]|$)|故选").unwrap();
    let negative = Regex::new(r"以上(?:都|均|全)|不属于|不正确的|错误的是|不包括").unwrap();
    for question in bank() {
        let code = &question.code;
        assert!(question.explanation.chars().count() >= 20, "{code}: the explanation says too little");
        assert!(
            !letters.is_match(&question.explanation),
            "{code}: options are shuffled, their letters mean nothing"
        );
        assert!(!negative.is_match(&question.stem), "{code}: asks for what is wrong");
        assert!(question.verified_on.is_some(), "{code}: when was it checked?");
        match question.kind {
            Kind::Single => assert_eq!(question.options.len(), 4, "{code}"),
            Kind::Multiple => {
                assert!((4..=5).contains(&question.options.len()), "{code}");
                assert!(matches!(&question.key, Key::Options(right) if right.len() >= 2), "{code}");
            }
            Kind::Judge | Kind::Blank => {}
            Kind::Short => panic!("{code}: the built-in bank is graded by machine"),
        }
    }
}

#[test]
fn every_document_of_the_list_is_asked_about() {
    let sources: HashSet<String> =
        bank().iter().map(|question| cited(&question.source).unwrap().0.to_owned()).collect();
    for document in built_in::documents().unwrap() {
        assert!(sources.contains(&document.document), "{}", document.document);
    }
}

/// What is left of a text when width, punctuation and white space do not count.
fn bare(text: &str) -> String {
    text.nfkc().filter(|c| c.is_alphanumeric()).collect()
}

/// A figure with its unit, such as 三分之二, 六个月, 10日, 第3级.
fn figures(text: &str) -> Vec<String> {
    let numerals = "零〇一二三四五六七八九十百千万两0-9";
    let pattern = format!(
        "第?[{numerals}]+(?:分之[{numerals}]+|个月|个工作日|年|日|天|小时|分钟|周岁|岁|人|名|次|倍|元|万元|个|条|级|种|项|%)"
    );
    Regex::new(&pattern).unwrap().find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// Why the evidence does not back a question; `None` when it does.
fn unbacked(question: &Question, evidence: &Evidence) -> Option<String> {
    let (document, articles) = cited(&question.source)?;
    let table = evidence.get(document)?;
    let mut terms: Vec<&str> = Vec::new();
    for article in articles {
        match table.get(article) {
            Some(found) => terms.extend(found.iter().map(String::as_str)),
            None => return Some(format!("{document} {article} is not in the table")),
        }
    }
    let bare_terms: Vec<String> = terms.iter().map(|term| bare(term)).collect();
    let touches = |text: &str| {
        let text = bare(text);
        bare_terms.iter().any(|term| text.contains(term.as_str()) || term.contains(&text))
    };
    let contains_term = |text: &str| {
        let text = bare(text);
        bare_terms.iter().any(|term| text.contains(term.as_str()))
    };
    let (right, backed): (Vec<String>, bool) = match &question.key {
        Key::Options(positions) => {
            let right: Vec<String> = positions.iter().map(|&at| question.options[at].clone()).collect();
            let backed = right.iter().all(|option| touches(option));
            (right, backed)
        }
        Key::Truth(true) => (vec![question.stem.clone()], contains_term(&question.stem)),
        Key::Truth(false) => (vec![], contains_term(&question.explanation)),
        Key::Gaps(gaps) => {
            let in_a_term = |alternative: &String| {
                let alternative = bare(alternative);
                bare_terms.iter().any(|term| term.contains(&alternative))
            };
            let backed = gaps.iter().all(|alternatives| alternatives.iter().any(in_a_term));
            (gaps.iter().filter_map(|alternatives| alternatives.first().cloned()).collect(), backed)
        }
        Key::Reference(_) => return Some("no key".into()),
    };
    if !backed {
        return Some(format!("no term of the article backs {right:?}; it has {terms:?}"));
    }
    right
        .iter()
        .flat_map(|text| figures(text))
        .find(|figure| !terms.iter().any(|term| term.contains(figure.as_str())))
        .map(|figure| format!("the figure {figure} is in no term of the article; it has {terms:?}"))
}

#[test]
fn every_right_answer_is_backed_by_the_article_that_it_cites() {
    let evidence = evidence();
    let unbacked: Vec<String> = bank()
        .iter()
        .filter(|question| cited(&question.source).is_none() || unbacked(question, &evidence).is_some())
        .map(|question| format!("{}: {:?}", question.code, unbacked(question, &evidence)))
        .collect();
    assert!(
        unbacked.is_empty(),
        "look the article up, then mend the question or the table:\n{}",
        unbacked.join("\n")
    );
}

#[test]
fn every_article_of_the_table_is_cited() {
    let mut left: HashSet<(String, String)> = evidence()
        .into_iter()
        .flat_map(|(document, articles)| articles.into_keys().map(move |article| (document.clone(), article)))
        .collect();
    for question in bank() {
        let (document, articles) = cited(&question.source).unwrap();
        for article in articles {
            left.remove(&(document.to_owned(), article.to_owned()));
        }
    }
    assert!(left.is_empty(), "nothing rests on these any more: {left:?}");
}

/// The proof of the proof: a wrong article or a wrong figure does not get past it.
#[test]
fn a_wrong_article_or_figure_is_caught() {
    let (bank, evidence) = (bank(), evidence());
    let mut moved = (0, 0);
    let mut altered = (0, 0);
    for question in &bank {
        let (document, articles) = cited(&question.source).unwrap();
        // Another article that the table has for the same document: the hardest mistake to see.
        for other in evidence[document].keys().filter(|other| !articles.contains(&other.as_str())) {
            let wrong = Question { source: format!("{document}{other}"), ..question.clone() };
            moved.0 += usize::from(unbacked(&wrong, &evidence).is_some());
            moved.1 += 1;
        }
        let Key::Options(right) = &question.key else { continue };
        let Some(at) = right.iter().copied().find(|&at| !figures(&question.options[at]).is_empty()) else {
            continue;
        };
        // 四十七 is a figure of no article, so it stands for any wrong one.
        let figure = figures(&question.options[at]).swap_remove(0);
        let unit: String = figure
            .chars()
            .skip_while(|c| "第零〇一二三四五六七八九十百千万两0123456789".contains(*c))
            .collect();
        let mut wrong = question.clone();
        wrong.options[at] = wrong.options[at].replace(&figure, &format!("四十七{unit}"));
        altered.0 += usize::from(unbacked(&wrong, &evidence).is_some());
        altered.1 += 1;
    }
    println!(
        "wrong article caught: {} of {}; wrong figure caught: {} of {}",
        moved.0, moved.1, altered.0, altered.1
    );
    assert_eq!(altered.0, altered.1, "every altered figure is caught");
    assert!(moved.0 * 100 >= moved.1 * 97, "{} of {} wrong articles are caught", moved.0, moved.1);
}
