//! Every setting: its flag, its environment variable of the same name, its default, its check. A bad one is
//! refused at start, by name and with the reason.

use std::net::{SocketAddr, ToSocketAddrs as _};

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, ValueEnum};

use crate::domain::period::Calendar;
use crate::services::Settings;
use crate::store::{DatabaseOptions, DatabaseUrl};

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the data is: what every command needs.
#[derive(Clone, Debug, Args)]
pub struct DatabaseConfig {
    /// The database: `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(
        long,
        global = true,
        env = "QIANTI_DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite://data/qianti.db",
        value_parser = DatabaseUrlParser
    )]
    pub database_url: DatabaseUrl,

    /// The password of the first administrator; without it a random one is made and printed once. Used on
    /// the first start only.
    #[arg(long, global = true, env = "QIANTI_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<String>,

    /// The IANA time zone of days, weeks and months.
    #[arg(
        long,
        global = true,
        env = "QIANTI_TIMEZONE",
        default_value = "Asia/Shanghai",
        value_parser = parse_timezone
    )]
    pub timezone: String,

    /// Database connections for reading.
    #[arg(
        long,
        global = true,
        env = "QIANTI_READ_CONNECTIONS",
        default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    pub read_connections: u32,

    /// Writes that may wait for the database; further ones are answered 503 at once.
    #[arg(
        long,
        global = true,
        env = "QIANTI_WRITE_QUEUE",
        default_value_t = 4096,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub write_queue: u32,

    /// Passwords that are hashed at the same time; 0 means one less than the machine has cores.
    #[arg(
        long,
        global = true,
        env = "QIANTI_HASHING_THREADS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=256)
    )]
    pub hashing_threads: u32,

    /// Logins that may wait to be checked; further ones are answered 503 at once.
    #[arg(
        long,
        global = true,
        env = "QIANTI_HASHING_QUEUE",
        default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub hashing_queue: u32,

    /// Days until an unused session has to log in again.
    #[arg(
        long,
        global = true,
        env = "QIANTI_REFRESH_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=365)
    )]
    pub refresh_days: u32,

    /// Live rankings that are sent at the same time; further ones are answered 503 and ask again by themselves.
    #[arg(
        long,
        global = true,
        env = "QIANTI_OPEN_STREAMS",
        default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub open_streams: u32,

    /// Whether to believe the header X-Forwarded-Proto: `true` only behind a proxy of your own that sets it
    /// on every request. Login cookies are then kept to https.
    #[arg(
        long,
        global = true,
        env = "QIANTI_TRUST_FORWARDED_PROTO",
        default_value_t = false,
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub trust_forwarded_proto: bool,

    /// Seconds for which the server goes on answering after SIGTERM, with /readyz 503 from the first moment on, so
    /// that a proxy that asks /readyz takes it out before it stops.
    #[arg(
        long,
        global = true,
        env = "QIANTI_DRAIN_SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=3600)
    )]
    pub drain_seconds: u32,

    /// How a line of the log is written: `text` for people, `json` for programs.
    #[arg(long, global = true, env = "QIANTI_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// What is logged, in the notation of tracing's `EnvFilter`, such as `info` or `qianti=debug`.
    #[arg(long, global = true, env = "QIANTI_LOG", default_value = "warn,qianti=info", value_parser = parse_log)]
    pub log: String,
}

/// How the server listens.
#[derive(Clone, Debug, Args)]
pub struct ServeConfig {
    /// The address to listen on.
    #[arg(long, env = "QIANTI_LISTEN", default_value = "127.0.0.1:8080", value_parser = parse_address)]
    pub listen: SocketAddr,

    /// Threads that answer requests; 0 means as many as the machine has cores.
    #[arg(
        long,
        env = "QIANTI_WORKERS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=256)
    )]
    pub workers: u32,
}

/// Reads the database's address. clap's own parsers repeat a bad value in the refusal; this one must not:
/// the value may hold a password.
#[derive(Clone)]
struct DatabaseUrlParser;

impl TypedValueParser for DatabaseUrlParser {
    type Value = DatabaseUrl;

    fn parse_ref(
        &self,
        command: &Command,
        _arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<DatabaseUrl, clap::Error> {
        let refuse = |reason: &str| {
            let message = format!("invalid value for '--database-url' (QIANTI_DATABASE_URL): {reason}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        };
        let url = value.to_str().ok_or_else(|| refuse("it is not UTF-8"))?;
        DatabaseUrl::parse(url).map_err(|reason| refuse(&reason))
    }
}

/// An address with its port; a name, such as `localhost:8080`, is looked up.
fn parse_address(address: &str) -> Result<SocketAddr, String> {
    let mut found = address.to_socket_addrs().map_err(|error| format!("{error}; write ADDRESS:PORT"))?;
    found.next().ok_or_else(|| format!("{address} is no address of this machine"))
}

fn parse_timezone(name: &str) -> Result<String, String> {
    Calendar::new(name).map_err(|_| format!("{name} is no IANA time zone"))?;
    Ok(name.to_owned())
}

fn parse_log(filter: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    Ok(filter.to_owned())
}

/// `given`, or for 0 what the machine's cores suggest, less `spare`; at least 1.
fn threads(given: u32, spare: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if given == 0 { cores.saturating_sub(spare).max(1) } else { given as usize }
}

impl DatabaseConfig {
    /// How to open the database.
    pub fn database_options(&self) -> DatabaseOptions {
        DatabaseOptions {
            url: self.database_url.clone(),
            read_connections: self.read_connections,
            write_queue: self.write_queue as usize,
        }
    }

    /// What the services need.
    pub fn settings(&self) -> Settings {
        Settings {
            timezone: self.timezone.clone(),
            refresh_seconds: i64::from(self.refresh_days) * 86_400,
            hashing_threads: threads(self.hashing_threads, 1),
            hashing_queue: self.hashing_queue as usize,
            open_streams: self.open_streams as usize,
            trust_forwarded_proto: self.trust_forwarded_proto,
            drain_seconds: self.drain_seconds,
        }
    }
}

impl ServeConfig {
    /// Threads that answer requests.
    pub fn worker_threads(&self) -> usize {
        threads(self.workers, 0)
    }
}
