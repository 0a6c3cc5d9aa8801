use std::sync::mpsc;

use super::super::units::{create_unit, list_units};
use super::super::{Conflict, Database, DatabaseOptions};
use super::*;
use crate::domain::org::UnitKind;

/// A fresh database whose queue takes `write_queue` jobs.
fn database(write_queue: usize) -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("qianti.db"));
    let (database, _) = Database::open(&DatabaseOptions { url, read_connections: 1, write_queue }).unwrap();
    (folder, database)
}

/// Keeps the writer busy until the sender is dropped; returns once it is.
async fn occupy(database: &Database) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, released) = mpsc::channel::<()>();
    let (begun, beginning) = oneshot::channel();
    let database = database.clone();
    let held = tokio::spawn(async move {
        let work = move |_: &mut AnyConnection| -> Result<(), StoreError> {
            let _ = begun.send(());
            let _ = released.recv();
            Ok(())
        };
        database.write(work).await.unwrap();
    });
    beginning.await.unwrap();
    (release, held)
}

async fn add(database: &Database, code: &'static str) -> Result<(), StoreError> {
    database
        .write(move |connection| create_unit(connection, None, UnitKind::Zone, code, code).map(|_| ()))
        .await
}

#[tokio::test]
async fn a_job_that_fails_undoes_only_itself_in_the_transaction_that_it_shares() {
    let (_folder, database) = database(16);
    let stats = database.writer_stats();
    let (release, held) = occupy(&database).await;
    let fails_late = database.write(|connection| -> Result<(), StoreError> {
        create_unit(connection, None, UnitKind::Zone, "undone", "undone")?;
        Err(StoreError::Conflict(Conflict::Login))
    });
    let panics = database.write(|_| -> Result<(), StoreError> { panic!("on purpose") });
    let together = futures_util::future::join5(
        add(&database, "first"),
        fails_late,
        add(&database, "first"),
        panics,
        add(&database, "last"),
    );
    // The jobs are queued when they are first polled; only then may the writer go on.
    let mut together = std::pin::pin!(together);
    assert!(futures_util::poll!(&mut together).is_pending());
    let before = stats.commits.load(Ordering::Relaxed);
    drop(release);
    let (first, late, twice, panicked, last) = together.await;
    held.await.unwrap();
    assert!(first.is_ok() && last.is_ok());
    assert!(matches!(late, Err(StoreError::Conflict(Conflict::Login))));
    assert!(matches!(twice, Err(StoreError::Conflict(Conflict::UnitCode))));
    assert!(panicked.is_err());
    assert_eq!(stats.commits.load(Ordering::Relaxed), before + 2, "the held job, then all five in one");
    let codes = database.read(list_units).await.unwrap().into_iter().map(|unit| unit.code);
    assert_eq!(codes.collect::<Vec<_>>(), ["first", "last"]);
}

#[tokio::test]
async fn a_full_queue_turns_away_at_once_and_loses_nothing_that_it_took() {
    let (_folder, database) = database(1);
    let (release, held) = occupy(&database).await;
    let waiting = add(&database, "waiting");
    let mut waiting = std::pin::pin!(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert!(matches!(add(&database, "too-many").await, Err(StoreError::Busy(_))));
    drop(release);
    waiting.await.unwrap();
    held.await.unwrap();
    assert_eq!(database.read(list_units).await.unwrap().len(), 1);
}
