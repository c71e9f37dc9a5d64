//! Gerai's own events, as merchants get them: pulled, waited for, streamed and sent, from the built
//! program.

mod pulled;
mod sent;
mod streamed;

use std::net::SocketAddr;

use serde_json::Value;

use crate::drive::{
    http::{Answer, post},
    merchant::{Merchant, text},
};

/// Presses a button of the sandbox's cashier.
fn press(api: SocketAddr, charged: &Value, button: &str) {
    let code = text(charged, "payment_code");
    let pressed = post(api, &format!("/sandbox/v1/payments/{code}/{button}"), "");
    assert_eq!((pressed.status, pressed.member("code").as_str()), (200, "00"));
}

/// `GET /v1/events` with this query.
fn pull(merchant: &Merchant, query: &str) -> Answer {
    merchant.send("GET", &format!("/v1/events{query}"), &[], b"")
}

/// The events of a page.
fn events(page: &Answer) -> Vec<Value> {
    assert_eq!(page.status, 200, "{}", page.text());
    page.json()["events"].as_array().unwrap().clone()
}

fn types(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| text(event, "type").to_owned()).collect()
}
