//! A sample zone: a four-level tree of 43 branches, 1,200 members and a month of results, believable and
//! always the same for the same day.

mod samples;

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use self::samples::{COMMITTEES, GIVEN, INCUBATORS, SURNAMES, TRADES, contest};
use super::accounts::login_key;
use super::{Context, ServiceError, Services};
use crate::domain::draw::{self, draw};
use crate::domain::grading::{Answers, grade_paper};
use crate::domain::ids::{AttemptId, MemberId, QuizId, UnitId};
use crate::domain::org::UnitKind;
use crate::domain::period::Period;
use crate::domain::question::{Key, Kind, Question, letter};
use crate::domain::quiz::{QuizKind, QuizRules};
use crate::domain::roles::Role;
use crate::domain::time::Millis;
use crate::live::banks::BankSnapshot;
use crate::store::attempt_writes::{AttemptWrite, write_now};
use crate::store::attempts::{self, AttemptResult, AttemptRow, ClosedBy};
use crate::store::banks::{self, BankRow};
use crate::store::members::{self, NewMember};
use crate::store::quizzes::{self, NewQuiz, QuizRow};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError};

/// The password of every member of the demo.
pub const DEMO_PASSWORD: &str = "qianti-demo-2026";
/// Members of the demo.
const MEMBERS: usize = 1_200;
/// Branches of the demo.
const BRANCHES: usize = 43;
/// Days of results before today: some of them are always of the month before.
const DAYS: i64 = 31;
const HOUR_MS: i64 = 3_600_000;

/// What the demo has made.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Branches.
    pub branches: usize,
    /// Members.
    pub members: usize,
    /// Graded attempts.
    pub attempts: usize,
    /// The login of the first member.
    pub first_login: String,
    /// The login of the last member.
    pub last_login: String,
    /// The login of a leader of the whole zone.
    pub leader_login: String,
}

/// Somebody in the demo.
struct Person {
    id: MemberId,
    unit: UnitId,
    /// How much they know: the chance to have an item of middle difficulty right.
    ability: f64,
    /// How keen they are: the chance to take part on a day.
    zeal: f64,
}

impl Services {
    /// Fills a database that has only just had its first start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fill_demo(&self) -> Result<Demo, ServiceError> {
        let (context, now) = (Arc::clone(&self.context), self.context.clock.now());
        // One hash for all: it is a sample with one published password.
        let hash = self.context.passwords.hash(DEMO_PASSWORD.to_owned()).await?;
        self.context
            .database
            .write(move |connection| {
                let mut maker =
                    Maker { random: ChaCha8Rng::from_seed(*b"qianti demo zone, always alike.."), now };
                let branches = maker.units(connection)?;
                let people = maker.people(connection, &branches, &hash)?;
                let attempts = maker.results(&context, connection, &people)?;
                Ok(Demo {
                    branches: branches.len(),
                    members: people.len(),
                    attempts,
                    first_login: login(0),
                    last_login: login(MEMBERS - 1),
                    leader_login: "leader".into(),
                })
            })
            .await
    }
}

fn login(index: usize) -> String {
    format!("yt{:04}", index + 1)
}

struct Maker {
    random: ChaCha8Rng,
    now: Millis,
}

impl Maker {
    /// A number from 0 up to 1.
    fn fraction(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
        ((u64::from(self.random.next_u32()) * u64::from(bound)) >> 32) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> Option<&'a T> {
        let index = self.below(list.len());
        list.get(index).copied()
    }

    fn letter_of(&mut self, letters: &str) -> String {
        let letters: Vec<char> = letters.chars().collect();
        let index = self.below(letters.len());
        letters.get(index).map(ToString::to_string).unwrap_or_default()
    }

    fn units(&mut self, connection: &mut AnyConnection) -> Result<Vec<UnitRow>, StoreError> {
        let root = units::find_root(connection)?.ok_or(StoreError::NotFound("root unit"))?;
        units::update_unit(connection, root.id, root.kind, &root.code, "烟台高新区党工委")?;
        let mut generals = Vec::new();
        for (index, name) in COMMITTEES.iter().enumerate() {
            let code = format!("C{}", index + 1);
            let committee = units::create_unit(connection, Some(&root), UnitKind::Committee, &code, name)?;
            for half in 0..2 {
                let incubator = INCUBATORS.get(index * 2 + half).copied().unwrap_or_default();
                let code = format!("{code}-G{}", half + 1);
                let name = format!("{incubator}孵化器党总支");
                generals.push((
                    units::create_unit(connection, Some(&committee), UnitKind::GeneralBranch, &code, &name)?,
                    incubator,
                ));
            }
        }
        let mut branches = Vec::new();
        for index in 0..BRANCHES {
            let Some((general, incubator)) = generals.get(index % generals.len().max(1)) else { break };
            let code = format!("B{:02}", index + 1);
            let trade = TRADES.get(index / generals.len().max(1)).copied().unwrap_or_default();
            let name = format!("{incubator}{trade}党支部");
            branches.push(units::create_unit(connection, Some(general), UnitKind::Branch, &code, &name)?);
        }
        Ok(branches)
    }

    fn people(
        &mut self,
        connection: &mut AnyConnection,
        branches: &[UnitRow],
        hash: &str,
    ) -> Result<Vec<Person>, StoreError> {
        let joined = self.now.plus_ms(-(DAYS + 30) * 24 * HOUR_MS);
        let root = units::find_root(connection)?.ok_or(StoreError::NotFound("root unit"))?;
        let add = |connection: &mut AnyConnection, login: String, name: String, unit: UnitId| {
            let new = NewMember {
                login_key: login_key(&login),
                login,
                name,
                unit_id: unit,
                password_hash: hash.to_owned(),
                must_change_password: false,
            };
            members::create_member(connection, &new, joined)
        };
        let leader = add(connection, "leader".into(), "周书记".into(), root.id)?;
        members::replace_grants(connection, leader, &[(Role::Leader, root.id)])?;
        // Branches differ in spirit, and people inside a branch differ too.
        let spirits: Vec<f64> = branches.iter().map(|_| 0.35 + 0.55 * self.fraction()).collect();
        let mut people = Vec::with_capacity(MEMBERS);
        for index in 0..MEMBERS {
            // Every branch has somebody; beyond that some are three times as big as others.
            let branch = if index < branches.len() { index } else { self.uneven(branches.len()) };
            let Some(unit) = branches.get(branch) else { continue };
            let mut name = self.letter_of(SURNAMES) + &self.letter_of(GIVEN);
            if self.fraction() < 0.7 {
                name += &self.letter_of(GIVEN);
            }
            let id = add(connection, login(index), name, unit.id)?;
            if index < branches.len() {
                members::replace_grants(connection, id, &[(Role::Leader, unit.id)])?;
            }
            let spirit = spirits.get(branch).copied().unwrap_or(0.5);
            let zeal = (spirit + 0.4 * (self.fraction() - 0.5)).clamp(0.02, 0.98);
            let ability = 0.45 + 0.35 * self.fraction() + 0.15 * spirit;
            people.push(Person { id, unit: unit.id, ability, zeal });
        }
        Ok(people)
    }

    /// An index below `bound`, the first ones more often than the last.
    fn uneven(&mut self, bound: usize) -> usize {
        let (one, other) = (self.below(bound), self.below(bound));
        if self.fraction() < 0.5 { one.min(other) } else { one }
    }

    fn results(
        &mut self,
        context: &Context,
        connection: &mut AnyConnection,
        people: &[Person],
    ) -> Result<usize, ServiceError> {
        let bank = banks::get_bank(connection, super::first_start::BUILT_IN_BANK)?;
        let snapshot = context.bank_snapshot_in_transaction(connection, bank.id, bank.revision)?;
        let today = context.calendar.span(Period::Day, context.calendar.date(self.now)).from;
        let root = units::find_root(connection)?.ok_or(ServiceError::NotFound("root unit"))?;
        let daily = quizzes::list_quizzes(connection)?
            .into_iter()
            .find(|quiz| quiz.rules.kind == QuizKind::Daily)
            .ok_or(ServiceError::NotFound("daily quiz"))?;
        let opened = NewQuiz {
            bank_id: bank.id,
            unit_id: root.id,
            rules: QuizRules { opens_at: today.plus_ms(-DAYS * 24 * HOUR_MS), ..daily.rules.clone() },
        };
        quizzes::update_quiz(connection, daily.id, &opened)?;
        let mut made = 0;
        let mut ordinals = vec![0; people.len()];
        for day in (1..=DAYS).rev() {
            let midnight = today.plus_ms(-day * 24 * HOUR_MS);
            for (person, ordinal) in people.iter().zip(&mut ordinals) {
                if self.fraction() < person.zeal {
                    *ordinal += 1;
                    let at = midnight.plus_ms(self.waking_hour());
                    self.attempt(connection, &snapshot, (&bank, &daily), person, *ordinal, at)?;
                    made += 1;
                }
            }
        }
        for (weeks, title) in [(3, "第一期知识竞赛"), (1, "第二期知识竞赛")] {
            let opens_at = today.plus_ms(-weeks * 7 * 24 * HOUR_MS + 9 * HOUR_MS);
            let rules = contest(title, opens_at);
            let id = quizzes::create_quiz(
                connection,
                &NewQuiz { bank_id: bank.id, unit_id: root.id, rules },
                None,
                opens_at,
            )?;
            let quiz = quizzes::get_quiz(connection, id)?;
            for person in people {
                for ordinal in 1..=2 {
                    let chance = if ordinal == 1 { (person.zeal * 1.2).min(0.97) } else { 0.3 };
                    if self.fraction() >= chance {
                        break;
                    }
                    let at = opens_at.plus_ms(i64::from(ordinal - 1) * 24 * HOUR_MS + self.waking_hour());
                    self.attempt(connection, &snapshot, (&bank, &quiz), person, ordinal, at)?;
                    made += 1;
                }
            }
        }
        Ok(made)
    }

    /// Milliseconds after midnight at which somebody might have five minutes: 7 to 22 o'clock.
    fn waking_hour(&mut self) -> i64 {
        let minutes = i64::try_from(self.below(15 * 60)).unwrap_or(0);
        7 * HOUR_MS + minutes * 60_000 + i64::from(self.random.next_u32() % 60_000)
    }

    fn attempt(
        &mut self,
        connection: &mut AnyConnection,
        snapshot: &BankSnapshot,
        (bank, quiz): (&BankRow, &QuizRow),
        person: &Person,
        ordinal: i32,
        started_at: Millis,
    ) -> Result<(), ServiceError> {
        let blueprint = &quiz.rules.blueprint;
        let plan = snapshot.plan(blueprint)?;
        let seed = self.random.next_u64();
        let paper = draw(snapshot.questions(), blueprint, &plan, seed);
        let mut answers = Answers::new();
        for (no, item) in (1..).zip(&paper.items) {
            if let Some(question) = snapshot.questions().get(item.question) {
                answers.insert(no, self.answer(question, item, person.ability));
            }
        }
        let graded = grade_paper(snapshot.questions(), blueprint, &paper, &answers, quiz.rules.pass_percent);
        let seconds = 4.0 + 14.0 * self.fraction();
        let items = u32::try_from(paper.items.len()).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, reason = "a few hundred seconds")]
        let elapsed_ms = (f64::from(items) * seconds * 1000.0) as i64;
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
            quiz_id: QuizId(quiz.id.0),
            member_id: person.id,
            unit_id: person.unit,
            ordinal,
            bank_revision: bank.revision,
            draw_version: draw::VERSION,
            seed,
            started_at,
            deadline: quiz.rules.deadline(started_at),
            session_mark: None,
            answers: Answers::new(),
            result: None,
            version: 0,
        };
        row.no = attempts::create_attempt(connection, &row)?;
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
        write_now(connection, &[&AttemptWrite::settle(Arc::new(row), &answers, result)?])?;
        Ok(())
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
