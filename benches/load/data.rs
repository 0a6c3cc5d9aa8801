//! The data: put into the database by a few statements that make any number of rows, never through the API.
//! They run on SQLite and PostgreSQL alike.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use qianti::domain::blueprint::{Blueprint, MultipleRule, Section};
use qianti::domain::draw;
use qianti::domain::org::UnitKind;
use qianti::domain::period::{Calendar, Period};
use qianti::domain::points::Points;
use qianti::domain::question::Kind;
use qianti::domain::quiz::{QuizKind, QuizRules, Reveal};
use qianti::domain::time::Millis;
use qianti::services::accounts::Carrier;
use qianti::services::first_start::BUILT_IN_BANK;
use qianti::services::quizzes::QuizDraft;
use qianti::services::units::NewUnit;
use qianti::services::{Clock as _, Services, Settings, SystemClock, SystemEntropy};
use qianti::store::{AnyConnection, Database, DatabaseOptions, DatabaseUrl};
use sha2::{Digest as _, Sha256};

/// The password of everybody.
pub const PASSWORD: &str = "Load-Bench-2026";
/// The id before that of the first member.
pub const MEMBERS_FROM: usize = 1_000;
/// The units of an organisation.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    /// Committees below the root; none puts the branches there.
    pub committees: usize,
    /// Branches that the members belong to, shared out evenly.
    pub branches: usize,
}

/// Forty branches below the root.
pub const FLAT: Tree = Tree { committees: 0, branches: 40 };
/// When graded attempts were begun, in seconds from now; within ten minutes they were submitted.
const GRADED_FROM: i64 = -7_000;
/// The secret of every refresh token.
const SECRET: [u8; 32] = [7; 32];
/// Items of a paper, which is the same kind of paper everywhere: 10 single, 5 multiple, 5 judge.
pub const ITEMS: usize = 20;

/// A database that is ready to be loaded, and what the clients need to know of it.
pub struct Prepared {
    url: DatabaseUrl,
    /// Access tokens of the first members.
    pub tokens: Arc<[String]>,
    /// Quizzes, all with the same blueprint.
    pub quizzes: Vec<i64>,
    first_branch: i64,
    branches: usize,
    bank_revision: i32,
    now: Millis,
    /// Attempts that were made, so that each has another id.
    attempts: usize,
}

/// The contest that everybody takes: 20 items, one hour, keys hidden until it closes.
pub fn contest(title: String, now: Millis) -> QuizRules {
    let section = |kind, count| Section {
        title: String::new(),
        kinds: vec![kind],
        chapters: vec![],
        difficulty: (1, 5),
        count,
        points: Points(500),
        multiple_rule: MultipleRule::default(),
    };
    QuizRules {
        title,
        kind: QuizKind::Contest,
        opens_at: now.plus_seconds(-7_200),
        closes_at: Some(now.plus_seconds(86_400)),
        duration_seconds: Some(3_600),
        attempts_allowed: Some(1),
        pass_percent: 60,
        reveal: Reveal::AfterClose,
        blueprint: Blueprint {
            sections: vec![section(Kind::Single, 10), section(Kind::Multiple, 5), section(Kind::Judge, 5)],
            shuffle_questions: true,
            shuffle_options: true,
        },
    }
}

/// The answers to a whole paper of [`contest`], in a few variants so that scores differ.
pub fn answers_body(variant: usize) -> String {
    let answer = |no: usize| match no {
        1..=10 => ["\"A\"", "\"B\"", "\"C\""][(variant + no) % 3].to_owned(),
        11..=15 => ["\"A\",\"B\"", "\"A\",\"C\"", "\"B\",\"C\""][(variant + no) % 3].to_owned(),
        _ => ["\"true\"", "\"false\""][(variant + no) % 2].to_owned(),
    };
    let answers: Vec<String> =
        (1..=ITEMS).map(|no| format!("{{\"no\":{no},\"answer\":[{}]}}", answer(no))).collect();
    format!("{{\"answers\":[{}]}}", answers.join(","))
}

/// The id of the attempt with a number: a UUIDv7 of the year 2024 that counts.
pub fn attempt_id(number: usize) -> String {
    format!("01900000-0000-7000-8000-{}", 100_000_000_000 + number)
}

/// Fills the empty database at `url`: what a first start makes, branches, `members` who are logged in, and
/// `quizzes` contests.
///
/// # Errors
/// When the database fails.
pub fn prepare(url: &str, members: usize, quizzes: usize) -> Result<Prepared, String> {
    prepare_tree(url, members, quizzes, FLAT)
}

/// The same with another organisation.
///
/// # Errors
/// When the database fails.
pub fn prepare_tree(url: &str, members: usize, quizzes: usize, tree: Tree) -> Result<Prepared, String> {
    let url = DatabaseUrl::parse(url)?;
    let now = SystemClock.now();
    actix_web::rt::System::new().block_on(async {
        let options = DatabaseOptions { url: url.clone(), read_connections: 2, write_queue: 65_536 };
        let (database, writers) = Database::open(&options)?;
        let services =
            Services::start(database, Settings::default(), Arc::new(SystemClock), Arc::new(SystemEntropy));
        let services = services.await.map_err(|error| error.to_string())?;
        let prepared = fill(&services, url, members, quizzes, tree, now).await?;
        drop(services);
        writers.finish();
        Ok(prepared)
    })
}

async fn fill(
    services: &Services,
    url: DatabaseUrl,
    members: usize,
    quizzes: usize,
    tree: Tree,
    now: Millis,
) -> Result<Prepared, String> {
    let failed = |error: qianti::services::ServiceError| error.to_string();
    services.first_start(Some(PASSWORD.into()), qianti::built_in::bank()?).await.map_err(failed)?;
    let operator = services.operator().await.map_err(failed)?;
    let mut committees = Vec::with_capacity(tree.committees);
    for number in 1..=tree.committees {
        let new = NewUnit {
            parent_id: operator.unit_id,
            kind: UnitKind::Committee,
            code: format!("C{number}"),
            name: format!("第{number}党委"),
        };
        committees.push(services.units.create(&operator, new).await.map_err(failed)?.unit.id);
    }
    let mut branches = Vec::with_capacity(tree.branches);
    for number in 1..=tree.branches {
        let above = committees.get(number % committees.len().max(1)).copied();
        let new = NewUnit {
            parent_id: above.unwrap_or(operator.unit_id),
            kind: UnitKind::Branch,
            code: format!("B{number}"),
            name: format!("第{number}党支部"),
        };
        branches.push(services.units.create(&operator, new).await.map_err(failed)?.unit.id.0);
    }
    let first_branch = branches.first().copied().unwrap_or(0);
    let consecutive = (first_branch..).zip(&branches).all(|(expected, &found)| expected == found);
    if !consecutive {
        return Err("the branches' ids are not consecutive".into());
    }
    let mut ids = Vec::with_capacity(quizzes);
    for number in 1..=quizzes {
        let rules = contest(format!("第{number}期竞赛"), now);
        let draft = QuizDraft { bank: BUILT_IN_BANK.into(), unit_id: Some(operator.unit_id), rules };
        ids.push(services.quizzes.create(&operator, draft).await.map_err(failed)?.quiz.id.0);
    }
    let mut prepared = Prepared {
        url,
        tokens: Arc::default(),
        quizzes: ids,
        first_branch,
        branches: tree.branches,
        bank_revision: 0,
        now,
        attempts: 0,
    };
    let bank = format!("SELECT CAST(revision AS BIGINT) AS number FROM banks WHERE code = '{BUILT_IN_BANK}'");
    prepared.bank_revision = i32::try_from(prepared.number(&bank)?).map_err(|error| error.to_string())?;
    prepared.put_members(0, members)?;
    prepared.put_sessions(members)?;
    // Everything before was put beside the services; these are their first reads of it.
    let mut tokens = Vec::with_capacity(members);
    for number in 1..=members {
        let session = hex_bytes(&session_id(number));
        let refresh = URL_SAFE_NO_PAD.encode([session.as_slice(), &SECRET].concat());
        tokens.push(refresh);
    }
    let logged_in = futures_util::future::try_join_all(
        tokens.iter().map(|refresh| services.accounts.refresh(refresh, Carrier::Body)),
    );
    let logged_in = logged_in.await.map_err(failed)?;
    prepared.tokens = logged_in.into_iter().map(|tickets| tickets.access_token).collect();
    Ok(prepared)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Hash {
    #[diesel(sql_type = Text)]
    password_hash: String,
}

impl Prepared {
    /// The database, as the server's setting.
    pub fn url(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        }
    }

    /// Copies the SQLite file, which nobody may have open, and returns the copy's URL.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn copy_file(&self, to: &Path) -> Result<String, String> {
        let DatabaseUrl::Sqlite(path) = &self.url else { return Err("not a file".into()) };
        std::fs::copy(path, to).map_err(|error| format!("{}: {error}", to.display()))?;
        Ok(format!("sqlite://{}", to.display()))
    }

    fn number(&self, sql: &str) -> Result<i64, String> {
        let row: Number =
            sql_query(sql).get_result(&mut self.connect()?).map_err(|error| format!("{sql}: {error}"))?;
        Ok(row.number)
    }

    /// A connection that is quick to write and loses all in a power cut.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn connect(&self) -> Result<AnyConnection, String> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let path = path.to_str().ok_or("the path is not UTF-8")?;
                let mut connection = SqliteConnection::establish(path).map_err(|error| error.to_string())?;
                connection
                    .batch_execute(
                        "PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; \
                         PRAGMA cache_size = -400000",
                    )
                    .map_err(|error| error.to_string())?;
                Ok(AnyConnection::Sqlite(connection))
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => {
                let connection = diesel::PgConnection::establish(url).map_err(|error| error.to_string())?;
                Ok(AnyConnection::Postgres(connection))
            }
            #[cfg(not(feature = "postgres"))]
            DatabaseUrl::Postgres(_) => Err("built without PostgreSQL".into()),
        }
    }

    fn execute(&self, sql: &str) -> Result<(), String> {
        let done = match &mut self.connect()? {
            AnyConnection::Sqlite(connection) => connection.batch_execute(sql),
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres(connection) => connection.batch_execute(sql),
        };
        done.map_err(|error| format!("{sql:.80}…: {error}"))
    }

    /// Adds members numbered after `from`, up to `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_members(&self, from: usize, until: usize) -> Result<(), String> {
        if from >= until {
            return Ok(());
        }
        let hash: Hash = sql_query("SELECT password_hash FROM members WHERE login = 'admin'")
            .get_result(&mut self.connect()?)
            .map_err(|error| error.to_string())?;
        let (rows, hash) = (numbers(from, until), hash.password_hash);
        let (branch, at) = (self.branch("i"), self.now.plus_seconds(-86_400 * 30).0);
        self.execute(&format!(
            "INSERT INTO members (id, login, login_key, name, unit_id, status, password_hash, \
             must_change_password, created_at) {rows} SELECT {MEMBERS_FROM} + i, 'm' || i, 'm' || i, \
             '党员' || i, {branch}, 'active', '{hash}', FALSE, {at} FROM n; \
             INSERT INTO memberships (member_id, from_at, unit_id) {rows} \
             SELECT {MEMBERS_FROM} + i, {at}, {branch} FROM n;"
        ))
    }

    fn put_sessions(&self, members: usize) -> Result<(), String> {
        let (rows, at) = (numbers(0, members), self.now.0);
        let hash: String = Sha256::digest(SECRET).iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = match &self.url {
            DatabaseUrl::Sqlite(_) => format!("X'{hash}'"),
            DatabaseUrl::Postgres(_) => format!("'\\x{hash}'::bytea"),
        };
        let expires = self.now.plus_seconds(86_400).0;
        self.execute(&format!(
            "INSERT INTO sessions (id, member_id, token_hash, created_at, used_at, expires_at) {rows} \
             SELECT '20000000000000000000' || CAST(100000000000 + i AS TEXT), {MEMBERS_FROM} + i, {hash}, \
             {at}, {at}, {expires} FROM n"
        ))
    }

    /// Adds running attempts of `quiz`, begun in turns by the first `members` members from their ordinal
    /// `ordinal` on; returns the number of the first, for [`attempt_id`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_running(
        &mut self,
        quiz: i64,
        members: usize,
        ordinal: usize,
        count: usize,
    ) -> Result<usize, String> {
        let (first, rows) = (self.attempts + 1, numbers(self.attempts, self.attempts + count));
        let (started, deadline) = (self.now.plus_seconds(-300).0, self.now.plus_seconds(3_300).0);
        let member = format!("(1 + (i - {first}) % {members})");
        let (branch, revision, version) = (self.branch(&member), self.bank_revision, draw::VERSION);
        self.execute(&format!(
            "INSERT INTO begun (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, \
             seed, started_at, deadline) {rows} SELECT {ATTEMPT_ID}, {quiz}, \
             {MEMBERS_FROM} + {member}, {branch}, {ordinal} + (i - {first}) / {members}, {revision}, {version}, \
             i * 2654435761, {started}, {deadline} FROM n ORDER BY i"
        ))?;
        self.attempts += count;
        Ok(first)
    }

    /// Adds one graded attempt of `quiz` for each of the first `members` members.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_graded(&mut self, quiz: i64, members: usize) -> Result<(), String> {
        self.put_graded_over(quiz, members, 1)
    }

    /// The same, spread over the last `days` days.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_graded_over(&mut self, quiz: i64, members: usize, days: usize) -> Result<(), String> {
        let (first, rows) = (self.attempts + 1, numbers(self.attempts, self.attempts + members));
        let started =
            format!("({} - (i * 31 + {quiz}) % {days} * 86400000)", self.now.plus_seconds(GRADED_FROM).0);
        let member = format!("(1 + i - {first})");
        let (branch, revision, version) = (self.branch(&member), self.bank_revision, draw::VERSION);
        let answers: String = (1..=ITEMS).map(|no| format!(",\"{no}\":[\"A\"]")).collect();
        let answers = format!("{{{}}}", answers.trim_start_matches(','));
        let latest =
            self.number("SELECT CAST(COALESCE(MAX(settled_no), 0) AS BIGINT) AS number FROM results")?;
        // Scores in steps of 2.5 points, so that many are shared, and times that break most ties.
        let (score, elapsed) = ("(i * 7919 % 41) * 250", "(60000 + i * 104729 % 540000)");
        self.execute(&format!(
            "INSERT INTO begun (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, \
             seed, started_at, deadline) {rows} SELECT {ATTEMPT_ID}, {quiz}, {MEMBERS_FROM} + {member}, \
             {branch}, 1, {revision}, {version}, i * 2654435761, {started}, {started} + 3600000 FROM n ORDER BY i; \
             INSERT INTO results (settled_no, attempt_no, quiz_id, member_id, unit_id, started_at, closed_by, \
             submitted_at, elapsed_ms, score, max_score, correct, total, passed, answers) {rows} \
             SELECT {latest} + 1 + i - {first}, begun.no, {quiz}, begun.member_id, begun.unit_id, {started}, \
             'submission', {started} + {elapsed}, {elapsed}, {score}, 10000, CAST({score} / 500 AS INTEGER), {ITEMS}, \
             {score} >= 6000, '{answers}' FROM n JOIN begun ON begun.id = {ATTEMPT_ID} ORDER BY i"
        ))?;
        self.attempts += members;
        Ok(())
    }

    /// Whether every graded attempt is within the current `period`.
    pub fn is_within(&self, period: Period) -> bool {
        let Ok(calendar) = Calendar::new(&Settings::default().timezone) else { return false };
        let span = calendar.span(period, calendar.date(self.now));
        let (first, last) = (self.now.plus_seconds(GRADED_FROM), self.now.plus_seconds(GRADED_FROM + 600));
        span.contains(first) && span.contains(last)
    }

    /// What a database that has grown by itself would have done long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settle_down(&self) -> Result<(), String> {
        match &self.url {
            DatabaseUrl::Sqlite(_) => self.execute("PRAGMA wal_checkpoint(TRUNCATE)"),
            DatabaseUrl::Postgres(_) => self.execute("ANALYZE"),
        }
    }

    /// Makes the first member a leader of everything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_leader(&self) -> Result<(), String> {
        let leader = MEMBERS_FROM + 1;
        self.execute(&format!(
            "INSERT INTO role_grants (member_id, unit_id, role) \
             SELECT {leader}, id, 'leader' FROM units WHERE parent_id IS NULL"
        ))
    }

    /// Takes every result into the statistics and fixes the months that are over, as a server does over time.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sum_up(&self) -> Result<(), String> {
        actix_web::rt::System::new().block_on(async {
            let options = DatabaseOptions { url: self.url.clone(), read_connections: 2, write_queue: 65_536 };
            let (database, writers) = Database::open(&options)?;
            let services = Services::start(
                database,
                Settings::default(),
                Arc::new(SystemClock),
                Arc::new(SystemEntropy),
            );
            let failed = |error: qianti::services::ServiceError| error.to_string();
            let services = services.await.map_err(failed)?;
            services.statistics.catch_up().await.map_err(failed)?;
            services.reports.fix_months().await.map_err(failed)?;
            drop(services);
            writers.finish();
            Ok(())
        })
    }

    fn branch(&self, member: &str) -> String {
        format!("({} + {member} % {})", self.first_branch, self.branches)
    }
}

/// [`attempt_id`] of `i`.
const ATTEMPT_ID: &str = "'01900000-0000-7000-8000-' || CAST(100000000000 + i AS TEXT)";

/// The numbers after `from` up to `until`, as `n(i)`.
fn numbers(from: usize, until: usize) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT CAST({} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {until})",
        from + 1
    )
}

fn session_id(number: usize) -> String {
    format!("20000000000000000000{}", 100_000_000_000 + number)
}

fn hex_bytes(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .filter_map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}
