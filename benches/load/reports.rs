//! Reports for leaders: how much longer they take than a look at a leaderboard, on a database that is full.

use std::path::Path;
use std::time::Duration;

use super::client;
use super::data::{self, Tree};
use super::measure::{Side, interleave};
use super::options::Sizes;
use super::postgres::Cluster;
use super::report::{Goal, Report, Row};
use super::requests::{request, write};
use super::server::Server;

/// A zone of some size: 20 committees with 50 branches each.
const TREE: Tree = Tree { committees: 20, branches: 1_000 };
/// Days over which the attempts are spread, so that last month and this one have some.
const DAYS: usize = 60;
/// Who is logged in: the leader, and some beside.
const LOGGED_IN: usize = 4;
/// How long the first look may take: boards and months are read then.
const PATIENCE: Duration = Duration::from_secs(120);

/// What everything is compared with.
const LEADERBOARD: &str = "/api/v1/leaderboards/members?period=month&limit=50";
const REPORTS: [(&str, &str); 4] = [
    ("board", "/api/v1/reports/board?period=month"),
    ("monthly report", "/api/v1/reports/monthly"),
    ("chapters", "/api/v1/reports/chapters?period=month"),
    ("trend", "/api/v1/reports/trend?period=month"),
];

/// Measures reports on SQLite and, where there is one, on PostgreSQL.
///
/// # Errors
/// When something could not be measured.
pub fn measure(sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
    let path = folder.join("reports.db");
    on_database("SQLite", &format!("sqlite://{}", path.display()), sizes, folder, report)?;
    for left in ["reports.db", "reports.db-wal", "reports.db-shm"] {
        // It makes room for the next database; the folder goes anyway.
        drop(std::fs::remove_file(folder.join(left)));
    }
    match Cluster::start(folder) {
        Ok(mut cluster) => {
            let url = cluster.create("reports", None)?;
            on_database("PostgreSQL", &url, sizes, folder, report)
        }
        Err(reason) => {
            report.skip("reports", reason);
            Ok(())
        }
    }
}

fn on_database(
    name: &str,
    url: &str,
    sizes: &Sizes,
    folder: &Path,
    report: &mut Report,
) -> Result<(), String> {
    let (members, attempts) = sizes.reports;
    let quizzes = attempts.div_ceil(members);
    println!("  reports: filling a database, {name}");
    let mut prepared = data::prepare_tree(url, LOGGED_IN, quizzes, TREE)?;
    prepared.put_members(LOGGED_IN, members)?;
    for quiz in prepared.quizzes.clone() {
        prepared.put_graded_over(quiz, members, DAYS)?;
    }
    prepared.put_leader()?;
    prepared.settle_down()?;
    println!("  reports: summing up, {name}");
    let began = std::time::Instant::now();
    prepared.sum_up()?;
    let summed_up = began.elapsed();
    let product = Server::product(&prepared.url(), &folder.join(format!("reports-{name}.log")))?;
    let token = prepared.tokens.first().cloned().unwrap_or_default();
    let mut sides = Vec::new();
    for path in std::iter::once(LEADERBOARD).chain(REPORTS.map(|(_, path)| path)) {
        let first = client::once(product.address, &request("GET", path, Some(&token), ""), PATIENCE)?;
        if first.0 != 200 {
            return Err(format!("{path}: {}, {:.300}", first.0, String::from_utf8_lossy(&first.1)));
        }
        let token = token.clone();
        let ask = move |_: usize, buffer: &mut Vec<u8>| write(buffer, "GET", path, Some(&token), "");
        sides.push(Side::endless(product.address, Box::new(ask)));
    }
    println!("  reports: looking, {name}");
    let measured = interleave(&mut sides, 1, None, sizes)?;
    let Some((theirs, ours)) = measured.split_first() else { return Err("no sides".into()) };
    for ((what, _), ours) in REPORTS.iter().zip(ours) {
        let what =
            format!("{what} of the root, {members} members, {attempts} attempts, {name}, one connection");
        let ratio = ours.figures.p50_ms / theirs.figures.p50_ms;
        let row = Row::ratio(
            what,
            "time of the leaderboard, top 50 of the month, with me",
            ratio,
            Goal::AtMost(10.0),
        );
        let summed_up = summed_up.as_secs_f64();
        let row = row.with(ours.figures, theirs.figures);
        report
            .rows
            .push(row.noting(format!("the statistics of all attempts were summed up in {summed_up:.0} s")));
    }
    Ok(())
}
