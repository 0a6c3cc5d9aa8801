//! The built program as a process, and what tells whether its database is sound.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc;
use std::time::Duration;

pub const ADMIN_PASSWORD: &str = "Admin-Pass-2026";

/// The limits of requests, off: members here do nothing but ask, faster than any person and, on a fast machine, than
/// the limits that ship allow.
const UNLIMITED: [&str; 5] = [
    "QIANTI_LIMIT_GENERAL",
    "QIANTI_LIMIT_ANSWER",
    "QIANTI_LIMIT_HEAVY",
    "QIANTI_LIMIT_AUTH",
    "QIANTI_LIMIT_ANONYMOUS",
];

/// A server that runs; killed when it is dropped.
pub struct Program {
    child: Child,
    pub base: String,
}

impl Program {
    /// Starts the server on `database` with more settings.
    pub fn start(database: &str, settings: &[(&str, &str)]) -> Self {
        Self::start_by(Command::new(env!("CARGO_BIN_EXE_qianti")), database, settings)
    }

    /// The same through a command that ends by becoming the program, which is its last argument.
    pub fn start_by(mut command: Command, database: &str, settings: &[(&str, &str)]) -> Self {
        command
            .env("QIANTI_DATABASE_URL", database)
            .env("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("QIANTI_LISTEN", "127.0.0.1:0")
            .env("QIANTI_HASHING_THREADS", "2")
            .env("QIANTI_LOG", "error")
            .envs(UNLIMITED.map(|name| (name, "0")))
            .envs(settings.iter().copied())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let (send, lines) = mpsc::channel();
        // Read to its end: a program that nobody listens to must not be held up.
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).for_each(|line| drop(send.send(line)));
        });
        let base = loop {
            let line = lines.recv_timeout(Duration::from_secs(120)).expect("the server did not start");
            if let Some((_, rest)) = line.split_once("open http://") {
                break format!("http://{}/api/v1", rest.split('/').next().unwrap());
            }
        };
        Self { child, base }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        let address = self.base.trim_start_matches("http://").split('/').next().unwrap();
        address.parse().unwrap()
    }

    /// Whether a process is there.
    pub fn is_running(id: u32) -> bool {
        Command::new("kill").args(["-0", &id.to_string()]).status().unwrap().success()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Takes it away without a word.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, and waits until it has.
    pub fn stop(mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Already stopped, but for a test that has failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Has the doctor look at a database: every result is graded again, every board computed again.
#[track_caller]
pub fn examine(database: &str) {
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_qianti"));
    let output = doctor.arg("doctor").env("QIANTI_DATABASE_URL", database).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("healthy"), "{said}");
}

pub fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("qianti.db").display())
}

/// A port that nobody listens on now. Not one of those that the system gives to connections: while a server is away,
/// its port could become one end of somebody's connection.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % 1000).unwrap();
    let ports =
        std::iter::repeat_with(|| 10_000 + process * 20 + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000);
    ports.take(2_000).find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok()).expect("no port is free")
}
