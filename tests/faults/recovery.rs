//! PostgreSQL is lost with its disk: it comes back from a base backup and the archive of its log, to any instant, as
//! docs/operations.md says; and the daily dump of a live database restores.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};

use super::backup::{RESULTS, has_all, results_of};
use super::crowd::Crowd;
use super::postgres::Cluster;
use super::program::{Program, examine};

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

#[actix_web::test]
async fn a_lost_postgres_comes_back_from_base_backup_and_archive_to_an_instant() {
    let cluster = Cluster::start_archiving();
    let url = cluster.url();
    let program = Program::start(&url, &[]);
    let crowd = Crowd::gather(&program.base, 8).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let acknowledged = crowd.acknowledged();
    let connect = || PgConnection::establish(&url).unwrap();
    let work = async {
        tally.wait_for_more(100).await;
        cluster.back_up();
        tally.wait_for_more(100).await;
        // The instant to come back to: what is acknowledged now was committed before it.
        let known = acknowledged.lock().unwrap().clone();
        let instant: Said =
            sql_query("SELECT clock_timestamp()::text AS said").get_result(&mut connect()).unwrap();
        tally.wait_for_more(100).await;
        let all = acknowledged.lock().unwrap().clone();
        stop.store(true, Ordering::SeqCst);
        (known, instant.said, all)
    };
    let (_, (known, instant, all)) = futures_util::future::join(crowd.answer(&stop), work).await;
    // The end of the log is archived when its file is full or after archive_timeout; then the disk is lost.
    let ended: Said =
        sql_query("SELECT pg_walfile_name(pg_switch_wal()) AS said").get_result(&mut connect()).unwrap();
    cluster.wait_until_archived(&ended.said);
    program.kill();
    cluster.stop("immediate");

    // The end first: what is played up to an instant goes on as another history, which the next recovery would follow.
    for (target, expected) in [(None, &all), (Some(instant.as_str()), &known)] {
        cluster.recover(target);
        examine(&url);
        let results = results_of(sql_query(RESULTS).load(&mut connect()).unwrap());
        has_all(&results, expected);
        eprintln!("recovered to {target:?}: {} acknowledged, {} there", expected.len(), results.len());
        if target.is_some() {
            assert!(results.len() < all.len(), "what came after the instant is not there");
        }
        if target.is_none() {
            cluster.stop("fast");
        }
    }
}

#[actix_web::test]
async fn a_dump_of_a_live_postgres_restores_and_has_what_was_acknowledged_before_it() {
    let cluster = Arc::new(Cluster::start());
    let program = Program::start(&cluster.url(), &[]);
    let crowd = Crowd::gather(&program.base, 8).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let acknowledged = crowd.acknowledged();
    let work = async {
        let mut dumped = Vec::new();
        for no in 0..3 {
            tally.wait_for_more(100).await;
            let known = acknowledged.lock().unwrap().clone();
            let name = format!("drill{no}");
            let graded = tally.graded.load(Ordering::SeqCst);
            // Elsewhere, so that the members go on meanwhile.
            let (dumping, file) = (Arc::clone(&cluster), name.clone());
            actix_web::rt::task::spawn_blocking(move || dumping.dump(&file)).await.unwrap();
            dumped.push((name, known, graded));
        }
        tally.wait_for_more(100).await;
        stop.store(true, Ordering::SeqCst);
        dumped
    };
    let (_, dumped) = futures_util::future::join(crowd.answer(&stop), work).await;
    for (name, known, graded) in dumped {
        let url = cluster.restore(&name);
        examine(&url);
        let results =
            results_of(sql_query(RESULTS).load(&mut PgConnection::establish(&url).unwrap()).unwrap());
        has_all(&results, &known);
        eprintln!("{name}: {graded} acknowledged before it, {} there", results.len());
    }
    program.stop();
}
