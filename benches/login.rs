//! Whether the time of a login tells if the login exists: `cargo bench --bench login [-- ROUNDS]`. Every round asks for a
//! login of each kind, in an order that changes, so that what the machine does meanwhile falls on all of them alike.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench fails by panicking and speaks on standard output"
)]

use std::sync::Arc;
use std::time::Instant;

use qianti::services::accounts::Carrier;
use qianti::services::{Origin, Services, Settings, SystemClock, SystemEntropy};
use qianti::store::{Database, DatabaseOptions, DatabaseUrl};

/// What is asked for: a name for it, the login, and the password.
const KINDS: [(&str, &str, &str); 3] = [
    ("known login, wrong password", "admin", "Wrong-Pass-2026"),
    ("unknown login", "nobody", "Wrong-Pass-2026"),
    ("known login, wrong password (again)", "admin", "Other-Pass-2026"),
];

fn main() {
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(200);
    actix_web::rt::System::new().block_on(measure(rounds));
}

async fn measure(rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("qianti.db"));
    let options = DatabaseOptions { url, read_connections: 2, write_queue: 64 };
    let (database, _) = Database::open(&options).unwrap();
    let services =
        Services::start(database, Settings::default(), Arc::new(SystemClock), Arc::new(SystemEntropy));
    let services = services.await.unwrap();
    services.first_start(Some("Admin-Pass-2026".into()), qianti::built_in::bank().unwrap()).await.unwrap();
    let origin = Origin { address: [127, 0, 0, 1].into(), devices: None };
    let mut times = vec![vec![]; KINDS.len()];
    for round in 0..rounds + 5 {
        for turn in 0..KINDS.len() {
            let kind = (round + turn) % KINDS.len();
            let (_, login, password) = KINDS[kind];
            let began = Instant::now();
            let refused = services
                .accounts
                .log_in(login, password.into(), "bench".into(), Carrier::Body, &origin)
                .await;
            let took = began.elapsed();
            assert!(refused.is_err());
            // The first rounds warm up.
            if round >= 5 {
                times[kind].push(took);
            }
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort();
            times[times.len() / 2].as_secs_f64() * 1000.0
        })
        .collect();
    println!("{rounds} rounds, median of each:");
    for ((name, ..), median) in KINDS.iter().zip(&medians) {
        println!("  {median:8.3} ms  {name}");
    }
    println!("unknown / known: {:.4}", medians[1] / medians[0]);
    println!("known again / known: {:.4} (what chance alone does)", medians[2] / medians[0]);
}
