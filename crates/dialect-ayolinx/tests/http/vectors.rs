//! The contract's vectors, end to end: a fixed time and a fixed token, which the demo merchant's
//! account takes only in a sandbox and only while it does not compare times.

use axum::body::Body;
use dialect_ayolinx::DEMO;
use domain::time::Timestamp;
use gateway::Environment;
use http::Request;
use serde::Deserialize;

use crate::shop::{Answer, Caller, Counter, TOKEN, fresh_id, order, secret_of_demo};

const FIXED_TOKEN: &str = "7bd8be52a84cc95155756773cf34eade";
const NO_TOLERANCE: &str = "[options]\ntimestamp_tolerance_seconds = \"0\"\n";

#[derive(Deserialize)]
struct Vectors {
    token: Token,
    requests: Vec<Vector>,
}

#[derive(Deserialize)]
struct Token {
    timestamp: String,
    signature: String,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    path: String,
    timestamp: String,
    body: String,
    signature: String,
}

impl Vector {
    fn request(&self, external_id: &str) -> Request<Body> {
        Request::post(&self.path)
            .header("content-type", "application/json")
            .header("x-timestamp", &self.timestamp)
            .header("x-partner-id", DEMO.public_id)
            .header("x-external-id", external_id)
            .header("x-signature", &self.signature)
            .header("authorization", format!("Bearer {FIXED_TOKEN}"))
            .body(self.body.clone().into())
            .unwrap()
    }
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../cases/vectors.json")).unwrap()
}

fn vector(name: &str) -> Vector {
    vectors().requests.into_iter().find(|vector| vector.name == name).unwrap()
}

/// 2024-09-18T13:36:37+07:00.
fn then() -> Timestamp {
    Timestamp::from_millis(1_726_641_397_000)
}

async fn ask_for_token(counter: &Counter) -> Answer {
    let Token { timestamp, signature } = vectors().token;
    let request = Request::post(TOKEN)
        .header("content-type", "application/json")
        .header("x-timestamp", timestamp)
        .header("x-client-key", DEMO.public_id)
        .header("x-signature", signature)
        .body(r#"{"grantType":"client_credentials"}"#.into())
        .unwrap();
    counter.send(request).await
}

#[tokio::test]
async fn vectors_a_b_and_c_work_as_they_are_printed() {
    let counter = Counter::at(then(), 0, NO_TOLERANCE, |_| {});
    let token = ask_for_token(&counter).await;
    assert_eq!(token.said(), "2007300 Successful");
    let body = token.body();
    let members: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(members.len(), 5);
    assert_eq!((&body["tokenType"], &body["expiresIn"]), (&"Bearer".into(), &"900".into()));

    let created = counter.send(vector("B").request("418075533589")).await;
    assert_eq!(created.said(), "00 Successful");
    let text = &created.text;
    assert!(
        text.starts_with(
            r#"{"responseCode":"00","responseMessage":"Successful","partnerReferenceNo":"INV-20240918-0001","expiryDate":"2024-09-19T13:36:37+07:00","vaNumber":"81"#
        ),
        "{text}"
    );
    assert!(created.get("paymentUrl").starts_with("https://pay.example/pay/"), "{text}");

    let found = counter.send(vector("C").request("418075533589")).await;
    assert_eq!(found.said(), "00 Successful");
    assert_eq!(found.get("latestTransactionStatus"), "03");
    assert_eq!(found.get("originalReferenceNo")[..8], *"20240918");
    assert_eq!(found.get("originalReferenceNo").len(), 35);
    for member in ["vaNumber", "expiryDate", "paymentUrl"] {
        assert_eq!(found.get(member), created.get(member), "{member}");
    }

    // The same order in other spellings gets through to the domain, which knows it.
    for name in ["B-php", "B-spaced, raw", "B-spaced, minified"] {
        let again = counter.send(vector(name).request(&fresh_id())).await;
        assert_eq!(again.said(), "4095401 Duplicate partnerReferenceNo", "{name}");
    }
    let again = counter.send(vector("B").request("418075533589")).await;
    assert_eq!(again.said(), "4095400 Conflict");
}

#[tokio::test]
async fn the_tolerance_refuses_them() {
    let counter = Counter::at(then(), 0, "", |_| {});
    assert_eq!(ask_for_token(&counter).await.said(), "4017300 Unauthorized. [Timestamp]");
    for name in ["B", "C"] {
        let answer = counter.send(vector(name).request(&fresh_id())).await;
        let service = if name == "B" { "54" } else { "55" };
        assert_eq!(answer.said(), format!("401{service}00 Unauthorized. [Timestamp]"));
    }
}

#[tokio::test]
async fn the_fixed_token_opens_nothing_while_times_are_compared() {
    let fixed = |counter| Caller {
        counter,
        public_id: DEMO.public_id.to_owned(),
        secret: secret_of_demo(),
        token: FIXED_TOKEN.to_owned(),
    };
    let counter = Counter::new();
    let answer = fixed(&counter).create(&order("a")).await;
    assert_eq!(answer.said(), "4015401 Invalid Token (B2B)");

    counter.set("timestamp_tolerance_seconds", "0").await;
    assert_eq!(fixed(&counter).create(&order("a")).await.said(), "00 Successful");
    counter.set("timestamp_tolerance_seconds", "900").await;
    let answer = fixed(&counter).create(&order("b")).await;
    assert_eq!(answer.said(), "4015401 Invalid Token (B2B)");

    let production = Counter::at(testkit::START, 0, NO_TOLERANCE, |settings| {
        settings.environment = Environment::Production;
    });
    let answer = fixed(&production).create(&order("a")).await;
    assert_eq!(answer.said(), "4015401 Invalid Token (B2B)");
}
