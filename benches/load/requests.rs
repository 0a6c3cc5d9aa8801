//! The bytes of the requests.

use std::io::Write as _;

/// A request as the clients send it, into an empty `buffer`.
pub fn write(buffer: &mut Vec<u8>, method: &str, path: &str, token: Option<&str>, body: &str) {
    buffer.clear();
    // Writing to a vector cannot fail.
    let _ = write!(buffer, "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    if let Some(token) = token {
        let _ = write!(buffer, "Authorization: Bearer {token}\r\n");
    }
    if !body.is_empty() {
        let _ = write!(buffer, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    } else if method != "GET" {
        let _ = write!(buffer, "Content-Length: 0\r\n");
    }
    let _ = write!(buffer, "\r\n{body}");
}

/// The same as a vector of its own.
pub fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let mut buffer = Vec::new();
    write(&mut buffer, method, path, token, body);
    buffer
}

/// An order in which numbers below `count` come once each without being neighbours, as people do: the
/// database gets no help from the order in which the rows were made.
pub fn scattered(index: usize, count: usize) -> usize {
    /// A prime larger than any count here, so that the products modulo `count` are all different.
    const STRIDE: usize = 2_147_483_647;
    index.wrapping_mul(STRIDE) % count.max(1)
}
