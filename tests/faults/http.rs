//! A connection of one's own: what a client library hides (connections that are cut, and sent again on another)
//! shows here.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A connection that is kept open between requests.
pub struct Connection {
    stream: BufReader<TcpStream>,
    /// Requests that were answered on it.
    pub answered: usize,
    /// Whether the last answer said that it was the last one.
    pub is_over: bool,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Connection {
    pub fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream: BufReader::new(stream), answered: 0, is_over: false })
    }

    /// Sends a request and reads its answer to the end.
    pub fn ask(&mut self, method: &str, path: &str, token: &str, body: &str) -> std::io::Result<Answer> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        let cut = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "no answer");
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(cut());
        }
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
        let mut length = 0;
        loop {
            let mut header = String::new();
            if self.stream.read_line(&mut header)? == 0 {
                return Err(cut());
            }
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            self.is_over |= header == "connection: close";
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        self.answered += 1;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }
}

/// What of the server is wanting, by its own word: the names of the checks of `/readyz` that failed.
pub fn wanting(address: SocketAddr) -> Vec<String> {
    let answer = Connection::open(address).unwrap().ask("GET", "/readyz", "", "").unwrap();
    let checks = answer.body["checks"].as_array().unwrap();
    let failed = checks.iter().filter(|check| check["ok"] == Value::Bool(false));
    let failed: Vec<String> = failed.map(|check| check["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(answer.status, if failed.is_empty() { 200 } else { 503 }, "{}", answer.body);
    failed
}
