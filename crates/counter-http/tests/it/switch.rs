//! A partner that knows how to ask.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{Router, body::Body, extract::Request};
use bytes::Bytes;
use counter::UnknownCodeLimit;
use counter_http::{
    CounterHttp,
    signature::{SignedAnswer, SignedRequest},
};
use domain::{
    ids::OrderId,
    money::Rupiah,
    time::{Span, Timestamp},
};
use gateway::request::{OpenRequest, Opened, Personal};
use http::StatusCode;
use http_body_util::BodyExt;
use intake::Limits;
use testkit::{ACCOUNT, Shop, key};
use tower::ServiceExt;

pub(crate) const KEY_ID: &str = "switch-1";
pub(crate) const SECRET: &str = "partner-secret";

/// A gateway with a counter, and a partner before it.
pub(crate) struct Switch {
    pub(crate) shop: Shop,
    routes: Router,
    nonces: AtomicU64,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// HTTP status and code.
    pub(crate) fn code(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().unwrap().to_owned())
    }

    pub(crate) fn signature(&self) -> Option<&str> {
        self.headers.get("gerai-signature").map(|value| value.to_str().unwrap())
    }
}

impl Switch {
    pub(crate) fn new() -> Self {
        Self::at(Shop::new())
    }

    pub(crate) fn at(shop: Shop) -> Self {
        let counter =
            CounterHttp::new(shop.gateway.clone(), Limits::default(), UnknownCodeLimit::default());
        Self { shop, routes: counter_http::routes(counter), nonces: AtomicU64::new(0) }
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.shop.gateway.clock().advance(Span::seconds(seconds));
    }

    pub(crate) fn real_now(&self) -> Timestamp {
        self.shop.gateway.clock().real_now()
    }

    /// Opens a payment of 50,000 and tells its code.
    pub(crate) async fn open(&self, order: &str, retailer: &str) -> String {
        let now = self.shop.gateway.clock().now();
        let request = OpenRequest {
            account: ACCOUNT,
            order: OrderId::new(order).unwrap(),
            retailer: key(retailer),
            amount: Rupiah::new(50_000).unwrap(),
            expires_at: None,
            lifetime_from: now,
            personal: Personal {
                payer_name: Some("Budi Santoso".to_owned()),
                label: Some("Toko".to_owned()),
                receipt_lines: vec!["satu".to_owned()],
                memo: String::new(),
            },
            notify_urls: None,
            reuse_after_close: true,
            reuse_after_reversal: true,
            external_id: None,
            idempotency: None,
            received_at: now,
        };
        match self.shop.gateway.open(request).await.unwrap() {
            Opened::New(view) => view.payment.code.to_string(),
            Opened::Repeated(_) => panic!("repeated"),
        }
    }

    pub(crate) fn nonce(&self) -> String {
        format!("nonce-{:016}", self.nonces.fetch_add(1, Ordering::Relaxed))
    }

    /// A signed request.
    pub(crate) fn signed(&self, method: &str, target: &str, body: &[u8]) -> Request {
        self.signed_with(method, target, body, &self.nonce())
    }

    pub(crate) fn signed_with(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
        nonce: &str,
    ) -> Request {
        let timestamp = (self.real_now().millis() / 1_000).to_string();
        let signed =
            SignedRequest { key_id: KEY_ID, method, target, timestamp: &timestamp, nonce, body };
        Request::builder()
            .method(method)
            .uri(target)
            .header("Gerai-Key", KEY_ID)
            .header("Gerai-Timestamp", &timestamp)
            .header("Gerai-Nonce", nonce)
            .header("Gerai-Signature", signed.sign(SECRET))
            .body(Body::from(body.to_vec()))
            .unwrap()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a signed request, and believes the answer only with its signature.
    pub(crate) async fn ask(&self, method: &str, target: &str, body: &str) -> Answer {
        let nonce = self.nonce();
        let request = self.signed_with(method, target, body.as_bytes(), &nonce);
        let answer = self.send(request).await;
        let signed = SignedAnswer {
            key_id: KEY_ID,
            nonce: &nonce,
            status: answer.status.as_u16(),
            body: &answer.body,
        };
        assert_eq!(answer.signature(), Some(signed.sign(SECRET).as_str()), "{answer:?}");
        assert_eq!(answer.headers["content-type"], "application/json");
        answer
    }

    /// Sends a message about a sale at a retailer's counter, `more` being further members.
    pub(crate) async fn say(
        &self,
        operation: &str,
        code: &str,
        sale: &str,
        retailer: &str,
        more: &str,
    ) -> Answer {
        let body = self.message(code, sale, retailer, more);
        self.ask("POST", &format!("/counter/v1/{operation}"), &body).await
    }

    /// A message's body.
    pub(crate) fn message(&self, code: &str, sale: &str, retailer: &str, more: &str) -> String {
        // The till's clock is the gateway's, which these tests move.
        let at = self.shop.gateway.clock().now().since(testkit::START).as_millis() / 1_000;
        let (minutes, seconds) = (at / 60, at % 60);
        assert!(minutes < 60, "these stories last less than an hour");
        format!(
            r#"{{"payment_code":"{code}","sale":"{sale}","outlet":"T001","terminal":"02",
                "sale_at":"2026-11-21T14:{minutes:02}:{seconds:02}+07:00",
                "retailer":"{retailer}"{more}}}"#
        )
    }
}
