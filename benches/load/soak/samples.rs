//! What the server holds while it is under load, told every few seconds and kept as a table.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// One look at the server.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub seconds: f64,
    pub visits: u64,
    /// Bytes in memory, and those of them that are not backed by files.
    pub resident: u64,
    pub anonymous: u64,
    pub files: usize,
    pub threads: u64,
    /// Bytes of the database with its log.
    pub database: u64,
}

/// A thread that looks.
pub struct Samples {
    stop: Arc<AtomicBool>,
    visits: Arc<AtomicU64>,
    thread: JoinHandle<Vec<Sample>>,
}

/// Files that a process has open; 0 where the system does not tell.
pub fn open_files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn look(pid: u32, database: &Path, began: Instant, visits: u64) -> Sample {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    Sample {
        seconds: began.elapsed().as_secs_f64(),
        visits,
        resident: field(&status, "VmRSS:") * 1024,
        anonymous: field(&status, "RssAnon:") * 1024,
        files: open_files(pid),
        threads: field(&status, "Threads:"),
        database: size(database) + size(&database.with_extension("db-wal")),
    }
}

impl Samples {
    /// Looks at the process and its database every so often.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub fn begin(pid: u32, database: PathBuf, every: Duration) -> Result<Self, String> {
        let (stop, visits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        std::fs::create_dir_all("target/bench").map_err(|error| error.to_string())?;
        let mut table = std::fs::File::create("target/bench/soak.csv").map_err(|error| error.to_string())?;
        let heading = writeln!(table, "seconds,visits,resident,anonymous,files,threads,database");
        heading.map_err(|error| error.to_string())?;
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&visits));
        let thread = std::thread::spawn(move || {
            let (began, mut samples) = (Instant::now(), Vec::new());
            while !stopped.load(Ordering::Relaxed) {
                let sample = look(pid, &database, began, count.load(Ordering::Relaxed));
                samples.push(sample);
                let Sample { seconds, visits, resident, anonymous, files, threads, database } = sample;
                // A table that cannot be written does not spoil what is kept in memory.
                let _ = writeln!(
                    table,
                    "{seconds:.0},{visits},{resident},{anonymous},{files},{threads},{database}"
                );
                if samples.len() % 12 == 1 {
                    println!(
                        "  {seconds:>5.0} s  {visits} visits  {} MiB  {files} files  database {} MiB",
                        resident >> 20,
                        database >> 20
                    );
                }
                std::thread::sleep(every);
            }
            samples
        });
        Ok(Self { stop, visits, thread })
    }

    pub fn visited(&self) {
        self.visits.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends it, and returns what was seen.
    pub fn end(self) -> Vec<Sample> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}
