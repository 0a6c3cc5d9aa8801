//! How far a member is through a bank, and how long they have kept at it.

use std::collections::{BTreeSet, HashMap};

use super::Practice;
use super::learn::learn;
use crate::domain::ids::QuestionId;
use crate::domain::period::Period;
use crate::domain::roles::Principal;
use crate::domain::streak::{Streaks, streaks};
use crate::services::ServiceError;
use crate::store::learning;

/// How far a member is through a chapter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChapterProgress {
    /// The chapter.
    pub chapter: String,
    /// Its questions that can be practised.
    pub total: u32,
    /// Those that the member has answered at least once.
    pub seen: u32,
    /// Those of them whose last answer was right.
    pub correct: u32,
}

/// How far a member is through a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The bank's code.
    pub bank: String,
    /// Its title.
    pub title: String,
    /// Chapter by chapter, in the bank's order.
    pub chapters: Vec<ChapterProgress>,
    /// Days of study one after the other.
    pub streaks: Streaks,
    /// Questions answered today, in practice and in attempts that were handed in today; in any bank.
    pub answered_today: u32,
}

impl Practice {
    /// How far the caller is through a bank. An attempt is counted once it is revealed; that something
    /// was handed in counts for the streak at once.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a bank that does not exist.
    pub async fn progress(
        &self,
        principal: &Principal,
        bank: Option<String>,
    ) -> Result<Progress, ServiceError> {
        let member = principal.member_id;
        learn(&self.context, member).await?;
        let calendar = self.context.calendar.clone();
        let today = calendar.date(self.context.clock.now());
        self.at_desk(bank, move |connection, desk| {
            let records: HashMap<QuestionId, bool> =
                learning::list_records(connection, member, desk.bank.id)?
                    .into_iter()
                    .map(|row| (row.question, row.last_correct))
                    .collect();
            let mut chapters: Vec<ChapterProgress> = Vec::new();
            let mut places: HashMap<&str, usize> = HashMap::new();
            for (id, question) in desk.questions() {
                let place = *places.entry(&question.chapter).or_insert_with(|| {
                    chapters.push(ChapterProgress {
                        chapter: question.chapter.clone(),
                        ..ChapterProgress::default()
                    });
                    chapters.len() - 1
                });
                if let Some(chapter) = chapters.get_mut(place) {
                    let last = records.get(&id);
                    chapter.total += 1;
                    chapter.seen += u32::from(last.is_some());
                    chapter.correct += u32::from(last == Some(&true));
                }
            }
            let practised = learning::list_practice_days(connection, member)?;
            let handed_in = learning::list_submissions(connection, member)?;
            let days: BTreeSet<_> = practised
                .iter()
                .map(|(day, _)| *day)
                .chain(handed_in.into_iter().map(|at| calendar.date(at)))
                .collect();
            let from = calendar.span(Period::Day, today).from;
            let in_practice = practised.iter().find(|(day, _)| *day == today).map_or(0, |(_, count)| *count);
            let in_attempts = learning::count_answered_items(connection, member, from)?;
            Ok(Progress {
                bank: desk.bank.code.clone(),
                title: desk.bank.title.clone(),
                chapters,
                streaks: streaks(&days, today),
                answered_today: in_practice.saturating_add(in_attempts),
            })
        })
        .await
    }
}
