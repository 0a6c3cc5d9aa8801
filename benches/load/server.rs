//! The servers under load: the product's own program, and this program as the server of the baselines.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::client;
use super::guard;
use super::requests::request;

/// Longest time that a start may take.
const START_LIMIT: Duration = Duration::from_secs(180);

/// The limits of requests by class of route.
const UNLIMITED: [&str; 5] = [
    "QIANTI_LIMIT_GENERAL",
    "QIANTI_LIMIT_ANSWER",
    "QIANTI_LIMIT_HEAVY",
    "QIANTI_LIMIT_AUTH",
    "QIANTI_LIMIT_ANONYMOUS",
];

/// A server in a process of its own; it ends when this is dropped.
pub struct Server {
    child: Child,
    /// Where it listens, on the loopback interface.
    pub address: SocketAddr,
    /// Held open: who prints to a closed pipe fails.
    _output: BufReader<ChildStdout>,
}

/// Resident memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// All of it.
    pub resident: u64,
    /// The part that is not backed by files.
    pub anonymous: u64,
}

impl Server {
    /// Starts the product on a database and waits until it is ready. Its settings are the defaults, but for the limits
    /// of requests: here a whole zone calls from one address, and a member more often than a person can.
    ///
    /// # Errors
    /// When it does not start, with the last lines that it has logged.
    pub fn product(database_url: &str, log: &Path) -> Result<Self, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qianti"));
        command.arg("serve").args(["--listen", "127.0.0.1:0", "--database-url", database_url]);
        // Only these settings, whatever the caller's environment holds.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("QIANTI_")) {
                command.env_remove(name);
            }
        }
        command.envs(UNLIMITED.map(|name| (name, "0"))).env("QIANTI_LIMIT_FAILED_LOGINS", "false");
        let server = Self::start(command, log, "ready: open http://")?;
        server.wait_until_ready(log)?;
        Ok(server)
    }

    /// Starts this program as the server of the baselines on a database of its own.
    ///
    /// # Errors
    /// When it does not start.
    pub fn baselines(database_url: &str, log: &Path) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.args(["--bench", "--baselines", database_url]);
        Self::start(command, log, "listening on http://")
    }

    fn start(mut command: Command, log: &Path, before_address: &str) -> Result<Self, String> {
        let errors = std::fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        guard::started(child.id(), "KILL");
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        let address = loop {
            line.clear();
            match output.read_line(&mut line) {
                Ok(0) | Err(_) => {
                    end(&mut child);
                    return Err(format!("a server did not start: {}", tail(log)));
                }
                Ok(_) => {}
            }
            let address = line.split_once(before_address).map(|(_, rest)| rest);
            let address = address.and_then(|rest| rest.split(['/', ' ', '\n']).next());
            if let Some(address) = address.and_then(|address| address.parse().ok()) {
                break address;
            }
        };
        Ok(Self { child, address, _output: output })
    }

    fn wait_until_ready(&self, log: &Path) -> Result<(), String> {
        let began = Instant::now();
        let ask = request("GET", "/readyz", None, "");
        loop {
            match client::once(self.address, &ask, Duration::from_secs(10)) {
                Ok((200, _)) => return Ok(()),
                other if began.elapsed() > START_LIMIT => {
                    return Err(format!("not ready: {:?}; {}", other.map(|(status, _)| status), tail(log)));
                }
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn stop(mut self) -> Result<(), String> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        told.map_err(|error| error.to_string())?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        guard::ended(self.child.id());
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}")) }
    }

    /// What it holds in memory; `None` where the system does not tell (only Linux does).
    pub fn memory(&self) -> Option<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kib * 1024)
        };
        Some(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")? })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever it holds is thrown away with its database.
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
    guard::ended(child.id());
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
