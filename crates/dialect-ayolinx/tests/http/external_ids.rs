//! `X-EXTERNAL-ID`: good once per account, endpoint and Jakarta day, and used up by whoever has proved
//! who it is (rule 25).

use domain::time::Span;
use serde_json::json;

use crate::shop::{CREATE, Counter, QUERY, order};

const ASK: &str =
    r#"{"originalPartnerReferenceNo":"a","additionalInfo":{"channel":"RETAIL_ALFAMART"}}"#;

#[tokio::test]
async fn a_number_is_good_once_per_endpoint_and_day() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let create = async |reference: &str, id: &str| {
        let mut body = order(reference);
        body["validUpTo"] = json!("2026-11-25T00:00:00+07:00");
        caller.post_as(CREATE, &body.to_string(), id).await.said()
    };
    assert_eq!(create("a", "1").await, "00 Successful");
    assert_eq!(create("b", "1").await, "4095400 Conflict");
    assert_eq!(create("b", "2").await, "00 Successful");

    assert_eq!(caller.post_as(QUERY, ASK, "1").await.said(), "00 Successful");
    assert_eq!(caller.post_as(QUERY, ASK, "1").await.said(), "4095500 Conflict");

    let other = counter.other().await;
    let theirs = other.post_as(CREATE, &order("a").to_string(), "1").await;
    assert_eq!(theirs.said(), "00 Successful");

    // It is 14 o'clock; ten hours on, another day has begun.
    counter.shop.gateway.clock().advance(Span::hours(10));
    assert_eq!(create("c", "1").await, "00 Successful");
    assert_eq!(create("d", "1").await, "4095400 Conflict");
}

#[tokio::test]
async fn a_request_that_fails_its_checks_uses_its_number_up() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let mut body = order("a");
    body["amount"]["value"] = json!("44000");
    let answer = caller.post_as(CREATE, &body.to_string(), "1").await;
    assert_eq!(answer.said(), "4005401 Invalid Field Format amount.value");
    let mended = caller.post_as(CREATE, &order("a").to_string(), "1").await;
    assert_eq!(mended.said(), "4095400 Conflict");

    // What the gateway refuses counts too.
    let mut small = order("a");
    small["amount"]["value"] = json!("1.00");
    let answer = caller.post_as(CREATE, &small.to_string(), "2").await;
    assert_eq!(answer.said(), "4035402 Exceeds Transaction Amount Limit [At least 10000.00]");
    let mended = caller.post_as(CREATE, &order("a").to_string(), "2").await;
    assert_eq!(mended.said(), "4095400 Conflict");

    let unknown = r#"{"originalPartnerReferenceNo":"nobody"}"#;
    let answer = caller.post_as(QUERY, unknown, "3").await;
    assert_eq!(answer.said(), "4005502 Invalid Mandatory Field additionalInfo");
    assert_eq!(caller.post_as(QUERY, ASK, "3").await.said(), "4095500 Conflict");
}

#[tokio::test]
async fn who_has_not_proved_who_it_is_burns_no_numbers() {
    let counter = Counter::new();
    let mut caller = counter.caller().await;
    let secret = caller.secret.clone();
    "wrong".clone_into(&mut caller.secret);
    let answer = caller.post_as(CREATE, &order("a").to_string(), "1").await;
    assert_eq!(answer.said(), "4015400 Unauthorized. [Signature]");
    caller.secret = secret;
    let broken = caller.post_as(CREATE, "{", "1").await;
    assert_eq!(broken.get("responseCode"), "4005400");
    let answer = caller.post_as(CREATE, &order("a").to_string(), "1").await;
    assert_eq!(answer.said(), "00 Successful");
}

#[tokio::test]
async fn an_operator_may_turn_the_check_off_but_the_header_stays() {
    let counter = Counter::new();
    counter.set("external_id_check", "false").await;
    let caller = counter.caller().await;
    for reference in ["a", "b"] {
        let answer = caller.post_as(CREATE, &order(reference).to_string(), "1").await;
        assert_eq!(answer.said(), "00 Successful");
        assert_eq!(caller.post_as(QUERY, ASK, "1").await.said(), "00 Successful");
    }
    let mut request = caller.request(CREATE, &order("c").to_string(), "1");
    request.headers_mut().remove("x-external-id");
    let answer = counter.send(request).await;
    assert_eq!(answer.said(), "4005402 Invalid Mandatory Field X-EXTERNAL-ID");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_number_sent_many_times_at_once_opens_one_payment() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let send = |n: u32| {
        let body = order(&format!("r-{n}")).to_string();
        tokio::spawn(counter.send(caller.request(CREATE, &body, "1")))
    };
    let sent: Vec<_> = (0..16).map(send).collect();
    let mut opened = 0;
    for answer in sent {
        let said = answer.await.unwrap().said();
        assert!(said == "00 Successful" || said == "4095400 Conflict", "{said}");
        opened += u32::from(said == "00 Successful");
    }
    assert_eq!(opened, 1);
}
