//! In which order a request is judged (section 1.6): each step is wrong together with every later one.

use http::{HeaderName, HeaderValue, Request};
use serde_json::json;

use axum::body::Body;
use dialect_ayolinx::{DEMO, sign_request};

use crate::shop::{CREATE, Counter, QUERY, order, secret_of_demo};

/// What may be wrong with a request.
#[derive(Clone)]
struct Draft {
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Draft {
    fn set(&mut self, name: &str, value: &str) {
        let header = self.headers.iter_mut().find(|(header, _)| *header == name).unwrap();
        value.clone_into(&mut header.1);
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::post(CREATE).body(self.body.clone().into()).unwrap();
        let headers = self.headers.iter().map(|(name, value)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
        });
        request.headers_mut().extend(headers);
        request
    }
}

#[tokio::test]
async fn every_step_is_told_before_all_later_ones() {
    let counter = Counter::new();
    let token = counter.token().await;
    let used = counter.caller().await.post_as(CREATE, "{}", "used").await;
    assert_eq!(used.said(), "4005402 Invalid Mandatory Field partnerReferenceNo");
    let taken = counter.caller().await.create(&order("taken")).await;
    assert_eq!(taken.said(), "00 Successful");

    // Everything is wrong at first; then the steps are mended one by one, and each mending shows the
    // next fault.
    let big = "x".repeat(70_000);
    let mut draft = Draft { headers: Vec::new(), body: big };
    let said = async |draft: &Draft| counter.send(draft.request()).await.said();
    let too_large = "4005400 Bad Request. [The body is larger than 65536 bytes]";
    assert_eq!(said(&draft).await, too_large);

    "no JSON".clone_into(&mut draft.body);
    for name in ["X-TIMESTAMP", "X-SIGNATURE", "X-PARTNER-ID", "X-EXTERNAL-ID"] {
        let missing = format!("4005402 Invalid Mandatory Field {name}");
        assert_eq!(said(&draft).await, missing);
        draft.headers.push((name, "two words".to_owned()));
    }
    assert_eq!(said(&draft).await, "4005401 Invalid Field Format X-TIMESTAMP");
    draft.set("X-TIMESTAMP", "2020-01-01T00:00:00+07:00");
    assert_eq!(said(&draft).await, "4005401 Invalid Field Format X-EXTERNAL-ID");
    draft.set("X-EXTERNAL-ID", "used");
    assert_eq!(said(&draft).await, "4015400 Unauthorized. [Timestamp]");
    let timestamp = counter.stamp(0);
    draft.set("X-TIMESTAMP", &timestamp);
    assert_eq!(said(&draft).await, "4015403 Token Not Found (B2B)");
    draft.headers.push(("Authorization", "Bearer nobody".to_owned()));
    assert_eq!(said(&draft).await, "4015401 Invalid Token (B2B)");
    draft.set("Authorization", &format!("Bearer {token}"));
    assert_eq!(said(&draft).await, "4015400 Unauthorized. [Unknown client]");
    draft.set("X-PARTNER-ID", DEMO.public_id);
    assert_eq!(said(&draft).await, "4015400 Unauthorized. [Signature]");

    let sign = |draft: &mut Draft, body: String| {
        let secret = secret_of_demo();
        let signature = sign_request(&secret, "POST", CREATE, &token, body.as_bytes(), &timestamp);
        draft.set("X-SIGNATURE", &signature);
        draft.body = body;
    };
    sign(&mut draft, "no JSON".to_owned());
    assert_eq!(said(&draft).await, "4005400 Bad Request. [Line 1, column 2: expected ident]");
    let mut body = order("taken");
    body["additionalInfo"]["channel"] = json!("RETAIL_NOWHERE");
    sign(&mut draft, body.to_string());
    assert_eq!(said(&draft).await, "4095400 Conflict");
    draft.set("X-EXTERNAL-ID", "new-1");
    assert_eq!(said(&draft).await, "4005401 Invalid Field Format additionalInfo.channel");
    sign(&mut draft, order("taken").to_string());
    draft.set("X-EXTERNAL-ID", "new-2");
    assert_eq!(said(&draft).await, "4095401 Duplicate partnerReferenceNo");
    sign(&mut draft, order("free").to_string());
    draft.set("X-EXTERNAL-ID", "new-3");
    assert_eq!(said(&draft).await, "00 Successful");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_get_json() {
    let counter = Counter::new();
    for path in ["/v1.0", "/v1.0/", "/v1.0/retail", "/v1.0/retail/create/", "/v1.0/%ff"] {
        let answer = counter.send(Request::post(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.said(), "4040002 Invalid Routing", "{path}");
    }
    for (method, path, service) in [
        ("GET", CREATE, "54"),
        ("PUT", QUERY, "55"),
        ("DELETE", "/v1.0/access-token/b2b", "73"),
        ("OPTIONS", CREATE, "54"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = counter.send(request).await;
        let said = format!("405{service}01 Requested Operation Is Not Allowed");
        assert_eq!(answer.said(), said, "{method} {path}");
        assert_eq!(answer.headers["allow"], "POST");
    }
}

#[tokio::test]
async fn a_query_string_is_not_signed() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let mut request = caller.request(CREATE, &order("a").to_string(), "1");
    *request.uri_mut() = format!("{CREATE}?a=b").parse().unwrap();
    assert_eq!(counter.send(request).await.said(), "00 Successful");
}

#[tokio::test]
async fn a_header_that_is_said_twice_is_refused() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    for name in ["X-TIMESTAMP", "X-SIGNATURE", "X-PARTNER-ID", "X-EXTERNAL-ID"] {
        let mut request = caller.request(CREATE, "{}", "1");
        let header = HeaderName::try_from(name).unwrap();
        let value = request.headers()[&header].clone();
        request.headers_mut().append(header, value);
        let answer = counter.send(request).await;
        assert_eq!(answer.said(), format!("4005401 Invalid Field Format {name}"));
    }
}
