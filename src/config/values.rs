//! How the values of settings are written.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use ipnet::IpNet;

use crate::domain::period::Calendar;
use crate::domain::rate::Rate;
use crate::store::DatabaseUrl;

/// How a limit is written.
pub(super) const LIMIT: &str = "RATE/BURST|0";

/// A limit of requests; `None` inside is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Option<Rate>);

impl Limit {
    /// The rate that it allows.
    pub(super) fn rate(self) -> Option<Rate> {
        self.0
    }
}

/// Reads the database's address. clap's own parsers repeat a bad value in the refusal; this one must not:
/// the value may hold a password.
#[derive(Clone)]
pub(super) struct DatabaseUrlParser;

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
pub(super) fn parse_address(address: &str) -> Result<SocketAddr, String> {
    let mut found = address.to_socket_addrs().map_err(|error| format!("{error}; write ADDRESS:PORT"))?;
    found.next().ok_or_else(|| format!("{address} is no address of this machine"))
}

/// A network, or the one of a single address.
pub(super) fn parse_network(network: &str) -> Result<IpNet, String> {
    let network = network.trim();
    let single = network.parse::<IpAddr>().map(IpNet::from);
    single.or_else(|_| network.parse()).map_err(|_| {
        format!("{network} is no address and no network; write such as 127.0.0.1, 10.0.0.0/8 or fd00::/8")
    })
}

/// `RATE/BURST`, or `0`.
pub(super) fn parse_limit(limit: &str) -> Result<Limit, String> {
    if limit == "0" {
        return Ok(Limit(None));
    }
    let numbers =
        limit.split_once('/').and_then(|(rate, burst)| Some((rate.parse().ok()?, burst.parse().ok()?)));
    match numbers {
        Some((rate @ 1..=1_000_000, burst @ 1..=1_000_000)) => Ok(Limit(Some(Rate::per_second(rate, burst)))),
        _ => {
            Err("write RATE/BURST, two numbers from 1 to 1000000, such as 200/2000; or 0 for no limit".into())
        }
    }
}

pub(super) fn parse_timezone(name: &str) -> Result<String, String> {
    Calendar::new(name).map_err(|_| format!("{name} is no IANA time zone"))?;
    Ok(name.to_owned())
}

pub(super) fn parse_log(filter: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    Ok(filter.to_owned())
}
