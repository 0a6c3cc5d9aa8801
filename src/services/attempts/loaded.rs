//! An attempt as it was read or is about to be begun, with its paper.

use std::sync::Arc;

use super::{AttemptRow, QuizRow, SentAnswers};
use crate::domain::draw::{self, Paper, draw};
use crate::domain::grading::{self, Answers, PaperResult, grade_paper};
use crate::domain::ids::{AttemptId, QuizId};
use crate::domain::message::Message;
use crate::domain::period::{Period, Span};
use crate::domain::question::Fault;
use crate::domain::quiz::{QuizKind, QuizState};
use crate::domain::roles::Principal;
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::message;
use crate::services::quizzes::may_take_part;
use crate::services::{Context, ServiceError};
use crate::store::AnyConnection;
use crate::store::attempts;
use crate::store::banks;
use crate::store::quizzes;

/// An attempt as it was read, ready to be graded.
pub(super) struct Loaded {
    pub(super) attempt: AttemptRow,
    pub(super) quiz: QuizRow,
    pub(super) paper: Paper,
    pub(super) snapshot: Arc<BankSnapshot>,
}

/// What a member may begin: the latest attempt when it is running, else a new one with its paper drawn.
pub(super) fn look_before_begin(
    context: &Context,
    connection: &mut AnyConnection,
    principal: &Principal,
    quiz_id: QuizId,
    now: Millis,
) -> Result<(Option<Loaded>, Option<AttemptRow>), ServiceError> {
    let quiz = quizzes::get_quiz(connection, quiz_id)?;
    if !may_take_part(principal, &quiz) {
        return Err(ServiceError::Forbidden);
    }
    let latest = attempts::find_latest_attempt(connection, principal.member_id, quiz_id)?;
    let ordinal = latest.as_ref().map_or(1, |attempt| attempt.ordinal.saturating_add(1));
    if let Some(running) = latest.filter(|attempt| attempt.result.is_none()) {
        return Ok((None, Some(running)));
    }
    if quiz.rules.state(now) != QuizState::Open {
        return Err(ServiceError::QuizNotOpen);
    }
    if let Some(allowed) = quiz.rules.attempts_allowed {
        let span = match quiz.rules.kind {
            QuizKind::Daily => context.calendar.span(Period::Day, context.calendar.date(now)),
            QuizKind::Contest | QuizKind::Exam | QuizKind::Practice => Span::ALL,
        };
        if attempts::count_attempts(connection, principal.member_id, quiz_id, span)? >= i64::from(allowed) {
            return Err(ServiceError::NoAttemptsLeft);
        }
    }
    let bank = banks::get_bank_by_id(connection, quiz.bank_id)?;
    let attempt = AttemptRow {
        id: AttemptId(String::new()),
        quiz_id,
        member_id: principal.member_id,
        unit_id: principal.unit_id,
        ordinal,
        bank_revision: bank.revision,
        draw_version: draw::VERSION,
        seed: u64::from_le_bytes(context.random()?),
        started_at: now,
        deadline: quiz.rules.deadline(now),
        answers: Answers::new(),
        result: None,
    };
    Ok((Some(Loaded::new(context, connection, attempt, quiz)?), None))
}

impl Loaded {
    /// Draws the attempt's paper again, from what the attempt stores.
    pub(super) fn new(
        context: &Context,
        connection: &mut AnyConnection,
        attempt: AttemptRow,
        quiz: QuizRow,
    ) -> Result<Self, ServiceError> {
        let snapshot = context.bank_snapshot(connection, quiz.bank_id, attempt.bank_revision)?;
        let plan = snapshot.plan(&quiz.rules.blueprint)?;
        if attempt.draw_version != draw::VERSION {
            return Err(ServiceError::Internal(format!("draw version {} is unknown", attempt.draw_version)));
        }
        let paper = draw(snapshot.questions(), &quiz.rules.blueprint, &plan, attempt.seed);
        Ok(Self { attempt, quiz, paper, snapshot })
    }

    /// What these answers earn.
    pub(super) fn grade(&self, answers: &Answers) -> PaperResult {
        let rules = &self.quiz.rules;
        grade_paper(self.snapshot.questions(), &rules.blueprint, &self.paper, answers, rules.pass_percent)
    }

    /// `sent` in its one written form; every answer is checked against its item.
    pub(super) fn check(&self, sent: &SentAnswers) -> Result<SentAnswers, ServiceError> {
        let mut checked = SentAnswers::with_capacity(sent.len());
        let mut faults = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (index, (no, answer)) in sent.iter().enumerate() {
            let mut refuse = |field: &str, message: Message| {
                faults.push(Fault { pointer: format!("/answers/{index}/{field}"), message });
            };
            let position = usize::try_from(*no).ok().and_then(|no| no.checked_sub(1));
            let item = position.and_then(|position| self.paper.items.get(position));
            let Some(question) = item.and_then(|item| self.snapshot.questions().get(item.question)) else {
                let count = self.paper.items.len();
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
