//! `qianti serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::{Refusal, log, open, tell_first_start};
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

/// Connections that may wait to be taken, as many as actix-web has wait.
const BACKLOG: i32 = 1024;

/// How often expired attempts are looked for: a result is to be in its rankings within a second.
const SWEEP_EVERY: Duration = Duration::from_millis(500);

/// Migrates, fills an empty database, says where to open the product, and serves until it is told to stop.
pub(super) async fn run(database: DatabaseConfig, serve: ServeConfig) -> Result<(), Refusal> {
    log::hide_panics();
    let taken = |error| Refusal(format!("--listen {}: {error}", serve.listen));
    let socket = bind(serve.listen).map_err(taken)?;
    let (services, writers, filled) = open(&database).await?;
    if database.trust_forwarded_proto && database.trusted_proxies.is_empty() {
        tracing::warn!(
            "behind a proxy, but --trusted-proxies (QIANTI_TRUSTED_PROXIES) is empty: limits by address count everybody as one"
        );
    }
    socket.listen(BACKLOG).map_err(taken)?;
    let listener = std::net::TcpListener::from(socket);
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

/// Takes the address, so that one that is not free is told before anything else; connections are refused until the socket
/// listens, which is when there is somebody to answer: a proxy then asks another instance.
fn bind(address: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // As the standard library does: connections of the instance before may still be in their last minute.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
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

/// Makes and forgets signing keys, and hears when the command line has done so or has changed anything else that is held
/// in memory, for ever.
async fn keep_keys(services: Arc<Services>) {
    loop {
        if let Err(error) = services.context.database.hear_others().await {
            tracing::warn!(%error, "whether another process has written could not be looked at");
        }
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

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn an_address_is_taken_before_anybody_is_let_in() {
        let socket = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        assert!(TcpStream::connect(address).is_err());
        socket.listen(BACKLOG).unwrap();
        TcpStream::connect(address).unwrap();
        assert!(bind(address).is_err());
    }
}
