//! HTTP/1.1 over a socket, written byte by byte, so that wrong bytes can be sent too.

use std::{
    io::{Error, ErrorKind, Read, Result, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// How long one read or write may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most an answer may have.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Names in lower case, with values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's first value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; a body that is none fails the test.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }

    /// The body as text, for messages.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A member that is a text, or nothing.
    pub(crate) fn member(&self, name: &str) -> String {
        self.json().get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// One connection, kept as long as both ends want.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and belongs to no answer yet.
    rest: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, rest: Vec::new() })
    }

    /// Writes bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will be written.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Sends a request and reads its answer. Where the other end stops reading, its answer counts.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        let written = self.write(request);
        match self.read() {
            Err(error) => Err(written.err().unwrap_or(error)),
            answer => answer,
        }
    }

    /// Reads one answer.
    pub(crate) fn read(&mut self) -> Result<Answer> {
        let end = loop {
            if let Some(end) = find(&self.rest, b"\r\n\r\n") {
                break end;
            }
            self.fill()?;
        };
        let head = self.rest.drain(..end + 4).collect::<Vec<u8>>();
        let (status, headers) = read_head(&head).ok_or_else(|| bad("no head of an answer"))?;
        let named = |name: &str| {
            headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        let body = if matches!(status, 100..=199 | 204 | 304) {
            Vec::new()
        } else if named("transfer-encoding").is_some() {
            return Err(bad("answers of this program are not chunked"));
        } else if let Some(length) = named("content-length") {
            let length = length.parse().map_err(|_| bad("content-length"))?;
            self.take(length)?
        } else {
            self.drain()?;
            std::mem::take(&mut self.rest)
        };
        Ok(Answer { status, headers, body })
    }

    /// Reads until the other end closes; what was still sent is given back.
    pub(crate) fn read_to_end(&mut self) -> Result<Vec<u8>> {
        self.drain()?;
        Ok(std::mem::take(&mut self.rest))
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.rest.len() < length {
            self.fill()?;
        }
        Ok(self.rest.drain(..length).collect())
    }

    fn drain(&mut self) -> Result<()> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn fill(&mut self) -> Result<()> {
        let mut piece = [0; 16 * 1024];
        let count = self.stream.read(&mut piece)?;
        if count == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the connection was closed"));
        }
        self.rest.extend_from_slice(piece.get(..count).unwrap_or_default());
        if self.rest.len() > ANSWER_MAX { Err(bad("an answer without an end")) } else { Ok(()) }
    }
}

/// A request's head and body. `Host` and, unless it is given, `Content-Length` are added.
pub(crate) fn request(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut lines = vec![format!("{method} {target} HTTP/1.1"), "Host: gerai.test".to_owned()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.push("Content-Type: application/json".to_owned());
    }
    let has_length = headers.iter().any(|(name, _)| *name == "Content-Length");
    if !has_length && (!body.is_empty() || method == "POST") {
        lines.push(format!("Content-Length: {}", body.len()));
    }
    let head = format!("{}\r\n\r\n", lines.join("\r\n"));
    [head.as_bytes(), body].concat()
}

/// One request on a connection of its own.
pub(crate) fn once(address: SocketAddr, request: &[u8]) -> Result<Answer> {
    Connection::open(address)?.exchange(request)
}

/// `GET` without anything, on a connection of its own.
pub(crate) fn get(address: SocketAddr, target: &str) -> Answer {
    once(address, &request("GET", target, &[], b"")).unwrap()
}

/// `POST` without a signature, on a connection of its own.
pub(crate) fn post(address: SocketAddr, target: &str, body: &str) -> Answer {
    once(address, &request("POST", target, &[], body.as_bytes())).unwrap()
}

/// Status and headers; the final empty line included in `head`.
fn read_head(head: &[u8]) -> Option<(u16, Vec<(String, String)>)> {
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some((status, headers))
}

/// Where `needle` begins.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}
