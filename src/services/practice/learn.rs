//! Taking the answers of attempts into what members have learned: when a member asks, and only once the
//! quiz reveals them. So handing in an attempt costs nothing more, and no key is betrayed before its time.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::{Context, ServiceError};
use crate::domain::draw::{self, Paper, draw};
use crate::domain::grading::grade_paper;
use crate::domain::ids::{AttemptId, BankId, MemberId, QuestionId, QuizId};
use crate::domain::practice::{Standing, in_words, standing};
use crate::domain::quiz::QuizRules;
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::store::learning::{self, Learned};
use crate::store::quizzes::{self, QuizRow};
use crate::store::{
    AnyConnection,
    attempts::{self, AttemptRow},
};

/// Attempts that one write takes in: what waits behind it must not wait long.
const MOST_ATTEMPTS_A_WRITE: usize = 16;

/// Questions that tell a member no key now: bank and code.
pub(in crate::services) type Locked = HashSet<(BankId, String)>;

/// An attempt that can be taken in.
struct Lesson {
    attempt: AttemptId,
    at: Millis,
    answers: Vec<Learned>,
}

/// Takes in what can be, and answers what is locked.
pub(super) async fn learn(context: &Arc<Context>, member: MemberId) -> Result<Locked, ServiceError> {
    loop {
        let (now, shared) = (context.clock.now(), Arc::clone(context));
        let (lessons, locked) =
            context.database.read(move |connection| look(&shared, connection, member, now)).await?;
        if lessons.is_empty() {
            return Ok(locked);
        }
        context
            .database
            .write_aside(move |connection| -> Result<(), ServiceError> {
                for lesson in lessons {
                    // Somebody else of the same member's devices may have been quicker.
                    if learning::mark_learned(connection, &lesson.attempt)? {
                        learning::record_answers(connection, member, &lesson.answers, lesson.at)?;
                    }
                }
                Ok(())
            })
            .await?;
    }
}

/// The attempts that can be taken in, at most [`MOST_ATTEMPTS_A_WRITE`], and the questions that are locked.
fn look(
    context: &Context,
    connection: &mut AnyConnection,
    member: MemberId,
    now: Millis,
) -> Result<(Vec<Lesson>, Locked), ServiceError> {
    let mut quiz_rows: HashMap<QuizId, QuizRow> = HashMap::new();
    let mut ids: HashMap<BankId, HashMap<String, QuestionId>> = HashMap::new();
    let (mut lessons, mut locked) = (Vec::new(), Locked::new());
    for unlearned in learning::list_unlearned(connection, member)? {
        let quiz = match quiz_rows.get(&unlearned.quiz) {
            Some(quiz) => quiz,
            None => {
                let quiz = quizzes::get_quiz(connection, unlearned.quiz)?;
                quiz_rows.entry(unlearned.quiz).or_insert(quiz)
            }
        };
        let standing = standing(&quiz.rules, unlearned.graded, unlearned.deadline, now);
        let waits = standing == Standing::Revealed && lessons.len() == MOST_ATTEMPTS_A_WRITE;
        if standing == Standing::Other || waits {
            continue;
        }
        let drawn = match paper(context, connection, quiz, &unlearned.id) {
            Ok(drawn) => drawn,
            Err(error @ ServiceError::Busy(_)) => return Err(error),
            Err(error) => {
                // One that cannot be read must not keep the member from all the others.
                tracing::error!(attempt = %unlearned.id, %error, "an attempt cannot be learned from");
                continue;
            }
        };
        match standing {
            Standing::Locked => {
                let (_, paper, snapshot) = drawn;
                let codes = paper.items.iter().filter_map(|item| snapshot.questions().get(item.question));
                locked.extend(codes.map(|question| (quiz.bank_id, question.code.clone())));
            }
            Standing::Revealed => {
                let ids = match ids.entry(quiz.bank_id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => {
                        let codes = learning::list_codes(connection, quiz.bank_id)?;
                        place.insert(codes.into_iter().map(|(id, code)| (code, id)).collect())
                    }
                };
                let id = |code: &str| ids.get(code).copied();
                lessons.push(lesson(&quiz.rules, drawn, id));
            }
            Standing::Other => {}
        }
    }
    Ok((lessons, locked))
}

/// An attempt, its paper, and the bank revision that it is drawn from.
type Drawn = (AttemptRow, Paper, Arc<BankSnapshot>);

/// The paper of an attempt, drawn again.
fn paper(
    context: &Context,
    connection: &mut AnyConnection,
    quiz: &QuizRow,
    id: &AttemptId,
) -> Result<Drawn, ServiceError> {
    let attempt = attempts::get_attempt(connection, id)?;
    if attempt.draw_version != draw::VERSION {
        return Err(ServiceError::Internal(format!("draw version {} is unknown", attempt.draw_version)));
    }
    let snapshot = context.bank_snapshot(connection, quiz.bank_id, attempt.bank_revision)?;
    let plan = snapshot.plan(&quiz.rules.blueprint)?;
    let paper = draw(snapshot.questions(), &quiz.rules.blueprint, &plan, attempt.seed);
    Ok((attempt, paper, snapshot))
}

/// What an attempt teaches: every item that was answered; one left empty was not seen.
fn lesson(
    rules: &QuizRules,
    (attempt, paper, snapshot): Drawn,
    question_id: impl Fn(&str) -> Option<QuestionId>,
) -> Lesson {
    let graded =
        grade_paper(snapshot.questions(), &rules.blueprint, &paper, &attempt.answers, rules.pass_percent);
    let answers = (1_u32..)
        .zip(&paper.items)
        .zip(graded.items)
        .filter_map(|((no, item), earned)| {
            let answer = attempt.answers.get(&no).filter(|answer| !answer.is_empty())?;
            let question = snapshot.questions().get(item.question)?;
            Some(Learned {
                question: question_id(&question.code)?,
                correct: earned.correct,
                answer: in_words(question, item, answer),
            })
        })
        .collect();
    let at = attempt.result.map_or(attempt.started_at, |result| result.submitted_at);
    Lesson { attempt: attempt.id, at, answers }
}
