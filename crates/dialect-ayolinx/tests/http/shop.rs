//! A gateway, and somebody who calls it.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use axum::{
    Router,
    body::{Body, to_bytes},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{Dialect, Shell};
use dialect_ayolinx::{
    Ayolinx, BRAND, CLIENT_SECRET, DEMO, MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY, sign_request,
};
use domain::{
    event::Announcement,
    time::{Span, Timestamp},
};
use gateway::{
    BrandTerms, Settings,
    admin::{self, AdminCommand, MerchantChange, MerchantName, MerchantSet},
};
use http::{HeaderMap, Request};
use intake::Limits;
use serde_json::{Value, json};
use testkit::{START, Shop, Stall};
use tower::ServiceExt;

/// The path of a create.
pub(crate) const CREATE: &str = "/v1.0/retail/create";
/// The path of a query.
pub(crate) const QUERY: &str = "/v1.0/retail/query";
/// The path of a token request.
pub(crate) const TOKEN: &str = "/v1.0/access-token/b2b";
/// Another merchant, whose keys are the same, which nothing forbids.
pub(crate) const OTHER: &str = "CKSandbox-00000000-0000-4000-8000-000000000002";
/// The other merchant's secret.
pub(crate) const OTHER_SECRET: &str = "SKSandbox-00000000-0000-4000-8000-000000000002";
/// A merchant that has not handed in its public key.
pub(crate) const KEYLESS: &str = "CKSandbox-00000000-0000-4000-8000-000000000003";

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

    /// Code and message. Both are there in every answer, and the HTTP status agrees.
    pub(crate) fn said(&self) -> String {
        let code = self.get("responseCode");
        if code == "00" {
            assert_eq!(self.http, 200);
        } else {
            assert_eq!(code[..3], self.http.to_string(), "{self:?}");
        }
        format!("{code} {}", self.get("responseMessage"))
    }
}

/// A gateway behind Ayolinx' routes.
pub(crate) struct Counter {
    pub(crate) shop: Shop,
    pub(crate) shell: Shell,
    routes: Router,
}

impl Counter {
    pub(crate) fn new() -> Self {
        Self::with(0, |_| {})
    }

    /// With so many requests a second, and other settings.
    pub(crate) fn with(rate_max: u32, change: impl FnOnce(&mut Settings)) -> Self {
        Self::at(START, rate_max, "", change)
    }

    /// At another time, with settings of the demo merchant's account.
    pub(crate) fn at(
        now: Timestamp,
        rate_max: u32,
        account: &str,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let secret =
            |purpose: &str| DEMO.secrets.iter().find(|(name, _)| *name == purpose).unwrap();
        let (public, private) = (*secret(MERCHANT_PUBLIC_KEY), *secret(PLATFORM_PRIVATE_KEY));
        let stall = |public_id, keys| Stall { brand: BRAND, public_id, keys, settings: "" };
        let demo = Stall { settings: account, ..stall(DEMO.public_id, DEMO.secrets) };
        let other = [(CLIENT_SECRET, OTHER_SECRET), public, private];
        let keyless = [(CLIENT_SECRET, "SKSandbox-00000000-0000-4000-8000-000000000003")];
        let stalls = [demo, stall(OTHER, &other), stall(KEYLESS, &keyless)];
        let shop = Shop::serving(&stalls, now, |settings| {
            settings.brands.push(BrandTerms {
                name: BRAND.to_owned(),
                retailers: Ayolinx.retailers(&settings.retailers),
                announces: Announcement::ALL
                    .into_iter()
                    .filter(|a| Ayolinx.announces(*a))
                    .collect(),
                tells_fees: Ayolinx.tells_fees(),
            });
            change(settings);
        });
        let shell =
            Shell::new(shop.gateway.clone(), Limits::default(), rate_max, "https://pay.example");
        Self { routes: Ayolinx.routes(shell.clone()), shell, shop }
    }

    /// Sends a request as it is given, and nothing more.
    pub(crate) fn send(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let routes = self.routes.clone();
        async move {
            let response = routes.oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let bytes = to_bytes(body, 1 << 20).await.unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let answer = Answer { http: head.status.as_u16(), headers: head.headers, text };
            let stamp = answer.headers["x-timestamp"].to_str().unwrap();
            assert!(stamp.len() == 25 && stamp.ends_with("+07:00"), "{stamp}");
            assert_eq!(answer.headers["content-length"], answer.text.len().to_string());
            answer
        }
    }

    /// Now, as clients write it, and so many seconds later.
    pub(crate) fn stamp(&self, later: i64) -> String {
        let now = self.shop.gateway.clock().real_now().plus(Span::seconds(later));
        jiff::Timestamp::from_millisecond(now.millis()).unwrap().to_string()
    }

    /// A token of the demo merchant.
    pub(crate) async fn token(&self) -> String {
        self.token_of(DEMO.public_id).await
    }

    pub(crate) async fn token_of(&self, client_key: &str) -> String {
        let answer = self.ask_for_token(client_key, "{}").await;
        assert_eq!(answer.said(), "2007300 Successful");
        answer.get("accessToken")
    }

    /// A token request that is signed as it should be.
    pub(crate) async fn ask_for_token(&self, client_key: &str, body: &str) -> Answer {
        let timestamp = self.stamp(0);
        let signature = sign_token(client_key, &timestamp);
        let request = Request::post(TOKEN)
            .header("x-timestamp", timestamp)
            .header("x-client-key", client_key)
            .header("x-signature", signature);
        self.send(request.body(body.to_owned().into()).unwrap()).await
    }

    /// Somebody who calls with a token.
    pub(crate) async fn caller(&self) -> Caller<'_> {
        let token = self.token().await;
        let secret = secret_of_demo();
        Caller { counter: self, public_id: DEMO.public_id.to_owned(), secret, token }
    }

    /// The other merchant.
    pub(crate) async fn other(&self) -> Caller<'_> {
        let token = self.token_of(OTHER).await;
        let secret = OTHER_SECRET.to_owned();
        Caller { counter: self, public_id: OTHER.to_owned(), secret, token }
    }

    /// Sets an option of the demo merchant.
    pub(crate) async fn set(&self, name: &str, value: &str) {
        let change = MerchantChange {
            options: [(name.to_owned(), value.to_owned())].into(),
            ..MerchantChange::default()
        };
        self.change(change).await;
    }

    /// Changes the demo merchant.
    pub(crate) async fn change(&self, change: MerchantChange) {
        let set = AdminCommand::MerchantSet(MerchantSet { merchant: demo_name(), change });
        admin::execute(&self.shop.gateway, set).await.unwrap();
    }
}

/// The demo merchant, as an operator names it.
pub(crate) fn demo_name() -> MerchantName {
    MerchantName { merchant: DEMO.public_id.to_owned(), brand: None }
}

/// The demo merchant's secret.
pub(crate) fn secret_of_demo() -> String {
    DEMO.secrets.iter().find(|(name, _)| *name == CLIENT_SECRET).unwrap().1.to_owned()
}

/// S1 with the demo merchant's private key.
pub(crate) fn sign_token(client_key: &str, timestamp: &str) -> String {
    let pem = include_str!("../../demo/merchant_private.pem");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = KeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    let text = format!("{client_key}|{timestamp}");
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    STANDARD.encode(signature)
}

/// Somebody with a token.
pub(crate) struct Caller<'a> {
    pub(crate) counter: &'a Counter,
    pub(crate) public_id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
}

impl Caller<'_> {
    /// A request that is signed as it should be, with a number of its own.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.post_as(path, body, &fresh_id()).await
    }

    /// The same with this number.
    pub(crate) async fn post_as(&self, path: &str, body: &str, external_id: &str) -> Answer {
        let request = self.request(path, body, external_id);
        self.counter.send(request).await
    }

    pub(crate) fn request(&self, path: &str, body: &str, external_id: &str) -> Request<Body> {
        let timestamp = self.counter.stamp(0);
        let body_bytes = body.as_bytes();
        let signature =
            sign_request(&self.secret, "POST", path, &self.token, body_bytes, &timestamp);
        Request::post(path)
            .header("content-type", "Application/JSON")
            .header("x-timestamp", timestamp)
            .header("x-partner-id", &self.public_id)
            .header("x-external-id", external_id)
            .header("x-signature", signature)
            .header("authorization", format!("Bearer {}", self.token))
            .header("channel-id", "")
            .body(body.to_owned().into())
            .unwrap()
    }

    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.post(CREATE, &body.to_string()).await
    }

    pub(crate) async fn query(&self, reference: &str, channel: &str) -> Answer {
        let body = json!({
            "originalPartnerReferenceNo": reference,
            "additionalInfo": { "channel": channel },
        });
        self.post(QUERY, &body.to_string()).await
    }

    /// How a payment at Alfamart stands.
    pub(crate) async fn status(&self, reference: &str) -> String {
        let answer = self.query(reference, "RETAIL_ALFAMART").await;
        assert_eq!(answer.said(), "00 Successful");
        answer.get("latestTransactionStatus")
    }
}

/// An external id that nobody has used.
pub(crate) fn fresh_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed).to_string()
}

/// A create of 44,000 rupiah at Alfamart, good for a day from [`START`].
pub(crate) fn order(reference: &str) -> Value {
    json!({
        "partnerReferenceNo": reference,
        "validUpTo": "2026-11-22T14:00:00+07:00",
        "customerName": "Budi Santoso",
        "customerEmail": "budi@example.com",
        "customerPhone": "081234567890",
        "amount": { "currency": "IDR", "value": "44000.00" },
        "additionalInfo": { "channel": "RETAIL_ALFAMART" },
    })
}
