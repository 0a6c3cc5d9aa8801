//! What the people of the sample zone answer.

use std::sync::Arc;

use rand_chacha::rand_core::Rng as _;

use super::HOUR_MS;
use super::zone::{Maker, Person};
use crate::domain::draw::{self, Paper, draw};
use crate::domain::grading::{Answers, grade_paper};
use crate::domain::ids::AttemptId;
use crate::domain::question::{Key, Kind, Question, letter};
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::services::ServiceError;
use crate::store::AnyConnection;
use crate::store::attempt_writes::{AttemptWrite, write_now};
use crate::store::attempts::{self, AttemptResult, AttemptRow, ClosedBy};
use crate::store::quizzes::QuizRow;

/// A quiz, and the questions that its papers are drawn from now.
pub(super) struct Paperwork<'a> {
    pub quiz: &'a QuizRow,
    pub bank_revision: i32,
    pub snapshot: &'a BankSnapshot,
}

impl Maker {
    /// Milliseconds after midnight at which somebody might have five minutes: 7 to 22 o'clock.
    pub fn waking_hour(&mut self) -> i64 {
        let minutes = i64::try_from(self.below(15 * 60)).unwrap_or(0);
        7 * HOUR_MS + minutes * 60_000 + i64::from(self.random.next_u32() % 60_000)
    }

    /// An attempt from its beginning to its result; none is handed in later than now.
    pub fn attempt(
        &mut self,
        connection: &mut AnyConnection,
        work: &Paperwork<'_>,
        person: &Person,
        ordinal: i32,
        started_at: Millis,
    ) -> Result<AttemptId, ServiceError> {
        let (row, paper) = self.begin(connection, work, person, ordinal, started_at)?;
        let answers = self.answers(work, &paper, person, paper.items.len());
        let rules = &work.quiz.rules;
        let questions = work.snapshot.questions();
        let graded = grade_paper(questions, &rules.blueprint, &paper, &answers, rules.pass_percent);
        let seconds = 4.0 + 14.0 * self.fraction();
        let items = u32::try_from(paper.items.len()).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, reason = "a few hundred seconds")]
        let elapsed_ms = (f64::from(items) * seconds * 1000.0) as i64;
        let elapsed_ms = elapsed_ms.min(self.now.since(started_at)).max(0);
        let result = AttemptResult {
            closed_by: ClosedBy::Submission,
            submitted_at: started_at.plus_ms(elapsed_ms),
            elapsed_ms,
            score: graded.score,
            max_score: graded.max_score,
            correct: graded.correct,
            total: items,
            passed: graded.passed,
        };
        let id = row.id.clone();
        write_now(connection, &[&AttemptWrite::settle(Arc::new(row), &answers, result)?])?;
        Ok(id)
    }

    /// An attempt that still runs, with as many answers saved as there was time for.
    pub fn draft(
        &mut self,
        connection: &mut AnyConnection,
        work: &Paperwork<'_>,
        person: &Person,
        started_at: Millis,
    ) -> Result<(), ServiceError> {
        let (row, paper) = self.begin(connection, work, person, 1, started_at)?;
        let count = self.below(paper.items.len());
        let answers = self.answers(work, &paper, person, count);
        if !answers.is_empty() {
            write_now(connection, &[&AttemptWrite::save(Arc::new(row), &answers)?])?;
        }
        Ok(())
    }

    fn begin(
        &mut self,
        connection: &mut AnyConnection,
        work: &Paperwork<'_>,
        person: &Person,
        ordinal: i32,
        started_at: Millis,
    ) -> Result<(AttemptRow, Paper), ServiceError> {
        let rules = &work.quiz.rules;
        let plan = work.snapshot.plan(&rules.blueprint)?;
        let seed = self.random.next_u64();
        let paper = draw(work.snapshot.questions(), &rules.blueprint, &plan, seed);
        let random =
            (u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64())).to_le_bytes();
        let mut tail = [0; 10];
        for (byte, random) in tail.iter_mut().zip(random) {
            *byte = random;
        }
        let millis = u64::try_from(started_at.0).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid();
        let mut row = AttemptRow {
            no: 0,
            id: AttemptId(id.to_string()),
            quiz_id: work.quiz.id,
            member_id: person.id,
            unit_id: person.unit,
            ordinal,
            bank_revision: work.bank_revision,
            draw_version: draw::VERSION,
            seed,
            started_at,
            deadline: rules.deadline(started_at),
            session_mark: None,
            answers: Answers::new(),
            result: None,
            version: 0,
        };
        row.no = attempts::create_attempt(connection, &row)?;
        Ok((row, paper))
    }

    /// What somebody answers to the first `count` items of a paper.
    fn answers(&mut self, work: &Paperwork<'_>, paper: &Paper, person: &Person, count: usize) -> Answers {
        let mut answers = Answers::new();
        for (no, item) in (1..).zip(paper.items.iter().take(count)) {
            if let Some(question) = work.snapshot.questions().get(item.question) {
                answers.insert(no, self.answer(question, item, person.ability));
            }
        }
        answers
    }

    /// What somebody of this ability answers: harder items are missed more often.
    fn answer(&mut self, question: &Question, item: &draw::Item, ability: f64) -> Vec<String> {
        let chance = (ability + 0.12 * (3.0 - f64::from(question.difficulty))).clamp(0.05, 0.98);
        let knows = self.fraction() < chance;
        match &question.key {
            Key::Truth(truth) => vec![(*truth == knows).to_string()],
            Key::Gaps(gaps) if knows => gaps.iter().filter_map(|gap| gap.first().cloned()).collect(),
            Key::Options(right) => {
                let chosen: Vec<usize> = if knows {
                    right.clone()
                } else if question.kind == Kind::Multiple && right.len() > 1 {
                    let dropped = self.below(right.len());
                    right
                        .iter()
                        .enumerate()
                        .filter(|(index, _)| *index != dropped)
                        .map(|(_, &option)| option)
                        .collect()
                } else {
                    let wrong: Vec<usize> =
                        (0..question.options.len()).filter(|option| !right.contains(option)).collect();
                    let index = self.below(wrong.len());
                    wrong.get(index).copied().into_iter().collect()
                };
                let is_chosen = |option: &u8| chosen.contains(&usize::from(*option));
                let shown = item.options.iter().enumerate().filter(|(_, option)| is_chosen(option));
                shown.map(|(position, _)| letter(position)).collect()
            }
            Key::Gaps(_) | Key::Reference(_) => {
                vec![self.pick(&["不清楚", "没想起来"]).unwrap_or_default().to_owned()]
            }
        }
    }
}
