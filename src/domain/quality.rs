//! What makes a bank of questions good beyond being well formed: no two questions alike, no key that a
//! guesser could hit, every source one that can be looked up.

use std::collections::{HashMap, HashSet};

use super::duplicates::find_alike;
use super::message::Message;
use super::question::{Key, Kind, Question, letter};
use crate::message;

/// A guesser who always takes the longest option of a `single` question must score less than this.
pub const MOST_BY_LENGTH: f64 = 0.4;
/// Fewest questions of a kind from which a balance can be judged.
const FEWEST_FOR_BALANCE: usize = 40;
/// How far the share of a key letter may be from an even one, as a factor.
const LETTER_TOLERANCE: f64 = 1.4;

/// A document that questions may be drawn from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Full title and revision year, as sources write them.
    pub document: String,
    /// How many articles it has.
    pub articles: u32,
    /// Parts that are not articles, such as a preamble.
    #[serde(default)]
    pub parts: Vec<String>,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code of the question, or a name for the whole bank.
    pub at: String,
    /// What was found.
    pub message: Message,
}

/// Looks at a whole bank. `documents` are the sources that may be cited; `None` leaves sources alone.
pub fn review(questions: &[Question], documents: Option<&[Document]>) -> Vec<Finding> {
    let mut findings = Vec::new();
    near_duplicates(questions, &mut findings);
    balance(questions, &mut findings);
    if let Some(documents) = documents {
        sources(questions, documents, &mut findings);
    }
    findings
}

fn near_duplicates(questions: &[Question], findings: &mut Vec<Finding>) {
    let stems: Vec<&str> = questions.iter().map(|question| question.stem.as_str()).collect();
    for alike in find_alike(&stems, 0) {
        let (Some(this), Some(earlier)) = (questions.get(alike.this), questions.get(alike.earlier)) else {
            continue;
        };
        let (code, percent) = (&earlier.code, (alike.likeness * 100.0).round());
        findings.push(Finding {
            at: this.code.clone(),
            message: message!(
                "题干与 {code} 相似（{percent}%）",
                "the stem is like that of {code} ({percent} %)"
            ),
        });
    }
}

/// The share of `single` questions that a guesser gets who always takes the longest option; on a tie the
/// guesser takes one of the longest at random.
pub fn score_by_length(questions: &[Question]) -> f64 {
    let mut expected = 0.0;
    let mut count = 0.0;
    for question in questions {
        let (Kind::Single, Key::Options(right)) = (question.kind, &question.key) else { continue };
        let lengths: Vec<usize> = question.options.iter().map(|option| option.chars().count()).collect();
        let longest = lengths.iter().max().copied().unwrap_or(0);
        let tied = lengths.iter().filter(|&&length| length == longest).count();
        let hit =
            right.first().and_then(|&right| lengths.get(right)).is_some_and(|&length| length == longest);
        count += 1.0;
        if let Ok(tied) = u32::try_from(tied)
            && hit
        {
            expected += 1.0 / f64::from(tied);
        }
    }
    if count == 0.0 { 0.0 } else { expected / count }
}

fn balance(questions: &[Question], findings: &mut Vec<Finding>) {
    let mut add = |message| findings.push(Finding { at: "bank".into(), message });
    let of = |kind: Kind| questions.iter().filter(move |question| question.kind == kind);
    let share = |part: usize, whole: usize| {
        let (part, whole) = (u32::try_from(part).unwrap_or(0), u32::try_from(whole).unwrap_or(1));
        f64::from(part) / f64::from(whole.max(1))
    };
    let singles = of(Kind::Single).count();
    if singles >= FEWEST_FOR_BALANCE {
        let by_length = score_by_length(questions);
        if by_length >= MOST_BY_LENGTH {
            let percent = (by_length * 100.0).round();
            add(message!(
                "总选最长的选项可得 {percent}% 的单选题",
                "always taking the longest option scores {percent} % of the single questions"
            ));
        }
        let with_four = of(Kind::Single).filter(|question| question.options.len() == 4);
        let keys: Vec<usize> = with_four
            .filter_map(|question| match &question.key {
                Key::Options(right) => right.first().copied(),
                _ => None,
            })
            .collect();
        for position in 0..4 {
            let part = share(keys.iter().filter(|&&key| key == position).count(), keys.len());
            if keys.len() >= FEWEST_FOR_BALANCE
                && !(0.25 / LETTER_TOLERANCE..=0.25 * LETTER_TOLERANCE).contains(&part)
            {
                let (letter, percent) = (letter(position), (part * 100.0).round());
                add(message!(
                    "单选题答案为 {letter} 的占 {percent}%，应接近 25%",
                    "{percent} % of the single questions have the key {letter}; about 25 % are wanted"
                ));
            }
        }
    }
    let judges = of(Kind::Judge).count();
    if judges >= FEWEST_FOR_BALANCE {
        let part = share(of(Kind::Judge).filter(|question| question.key == Key::Truth(true)).count(), judges);
        if !(0.4..=0.6).contains(&part) {
            let percent = (part * 100.0).round();
            add(message!(
                "判断题有 {percent}% 为正确，应接近一半",
                "{percent} % of the judge questions are true; about half are wanted"
            ));
        }
    }
}

/// A source taken apart: the document and the articles or parts of it.
pub fn cited(source: &str) -> Option<(&str, Vec<&str>)> {
    let title = source.find('》').map(|at| at + '》'.len_utf8())?;
    let rest = source.get(title..)?;
    let year = if rest.starts_with('（') { rest.find('）')? + '）'.len_utf8() } else { 0 };
    let (document, articles) = source.split_at_checked(title + year)?;
    Some((document, articles.split('、').filter(|article| !article.is_empty()).collect()))
}

fn sources(questions: &[Question], documents: &[Document], findings: &mut Vec<Finding>) {
    let known: HashMap<&str, HashSet<String>> = documents
        .iter()
        .map(|document| {
            let articles = (1..=document.articles).map(article).chain(document.parts.iter().cloned());
            (document.document.as_str(), articles.collect())
        })
        .collect();
    for question in questions {
        let mut add = |message| findings.push(Finding { at: question.code.clone(), message });
        let Some((document, articles)) = cited(&question.source).filter(|(_, articles)| !articles.is_empty())
        else {
            add(message!("依据应写“《文件》（年份）第…条”", "a source is written 《document》（year）第…条"));
            continue;
        };
        let Some(known) = known.get(document) else {
            add(message!("依据的文件 {document} 不在文件表中", "the document {document} is not in the list"));
            continue;
        };
        for article in articles.into_iter().filter(|&article| !known.contains(article)) {
            add(message!("{document} 没有 {article}", "{document} has no {article}"));
        }
    }
}

/// The name of an article in Chinese numerals: 1 is 第一条, 110 第一百一十条, 1005 第一千零五条.
pub fn article(number: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let mut name = String::new();
    let mut gap = false;
    for (unit, word) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = number / unit % 10;
        if digit == 0 {
            gap = gap || !name.is_empty();
            continue;
        }
        if gap {
            name.push('零');
            gap = false;
        }
        // 10 to 19 have no 一 before the 十.
        if !(digit == 1 && unit == 10 && name.is_empty()) {
            name.push_str(DIGITS.get(digit as usize).unwrap_or(&""));
        }
        name.push_str(word);
    }
    format!("第{name}条")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::Draft;

    fn question(code: &str, stem: &str, options: &[&str], key: &str, source: &str) -> Question {
        let kind = if options.is_empty() { Kind::Judge } else { Kind::Single };
        Draft {
            code: code.into(),
            kind: Some(kind),
            stem: stem.into(),
            options: options.iter().map(ToString::to_string).collect(),
            key: vec![key.into()],
            source: Some(source.into()),
            ..Draft::default()
        }
        .check()
        .unwrap()
    }

    #[test]
    fn articles_are_named_as_laws_name_them() {
        for (number, name) in [
            (1, "第一条"),
            (10, "第十条"),
            (15, "第十五条"),
            (20, "第二十条"),
            (100, "第一百条"),
            (101, "第一百零一条"),
            (110, "第一百一十条"),
            (119, "第一百一十九条"),
            (1000, "第一千条"),
            (1005, "第一千零五条"),
            (1042, "第一千零四十二条"),
            (1260, "第一千二百六十条"),
        ] {
            assert_eq!(article(number), name);
        }
    }

    #[test]
    fn a_source_is_taken_apart() {
        assert_eq!(
            cited("《甲法》（2021年修正）第三条、第五条"),
            Some(("《甲法》（2021年修正）", vec!["第三条", "第五条"]))
        );
        assert_eq!(cited("《甲法》总纲"), Some(("《甲法》", vec!["总纲"])));
        assert_eq!(cited("甲法第三条"), None);
    }

    #[test]
    fn unknown_documents_and_articles_are_found() {
        let documents =
            [Document {
                document: "《甲法》（2021年）".into(), articles: 12, parts: vec!["总纲".into()]
            }];
        let sources =
            |source: &str| review(&[question("a", "题", &[], "true", source)], Some(&documents)).len();
        assert_eq!(sources("《甲法》（2021年）第十二条"), 0);
        assert_eq!(sources("《甲法》（2021年）总纲"), 0);
        assert_eq!(sources("《甲法》（2021年）第十三条"), 1);
        assert_eq!(sources("《甲法》（2020年）第一条"), 1);
        assert_eq!(sources("《甲法》（2021年）"), 1);
        assert_eq!(sources(""), 1);
    }

    #[test]
    fn near_duplicates_are_found_whatever_their_punctuation_and_width() {
        let stems = [
            "预备党员的预备期为多长时间（　　）。",
            "预备党员的预备期，为多长时间？",
            "党费按月交纳的规定是（　　）。",
        ];
        let questions: Vec<Question> = stems
            .iter()
            .enumerate()
            .map(|(index, stem)| question(&format!("q{index}"), stem, &[], "true", ""))
            .collect();
        let findings = review(&questions, None);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].at, "q1");
    }

    #[test]
    fn a_key_that_length_or_letter_gives_away_is_found() {
        let lopsided: Vec<Question> = (0..40)
            .map(|index| {
                let stem: String = char::from_u32(0x4E00 + index * 7).into_iter().collect();
                question(&format!("q{index}"), &stem, &["最长的选项", "短一", "短二", "短三"], "A", "")
            })
            .collect();
        assert!((score_by_length(&lopsided) - 1.0).abs() < 1e-9);
        // The length, the letter A too often, the letters B, C and D too rarely.
        assert_eq!(review(&lopsided, None).len(), 5);
        let tied = question("t", "题", &["甲甲", "乙乙", "丙", "丁"], "A", "");
        assert!((score_by_length(&[tied]) - 0.5).abs() < 1e-9);
    }
}
