//! `qianti serve`.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Refusal, open, tell_first_start};
use crate::api;
use crate::config::{DatabaseConfig, ServeConfig};
use crate::services::Services;
use crate::services::attempts::SWEEP_BATCH;
use crate::services::statistics::Followed;
use crate::services::vitals::Task;

/// How often the database is asked for results that this instance was not told of, and how often the
/// listener is asked whether there are any.
const FOLLOW_EVERY: Duration = Duration::from_millis(400);
const LISTEN_EVERY: Duration = Duration::from_millis(50);

/// How often results are taken into the statistics.
const SUM_UP_EVERY: Duration = Duration::from_secs(1);

/// How often the signing keys are looked at: so long an access token may stay good after `qianti keys rotate`.
const KEEP_KEYS_EVERY: Duration = Duration::from_millis(500);

/// How often what is held for expired tokens is let go.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// How often a month is looked for that can be closed.
const CLOSE_EVERY: Duration = Duration::from_secs(60);

/// How often expired attempts are looked for: a result is to be in its rankings within a second.
const SWEEP_EVERY: Duration = Duration::from_millis(500);

/// Migrates, fills an empty database, says where to open the product, and serves until it is told to stop.
pub(super) async fn run(database: DatabaseConfig, serve: ServeConfig) -> Result<(), Refusal> {
    let listener = TcpListener::bind(serve.listen)
        .map_err(|error| Refusal(format!("--listen {}: {error}", serve.listen)))?;
    listener.set_nonblocking(true)?;
    let (services, writers, filled) = open(&database).await?;
    if database.trust_forwarded_proto && database.trusted_proxies.is_empty() {
        tracing::warn!(
            "behind a proxy, but --trusted-proxies (QIANTI_TRUSTED_PROXIES) is empty: limits by address count everybody as one"
        );
    }
    let address = listener.local_addr()?;
    let listen = api::Listen { workers: serve.worker_threads(), connections: serve.connections as usize };
    let server = api::bind(Arc::clone(&services), listener, listen)?;
    if let Some(filled) = &filled {
        tell_first_start(filled);
    }
    println!("Data: {}", database.database_url.shown());
    println!("Qianti is ready: open http://{address}/ (API documentation: http://{address}/docs/)");
    let sweeping = actix_web::rt::spawn(sweep(Arc::clone(&services)));
    let following = actix_web::rt::spawn(follow(Arc::clone(&services)));
    let closing = actix_web::rt::spawn(close_months(Arc::clone(&services)));
    let summing = actix_web::rt::spawn(sum_up(Arc::clone(&services)));
    let keeping = actix_web::rt::spawn(keep_keys(Arc::clone(&services)));
    let forgetting = actix_web::rt::spawn(forget_expired(Arc::clone(&services)));
    server.await?;
    for task in [sweeping, following, summing, closing, keeping, forgetting] {
        task.abort();
        drop(task.await);
    }
    drop(services);
    writers.finish();
    Ok(())
}

/// Settles expired attempts for ever.
async fn sweep(services: Arc<Services>) {
    loop {
        match services.run_task(Task::Sweep, services.attempts.sweep()).await {
            // A full batch: there may be more.
            Ok(count) if count >= SWEEP_BATCH as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the sweep of expired attempts failed"),
        }
        actix_web::rt::time::sleep(SWEEP_EVERY).await;
    }
}

/// Keeps the statistics up to date, for ever.
async fn sum_up(services: Arc<Services>) {
    loop {
        let began = Instant::now();
        let pause = match services.run_task(Task::Statistics, services.statistics.follow()).await {
            // Members' requests need the processor too.
            Ok(Followed::Took { more: true, .. }) => began.elapsed().min(SUM_UP_EVERY),
            Ok(_) => SUM_UP_EVERY,
            Err(error) => {
                tracing::warn!(%error, "the statistics could not be brought up to date");
                SUM_UP_EVERY
            }
        };
        actix_web::rt::time::sleep(pause).await;
    }
}

/// Makes and forgets signing keys, and hears when the command line has done so, for ever.
async fn keep_keys(services: Arc<Services>) {
    loop {
        actix_web::rt::time::sleep(KEEP_KEYS_EVERY).await;
        if let Err(error) = services.accounts.keep_keys().await {
            tracing::warn!(%error, "the signing keys could not be looked at");
        }
    }
}

/// Lets go of what is held for tokens that have expired, for ever.
async fn forget_expired(services: Arc<Services>) {
    loop {
        actix_web::rt::time::sleep(FORGET_EVERY).await;
        services.accounts.forget_expired();
    }
}

/// Fixes the reports of months that are over, for ever.
async fn close_months(services: Arc<Services>) {
    loop {
        match services.run_task(Task::Months, services.reports.fix_months()).await {
            Ok(0) => {}
            Ok(reports) => tracing::info!(reports, "the reports of closed months are fixed"),
            Err(error) => tracing::warn!(%error, "the reports of a month could not be fixed"),
        }
        actix_web::rt::time::sleep(CLOSE_EVERY).await;
    }
}

/// Keeps the rankings in step with what other instances write, for ever.
async fn follow(services: Arc<Services>) {
    let mut waited = Duration::ZERO;
    loop {
        actix_web::rt::time::sleep(LISTEN_EVERY).await;
        waited += LISTEN_EVERY;
        if waited < FOLLOW_EVERY && !services.leaderboards.expects_results() {
            continue;
        }
        waited = Duration::ZERO;
        if let Err(error) = services.run_task(Task::Rankings, services.leaderboards.follow()).await {
            tracing::warn!(%error, "results of other instances could not be read");
        }
    }
}
