//! SIGKILL at random moments: promise 1. Members take quizzes without a pause, an admin voids results and adds
//! members, the program (or PostgreSQL, with every process of it) is killed and started again; after each
//! round what clients were told is compared with what they are shown, with the rankings, and at the end with
//! the database, and the doctor has the last word.
//!
//! By hand, with more rounds: `QIANTI_KILL_ROUNDS=100 cargo test --features postgres --test faults kill -- --nocapture`.
//! A run is repeated by its seed: `QIANTI_KILL_SEED`.

mod client;
mod compare;
mod ledger;
mod zone;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use self::compare::{Differences, Stored};
use self::zone::Zone;
use crate::program::{Program, examine, free_port, sqlite_url};

/// Rounds in every test run.
const ROUNDS: usize = 5;
const MEMBERS: usize = 24;
/// Shortest and longest time until the kill, in milliseconds.
const UNTIL_KILL_MS: (u64, u64) = (5, 500);

/// That there is no database is what is tested here: it need not be told for each connection.
const QUIETLY: &str = "error,r2d2=off";

/// What is killed.
trait Victim {
    /// Where its server answers; starts what does not run.
    fn start(&mut self) -> String;
    /// Kills something of it at once; `random` decides what.
    fn kill(&mut self, random: u64);
    fn url(&self) -> String;
    /// Every attempt in the database, read beside the server's back.
    fn stored(&self) -> BTreeMap<String, Stored>;
    /// Stops the server in good order.
    fn stop(&mut self);
}

#[derive(QueryableByName)]
struct StoredRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    quiz: i64,
    #[diesel(sql_type = Bool)]
    is_graded: bool,
    #[diesel(sql_type = BigInt)]
    score: i64,
    #[diesel(sql_type = Bool)]
    is_voided: bool,
}

fn by_id(rows: Vec<StoredRow>) -> BTreeMap<String, Stored> {
    let count = rows.len();
    let stored: BTreeMap<String, Stored> = rows
        .into_iter()
        .map(|row| {
            let StoredRow { id, quiz, is_graded, score, is_voided } = row;
            (id, Stored { quiz, is_graded, score, is_voided })
        })
        .collect();
    assert_eq!(stored.len(), count, "an attempt is in the database twice");
    stored
}

/// A number from the environment, else `default`.
#[expect(clippy::disallowed_methods, reason = "a test that is run by hand is steered by the environment")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

async fn kill_again_and_again(mut victim: impl Victim, what: &str) {
    let rounds = usize::try_from(setting("QIANTI_KILL_ROUNDS", ROUNDS as u64)).unwrap();
    let seed = setting("QIANTI_KILL_SEED", u64::from(std::process::id()));
    eprintln!("{what}: {rounds} rounds, QIANTI_KILL_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let base = victim.start();
    let mut zone = Zone::found(&base, MEMBERS, random.next_u64()).await;
    let mut found = Differences::default();
    let mut starts = Vec::new();
    for round in 1..=rounds {
        if round % 20 == 0 {
            zone.log_in_again().await;
        }
        let since: Vec<usize> = zone.members.iter().map(|member| member.ledger.attempts.len()).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let (least, most) = UNTIL_KILL_MS;
        let moment = Duration::from_millis(least + random.next_u64() % (most - least));
        let killing = async {
            actix_web::rt::time::sleep(moment).await;
            victim.kill(random.next_u64());
            stop.store(true, Ordering::Relaxed);
        };
        futures_util::future::join(zone.work(&stop), killing).await;
        let began = Instant::now();
        victim.start();
        zone.settle().await;
        starts.push(began.elapsed());
        compare::compare_through_the_api(&zone, &since, &mut found).await;
        assert!(found.0.is_empty(), "round {round}, killed after {moment:?}:\n{}", found.0.join("\n"));
    }
    compare::take_over_what_was_left(&mut zone, &mut found).await;
    for quiz in zone.quizzes {
        compare::compare_board(&zone, quiz, &mut found).await;
    }
    compare::compare_the_rest(&zone, &mut found).await;
    victim.stop();
    let stored = victim.stored();
    compare::compare_with_database(&zone, &stored, &mut found);
    assert!(found.0.is_empty(), "{}", found.0.join("\n"));
    would_be_found(&zone, stored);
    examine(&victim.url());
    starts.sort_unstable();
    let (tally, attempts) = (&zone.tally, zone.told().len());
    eprintln!(
        "{what}: {rounds} kills; {attempts} attempts begun, {} results acknowledged, {} requests answered, {} cut off \
         (of them {} results that were committed and not heard of); answering again after {:?} (median), {:?} at most; \
         differences: {}",
        tally.graded.load(Ordering::Relaxed),
        tally.answered.load(Ordering::Relaxed),
        tally.cut.load(Ordering::Relaxed),
        tally.committed_unheard.load(Ordering::Relaxed),
        starts[starts.len() / 2],
        starts[starts.len() - 1],
        found.0.len(),
    );
}

/// The comparison proves itself: a result that is lost, one that is altered, and one too many are each found.
fn would_be_found(zone: &Zone, mut stored: BTreeMap<String, Stored>) {
    let graded = zone.told().into_iter().filter(|(_, told)| told.result.is_some());
    let ids: Vec<&str> = graded.map(|(id, _)| id).take(2).collect();
    let lost = stored.remove(ids[0]).unwrap();
    stored.get_mut(ids[1]).unwrap().score += 1;
    stored.insert("one too many".into(), lost);
    let mut found = Differences::default();
    compare::compare_with_database(zone, &stored, &mut found);
    assert_eq!(found.0.len(), 3, "{:?}", found.0);
}

/// An address that the program gets again after each kill.
fn free_address() -> String {
    format!("127.0.0.1:{}", free_port())
}

struct OnSqlite {
    folder: tempfile::TempDir,
    address: String,
    program: Option<Program>,
}

const STORED: &str = "SELECT a.id AS id, a.quiz_id AS quiz, a.score IS NOT NULL AS is_graded, \
    CAST(COALESCE(a.score, 0) AS BIGINT) AS score, v.attempt_id IS NOT NULL AS is_voided \
    FROM attempts a LEFT JOIN voided_attempts v ON v.attempt_id = a.id";

impl Victim for OnSqlite {
    fn start(&mut self) -> String {
        let listen = [("QIANTI_LISTEN", self.address.as_str()), ("QIANTI_LOG", QUIETLY)];
        let program = Program::start(&self.url(), &listen);
        let base = program.base.clone();
        self.program = Some(program);
        base
    }

    fn kill(&mut self, _random: u64) {
        // Dropping kills it by SIGKILL.
        self.program = None;
    }

    fn url(&self) -> String {
        sqlite_url(self.folder.path())
    }

    fn stored(&self) -> BTreeMap<String, Stored> {
        let file = self.folder.path().join("qianti.db");
        let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        by_id(sql_query(STORED).load(&mut connection).unwrap())
    }

    fn stop(&mut self) {
        self.program.take().unwrap().stop();
    }
}

#[actix_web::test]
async fn kill_the_program_on_sqlite_and_no_acknowledged_result_is_lost_or_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let victim = OnSqlite { folder, address: free_address(), program: None };
    kill_again_and_again(victim, "SQLite").await;
}

#[cfg(feature = "postgres")]
mod on_postgres {
    use diesel::PgConnection;

    use super::*;
    use crate::postgres::Cluster;

    struct OnPostgres {
        cluster: Cluster,
        address: String,
        program: Option<Program>,
        is_down: bool,
    }

    impl Victim for OnPostgres {
        fn start(&mut self) -> String {
            if std::mem::take(&mut self.is_down) {
                self.cluster.go_on();
            }
            let url = self.url();
            let program = self.program.get_or_insert_with(|| {
                Program::start(&url, &[("QIANTI_LISTEN", self.address.as_str()), ("QIANTI_LOG", QUIETLY)])
            });
            program.base.clone()
        }

        fn kill(&mut self, random: u64) {
            // The program, the database's server, or both, as when a machine goes down.
            if random % 3 != 1 {
                self.program = None;
            }
            if !random.is_multiple_of(3) {
                self.cluster.kill();
                self.is_down = true;
            }
        }

        fn url(&self) -> String {
            self.cluster.url()
        }

        fn stored(&self) -> BTreeMap<String, Stored> {
            let mut connection = PgConnection::establish(&self.url()).unwrap();
            by_id(sql_query(STORED).load(&mut connection).unwrap())
        }

        fn stop(&mut self) {
            self.program.take().unwrap().stop();
        }
    }

    #[actix_web::test]
    async fn kill_the_program_and_postgresql_and_no_acknowledged_result_is_lost_or_counted_twice() {
        let victim =
            OnPostgres { cluster: Cluster::start(), address: free_address(), program: None, is_down: false };
        kill_again_and_again(victim, "PostgreSQL").await;
    }
}
