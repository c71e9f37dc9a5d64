//! A gateway, and somebody who calls it.

use axum::{
    Router,
    body::{Body, to_bytes},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{Dialect, Shell};
use dialect_midtrans::Midtrans;
use gateway::Settings;
use http::{HeaderMap, Request};
use intake::Limits;
use serde_json::{Value, json};
use testkit::Shop;
use tower::ServiceExt;

/// The server key of the first merchant.
pub(crate) const KEY: &str = "merchant-secret-1";
/// The server key of the other merchant.
pub(crate) const OTHER_KEY: &str = "merchant-secret-2";

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) http: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body, which is always JSON.
    pub(crate) fn body(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        serde_json::from_str(&self.text).unwrap()
    }

    /// A member of the body.
    pub(crate) fn get(&self, member: &str) -> String {
        self.body()[member].as_str().unwrap_or_default().to_owned()
    }

    /// HTTP status and body code.
    pub(crate) fn codes(&self) -> (u16, String) {
        (self.http, self.get("status_code"))
    }
}

/// Whether an answer has this HTTP status and body code.
pub(crate) fn codes(http: u16, code: &str) -> (u16, String) {
    (http, code.to_owned())
}

/// A gateway behind Midtrans' routes.
pub(crate) struct Counter {
    pub(crate) shop: Shop,
    routes: Router,
}

impl Counter {
    pub(crate) fn new() -> Self {
        Self::with(0, |_| {})
    }

    /// With so many requests a second, and other settings.
    pub(crate) fn with(rate_max: u32, change: impl FnOnce(&mut Settings)) -> Self {
        let shop = Shop::with(|settings| {
            settings.brands[0].retailers = Midtrans.retailers(&settings.retailers);
            change(settings);
        });
        let shell =
            Shell::new(shop.gateway.clone(), Limits::default(), rate_max, "http://127.0.0.1");
        Self { routes: Midtrans.routes(shell), shop }
    }

    /// Sends a request as it is given, and nothing more.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { http: head.status.as_u16(), headers: head.headers, text }
    }

    /// Sends a request with a key and other headers.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", basic(KEY));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.call("POST", path, &[], body.to_owned()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], Body::empty()).await
    }

    pub(crate) async fn charge(&self, body: &Value) -> Answer {
        self.post("/v2/charge", &body.to_string()).await
    }

    pub(crate) async fn charge_with(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.call("POST", "/v2/charge", headers, body.to_string()).await
    }

    /// The status of a payment, as its words on the wire.
    pub(crate) async fn status(&self, id: &str) -> (String, String) {
        let answer = self.get(&format!("/v2/{id}/status")).await;
        assert_eq!(answer.http, 200);
        (answer.get("status_code"), answer.get("transaction_status"))
    }
}

/// The header of a server key.
pub(crate) fn basic(key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:")))
}

/// A charge of 44,000 rupiah.
pub(crate) fn order(order_id: &str, store: &str) -> Value {
    json!({
        "payment_type": "cstore",
        "transaction_details": { "order_id": order_id, "gross_amount": 44_000 },
        "cstore": { "store": store },
    })
}
