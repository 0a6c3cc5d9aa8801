//! The built program, from its command line: what it says, how it ends, what it leaves behind.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod backup;
mod banks;
mod demo;
mod first_start;
mod members;
mod serve;
mod settings;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const ADMIN_PASSWORD: &str = "Admin-Pass-2026";

/// A folder of its own that the program runs in, with nothing of the caller's environment.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// What is in the folder, and in the folders of it.
    fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.display().to_string());
                if path.is_dir() {
                    walk(&path, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(self.0.path(), &mut found);
        found
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qianti"));
        command.args(args).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        Ended::new(self.command(args).output().unwrap())
    }

    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ended {
        Ended::new(self.command(args).envs(variables.iter().copied()).output().unwrap())
    }

    /// A database after its first start, with a known password.
    fn start_empty(&self) {
        let roster = self.write("none.csv", "login,name,unit_code\nfirst,第一人,zone\n");
        let args = ["members", "import", roster.to_str().unwrap(), "--dry-run"];
        self.run_with(&args, &[("QIANTI_ADMIN_PASSWORD", ADMIN_PASSWORD)]).done();
    }
}

/// What a command said, and how it ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What it said on standard output, once it has succeeded.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self.out
    }

    /// What it said on standard error, once it has refused with this code.
    #[track_caller]
    fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert!(!self.err.trim().is_empty(), "a refusal without a reason");
        self.err
    }
}

/// A server that runs; killed when a test fails before it is stopped.
struct Server {
    child: Child,
    said: Vec<String>,
    address: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start(place: &Place, variables: &[(&str, &str)]) -> Self {
        Self::start_at("127.0.0.1:0", place, variables)
    }

    fn start_at(address: &str, place: &Place, variables: &[(&str, &str)]) -> Self {
        let mut command = place.command(&["serve", "--listen", address, "--workers", "1"]);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, said: vec![], address: String::new(), out };
        while server.address.is_empty() {
            let mut line = String::new();
            if server.out.read_line(&mut line).unwrap() == 0 {
                let mut err = String::new();
                server.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
                panic!("the server ended: {:?}\n{err}", server.said);
            }
            let line = line.trim_end().to_owned();
            if let Some((_, rest)) = line.split_once("open http://") {
                server.address = rest.split('/').next().unwrap().to_owned();
            }
            server.said.push(line);
        }
        server
    }

    /// Sends a request to `/api/v1` + `path`, or to a path around it; answers status and body.
    fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn log_in(&self, login: &str, password: &str) -> (u16, Value) {
        let body = json!({"login": login, "password": password});
        self.call("POST", "/api/v1/auth/login", "", &body)
    }

    fn token(&self, login: &str, password: &str) -> String {
        let (status, reply) = self.log_in(login, password);
        assert_eq!(status, 200, "{reply}");
        reply["access_token"].as_str().unwrap().to_owned()
    }

    fn get(&self, path: &str, token: &str) -> Value {
        let (status, reply) = self.call("GET", &format!("/api/v1{path}"), token, &Value::Null);
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    }

    /// Tells it to stop; answers its exit code and what it said after the start.
    fn stop(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already stopped, but for a test that has failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The word after `marker` in a text.
fn word_after(text: &str, marker: &str) -> String {
    let (_, rest) = text.split_once(marker).unwrap_or_else(|| panic!("no {marker:?} in {text}"));
    rest.split_whitespace().next().unwrap().trim_matches(|c| c == ',' || c == '.').to_owned()
}

fn question(code: &str) -> Value {
    json!({"code": code, "kind": "single", "chapter": "章", "difficulty": 2, "stem": format!("题干 {code}"),
        "options": ["甲", "乙"], "key": ["A"], "explanation": "释", "source": "《中国共产党章程》（2022年修改）第一条"})
}
