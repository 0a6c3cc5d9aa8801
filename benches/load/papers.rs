//! Receiving papers: beginning an attempt and showing a running one, against a bare handler that returns as
//! many bytes; and the load generator itself against wrk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::client::{self, Load};
use super::data::{self, attempt_id};
use super::measure::{Requests, Side, interleave, ratio, used_up};
use super::options::Sizes;
use super::report::{Goal, Report, Row};
use super::requests::{request, scattered, write};
use super::server::Server;

/// Connections that look at their papers.
const CONNECTIONS: usize = 64;
/// Connections that begin, in two steps.
const BEGINNING: [usize; 2] = [64, 256];
/// Papers whose length is looked at: they differ.
const SAMPLES: usize = 32;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Beginning an attempt.
///
/// # Errors
/// When something could not be measured.
pub fn begin(sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
    let step = used_up(sizes, sizes.per_round);
    let needed = BEGINNING.len() * step + SAMPLES;
    let url = format!("sqlite://{}", folder.join("begin.db").display());
    let prepared = data::prepare(&url, sizes.members, needed.div_ceil(sizes.members))?;
    prepared.settle_down()?;
    let product = Server::product(&prepared.url(), &folder.join("begin.log"))?;
    let bare = bare_server(folder)?;
    // Everybody begins the first contest, then the next one, each time in scattered order.
    let (tokens, quizzes, members) = (&prepared.tokens, &prepared.quizzes, sizes.members);
    let begin = |index: usize, buffer: &mut Vec<u8>| {
        let path = format!("/api/v1/quizzes/{}/attempts", quizzes[index / members]);
        write(buffer, "POST", &path, Some(&tokens[scattered(index % members, members)]), "");
    };
    let bytes = mean_length(&product, &begin)?;
    let path = format!("/bytes/{bytes}");
    for (number, connections) in BEGINNING.into_iter().enumerate() {
        println!("  begin, {connections} connections");
        let first = SAMPLES + number * step;
        let mut sides = [
            Side {
                address: product.address,
                request: Box::new(move |index, buffer| begin(first + index, buffer)),
                most: sizes.per_round,
                prime: None,
            },
            Side::endless(bare.address, bare_requests("POST", &path, tokens)),
        ];
        let measured = interleave(&mut sides, connections, None, sizes)?;
        let [ours, bare] = measured.as_slice() else { return Err("two sides".into()) };
        let what =
            format!("begin an attempt (durable), a paper of 20 items, {connections} connections, SQLite");
        let other = format!("a bare handler that returns {bytes} bytes");
        let row = Row::ratio(what, other, ratio(ours, bare), Goal::AtLeast(0.30));
        report.rows.push(row.with(ours.figures, bare.figures));
    }
    Ok(())
}

/// Showing a running attempt.
///
/// # Errors
/// When something could not be measured.
pub fn show(sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
    println!("  show");
    let url = format!("sqlite://{}", folder.join("show.db").display());
    let mut prepared = data::prepare(&url, sizes.members, 1)?;
    let quiz = prepared.quizzes.first().copied().ok_or("no quiz")?;
    let first = prepared.put_running(quiz, sizes.members, 1, sizes.members)?;
    prepared.settle_down()?;
    let product = Server::product(&prepared.url(), &folder.join("show.log"))?;
    let bare = bare_server(folder)?;
    let (tokens, members) = (&prepared.tokens, sizes.members);
    let show = |index: usize, buffer: &mut Vec<u8>| {
        let number = scattered(index % members, members);
        let path = format!("/api/v1/attempts/{}", attempt_id(first + number));
        write(buffer, "GET", &path, Some(&tokens[number]), "");
    };
    let bytes = mean_length(&product, &show)?;
    let path = format!("/bytes/{bytes}");
    let mut sides = [
        Side::endless(product.address, Box::new(show)),
        Side::endless(bare.address, bare_requests("GET", &path, tokens)),
    ];
    let measured = interleave(&mut sides, CONNECTIONS, None, sizes)?;
    let [ours, theirs] = measured.as_slice() else { return Err("two sides".into()) };
    let what = format!("show a running attempt, a paper of 20 items, {CONNECTIONS} connections, SQLite");
    let other = format!("a bare handler that returns {bytes} bytes");
    let row = Row::ratio(what, other, ratio(ours, theirs), Goal::AtLeast(0.70));
    report.rows.push(row.with(ours.figures, theirs.figures));
    if let Some(remark) = against_wrk(&bare, &path, sizes)? {
        report.remarks.push(remark);
    }
    Ok(())
}

/// A server for bare handlers; its database is empty.
///
/// # Errors
/// When it does not start.
pub fn bare_server(folder: &Path) -> Result<Server, String> {
    let url = format!("sqlite://{}", folder.join("bare.db").display());
    Server::baselines(&url, &folder.join("bare.log"))
}

/// Requests to a bare handler, with the same headers as those to the product.
pub fn bare_requests<'a>(method: &'static str, path: &'a str, tokens: &'a [String]) -> Requests<'a> {
    Box::new(move |index, buffer| write(buffer, method, path, Some(&tokens[index % tokens.len()]), ""))
}

/// The mean length of the first answers, in bytes.
fn mean_length(server: &Server, request: &dyn Fn(usize, &mut Vec<u8>)) -> Result<usize, String> {
    let (mut sum, mut bytes) = (0, Vec::new());
    for index in 0..SAMPLES {
        request(index, &mut bytes);
        match client::once(server.address, &bytes, PATIENCE)? {
            (200 | 201, body) => sum += body.len(),
            (status, body) => return Err(format!("{status}: {}", String::from_utf8_lossy(&body))),
        }
    }
    Ok(sum / SAMPLES)
}

/// What wrk measures of the bare handler, beside what this program does; `None` without wrk.
fn against_wrk(bare: &Server, path: &str, sizes: &Sizes) -> Result<Option<String>, String> {
    let seconds = sizes.limit.as_secs().max(1);
    let load = Load {
        connections: CONNECTIONS,
        limit: Duration::from_secs(seconds),
        most: usize::MAX,
        rate: None,
        stop: None,
    };
    let bytes = request("GET", path, None, "");
    let ours = client::run(bare.address, &load, &mut |_, buffer| {
        buffer.extend_from_slice(&bytes);
    })?;
    ours.check()?;
    let wrk = Command::new("wrk")
        .args(["-t", "1", "-c", &CONNECTIONS.to_string(), "-d", &format!("{seconds}s")])
        .arg(format!("http://{}{path}", bare.address))
        .output();
    let Ok(output) = wrk else { return Ok(None) };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    let wrk: f64 = found
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| format!("wrk printed no figure: {text}"))?;
    let ours = ours.per_second();
    Ok(Some(format!(
        "The load generator on the bare handler: {ours:.0}/s; wrk with one thread: {wrk:.0}/s; ratio {:.2}.",
        ours / wrk
    )))
}
