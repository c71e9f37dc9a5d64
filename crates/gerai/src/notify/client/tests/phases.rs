//! How long each part takes, and what happens when one takes too long: on a clock that moves only when
//! everybody waits, over servers in memory.

use std::{sync::Arc, time::Duration};

use dialect::Answer;
use gateway::request::Phases;
use tokio::{io::DuplexStream, sync::mpsc, time::sleep};

use super::scene::{Found, Net, Way, answer, ips, post, production, read_request, remark, write};

const SECOND: u64 = 1_000_000;

/// A server in memory: each connection is given to `serve`.
fn server<F>(serve: impl Fn(DuplexStream) -> F + Send + 'static) -> Way
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, mut connections) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(wire) = connections.recv().await {
            tokio::spawn(serve(wire));
        }
    });
    Way::Memory(sender)
}

fn net(way: Way) -> Arc<Net> {
    Arc::new(Net::new([ips("8.8.8.8")], way))
}

#[tokio::test(start_paused = true)]
async fn each_phase_is_measured() {
    let way = server(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        sleep(Duration::from_secs(3)).await;
        write(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nno").await;
        sleep(Duration::from_secs(1)).await;
        write(&mut wire, "ted").await;
    });
    let exchange = post(&production(&net(way)), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::Status(200, b"noted"));
    let hop = &exchange.record.hops[0];
    let expected = Phases {
        dns: Some(0),
        connect: Some(0),
        tls: None,
        first_byte: Some(3 * SECOND),
        total: Some(4 * SECOND),
    };
    assert_eq!(hop.phases, expected);
    assert_eq!(hop.address.as_deref(), Some("8.8.8.8:80"));
    assert_eq!((hop.protocol.as_deref(), hop.reused), (Some("HTTP/1.1"), false));
    assert_eq!((hop.answer_body.as_str(), hop.answer_cut), ("noted", false));
    assert_eq!(exchange.record.remark, None);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_answers_for() {
    let net = Arc::new(Net::new([Found::Hangs], Way::Hangs));
    let exchange = post(&production(&net), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    assert_eq!(remark(&exchange), "it took too long: looking up the name");
    let phases = exchange.record.hops[0].phases;
    assert_eq!((phases.dns, phases.connect), (Some(5 * SECOND), None));
    assert_eq!(phases.total, Some(5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name() {
    let net = Arc::new(Net::new([Found::Unknown], Way::Hangs));
    let exchange = post(&production(&net), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::Unreachable);
    assert_eq!(remark(&exchange), "the name cannot be looked up: no such name");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_there() {
    let exchange = post(&production(&net(Way::Hangs)), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    assert_eq!(remark(&exchange), "it took too long: connecting");
    assert_eq!(exchange.record.hops[0].phases.connect, Some(5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_next_address_is_tried_beside_one_that_is_slow() {
    let way = server(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        write(&mut wire, &answer("200 OK", "")).await;
    });
    let net = Net::new([ips("2606:4700::1,2606:4700::2,8.8.8.8,8.8.4.4")], way);
    let net = Arc::new(net.with("2606:4700::1", Way::Hangs).with("8.8.8.8", Way::Hangs));
    let exchange = post(&production(&net), "http://a.example/").await;
    assert_eq!(exchange.status(), Some(200));
    // The versions take turns, and each has a quarter of a second.
    assert_eq!(net.dialed(), ["[2606:4700::1]:80", "8.8.8.8:80", "[2606:4700::2]:80"]);
    let hop = &exchange.record.hops[0];
    assert_eq!(hop.address.as_deref(), Some("[2606:4700::2]:80"));
    assert_eq!(hop.phases.connect, Some(SECOND / 2));
}

#[tokio::test(start_paused = true)]
async fn the_next_address_is_tried_at_once_after_one_that_refuses() {
    let way = server(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        write(&mut wire, &answer("200 OK", "")).await;
    });
    let net = Arc::new(Net::new([ips("8.8.8.8,8.8.4.4")], way).with("8.8.8.8", Way::Refuses));
    let exchange = post(&production(&net), "http://a.example/").await;
    assert_eq!(exchange.status(), Some(200));
    let hop = &exchange.record.hops[0];
    assert_eq!(hop.address.as_deref(), Some("8.8.4.4:80"));
    assert_eq!(hop.phases.connect, Some(0));

    let exchange = post(&production(&self::net(Way::Refuses)), "http://a.example/").await;
    assert_eq!(remark(&exchange), "8.8.8.8:80 refused the connection");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_answered() {
    let way = server(async |wire| {
        let _open = wire;
        std::future::pending::<()>().await;
    });
    let exchange = post(&production(&net(way)), "https://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    assert_eq!(remark(&exchange), "it took too long: the handshake of TLS");
    assert_eq!(exchange.record.hops[0].phases.tls, Some(5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_begin() {
    let way = server(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        std::future::pending::<()>().await;
    });
    let exchange = post(&production(&net(way)), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    assert_eq!(remark(&exchange), "no whole answer in time: waiting for the answer to begin");
    let hop = &exchange.record.hops[0];
    assert_eq!((hop.phases.first_byte, hop.phases.total), (None, Some(15 * SECOND)));
    assert_eq!((hop.request_body.as_str(), hop.status), ("{}", None));
}

#[tokio::test(start_paused = true)]
async fn headers_that_drip() {
    let way = server(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        write(&mut wire, "HTTP/1.1 200 OK\r\nx-drip: ").await;
        while write(&mut wire, "x").await {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let exchange = post(&production(&net(way)), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    assert_eq!(exchange.record.hops[0].phases.total, Some(15 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips() {
    let way = server(async |mut wire| {
        read_request(&mut wire).await.unwrap();
        sleep(Duration::from_secs(2)).await;
        write(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        while write(&mut wire, "x").await {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let exchange = post(&production(&net(way)), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    assert_eq!(remark(&exchange), "no whole answer in time: reading the answer's body");
    let hop = &exchange.record.hops[0];
    assert_eq!(hop.status, Some(200), "what came is shown");
    assert_eq!(hop.phases.first_byte, Some(2 * SECOND));
    assert_eq!(hop.phases.total, Some(15 * SECOND));
}

/// The deadline is one for all redirects.
#[tokio::test(start_paused = true)]
async fn redirects_share_the_deadline() {
    let way = server(async |mut wire| {
        while read_request(&mut wire).await.is_some() {
            sleep(Duration::from_secs(4)).await;
            write(&mut wire, &answer("307 Temporary Redirect", "location: /again\r\n")).await;
        }
    });
    let exchange = post(&production(&net(way)), "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    let hops = &exchange.record.hops;
    assert_eq!(hops.len(), 4);
    assert!(hops[..3].iter().all(|hop| hop.phases.total == Some(4 * SECOND)), "{hops:?}");
    assert_eq!(hops[3].phases.total, Some(3 * SECOND));
    assert_eq!(hops.iter().filter(|hop| hop.reused).count(), 3, "over one connection");
}
