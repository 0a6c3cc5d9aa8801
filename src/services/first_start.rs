//! The first start on an empty database: root unit, administrator, built-in bank, ready quizzes.

use super::accounts::login_key;
use super::audit::{MemberState, Stamp, member_added};
use super::import::{self, Checked, Progress};
use super::quizzes::check_fillable;
use super::{ServiceError, Services};
use crate::domain::blueprint::{Blueprint, MultipleRule, Section};
use crate::domain::ids::UnitId;
use crate::domain::org::UnitKind;
use crate::domain::password;
use crate::domain::points::Points;
use crate::domain::question::Kind;
use crate::domain::quiz::{QuizKind, QuizRules, Reveal};
use crate::domain::roles::Role;
use crate::domain::time::Millis;
use crate::formats::FoundBank;
use crate::store::banks::{self, BankRow};
use crate::store::members::{self, NewMember};
use crate::store::quizzes::{self, NewQuiz};
use crate::store::{AnyConnection, units};

/// The login of the first administrator.
pub const ADMIN_LOGIN: &str = "admin";
/// The code of the root unit until an admin changes it.
pub const ROOT_CODE: &str = "zone";
/// The code of the built-in bank.
pub const BUILT_IN_BANK: &str = "1000";
/// The title of the built-in bank.
pub const BUILT_IN_TITLE: &str = "党员干部应知应会1000题";

/// What was put into an empty database.
#[derive(Clone, Debug)]
pub struct FirstStart {
    /// The password of the first administrator, when it was not given but made: to be shown once.
    pub made_password: Option<String>,
    /// Questions of the built-in bank.
    pub questions: usize,
    /// Titles of the ready quizzes.
    pub quizzes: Vec<String>,
}

impl Services {
    /// Fills an empty database; `None` when it is in use already.
    ///
    /// # Errors
    /// When `given_password` will not do, the built-in bank is faulty, or the database fails.
    pub async fn first_start(
        &self,
        given_password: Option<String>,
        built_in: FoundBank,
    ) -> Result<Option<FirstStart>, ServiceError> {
        let now = self.context.clock.now();
        self.first_start_at(given_password, built_in, now).await
    }

    /// The same, as if it were `now`.
    pub(super) async fn first_start_at(
        &self,
        given_password: Option<String>,
        built_in: FoundBank,
        now: Millis,
    ) -> Result<Option<FirstStart>, ServiceError> {
        let empty = self
            .context
            .database
            .read::<_, ServiceError>(|connection| Ok(units::find_root(connection)?.is_none()))
            .await?;
        if !empty {
            return Ok(None);
        }
        if let Some(given) = &given_password {
            password::check(given, ADMIN_LOGIN)
                .map_err(|message| ServiceError::invalid("QIANTI_ADMIN_PASSWORD", message))?;
        }
        let made_password = if given_password.is_none() { Some(self.context.new_password()?) } else { None };
        let plain = given_password.or_else(|| made_password.clone()).unwrap_or_default();
        let admin = NewMember {
            login: ADMIN_LOGIN.into(),
            login_key: login_key(ADMIN_LOGIN),
            name: "系统管理员".into(),
            unit_id: UnitId(0),
            password_hash: self.context.passwords.hash(plain).await?,
            must_change_password: made_password.is_some(),
        };
        let checked = import::check(built_in, &Progress::silent());
        if let Some(place) = checked.rejected.first() {
            return Err(ServiceError::Internal(format!("built-in bank, {}: {}", place.at, place.message)));
        }
        let context = std::sync::Arc::clone(&self.context);
        self.context
            .database
            .write(move |connection| -> Result<_, ServiceError> {
                if units::find_root(connection)?.is_some() {
                    // Another instance was quicker.
                    return Ok(None);
                }
                let root = units::create_unit(connection, None, UnitKind::Zone, ROOT_CODE, "园区党工委")?;
                let id = members::create_member(connection, &NewMember { unit_id: root.id, ..admin }, now)?;
                members::replace_grants(connection, id, &[(Role::Admin, root.id)])?;
                let questions = checked.taken.len();
                let bank = fill_bank(connection, &checked, now)?;
                let mut ready = Vec::new();
                for rules in ready_quizzes(now) {
                    // A small built-in bank (as in tests) leaves out the quizzes that it cannot fill.
                    match check_fillable(&context, connection, &bank, &rules) {
                        Ok(()) => {}
                        Err(ServiceError::BlueprintUnfillable(_)) => continue,
                        Err(other) => return Err(other),
                    }
                    ready.push(rules.title.clone());
                    let new = NewQuiz { bank_id: bank.id, unit_id: root.id, rules };
                    quizzes::create_quiz(connection, &new, Some(id), now)?;
                }
                Ok(Some(FirstStart { made_password, questions, quizzes: ready }))
            })
            .await
    }

    /// Makes another administrator of the whole organisation and returns the initial password.
    ///
    /// # Errors
    /// [`ServiceError::LoginTaken`]; [`ServiceError::Invalid`]; [`ServiceError::NotFound`] before the
    /// first start.
    pub async fn add_admin(&self, login: &str) -> Result<String, ServiceError> {
        super::members::check_login(login).map_err(|message| ServiceError::invalid("/login", message))?;
        let plain = self.context.new_password()?;
        let hash = self.context.passwords.hash(plain.clone()).await?;
        let login = login.trim().to_owned();
        let stamp = Stamp::of_nobody(self.context.clock.now());
        self.context
            .database
            .write(move |connection| -> Result<_, ServiceError> {
                let root = units::find_root(connection)?.ok_or(ServiceError::NotFound("root unit"))?;
                let new = NewMember {
                    login_key: login_key(&login),
                    name: login.clone(),
                    login,
                    unit_id: root.id,
                    password_hash: hash,
                    must_change_password: true,
                };
                let id = members::create_member(connection, &new, stamp.at)?;
                let roles = [(Role::Admin, root.id)];
                members::replace_grants(connection, id, &roles)?;
                let member = members::get_member(connection, id)?;
                let state = MemberState { member: &member, unit: &root, roles: &roles };
                Ok(stamp.record(connection, [member_added(state)])?)
            })
            .await?;
        Ok(plain)
    }
}

fn fill_bank(
    connection: &mut AnyConnection,
    checked: &Checked,
    now: Millis,
) -> Result<BankRow, ServiceError> {
    let bank = banks::create_bank(connection, BUILT_IN_BANK, BUILT_IN_TITLE, now)?;
    let plan = import::plan(&bank, &[], vec![], checked, "json", &Progress::silent());
    import::save(connection, BUILT_IN_BANK, &plan, (None, now), &Progress::silent())?;
    Ok(banks::get_bank(connection, BUILT_IN_BANK)?)
}

/// The quizzes that a new system has: a daily one of 10 items, practice, and a mock exam of 100 points.
pub fn ready_quizzes(now: Millis) -> Vec<QuizRules> {
    let section = |title: &str, kinds: &[Kind], count, points| Section {
        title: title.into(),
        kinds: kinds.to_vec(),
        chapters: vec![],
        difficulty: (1, 5),
        count,
        points: Points(points),
        multiple_rule: MultipleRule::default(),
    };
    let quiz = |title: &str, kind, duration_seconds, attempts_allowed, sections| QuizRules {
        title: title.into(),
        kind,
        opens_at: now,
        closes_at: None,
        duration_seconds,
        attempts_allowed,
        pass_percent: 60,
        reveal: Reveal::AfterSubmit,
        blueprint: Blueprint { sections, shuffle_questions: true, shuffle_options: true },
    };
    vec![
        quiz(
            "模拟考试（100 分）",
            QuizKind::Exam,
            Some(60 * 60),
            None,
            vec![
                section("一、单项选择题", &[Kind::Single], 30, 100),
                section("二、多项选择题", &[Kind::Multiple], 20, 200),
                section("三、判断题", &[Kind::Judge], 20, 100),
                section("四、填空题", &[Kind::Blank], 5, 200),
            ],
        ),
        quiz("自由练习（20 题）", QuizKind::Practice, None, None, vec![section("", &[], 20, 500)]),
        quiz("每日一练（10 题）", QuizKind::Daily, Some(15 * 60), Some(1), vec![section("", &[], 10, 1000)]),
    ]
}
