//! The application under test, which is the one that ships, and the people who use it.

mod actor;
mod bank;
mod calls;
mod database;
mod world;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::dev::ServerHandle;
pub use actor::{Actor, Reply};
pub use bank::{fixture_bank, right_answers, wrong_answer};
pub use calls::reading_calls;
pub use database::TestDatabase;
use qianti::api::Listen;
use qianti::domain::time::Millis;
pub use qianti::services::Services;
pub use qianti::services::Settings;
use qianti::services::{Clock, Entropy, SystemEntropy};
pub use qianti::store::Backend;
use qianti::store::{Database, DatabaseOptions};
pub use serde_json::{Value, json};
pub use world::{PASSWORD, World};

/// The password of the administrator under test.
pub const ADMIN_PASSWORD: &str = "Admin-Pass-2026";
/// Monday, 23 November 2026, 12:00 in Shanghai.
pub const NOON: i64 = 1_795_406_400_000;

/// Runs a test on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($backend:ident) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(clippy::wildcard_imports, clippy::allow_attributes, unused_imports)]
            use super::*;

            async fn run($backend: $crate::harness::Backend) $body

            #[actix_web::test]
            async fn sqlite() {
                run($crate::harness::Backend::Sqlite).await;
            }

            #[cfg(feature = "postgres")]
            #[actix_web::test]
            async fn postgres() {
                run($crate::harness::Backend::Postgres).await;
            }
        }
    )+};
}
pub(crate) use on_both_databases;

/// A clock that stands still until it is told to go on.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.advance_ms(seconds * 1000);
    }

    pub fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// An application under test.
pub struct TestApp {
    pub clock: Arc<ManualClock>,
    pub services: Arc<Services>,
    base: String,
    server: ServerHandle,
    // Last, so that the server is gone before its database.
    database: TestDatabase,
}

impl TestApp {
    /// Starts the application on a fresh database after its first start, with the fixture bank; nothing is
    /// limited by rate.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Settings::default()).await
    }

    /// The same with other settings.
    pub async fn start_with(backend: Backend, settings: Settings) -> Self {
        Self::start_listening(backend, settings, 1000).await
    }

    /// The same with so many connections at the same time.
    pub async fn start_listening(backend: Backend, settings: Settings, connections: usize) -> Self {
        let database = TestDatabase::create(backend);
        let (store, _) =
            Database::open(&DatabaseOptions { url: database.url(), read_connections: 4, write_queue: 1024 })
                .unwrap();
        let clock = Arc::new(ManualClock(AtomicI64::new(NOON)));
        let settings = Settings { hashing_threads: 2, ..settings };
        let services = Services::start(store, settings, Arc::clone(&clock) as _, Arc::new(SystemEntropy));
        let services = Arc::new(services.await.unwrap());
        let filled = services.first_start(Some(ADMIN_PASSWORD.into()), fixture_bank()).await.unwrap();
        assert!(filled.is_some(), "the database was not fresh");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server =
            qianti::api::bind(Arc::clone(&services), listener, Listen { workers: 1, connections }).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { clock, services, base, server: handle, database }
    }

    /// Another instance on the same database.
    pub async fn another_instance(&self) -> Services {
        self.another_instance_with(Arc::new(SystemEntropy)).await
    }

    /// The same with another random source.
    pub async fn another_instance_with(&self, entropy: Arc<dyn Entropy>) -> Services {
        let options = DatabaseOptions { url: self.database.url(), read_connections: 2, write_queue: 256 };
        let (store, _) = Database::open(&options).unwrap();
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Services::start(store, Settings::default(), clock, entropy).await.unwrap()
    }

    /// Does to the database what no service does.
    pub fn change_schema(&self, sql: &str) {
        self.database.execute(sql);
    }

    /// A connection that speaks no HTTP by itself.
    pub fn connect(&self) -> std::net::TcpStream {
        std::net::TcpStream::connect(self.base.trim_start_matches("http://")).unwrap()
    }

    /// Somebody who is not logged in.
    pub fn anonymous(&self) -> Actor {
        Actor::new(&self.base, None)
    }

    /// Somebody who logs in.
    pub async fn log_in(&self, login: &str, password: &str) -> Actor {
        let body = json!({"login": login, "password": password});
        let reply = self.anonymous().post("/auth/login", body).await.expect(200);
        Actor::new(&self.base, reply["access_token"].as_str())
    }

    /// The administrator of the first start.
    pub async fn admin(&self) -> Actor {
        self.log_in("admin", ADMIN_PASSWORD).await
    }

    /// Somebody with this access token.
    pub fn with_token(&self, token: &str) -> Actor {
        Actor::new(&self.base, Some(token))
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The command is sent at once; nobody waits for the workers.
        drop(self.server.stop(false));
        if !std::thread::panicking() {
            let database = &self.services.context.database;
            assert_eq!(database.writes_waiting(), 0, "writes were left in the queue");
        }
    }
}
