//! A PostgreSQL server of the test's own that is stopped and started under load.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::crowd::Crowd;
use super::program::{Program, examine};

/// A server in a folder of its own; stopped when it is dropped.
pub struct Cluster {
    folder: TempDir,
    bin: PathBuf,
    port: u16,
}

impl Cluster {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is not installed");
        let newest = versions.map(|version| version.unwrap().path()).max().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { folder, bin: newest.join("bin"), port };
        if is_root() {
            // PostgreSQL refuses to run as root; then its packages' own user runs it.
            let owned = Command::new("chown").arg("postgres").arg(cluster.folder.path()).status();
            assert!(owned.unwrap().success());
        }
        cluster.run("initdb", &["-U", "qianti", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        cluster.go_on();
        cluster
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn url(&self) -> String {
        format!("postgres://qianti@127.0.0.1:{}/postgres", self.port)
    }

    fn run(&self, program: &str, args: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let log = std::fs::File::create(self.folder.path().join("said")).unwrap();
        command.arg("-D").arg(self.data()).args(args).current_dir(Path::new("/"));
        // Not through a pipe: the server would keep it open.
        command.stdout(log.try_clone().unwrap()).stderr(log);
        assert!(command.status().unwrap().success(), "{command:?}");
    }

    pub fn go_on(&self) {
        let socket = self.folder.path().display();
        let options = format!("-p {} -k {socket} -c listen_addresses=127.0.0.1", self.port);
        let log = self.folder.path().join("data/log");
        self.run("pg_ctl", &["-w", "-l", log.to_str().unwrap(), "-o", &options, "start"]);
    }

    /// Kills every process of it by SIGKILL.
    pub fn kill(&self) {
        let first = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let first = first.lines().next().unwrap().to_owned();
        let children = Command::new("pgrep").args(["-P", &first]).output().unwrap().stdout;
        let children = String::from_utf8(children).unwrap();
        // The first one first: it would start the others anew.
        for process in std::iter::once(first.as_str()).chain(children.lines()) {
            drop(Command::new("kill").args(["-KILL", process]).status());
        }
        for process in children.lines() {
            while Path::new("/proc").join(process).exists() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Stops it: `fast` breaks the connections, `immediate` is what a crash is.
    fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-w", "-m", mode, "stop"]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop("immediate");
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

#[actix_web::test]
async fn a_server_that_is_stopped_and_crashes_under_load_loses_nothing() {
    let cluster = Cluster::start();
    let url = cluster.url();
    let program = Program::start(&url, &[]);
    let crowd = Crowd::gather(&program.base, 8).await;
    let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::clone(&crowd.tally));
    let pause = |milliseconds| actix_web::rt::time::sleep(Duration::from_millis(milliseconds));
    let fault = async {
        for mode in ["fast", "immediate"] {
            let before = tally.graded.load(Ordering::SeqCst);
            while tally.graded.load(Ordering::SeqCst) < before + 100 {
                pause(10).await;
            }
            let refused = tally.refused.load(Ordering::SeqCst);
            cluster.stop(mode);
            while tally.refused.load(Ordering::SeqCst) < refused + 20 {
                pause(10).await;
            }
            cluster.go_on();
        }
        let before = tally.graded.load(Ordering::SeqCst);
        while tally.graded.load(Ordering::SeqCst) < before + 100 {
            pause(10).await;
        }
        stop.store(true, Ordering::SeqCst);
    };
    let (told, ()) = futures_util::future::join(crowd.answer(&stop), fault).await;
    crowd.check(&told).await;
    program.stop();
    examine(&url);
}
