//! The load: keep-alive HTTP/1.1 connections on one thread, with latencies. Only what a benchmark needs: the
//! requests are bytes that stand ready, and of an answer only its status, its length and its time are read.

use std::collections::{BTreeMap, VecDeque};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// How long answers are waited for once the time is over.
const DRAIN: Duration = Duration::from_secs(10);
/// How coarse the timer is that waits for when a request is due.
const TIMER: Duration = Duration::from_millis(1);
/// Longest latency that is told apart, in microseconds.
pub const LONGEST_US: u64 = 120_000_000;
/// Most bytes of a refusal that are kept for the report.
const MOST_KEPT: usize = 600;
/// Most header lines of an answer.
const MOST_HEADERS: usize = 48;

/// How hard and how long.
#[derive(Clone)]
pub struct Load {
    /// Connections that are open at the same time.
    pub connections: usize,
    /// After this, no request is sent any more.
    pub limit: Duration,
    /// Most requests.
    pub most: usize,
    /// Requests a second, whatever the answers take: a request that finds every connection busy waits, and
    /// its latency counts from when it was due. `None`: each connection sends as soon as it is answered.
    pub rate: Option<f64>,
    /// Ends it early.
    pub stop: Option<Arc<AtomicBool>>,
}

/// What came of it.
pub struct Outcome {
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were sent and not answered in time.
    pub unanswered: u64,
    /// Connections that the server has closed instead of answering.
    pub closed: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Latencies in microseconds.
    pub latency: Histogram<u64>,
    /// Bytes of all bodies.
    pub body_bytes: u64,
    /// The first answer that was not 2xx, cut.
    pub refusal: Option<String>,
}

impl Outcome {
    /// Answers a second.
    pub fn per_second(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Nothing, or what went wrong: figures in which requests failed are worth nothing.
    pub fn check(&self) -> Result<(), String> {
        let good: u64 = self.statuses.range(200..300).map(|(_, count)| count).sum();
        if self.answered > 0 && good == self.answered && self.unanswered + self.closed == 0 {
            return Ok(());
        }
        let refusal = self.refusal.as_deref().unwrap_or("");
        let Self { statuses, unanswered, closed, .. } = self;
        Err(format!(
            "answers by status: {statuses:?}; without an answer in time: {unanswered}; connections closed by the \
             server: {closed}; first refusal: {refusal}"
        ))
    }
}

struct Connection {
    stream: TcpStream,
    output: Vec<u8>,
    written: usize,
    /// The head of an answer as far as it has come.
    head: Vec<u8>,
    /// What of the body is still to come, once the head is read.
    body_left: Option<usize>,
    status: u16,
    sent_at: Option<Instant>,
    is_closed: bool,
}

struct Run<'a> {
    load: &'a Load,
    request: &'a mut dyn FnMut(usize, &mut Vec<u8>),
    connections: Vec<Connection>,
    idle: VecDeque<usize>,
    /// Connections that wait for an answer.
    busy: usize,
    scratch: Vec<u8>,
    began: Instant,
    sent: usize,
    outcome: Outcome,
}

/// Puts `load` on the server at `address`; `request` writes the bytes of the request with a number (from 0).
///
/// # Errors
/// When the server cannot be reached or answers something else than HTTP.
pub fn run(
    address: SocketAddr,
    load: &Load,
    request: &mut dyn FnMut(usize, &mut Vec<u8>),
) -> Result<Outcome, String> {
    let mut poll = Poll::new().map_err(|error| error.to_string())?;
    let mut connections = Vec::with_capacity(load.connections);
    for number in 0..load.connections.min(load.most) {
        let stream = connect(address)?;
        stream.set_nonblocking(true).map_err(|error| error.to_string())?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(number), interest).map_err(|error| error.to_string())?;
        connections.push(Connection {
            stream,
            output: Vec::with_capacity(2048),
            written: 0,
            head: Vec::with_capacity(1024),
            body_left: None,
            status: 0,
            sent_at: None,
            is_closed: false,
        });
    }
    let outcome = Outcome {
        answered: 0,
        unanswered: 0,
        closed: 0,
        elapsed: Duration::ZERO,
        statuses: BTreeMap::new(),
        latency: Histogram::new_with_bounds(1, LONGEST_US, 3).map_err(|error| error.to_string())?,
        body_bytes: 0,
        refusal: None,
    };
    let idle = (0..connections.len()).collect();
    let scratch = vec![0; 256 << 10];
    let mut run =
        Run { load, request, connections, idle, busy: 0, scratch, began: Instant::now(), sent: 0, outcome };
    run.go(&mut poll)?;
    Ok(run.outcome)
}

/// A connection that sends at once what is written.
///
/// # Errors
/// When nobody listens there.
pub fn connect(address: SocketAddr) -> Result<std::net::TcpStream, String> {
    let stream = std::net::TcpStream::connect_timeout(&address, Duration::from_secs(5))
        .map_err(|error| format!("{address}: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    Ok(stream)
}

impl Run<'_> {
    fn go(&mut self, poll: &mut Poll) -> Result<(), String> {
        let mut events = Events::with_capacity(1024);
        let mut last_answer = self.began;
        loop {
            let now = Instant::now();
            let next = self.send_due(now);
            if next.is_none() && self.busy == 0 {
                break;
            }
            if now.duration_since(self.began) > self.load.limit + DRAIN {
                self.outcome.unanswered = self.busy as u64;
                last_answer = now;
                break;
            }
            let wait = next.map_or(Duration::from_millis(200), |due| due.saturating_duration_since(now));
            match poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other.map_err(|error| error.to_string())?,
            }
            for event in &events {
                let number = event.token().0;
                if event.is_writable() {
                    self.write(number);
                }
                if event.is_readable() && self.read(number)? {
                    last_answer = Instant::now();
                }
            }
        }
        self.outcome.elapsed = last_answer.duration_since(self.began);
        Ok(())
    }

    /// Sends what is due on connections that are idle; returns when the next request is due, or `None` when
    /// there is none until an answer comes.
    fn send_due(&mut self, now: Instant) -> Option<Instant> {
        loop {
            let stopped = self.load.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed));
            if stopped || self.sent >= self.load.most || now.duration_since(self.began) >= self.load.limit {
                return None;
            }
            let due = match self.load.rate {
                Some(rate) => self.began + Duration::from_secs_f64(self.sent as f64 / rate),
                None => now,
            };
            if due > now {
                return Some(due);
            }
            let number = self.idle.pop_front()?;
            let connection = &mut self.connections[number];
            connection.output.clear();
            connection.written = 0;
            connection.head.clear();
            (self.request)(self.sent, &mut connection.output);
            // Neither building the request nor the timer's own coarseness is the server's time.
            let built = Instant::now();
            connection.sent_at = Some(if self.load.rate.is_some() { built.min(due + TIMER) } else { built });
            self.sent += 1;
            self.busy += 1;
            self.write(number);
        }
    }

    fn write(&mut self, number: usize) {
        let connection = &mut self.connections[number];
        while connection.written < connection.output.len() {
            match connection.stream.write(&connection.output[connection.written..]) {
                Ok(bytes) => connection.written += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.close(number);
                    return;
                }
            }
        }
    }

    /// Notes that the server has closed a connection; it is not used any more.
    fn close(&mut self, number: usize) {
        let connection = &mut self.connections[number];
        if connection.is_closed {
            return;
        }
        connection.is_closed = true;
        if connection.sent_at.take().is_some() {
            self.busy -= 1;
            self.outcome.closed += 1;
        } else {
            // Idle for long enough, while the others' last answers were waited for.
            self.idle.retain(|idle| *idle != number);
        }
    }

    /// Reads what has come; true when an answer is complete.
    fn read(&mut self, number: usize) -> Result<bool, String> {
        loop {
            let connection = &mut self.connections[number];
            let bytes = match connection.stream.read(&mut self.scratch) {
                Ok(bytes) if bytes > 0 => bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // Closed in order or not: either spoils the measurement, and the rest goes on to show how much.
                Ok(_) | Err(_) => {
                    self.close(number);
                    return Ok(false);
                }
            };
            if self.take(number, bytes)? {
                return Ok(true);
            }
        }
    }

    /// Takes the first `bytes` of the scratch buffer; true when they complete an answer.
    fn take(&mut self, number: usize, bytes: usize) -> Result<bool, String> {
        let connection = &mut self.connections[number];
        let Some(sent_at) = connection.sent_at else {
            // What a server says to a connection that has been idle for too long, before it closes it.
            self.close(number);
            return Ok(false);
        };
        let body = match connection.body_left {
            Some(left) => {
                connection.body_left = Some(left.saturating_sub(bytes));
                &self.scratch[..bytes]
            }
            None => {
                connection.head.extend_from_slice(&self.scratch[..bytes]);
                let Some((status, head_bytes, body_bytes)) = read_head(&connection.head)? else {
                    return Ok(false);
                };
                connection.status = status;
                let come = connection.head.len() - head_bytes;
                connection.body_left = Some(body_bytes.saturating_sub(come));
                self.outcome.body_bytes += body_bytes as u64;
                &connection.head[head_bytes..]
            }
        };
        if !(200..300).contains(&connection.status) && self.outcome.refusal.is_none() {
            let kept = &body[..body.len().min(MOST_KEPT)];
            self.outcome.refusal = Some(format!("{} {}", connection.status, String::from_utf8_lossy(kept)));
        }
        if connection.body_left != Some(0) {
            return Ok(false);
        }
        let us = u64::try_from(sent_at.elapsed().as_micros()).unwrap_or(LONGEST_US);
        self.outcome.latency.saturating_record(us.clamp(1, LONGEST_US));
        *self.outcome.statuses.entry(connection.status).or_insert(0) += 1;
        self.outcome.answered += 1;
        connection.body_left = None;
        connection.sent_at = None;
        self.busy -= 1;
        self.idle.push_back(number);
        Ok(true)
    }
}

/// Status, length of the head and length of the body; `None` until the head is complete.
///
/// # Errors
/// When it is not HTTP, or does not say how long it is.
pub fn read_head(bytes: &[u8]) -> Result<Option<(u16, usize, usize)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(bytes).map_err(|error| format!("not HTTP: {error}"))? {
        httparse::Status::Partial => return Ok(None),
        httparse::Status::Complete(head) => head,
    };
    let status = response.code.unwrap_or(0);
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = match length.and_then(|header| std::str::from_utf8(header.value).ok()) {
        Some(length) => length.trim().parse().map_err(|error| format!("content-length: {error}"))?,
        None if status == 204 => 0,
        None => return Err(format!("an answer ({status}) without a content-length")),
    };
    Ok(Some((status, head, length)))
}

/// One request and its answer: status and body.
///
/// # Errors
/// When the server cannot be reached or does not answer within `limit`.
pub fn once(address: SocketAddr, request: &[u8], limit: Duration) -> Result<(u16, Vec<u8>), String> {
    let mut stream = connect(address)?;
    stream.set_read_timeout(Some(limit)).map_err(|error| error.to_string())?;
    stream.write_all(request).map_err(|error| error.to_string())?;
    let (mut answer, mut scratch) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let bytes = stream.read(&mut scratch).map_err(|error| format!("no answer: {error}"))?;
        if bytes == 0 {
            return Err("the server closed the connection".into());
        }
        answer.extend_from_slice(&scratch[..bytes]);
        if let Some((status, head, body)) = read_head(&answer)?
            && answer.len() >= head + body
        {
            return Ok((status, answer.split_off(head)));
        }
    }
}
