//! The soak: members, a leader and an admin at 70 % of what the machine can, for minutes or hours. Memory must
//! stay flat, no request may fail, no file may stay open, and at the end the doctor computes everything anew.
//!
//! `cargo bench --bench load -- --soak 10`; the samples go to `target/bench/soak.csv`.

mod desk;
mod line;
mod samples;
mod visit;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use self::line::Line;
use self::samples::{Sample, Samples};
use self::visit::{KINDS, Record, Visitor};
use super::data;
use super::server::Server;

/// Members, of whom each thread has its own.
const MEMBERS: usize = 4_000;
const THREADS: usize = 48;
/// Contests that are taken in turns.
const CONTESTS: usize = 4;
/// Until everybody is logged in and what is made once is made; not judged.
const WARMING: Duration = Duration::from_secs(30);
/// How long the limit is measured.
const MEASURING: Duration = Duration::from_secs(20);
/// The share of the limit that the soak runs at.
const SHARE: f64 = 0.7;
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// Idle connections are closed by then.
const CALM: Duration = Duration::from_secs(12);
/// Open files that may come and go: connections to the database, the log.
const SPARE_FILES: usize = 16;
/// Most that memory may grow from the second quarter of the soak to the last, as a share of what it was.
const MOST_GROWTH: f64 = 0.05;
/// Errors that are told in full.
const TOLD: usize = 20;

/// When visits are due: one after the other at a rate, or as fast as it goes.
struct Pace {
    began: Instant,
    until: Instant,
    /// Visits a second.
    rate: Option<f64>,
    next: AtomicU64,
}

impl Pace {
    fn new(length: Duration, rate: Option<f64>) -> Self {
        let began = Instant::now();
        Self { began, until: began + length, rate, next: AtomicU64::new(0) }
    }

    /// Waits for the next visit; false when the time is over.
    fn wait(&self) -> bool {
        if let Some(rate) = self.rate {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let due = self.began + Duration::from_secs_f64(number as f64 / rate);
            if due >= self.until {
                return false;
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        Instant::now() < self.until
    }
}

/// Soaks for `minutes`; whether all is well.
///
/// # Errors
/// When it could not be run.
pub fn run(minutes: u64, folder: &Path) -> Result<bool, String> {
    let file = folder.join("soak.db");
    let url = format!("sqlite://{}", file.display());
    println!("preparing {MEMBERS} members");
    let prepared = data::prepare(&url, MEMBERS, 1)?;
    prepared.settle_down()?;
    let server = Server::product(&url, &folder.join("soak.log"))?;
    let quizzes = desk::add_contests(server.address, CONTESTS)?;
    let mut crowd: Vec<Vec<Visitor>> = (0..THREADS).map(|_| Vec::new()).collect();
    for number in 1..=MEMBERS {
        let token = prepared.tokens.get(number - 1).cloned().ok_or("a member without a token")?;
        crowd[number % THREADS].push(Visitor::new(number, token));
    }
    let files_at_rest = samples::open_files(server.id());
    let warm = visits(&server, &mut crowd, &quizzes, &Pace::new(WARMING, None), None)?;
    let measured = visits(&server, &mut crowd, &quizzes, &Pace::new(MEASURING, None), None)?;
    let limit = measured.visits as f64 / MEASURING.as_secs_f64();
    let requests = measured.requests() as f64 / MEASURING.as_secs_f64();
    println!(
        "the limit: {limit:.0} visits/s, {requests:.0} requests/s; soaking at {:.0} % for {minutes} minutes",
        SHARE * 100.0
    );
    let length = Duration::from_secs(minutes * 60);
    let samples = Samples::begin(server.id(), file.clone(), SAMPLE_EVERY)?;
    let soaked =
        visits(&server, &mut crowd, &quizzes, &Pace::new(length, Some(limit * SHARE)), Some(&samples))?;
    let samples = samples.end();
    std::thread::sleep(CALM);
    let files_after = samples::open_files(server.id());
    let mut failed = warm.failed + measured.failed + soaked.failed;
    let mut errors: Vec<String> =
        [&warm, &measured, &soaked].iter().flat_map(|record| record.errors.clone()).collect();
    server.stop()?;
    let doctor = Command::new(env!("CARGO_BIN_EXE_qianti")).args(["doctor", "--database-url", &url]).output();
    let doctor = doctor.map_err(|error| error.to_string())?;
    if !doctor.status.success() {
        failed += 1;
        errors.push(String::from_utf8_lossy(&doctor.stderr).chars().take(2000).collect());
    }
    let log = std::fs::read_to_string(folder.join("soak.log")).unwrap_or_default();
    let warned = log
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("WARN") || line.contains("panicked"));
    let warned: Vec<&str> = warned.collect();
    let growth = growth(&samples);
    let is_flat = growth.is_some_and(|growth| growth <= MOST_GROWTH);
    let leaks = files_after > files_at_rest + SPARE_FILES;
    println!("{}", table(&soaked, minutes));
    println!(
        "{} requests, {} visits in the soak; failed: {failed}; lines of warning in the log: {}\n\
         memory: {}\nopen files: {files_at_rest} before, {files_after} after\ndoctor: {}",
        soaked.requests(),
        soaked.visits,
        warned.len(),
        told_memory(&samples, growth),
        String::from_utf8_lossy(&doctor.stdout).trim(),
    );
    errors.dedup();
    for line in errors.iter().map(String::as_str).chain(warned.iter().copied()).take(TOLD) {
        println!("  {line}");
    }
    Ok(failed == 0 && warned.is_empty() && is_flat && !leaks)
}

/// All threads pay visits at a pace, and the desk works beside them.
fn visits(
    server: &Server,
    crowd: &mut [Vec<Visitor>],
    quizzes: &[i64],
    pace: &Pace,
    samples: Option<&Samples>,
) -> Result<Record, String> {
    let all = Mutex::new(Record::new()?);
    let (stop, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let desk = scope.spawn(|| desk::work(server.address, quizzes[0], &stop, &asked));
        let threads: Vec<_> = crowd
            .iter_mut()
            .map(|visitors| {
                let all = &all;
                scope.spawn(move || {
                    let Ok(mut record) = Record::new() else { return };
                    let mut line = Line::new(server.address);
                    for number in 0.. {
                        if !pace.wait() {
                            break;
                        }
                        let count = visitors.len();
                        match visitors[number % count].visit(&mut line, &mut record, quizzes) {
                            Ok(()) => record.visits += 1,
                            Err(reason) => {
                                record.failed += 1;
                                if record.errors.len() < TOLD {
                                    record.errors.push(reason);
                                }
                                line = Line::new(server.address);
                            }
                        }
                        if let Some(samples) = samples {
                            samples.visited();
                        }
                    }
                    if let Ok(mut all) = all.lock() {
                        all.add(record);
                    }
                })
            })
            .collect();
        for thread in threads {
            drop(thread.join());
        }
        stop.store(true, Ordering::Relaxed);
        let wrong = desk.join().unwrap_or_else(|_| vec!["the desk panicked".into()]);
        if let Ok(mut all) = all.lock() {
            all.failed += wrong.len() as u64;
            all.errors.extend(wrong);
        }
    });
    all.into_inner().map_err(|error| error.to_string())
}

/// By how much memory has grown from the second quarter to the last, as a share; `None` without samples.
fn growth(samples: &[Sample]) -> Option<f64> {
    let quarter = samples.len() / 4;
    let mean =
        |part: &[Sample]| part.iter().map(|sample| sample.anonymous as f64).sum::<f64>() / part.len() as f64;
    (quarter > 0)
        .then(|| mean(&samples[samples.len() - quarter..]) / mean(&samples[quarter..2 * quarter]) - 1.0)
}

fn told_memory(samples: &[Sample], growth: Option<f64>) -> String {
    let mib = |bytes: u64| bytes >> 20;
    let (Some(first), Some(last), Some(growth)) = (samples.first(), samples.last(), growth) else {
        return "not told by this system".into();
    };
    let most = samples.iter().map(|sample| sample.resident).max().unwrap_or(0);
    format!(
        "{} MiB at the start, {} MiB at the end, {} MiB at most; of its own from the second quarter to the last {:+.1} % \
         (at most {:+.0} %)",
        mib(first.resident),
        mib(last.resident),
        mib(most),
        growth * 100.0,
        MOST_GROWTH * 100.0
    )
}

fn table(record: &Record, minutes: u64) -> String {
    let mut text =
        format!("{:<22}{:>12}{:>10}{:>10}{:>10}{:>10}\n", "", "requests", "/s", "p50 ms", "p99 ms", "max ms");
    for (kind, latency) in KINDS.iter().zip(&record.latency) {
        let ms = |us: u64| us as f64 / 1000.0;
        let rate = latency.len() as f64 / (minutes.max(1) * 60) as f64;
        let (p50, p99) = (ms(latency.value_at_quantile(0.5)), ms(latency.value_at_quantile(0.99)));
        let most = ms(latency.max());
        let _ =
            writeln!(text, "{kind:<22}{:>12}{rate:>10.1}{p50:>10.2}{p99:>10.2}{most:>10.1}", latency.len());
    }
    text
}
