//! Who may call what.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use gateway::admin::{self, AdminCommand, MerchantChange, MerchantName, MerchantSet, MerchantTurn};
use http::Request;
use intake::Peer;
use serde_json::json;

use crate::shop::{Answer, Counter, KEY, OTHER_KEY, basic, codes, order};

const DENIED: &str = "Transaction cannot be authorized with the current client/server key.";

fn request(authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method("POST").uri("/v2/charge");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    request.body(Body::empty()).unwrap()
}

fn is_denied(answer: &Answer) {
    assert_eq!(answer.codes(), codes(401, "401"));
    assert_eq!(answer.get("status_message"), DENIED);
    assert_eq!(answer.get("id").len(), 36);
}

#[tokio::test]
async fn every_wrong_key_gets_one_answer_before_the_body_is_judged() {
    let counter = Counter::new();
    is_denied(&counter.send(request(None)).await);
    for authorization in [
        "",
        "Basic",
        "Basic ???",
        "Bearer merchant-secret-1",
        &basic(""),
        &basic("invalidkey"),
        &basic("key with blanks"),
        &basic(&KEY.to_uppercase()),
    ] {
        is_denied(&counter.send(request(Some(authorization))).await);
    }
    let with_key = counter.send(request(Some(&basic(KEY)))).await;
    assert_eq!(with_key.codes(), codes(413, "413"));
}

#[tokio::test]
async fn merchants_do_not_see_each_other() {
    let counter = Counter::new();
    let charged = counter.charge(&order("shared", "alfamart")).await;
    let id = charged.get("transaction_id");
    for path in [format!("/v2/{id}/status"), "/v2/shared/status".to_owned()] {
        let foreign = Request::builder().uri(path).header("authorization", basic(OTHER_KEY));
        let answer = counter.send(foreign.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.codes(), codes(200, "404"));
    }
    let theirs = Request::builder()
        .method("POST")
        .uri("/v2/charge")
        .header("authorization", basic(OTHER_KEY))
        .body(order("shared", "alfamart").to_string().into())
        .unwrap();
    let theirs = counter.send(theirs).await;
    assert_eq!(theirs.codes(), codes(200, "201"));
    assert_eq!(theirs.get("merchant_id"), "G000000002");
    assert_eq!(charged.get("merchant_id"), "G000000001");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_get_json() {
    let counter = Counter::new();
    for path in ["/v2", "/v2/", "/v2/order%201", "/v2/token", "/v2/pay/account/x", "/v2/%ff"] {
        let answer = counter.get(path).await;
        assert_eq!(answer.codes(), codes(404, "404"), "{path}");
    }
    for (method, path, allowed) in [
        ("GET", "/v2/charge", "POST"),
        ("DELETE", "/v2/x/status", "GET"),
        ("GET", "/v2/x/cancel", "POST"),
        ("OPTIONS", "/v2/charge", "POST"),
    ] {
        let answer = counter.call(method, path, &[], Body::empty()).await;
        assert_eq!(answer.codes(), codes(405, "405"), "{method} {path}");
        assert_eq!(answer.headers["allow"], allowed);
    }
}

#[tokio::test]
async fn who_calls_too_often_is_told_so() {
    let counter = Counter::with(1, |_| {});
    assert_eq!(counter.get("/v2/x/status").await.http, 200);
    // The limit is kept in real time, so a slow machine may need more than two requests.
    let mut answer = counter.get("/v2/x/status").await;
    for _ in 0..100 {
        if answer.http == 200 {
            answer = counter.get("/v2/x/status").await;
        }
    }
    assert_eq!(answer.http, 429);
    assert_eq!(answer.body(), json!({ "message": "API rate limit exceeded" }));
}

#[tokio::test]
async fn who_is_turned_off_or_elsewhere_is_turned_away() {
    let counter = Counter::new();
    let merchant = MerchantName { merchant: "G000000001".to_owned(), brand: None };
    let allow_list = Some(vec!["10.0.0.0/8".to_owned()]);
    let change = MerchantChange { allow_list, ..MerchantChange::default() };
    let set = AdminCommand::MerchantSet(MerchantSet { merchant: merchant.clone(), change });
    admin::execute(&counter.shop.gateway, set).await.unwrap();
    is_denied(&counter.get("/v2/x/status").await);

    let from = |address| {
        Request::builder()
            .uri("/v2/x/status")
            .header("authorization", basic(KEY))
            .extension(Peer(IpAddr::V4(address)))
            .body(Body::empty())
            .unwrap()
    };
    let inside = counter.send(from(Ipv4Addr::new(10, 1, 2, 3))).await;
    assert_eq!(inside.codes(), codes(200, "404"));
    is_denied(&counter.send(from(Ipv4Addr::new(11, 1, 2, 3))).await);

    let turn = AdminCommand::MerchantTurn(MerchantTurn { merchant, disabled: true });
    admin::execute(&counter.shop.gateway, turn).await.unwrap();
    let off = counter.send(from(Ipv4Addr::new(10, 1, 2, 3))).await;
    assert_eq!(off.codes(), codes(410, "410"));
}

#[tokio::test]
async fn a_full_queue_says_try_again() {
    let counter = Counter::with(0, |settings| settings.lane_room = 0);
    let answer = counter.charge(&order("a", "alfamart")).await;
    assert_eq!(answer.codes(), codes(503, "503"));
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(counter.status("a").await.0, "404");
}
