//! Whether a paper was answered faster than anybody can read it: a sign for a person to judge, from the server's
//! times alone.
//!
//! Grown-up readers of Chinese read 255 ± 29 characters a minute aloud (S. Trauzettel-Klosinski and K. Dietz,
//! "Standardized assessment of reading performance: the new International Reading Speed Texts IReST", Investigative
//! Ophthalmology & Visual Science 53(9), 2012); silently people read by a third faster than aloud, not by ten times
//! (M. Brysbaert, "How many words do we read per minute?", Journal of Memory and Language 109, 2019: 238 against 183
//! English words). The rule takes ten times the first figure, so that it is silent about everybody who reads well,
//! skims, or knows the bank by heart and still looks at each item.

use super::draw::Paper;
use super::grading::Answers;
use super::question::Question;

/// Nobody reads more Chinese characters a minute.
pub const MOST_CHARACTERS_A_MINUTE: i64 = 2_550;
/// With fewer items answered nothing is said: one lucky look is no pace.
pub const FEWEST_ITEMS: u32 = 5;
/// So many letters, digits or signs of ASCII take as long as one Chinese character: over 17 languages 863 characters
/// a minute are read, 3.4 times as many as of Chinese (IReST, as above).
const ASCII_A_CHARACTER: i64 = 4;

/// How fast a paper was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Items that have an answer.
    pub answered: u32,
    /// Characters of their stems and options, as Chinese ones count.
    pub characters: i64,
    /// How long the attempt took, in milliseconds.
    pub elapsed_ms: i64,
    /// What reading those items takes at least, in milliseconds.
    pub fastest_ms: i64,
}

impl Pace {
    /// How fast `paper` was answered in `elapsed_ms`. Items without an answer are not counted: nobody has to have
    /// read them.
    pub fn of(bank: &[Question], paper: &Paper, answers: &Answers, elapsed_ms: i64) -> Self {
        let numbered = (1_u32..).zip(&paper.items).filter(|(no, _)| answers.contains_key(no));
        let (mut answered, mut quarters) = (0, 0_i64);
        for question in numbered.filter_map(|(_, item)| bank.get(item.question)) {
            answered += 1;
            let texts = std::iter::once(&question.stem).chain(&question.options);
            quarters += texts.map(|text| weigh(text)).sum::<i64>();
        }
        let characters = quarters / ASCII_A_CHARACTER;
        Self { answered, characters, elapsed_ms, fastest_ms: characters * 60_000 / MOST_CHARACTERS_A_MINUTE }
    }

    /// Whether it is faster than anybody reads.
    pub fn is_too_fast(&self) -> bool {
        self.answered >= FEWEST_ITEMS && self.elapsed_ms < self.fastest_ms
    }
}

/// How much there is to read, in quarters of a Chinese character.
fn weigh(text: &str) -> i64 {
    let weight = |character: char| match character {
        white if white.is_whitespace() => 0,
        ascii if ascii.is_ascii() => 1,
        _ => ASCII_A_CHARACTER,
    };
    text.chars().map(weight).sum()
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use crate::domain::draw::Item;
    use crate::domain::question::{Key, Kind};

    /// A paper of so many items with 85 characters each, of which the first `answered` are answered.
    fn pace(items: usize, answered: u32, elapsed_ms: i64) -> Pace {
        let bank: Vec<Question> = (0..items)
            .map(|index| Question {
                code: index.to_string(),
                kind: Kind::Single,
                stem: "党".repeat(45),
                options: vec!["员".repeat(10); 4],
                chapter: String::new(),
                difficulty: 3,
                key: Key::Options(vec![0]),
                explanation: String::new(),
                source: String::new(),
                verified_on: None,
            })
            .collect();
        let item = |question| Item { question, section: 0, options: smallvec![0, 1, 2, 3] };
        let paper = Paper { items: (0..items).map(item).collect() };
        let answers = (1..=answered).map(|no| (no, vec!["A".to_owned()])).collect();
        Pace::of(&bank, &paper, &answers, elapsed_ms)
    }

    #[test]
    fn two_seconds_are_the_least_for_an_item_of_85_characters() {
        let found = pace(20, 20, 39_999);
        assert_eq!((found.characters, found.fastest_ms), (1_700, 40_000));
        assert!(found.is_too_fast());
        assert!(!pace(20, 20, 40_000).is_too_fast());
    }

    #[test]
    fn what_was_not_answered_needs_no_reading() {
        assert!(!pace(20, 10, 20_000).is_too_fast());
        assert!(pace(20, 10, 19_999).is_too_fast());
    }

    #[test]
    fn of_a_few_items_nothing_is_said() {
        assert!(!pace(20, 4, 0).is_too_fast());
        assert!(pace(20, 5, 0).is_too_fast());
        assert!(!pace(0, 0, 0).is_too_fast());
    }

    #[test]
    fn latin_letters_weigh_a_quarter_and_white_space_nothing() {
        assert_eq!(weigh("党 员\n"), 8);
        assert_eq!(weigh("ab c"), 3);
        assert_eq!(weigh(""), 0);
    }
}
