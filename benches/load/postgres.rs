//! PostgreSQL for the bench: a server that is given, or a private one from Debian's packages, which goes when
//! the bench is over. Unlike in the tests it flushes to the disk: durability is what is measured.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::guard;

/// Names the server to use: `postgres://USER:PASSWORD@HOST:PORT`, without a database. The bench makes
/// databases whose names begin with `qianti_bench_` and removes them.
const GIVEN: &str = "QIANTI_BENCH_POSTGRES";

/// How long its start may take.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A server, and the databases that were made on it.
pub struct Cluster {
    base: String,
    private: Option<Private>,
    made: Vec<String>,
}

struct Private {
    folder: PathBuf,
    bin: PathBuf,
    as_root: bool,
    server: Option<Child>,
}

impl Cluster {
    /// Finds or starts a server, whose data stands in `folder`.
    ///
    /// # Errors
    /// Why there is none, in words for the report.
    pub fn start(folder: &Path) -> Result<Self, String> {
        if cfg!(not(feature = "postgres")) {
            return Err("built without PostgreSQL; run `cargo bench --features postgres --bench load`".into());
        }
        if let Some(base) = std::env::var_os(GIVEN) {
            let base = base.into_string().map_err(|_| format!("{GIVEN} is not UTF-8"))?;
            return Ok(Self { base: base.trim_end_matches('/').into(), private: None, made: vec![] });
        }
        let bin = newest_bin().ok_or_else(|| {
            format!("no PostgreSQL below /usr/lib/postgresql (apt-get install postgresql) and no {GIVEN}")
        })?;
        let folder = folder.join("postgres");
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let as_root = output("id", &["-u"])?.trim() == "0";
        let mut private = Private { folder, bin, as_root, server: None };
        let port = private.start()?;
        Ok(Self { base: format!("postgres://qianti@127.0.0.1:{port}"), private: Some(private), made: vec![] })
    }

    /// Makes a database, empty or as a copy of another, and returns its URL.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create(&mut self, name: &str, copy_of: Option<&str>) -> Result<String, String> {
        let full = |name: &str| format!("qianti_bench_{}_{name}", std::process::id());
        let template = copy_of.map_or_else(String::new, |copied| format!(" TEMPLATE {}", full(copied)));
        self.execute(&format!("CREATE DATABASE {}{template}", full(name)))?;
        self.made.push(full(name));
        Ok(format!("{}/{}", self.base, full(name)))
    }

    #[cfg(feature = "postgres")]
    fn execute(&self, sql: &str) -> Result<(), String> {
        use diesel::Connection as _;
        use diesel::connection::SimpleConnection as _;
        let url = format!("{}/postgres", self.base);
        let mut connection = diesel::PgConnection::establish(&url).map_err(|error| error.to_string())?;
        connection.batch_execute(sql).map_err(|error| format!("{sql}: {error}"))
    }

    #[cfg(not(feature = "postgres"))]
    fn execute(&self, sql: &str) -> Result<(), String> {
        Err(format!("{sql}: built without PostgreSQL"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(private) = &mut self.private {
            private.stop();
            return;
        }
        for name in &self.made {
            if let Err(error) = self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")) {
                eprintln!("left behind: database {name}: {error}");
            }
        }
    }
}

impl Private {
    fn start(&mut self) -> Result<u16, String> {
        if self.as_root {
            // PostgreSQL refuses to run as root; then its packages' own user runs it, and has to get there.
            let above = self.folder.parent().unwrap_or(Path::new("/"));
            output("chmod", &["755", &above.display().to_string()])?;
            output("chown", &["postgres", &self.folder.display().to_string()])?;
        }
        let data = self.data();
        self.run("initdb", &["-D", &data, "-U", "qianti", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"])?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port().to_string();
        drop(listener);
        let sockets = self.folder.display().to_string();
        // A child, not a daemon: interrupted with the bench, it ends with it.
        let server = self
            .command(
                "postgres",
                &["-D", &data, "-p", &port, "-k", &sockets, "-c", "listen_addresses=127.0.0.1"],
            )
            .spawn()
            .map_err(|error| format!("postgres: {error}"))?;
        guard::started(server.id(), "INT");
        self.server = Some(server);
        let began = Instant::now();
        while self.run("pg_isready", &["-q", "-h", "127.0.0.1", "-p", &port]).is_err() {
            if began.elapsed() > START_LIMIT {
                self.stop();
                return Err("the private PostgreSQL did not start".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        port.parse().map_err(|_| "no port".into())
    }

    fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        drop(self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]));
        drop(server.wait());
        guard::ended(server.id());
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        match self.command(program, arguments).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{program}: {status}")),
            Err(error) => Err(format!("{program}: {error}")),
        }
    }

    /// A command of PostgreSQL's, by the user that it runs as.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let program = self.bin.join(program);
        let mut command = if self.as_root {
            // Unlike runuser it leaves no process of its own between.
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"])
                .arg(&program);
            command
        } else {
            Command::new(&program)
        };
        command
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

fn newest_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((version(&path)?, path.join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}

fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program}: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
