//! Receivers that misbehave, over real sockets.

use std::net::SocketAddr;

use dialect::{Answer, DeliveryTerms};
use domain::time::Span;
use gateway::reach::Reach;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::scene::{answer, outgoing, post, read_request, remark, write};
use crate::notify::client::Client;

fn client() -> Client {
    Client::new(Reach::Everything, None).unwrap()
}

/// A receiver that gives each connection to `serve`.
async fn receiver<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> (SocketAddr, String)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((wire, _)) = listener.accept().await {
            tokio::spawn(serve(wire));
        }
    });
    (address, format!("http://{address}/hook"))
}

/// What is said of a receiver that answers a request with these bytes and closes.
async fn said(bytes: &'static [u8]) -> (Option<u16>, String) {
    let (_, url) = receiver(async move |mut wire| {
        read_request(&mut wire).await.unwrap();
        wire.write_all(bytes).await.unwrap();
    })
    .await;
    let exchange = post(&client(), &url).await;
    (exchange.status(), remark(&exchange).to_owned())
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let exchange = post(&client(), &format!("http://{address}/")).await;
    assert_eq!(exchange.answer(), Answer::Unreachable);
    assert_eq!(remark(&exchange), format!("{address} refused the connection"));
    for url in ["ftp://127.0.0.1/", "/hook", "", "http://", "http://[::1"] {
        let exchange = post(&client(), url).await;
        assert_eq!(exchange.answer(), Answer::Unreachable, "{url}");
        assert!(remark(&exchange).starts_with("nothing was sent: the URL"), "{exchange:?}");
    }
}

#[tokio::test]
async fn a_reset() {
    let (_, url) = receiver(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        wire.set_zero_linger().unwrap();
    })
    .await;
    let exchange = post(&client(), &url).await;
    assert_eq!(exchange.answer(), Answer::Unreachable);
    assert_eq!(remark(&exchange), "the connection was reset before there was an answer");
}

#[tokio::test]
async fn answers_that_are_none() {
    let (status, why) = said(b"").await;
    assert_eq!(status, None);
    assert_eq!(why, "the connection was closed before there was an answer");
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.9\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x50",
        b"220 mail.example ESMTP\r\n",
        b"{\"status\":\"ok\"}\r\n\r\n",
        b"HTTP/1.1 9999 Much\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        let (status, why) = said(bytes).await;
        assert_eq!(status, None, "{why}");
        assert!(why.starts_with("the answer is not HTTP: "), "{why}");
    }
    let (status, why) = said(b"HTTP/1.1 200 OK\r\nx: ").await;
    assert_eq!(
        (status, why.as_str()),
        (None, "the connection was closed before there was an answer")
    );
}

#[tokio::test]
async fn headers_without_end() {
    let (_, url) = receiver(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        write(&mut wire, "HTTP/1.1 200 OK\r\n").await;
        while write(&mut wire, &format!("x-more: {}\r\n", "y".repeat(1_000))).await {}
    })
    .await;
    let exchange = post(&client(), &url).await;
    assert_eq!(exchange.answer(), Answer::Unreachable);
    assert_eq!(remark(&exchange), "the answer's headers are too long");
}

/// A GiB is promised and would be sent.
#[tokio::test]
async fn a_body_of_a_gib_is_read_as_far_as_is_useful() {
    const GIB: usize = 1 << 30;
    let (sent, mut told) = mpsc::unbounded_channel();
    let (_, url) = receiver(move |mut wire| {
        let sent = sent.clone();
        async move {
            read_request(&mut wire).await.unwrap();
            write(&mut wire, &format!("HTTP/1.1 200 OK\r\ncontent-length: {GIB}\r\n\r\n")).await;
            let piece = "z".repeat(1 << 16);
            let mut count = 0;
            while count < GIB && write(&mut wire, &piece).await {
                count += piece.len();
            }
            sent.send(count).unwrap();
        }
    })
    .await;
    let exchange = post(&client(), &url).await;
    let Answer::Status(200, read) = exchange.answer() else { panic!("{exchange:?}") };
    assert_eq!(read.len(), 64 * 1_024);
    let hop = &exchange.record.hops[0];
    assert_eq!((hop.answer_body.len(), hop.answer_cut), (4_096, true));
    // The connection was closed, and most of it never went over the wire.
    assert!(told.recv().await.unwrap() < GIB / 16);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_its_status() {
    let (status, why) = said(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nnot").await;
    assert_eq!(status, Some(200));
    assert!(why.starts_with("the answer's body broke off"), "{why}");
}

/// What is packed is not unpacked, so it cannot grow.
#[tokio::test]
async fn a_packed_body_is_taken_as_it_is() {
    // Two thousand zeros in twenty-nine bytes.
    const PACKED: &str = "1f8b08000000000000036360a02f000000ffff03004c7a6d28d0070000";
    let packed = hex::decode(PACKED).unwrap();
    let expected = packed.clone();
    let (_, url) = receiver(move |mut wire| {
        let packed = packed.clone();
        async move {
            let request = read_request(&mut wire).await.unwrap();
            assert!(!request.contains("accept-encoding"), "{request}");
            let length = packed.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ";
            write(&mut wire, &format!("{head}{length}\r\n\r\n")).await;
            wire.write_all(&packed).await.unwrap();
        }
    })
    .await;
    assert_eq!(post(&client(), &url).await.answer(), Answer::Status(200, &expected));
}

#[tokio::test]
async fn answers_before_the_answer_are_passed_over() {
    let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
        HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    assert_eq!(said(bytes).await, (Some(200), String::new()));
    // Nobody asked for another protocol.
    let (status, _) = said(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n").await;
    assert_ne!(status, Some(200));
}

#[tokio::test]
async fn an_answer_without_a_length_ends_with_its_connection() {
    let bytes = b"HTTP/1.0 200 OK\r\n\r\nok";
    assert_eq!(said(bytes).await, (Some(200), String::new()));
}

#[tokio::test]
async fn plain_http_where_tls_is_expected() {
    let (address, _) = receiver(async |mut wire| {
        // The client's greeting: five bytes, the last two of which say how many follow.
        let mut head = [0; 5];
        wire.read_exact(&mut head).await.unwrap();
        let mut rest = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        wire.read_exact(&mut rest).await.unwrap();
        write(&mut wire, &answer("400 Bad Request", "")).await;
        let _ = wire.read(&mut head).await;
    })
    .await;
    let exchange = post(&client(), &format!("https://{address}/")).await;
    assert_eq!(exchange.answer(), Answer::Unreachable);
    assert_eq!(remark(&exchange), "TLS: the other side does not speak it");
}

/// How an answer of 307 with this location ends.
async fn sent_on(location: &str, redirects_max: u8) -> (Option<u16>, String, usize) {
    let text = answer("307 Temporary Redirect", &format!("location: {location}\r\n"));
    let (_, url) = receiver(move |mut wire| {
        let text = text.clone();
        async move {
            while read_request(&mut wire).await.is_some() {
                write(&mut wire, &text).await;
            }
        }
    })
    .await;
    let terms = DeliveryTerms { timeout: Span::seconds(15), redirects_max };
    let exchange = client().post(&url, outgoing(), terms).await;
    assert!(!format!("{:?}", exchange.record).contains("secret"), "{:?}", exchange.record);
    (exchange.status(), remark(&exchange).to_owned(), exchange.record.hops.len())
}

#[tokio::test]
async fn redirects_end() {
    let loops = sent_on("/hook", 5).await;
    assert_eq!(loops, (Some(307), "too many redirects".to_owned(), 6));
    let none = sent_on("/hook", 0).await;
    let why = "this vendor's notifications follow no redirects".to_owned();
    assert_eq!(none, (Some(307), why, 1));
    let nowhere = sent_on("http://", 5).await;
    assert_eq!(nowhere, (Some(307), "the redirect names no URL".to_owned(), 1));
    let (status, why, _) = sent_on("ftp://a.example/", 5).await;
    assert_eq!(status, None);
    assert!(why.starts_with("the redirect was not followed: its URL must begin"), "{why}");
    let (status, why, _) = sent_on("http://budi:secret@127.0.0.1/", 5).await;
    assert!(status.is_none() && why.contains("user name"), "{why}");
}

/// What is meant for one is not told to another.
#[tokio::test]
async fn secrets_stay_with_whom_they_are_for() {
    let (sent, mut told) = mpsc::unbounded_channel();
    let second = sent.clone();
    let (address, _) = receiver(move |mut wire| {
        let sent = second.clone();
        async move {
            sent.send(read_request(&mut wire).await.unwrap()).unwrap();
            write(&mut wire, &answer("200 OK", "")).await;
        }
    })
    .await;
    let on = answer("308 Permanent Redirect", &format!("location: http://{address}/other\r\n"));
    let near = answer("308 Permanent Redirect", "location: /near\r\n");
    let (_, url) = receiver(move |mut wire| {
        let (sent, near, on) = (sent.clone(), near.clone(), on.clone());
        async move {
            for text in [near, on] {
                sent.send(read_request(&mut wire).await.unwrap()).unwrap();
                write(&mut wire, &text).await;
            }
        }
    })
    .await;
    let exchange = post(&client(), &url).await;
    assert_eq!(exchange.status(), Some(200));
    let [first, near, other] = [told.recv().await, told.recv().await, told.recv().await];
    for (request, path, has_secret) in [
        (first.unwrap(), "/hook", true),
        (near.unwrap(), "/near", true),
        (other.unwrap(), "/other", false),
    ] {
        assert!(request.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{request}");
        assert_eq!(request.contains("authorization: Basic c2VjcmV0"), has_secret, "{request}");
        assert!(request.contains("x-test: yes\r\n") && request.ends_with("{}"), "{request}");
    }
    let record = format!("{:?}", exchange.record);
    assert!(!record.contains("c2VjcmV0"), "{record}");
}
