//! The load bench: the product's program, the baselines and the load, started together and measured side by
//! side; the table of goals as text and as JSON. docs/performance.md says what each row means.
//!
//! `cargo bench --bench load`, and behind `--` the options of [`options::Options`].
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench reads the machine's clock, and ends when it has counted wrong"
)]

mod baselines;
mod boards;
mod client;
mod data;
mod guard;
mod in_process;
mod logins;
mod measure;
mod options;
mod papers;
mod plot;
mod postgres;
mod rankings;
mod report;
mod reports;
mod requests;
mod server;
mod soak;
mod submit;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser as _;

use self::options::{Options, Part, Sizes};
use self::report::Report;

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        // `cargo test --all-targets` runs benches too; a load is no test.
        println!("not run; it takes `cargo bench --bench load`");
        return ExitCode::SUCCESS;
    }
    let done = match &options.baselines {
        Some(url) => baselines::serve(url).map(|()| true),
        None if options.plot => Report::read().and_then(|report| plot::draw(&report)).map(|()| true),
        None => match options.soak {
            Some(minutes) => soak(minutes),
            None => measure(&options),
        },
    };
    match done {
        Ok(good) if good || !options.check => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what is wanted; whether every goal is reached.
fn measure(options: &Options) -> Result<bool, String> {
    let (sizes, began) = (options.sizes(), Instant::now());
    let mut report = Report {
        quick: options.quick,
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        processor: processor(),
        profile: if cfg!(debug_assertions) { "dev: NOT OPTIMISED" } else { "bench" }.into(),
        ..Report::default()
    };
    let folder = folder()?;
    println!("measuring, in {}", folder.path().display());
    run(options, &sizes, folder.path(), &mut report);
    guard::end_if_stopped();
    report.seconds = began.elapsed().as_secs_f64();
    println!("{}", report.text());
    report.write()?;
    Ok(report.is_good())
}

/// Where the databases are, for as long as this runs.
fn folder() -> Result<tempfile::TempDir, String> {
    // Open to a PostgreSQL that has to run as another user.
    let open = Permissions::from_mode(0o755);
    let folder = tempfile::Builder::new().prefix("qianti-bench").permissions(open).tempdir();
    let folder = folder.map_err(|error| error.to_string())?;
    guard::watch(folder.path().to_owned());
    Ok(folder)
}

/// Soaks; a soak that is not well is a failure, with or without `--check`.
fn soak(minutes: u64) -> Result<bool, String> {
    let folder = folder()?;
    match soak::run(minutes, folder.path())? {
        true => Ok(true),
        false => Err("the soak is not well".into()),
    }
}

fn run(options: &Options, sizes: &Sizes, folder: &Path, report: &mut Report) {
    type Measure = fn(&Sizes, &Path, &mut Report) -> Result<(), String>;
    let parts: [(Part, &str, Measure); 8] = [
        (Part::Draw, "draw", |sizes, _, report| in_process::measure(sizes, report)),
        (Part::Rank, "rank", |sizes, _, report| rankings::measure(sizes, report)),
        (Part::Submit, "submit", submit::sqlite),
        (Part::Postgres, "postgres", on_postgres),
        (Part::Begin, "begin", papers::begin),
        (Part::Show, "show", papers::show),
        (Part::Login, "login", logins::storm),
        (Part::Reports, "reports", reports::measure),
    ];
    for (part, name, measure) in parts {
        if options.wants(part)
            && let Err(reason) = in_folder(folder, name, |folder| measure(sizes, folder, report))
        {
            report.fail(name, reason);
        }
    }
    let boards = in_folder(folder, "boards", |folder| {
        on_boards(options, sizes, folder, report);
        Ok(())
    });
    if let Err(reason) = boards {
        report.fail("board", reason);
    }
}

/// Runs a part in a folder of its own, which goes with its databases when the part is over.
fn in_folder(above: &Path, name: &str, run: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let folder = above.join(name);
    std::fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let done = run(&folder);
    std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    done
}

fn on_postgres(sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
    match postgres::Cluster::start(folder) {
        Ok(mut cluster) => submit::postgres(sizes, folder, &mut cluster, report),
        Err(reason) => {
            report.skip("postgres", reason);
            Ok(())
        }
    }
}

/// Both parts that need the big database.
fn on_boards(options: &Options, sizes: &Sizes, folder: &Path, report: &mut Report) {
    if !options.wants(Part::Board) && !options.wants(Part::Start) {
        return;
    }
    let mut boards = match boards::Boards::prepare(sizes, folder) {
        Ok(boards) => boards,
        Err(reason) => return report.fail("board", reason),
    };
    if options.wants(Part::Board)
        && let Err(reason) = boards.measure(sizes, folder, report)
    {
        report.fail("board", reason);
    }
    if options.wants(Part::Start)
        && let Err(reason) = boards.start(sizes, folder, report)
    {
        report.fail("start", reason);
    }
}

/// The processor's name, where the system tells.
fn processor() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    name.map_or_else(|| "processor unknown".into(), |name| name.trim_start_matches(['\t', ' ', ':']).into())
}
