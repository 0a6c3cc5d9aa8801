//! A database of its own for every test.

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use qianti::store::{Backend, DatabaseUrl};

/// A database that goes when it is dropped.
pub enum TestDatabase {
    Sqlite(tempfile::TempDir),
    #[cfg(feature = "postgres")]
    Postgres(postgres::PostgresDatabase),
}

impl TestDatabase {
    pub fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::Sqlite(tempfile::tempdir().unwrap()),
            #[cfg(feature = "postgres")]
            Backend::Postgres => Self::Postgres(postgres::PostgresDatabase::create()),
            #[cfg(not(feature = "postgres"))]
            Backend::Postgres => panic!("built without PostgreSQL"),
        }
    }

    pub fn url(&self) -> DatabaseUrl {
        match self {
            Self::Sqlite(folder) => DatabaseUrl::Sqlite(folder.path().join("qianti.db")),
            #[cfg(feature = "postgres")]
            Self::Postgres(database) => DatabaseUrl::Postgres(database.url.clone()),
        }
    }

    /// Runs statements on a connection of their own.
    pub fn execute(&self, sql: &str) {
        match self.url() {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                connection.batch_execute(sql).unwrap();
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => {
                diesel::PgConnection::establish(&url).unwrap().batch_execute(sql).unwrap();
            }
            #[cfg(not(feature = "postgres"))]
            DatabaseUrl::Postgres(_) => panic!("built without PostgreSQL"),
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, PgConnection};
    use qianti::store::{Database, DatabaseOptions, DatabaseUrl};

    static TEMPLATE: OnceLock<String> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);

    pub struct PostgresDatabase {
        pub url: String,
        name: String,
    }

    /// The server that `tests/run` has started; the tests on PostgreSQL fail without it.
    fn server() -> String {
        #[expect(clippy::disallowed_methods, reason = "where the test server is, is no setting of the product")]
        std::env::var("QIANTI_TEST_POSTGRES")
            .expect("QIANTI_TEST_POSTGRES names a PostgreSQL server, as postgres://user@host:port; tests/run starts one")
    }

    fn run(sql: &str) {
        let mut connection = PgConnection::establish(&format!("{}/postgres", server())).unwrap();
        connection.batch_execute(sql).unwrap();
    }

    /// A database with the migrations done, to copy from.
    fn template() -> &'static str {
        TEMPLATE.get_or_init(|| {
            let name = format!("qianti_template_{}", std::process::id());
            run(&format!("CREATE DATABASE {name}"));
            let url = DatabaseUrl::Postgres(format!("{}/{name}", server()));
            let options = DatabaseOptions { url, read_connections: 1, write_queue: 1 };
            let (database, writers) = Database::open(&options).unwrap();
            drop(database);
            writers.finish();
            run(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
            name
        })
    }

    impl PostgresDatabase {
        pub fn create() -> Self {
            let name = format!("qianti_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            run(&format!("CREATE DATABASE {name} TEMPLATE {}", template()));
            Self { url: format!("{}/{name}", server()), name }
        }
    }

    impl Drop for PostgresDatabase {
        fn drop(&mut self) {
            run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}
