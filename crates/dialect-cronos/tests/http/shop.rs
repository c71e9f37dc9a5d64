//! A gateway, and somebody who calls it under either name.

use axum::{
    Router,
    body::{Body, to_bytes},
};
use dialect::{Answered, Dialect, Shell};
use dialect_cronos::{CRONOS, SENGO, sign};
use domain::{event::Announcement, ids::AccountNo, sale::Operation};
use gateway::{BrandTerms, Settings, request::CounterAnswer};
use http::{HeaderMap, Request};
use intake::Limits;
use serde_json::{Value, json};
use testkit::{START, Shop, Stall};
use tower::ServiceExt;

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    /// The names of the three headers.
    pub(crate) headers: [&'static str; 3],
    pub(crate) key: &'static str,
    pub(crate) token: &'static str,
    /// The account.
    pub(crate) account: AccountNo,
}

const ON: [&str; 3] = ["On-Key", "On-Token", "On-Signature"];
const X: [&str; 3] = ["X-Client-Key", "X-Client-Token", "X-Signature"];

pub(crate) const BUDI: Caller = Caller {
    headers: ON,
    key: "SC-KRW9ESNZUUKQXOOX",
    token: "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t",
    account: AccountNo::new(3),
};
pub(crate) const SARI: Caller = Caller {
    headers: X,
    key: "SG-GERAIDEMO000001",
    token: "gerai0demo0token0for0sengo000001",
    account: AccountNo::new(4),
};
/// Another one of the first platform, whose merchant bears the fee and who is strict.
pub(crate) const ADI: Caller = Caller {
    headers: ON,
    key: "SC-AAAAAAAAAAAAAAAA",
    token: "another0token0another0token00000",
    account: AccountNo::new(5),
};

fn stall<'a>(
    brand: &'a str,
    key: &'a str,
    keys: &'a [(&'a str, &'a str)],
    settings: &'a str,
) -> Stall<'a> {
    Stall { brand, public_id: key, keys, settings }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) http: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) endpoint: &'static str,
    pub(crate) text: String,
}

impl Answer {
    /// The body, which is always JSON and says the status again.
    pub(crate) fn body(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        let body: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(body["responseCode"], self.http);
        assert!((self.http == 200) == (body["responseMessage"] == "success"), "{body}");
        body
    }

    /// What is answered of a payment, or several.
    pub(crate) fn data(&self) -> Value {
        let mut body = self.body();
        assert_eq!(self.http, 200, "{body}");
        body["responseData"].take()
    }

    /// HTTP status and error code.
    pub(crate) fn code(&self) -> String {
        let body = self.body();
        assert_eq!(body["responseData"].is_null(), self.http != 200);
        format!("{} {}", self.http, body["errorCode"].as_str().unwrap_or_default())
    }
}

/// A gateway behind the platform's routes.
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
        let flat = |flat, who| format!("[fees]\n\"*\" = \"{who} gateway={flat}\"\n");
        let strict = format!("{}[options]\nstrict = \"true\"\n", flat(500, "merchant"));
        let shop = Shop::serving(
            &[
                stall("cronos", BUDI.key, &[("token", BUDI.token)], &flat(3_000, "payer")),
                stall("sengo", SARI.key, &[("token", SARI.token)], &flat(85, "payer")),
                stall("cronos", ADI.key, &[("token", ADI.token)], &strict),
            ],
            START,
            |settings| {
                for platform in [CRONOS, SENGO] {
                    let told = |news: &Announcement| platform.announces(*news);
                    settings.brands.push(BrandTerms {
                        name: platform.brand().to_owned(),
                        retailers: platform.retailers(&settings.retailers),
                        announces: Announcement::ALL.into_iter().filter(told).collect(),
                        tells_fees: platform.tells_fees(),
                    });
                }
                change(settings);
            },
        );
        let limits = Limits::default();
        let shell = Shell::new(shop.gateway.clone(), limits, rate_max, "http://127.0.0.1");
        let routes = CRONOS.routes(shell.clone()).merge(SENGO.routes(shell.clone()));
        Self { shop, shell, routes }
    }

    /// Sends a request as it is given, and nothing more.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let endpoint = head.extensions.get().map_or("nobody's", |Answered(endpoint)| endpoint);
        Answer { http: head.status.as_u16(), headers: head.headers, endpoint, text }
    }

    pub(crate) async fn get(&self, caller: Caller, path: &str) -> Answer {
        let signature = sign(caller.token, caller.key, b"");
        self.send(request(caller, "GET", path, &signature, Body::empty())).await
    }

    /// Sends a body whose signature is that of its bytes.
    pub(crate) async fn post(&self, caller: Caller, path: &str, body: &str) -> Answer {
        let signature = sign(caller.token, caller.key, body.as_bytes());
        self.send(request(caller, "POST", path, &signature, body.to_owned())).await
    }

    /// Opens a payment.
    pub(crate) async fn open(&self, caller: Caller, body: &Value) -> Answer {
        // Nothing in these bodies is written otherwise by PHP but the slashes.
        let text = body.to_string().replace('/', "\\/");
        self.post(caller, "/api/retail", &text).await
    }

    /// What a till is told about a payment.
    pub(crate) async fn tell(&self, operation: Operation, bill: &Value) -> CounterAnswer {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let retail = &bill["retail"];
        let (store, code) = (text(&retail["channel"]), text(&retail["paymentCode"]));
        self.shop.tell(operation, &store, &code, bill["totalAmount"].as_i64().unwrap()).await
    }
}

/// A request of this caller with this signature.
pub(crate) fn request(
    caller: Caller,
    method: &str,
    path: &str,
    signature: &str,
    body: impl Into<Body>,
) -> Request<Body> {
    let [key, token, sign] = caller.headers;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(key, caller.key)
        .header(token, caller.token)
        .header(sign, signature);
    request.body(body.into()).unwrap()
}

/// A good request.
pub(crate) fn order(reference: &str, channel: &str, amount: i64) -> Value {
    json!({
        "reference": reference,
        "phoneNumber": "08123456789",
        "channel": channel,
        "amount": amount,
        "expiryMinutes": 30,
        "viewName": "Merchant Name",
        "additionalInfo": { "callback": "http://your-site-callback.com/notify" },
    })
}
