//! Every setting: its flag, its environment variable of the same name, its default, its check. A bad one is
//! refused at start, by name and with the reason.

mod values;

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

pub use self::values::Limit;
use self::values::{
    DatabaseUrlParser, LIMIT, parse_address, parse_limit, parse_log, parse_network, parse_timezone,
};
use crate::services::{Limits, Settings};
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
    /// Proxies of your own, as addresses or networks with commas between them, such as `127.0.0.1,10.0.0.0/8`: what
    /// they say in X-Forwarded-For and X-Forwarded-Proto is believed, and nobody else's word for it.
    #[arg(
        long,
        global = true,
        env = "QIANTI_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_parser = parse_network,
        value_name = "ADDRESS,…"
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// Requests of a member, written RATE/BURST: so many a second, and so many at once; 0 means no limit.
    #[arg(long, global = true, env = "QIANTI_LIMIT_GENERAL", default_value = "200/2000", value_parser = parse_limit, value_name = LIMIT)]
    pub limit_general: Limit,

    /// The same for beginning, saving and submitting attempts, and for practice.
    #[arg(long, global = true, env = "QIANTI_LIMIT_ANSWER", default_value = "100/1000", value_parser = parse_limit, value_name = LIMIT)]
    pub limit_answer: Limit,

    /// The same for files in and out, new initial passwords, and previews of papers.
    #[arg(long, global = true, env = "QIANTI_LIMIT_HEAVY", default_value = "2/60", value_parser = parse_limit, value_name = LIMIT)]
    pub limit_heavy: Limit,

    /// Logins and refreshes of an address, whether they succeed or not.
    #[arg(long, global = true, env = "QIANTI_LIMIT_AUTH", default_value = "50/2000", value_parser = parse_limit, value_name = LIMIT)]
    pub limit_auth: Limit,

    /// Requests of an address without a token that is good.
    #[arg(long, global = true, env = "QIANTI_LIMIT_ANONYMOUS", default_value = "100/2000", value_parser = parse_limit, value_name = LIMIT)]
    pub limit_anonymous: Limit,

    /// Whether logins that fail slow down those that follow for the same login or from the same address.
    #[arg(
        long,
        global = true,
        env = "QIANTI_LIMIT_FAILED_LOGINS",
        default_value_t = true,
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub limit_failed_logins: bool,

    /// Seconds that a request's head may take to arrive.
    #[arg(
        long,
        global = true,
        env = "QIANTI_HEAD_SECONDS",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=3600)
    )]
    pub head_seconds: u32,

    /// Seconds that a request's body may take to arrive.
    #[arg(
        long,
        global = true,
        env = "QIANTI_BODY_SECONDS",
        default_value_t = 120,
        value_parser = clap::value_parser!(u32).range(1..=3600)
    )]
    pub body_seconds: u32,

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

    /// Connections that are open at the same time; further ones wait until one is closed.
    #[arg(
        long,
        env = "QIANTI_CONNECTIONS",
        default_value_t = 25_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub connections: u32,
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
            trusted_proxies: self.trusted_proxies.clone(),
            limits: Limits {
                general: self.limit_general.rate(),
                answer: self.limit_answer.rate(),
                heavy: self.limit_heavy.rate(),
                auth: self.limit_auth.rate(),
                anonymous: self.limit_anonymous.rate(),
                failed_logins: self.limit_failed_logins,
            },
            head_seconds: self.head_seconds,
            body_seconds: self.body_seconds,
        }
    }
}

impl ServeConfig {
    /// Threads that answer requests.
    pub fn worker_threads(&self) -> usize {
        threads(self.workers, 0)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::domain::rate::Rate;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        database: DatabaseConfig,
    }

    fn settings(args: &[&str]) -> Result<Settings, String> {
        let line = Line::try_parse_from([&["qianti"], args].concat()).map_err(|error| error.to_string())?;
        Ok(line.database.settings())
    }

    #[test]
    fn limits_ship_switched_on_and_can_be_switched_off() {
        let shipped = settings(&[]).unwrap();
        let expected = Limits {
            general: Some(Rate::per_second(200, 2000)),
            answer: Some(Rate::per_second(100, 1000)),
            heavy: Some(Rate::per_second(2, 60)),
            auth: Some(Rate::per_second(50, 2000)),
            anonymous: Some(Rate::per_second(100, 2000)),
            failed_logins: true,
        };
        assert_eq!(shipped.limits, expected);
        assert!(shipped.trusted_proxies.is_empty());
        let off =
            ["general", "answer", "heavy", "auth", "anonymous"].map(|class| format!("--limit-{class}=0"));
        let mut args: Vec<&str> = off.iter().map(String::as_str).collect();
        args.push("--limit-failed-logins=false");
        assert_eq!(settings(&args).unwrap().limits, Limits::default());
    }

    #[test]
    fn limits_and_proxies_that_are_none_are_refused_by_name() {
        for (flag, value) in [
            ("--limit-heavy", "2"),
            ("--limit-heavy", "0/60"),
            ("--limit-heavy", "2/0"),
            ("--limit-heavy", "-1/60"),
            ("--limit-heavy", "2/60/3"),
            ("--limit-heavy", "99999999/1"),
            ("--trusted-proxies", "proxy"),
            ("--trusted-proxies", "10.0.0.0/33"),
            ("--trusted-proxies", "127.0.0.1,,"),
        ] {
            let refused = settings(&[&format!("{flag}={value}")]).unwrap_err();
            assert!(refused.contains(flag) && refused.contains("write"), "{refused}");
        }
        let proxies =
            settings(&["--trusted-proxies=127.0.0.1, 10.0.0.0/8,fd00::/8"]).unwrap().trusted_proxies;
        let shown: Vec<String> = proxies.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]);
    }
}
