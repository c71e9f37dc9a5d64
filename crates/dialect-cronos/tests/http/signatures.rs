//! What is taken for a signature of a body, over the wire.

use axum::body::Body;
use dialect_cronos::sign;

use crate::shop::{ADI, BUDI, Caller, Counter, SARI, request};

/// A body as a client sends it, and the texts it may have signed instead.
const SENT: &str = r#"{"reference":"R-1","phoneNumber":"082195395779","channel":"indomaret","amount":25000.0,"viewName":"Kopi Café 北京","additionalInfo":{"callback":"https://example.test/cb?a=1&b=2","x":{}}}"#;

fn signed(name: &str) -> String {
    let escaped = SENT.replace("é", "\\u00e9").replace('北', "\\u5317").replace('京', "\\u4eac");
    match name {
        "B" => escaped.replace('/', "\\/").replace("25000.0", "25000").replace("{}", "[]"),
        "A" => SENT.to_owned(),
        "C" => escaped,
        "D" => SENT.replace('/', "\\/"),
        "F" => escaped.replace("\":", "\": ").replace(",\"", ", \""),
        other => panic!("no variant is called {other}"),
    }
}

async fn post(counter: &Counter, caller: Caller, body: &[u8], signature: &str) -> String {
    let body = Body::from(body.to_vec());
    counter.send(request(caller, "POST", "/api/retail", signature, body)).await.code()
}

#[tokio::test]
async fn honest_clients_of_every_language_are_taken() {
    let counter = Counter::new();
    for caller in [BUDI, SARI] {
        for (number, name) in ["B", "A", "C", "D", "F"].into_iter().enumerate() {
            let reference = format!("R-{number}{name}");
            let body = SENT.replace("R-1", &reference);
            let text = signed(name).replace("R-1", &reference);
            let signature = sign(caller.token, caller.key, text.as_bytes());
            assert_eq!(post(&counter, caller, body.as_bytes(), &signature).await, "200 ", "{name}");
        }
    }
    // With blanks around, and printed for people: what was signed is the compact text.
    let body = format!("{}\n", SENT.replace(",\"", " ,\n\t\""));
    let signature = sign(BUDI.token, BUDI.key, signed("B").as_bytes());
    assert_eq!(post(&counter, BUDI, body.as_bytes(), &signature).await, "200 ");
    let trimmed = sign(SARI.token, SARI.key, body.trim().as_bytes());
    assert_eq!(post(&counter, SARI, body.as_bytes(), &trimmed).await, "200 ");
}

#[tokio::test]
async fn who_is_strict_takes_one_of_them() {
    let counter = Counter::new();
    for name in ["A", "C", "D", "F"] {
        let signature = sign(ADI.token, ADI.key, signed(name).as_bytes());
        let code = post(&counter, ADI, SENT.as_bytes(), &signature).await;
        assert_eq!(code, "401 UNAUTHORIZED", "{name}");
    }
    let signature = sign(ADI.token, ADI.key, signed("B").as_bytes());
    assert_eq!(post(&counter, ADI, SENT.as_bytes(), &signature).await, "200 ");
    let signature = sign(ADI.token, ADI.key, b"no JSON");
    assert_eq!(post(&counter, ADI, b"no JSON", &signature).await, "401 UNAUTHORIZED");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_judged_after_its_bytes_are_verified() {
    let counter = Counter::new();
    for body in [
        &b"no JSON"[..],
        b"{\"reference\":\"a\",}",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\\ud800\"}",
        b"",
        b"[[[",
    ] {
        let signature = sign(BUDI.token, BUDI.key, body);
        assert_eq!(post(&counter, BUDI, body, &signature).await, "422 REQUEST_INVALID");
        let other = sign(BUDI.token, BUDI.key, b"{}");
        assert_eq!(post(&counter, BUDI, body, &other).await, "401 UNAUTHORIZED");
    }
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let signature = sign(BUDI.token, BUDI.key, deep.as_bytes());
    assert_eq!(post(&counter, BUDI, deep.as_bytes(), &signature).await, "422 REQUEST_INVALID");
}

#[tokio::test]
async fn a_get_signs_its_key_whatever_it_carries() {
    let counter = Counter::new();
    let get = async |caller: Caller, text: &[u8], body: &'static str| {
        let signature = sign(caller.token, caller.key, text);
        counter.send(request(caller, "GET", "/api/balance", &signature, body)).await.http
    };
    assert_eq!(get(BUDI, b"", "{\"reference\":\"a\"}").await, 200);
    assert_eq!(get(BUDI, b"", "no JSON").await, 200);
    assert_eq!(get(BUDI, b"[]", "").await, 200);
    assert_eq!(get(BUDI, b"\"\"", "").await, 401);
    assert_eq!(get(BUDI, b"{\"a\":1}", "{\"a\":1}").await, 401);
    assert_eq!((get(ADI, b"", "").await, get(ADI, b"[]", "").await), (200, 401));
}

#[tokio::test]
async fn more_than_64_kib_are_refused_once_the_token_is_known() {
    let counter = Counter::new();
    let body = vec![b' '; 64 * 1024 + 1];
    let signature = sign(BUDI.token, BUDI.key, &body);
    assert_eq!(post(&counter, BUDI, &body, &signature).await, "413 REQUEST_INVALID");
    let stranger = Caller { token: "x", ..BUDI };
    assert_eq!(post(&counter, stranger, &body, &signature).await, "401 UNAUTHORIZED");
    let fits = &body[1..];
    let signature = sign(BUDI.token, BUDI.key, fits);
    assert_eq!(post(&counter, BUDI, fits, &signature).await, "422 REQUEST_INVALID");
}
