//! `Idempotency-Key`.

use domain::time::Span;
use gateway::admin::{self, AdminCommand, MerchantChange, MerchantName, MerchantSet};
use serde_json::json;

use crate::shop::{Counter, codes, order};

const KEY: (&str, &str) = ("Idempotency-Key", "k-1");

#[tokio::test]
async fn a_repeat_gets_the_same_answer_for_five_minutes() {
    let counter = Counter::new();
    let first = counter.charge_with(&order("a", "alfamart"), &[KEY]).await;
    assert_eq!(first.codes(), codes(200, "201"));
    // Whatever else the body says.
    let mut other = order("a", "alfamart");
    other["transaction_details"]["gross_amount"] = json!(55_000);
    let second = counter.charge_with(&other, &[KEY]).await;
    assert_eq!((second.http, &second.text), (200, &first.text));

    counter.shop.gateway.clock().advance(Span::minutes(5));
    let late = counter.charge_with(&order("a", "alfamart"), &[KEY]).await;
    assert_eq!(late.codes(), codes(200, "406"));
}

#[tokio::test]
async fn another_order_under_the_same_key_is_another_payment() {
    let counter = Counter::new();
    let first = counter.charge_with(&order("a", "alfamart"), &[KEY]).await;
    let second = counter.charge_with(&order("b", "alfamart"), &[KEY]).await;
    assert_eq!(second.codes(), codes(200, "201"));
    assert_ne!(first.get("transaction_id"), second.get("transaction_id"));
}

#[tokio::test]
async fn the_last_key_counts_and_empty_or_long_ones_do_not() {
    let counter = Counter::new();
    let old = ("Idempotency-Key", "old");
    let first = counter.charge_with(&order("a", "alfamart"), &[old, KEY]).await;
    let again = counter.charge_with(&order("a", "alfamart"), &[KEY]).await;
    assert_eq!(first.text, again.text);
    let long = "k".repeat(47);
    for key in ["", &long] {
        let header = [("Idempotency-Key", key)];
        let order = order(&format!("with {}", key.len()), "alfamart");
        assert_eq!(counter.charge_with(&order, &header).await.codes(), codes(200, "201"));
        assert_eq!(counter.charge_with(&order, &header).await.codes(), codes(200, "406"));
    }
}

#[tokio::test]
async fn refusals_are_not_kept() {
    let counter = Counter::new();
    let mut bad = order("a", "alfamart");
    bad["transaction_details"]["gross_amount"] = json!(5_000_001);
    assert_eq!(counter.charge_with(&bad, &[KEY]).await.codes(), codes(400, "400"));
    let good = counter.charge_with(&order("a", "alfamart"), &[KEY]).await;
    assert_eq!(good.codes(), codes(200, "201"));
}

#[tokio::test]
async fn indomaret_knows_no_keys_unless_the_merchant_wants_them() {
    let counter = Counter::new();
    let charge = order("a", "indomaret");
    assert_eq!(counter.charge_with(&charge, &[KEY]).await.codes(), codes(200, "201"));
    assert_eq!(counter.charge_with(&charge, &[KEY]).await.codes(), codes(200, "406"));
    let cancel = async || counter.call("POST", "/v2/a/cancel", &[KEY], "{}").await;
    assert_eq!(cancel().await.codes(), codes(200, "200"));
    assert_eq!(cancel().await.codes(), codes(200, "412"));

    let merchant = MerchantName { merchant: "G000000001".to_owned(), brand: None };
    let change = MerchantChange { idempotency_everywhere: Some(true), ..MerchantChange::default() };
    let set = AdminCommand::MerchantSet(MerchantSet { merchant, change });
    admin::execute(&counter.shop.gateway, set).await.unwrap();
    let charge = order("b", "indomaret");
    let first = counter.charge_with(&charge, &[KEY]).await;
    assert_eq!(first.codes(), codes(200, "201"));
    assert_eq!(counter.charge_with(&charge, &[KEY]).await.text, first.text);
}

#[tokio::test]
async fn closing_has_keys_too_and_they_are_shared_with_charges() {
    let counter = Counter::new();
    for (order_id, action, code) in [("a", "cancel", "200"), ("b", "expire", "407")] {
        counter.charge(&order(order_id, "alfamart")).await;
        let path = format!("/v2/{order_id}/{action}");
        let key = [("Idempotency-Key", action)];
        let first = counter.call("POST", &path, &key, "{}").await;
        assert_eq!(first.codes(), codes(200, code));
        assert_eq!(counter.call("POST", &path, &key, "{}").await.text, first.text);
        assert_eq!(counter.post(&path, "{}").await.codes(), codes(200, "412"));
    }
    // The key is global: reused for the cancel, it gives the charge's answer, and nothing happens.
    let charged = counter.charge_with(&order("c", "alfamart"), &[KEY]).await;
    let cancelled = counter.call("POST", "/v2/c/cancel", &[KEY], "{}").await;
    assert_eq!(cancelled.text, charged.text);
    assert_eq!(counter.status("c").await.1, "pending");
}
