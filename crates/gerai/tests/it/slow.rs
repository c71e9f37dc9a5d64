//! Callers that are slow, on purpose or not, are given up in time.

use std::{thread::sleep, time::Duration};

use gateway::clock::Stopwatch;

use crate::drive::{
    folder::Folder,
    http::{Connection, request},
    merchant::{DEMO, Merchant, basic, new_order},
    process::Server,
    till::Signed,
};

/// What a slow caller may take in these tests; far longer than the limits below.
const AT_MOST: Duration = Duration::from_secs(5);

fn impatient(folder: &Folder) -> Server {
    let text = "[limits]\nheader_timeout = \"300ms\"\nbody_timeout = \"300ms\"\n";
    let config = folder.write("gerai.toml", text);
    let config = config.to_str().unwrap();
    Server::start(&["sandbox", "--listen", "127.0.0.1:0", "--in-memory", "--config", config])
}

/// Writes a byte every tenth of a second until the other end answers or hangs up.
fn trickle(connection: &mut Connection, bytes: &[u8]) {
    let stopwatch = Stopwatch::start();
    for byte in bytes {
        if connection.write(&[*byte]).is_err() || stopwatch.elapsed() > Duration::from_secs(1) {
            return;
        }
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_head_that_trickles_is_not_waited_for() {
    let folder = Folder::new("slow-head");
    let server = impatient(&folder);
    let stopwatch = Stopwatch::start();
    let mut connection = Connection::open(server.api).unwrap();
    trickle(&mut connection, b"POST /v2/charge HTTP/1.1\r\nHost: gerai.test\r\n");
    match connection.read() {
        Ok(answer) => assert_eq!(answer.status, 408),
        Err(error) => assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "it still waits"),
    }
    assert!(stopwatch.elapsed() < AT_MOST);
}

#[test]
fn a_body_that_trickles_is_refused_in_every_protocols_own_words() {
    let folder = Folder::new("slow-body");
    let server = impatient(&folder);
    let authorization = basic(DEMO);
    let signed = Signed::now("POST", "/counter/v1/payment", b"");
    let length = ("Content-Length", "999");
    let authorization = [("Authorization", authorization.as_str()), length];
    let signature = [&signed.headers()[..], &[length]].concat();
    for (target, headers, member, value) in [
        ("/v2/charge", &authorization[..], "status_code", "408"),
        ("/counter/v1/payment", &signature, "code", "30"),
        ("/sandbox/v1/payments/latest/pay", &[length], "error", "bad_body"),
    ] {
        let stopwatch = Stopwatch::start();
        let mut connection = Connection::open(server.api).unwrap();
        connection.write(&request("POST", target, headers, b"")).unwrap();
        trickle(&mut connection, &[b' '; 20]);
        let answer = connection.read().unwrap();
        assert_eq!((answer.status, answer.member(member).as_str()), (408, value), "{target}");
        assert!(stopwatch.elapsed() < AT_MOST, "{target}");
        // What may still come of the body is not taken for another request.
        assert_eq!(connection.read_to_end().unwrap_or_default(), b"", "{target}");
    }
}

#[test]
fn slow_callers_hold_up_nobody_else() {
    let folder = Folder::new("slow-others");
    let server = impatient(&folder);
    let head = b"POST /v2/charge HTTP/1.1\r\nContent-Length: 10\r\n\r\n";
    let mut idle: Vec<_> = (0..200).map(|_| Connection::open(server.api).unwrap()).collect();
    for (no, connection) in idle.iter_mut().enumerate() {
        let piece = if no % 2 == 0 { &head[..20] } else { &head[..] };
        connection.write(piece).unwrap();
    }
    Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    // In the end none of them is kept.
    for connection in &mut idle {
        let stopwatch = Stopwatch::start();
        drop(connection.read_to_end());
        assert!(stopwatch.elapsed() < AT_MOST);
    }
}

#[test]
fn an_idle_connection_is_closed() {
    let folder = Folder::new("slow-idle");
    let server = impatient(&folder);
    let mut connection = Connection::open(server.api).unwrap();
    let nowhere = request("GET", "/nowhere", &[], b"");
    assert_eq!(connection.exchange(&nowhere).unwrap().status, 404);
    let stopwatch = Stopwatch::start();
    assert_eq!(connection.read_to_end().unwrap_or_default(), b"");
    assert!(stopwatch.elapsed() < AT_MOST);
}
