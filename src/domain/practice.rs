//! Practice: one question by itself, in the bank's order, with feedback at once. Never for rankings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempt::takes_answers;
use super::blueprint::{MultipleRule, Section};
use super::draw::Item;
use super::grading::{ItemResult, fit, grade_item};
use super::points::Points;
use super::question::{Question, letter, position};
use super::quiz::{QuizKind, QuizRules, Reveal};
use super::time::Millis;

/// Which questions to practise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PracticeFrom {
    /// All, in the order in which they came into the bank.
    #[default]
    Sequence,
    /// Those that the member has never answered.
    Unseen,
    /// Those that the member answered wrong the last time.
    Wrong,
    /// Those that the member has marked.
    Favourites,
}

/// What a faultless answer earns, so that a score reads as percent.
const FULL: Points = Points(10_000);

/// The question as an item whose options stand in the bank's order.
pub fn plain_item(question: &Question) -> Item {
    Item { question: 0, section: 0, options: (0..question.options.len()).collect() }
}

/// What an answer in the bank's own letters earns, in percent; half for a `multiple` answer that misses
/// some, as quizzes grade where they say nothing else.
pub fn grade(question: &Question, answer: &[String]) -> ItemResult {
    let section = Section {
        title: String::new(),
        kinds: vec![],
        chapters: vec![],
        difficulty: (1, 5),
        count: 1,
        points: FULL,
        multiple_rule: MultipleRule::HalfIfIncomplete,
    };
    grade_item(question, &plain_item(question), &section, Some(answer))
}

/// An answer in words that outlive a new order of the options: the texts of those that were chosen, or
/// what was written. `answer` is in the letters of `item`.
pub fn in_words(question: &Question, item: &Item, answer: &[String]) -> Vec<String> {
    if !question.kind.has_options() {
        return answer.to_vec();
    }
    let chosen = answer.iter().filter_map(|word| item.options.get(position(word)?));
    chosen.filter_map(|&original| question.options.get(original).cloned()).collect()
}

/// The reverse of [`in_words`], in the bank's own letters. What the question does not offer any more is
/// left out.
pub fn in_letters(question: &Question, words: &[String]) -> Vec<String> {
    let answer = if question.kind.has_options() {
        let places =
            words.iter().filter_map(|word| question.options.iter().position(|option| option == word));
        let mut letters: Vec<String> = places.map(letter).collect();
        letters.sort_unstable();
        letters.dedup();
        letters
    } else {
        words.to_vec()
    };
    fit(question, &answer).unwrap_or_default()
}

/// Where a member's attempt stands, as far as practice looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its questions tell no key in practice: it can still be answered, or its quiz hides keys until its close.
    Locked,
    /// It is graded and revealed: its answers can be learned from.
    Revealed,
    /// Neither: never revealed, or not settled yet.
    Other,
}

/// Where an attempt at a quiz with these rules stands at `now`.
pub fn standing(rules: &QuizRules, graded: bool, deadline: Option<Millis>, now: Millis) -> Standing {
    let running = !graded && takes_answers(deadline, now);
    // Nothing is won with a practice quiz, and many are never handed in.
    let counts = rules.kind != QuizKind::Practice || rules.reveal != Reveal::AfterSubmit;
    if running {
        return if counts { Standing::Locked } else { Standing::Other };
    }
    match (rules.reveals(now), rules.reveal) {
        (true, _) if graded => Standing::Revealed,
        (true, _) | (false, Reveal::Never | Reveal::AfterSubmit) => Standing::Other,
        (false, Reveal::AfterClose) => Standing::Locked,
    }
}

#[cfg(test)]
mod tests {
    use super::super::blueprint::Blueprint;
    use super::super::question::{Draft, Kind};
    use super::*;

    fn question(kind: Kind, options: &[&str], key: &[&str]) -> Question {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let stem = if kind == Kind::Blank { "甲 ____ 乙 ____" } else { "题干" };
        let draft = Draft {
            code: "q".into(),
            kind: Some(kind),
            stem: stem.into(),
            options: own(options),
            key: own(key),
            ..Draft::default()
        };
        draft.check().unwrap()
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn an_incomplete_answer_earns_half_and_is_not_correct() {
        let question = question(Kind::Multiple, &["一", "二", "三"], &["A", "C"]);
        for (answer, correct, percent) in [
            (&["A", "C"][..], true, 10_000),
            (&["A"], false, 5_000),
            (&["A", "B"], false, 0),
            (&["A", "B", "C"], false, 0),
        ] {
            let earned = grade(&question, &words(answer));
            assert_eq!((earned.correct, earned.score), (correct, Points(percent)), "{answer:?}");
        }
    }

    #[test]
    fn an_answer_outlives_a_new_order_of_the_options() {
        let before = question(Kind::Multiple, &["一", "二", "三"], &["A", "C"]);
        let item = Item { question: 0, section: 0, options: vec![2, 0, 1] };
        let said = in_words(&before, &item, &words(&["A", "C"]));
        assert_eq!(said, ["三", "二"]);
        assert_eq!(in_letters(&before, &said), ["B", "C"]);
        let after = question(Kind::Multiple, &["三", "新", "一"], &["A", "C"]);
        assert_eq!(in_letters(&after, &said), ["A"]);
        // Even of another kind it does no harm.
        let judge = question(Kind::Judge, &[], &["true"]);
        assert!(in_letters(&judge, &said).is_empty());
        let blank = question(Kind::Blank, &[], &["x", "y"]);
        assert_eq!(in_letters(&blank, &words(&["x", "z"])), ["x", "z"]);
    }

    #[test]
    fn what_can_still_be_answered_or_is_hidden_until_its_close_is_locked() {
        use Standing::{Locked, Other, Revealed};
        let rules = |kind, reveal| QuizRules {
            title: "测验".into(),
            kind,
            opens_at: Millis(0),
            closes_at: Some(Millis(10_0000)),
            duration_seconds: None,
            attempts_allowed: None,
            pass_percent: 60,
            reveal,
            blueprint: Blueprint { sections: vec![], shuffle_questions: true, shuffle_options: true },
        };
        let deadline = Some(Millis(5_0000));
        for (kind, reveal, graded, now, expected) in [
            (QuizKind::Contest, Reveal::AfterSubmit, false, 55_000, Locked),
            (QuizKind::Contest, Reveal::AfterSubmit, false, 55_001, Other),
            (QuizKind::Contest, Reveal::AfterSubmit, true, 10_000, Revealed),
            (QuizKind::Contest, Reveal::AfterClose, true, 105_000, Locked),
            (QuizKind::Contest, Reveal::AfterClose, false, 60_000, Locked),
            (QuizKind::Contest, Reveal::AfterClose, true, 105_001, Revealed),
            (QuizKind::Contest, Reveal::AfterClose, false, 105_001, Other),
            (QuizKind::Exam, Reveal::Never, false, 10_000, Locked),
            (QuizKind::Exam, Reveal::Never, true, i64::MAX, Other),
            (QuizKind::Practice, Reveal::AfterSubmit, false, 10_000, Other),
            (QuizKind::Practice, Reveal::AfterClose, false, 10_000, Locked),
            (QuizKind::Practice, Reveal::AfterSubmit, true, 10_000, Revealed),
        ] {
            let found = standing(&rules(kind, reveal), graded, deadline, Millis(now));
            assert_eq!(found, expected, "{kind:?} {reveal:?} {graded} {now}");
        }
    }
}
