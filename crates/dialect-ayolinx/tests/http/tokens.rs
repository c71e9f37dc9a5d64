//! `POST /v1.0/access-token/b2b`.

use dialect_ayolinx::DEMO;
use http::Request;

use crate::shop::{Answer, Counter, KEYLESS, OTHER, TOKEN, order, sign_token};

async fn ask(counter: &Counter, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::post(TOKEN);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    counter.send(request.body(body.to_owned().into()).unwrap()).await
}

#[tokio::test]
async fn every_token_is_good_whatever_else_is_issued() {
    let counter = Counter::new();
    let mut first = counter.caller().await;
    let second = counter.caller().await;
    assert_ne!(first.token, second.token);
    assert!(first.token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(first.create(&order("a")).await.said(), "00 Successful");
    assert_eq!(second.create(&order("b")).await.said(), "00 Successful");

    first.token = counter.token_of(OTHER).await;
    let foreign = first.create(&order("c")).await;
    assert_eq!(foreign.said(), "4015400 Unauthorized. [Unknown client]");
    first.token = format!("{}0", second.token);
    assert_eq!(first.create(&order("c")).await.said(), "4015401 Invalid Token (B2B)");
}

#[tokio::test]
async fn the_answer_is_the_printed_one() {
    let counter = Counter::new();
    let answer =
        counter.ask_for_token(DEMO.public_id, r#"{"grantType":"client_credentials"}"#).await;
    let token = answer.get("accessToken");
    let expected = format!(
        r#"{{"responseCode":"2007300","responseMessage":"Successful","accessToken":"{token}","tokenType":"Bearer","expiresIn":"900"}}"#
    );
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn what_is_missing_or_malformed_is_named() {
    let counter = Counter::new();
    let timestamp = counter.stamp(0);
    let signature = sign_token(DEMO.public_id, &timestamp);
    let all = [
        ("X-TIMESTAMP", timestamp.as_str()),
        ("X-CLIENT-KEY", DEMO.public_id),
        ("X-SIGNATURE", signature.as_str()),
    ];
    for (place, (name, _)) in all.iter().enumerate() {
        let mut some = all.to_vec();
        some[place].1 = "";
        let answer = ask(&counter, &some, "{}").await;
        assert_eq!(answer.said(), format!("4007302 Invalid Mandatory Field {name}"));
        some.remove(place);
        let answer = ask(&counter, &some, "{}").await;
        assert_eq!(answer.said(), format!("4007302 Invalid Mandatory Field {name}"));
    }
    let mut wrong = all;
    wrong[0].1 = "2024-09-18 13:36:36";
    let answer = ask(&counter, &wrong, "{}").await;
    assert_eq!(answer.said(), "4007301 Invalid Field Format X-TIMESTAMP");
    for off in [-1_000, 1_000] {
        let timestamp = counter.stamp(off);
        let signature = sign_token(DEMO.public_id, &timestamp);
        let stale =
            [("X-TIMESTAMP", timestamp.as_str()), all[1], ("X-SIGNATURE", signature.as_str())];
        let answer = ask(&counter, &stale, "{}").await;
        assert_eq!(answer.said(), "4017300 Unauthorized. [Timestamp]");
    }
    // The signature is judged before the body.
    let answer = ask(&counter, &all, "no JSON").await;
    assert_eq!(answer.said(), "4007300 Bad Request. [Line 1, column 2: expected ident]");
    let answer = ask(&counter, &all, r#"{"grantType":"password"}"#).await;
    assert_eq!(answer.said(), "4007301 Invalid Field Format grantType");
    assert_eq!(ask(&counter, &all, "").await.said(), "2007300 Successful");
}

#[tokio::test]
async fn strangers_and_wrong_signatures_get_no_token() {
    let counter = Counter::new();
    let answer = counter.ask_for_token("CKSandbox-nobody", "{}").await;
    assert_eq!(answer.said(), "4017300 Unauthorized. [Unknown client]");

    let timestamp = counter.stamp(0);
    let other = sign_token(OTHER, &timestamp);
    for signature in [other.as_str(), "85be817c55b2c135157c7e89f52499bf", "?"] {
        let headers = [
            ("X-TIMESTAMP", timestamp.as_str()),
            ("X-CLIENT-KEY", DEMO.public_id),
            ("X-SIGNATURE", signature),
        ];
        // Before the body, which is no JSON here.
        let answer = ask(&counter, &headers, "{").await;
        assert_eq!(answer.said(), "4017300 Unauthorized. [Signature]");
        let info = answer.body()["additionalInfo"].clone();
        assert_eq!(info["stringToSign"], format!("{}|{timestamp}", DEMO.public_id));
    }
}

#[tokio::test]
async fn a_merchant_without_a_public_key_gets_no_token() {
    let counter = Counter::new();
    let answer = counter.ask_for_token(KEYLESS, "{}").await;
    assert_eq!(answer.said(), "4017300 Unauthorized. [Signature]");
}
