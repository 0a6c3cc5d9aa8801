//! A PostgreSQL server of the test's own that is stopped and started under load.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::crowd::Crowd;
use super::http::wanting;
use super::program::{Program, examine, free_port};

/// A server in a folder of its own; stopped when it is dropped.
pub struct Cluster {
    folder: TempDir,
    bin: PathBuf,
    port: u16,
    archives: bool,
}

impl Cluster {
    pub fn start() -> Self {
        Self::start_with(false)
    }

    /// One that copies its log away as it is written.
    pub fn start_archiving() -> Self {
        Self::start_with(true)
    }

    fn start_with(archives: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is not installed");
        let newest = versions.map(|version| version.unwrap().path()).max().unwrap();
        let cluster = Self { folder, bin: newest.join("bin"), port: free_port(), archives };
        if is_root() {
            // PostgreSQL refuses to run as root; then its packages' own user runs it.
            let owned = Command::new("chown").arg("postgres").arg(cluster.folder.path()).status();
            assert!(owned.unwrap().success());
        }
        cluster.run(
            "initdb",
            &["-U", "qianti", "-D", &cluster.path("data"), "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"],
        );
        if archives {
            cluster.as_owner("mkdir", &[&cluster.path("archive")]);
        }
        cluster.go_on();
        cluster
    }

    /// A path in its folder.
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn url(&self) -> String {
        format!("postgres://qianti@127.0.0.1:{}/postgres", self.port)
    }

    fn run(&self, program: &str, args: &[&str]) {
        self.as_owner(self.bin.join(program).to_str().unwrap(), args);
    }

    /// Runs a program as the one whom the cluster belongs to.
    fn as_owner(&self, program: &str, args: &[&str]) {
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let log = std::fs::File::create(self.folder.path().join("said")).unwrap();
        command.args(args).current_dir(Path::new("/"));
        // Not through a pipe: the server would keep it open.
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let said = || std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default();
        assert!(command.status().unwrap().success(), "{command:?}: {}", said());
    }

    pub fn go_on(&self) {
        let socket = self.folder.path().display();
        let mut options = format!("-p {} -k {socket} -c listen_addresses=127.0.0.1", self.port);
        if self.archives {
            let archive = self.path("archive");
            options.push_str(&format!(
                " -c wal_level=replica -c archive_mode=on -c archive_timeout=60 \
                 -c archive_command='test ! -f {archive}/%f && cp %p {archive}/%f'"
            ));
        }
        let (data, log) = (self.path("data"), self.path("data/log"));
        self.run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Kills every process of it by SIGKILL.
    pub fn kill(&self) {
        let first = std::fs::read_to_string(Path::new(&self.path("data")).join("postmaster.pid")).unwrap();
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
    pub fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", &self.path("data"), "-w", "-m", mode, "stop"]);
    }

    /// Takes a base backup while it runs.
    pub fn back_up(&self) {
        let (port, base) = (self.port.to_string(), self.path("base"));
        self.run(
            "pg_basebackup",
            &["-h", "127.0.0.1", "-p", &port, "-U", "qianti", "-D", &base, "-X", "stream", "-c", "fast"],
        );
    }

    /// The daily backup of docs/operations.md, to a file of this name.
    pub fn dump(&self, name: &str) {
        let (port, file) = (self.port.to_string(), format!("--file={}", self.path(&format!("{name}.dump"))));
        let at = ["-h", "127.0.0.1", "-p", &port, "-U", "qianti"];
        self.run("pg_dump", &[&at[..], &["--format=custom", &file, "postgres"]].concat());
    }

    /// Restores it to a database of this name; answers its URL.
    pub fn restore(&self, name: &str) -> String {
        let (port, file) = (self.port.to_string(), self.path(&format!("{name}.dump")));
        let at = ["-h", "127.0.0.1", "-p", &port, "-U", "qianti"];
        self.run("createdb", &[&at[..], &[name]].concat());
        let database = format!("--dbname={name}");
        self.run("pg_restore", &[&at[..], &["--no-owner", &database, &file]].concat());
        format!("postgres://qianti@127.0.0.1:{port}/{name}")
    }

    /// Waits until a file of the log is in the archive.
    pub fn wait_until_archived(&self, file: &str) {
        let wanted = self.folder.path().join("archive").join(file);
        for _ in 0..600 {
            if wanted.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{} was not archived", wanted.display());
    }

    /// The disk is lost: begins anew with the base backup, and plays the archived log up to an instant or to its end.
    pub fn recover(&self, until: Option<&str>) {
        let (data, base, archive) = (self.path("data"), self.path("base"), self.path("archive"));
        let target = until.map_or_else(String::new, |until| {
            format!("recovery_target_time = '{until}'\nrecovery_target_action = 'promote'\n")
        });
        let script = format!(
            "rm -rf '{data}' && cp -a '{base}' '{data}' && touch '{data}/recovery.signal' && \
             printf '%s' \"$1\" >> '{data}/postgresql.auto.conf'"
        );
        let settings = format!("restore_command = 'cp {archive}/%f %p'\n{target}");
        self.as_owner("bash", &["-c", &script, "bash", &settings]);
        self.go_on();
        self.wait_until_promoted();
    }

    /// It answers while it still plays the log; it takes writes when that is over.
    fn wait_until_promoted(&self) {
        let script = format!(
            "for i in $(seq 600); do \
               if [ \"$('{}' -h 127.0.0.1 -p {} -U qianti -d postgres -Atc 'SELECT pg_is_in_recovery()')\" = f ]; \
               then exit 0; fi; sleep 0.1; done; exit 1",
            self.bin.join("psql").display(),
            self.port
        );
        self.as_owner("bash", &["-c", &script]);
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
            assert!(wanting(program.address()).contains(&"database".to_owned()));
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
