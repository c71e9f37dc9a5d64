//! Who may call, and what those hear who may not.

use std::net::{IpAddr, Ipv4Addr};

use dialect_ayolinx::{DEMO, sign_request};
use gateway::{
    Environment,
    admin::{self, AdminCommand, MerchantChange, MerchantTurn},
};
use http::HeaderValue;
use intake::Peer;

use crate::shop::{CREATE, Counter, TOKEN, demo_name, fresh_id, order, secret_of_demo, sign_token};

#[tokio::test]
async fn a_sandbox_tells_what_should_have_been_signed() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let mut request = caller.request(CREATE, &order("a").to_string(), "1");
    let hex = "85be817c55b2c135157c7e89f52499bf0c25ad6eeebe04a986e8c862561b19a5";
    request.headers_mut().insert("x-signature", HeaderValue::from_static(hex));
    let answer = counter.send(request).await;
    assert_eq!(answer.said(), "4015400 Unauthorized. [Signature]");
    let info = answer.body()["additionalInfo"].clone();
    assert!(info["hint"].as_str().unwrap().contains("base64"), "{info}");

    // Whoever signs that text is let in.
    let text = info["stringToSign"].as_str().unwrap();
    let parts: Vec<_> = text.splitn(5, ':').collect();
    assert_eq!(parts[..3], ["POST", CREATE, caller.token.as_str()]);
    let body = order("a").to_string();
    let mut request = caller.request(CREATE, &body, "1");
    let signature =
        sign_request(&secret_of_demo(), "POST", CREATE, &caller.token, body.as_bytes(), parts[4]);
    let headers = request.headers_mut();
    headers.insert("x-timestamp", HeaderValue::from_str(parts[4]).unwrap());
    headers.insert("x-signature", HeaderValue::from_str(&signature).unwrap());
    assert_eq!(counter.send(request).await.said(), "00 Successful");
}

#[tokio::test]
async fn production_tells_nothing() {
    let counter = Counter::with(0, |settings| settings.environment = Environment::Production);
    let mut caller = counter.caller().await;
    "wrong".clone_into(&mut caller.secret);
    let answer = caller.create(&order("a")).await;
    let expected = r#"{"responseCode":"4015400","responseMessage":"Unauthorized. [Signature]"}"#;
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn who_is_turned_off_or_elsewhere_is_turned_away() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let allow_list = Some(vec!["10.0.0.0/8".to_owned()]);
    counter.change(MerchantChange { allow_list, ..MerchantChange::default() }).await;
    let answer = caller.create(&order("a")).await;
    assert_eq!(answer.said(), "4015400 Unauthorized. [IP address]");
    let answer = counter.ask_for_token(DEMO.public_id, "").await;
    assert_eq!(answer.said(), "4017300 Unauthorized. [IP address]");

    let from = |address| {
        let mut request = caller.request(CREATE, &order("a").to_string(), &fresh_id());
        request.extensions_mut().insert(Peer(IpAddr::V4(address)));
        request
    };
    let inside = Ipv4Addr::new(10, 1, 2, 3);
    assert_eq!(counter.send(from(inside)).await.said(), "00 Successful");

    let turn = MerchantTurn { merchant: demo_name(), disabled: true };
    admin::execute(&counter.shop.gateway, AdminCommand::MerchantTurn(turn)).await.unwrap();
    let off = counter.send(from(inside)).await;
    assert_eq!(off.said(), "4035418 Inactive Card/Account/Customer");
}

#[tokio::test]
async fn who_calls_too_often_is_told_so_and_strangers_do_not_count() {
    let counter = Counter::with(1, |_| {});
    // Wrong signatures are refused before they count.
    for _ in 0..20 {
        let timestamp = counter.stamp(0);
        let request = http::Request::post(TOKEN)
            .header("x-timestamp", &timestamp)
            .header("x-client-key", DEMO.public_id)
            .header("x-signature", sign_token("somebody else", &timestamp))
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(counter.send(request).await.said(), "4017300 Unauthorized. [Signature]");
    }
    // The limit is kept in real time, so a slow machine may need more than two requests.
    let mut answer = counter.ask_for_token(DEMO.public_id, "").await;
    assert_eq!(answer.http, 200);
    for _ in 0..100 {
        if answer.http == 200 {
            answer = counter.ask_for_token(DEMO.public_id, "").await;
        }
    }
    assert_eq!(answer.said(), "4297300 Too Many Requests");
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn a_full_queue_says_try_again() {
    let counter = Counter::with(0, |settings| settings.lane_room = 0);
    let answer = counter.caller().await.create(&order("a")).await;
    assert_eq!(answer.said(), "4295400 Too Many Requests");
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn merchants_do_not_see_each_other() {
    let counter = Counter::new();
    let (demo, other) = (counter.caller().await, counter.other().await);
    assert_eq!(demo.create(&order("shared")).await.said(), "00 Successful");
    let hidden = other.query("shared", "RETAIL_ALFAMART").await;
    assert_eq!(hidden.said(), "4045501 Transaction Not Found");
    assert_eq!(other.create(&order("shared")).await.said(), "00 Successful");
    let (one, two) = (
        demo.query("shared", "RETAIL_ALFAMART").await.get("vaNumber"),
        other.query("shared", "RETAIL_ALFAMART").await.get("vaNumber"),
    );
    assert_ne!(one, two);
}
