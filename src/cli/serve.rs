//! `qianti serve`.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use super::{Refusal, open, tell_first_start};
use crate::api;
use crate::config::{DatabaseConfig, ServeConfig};
use crate::services::Services;
use crate::services::attempts::SWEEP_BATCH;

/// How often expired attempts are looked for: a result is to be in its rankings within a second.
const SWEEP_EVERY: Duration = Duration::from_millis(500);

/// Migrates, fills an empty database, says where to open the product, and serves until it is told to stop.
pub(super) async fn run(database: DatabaseConfig, serve: ServeConfig) -> Result<(), Refusal> {
    let listener = TcpListener::bind(serve.listen)
        .map_err(|error| Refusal(format!("--listen {}: {error}", serve.listen)))?;
    listener.set_nonblocking(true)?;
    let (services, writers, filled) = open(&database).await?;
    let address = listener.local_addr()?;
    let server = api::bind(Arc::clone(&services), listener, serve.worker_threads())?;
    if let Some(filled) = &filled {
        tell_first_start(filled);
    }
    println!("Data: {}", database.database_url.shown());
    println!("Qianti is ready: open http://{address}/ (API documentation: http://{address}/docs/)");
    let sweeping = actix_web::rt::spawn(sweep(Arc::clone(&services)));
    server.await?;
    sweeping.abort();
    drop(sweeping.await);
    drop(services);
    writers.finish();
    Ok(())
}

/// Settles expired attempts for ever.
async fn sweep(services: Arc<Services>) {
    loop {
        match services.attempts.sweep().await {
            // A full batch: there may be more.
            Ok(count) if count >= SWEEP_BATCH as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the sweep of expired attempts failed"),
        }
        actix_web::rt::time::sleep(SWEEP_EVERY).await;
    }
}
