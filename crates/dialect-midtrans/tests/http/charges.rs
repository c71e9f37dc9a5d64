//! Charges and their status.

use domain::ids::AccountNo;
use gateway::request::PaymentRef;
use serde_json::json;

use crate::shop::{Counter, codes, order};

#[tokio::test]
async fn a_charge_is_found_by_both_its_ids() {
    let counter = Counter::new();
    for (store, length) in [("alfamart", 16), ("Indomaret", 12)] {
        let order_id = format!("order-{store}");
        let charged = counter.charge(&order(&order_id, store)).await;
        assert_eq!(charged.codes(), codes(200, "201"));
        let body = charged.body();
        assert_eq!(body["status_message"], "Success, cstore transaction is successful");
        assert_eq!(body["order_id"], order_id);
        assert_eq!(body["gross_amount"], "44000.00");
        assert_eq!(body["transaction_time"], "2026-11-21 14:00:00");
        assert_eq!(body["expiry_time"], "2026-11-22 14:00:00");
        assert_eq!(body["store"], store.to_lowercase());
        assert_eq!(charged.get("payment_code").len(), length);

        for id in [&order_id, &charged.get("transaction_id")] {
            let status = counter.get(&format!("/v2/{id}/status?page=0&x=1")).await;
            assert_eq!(status.codes(), codes(200, "201"));
            for member in ["transaction_id", "order_id", "payment_code", "merchant_id"] {
                assert_eq!(status.get(member), charged.get(member), "{member}");
            }
            assert_eq!(status.get("status_message"), "Success, transaction is found");
        }
    }
}

#[tokio::test]
async fn ids_of_any_kind_are_found_again() {
    let counter = Counter::new();
    for (order_id, path) in [
        (json!("2016-10-20 12:39:16 +0700"), "2016-10-20%2012:39:16%20+0700"),
        (json!("2016-10-20 12:39:16 +0701"), "2016-10-20%2012%3A39%3A16%20%2B0701"),
        (json!(1_554_317_097), "1554317097"),
        (json!("INV/2026/11"), "INV/2026/11"),
        (json!("é"), "%C3%A9"),
    ] {
        let mut body = order("", "alfamart");
        body["transaction_details"]["order_id"] = order_id;
        assert_eq!(counter.charge(&body).await.codes(), codes(200, "201"), "{path}");
        assert_eq!(counter.status(path).await.1, "pending", "{path}");
    }
}

#[tokio::test]
async fn what_nobody_opened_does_not_exist() {
    let counter = Counter::new();
    for id in ["", "null", "DUMMY", "%", "%ff", "00000000-0000-7000-8000-000000000000"] {
        let answer = counter.get(&format!("/v2/{id}/status")).await;
        assert_eq!(answer.codes(), codes(200, "404"), "{id}");
        assert_eq!(answer.get("status_message"), "Transaction doesn't exist.");
    }
}

#[tokio::test]
async fn amounts_keep_the_stores_limits() {
    let counter = Counter::new();
    for (store, amount, code) in [
        ("alfamart", 1, "201"),
        ("alfamart", 5_000_000, "201"),
        ("alfamart", 5_000_001, "400"),
        ("indomaret", 10_000, "201"),
        ("indomaret", 9_999, "400"),
    ] {
        let mut body = order(&format!("{store}-{amount}"), store);
        body["transaction_details"]["gross_amount"] = json!(amount);
        let answer = counter.charge(&body).await;
        assert_eq!(answer.get("status_code"), code, "{store} {amount}: {answer:?}");
    }
}

#[tokio::test]
async fn lifetimes_keep_the_stores_limits() {
    let counter = Counter::new();
    let cases = [
        (json!({ "expiry_duration": 20, "unit": "second" }), None),
        (json!({ "expiry_duration": 180, "unit": "days" }), None),
        (
            json!({ "expiry_duration": 19, "unit": "second" }),
            Some("custom_expiry must be at least 20 seconds"),
        ),
        (
            json!({ "expiry_duration": 181, "unit": "day" }),
            Some("custom_expiry must be at most 180 days"),
        ),
        (
            json!({ "order_time": "2026-11-21 13:00:00 +0700", "expiry_duration": 60 }),
            Some("custom_expiry has already passed"),
        ),
        (
            json!({ "order_time": "2030-01-01 00:00:00 +0700", "expiry_duration": 60 }),
            Some("custom_expiry must be at most 180 days"),
        ),
    ];
    for (number, (expiry, message)) in cases.into_iter().enumerate() {
        let mut body = order(&format!("order-{number}"), "alfamart");
        body["custom_expiry"] = expiry;
        let answer = counter.charge(&body).await;
        match message {
            None => assert_eq!(answer.codes(), codes(200, "201"), "{body}"),
            Some(message) => {
                assert_eq!(answer.codes(), codes(400, "400"), "{body}");
                assert_eq!(answer.body()["validation_messages"], json!([message]));
            }
        }
    }
}

#[tokio::test]
async fn what_was_given_comes_back_with_the_status() {
    let counter = Counter::new();
    let mut body = order("a", "indomaret");
    body["custom_field1"] = json!("one");
    body["metadata"] = json!({ "cart": [1, 2] });
    body["customer_details"] = json!({ "first_name": "Budi", "last_name": "Santoso" });
    body["item_details"] = json!([{ "price": 22_000, "quantity": 2, "name": "Kopi" }]);
    assert_eq!(counter.charge(&body).await.http, 200);
    let status = counter.get("/v2/a/status").await.body();
    assert_eq!(status["custom_field1"], "one");
    assert_eq!(status["metadata"], json!({ "cart": [1, 2] }));
    assert_eq!(status.get("custom_field2"), None);

    let gateway = &counter.shop.gateway;
    let payment = PaymentRef::Order("a".to_owned());
    let view = gateway.payment(Some(AccountNo::new(1)), payment).await.unwrap().unwrap();
    assert_eq!(view.personal.payer_name.as_deref(), Some("Budi Santoso"));
    assert_eq!(view.personal.receipt_lines, ["2 Kopi"]);
    assert_eq!(view.notify_urls, None);
}

#[tokio::test]
async fn headers_say_where_notifications_go() {
    let counter = Counter::new();
    let urls = async |order_id: &str| {
        let payment = PaymentRef::Order(order_id.to_owned());
        let view = counter.shop.gateway.payment(Some(AccountNo::new(1)), payment).await;
        view.unwrap().unwrap().notify_urls
    };
    let append = [("X-Append-Notification", "http://localhost:9000/a")];
    counter.charge_with(&order("append", "alfamart"), &append).await;
    let both = ["http://127.0.0.1:9/hook", "http://localhost:9000/a"].map(str::to_owned);
    assert_eq!(urls("append").await, Some(both.to_vec()));

    let instead = [("X-Override-Notification", "http://localhost:9000/b"), append[0]];
    counter.charge_with(&order("override", "alfamart"), &instead).await;
    assert_eq!(urls("override").await, Some(vec!["http://localhost:9000/b".to_owned()]));

    let empty = [("X-Override-Notification", ""), ("X-Append-Notification", "")];
    counter.charge_with(&order("empty", "alfamart"), &empty).await;
    assert_eq!(urls("empty").await, None);

    let bad = [("X-Override-Notification", "gopher://localhost/")];
    let answer = counter.charge_with(&order("bad", "alfamart"), &bad).await;
    assert_eq!(answer.codes(), codes(400, "400"));
    assert_eq!(counter.status("bad").await.0, "404");
}
