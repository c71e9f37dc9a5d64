//! The same path as `text/event-stream`.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

use super::{events, press, pull};
use crate::drive::{
    merchant::{DEMO, Merchant, basic, new_order, text},
    process::Server,
};

/// How long one read may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of a stream, written from the description of server-sent events.
struct Stream {
    lines: BufReader<Chunked>,
    status: u16,
    /// The last id that was read.
    last: Option<String>,
}

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    id: String,
    kind: String,
    data: Value,
}

impl Stream {
    fn open(api: SocketAddr, query: &str, last: Option<&str>) -> Self {
        let mut socket = TcpStream::connect(api).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let last_line = last.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let request = format!(
            "GET /v1/events{query} HTTP/1.1\r\nHost: gerai.test\r\nAccept: text/event-stream\r\n\
             Authorization: {}\r\n{last_line}\r\n",
            basic(DEMO)
        );
        socket.write_all(request.as_bytes()).unwrap();
        let mut head = BufReader::new(socket);
        let mut line = String::new();
        head.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        while line.trim_end() != "" {
            line.clear();
            head.read_line(&mut line).unwrap();
            let name = line.to_ascii_lowercase();
            if status == 200 && name.starts_with("content-type:") {
                assert_eq!(name.trim_end(), "content-type: text/event-stream");
            }
        }
        let lines = BufReader::new(Chunked { socket: head, left: 0, ended: false });
        Self { lines, status, last: last.map(str::to_owned) }
    }

    /// The next event; none at the end. Comments and blocks without data are passed over.
    fn next(&mut self) -> Option<Told> {
        let (mut kind, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.strip_suffix('\n').unwrap();
            if line.is_empty() && !data.is_empty() {
                let id = self.last.clone().unwrap();
                return Some(Told { id, kind, data: serde_json::from_str(&data).unwrap() });
            }
            match line.split_once(": ") {
                Some(("id", id)) => self.last = Some(id.to_owned()),
                Some(("event", name)) => name.clone_into(&mut kind),
                Some(("data", text)) => text.clone_into(&mut data),
                Some(("retry", _)) => {}
                Some(_) | None => assert!(line.is_empty() || line.starts_with(':'), "{line}"),
            }
        }
    }

    fn take(&mut self, count: usize) -> Vec<Told> {
        (0..count).map(|_| self.next().unwrap()).collect()
    }
}

/// A body in chunks.
struct Chunked {
    socket: BufReader<TcpStream>,
    left: usize,
    ended: bool,
}

impl Read for Chunked {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        if self.left == 0 {
            let mut line = String::new();
            self.socket.read_line(&mut line)?;
            self.left = usize::from_str_radix(line.trim_end(), 16).unwrap();
        }
        if self.left == 0 {
            self.ended = true;
            return Ok(0);
        }
        let most = into.len().min(self.left);
        let count = self.socket.read(&mut into[..most])?;
        self.left -= count;
        if self.left == 0 {
            let mut end = [0; 2];
            self.socket.read_exact(&mut end)?;
        }
        Ok(count)
    }
}

#[test]
fn a_break_loses_nothing_and_doubles_nothing() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let mut stream = Stream::open(server.api, "", None);
    let charged = merchant.charge(&new_order(), "indomaret", 50_000);
    let mut told = stream.take(1);
    let last = stream.last.clone().unwrap();
    drop(stream);
    press(server.api, &charged, "pay");
    merchant.charge(&new_order(), "alfamart", 50_000);
    // The client's own memory counts before what stands in its URL.
    let mut stream = Stream::open(server.api, "?after=0", Some(&last));
    told.extend(stream.take(2));
    press(server.api, &charged, "reverse");
    told.extend(stream.take(1));
    let pulled = events(&pull(&merchant, ""));
    let streamed: Vec<_> = told.iter().map(|one| one.data.clone()).collect();
    assert_eq!(streamed, pulled);
    for one in &told {
        assert_eq!(one.kind, text(&one.data, "type"));
        assert_eq!(one.id, one.data["number"].to_string());
    }
}

#[test]
fn what_is_passed_over_is_remembered_too() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    for _ in 0..3 {
        merchant.charge(&new_order(), "alfamart", 50_000);
    }
    let charged = merchant.charge(&new_order(), "indomaret", 50_000);
    let mut stream = Stream::open(server.api, "?type=payment.paid", None);
    press(server.api, &charged, "pay");
    let paid = stream.next().unwrap();
    assert_eq!((paid.kind.as_str(), paid.id.as_str()), ("payment.paid", "5"));
}

#[test]
fn who_reads_slowly_gets_everything_and_holds_up_nobody() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let mut slow = Stream::open(server.api, "", None);
    let mut quick = Stream::open(server.api, "", None);
    let mut seen = Vec::new();
    for _ in 0..300 {
        merchant.charge(&new_order(), "alfamart", 50_000);
        seen.extend(quick.take(1));
    }
    assert_eq!(slow.take(300), seen);
}

#[test]
fn an_account_has_sixteen_and_they_end_with_the_gateway() {
    let server = Server::in_memory();
    let mut open: Vec<_> = (0..16).map(|_| Stream::open(server.api, "", None)).collect();
    assert!(open.iter().all(|stream| stream.status == 200));
    assert_eq!(Stream::open(server.api, "", None).status, 429);
    // Short pulls are no listeners.
    let merchant = Merchant::demo(server.api);
    assert!(events(&pull(&merchant, "")).is_empty());
    server.terminate();
    for stream in &mut open {
        assert_eq!(stream.next(), None);
    }
    assert_eq!(server.ended().code, Some(0));
}

#[test]
fn a_stream_that_cannot_go_on_is_refused() {
    let server = Server::in_memory();
    for (query, last) in [("", "1"), ("", "x"), ("?after=1", ""), ("?type=nothing", "0")] {
        assert_eq!(Stream::open(server.api, query, Some(last)).status, 400, "{query} {last}");
    }
}
