//! A storm of logins: what answering costs while hundreds wait to be let in.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::client::{self, Load};
use super::data::{self, PASSWORD, answers_body, attempt_id};
use super::measure::{Measured, Side, interleave, median};
use super::options::Sizes;
use super::report::{Goal, Report, Row};
use super::requests::write;
use super::server::Server;

/// Connections of those who are logged in.
const CONNECTIONS: usize = 64;
/// Most requests a second of those who are logged in: thousands of phones that save every few seconds.
const MOST_RATE: f64 = 2_000.0;
/// How long the storm has to gather.
const GATHERING: Duration = Duration::from_millis(1_000);
/// Longest that the storm lasts.
const STORM: Duration = Duration::from_secs(300);

/// Showing and saving in turns, with and without the storm.
///
/// # Errors
/// When something could not be measured.
pub fn storm(sizes: &Sizes, folder: &Path, report: &mut Report) -> Result<(), String> {
    println!("  logins");
    let url = format!("sqlite://{}", folder.join("login.db").display());
    let mut prepared = data::prepare(&url, sizes.members, 1)?;
    let quiz = prepared.quizzes.first().copied().ok_or("no quiz")?;
    let first = prepared.put_running(quiz, sizes.members, 1, sizes.members)?;
    prepared.settle_down()?;
    let product = Server::product(&prepared.url(), &folder.join("login.log"))?;
    let (tokens, members) = (&prepared.tokens, sizes.members);
    let bodies: Vec<String> = (0..6).map(answers_body).collect();
    let answer = |index: usize, buffer: &mut Vec<u8>| {
        let number = index / 2 % members;
        let path = format!("/api/v1/attempts/{}", attempt_id(first + number));
        if index.is_multiple_of(2) {
            write(buffer, "GET", &path, Some(&tokens[number]), "");
        } else {
            // Another body each time, so that there is something to save.
            let body = &bodies[(index / members) % bodies.len()];
            write(buffer, "PUT", &format!("{path}/answers"), Some(&tokens[number]), body);
        }
    };
    let measure = |rate| -> Result<Measured, String> {
        let side = Side::endless(product.address, Box::new(answer));
        let measured = interleave(&mut [side], CONNECTIONS, rate, sizes)?;
        measured.into_iter().next().ok_or_else(|| "one side".into())
    };
    // A quarter of what it can: so that waiting comes from the storm, not from the load itself.
    let rate = (measure(None)?.figures.per_second / 4.0).min(MOST_RATE);
    let before = measure(Some(rate))?;
    let stop = Arc::new(AtomicBool::new(false));
    let load = Load {
        connections: sizes.logins,
        limit: STORM,
        most: usize::MAX,
        rate: None,
        stop: Some(Arc::clone(&stop)),
    };
    let address = product.address;
    let storm = std::thread::spawn(move || {
        client::run(address, &load, &mut |index, buffer| {
            let body = format!("{{\"login\":\"m{}\",\"password\":\"{PASSWORD}\"}}", 1 + index % members);
            write(buffer, "POST", "/api/v1/auth/login", None, &body);
        })
    });
    std::thread::sleep(GATHERING);
    let during = measure(Some(rate));
    stop.store(true, Ordering::Relaxed);
    let storm = storm.join().map_err(|_| "the storm panicked")??;
    let during = during?;
    storm.check()?;
    let after = measure(Some(rate))?;
    let calm: Vec<f64> = before.p99_ms.iter().chain(&after.p99_ms).copied().collect();
    let measured = median(&during.p99_ms) / median(&calm).max(1e-6);
    let what = format!("p99 of showing and saving, {} logins waiting", sizes.logins);
    let row = Row::ratio(what, "the same without logins", measured, Goal::AtMost(2.0));
    let note = format!(
        "{rate:.0} requests/s in both; p99 {:.2} ms during, {:.2} ms without; {:.0} logins/s",
        median(&during.p99_ms),
        median(&calm),
        storm.per_second()
    );
    report.rows.push(row.with(during.figures, before.figures).noting(note));
    Ok(())
}
