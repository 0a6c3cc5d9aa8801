//! Submitting: a whole paper of answers in one request, durable before it is answered. Against the same without
//! any write, and against a transaction of its own for each request.

use std::path::Path;

use super::data::{self, Prepared, answers_body, attempt_id};
use super::measure::{Measured, Requests, Side, interleave, ratio, used_up};
use super::options::Sizes;
use super::postgres::Cluster;
use super::report::{Goal, Report, Row};
use super::requests::{scattered, write};
use super::server::Server;

/// Connections of the two steps.
const CONNECTIONS: [usize; 2] = [64, 256];
/// So many times fewer attempts stand ready for the naive baseline, which takes longer for each.
const NAIVE: usize = 3;

/// Running attempts that are submitted once each, in scattered order.
#[derive(Clone, Copy)]
pub struct Submissions<'a> {
    /// Whose they are, in turns.
    pub tokens: &'a [String],
    /// How many members take turns.
    pub members: usize,
    /// The number of the first attempt.
    pub first: usize,
    /// How many there are.
    pub count: usize,
}

impl<'a> Submissions<'a> {
    /// Submits them to paths that begin with `prefix`, `most` in a round, once the product has shown them to their
    /// members: whoever submits has been looking at the paper.
    pub fn side(&self, server: &Server, prefix: &'static str, most: usize) -> Side<'a> {
        let prime = Some((self.show(prefix), most.min(self.count)));
        Side { address: server.address, request: self.submit(prefix), most, prime }
    }

    /// Shows them; after the last comes the first again.
    fn show(&self, prefix: &'static str) -> Requests<'a> {
        let Self { tokens, members, first, count } = *self;
        Box::new(move |index, buffer| {
            let number = scattered(index % count, count);
            let path = format!("{prefix}/attempts/{}", attempt_id(first + number));
            write(buffer, "GET", &path, Some(&tokens[number % members]), "");
        })
    }

    fn submit(&self, prefix: &'static str) -> Requests<'a> {
        let bodies: Vec<String> = (0..6).map(answers_body).collect();
        let Self { tokens, members, first, count } = *self;
        Box::new(move |index, buffer| {
            let number = scattered(index % count, count);
            let path = format!("{prefix}/attempts/{}/submit", attempt_id(first + number));
            write(buffer, "POST", &path, Some(&tokens[number % members]), &bodies[number % bodies.len()]);
        })
    }
}

/// On SQLite.
///
/// # Errors
/// When something could not be measured.
pub fn sqlite(sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
    let url = format!("sqlite://{}", folder.join("submit.db").display());
    let (prepared, needed) = prepare(&url, sizes)?;
    let without = prepared.copy_file(&folder.join("submit-without.db"))?;
    let naive = prepared.copy_file(&folder.join("submit-naive.db"))?;
    let product = Server::product(&prepared.url(), &folder.join("submit.log"))?;
    let without = Server::baselines(&without, &folder.join("submit-without.log"))?;
    let naive = Server::baselines(&naive, &folder.join("submit-naive.log"))?;
    for (step, connections) in CONNECTIONS.into_iter().enumerate() {
        println!("  submit, SQLite, {connections} connections");
        let attempts = submissions(&prepared, step, needed, sizes);
        // Nothing is used up without a write: some of them, again and again.
        let again = Submissions { count: needed.min(sizes.per_round / NAIVE), ..attempts };
        let mut sides = [
            attempts.side(&product, "/api/v1", sizes.per_round),
            again.side(&without, "/no-write", usize::MAX),
            attempts.side(&naive, "/naive", sizes.per_round / NAIVE),
        ];
        let measured = interleave(&mut sides, connections, None, sizes)?;
        let [ours, without, naive] = measured.as_slice() else { return Err("three sides".into()) };
        let what = format!("durable submit, {connections} connections, SQLite");
        report.rows.push(against(&what, "the same handler without any write", ours, without, 0.35));
        let p99 = Row::milliseconds(&what, "p99", ours.figures.p99_ms, Goal::AtMost(50.0));
        report.rows.push(p99);
        report.rows.push(against(&what, "a transaction a request, pool of 8", ours, naive, 8.0));
    }
    Ok(())
}

/// On PostgreSQL, in databases of `cluster`.
///
/// # Errors
/// When something could not be measured.
pub fn postgres(
    sizes: &Sizes,
    folder: &Path,
    cluster: &mut Cluster,
    report: &mut Report,
) -> Result<(), String> {
    let url = cluster.create("submit", None)?;
    let (prepared, needed) = prepare(&url, sizes)?;
    let naive = cluster.create("naive", Some("submit"))?;
    let product = Server::product(&prepared.url(), &folder.join("postgres.log"))?;
    let naive = Server::baselines(&naive, &folder.join("postgres-naive.log"))?;
    for (step, connections) in CONNECTIONS.into_iter().enumerate() {
        println!("  submit, PostgreSQL, {connections} connections");
        let attempts = submissions(&prepared, step, needed, sizes);
        let mut sides = [
            attempts.side(&product, "/api/v1", sizes.per_round),
            attempts.side(&naive, "/naive", sizes.per_round / NAIVE),
        ];
        let measured = interleave(&mut sides, connections, None, sizes)?;
        let [ours, naive] = measured.as_slice() else { return Err("two sides".into()) };
        let what = format!("durable submit, {connections} connections, PostgreSQL");
        report.rows.push(against(&what, "a transaction a request, pool of 8", ours, naive, 3.0));
    }
    Ok(())
}

/// A database with running attempts, and how many one step uses up.
fn prepare(url: &str, sizes: &Sizes) -> Result<(Prepared, usize), String> {
    let mut prepared = data::prepare(url, sizes.members, 1)?;
    // A multiple of the members, so that every step begins with the first of them.
    let needed = used_up(sizes, sizes.per_round).next_multiple_of(sizes.members);
    let quiz = prepared.quizzes.first().copied().ok_or("no quiz")?;
    prepared.put_running(quiz, sizes.members, 1, needed * CONNECTIONS.len())?;
    prepared.settle_down()?;
    Ok((prepared, needed))
}

fn submissions<'a>(prepared: &'a Prepared, step: usize, needed: usize, sizes: &Sizes) -> Submissions<'a> {
    let (tokens, members) = (&prepared.tokens, sizes.members);
    Submissions { tokens, members, first: 1 + step * needed, count: needed }
}

fn against(what: &str, other: &str, ours: &Measured, theirs: &Measured, goal: f64) -> Row {
    Row::ratio(what, other, ratio(ours, theirs), Goal::AtLeast(goal)).with(ours.figures, theirs.figures)
}
