//! Practice: a member by themselves with the bank; favourites, wrong answers, progress. Counts for
//! nobody's ranking.
//!
//! A question on a paper of the member's own whose keys are still hidden is locked: here it is neither
//! listed nor graded, and no wrong answer to it is shown.

mod desk;
mod learn;
mod progress;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use self::desk::Desk;
pub(in crate::services) use self::learn::Locked;
use self::learn::learn;
pub use self::progress::{ChapterProgress, Progress};
use super::{Context, ServiceError};
use crate::domain::grading::{self, ItemResult};
use crate::domain::ids::{MemberId, QuestionId};
pub use crate::domain::practice::PracticeFrom;
use crate::domain::practice::{grade, in_letters, in_words, plain_item};
use crate::domain::question::Question;
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::message;
use crate::store::learning::{self, Learned, LearningRow};
use crate::store::{AnyConnection, StoreError, favourites};

/// Which questions to list.
#[derive(Clone, Debug, Default)]
pub struct PracticeFilter {
    /// The code of the bank; the first one with questions when it is left out.
    pub bank: Option<String>,
    /// Only those of this chapter.
    pub chapter: Option<String>,
    /// Which of them.
    pub from: PracticeFrom,
}

/// A question to practise.
#[derive(Clone, Debug)]
pub struct PracticeQuestion {
    /// Its place in the list: what comes next is after it.
    pub position: (Millis, QuestionId),
    /// The question. Its key is not for the member yet.
    pub question: Question,
    /// Whether the member has marked it.
    pub favourite: bool,
    /// Whether the last answer was right; `None` when there is none.
    pub last_correct: Option<bool>,
}

/// What a member is told of an answer.
#[derive(Clone, Debug)]
pub struct Feedback {
    /// Whether it is right in full, and its score in percent.
    pub earned: ItemResult,
    /// The question, with its key.
    pub question: Question,
}

/// A question that was answered wrong the last time.
#[derive(Clone, Debug)]
pub struct WrongAnswer {
    /// The question, with its key.
    pub question: Question,
    /// The last answer, in the bank's own letters.
    pub answer: Vec<String>,
    /// How often it was answered wrong, and when last.
    pub record: LearningRow,
}

/// The questions that tell a member no key now, by bank and code: those on papers of their own whose keys are
/// still hidden.
pub(in crate::services) async fn find_locked(
    context: &Arc<Context>,
    member: MemberId,
) -> Result<Locked, ServiceError> {
    learn(context, member).await
}

/// Practice, favourites, progress.
pub struct Practice {
    context: Arc<Context>,
}

impl Practice {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Questions to practise, in the order in which they came into the bank, after the one at `after`.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a bank that does not exist.
    pub async fn questions(
        &self,
        principal: &Principal,
        filter: PracticeFilter,
        after: Option<QuestionId>,
        limit: usize,
    ) -> Result<Vec<PracticeQuestion>, ServiceError> {
        let member = principal.member_id;
        let locked = learn(&self.context, member).await?;
        self.at_desk(filter.bank.clone(), move |connection, desk| {
            let known = Known::load(connection, member, desk)?;
            let admits = |id: QuestionId, question: &Question| {
                let wanted = match filter.from {
                    PracticeFrom::Sequence => true,
                    PracticeFrom::Unseen => !known.records.contains_key(&id),
                    PracticeFrom::Wrong => known.last_correct(id) == Some(false),
                    PracticeFrom::Favourites => known.favourites.contains(&id),
                };
                wanted
                    && after.is_none_or(|after| id > after)
                    && filter.chapter.as_ref().is_none_or(|chapter| question.chapter == *chapter)
                    && !desk.is_locked(question, &locked)
            };
            let listed = desk.questions().filter(|(id, question)| admits(*id, question)).take(limit);
            Ok(listed.map(|(id, question)| known.view((Millis(0), id), question)).collect())
        })
        .await
    }

    /// Grades an answer at once and takes it in.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`]; [`ServiceError::QuestionLocked`] for a question on a paper of the
    /// caller's own whose keys are hidden.
    pub async fn answer(
        &self,
        principal: &Principal,
        bank: String,
        code: String,
        answer: Vec<String>,
    ) -> Result<Feedback, ServiceError> {
        let member = principal.member_id;
        let locked = learn(&self.context, member).await?;
        let asked = self.at_desk(Some(bank), move |_, desk| {
            let (id, question) = desk.find(&code).ok_or_else(no_such_question)?;
            if desk.is_locked(question, &locked) {
                return Err(ServiceError::QuestionLocked);
            }
            Ok((id, question.clone()))
        });
        let (id, question) = asked.await.map_err(|error| match error {
            ServiceError::NotFound("bank") => {
                ServiceError::invalid("/bank", message!("没有这个题库", "there is no such bank"))
            }
            other => other,
        })?;
        let answer =
            grading::fit(&question, &answer).map_err(|message| ServiceError::invalid("/answer", message))?;
        if answer.is_empty() {
            return Err(ServiceError::invalid("/answer", message!("请先作答", "an answer is wanted")));
        }
        let earned = grade(&question, &answer);
        let learned = Learned {
            question: id,
            correct: earned.correct,
            answer: in_words(&question, &plain_item(&question), &answer),
        };
        let now = self.context.clock.now();
        let today = self.context.calendar.date(now);
        self.context
            .database
            .write_aside(move |connection| -> Result<(), StoreError> {
                learning::record_answers(connection, member, &[learned], now)?;
                learning::count_practice(connection, member, today)
            })
            .await?;
        Ok(Feedback { earned, question })
    }

    /// Questions that the caller answered wrong the last time, in practice or in attempts that are revealed,
    /// the latest first, after the one at `after`.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a bank that does not exist.
    pub async fn wrong_answers(
        &self,
        principal: &Principal,
        bank: Option<String>,
        chapter: Option<String>,
        after: Option<(Millis, QuestionId)>,
        limit: usize,
    ) -> Result<Vec<WrongAnswer>, ServiceError> {
        let member = principal.member_id;
        let locked = learn(&self.context, member).await?;
        self.at_desk(bank, move |connection, desk| {
            let mut records = learning::list_records(connection, member, desk.bank.id)?;
            records.retain(|row| {
                !row.last_correct && after.is_none_or(|after| (row.last_at, row.question) < after)
            });
            records.sort_unstable_by_key(|row| std::cmp::Reverse((row.last_at, row.question)));
            let questions: HashMap<QuestionId, &Question> = desk.questions().collect();
            let shown = records.into_iter().filter_map(|record| {
                let question = *questions.get(&record.question)?;
                let wanted = chapter.as_ref().is_none_or(|chapter| question.chapter == *chapter);
                (wanted && !desk.is_locked(question, &locked)).then(|| WrongAnswer {
                    question: question.clone(),
                    answer: in_letters(question, &record.last_answer),
                    record,
                })
            });
            Ok(shown.take(limit).collect())
        })
        .await
    }

    /// The questions that the caller has marked, the latest first, after the one at `after`.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a bank that does not exist.
    pub async fn favourites(
        &self,
        principal: &Principal,
        bank: Option<String>,
        after: Option<(Millis, QuestionId)>,
        limit: usize,
    ) -> Result<Vec<PracticeQuestion>, ServiceError> {
        let member = principal.member_id;
        learn(&self.context, member).await?;
        self.at_desk(bank, move |connection, desk| {
            let known = Known::load(connection, member, desk)?;
            let questions: HashMap<QuestionId, &Question> = desk.questions().collect();
            let marked = favourites::list_favourites(connection, member, desk.bank.id)?;
            let listed = marked.into_iter().filter(|&(id, at)| after.is_none_or(|after| (at, id) < after));
            let shown = listed.filter_map(|(id, at)| Some(known.view((at, id), questions.get(&id)?)));
            Ok(shown.take(limit).collect())
        })
        .await
    }

    /// Marks a question, or takes the mark away.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a bank or a question that does not exist.
    pub async fn set_favourite(
        &self,
        principal: &Principal,
        bank: String,
        code: String,
        favourite: bool,
    ) -> Result<(), ServiceError> {
        let member = principal.member_id;
        let find = move |_: &mut AnyConnection, desk: &Desk| {
            desk.find(&code).map(|(id, _)| id).ok_or(ServiceError::NotFound("question"))
        };
        let id = self.at_desk(Some(bank), find).await?;
        let now = self.context.clock.now();
        self.context
            .database
            .write_aside(move |connection| -> Result<(), StoreError> {
                if favourite {
                    favourites::add_favourite(connection, member, id, now)
                } else {
                    favourites::remove_favourite(connection, member, id)
                }
            })
            .await?;
        Ok(())
    }

    /// Runs a read on a bank's current revision.
    async fn at_desk<T: Send + 'static>(
        &self,
        bank: Option<String>,
        work: impl FnOnce(&mut AnyConnection, &Desk) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let context = Arc::clone(&self.context);
        self.context
            .database
            .read(move |connection| {
                let desk = Desk::open(&context, connection, bank.as_deref())?;
                work(connection, &desk)
            })
            .await
    }
}

fn no_such_question() -> ServiceError {
    ServiceError::invalid("/code", message!("题库里没有这道题", "the bank has no such question to practise"))
}

impl Desk {
    fn is_locked(&self, question: &Question, locked: &Locked) -> bool {
        !locked.is_empty() && locked.contains(&(self.bank.id, question.code.clone()))
    }
}

/// What is known of a member and the questions of a bank.
struct Known {
    records: HashMap<QuestionId, LearningRow>,
    favourites: HashSet<QuestionId>,
}

impl Known {
    fn load(connection: &mut AnyConnection, member: MemberId, desk: &Desk) -> Result<Self, StoreError> {
        let records = learning::list_records(connection, member, desk.bank.id)?;
        let marked = favourites::list_favourites(connection, member, desk.bank.id)?;
        Ok(Self {
            records: records.into_iter().map(|row| (row.question, row)).collect(),
            favourites: marked.into_iter().map(|(id, _)| id).collect(),
        })
    }

    fn last_correct(&self, id: QuestionId) -> Option<bool> {
        self.records.get(&id).map(|row| row.last_correct)
    }

    fn view(&self, position: (Millis, QuestionId), question: &Question) -> PracticeQuestion {
        let (_, id) = position;
        PracticeQuestion {
            position,
            question: question.clone(),
            favourite: self.favourites.contains(&id),
            last_correct: self.last_correct(id),
        }
    }
}
