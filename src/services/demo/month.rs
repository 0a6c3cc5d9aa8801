//! The month that the sample zone has behind it: day by day, what was answered, and in the evening what the
//! administrator did. That goes through the services of every day, which tell the time by a clock of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::results::Paperwork;
use super::samples::contest;
use super::zone::{Maker, Person};
use super::{DAYS, HOUR_MS};
use crate::domain::ids::{AttemptId, QuizId};
use crate::domain::period::Period;
use crate::domain::question::Kind;
use crate::domain::quiz::QuizKind;
use crate::domain::roles::{Principal, Role};
use crate::domain::time::Millis;
use crate::services::attempts::Attempts;
use crate::services::audit::{Source, from_source};
use crate::services::banks::{Banks, QuestionFilter};
use crate::services::first_start::BUILT_IN_BANK;
use crate::services::members::{MemberChange, Members};
use crate::services::quizzes::{QuizDraft, Quizzes};
use crate::services::units::{UnitChange, Units};
use crate::services::{Clock, Context, ServiceError, SystemEntropy};
use crate::store::AnyConnection;
use crate::store::banks;
use crate::store::quizzes::{self, NewQuiz, QuizRow};
use crate::store::units::UnitRow;

const DAY_MS: i64 = 24 * HOUR_MS;
/// When the administrator sits down, after midnight: by then everybody has answered who does so on that day.
const EVENING_MS: i64 = 22 * HOUR_MS + 30 * 60_000;
/// How many are in the middle of the open contest.
const RUNNING: usize = 26;
/// The longest that one of them has been at it.
const LONGEST_RUNNING_MS: i64 = 40 * 60_000;

/// A clock that stands where it was set.
pub(super) struct SampleClock(AtomicI64);

impl SampleClock {
    fn set(&self, at: Millis) {
        self.0.store(at.0, Ordering::Relaxed);
    }
}

impl Clock for SampleClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::Relaxed))
    }
}

/// What the administrator does on the evening of a day, so many days ago.
#[derive(Clone, Copy)]
enum Deed {
    /// Makes a contest for the day after, with a time limit in minutes if it has one.
    Contest(&'static str, Option<i64>),
    /// Gives a branch another name.
    Rename,
    /// Has a branch's member lead the general branch.
    Appoint,
    /// Mends a question, which makes the bank's second revision.
    Mend,
    /// Moves two members to other branches.
    Transfer,
    /// Voids an attempt at the last contest.
    Void,
    /// Has the open contest close later.
    Extend,
}

const DEEDS: &[(i64, Deed)] = &[
    (22, Deed::Contest("第一期知识竞赛", Some(20))),
    (16, Deed::Rename),
    (16, Deed::Appoint),
    (14, Deed::Mend),
    (10, Deed::Transfer),
    (8, Deed::Contest("第二期知识竞赛", Some(20))),
    (5, Deed::Void),
    (3, Deed::Contest("第三期知识竞赛（不限时）", None)),
    (1, Deed::Extend),
];

/// A contest, and how often everybody has begun it.
struct Contest {
    quiz: QuizId,
    /// The day on which it opens, so many days ago.
    day: i64,
    begun: Vec<i32>,
    /// An attempt of somebody who has tried again.
    second: Option<AttemptId>,
}

/// The zone while its month goes by.
struct Zone {
    maker: Maker,
    people: Vec<Person>,
    daily: QuizId,
    daily_begun: Vec<i32>,
    contests: Vec<Contest>,
    /// Midnight before now.
    today: Millis,
    attempts: usize,
    running: usize,
}

/// Writes the month; answers attempts with a result, and those that run.
pub(super) async fn fill(
    context: &Context,
    admin: &Principal,
    maker: Maker,
    branches: &[UnitRow],
    people: Vec<Person>,
) -> Result<(usize, usize), ServiceError> {
    let clock = Arc::new(SampleClock(AtomicI64::new(maker.now.0)));
    let told: Arc<dyn Clock> = clock.clone();
    let settings = context.settings.clone();
    let past = Context::new(context.database.clone(), settings, told, Arc::new(SystemEntropy))?;
    let past = Arc::new(past);
    let today = past.calendar.span(Period::Day, past.calendar.date(maker.now)).from;
    let daily = past.database.write(move |connection| begin_daily(connection, today)).await?;
    let daily_begun = vec![0; people.len()];
    let (contests, attempts, running) = (vec![], 0, 0);
    let mut zone = Zone { maker, people, daily, daily_begun, contests, today, attempts, running };
    for day in (0..=DAYS).rev() {
        zone = zone.answer(&past, day).await?;
        let deeds = DEEDS.iter().filter(|(ago, _)| *ago == day);
        for (minutes, (_, deed)) in (0..).step_by(7).zip(deeds) {
            clock.set(zone.midnight(day).plus_ms(EVENING_MS + minutes * 60_000));
            from_source(Source::Sample, zone.act(&past, admin, branches, *deed)).await?;
        }
    }
    Ok((zone.attempts, zone.running))
}

/// Has the daily quiz run since the first day.
fn begin_daily(connection: &mut AnyConnection, today: Millis) -> Result<QuizId, ServiceError> {
    let daily = quizzes::list_quizzes(connection)?
        .into_iter()
        .find(|quiz| quiz.rules.kind == QuizKind::Daily)
        .ok_or(ServiceError::NotFound("daily quiz"))?;
    let QuizRow { id, bank_id, unit_id, mut rules, .. } = daily;
    rules.opens_at = today.plus_ms(-DAYS * DAY_MS);
    quizzes::update_quiz(connection, id, &NewQuiz { bank_id, unit_id, rules })?;
    Ok(id)
}

impl Zone {
    fn midnight(&self, day: i64) -> Millis {
        self.today.plus_ms(-day * DAY_MS)
    }

    /// When somebody sits down on a day, so many days ago; today before now.
    fn moment(&mut self, day: i64) -> Millis {
        let midnight = self.midnight(day);
        if day > 0 {
            return midnight.plus_ms(self.maker.waking_hour());
        }
        let passed = self.maker.now.since(midnight);
        // Who fills a database in the small hours has people who are up then.
        let asleep = if passed > 8 * HOUR_MS { 7 * HOUR_MS } else { 0 };
        let awake = usize::try_from(passed - asleep).unwrap_or(0);
        midnight.plus_ms(asleep + i64::try_from(self.maker.below(awake)).unwrap_or(0))
    }

    /// Writes what is answered on a day, so many days ago.
    async fn answer(self, past: &Arc<Context>, day: i64) -> Result<Self, ServiceError> {
        let context = Arc::clone(past);
        let read = move |connection: &mut AnyConnection| -> Result<_, ServiceError> {
            let bank = banks::get_bank(connection, BUILT_IN_BANK)?;
            Ok((bank.revision, context.bank_snapshot(connection, bank.id, bank.revision)?))
        };
        let (bank_revision, snapshot) = past.database.read(read).await?;
        let write = move |connection: &mut AnyConnection| -> Result<Self, ServiceError> {
            let mut zone = self;
            let quiz = quizzes::get_quiz(connection, zone.daily)?;
            let work = Paperwork { quiz: &quiz, bank_revision, snapshot: &snapshot };
            zone.answer_daily(connection, &work, day)?;
            let mut contests = std::mem::take(&mut zone.contests);
            for contest in contests.iter_mut().filter(|contest| contest.day >= day) {
                let quiz = quizzes::get_quiz(connection, contest.quiz)?;
                let work = Paperwork { quiz: &quiz, bank_revision, snapshot: &snapshot };
                zone.answer_contest(connection, &work, contest, day)?;
                if day == 0 && quiz.rules.closes_at.is_some_and(|closes_at| closes_at > zone.maker.now) {
                    zone.begin_some(connection, &work, contest)?;
                }
            }
            zone.contests = contests;
            Ok(zone)
        };
        past.database.write(write).await
    }

    fn answer_daily(
        &mut self,
        connection: &mut AnyConnection,
        work: &Paperwork<'_>,
        day: i64,
    ) -> Result<(), ServiceError> {
        // Today is not over.
        let share = if day == 0 { 0.6 } else { 1.0 };
        let (people, mut begun) = (std::mem::take(&mut self.people), std::mem::take(&mut self.daily_begun));
        for (person, begun) in people.iter().zip(&mut begun) {
            if self.maker.fraction() < person.zeal * share {
                *begun += 1;
                let at = self.moment(day);
                self.maker.attempt(connection, work, person, *begun, at)?;
                self.attempts += 1;
            }
        }
        (self.people, self.daily_begun) = (people, begun);
        Ok(())
    }

    fn answer_contest(
        &mut self,
        connection: &mut AnyConnection,
        work: &Paperwork<'_>,
        contest: &mut Contest,
        day: i64,
    ) -> Result<(), ServiceError> {
        let is_unhurried = work.quiz.rules.duration_seconds.is_none();
        // How likely the keenest are to begin on the first day, the second, the third; and to try again.
        let (first, again) = match (contest.day - day, is_unhurried) {
            (0, false) => (1.2, 0.0),
            (1, false) => (0.0, 0.3),
            (0, true) => (0.45, 0.0),
            (1, true) => (0.35, 0.2),
            (2, true) => (0.25, 0.1),
            _ => return Ok(()),
        };
        let people = std::mem::take(&mut self.people);
        for (person, begun) in people.iter().zip(&mut contest.begun) {
            let chance = match *begun {
                0 => (person.zeal * first).min(0.97),
                1 => again,
                _ => 0.0,
            };
            if self.maker.fraction() < chance {
                *begun += 1;
                let at = self.moment(day);
                let id = self.maker.attempt(connection, work, person, *begun, at)?;
                self.attempts += 1;
                if *begun == 2 {
                    contest.second = Some(id);
                }
            }
        }
        self.people = people;
        Ok(())
    }

    /// Some who are in the middle of a contest.
    fn begin_some(
        &mut self,
        connection: &mut AnyConnection,
        work: &Paperwork<'_>,
        contest: &mut Contest,
    ) -> Result<(), ServiceError> {
        let longest = self.maker.now.since(self.today).clamp(0, LONGEST_RUNNING_MS);
        let longest = usize::try_from(longest).unwrap_or(0);
        // Three of four have not begun: one of them is soon found.
        for _ in 0..100 * RUNNING {
            if self.running == RUNNING {
                break;
            }
            let index = self.maker.below(self.people.len());
            let (Some(person), Some(begun)) = (self.people.get(index), contest.begun.get_mut(index)) else {
                break;
            };
            if *begun > 0 {
                continue;
            }
            *begun = 1;
            let ago = i64::try_from(self.maker.below(longest)).unwrap_or(0);
            self.maker.draft(connection, work, person, self.maker.now.plus_ms(-ago))?;
            self.running += 1;
        }
        Ok(())
    }

    /// Does what the administrator does; the clock of `past` says when.
    async fn act(
        &mut self,
        past: &Arc<Context>,
        admin: &Principal,
        branches: &[UnitRow],
        deed: Deed,
    ) -> Result<(), ServiceError> {
        let context = Arc::clone(past);
        match deed {
            Deed::Contest(title, minutes) => self.make_contest(past, admin, (title, minutes)).await?,
            Deed::Rename => {
                let Some(branch) = branches.get(6) else { return Ok(()) };
                let name = Some(branch.name.replace("机关", "综合"));
                let change = UnitChange { name, ..UnitChange::default() };
                Units::new(context).update(admin, branch.id, change).await?;
            }
            Deed::Appoint => {
                // The first ones lead their branches already.
                let Some(person) = self.people.get(branches.len()) else { return Ok(()) };
                let home = branches.iter().find(|branch| branch.id == person.unit);
                let Some(general) = home.and_then(|home| home.parent_id) else { return Ok(()) };
                let roles = Some(vec![(Role::Leader, general)]);
                let change = MemberChange { roles, ..MemberChange::default() };
                Members::new(context).update(admin, person.id, change).await?;
            }
            Deed::Mend => mend(context, admin).await?,
            Deed::Transfer => {
                let members = Members::new(context);
                for (person, branch) in [(100, 3), (200, 11)] {
                    let (Some(person), Some(branch)) = (self.people.get_mut(person), branches.get(branch))
                    else {
                        continue;
                    };
                    let change = MemberChange { unit_id: Some(branch.id), ..MemberChange::default() };
                    members.update(admin, person.id, change).await?;
                    person.unit = branch.id;
                }
            }
            Deed::Void => {
                let Some(id) = self.contests.last().and_then(|contest| contest.second.clone()) else {
                    return Ok(());
                };
                Attempts::new(context).void(admin, id, "答题中途手机故障，经本人申请作废").await?;
            }
            Deed::Extend => {
                let Some(contest) = self.contests.last() else { return Ok(()) };
                let quizzes = Quizzes::new(context);
                let rules = quizzes.get(admin, contest.quiz).await?.quiz.rules;
                let Some(closes_at) = rules.closes_at else { return Ok(()) };
                quizzes.extend(admin, contest.quiz, closes_at.plus_ms(3 * DAY_MS)).await?;
            }
        }
        Ok(())
    }

    /// Makes a contest that opens in the morning.
    async fn make_contest(
        &mut self,
        past: &Arc<Context>,
        admin: &Principal,
        (title, minutes): (&str, Option<i64>),
    ) -> Result<(), ServiceError> {
        let tomorrow = past.calendar.span(Period::Day, past.calendar.date(past.clock.now())).until;
        let rules = contest(title, minutes, tomorrow.plus_ms(7 * HOUR_MS));
        let draft = QuizDraft { bank: BUILT_IN_BANK.into(), unit_id: None, rules };
        let quiz = Quizzes::new(Arc::clone(past)).create(admin, draft).await?.quiz.id;
        let day = self.today.since(tomorrow) / DAY_MS;
        self.contests.push(Contest { quiz, day, begun: vec![0; self.people.len()], second: None });
        Ok(())
    }
}

/// Mends a question that many have missed.
async fn mend(context: Arc<Context>, admin: &Principal) -> Result<(), ServiceError> {
    let banks = Banks::new(context);
    let filter = QuestionFilter { kind: Some(Kind::Multiple), limit: 1, ..QuestionFilter::default() };
    let found = banks.questions(admin, BUILT_IN_BANK.into(), filter).await?;
    let Some(question) = found.into_iter().next().map(|row| row.question) else { return Ok(()) };
    let mut draft = question.to_draft();
    draft.difficulty = Some(i64::from(question.difficulty.saturating_add(1).min(5)));
    draft.explanation = Some(format!("{}（第一期竞赛中失分较多，请对照原文复习。）", question.explanation));
    banks.update_question(admin, BUILT_IN_BANK.into(), question.code, draft).await?;
    Ok(())
}
