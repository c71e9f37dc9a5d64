//! Who may call what.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use dialect_cronos::sign;
use gateway::admin::{self, AdminCommand, MerchantChange, MerchantName, MerchantSet, MerchantTurn};
use http::Request;
use intake::Peer;

use crate::shop::{ADI, BUDI, Caller, Counter, SARI, order, request};

const DENIED: &str = "Authorization failed. Please provide valid credentials.";

#[tokio::test]
async fn every_wrong_key_token_and_signature_gets_one_answer() {
    let counter = Counter::new();
    let good = sign(BUDI.token, BUDI.key, b"");
    let mut texts = Vec::new();
    for (key, token, signature) in [
        ("SC-KRW9ESNZUUKQXOOY", BUDI.token, good.as_str()),
        (BUDI.key, "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2T", good.as_str()),
        (BUDI.key, ADI.token, good.as_str()),
        (ADI.key, BUDI.token, good.as_str()),
        (SARI.key, SARI.token, &sign(SARI.token, SARI.key, b"")),
        (BUDI.key, BUDI.token, &sign(BUDI.token, BUDI.key, b"{}")),
        (BUDI.key, BUDI.token, &"0".repeat(128)),
        (BUDI.key, BUDI.token, &good[..126]),
        (BUDI.key, BUDI.token, ""),
        ("", "", ""),
    ] {
        let caller = Caller { key: Box::leak(key.into()), token: Box::leak(token.into()), ..BUDI };
        let answer =
            counter.send(request(caller, "GET", "/api/balance", signature, Body::empty())).await;
        assert_eq!(answer.code(), "401 UNAUTHORIZED", "{key} {token} {signature}");
        assert_eq!(answer.body()["responseMessage"], DENIED);
        texts.push(answer.text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
    let nobody = Request::get("/api/balance").body(Body::empty()).unwrap();
    assert_eq!(counter.send(nobody).await.text, texts[0]);
    assert_eq!(counter.get(BUDI, "/api/balance").await.http, 200);
}

#[tokio::test]
async fn names_of_headers_tell_the_brand_in_any_case() {
    let counter = Counter::new();
    for caller in [BUDI, SARI] {
        assert_eq!(counter.get(caller, "/api/balance").await.http, 200);
        let small: [String; 3] = caller.headers.map(str::to_lowercase);
        let signature = sign(caller.token, caller.key, b"").to_uppercase();
        let request = Request::get("/api/balance")
            .header(&small[0], caller.key)
            .header(&small[1], caller.token)
            .header(small[2].to_uppercase(), signature);
        assert_eq!(counter.send(request.body(Body::empty()).unwrap()).await.http, 200);
    }
    // One name's credentials under the other's headers, and both at once.
    let swapped = Caller { headers: SARI.headers, ..BUDI };
    assert_eq!(counter.get(swapped, "/api/balance").await.http, 401);
    let signature = sign(BUDI.token, BUDI.key, b"");
    let mut both = request(BUDI, "GET", "/api/balance", &signature, Body::empty());
    both.headers_mut().insert("x-signature", signature.parse().unwrap());
    assert_eq!(counter.send(both).await.code(), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn methods_that_are_not_there_get_json() {
    let counter = Counter::new();
    for (method, path, allowed, endpoint) in [
        ("GET", "/api/retail", "POST", "retail"),
        ("PUT", "/api/retail/", "POST", "retail"),
        ("POST", "/api/check/x", "GET", "check"),
        ("POST", "/api/balance", "GET", "balance"),
        ("DELETE", "/api/transactions", "GET", "transactions"),
        ("OPTIONS", "/api/retail", "POST", "retail"),
        ("GET", "/api/projects", "POST", "restricted"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = counter.send(request).await;
        assert_eq!(answer.code(), "405 METHOD_NOT_ALLOWED", "{method} {path}");
        assert_eq!(
            (&answer.headers["allow"], answer.endpoint),
            (&allowed.parse().unwrap(), endpoint)
        );
    }
}

#[tokio::test]
async fn paths_of_others_are_left_alone() {
    let counter = Counter::new();
    for path in ["/api", "/api/", "/api/retails", "/api/retail/x", "/api/balance/x/y", "/retail"] {
        let answer = counter.get(BUDI, path).await;
        assert_eq!((answer.http, answer.endpoint), (404, "nobody's"), "{path}");
    }
    for path in ["/api/balance/", "/api/check", "/api/check/", "/api/check/a/b"] {
        assert_ne!(counter.get(BUDI, path).await.endpoint, "nobody's", "{path}");
    }
}

#[tokio::test]
async fn what_is_not_for_everybody_is_for_nobody() {
    let counter = Counter::new();
    for path in ["/api/projects", "/api/qris", "/api/virtual-account", "/api/disburse"] {
        let answer = counter.post(BUDI, path, r#"{"name":"a"}"#).await;
        assert_eq!(answer.code(), "401 PRODUCT_ACCESS_ERROR", "{path}");
        let nobody = Request::post(path).body(Body::from("{}")).unwrap();
        assert_eq!(counter.send(nobody).await.code(), "401 UNAUTHORIZED", "{path}");
    }
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let counter = Counter::new();
    let opened = counter.open(BUDI, &order("shared", "alfamart", 20_000)).await.data();
    // The same reference is free for another merchant, and for the same merchant under the other
    // name.
    for other in [ADI, SARI] {
        let theirs = counter.open(other, &order("shared", "alfamart", 30_000)).await.data();
        assert_ne!(theirs["id"], opened["id"]);
        let id = opened["id"].as_str().unwrap();
        let by_id = counter.get(other, &format!("/api/check/{id}")).await;
        assert_eq!(by_id.code(), "404 TRANSACTION_NOT_FOUND");
        let by_reference = counter.get(other, "/api/check/shared").await.data();
        assert_eq!(by_reference["id"], theirs["id"]);
        let listed = counter.get(other, "/api/transactions?status=pending").await.data();
        assert_eq!(listed.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn who_calls_too_often_is_told_so() {
    let counter = Counter::with(1, |_| {});
    assert_eq!(counter.get(BUDI, "/api/balance").await.http, 200);
    // The limit is kept in real time, so a slow machine may need more than two requests.
    let mut answer = counter.get(BUDI, "/api/balance").await;
    for _ in 0..100 {
        if answer.http == 200 {
            answer = counter.get(BUDI, "/api/balance").await;
        }
    }
    assert_eq!(answer.code(), "429 PAYMENT_INTERNAL_ERROR");
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn who_is_turned_off_or_elsewhere_is_turned_away() {
    let counter = Counter::new();
    let merchant = MerchantName { merchant: BUDI.key.to_owned(), brand: None };
    let allow_list = Some(vec!["10.0.0.0/8".to_owned()]);
    let change = MerchantChange { allow_list, ..MerchantChange::default() };
    let set = AdminCommand::MerchantSet(MerchantSet { merchant: merchant.clone(), change });
    admin::execute(&counter.shop.gateway, set).await.unwrap();

    let from = |address, token| {
        let signature = sign(BUDI.token, BUDI.key, b"");
        let caller = Caller { token, ..BUDI };
        let mut request = request(caller, "GET", "/api/balance", &signature, Body::empty());
        request.extensions_mut().insert(Peer(IpAddr::V4(address)));
        request
    };
    let inside = Ipv4Addr::new(10, 1, 2, 3);
    let outside = Ipv4Addr::new(11, 1, 2, 3);
    assert_eq!(counter.send(from(inside, BUDI.token)).await.http, 200);
    assert_eq!(counter.send(from(outside, BUDI.token)).await.code(), "403 UNAUTHORIZED");
    // Whoever does not know the token learns nothing of the list.
    assert_eq!(counter.send(from(outside, "x")).await.code(), "401 UNAUTHORIZED");

    let turn = AdminCommand::MerchantTurn(MerchantTurn { merchant, disabled: true });
    admin::execute(&counter.shop.gateway, turn).await.unwrap();
    let off = counter.send(from(inside, BUDI.token)).await;
    assert_eq!(off.code(), "403 PAYMENT_INACTIVE_ERROR");
    let off = counter.send(from(inside, "x")).await;
    assert_eq!(off.code(), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn a_full_queue_says_try_again() {
    let counter = Counter::with(0, |settings| settings.lane_room = 0);
    let answer = counter.open(BUDI, &order("a", "alfamart", 20_000)).await;
    assert_eq!(answer.code(), "503 PAYMENT_INTERNAL_ERROR");
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(counter.get(BUDI, "/api/check/a").await.http, 404);
}
