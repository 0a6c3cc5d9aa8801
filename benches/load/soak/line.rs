//! One connection on which a member asks and waits, as a phone does.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::client::{connect, read_head};
use crate::requests::write;

/// A connection that has been idle for longer is not used again: the server closes it at about that time.
const IDLE: Duration = Duration::from_secs(3);
/// Longest that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that is opened when it is needed.
pub struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
    used_at: Instant,
    request: Vec<u8>,
    answer: Vec<u8>,
    scratch: Vec<u8>,
}

impl Line {
    pub fn new(address: SocketAddr) -> Self {
        let (request, answer) = (Vec::with_capacity(2048), Vec::with_capacity(16 << 10));
        Self { address, stream: None, used_at: Instant::now(), request, answer, scratch: vec![0; 64 << 10] }
    }

    /// Asks, and returns status and body.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<(u16, &[u8]), String> {
        if self.used_at.elapsed() > IDLE {
            self.stream = None;
        }
        write(&mut self.request, method, path, token, body);
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = connect(self.address)?;
                stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
                none.insert(stream)
            }
        };
        let told = |error: std::io::Error| format!("{method} {path}: {error}");
        stream.write_all(&self.request).map_err(told)?;
        self.answer.clear();
        loop {
            let bytes = match stream.read(&mut self.scratch) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other.map_err(told)?,
            };
            if bytes == 0 {
                return Err(format!("{method} {path}: the server closed the connection"));
            }
            self.answer.extend_from_slice(&self.scratch[..bytes]);
            if let Some((status, head, body)) = read_head(&self.answer)?
                && self.answer.len() >= head + body
            {
                self.used_at = Instant::now();
                return Ok((status, &self.answer[head..]));
            }
        }
    }
}
