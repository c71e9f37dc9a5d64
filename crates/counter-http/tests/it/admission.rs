//! Who is let in, and what the others are told.

use std::net::IpAddr;

use axum::{body::Body, extract::Request};
use domain::ids::PartnerNo;
use intake::Peer;
use storage::DirectoryWrite;

use crate::switch::{Answer, Switch};

const REFUSED: &str = r#"{"code":"63","message":"not authenticated","cashier_text":"Transaksi tidak dapat diproses. Hubungi petugas."}"#;

fn is_refused(answer: &Answer) -> bool {
    answer.status.as_u16() == 401 && answer.text() == REFUSED
}

/// A signed echo with a header replaced, or left out.
fn echo(switch: &Switch, name: &'static str, value: Option<&str>) -> Request {
    let mut request = switch.signed("GET", "/counter/v1/echo", b"");
    request.headers_mut().remove(name);
    if let Some(value) = value {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn an_echo_tells_the_gateways_time() {
    let switch = Switch::new();
    switch.wait(61);
    let answer = switch.ask("GET", "/counter/v1/echo", "").await;
    assert_eq!(answer.text(), r#"{"code":"00","now":"2026-11-21T14:01:01+07:00"}"#);
    // Whatever stands in the query was signed.
    let answer = switch.ask("GET", "/counter/v1/echo?x=%2F&y=a+b", "").await;
    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn every_failure_is_told_the_same() {
    let switch = Switch::new();
    let old = (switch.real_now().millis() / 1_000 - 400).to_string();
    for (name, value, is_signed) in [
        ("gerai-key", None, false),
        ("gerai-key", Some("nobody"), false),
        ("gerai-timestamp", None, true),
        ("gerai-timestamp", Some(old.as_str()), true),
        ("gerai-nonce", None, false),
        ("gerai-nonce", Some("short"), false),
        ("gerai-nonce", Some("another-nonce-0001"), true),
        ("gerai-signature", None, true),
        ("gerai-signature", Some("v1=00"), true),
    ] {
        let answer = switch.send(echo(&switch, name, value)).await;
        assert!(is_refused(&answer), "{name}: {value:?}: {answer:?}");
        assert_eq!(answer.signature().is_some(), is_signed, "{name}: {value:?}");
    }
    let mut elsewhere = switch.signed("GET", "/counter/v1/echo", b"");
    *elsewhere.uri_mut() = "/counter/v1/echo?".parse().unwrap();
    assert!(is_refused(&switch.send(elsewhere).await));
}

#[tokio::test]
async fn a_nonce_repeats_its_own_request_and_no_other() {
    let switch = Switch::new();
    let code = switch.open("order-1", "alfamart").await;
    let body = switch.message(&code, "A-1", "alfamart", r#","amount":50000"#);
    let other = body.replace("A-1", "A-2");
    let pay = |body: &str| {
        switch.signed_with("POST", "/counter/v1/payment", body.as_bytes(), "one-and-only-nonce")
    };
    let first = switch.send(pay(&body)).await;
    assert_eq!(first.code(), (200, "00".to_owned()));
    let again = switch.send(pay(&body)).await;
    assert_eq!((again.status, again.body), (first.status, first.body));
    assert!(is_refused(&switch.send(pay(&other)).await));
}

#[tokio::test]
async fn a_partner_calls_from_its_own_network() {
    let switch = Switch::new();
    let allow = |networks: &'static str| {
        switch.shop.gateway.change_directory(move |rows, _| {
            let mut row = rows.partners[0].clone();
            assert_eq!(row.no, PartnerNo::new(1));
            row.allow_list = networks.to_owned();
            Ok::<_, gateway::request::Unavailable>((vec![DirectoryWrite::Partner(row)], ()))
        })
    };
    let from = |peer: &str| {
        let mut request: Request<Body> = switch.signed("GET", "/counter/v1/echo", b"");
        request.extensions_mut().insert(Peer(peer.parse::<IpAddr>().unwrap()));
        request
    };
    allow("10.0.0.0/8\n").await.unwrap();
    assert_eq!(switch.send(from("10.1.2.3")).await.status.as_u16(), 200);
    assert!(is_refused(&switch.send(from("192.0.2.1")).await));
    // Nobody said where it came from: this machine.
    assert!(is_refused(&switch.send(switch.signed("GET", "/counter/v1/echo", b"")).await));
    allow("127.0.0.0/8\n").await.unwrap();
    let answer = switch.send(switch.signed("GET", "/counter/v1/echo", b"")).await;
    assert_eq!(answer.status.as_u16(), 200);
}
