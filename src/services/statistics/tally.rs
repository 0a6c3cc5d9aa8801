//! From results to sums: each paper is drawn again from its seed and graded item by item.

use std::collections::HashMap;
use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::domain::draw::{self, Item, draw};
use crate::domain::grading::grade_paper;
use crate::domain::ids::{BankId, QuizId};
use crate::domain::item_statistics::{ItemSums, WHOLE};
use crate::domain::period::Calendar;
use crate::domain::question::{Key, Question, position};
use crate::domain::unit_day::{ChapterSums, UnitDay, UnitDayKey};
use crate::live::banks::BankSnapshot;
use crate::services::live_quiz::LiveQuiz;
use crate::services::{Context, ServiceError};
use crate::store::AnyConnection;
use crate::store::full_results::FullResult;
use crate::store::item_versions::{self, ItemVersion};
use crate::store::statistics::ItemKey;

/// Bank revisions whose versions are kept.
const MOST_REVISIONS: usize = 32;

/// The versions that bank revisions are made of; a revision never changes.
pub(super) struct KnownVersions(Cache<(BankId, i32), Arc<[ItemVersion]>>);

impl KnownVersions {
    pub(super) fn new() -> Self {
        Self(Cache::new(MOST_REVISIONS))
    }
}

/// Sums of some results.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) days: HashMap<UnitDayKey, UnitDay>,
    pub(super) items: HashMap<ItemKey, ItemSums>,
}

impl Tally {
    /// Adds a result.
    pub(super) fn take(&mut self, result: &FullResult, items: &[GradedItem], calendar: &Calendar) {
        self.take_day(result, items, calendar);
        self.take_items(items, 1);
    }

    /// Adds a result to its day only.
    pub(super) fn take_day(&mut self, result: &FullResult, items: &[GradedItem], calendar: &Calendar) {
        let day = self.days.entry(UnitDayKey::of(&result.entry, calendar)).or_default();
        day.count(&result.entry);
        for item in items {
            if let Some(question) = item.snapshot.questions().get(item.question) {
                day.count_item(&question.chapter, &item.chapter);
            }
        }
    }

    /// Adds the items of a result, or takes them out.
    pub(super) fn take_items(&mut self, items: &[GradedItem], sign: i64) {
        for item in items {
            self.items.entry(item.key).or_default().add(&item.sums, sign);
        }
    }
}

/// One item of a graded paper.
pub(super) struct GradedItem {
    snapshot: Arc<BankSnapshot>,
    question: usize,
    chapter: ChapterSums,
    key: ItemKey,
    sums: ItemSums,
}

/// What papers are drawn from, as it is read on one connection.
pub(super) struct Desk<'a> {
    context: &'a Context,
    versions: &'a KnownVersions,
    generation: Option<u64>,
    quizzes: HashMap<QuizId, Arc<LiveQuiz>>,
}

impl<'a> Desk<'a> {
    /// A desk; `generation` was asked for before anything was read.
    pub(super) fn new(context: &'a Context, versions: &'a KnownVersions, generation: Option<u64>) -> Self {
        Self { context, versions, generation, quizzes: HashMap::new() }
    }

    /// The items of a result, graded again. A paper that cannot be drawn any more has none: it must not keep
    /// all others from being counted.
    pub(super) fn grade(
        &mut self,
        connection: &mut AnyConnection,
        result: &FullResult,
    ) -> Result<Vec<GradedItem>, ServiceError> {
        match self.try_grade(connection, result) {
            Err(error @ (ServiceError::Internal(_) | ServiceError::BlueprintUnfillable(_))) => {
                tracing::error!(attempt = %result.attempt, %error, "the items of a result cannot be counted");
                Ok(vec![])
            }
            graded => graded,
        }
    }

    fn try_grade(
        &mut self,
        connection: &mut AnyConnection,
        result: &FullResult,
    ) -> Result<Vec<GradedItem>, ServiceError> {
        if result.draw_version != draw::VERSION {
            return Err(ServiceError::Internal(format!("draw version {} is unknown", result.draw_version)));
        }
        let live = match self.quizzes.get(&result.entry.quiz) {
            Some(live) => Arc::clone(live),
            None => {
                let live = self.context.read_live_quiz(connection, result.entry.quiz, self.generation)?;
                self.quizzes.insert(result.entry.quiz, Arc::clone(&live));
                live
            }
        };
        let (bank, rules) = (live.quiz.bank_id, &live.quiz.rules);
        let snapshot = self.context.bank_snapshot(connection, bank, result.bank_revision)?;
        let versions = self.versions_of(connection, bank, result.bank_revision)?;
        let plan = snapshot.plan(&rules.blueprint)?;
        let questions = snapshot.questions();
        let paper = draw(questions, &rules.blueprint, &plan, result.seed);
        let graded = grade_paper(questions, &rules.blueprint, &paper, &result.answers, rules.pass_percent);
        let mut items = Vec::with_capacity(paper.items.len());
        for ((no, item), earned) in (1_u32..).zip(&paper.items).zip(&graded.items) {
            let (Some(question), Some(section), Some(version)) = (
                questions.get(item.question),
                rules.blueprint.sections.get(item.section),
                versions.get(item.question),
            ) else {
                continue;
            };
            let answer = result.answers.get(&no).filter(|answer| !answer.is_empty());
            let (score, points) = (earned.score.0, section.points.0);
            let rest = fraction(graded.score.0 - score, graded.max_score.0 - points);
            let chosen = answer.map(|answer| chosen(question, item, answer)).unwrap_or_default();
            items.push(GradedItem {
                question: item.question,
                chapter: ChapterSums { items: 1, earned: score, possible: points },
                key: ItemKey {
                    quiz: result.entry.quiz,
                    question: version.question,
                    from_revision: version.from_revision,
                },
                sums: ItemSums::of(fraction(score, points), rest, answer.is_some(), chosen),
                snapshot: Arc::clone(&snapshot),
            });
        }
        Ok(items)
    }

    fn versions_of(
        &self,
        connection: &mut AnyConnection,
        bank: BankId,
        revision: i32,
    ) -> Result<Arc<[ItemVersion]>, ServiceError> {
        self.versions.0.get_or_insert_with(&(bank, revision), || {
            Ok(item_versions::list_versions_of_revision(connection, bank, revision)?.into())
        })
    }
}

/// `part ÷ whole` in basis points, rounded half up; 0 for a whole of 0.
fn fraction(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { (part * WHOLE * 2 + whole) / (whole * 2) }
}

/// The positions of the chosen options in the bank's order; of a judge item 0 is true and 1 is false.
fn chosen(question: &Question, item: &Item, answer: &[String]) -> Vec<u8> {
    match &question.key {
        Key::Options(_) => {
            let shown = answer.iter().filter_map(|letter| position(letter));
            shown.filter_map(|shown| item.options.get(shown).copied()).collect()
        }
        Key::Truth(_) => answer.iter().map(|word| u8::from(word != "true")).collect(),
        Key::Gaps(_) | Key::Reference(_) => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn fractions_round_half_up_and_of_nothing_are_nothing() {
        assert_eq!(
            [fraction(1, 3), fraction(2, 3), fraction(1, 20_000), fraction(5, 5)],
            [3_333, 6_667, 1, 10_000]
        );
        assert_eq!(fraction(0, 0), 0);
    }
}
