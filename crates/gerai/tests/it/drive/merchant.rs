//! A merchant's backend: its key, its requests, and how it checks a signature.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use aws_lc_rs::digest::{SHA512, digest};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::http::{Answer, once, request};

/// The demo merchant's server key.
pub(crate) const DEMO: &str = "SB-Mid-server-gerai-demo";
/// The second merchant's server key.
pub(crate) const OTHER: &str = "SB-Mid-server-gerai-other";

/// The value of `Authorization` for a server key.
pub(crate) fn basic(server_key: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{server_key}:")))
}

/// An order id that nobody has used.
pub(crate) fn new_order() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("it-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The smallest charge.
pub(crate) fn charge_body(order: &str, store: &str, amount: i64) -> Value {
    json!({
        "payment_type": "cstore",
        "transaction_details": { "order_id": order, "gross_amount": amount },
        "cstore": { "store": store },
    })
}

/// The bytes of a merchant's request.
pub(crate) fn signed(
    server_key: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let authorization = basic(server_key);
    let mut all = vec![("Authorization", authorization.as_str()), ("Accept", "application/json")];
    all.extend_from_slice(headers);
    request(method, target, &all, body)
}

/// A merchant that calls one gateway, each time on a connection of its own.
#[derive(Debug, Clone)]
pub(crate) struct Merchant {
    /// Where the API is.
    pub(crate) api: SocketAddr,
    /// Its server key.
    pub(crate) server_key: String,
}

impl Merchant {
    /// The demo merchant.
    pub(crate) fn demo(api: SocketAddr) -> Self {
        Self { api, server_key: DEMO.to_owned() }
    }

    /// Sends a request.
    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        once(self.api, &signed(&self.server_key, method, target, headers, body)).unwrap()
    }

    /// Opens a payment, and must be allowed to.
    pub(crate) fn charge(&self, order: &str, store: &str, amount: i64) -> Value {
        self.charge_with(order, store, amount, &[])
    }

    /// The same, with more headers.
    pub(crate) fn charge_with(
        &self,
        order: &str,
        store: &str,
        amount: i64,
        headers: &[(&str, &str)],
    ) -> Value {
        let body = charge_body(order, store, amount).to_string();
        let answer = self.send("POST", "/v2/charge", headers, body.as_bytes());
        assert_eq!((answer.status, answer.member("status_code").as_str()), (200, "201"));
        answer.json()
    }

    /// How a payment stands, by order id or transaction id.
    pub(crate) fn status(&self, id: &str) -> Value {
        let answer = self.send("GET", &format!("/v2/{id}/status"), &[], b"");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Cancel, expire and the like.
    pub(crate) fn act(&self, id: &str, action: &str) -> Answer {
        self.send("POST", &format!("/v2/{id}/{action}"), &[], b"{}")
    }
}

/// A member that must be a text.
pub(crate) fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no text `{name}` in {body}"))
}

/// What `signature_key` has to be, from the strings of that very body (contract Midtrans, 5.3).
pub(crate) fn signature_key(body: &Value, server_key: &str) -> String {
    let signed = ["order_id", "status_code", "gross_amount"].map(|name| text(body, name)).concat();
    hex::encode(digest(&SHA512, format!("{signed}{server_key}").as_bytes()))
}
