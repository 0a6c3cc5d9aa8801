//! What a member does in one visit: look at the quizzes, take one, save on the way, hand in, read the result,
//! look at the rankings; now and then log in anew, practise, read what was before.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Deserialize;
use serde_json::Value;

use super::line::Line;
use crate::client::LONGEST_US;
use crate::data::{ITEMS, PASSWORD, answers_body};

/// An access token is good for 15 minutes; it is renewed before, by each member at another time.
const RENEW_AFTER: u64 = 840;
/// Of so many visits one begins with a login, although the token would still do.
const LOGIN_EVERY: usize = 40;
/// Of so many visits one looks at what was before, and practises.
const LOOK_BACK_EVERY: usize = 8;
/// Items that are saved at once on the way.
const SAVED_AT_ONCE: usize = 5;

/// What is asked, for the latencies.
pub const KINDS: [&str; 11] = [
    "login",
    "refresh",
    "quizzes",
    "begin",
    "show",
    "save",
    "submit",
    "review",
    "member board",
    "unit board",
    "history and practice",
];

/// What came of the visits of one thread.
pub struct Record {
    /// Latencies in microseconds, by [`KINDS`].
    pub latency: Vec<Histogram<u64>>,
    pub errors: Vec<String>,
    /// Errors, also those beyond the few that are kept.
    pub failed: u64,
    pub visits: u64,
}

impl Record {
    pub fn new() -> Result<Self, String> {
        let one = |_| Histogram::new_with_bounds(1, LONGEST_US, 3).map_err(|error| error.to_string());
        Ok(Self {
            latency: (0..KINDS.len()).map(one).collect::<Result<_, _>>()?,
            errors: vec![],
            failed: 0,
            visits: 0,
        })
    }

    pub fn add(&mut self, other: Self) {
        for (all, more) in self.latency.iter_mut().zip(&other.latency) {
            // The same bounds.
            let _ = all.add(more);
        }
        self.errors.extend(other.errors);
        self.failed += other.failed;
        self.visits += other.visits;
    }

    pub fn requests(&self) -> u64 {
        self.latency.iter().map(Histogram::len).sum()
    }
}

/// A member, and how they are logged in.
#[derive(Default)]
pub struct Visitor {
    pub number: usize,
    tickets: Option<Tickets>,
    visits: usize,
}

/// When a token that is new now is renewed: sooner for some, later for others, so that they do not come all at once.
fn renewal(number: usize) -> Instant {
    Instant::now() + Duration::from_secs(30 + number as u64 * 7 % (RENEW_AFTER - 30))
}

struct Tickets {
    access: String,
    refresh: Option<String>,
    renew_at: Instant,
}

#[derive(Deserialize)]
struct TicketsWire {
    access_token: String,
    refresh_token: String,
}

#[derive(Deserialize)]
struct IdWire {
    id: String,
}

struct Asking<'a> {
    line: &'a mut Line,
    record: &'a mut Record,
}

impl Asking<'_> {
    /// Asks; any status but those that are expected is an error.
    fn ask(
        &mut self,
        kind: usize,
        (method, path): (&str, &str),
        token: Option<&str>,
        body: &str,
        expected: &[u16],
    ) -> Result<&[u8], String> {
        let began = Instant::now();
        let (status, answer) = self.line.ask(method, path, token, body)?;
        let us = u64::try_from(began.elapsed().as_micros()).unwrap_or(LONGEST_US);
        self.record.latency[kind].saturating_record(us.clamp(1, LONGEST_US));
        if !expected.contains(&status) {
            let answer = String::from_utf8_lossy(&answer[..answer.len().min(300)]);
            return Err(format!("{method} {path}: {status} {answer}"));
        }
        Ok(answer)
    }
}

impl Visitor {
    /// The member with a number, who has an access token already.
    pub fn new(number: usize, access: String) -> Self {
        let tickets = Tickets { access, refresh: None, renew_at: renewal(number) };
        Self { number, tickets: Some(tickets), ..Self::default() }
    }

    /// One visit; `quizzes` are taken in turns.
    ///
    /// # Errors
    /// The first thing that went wrong; the next visit begins from the start.
    pub fn visit(&mut self, line: &mut Line, record: &mut Record, quizzes: &[i64]) -> Result<(), String> {
        self.visits += 1;
        let mut asking = Asking { line, record };
        self.log_in(&mut asking)?;
        let token = self.tickets.as_ref().map(|tickets| tickets.access.as_str());
        let variant = self.number.wrapping_mul(31).wrapping_add(self.visits);
        let quiz = quizzes[variant % quizzes.len()];
        asking.ask(2, ("GET", "/api/v1/quizzes?state=open"), token, "", &[200])?;
        let begin = format!("/api/v1/quizzes/{quiz}/attempts");
        let begun = asking.ask(3, ("POST", &begin), token, "", &[200, 201])?;
        let begun: IdWire = serde_json::from_slice(begun).map_err(|error| error.to_string())?;
        let attempt = format!("/api/v1/attempts/{}", begun.id);
        if self.visits.is_multiple_of(2) {
            asking.ask(4, ("GET", &attempt), token, "", &[200])?;
        }
        let all = answers_body(variant);
        let parts: Value = serde_json::from_str(&all).map_err(|error| error.to_string())?;
        let answers = parts["answers"].as_array().ok_or("no answers")?;
        let save = format!("{attempt}/answers");
        for part in answers[..ITEMS - SAVED_AT_ONCE].chunks(SAVED_AT_ONCE) {
            let body = serde_json::json!({ "answers": part }).to_string();
            asking.ask(5, ("PUT", &save), token, &body, &[204])?;
        }
        asking.ask(6, ("POST", &format!("{attempt}/submit")), token, &all, &[200])?;
        asking.ask(7, ("GET", &attempt), token, "", &[200])?;
        let board = format!("/api/v1/leaderboards/members?quiz={quiz}&limit=50");
        asking.ask(8, ("GET", &board), token, "", &[200])?;
        let board = [
            "/api/v1/leaderboards/units?period=day&kind=branch",
            "/api/v1/leaderboards/units?period=month&kind=branch",
        ][self.visits % 2];
        asking.ask(9, ("GET", board), token, "", &[200])?;
        if self.visits.is_multiple_of(LOOK_BACK_EVERY) {
            asking.ask(10, ("GET", "/api/v1/me/attempts?limit=20"), token, "", &[200])?;
            asking.ask(10, ("GET", "/api/v1/me/wrong-answers?limit=20"), token, "", &[200])?;
            asking.ask(10, ("GET", "/api/v1/practice/questions?bank=1000&limit=20"), token, "", &[200])?;
        }
        Ok(())
    }

    fn log_in(&mut self, asking: &mut Asking<'_>) -> Result<(), String> {
        let wanted = self.visits.is_multiple_of(LOGIN_EVERY);
        let refresh = match &self.tickets {
            Some(tickets) if !wanted && Instant::now() < tickets.renew_at => return Ok(()),
            Some(tickets) if !wanted => tickets.refresh.as_ref(),
            _ => None,
        };
        let answer = match refresh {
            Some(token) => {
                let body = serde_json::json!({ "refresh_token": token }).to_string();
                asking.ask(1, ("POST", "/api/v1/auth/refresh"), None, &body, &[200])?
            }
            None => {
                let login = format!("m{}", self.number);
                let body = serde_json::json!({ "login": login, "password": PASSWORD }).to_string();
                asking.ask(0, ("POST", "/api/v1/auth/login"), None, &body, &[200])?
            }
        };
        let tickets: TicketsWire = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
        let TicketsWire { access_token: access, refresh_token: refresh } = tickets;
        self.tickets =
            Some(Tickets { access, refresh: Some(refresh), renew_at: renewal(self.number + self.visits) });
        Ok(())
    }
}
