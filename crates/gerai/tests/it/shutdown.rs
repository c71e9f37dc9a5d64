//! Told to stop, the program answers what it has begun, and loses nothing.

use std::time::Duration;

use gateway::clock::Stopwatch;

use crate::drive::{
    folder::Folder,
    http::{Connection, request},
    merchant::{DEMO, Merchant, basic, charge_body, new_order, text},
    process::Server,
    receiver::{Arrival, Receiver, Reply},
};

/// A charge whose body is not sent yet. When this returns, the program waits for the body.
fn begin_charge(server: &Server, length: usize) -> Connection {
    let mut connection = Connection::open(server.api).unwrap();
    let head = format!(
        "POST /v2/charge HTTP/1.1\r\nHost: gerai.test\r\nAuthorization: {}\r\n\
         Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n",
        basic(DEMO)
    );
    connection.write(head.as_bytes()).unwrap();
    assert_eq!(connection.read().unwrap().status, 100);
    connection
}

fn in_flight(signal: &str) {
    let folder = Folder::new("shutdown");
    let server = Server::on(folder.path());
    let orders: Vec<_> = (0..8).map(|_| new_order()).collect();
    let bodies: Vec<_> =
        orders.iter().map(|order| charge_body(order, "alfamart", 50_000).to_string()).collect();
    let mut begun: Vec<_> = bodies.iter().map(|body| begin_charge(&server, body.len())).collect();
    // One that is kept open and says nothing holds up nothing.
    let mut idle = Connection::open(server.api).unwrap();
    assert_eq!(idle.exchange(&request("GET", "/", &[], b"")).unwrap().status, 404);

    server.signal(signal);
    server.wait_for_log("stopping");
    for (connection, body) in begun.iter_mut().zip(&bodies) {
        connection.write(body.as_bytes()).unwrap();
        let answer = connection.read().unwrap();
        assert_eq!(answer.member("status_code"), "201", "{}", answer.text());
    }
    assert_eq!(idle.read_to_end().unwrap_or_default(), b"");
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.log);

    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    for order in &orders {
        assert_eq!(text(&merchant.status(order), "transaction_status"), "pending");
    }
}

#[test]
fn requests_in_flight_are_answered_at_sigterm() {
    in_flight("TERM");
}

#[test]
fn requests_in_flight_are_answered_at_sigint() {
    in_flight("INT");
}

#[test]
fn whoever_never_finishes_is_not_waited_for_without_end() {
    let folder = Folder::new("shutdown-hang");
    let receiver = Receiver::with(|_, _| Reply::Silence);
    let config = folder.write("gerai.toml", "[limits]\nshutdown_timeout = \"300ms\"\n");
    let data = folder.join("data");
    let server = Server::configured(&data, &config);
    let url = receiver.url("/hangs");
    let order = new_order();
    let headers = [("X-Override-Notification", url.as_str())];
    Merchant::demo(server.api).charge_with(&order, "alfamart", 50_000, &headers);
    let _hanging = begin_charge(&server, 500);
    let stopwatch = Stopwatch::start();
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(stopwatch.elapsed() < Duration::from_secs(5));

    // The merchant was not told, so it is told now.
    receiver.behave(|_, _| Reply::Status(200));
    let _server = Server::on(&data);
    let told = receiver.wait(|arrivals| arrivals.iter().any(Arrival::is_accepted));
    let last = told.last().unwrap();
    assert_eq!((text(&last.json(), "order_id"), last.is_accepted()), (order.as_str(), true));
}
