//! An attempt in memory, ready to be shown, graded and written.

use std::collections::HashSet;
use std::sync::Arc;

use super::{AttemptRow, SentAnswers};
use crate::domain::blueprint::Plan;
use crate::domain::draw::{self, Paper, draw};
use crate::domain::grading::{self, Answers, PaperResult, grade_paper};
use crate::domain::message::Message;
use crate::domain::period::Calendar;
use crate::domain::question::Fault;
use crate::domain::ranking::Entry;
use crate::live::banks::BankSnapshot;
use crate::live::latest::Dated;
use crate::message;
use crate::services::live_quiz::LiveQuiz;
use crate::services::{Context, ServiceError};
use crate::store::AnyConnection;

/// An attempt in memory. It is never changed: what is newer is another one.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) attempt: Arc<AttemptRow>,
    pub(super) quiz: Arc<LiveQuiz>,
    pub(super) snapshot: Arc<BankSnapshot>,
    plan: Arc<Plan>,
    /// Taken by whoever writes, so that the devices of one member wait for each other instead of
    /// overtaking each other.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
}

impl Dated for Loaded {
    fn generation(&self) -> u64 {
        self.quiz.generation()
    }

    fn version(&self) -> i64 {
        self.attempt.version
    }
}

impl Loaded {
    /// An attempt with what it takes to draw its paper.
    pub(super) fn new(
        context: &Context,
        connection: &mut AnyConnection,
        attempt: AttemptRow,
        quiz: Arc<LiveQuiz>,
    ) -> Result<Self, ServiceError> {
        let snapshot = context.bank_snapshot(connection, quiz.quiz.bank_id, attempt.bank_revision)?;
        Self::of(attempt, quiz, snapshot)
    }

    /// The same with the bank revision at hand.
    pub(super) fn of(
        attempt: AttemptRow,
        quiz: Arc<LiveQuiz>,
        snapshot: Arc<BankSnapshot>,
    ) -> Result<Self, ServiceError> {
        if attempt.draw_version != draw::VERSION {
            return Err(ServiceError::Internal(format!("draw version {} is unknown", attempt.draw_version)));
        }
        let plan = snapshot.plan(&quiz.quiz.rules.blueprint)?;
        Ok(Self { attempt: Arc::new(attempt), quiz, snapshot, plan, turn: Arc::default() })
    }

    /// The same attempt in a newer state.
    pub(super) fn with(&self, attempt: AttemptRow) -> Self {
        Self { attempt: Arc::new(attempt), ..self.clone() }
    }

    /// The attempt as rankings see it, once it has its result.
    pub(super) fn entry(&self, no: i64, calendar: &Calendar) -> Option<Entry> {
        let result = self.attempt.result.as_ref()?;
        Some(Entry {
            no,
            quiz: self.attempt.quiz_id,
            kind: self.quiz.quiz.rules.kind,
            member: self.attempt.member_id,
            unit: self.attempt.unit_id,
            started_at: self.attempt.started_at,
            day: calendar.date(self.attempt.started_at),
            score: result.score,
            max_score: result.max_score,
            elapsed_ms: result.elapsed_ms,
            submitted_at: result.submitted_at,
            passed: result.passed,
        })
    }

    /// Draws the attempt's paper, the same each time.
    pub(super) fn paper(&self) -> Paper {
        draw(self.snapshot.questions(), &self.quiz.quiz.rules.blueprint, &self.plan, self.attempt.seed)
    }

    /// What these answers earn.
    pub(super) fn grade(&self, paper: &Paper, answers: &Answers) -> PaperResult {
        let rules = &self.quiz.quiz.rules;
        grade_paper(self.snapshot.questions(), &rules.blueprint, paper, answers, rules.pass_percent)
    }

    /// `sent` in its one written form; every answer is checked against its item.
    pub(super) fn check(&self, paper: &Paper, sent: &SentAnswers) -> Result<SentAnswers, ServiceError> {
        let mut checked = SentAnswers::with_capacity(sent.len());
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        for (index, (no, answer)) in sent.iter().enumerate() {
            let mut refuse = |field: &str, message: Message| {
                faults.push(Fault { pointer: format!("/answers/{index}/{field}"), message });
            };
            let position = usize::try_from(*no).ok().and_then(|no| no.checked_sub(1));
            let item = position.and_then(|position| paper.items.get(position));
            let Some(question) = item.and_then(|item| self.snapshot.questions().get(item.question)) else {
                let count = paper.items.len();
                refuse("no", message!("本卷只有第 1 到 {count} 题", "this paper has the items 1 to {count}"));
                continue;
            };
            if !seen.insert(no) {
                refuse("no", message!("第 {no} 题出现了两次", "item {no} is named twice"));
                continue;
            }
            match grading::fit(question, answer) {
                Ok(answer) => checked.push((*no, answer)),
                Err(message) => refuse("answer", message),
            }
        }
        if faults.is_empty() { Ok(checked) } else { Err(ServiceError::Invalid(faults)) }
    }
}

/// The answers with `checked` put over them; an empty answer takes one back.
pub(super) fn merge(answers: &Answers, checked: &SentAnswers) -> Answers {
    let mut merged = answers.clone();
    for (no, answer) in checked {
        if answer.is_empty() {
            merged.remove(no);
        } else {
            merged.insert(*no, answer.clone());
        }
    }
    merged
}
