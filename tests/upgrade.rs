//! Databases of every schema that was ever released, with data in them, are brought up to date and lose nothing; one of
//! a newer program is refused.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use qianti::domain::draw;

/// The schemas in which attempts were one wide table end with this one; the next has results of their own.
const LAST_WITH_ONE_TABLE: usize = 3;

/// The schemas that had monthly reports, and did not know yet which months were closed.
const FIRST_WITH_REPORTS: usize = 5;
const LAST_WITHOUT_CLOSED_MONTHS: usize = 8;

/// The steps of a database, in order.
fn steps(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let mut steps: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    steps.retain(|path| path.is_dir());
    steps.sort();
    steps
}

/// The number that a step is known by.
fn version(step: &Path) -> String {
    step.file_name().unwrap().to_str().unwrap()[..4].to_owned()
}

/// A graded attempt: id, member, answers, score, number of the result.
const GRADED: [(&str, i32, &str, i32, i32); 2] =
    [("a1", 1, r#"{"1":["true"],"2":["true"]}"#, 200, 1), ("a2", 2, r#"{"1":["true"]}"#, 100, 2)];
/// A running attempt: id, member, answers, how often they were saved.
const RUNNING: [(&str, i32, &str, i32); 2] = [("a3", 1, r#"{"2":["false"]}"#, 1), ("a4", 2, "{}", 0)];

/// People, a bank of two judge questions and a contest of them; the same in every schema.
fn world() -> String {
    let question = |id: i32| {
        format!(
            "INSERT INTO questions (id, bank_id, code) VALUES ({id}, 1, 'q{id}'); \
             INSERT INTO question_versions (question_id, from_revision, bank_id, kind, chapter, difficulty, stem, options, \
             key, explanation, source) VALUES ({id}, 1, 1, 'judge', '第一章', 1, '题{id}', '[]', '[\"true\"]', '', '');"
        )
    };
    let member = |id: i32| {
        format!(
            "INSERT INTO members (id, login, login_key, name, unit_id, status, password_hash, must_change_password, \
             created_at) VALUES ({id}, 'm{id}', 'm{id}', '党员{id}', 1, 'active', '', FALSE, 0); \
             INSERT INTO memberships (member_id, from_at, unit_id) VALUES ({id}, 0, 1);"
        )
    };
    let blueprint = r#"{"sections":[{"title":"判断","kinds":["judge"],"chapters":[],"difficulty":[1,5],"count":2,"points":1,"multiple_rule":"half_if_incomplete"}],"shuffle_questions":true,"shuffle_options":true}"#;
    [
        "INSERT INTO units (id, kind, code, name, path) VALUES (1, 'zone', 'zone', '党工委', '/1/');".to_owned(),
        member(1),
        member(2),
        "INSERT INTO banks (id, code, title, revision, created_at) VALUES (1, 'b', '题库', 1, 0); \
         INSERT INTO bank_revisions (bank_id, revision, created_at) VALUES (1, 1, 0);"
            .to_owned(),
        question(1),
        question(2),
        format!(
            "INSERT INTO quizzes (id, title, kind, bank_id, unit_id, opens_at, pass_percent, reveal, blueprint, revision, \
             created_at) VALUES (1, '竞赛', 'contest', 1, 1, 0, 60, 'after_submit', '{blueprint}', 1, 0);"
        ),
    ]
    .concat()
}

/// The attempts as the program of schema `schema` wrote them into one wide table.
fn attempts_of_one_table(schema: usize) -> String {
    // Counts of changes and numbers of results came with the second schema.
    let (columns, numbered) = if schema == 1 { ("", false) } else { (", version, settled_no", true) };
    let draw = draw::VERSION;
    let graded = GRADED.map(|(id, member, answers, score, no)| {
        let more = if numbered { format!(", 1, {no}") } else { String::new() };
        format!(
            "INSERT INTO attempts (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, \
             answers, status, closed_by, submitted_at, elapsed_ms, score, max_score, correct, total, passed{columns}) \
             VALUES ('{id}', 1, {member}, 1, 1, 1, {draw}, 7, 1000, '{answers}', 'graded', 'submission', \
             61000, 60000, {score}, 200, {score} / 100, 2, {score} >= 120{more});"
        )
    });
    let running = RUNNING.map(|(id, member, answers, saved)| {
        let more = if numbered { format!(", {saved}, NULL") } else { String::new() };
        format!(
            "INSERT INTO attempts (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, \
             answers, status{columns}) VALUES ('{id}', 1, {member}, 1, 2, 1, {draw}, 8, 2000, '{answers}', 'running'{more});"
        )
    });
    [graded.concat(), running.concat()].concat()
}

/// The attempts as later programs write them: what was begun, what was saved, what came of it.
fn attempts_with_results() -> String {
    let draw = draw::VERSION;
    let begun = |id: &str, member: i32, ordinal: i32, seed: i32, at: i32| {
        format!(
            "INSERT INTO begun (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at) \
             VALUES ('{id}', 1, {member}, 1, {ordinal}, 1, {draw}, {seed}, {at});"
        )
    };
    let graded = GRADED.map(|(id, member, answers, score, no)| {
        begun(id, member, 1, 7, 1000)
            + &format!(
                "INSERT INTO results (settled_no, attempt_no, quiz_id, member_id, unit_id, started_at, closed_by, \
                 submitted_at, elapsed_ms, score, max_score, correct, total, passed, answers) \
                 SELECT {no}, no, 1, {member}, 1, 1000, 'submission', 61000, 60000, {score}, 200, {score} / 100, 2, \
                 {score} >= 120, '{answers}' FROM begun WHERE id = '{id}';"
            )
    });
    let running = RUNNING.map(|(id, member, answers, saved)| {
        let draft = format!(
            "INSERT INTO drafts (attempt_no, version, answers) SELECT no, {saved}, '{answers}' FROM begun WHERE id = '{id}';"
        );
        begun(id, member, 2, 8, 2000) + if saved > 0 { &draft } else { "" }
    });
    [graded.concat(), running.concat()].concat()
}

/// A month whose reports are all there, and one in which a unit that was ranked has none: it was not finished.
fn monthly_reports() -> String {
    let figures = r#"{"active_members":2,"participants":0,"participation":0.0,"results":0,"mean_score":0,"mean_percent":null,"pass_rate":null,"excellence_rate":null,"mean_elapsed_ms":null}"#;
    let unit = |id: i32| format!(r#"{{"id":{id},"kind":"zone","code":"zone","name":"党工委"}}"#);
    let ranked = format!(r#"{{"rank":1,"unit":{},"figures":{figures},"before_mean_score":null}}"#, unit(2));
    let report = |month: &str, ranking: &str| {
        format!(
            r#"INSERT INTO monthly_reports (month, unit_id, fixed_at, report) VALUES ('{month}', 1, 5, '{{"unit":{},"month":"{month}","figures":{figures},"before":null,"ranking":[{ranking}],"best_members":[],"weak_chapters":[],"change":{{"participation":null,"mean_percent":null,"pass_rate":null}}}}');"#,
            unit(1)
        )
    };
    report("2026-09", "") + &report("2026-10", &ranked)
}

/// Everything that the program of schema `schema` has left.
fn data(schema: usize, folder: &str) -> String {
    let attempts =
        if schema <= LAST_WITH_ONE_TABLE { attempts_of_one_table(schema) } else { attempts_with_results() };
    let mut data = world() + &attempts;
    if schema >= 3 {
        data.push_str("INSERT INTO learned_attempts (attempt_id) VALUES ('a1');");
    }
    if schema >= FIRST_WITH_REPORTS {
        data.push_str(&monthly_reports());
    }
    if schema >= 6 {
        data.push_str(
            "INSERT INTO audit_log (at, actor_id, action, subject_kind, subject_id, subject_name, unit_id, unit_name, \
             unit_path) VALUES (1, 1, 'member_added', 'member', '2', '党员2', 1, '党工委', '/1/');",
        );
    }
    if schema >= 2 && folder == "postgres" {
        // The rows were put in by their numbers, which the sequence does not know of.
        data.push_str("SELECT setval('attempt_settlements', 2);");
    }
    data
}

/// An attempt as it stands.
#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Attempt {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Text)]
    answers: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    score: Option<i64>,
}

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    settled_no: Option<i64>,
}

const ATTEMPTS: &str = "SELECT id, status, answers, CAST(score AS BIGINT) AS score FROM attempts ORDER BY id";
const NUMBERS: &str = "SELECT id, settled_no FROM attempts WHERE status = 'graded' ORDER BY id";
const LEARNED: &str = "SELECT attempt_id AS id, '' AS status, '' AS answers, CAST(NULL AS BIGINT) AS score FROM learned_attempts";

/// Runs the first steps of `folder`, and leaves data as the program of that time did.
fn prepare(connection: &mut impl SimpleConnection, folder: &str, schema: usize) {
    let run = |sql: &str, connection: &mut dyn SimpleConnection| connection.batch_execute(sql).unwrap();
    run(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        connection,
    );
    for step in &steps(folder)[..schema] {
        run(&fs::read_to_string(step.join("up.sql")).unwrap(), connection);
        run(
            &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{}')", version(step)),
            connection,
        );
    }
    run(&data(schema, folder), connection);
}

/// Runs a command of the program.
fn qianti(url: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qianti"))
        .args(args)
        .env_clear()
        .env("QIANTI_DATABASE_URL", url)
        .output()
        .unwrap()
}

/// What the doctor says of the database, which it brings up to date first.
fn doctor(url: &str) -> String {
    let output = qianti(url, &["doctor"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Brings a database of `schema` up to date and looks that all of it is there. A macro, because connections of the two
/// databases have no type in common.
macro_rules! brought_up_to_date {
    ($url:expr, $connect:expr, $folder:expr, $schema:expr) => {
        prepare(&mut $connect(), $folder, $schema);
        let before: Vec<Attempt> = sql_query(ATTEMPTS).load(&mut $connect()).unwrap();
        assert_eq!(before.len(), 4);
        let said = doctor($url);
        assert!(said.contains("2 results graded again"), "from schema {}: {said}", $schema);
        let closed = usize::from((FIRST_WITH_REPORTS..=LAST_WITHOUT_CLOSED_MONTHS).contains(&$schema));
        let months = format!("{closed} closed months looked through");
        assert!(said.contains(&months), "from schema {}: {said}", $schema);
        assert_eq!(sql_query(ATTEMPTS).load::<Attempt>(&mut $connect()).unwrap(), before);
        let numbers: Vec<Numbered> = sql_query(NUMBERS).load(&mut $connect()).unwrap();
        let numbers: Vec<_> = numbers.iter().map(|row| (row.id.as_str(), row.settled_no)).collect();
        assert_eq!(numbers, [("a1", Some(1)), ("a2", Some(2))], "from schema {}", $schema);
        let learned = usize::from($schema >= 3);
        assert_eq!(sql_query(LEARNED).load::<Attempt>(&mut $connect()).unwrap().len(), learned);
    };
}

/// Every command that opens the database refuses one of a newer program with a clear word, and leaves it alone.
fn refuses_newer(url: &str, commands: &[&[&str]]) {
    for args in commands {
        let output = qianti(url, args);
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {reason}");
        assert!(reason.contains("数据库比程序新"), "{args:?}: {reason}");
        assert!(reason.contains("The database is newer than this program"), "{args:?}: {reason}");
        assert!(reason.contains("9999"), "{args:?}: {reason}");
        assert!(!reason.contains("panicked") && !reason.contains("stack"), "{args:?}: {reason}");
        assert!(output.stdout.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

const NEWER: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/question_bank/README.md");
const OPENING: [&[&str]; 7] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["doctor"],
    &["bank", "import", BANK, "--bank", "b"],
    &["demo"],
    &["admin", "add", "x"],
    &["members", "import", BANK],
    &["keys", "rotate"],
];

#[test]
fn every_schema_with_data_is_brought_up_to_date_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    for schema in 1..=steps("sqlite").len() {
        let path = folder.path().join(format!("{schema}.db"));
        let connect = || SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        brought_up_to_date!(&format!("sqlite://{}", path.display()), connect, "sqlite", schema);
    }
}

#[test]
fn a_newer_database_is_refused_by_every_command_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.db");
    let url = format!("sqlite://{}", path.display());
    let connect = || SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    prepare(&mut connect(), "sqlite", steps("sqlite").len());
    connect().batch_execute(NEWER).unwrap();
    let before: Vec<Attempt> = sql_query(ATTEMPTS).load(&mut connect()).unwrap();
    refuses_newer(&url, &OPENING);
    let copy = folder.path().join("copy.db");
    refuses_newer(&url, &[&["backup", copy.to_str().unwrap()]]);
    assert!(!copy.exists());
    // A backup of a newer program is not restored by an older one either.
    let fresh = folder.path().join("fresh/qianti.db");
    refuses_newer(&format!("sqlite://{}", fresh.display()), &[&["restore", path.to_str().unwrap()]]);
    assert_eq!(fs::read_dir(fresh.parent().unwrap()).unwrap().count(), 0);
    assert_eq!(sql_query(ATTEMPTS).load::<Attempt>(&mut connect()).unwrap(), before);
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::PgConnection;

    use super::*;

    /// A database of its own; gone when it is dropped.
    struct Fresh {
        server: String,
        name: String,
    }

    impl Fresh {
        fn create(what: &str) -> Self {
            #[expect(
                clippy::disallowed_methods,
                reason = "where the tests' server is, is no setting of the program"
            )]
            let server = std::env::var("QIANTI_TEST_POSTGRES").expect("tests/run names a PostgreSQL server");
            let fresh = Self { server, name: format!("qianti_upgrade_{what}_{}", std::process::id()) };
            fresh.admin(&format!("CREATE DATABASE {}", fresh.name));
            fresh
        }

        fn admin(&self, sql: &str) {
            let mut connection = PgConnection::establish(&format!("{}/postgres", self.server)).unwrap();
            sql_query(sql).execute(&mut connection).unwrap();
        }

        fn url(&self) -> String {
            format!("{}/{}", self.server, self.name)
        }

        fn connect(&self) -> PgConnection {
            PgConnection::establish(&self.url()).unwrap()
        }
    }

    impl Drop for Fresh {
        fn drop(&mut self) {
            self.admin(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }

    #[test]
    fn every_schema_with_data_is_brought_up_to_date_on_postgres() {
        for schema in 1..=steps("postgres").len() {
            let database = Fresh::create(&schema.to_string());
            let connect = || database.connect();
            brought_up_to_date!(&database.url(), connect, "postgres", schema);
        }
    }

    #[test]
    fn a_newer_database_is_refused_by_every_command_on_postgres() {
        let database = Fresh::create("newer");
        prepare(&mut database.connect(), "postgres", steps("postgres").len());
        database.connect().batch_execute(NEWER).unwrap();
        refuses_newer(&database.url(), &OPENING);
        let output = qianti(&database.url(), &["backup", "never.db"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("pg_dump"));
    }
}
