//! A till of the demo partner, written from the counter protocol's description.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use serde_json::{Value, json};

use super::http::{Answer, Connection, request};

/// The demo partner's key id.
pub(crate) const KEY_ID: &str = "counter-demo";
/// Its secret.
pub(crate) const SECRET: &str = "gerai-demo-counter-secret";

/// The four headers of one transmission.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) key_id: String,
    pub(crate) timestamp: String,
    pub(crate) nonce: String,
    pub(crate) signature: String,
}

impl Signed {
    /// Signs with what the demo partner has, now.
    pub(crate) fn now(method: &str, target: &str, body: &[u8]) -> Self {
        let (timestamp, nonce) = (unix_seconds().to_string(), new_nonce());
        let signature = sign_request(method, target, &timestamp, &nonce, body);
        Self { key_id: KEY_ID.to_owned(), timestamp, nonce, signature }
    }

    /// As headers.
    pub(crate) fn headers(&self) -> [(&str, &str); 4] {
        [
            ("Gerai-Key", &self.key_id),
            ("Gerai-Timestamp", &self.timestamp),
            ("Gerai-Nonce", &self.nonce),
            ("Gerai-Signature", &self.signature),
        ]
    }

    /// Fails unless the answer to this transmission is signed.
    pub(crate) fn check(&self, answer: &Answer) {
        let text = format!(
            "v1\n{}\n{}\n{}\n{}",
            self.key_id,
            self.nonce,
            answer.status,
            hex::encode(digest(&SHA256, &answer.body))
        );
        assert_eq!(
            answer.header("gerai-signature"),
            Some(sign(&text).as_str()),
            "{}",
            answer.text()
        );
    }
}

/// The request's signature over its seven lines.
pub(crate) fn sign_request(
    method: &str,
    target: &str,
    timestamp: &str,
    nonce: &str,
    body: &[u8],
) -> String {
    let body = hex::encode(digest(&SHA256, body));
    sign(&format!("v1\n{KEY_ID}\n{method}\n{target}\n{timestamp}\n{nonce}\n{body}"))
}

fn sign(text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    format!("v1={}", hex::encode(hmac::sign(&key, text.as_bytes())))
}

/// A nonce that no other transmission of this machine has.
pub(crate) fn new_nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let no = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("nonce-{}-{}-{no}", std::process::id(), unix_seconds())
}

/// The world's clock: signatures are about it.
#[expect(clippy::disallowed_methods, reason = "a till has a clock of its own")]
pub(crate) fn unix_seconds() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// The till's clock as the messages write it.
pub(crate) fn sale_at() -> String {
    let at = jiff::Timestamp::from_second(i64::try_from(unix_seconds()).unwrap()).unwrap();
    at.to_string()
}

/// What every message about a sale has, and `more`.
pub(crate) fn message(code: &str, sale: &str, retailer: &str, more: &Value) -> String {
    let mut body = json!({
        "payment_code": code,
        "sale": sale,
        "outlet": "T-0001",
        "terminal": "1",
        "sale_at": sale_at(),
        "retailer": retailer,
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

/// Sends one message over a connection, and checks the answer's signature.
pub(crate) fn tell(connection: &mut Connection, call: &str, body: &str) -> std::io::Result<Answer> {
    let target = format!("/counter/v1/{call}");
    let signed = Signed::now("POST", &target, body.as_bytes());
    let request = request("POST", &target, &signed.headers(), body.as_bytes());
    let answer = connection.exchange(&request)?;
    signed.check(&answer);
    Ok(answer)
}

/// Asks what became of a sale.
pub(crate) fn ask(connection: &mut Connection, code: &str, sale: &str) -> std::io::Result<Answer> {
    let target = format!("/counter/v1/status?payment_code={code}&sale={sale}");
    let signed = Signed::now("GET", &target, b"");
    let answer = connection.exchange(&request("GET", &target, &signed.headers(), b""))?;
    signed.check(&answer);
    Ok(answer)
}
