//! How far a bank fills a blueprint, section by section.

use super::blueprint::{Blueprint, MOST_SECTIONS, Shortfall, cells, shortfalls};
use super::question::{Fault, Question};
use crate::message;

/// How far a bank fills one section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Questions that the section admits, by itself.
    pub available: u32,
    /// Items that it asks for.
    pub wanted: u32,
    /// Items that it lacks once the sections before it are served.
    pub missing: u32,
}

/// How far `bank` fills each section of `blueprint`; nothing when there are more sections than a paper may
/// have.
pub fn fill(bank: &[Question], blueprint: &Blueprint) -> Vec<Fill> {
    if blueprint.sections.len() > MOST_SECTIONS {
        return vec![];
    }
    let mut available = vec![0_u32; blueprint.sections.len()];
    let mut eligibility = Vec::with_capacity(bank.len());
    for question in bank {
        let mut mask = 0;
        for ((section, count), bit) in blueprint.sections.iter().zip(&mut available).zip(0..32) {
            if section.admits(question) {
                mask |= 1 << bit;
                *count += 1;
            }
        }
        eligibility.push(mask);
    }
    let demands: Vec<u32> = blueprint.sections.iter().map(|section| section.count).collect();
    let missing = shortfalls(&cells(&eligibility), &demands);
    let fill = |((available, wanted), missing)| Fill { available, wanted, missing };
    available.into_iter().zip(demands).zip(missing).map(fill).collect()
}

impl Shortfall {
    /// What is to be told about it, at the section's count.
    pub fn fault(&self) -> Fault {
        let (section, wanted, missing) = (self.section + 1, self.wanted, self.missing);
        Fault {
            pointer: format!("/sections/{}/count", self.section),
            message: message!(
                "第 {section} 部分要 {wanted} 题，缺 {missing} 题",
                "section {section} asks for {wanted} questions, {missing} are missing"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::blueprint::{MultipleRule, Plan, Section};
    use crate::domain::points::Points;
    use crate::domain::question::{Draft, Kind};

    fn judge(number: usize, difficulty: i64) -> Question {
        let draft = Draft {
            code: format!("judge-{number}"),
            kind: Some(Kind::Judge),
            chapter: None,
            difficulty: Some(difficulty),
            stem: format!("题干 {number}"),
            options: vec![],
            key: vec!["true".into()],
            explanation: None,
            source: None,
            verified_on: None,
        };
        draft.check().unwrap()
    }

    fn section(difficulty: (u8, u8), count: u32) -> Section {
        Section {
            title: String::new(),
            kinds: vec![],
            chapters: vec![],
            difficulty,
            count,
            points: Points(100),
            multiple_rule: MultipleRule::default(),
        }
    }

    proptest! {
        #[test]
        fn what_is_missing_is_what_a_plan_would_lack(
            difficulties in proptest::collection::vec(1_i64..=5, 0..20),
            sections in proptest::collection::vec((1_u8..=5, 0_u8..5, 1_u32..8), 1..5),
        ) {
            let bank: Vec<Question> =
                difficulties.iter().enumerate().map(|(number, &difficulty)| judge(number, difficulty)).collect();
            let sections =
                sections.into_iter().map(|(low, more, count)| section((low, (low + more).min(5)), count));
            let blueprint =
                Blueprint { sections: sections.collect(), shuffle_questions: true, shuffle_options: true };
            let found = fill(&bank, &blueprint);
            let lacking: Vec<Shortfall> = found
                .iter()
                .enumerate()
                .filter(|(_, fill)| fill.missing > 0)
                .map(|(section, fill)| Shortfall { section, wanted: fill.wanted, missing: fill.missing })
                .collect();
            prop_assert_eq!(Plan::new(&bank, &blueprint).err().unwrap_or_default(), lacking);
            for (fill, section) in found.iter().zip(&blueprint.sections) {
                let admitted = bank.iter().filter(|question| section.admits(question)).count();
                prop_assert_eq!(fill.available as usize, admitted);
                prop_assert_eq!(fill.wanted, section.count);
            }
        }
    }

    #[test]
    fn more_sections_than_a_paper_may_have_are_not_looked_at() {
        let sections = vec![section((1, 5), 1); MOST_SECTIONS + 1];
        let blueprint = Blueprint { sections, shuffle_questions: true, shuffle_options: true };
        assert!(fill(&[judge(1, 1)], &blueprint).is_empty());
    }
}
