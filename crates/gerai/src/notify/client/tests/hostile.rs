//! Where production sends nothing: nothing is connected to, and the remark says why.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use dialect::Answer;
use gateway::reach::Reach;

use super::scene::{self, Found, Net, Way, ips, post, production, remark};
use crate::notify::client::Client;

/// A line of the table.
struct Row {
    url: &'static str,
    /// What each look-up gives; none where nobody looks.
    answers: Vec<Found>,
    why: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("hostile.txt").lines();
    let lines = lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let read = |line: &'static str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [url, answers, why] = cells.as_slice() else { panic!("{line}") };
        let answers = match *answers {
            "-" => Vec::new(),
            answers => answers.split('/').map(ips).collect(),
        };
        Row { url, answers, why }
    };
    let rows: Vec<_> = lines.map(read).collect();
    assert!(rows.len() >= 80, "{}", rows.len());
    rows
}

/// A port that counts who connects to it.
struct Counted(TcpListener);

impl Counted {
    fn start() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        (Self(listener), address)
    }

    fn connections(&self) -> usize {
        let mut count = 0;
        loop {
            match self.0.accept() {
                Ok(_) => count += 1,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return count,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// A receiver that answers every request with `answer` and closes.
async fn receiver(answer: String) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut wire, _)) = listener.accept().await {
            if scene::read_request(&mut wire).await.is_some() {
                scene::write(&mut wire, &answer).await;
            }
        }
    });
    address
}

#[tokio::test]
async fn nothing_is_connected_to() {
    // The counting counts.
    let (counted, address) = Counted::start();
    let _connection = std::net::TcpStream::connect(address).unwrap();
    assert_eq!(counted.connections(), 1);

    for row in rows().into_iter().filter(|row| row.answers.len() < 2) {
        let (counted, address) = Counted::start();
        let net = Arc::new(Net::new(row.answers.clone(), Way::Listener(address)));
        let exchange = post(&production(&net), row.url).await;
        assert_eq!(exchange.answer(), Answer::Unreachable, "{}", row.url);
        assert!(remark(&exchange).contains(row.why), "{}: {}", row.url, remark(&exchange));
        assert_eq!(counted.connections(), 0, "{}", row.url);
        assert_eq!(net.dialed(), Vec::<String>::new(), "{}", row.url);
        assert_eq!(net.looked_up.lock().unwrap().len(), row.answers.len(), "{}", row.url);
        assert!(!format!("{exchange:?}").contains("secret"), "{exchange:?}");
    }
}

/// Who names such a URL hears it at once, and does not wait for the first notification.
#[test]
fn what_a_url_itself_tells_is_told_early() {
    let mut wrong = Vec::new();
    for row in rows() {
        let early = Reach::default().target(row.url).map(drop).map_err(|why| why.to_string());
        let is_right = match &early {
            Ok(()) => !row.answers.is_empty(),
            Err(why) => row.answers.is_empty() && why.contains(row.why),
        };
        if !is_right {
            wrong.push((row.url, early));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn nothing_is_connected_to_behind_a_redirect() {
    let absolute = |row: &Row| row.url.contains("://") && row.url.is_ascii();
    for row in rows().into_iter().filter(|row| row.answers.len() < 2 && absolute(row)) {
        let first = receiver(scene::answer(
            "307 Temporary Redirect",
            &format!("connection: close\r\nlocation: {}\r\n", row.url),
        ));
        let (counted, other) = Counted::start();
        let answers = [ips("8.8.8.8")].into_iter().chain(row.answers.clone());
        let net = Net::new(answers, Way::Listener(other));
        let net = Arc::new(net.with("8.8.8.8", Way::Listener(first.await)));
        let exchange = post(&production(&net), "http://first.example/").await;
        let why = remark(&exchange);
        let told = why.contains(row.why) || why == "the redirect names no URL";
        assert!(told, "{}: {why}", row.url);
        assert_eq!(counted.connections(), 0, "{}", row.url);
        assert_eq!(net.dialed(), ["8.8.8.8:80"], "{}", row.url);
        assert_eq!(exchange.record.hops[0].status, Some(307), "{}", row.url);
    }
}

/// Each connection is made to an address that was looked up for it and judged, never to one that is
/// looked up again.
#[tokio::test]
async fn a_name_that_leads_elsewhere_later_is_judged_again() {
    let rows: Vec<_> = rows().into_iter().filter(|row| row.answers.len() > 1).collect();
    assert!(rows.len() >= 5);
    for row in rows {
        let good = receiver(scene::answer("200 OK", "connection: close\r\n")).await;
        let (counted, other) = Counted::start();
        let net = Net::new(row.answers.clone(), Way::Listener(other));
        let net = Arc::new(net.with("8.8.8.8", Way::Listener(good)));
        let client = production(&net);
        let told = row.answers.len() - 1;
        for _ in 0..told {
            assert_eq!(post(&client, row.url).await.status(), Some(200), "{}", row.url);
        }
        let exchange = post(&client, row.url).await;
        assert_eq!(exchange.answer(), Answer::Unreachable, "{}", row.url);
        assert!(remark(&exchange).contains(row.why), "{}", remark(&exchange));
        assert_eq!(counted.connections(), 0, "{}", row.url);
        assert_eq!(net.looked_up.lock().unwrap().len(), told + 1, "one for each connection");
        assert_eq!(net.dialed().len(), told);
        assert!(net.dialed().iter().all(|address| address.starts_with("8.8.8.8:")));
    }
}

/// The same with the system's own network.
#[tokio::test]
async fn production_does_not_reach_into_its_own_network() {
    let (counted, address) = Counted::start();
    let client = Client::new(Reach::default(), None).unwrap();
    let port = address.port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"] {
        let exchange = post(&client, &format!("http://{host}:{port}/")).await;
        assert_eq!(exchange.answer(), Answer::Unreachable, "{host}");
    }
    assert_eq!(counted.connections(), 0);
}

#[tokio::test]
async fn what_an_operator_allows_is_sent_to() {
    let good = receiver(scene::answer("200 OK", "")).await;
    let net = Arc::new(Net::new([ips("10.1.2.3"), ips("10.2.2.3")], Way::Listener(good)));
    let allowed = gateway::reach::Allowed {
        networks: vec!["10.1.0.0/16".parse().unwrap()],
        ..gateway::reach::Allowed::default()
    };
    let client = scene::client(&net, Reach::Public(Arc::new(allowed)));
    assert_eq!(post(&client, "http://shop.corp.internal/").await.status(), Some(200));
    let exchange = post(&client, "http://other.corp.internal/").await;
    assert!(remark(&exchange).contains("leads to 10.2.2.3"), "{}", remark(&exchange));
    assert_eq!(net.dialed(), ["10.1.2.3:80"]);
}
