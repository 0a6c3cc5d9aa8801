//! Databases of earlier schemas, with data in them, are brought up to date and lose nothing.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use qianti::domain::draw;

/// The schema with which attempts were one wide table.
const ONE_TABLE: [&str; 3] = ["0001_core", "0002_write_path", "0003_practice"];

/// Two graded and two running attempts, one of each with answers, at a contest of two judge questions.
fn data() -> String {
    let version = draw::VERSION;
    let question = |id: i32| {
        format!(
            "INSERT INTO questions (id, bank_id, code) VALUES ({id}, 1, 'q{id}'); \
             INSERT INTO question_versions (question_id, from_revision, bank_id, kind, chapter, difficulty, stem, options, \
             key, explanation, source) VALUES ({id}, 1, 1, 'judge', '第一章', 1, '题{id}', '[]', '[\"true\"]', '', '');"
        )
    };
    let graded = |id: &str, member: i32, answers: &str, score: i32, no: i32| {
        format!(
            "INSERT INTO attempts (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, \
             answers, status, closed_by, submitted_at, elapsed_ms, score, max_score, correct, total, passed, version, \
             settled_no) VALUES ('{id}', 1, {member}, 1, 1, 1, {version}, 7, 1000, '{answers}', 'graded', 'submission', \
             61000, 60000, {score}, 200, {score} / 100, 2, {score} >= 120, 1, {no});"
        )
    };
    let running = |id: &str, member: i32, answers: &str, saved: i32| {
        format!(
            "INSERT INTO attempts (id, quiz_id, member_id, unit_id, ordinal, bank_revision, draw_version, seed, started_at, \
             answers, status, version) VALUES ('{id}', 1, {member}, 1, 2, 1, {version}, 8, 2000, '{answers}', 'running', \
             {saved});"
        )
    };
    let blueprint = r#"{"sections":[{"title":"判断","kinds":["judge"],"chapters":[],"difficulty":[1,5],"count":2,"points":1,"multiple_rule":"half_if_incomplete"}],"shuffle_questions":true,"shuffle_options":true}"#;
    [
        "INSERT INTO units (id, kind, code, name, path) VALUES (1, 'zone', 'zone', '党工委', '/1/');".to_owned(),
        (1..=2)
            .map(|id| {
                format!(
                    "INSERT INTO members (id, login, login_key, name, unit_id, status, password_hash, must_change_password, \
                     created_at) VALUES ({id}, 'm{id}', 'm{id}', '党员{id}', 1, 'active', '', FALSE, 0); \
                     INSERT INTO memberships (member_id, from_at, unit_id) VALUES ({id}, 0, 1);"
                )
            })
            .collect(),
        "INSERT INTO banks (id, code, title, revision, created_at) VALUES (1, 'b', '题库', 1, 0); \
         INSERT INTO bank_revisions (bank_id, revision, created_at) VALUES (1, 1, 0);"
            .to_owned(),
        question(1),
        question(2),
        format!(
            "INSERT INTO quizzes (id, title, kind, bank_id, unit_id, opens_at, pass_percent, reveal, blueprint, revision, \
             created_at) VALUES (1, '竞赛', 'contest', 1, 1, 0, 60, 'after_submit', '{blueprint}', 1, 0);"
        ),
        graded("a1", 1, r#"{"1":["true"],"2":["true"]}"#, 200, 1),
        graded("a2", 2, r#"{"1":["true"]}"#, 100, 2),
        running("a3", 1, r#"{"2":["false"]}"#, 1),
        running("a4", 2, "{}", 0),
        "INSERT INTO learned_attempts (attempt_id) VALUES ('a1');".to_owned(),
    ]
    .concat()
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
    settled_no: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    score: Option<i64>,
}

const ATTEMPTS: &str = "SELECT id, status, answers, settled_no, score FROM attempts ORDER BY id";
const LEARNED: &str = "SELECT attempt_id AS id, '' AS status, '' AS answers, NULL AS settled_no, NULL AS score \
                       FROM learned_attempts";

/// Runs the steps of `folder` up to that schema, as the program of that time has left them.
fn prepare(connection: &mut impl SimpleConnection, folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let run = |sql: &str, connection: &mut dyn SimpleConnection| connection.batch_execute(sql).unwrap();
    run(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        connection,
    );
    for step in ONE_TABLE {
        run(&fs::read_to_string(folder.join(step).join("up.sql")).unwrap(), connection);
        let version = &step[..4];
        run(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"), connection);
    }
    run(&data(), connection);
}

/// What the doctor says of the database, which it brings up to date first.
fn doctor(url: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_qianti"))
        .arg("doctor")
        .env_clear()
        .env("QIANTI_DATABASE_URL", url)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn attempts_of_one_wide_table_stand_as_before_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let connect = || SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    prepare(&mut connect(), "sqlite");
    let before: Vec<Attempt> = sql_query(ATTEMPTS).load(&mut connect()).unwrap();
    assert_eq!(before.len(), 4);
    let said = doctor(&format!("sqlite://{}", path.display()));
    assert!(said.contains("2 results graded again"), "{said}");
    assert_eq!(sql_query(ATTEMPTS).load::<Attempt>(&mut connect()).unwrap(), before);
    assert_eq!(sql_query(LEARNED).load::<Attempt>(&mut connect()).unwrap().len(), 1);
}

#[cfg(feature = "postgres")]
#[test]
fn attempts_of_one_wide_table_stand_as_before_on_postgres() {
    use diesel::PgConnection;
    #[expect(clippy::disallowed_methods, reason = "where the tests' server is, is no setting of the program")]
    let server = std::env::var("QIANTI_TEST_POSTGRES").expect("tests/run names a PostgreSQL server");
    let name = format!("qianti_upgrade_{}", std::process::id());
    let admin = |sql: &str| {
        let mut connection = PgConnection::establish(&format!("{server}/postgres")).unwrap();
        sql_query(sql).execute(&mut connection).unwrap();
    };
    admin(&format!("CREATE DATABASE {name}"));
    let url = format!("{server}/{name}");
    let connect = || PgConnection::establish(&url).unwrap();
    prepare(&mut connect(), "postgres");
    // The rows were put in by their numbers, which the sequences do not know of.
    connect().batch_execute("SELECT setval('attempt_settlements', 2)").unwrap();
    let before: Vec<Attempt> = sql_query(ATTEMPTS).load(&mut connect()).unwrap();
    assert_eq!(before.len(), 4);
    let said = doctor(&url);
    assert!(said.contains("2 results graded again"), "{said}");
    assert_eq!(sql_query(ATTEMPTS).load::<Attempt>(&mut connect()).unwrap(), before);
    assert_eq!(sql_query(LEARNED).load::<Attempt>(&mut connect()).unwrap().len(), 1);
    admin(&format!("DROP DATABASE {name} WITH (FORCE)"));
}
