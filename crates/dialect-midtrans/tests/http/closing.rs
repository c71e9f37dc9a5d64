//! Cancel, expire, and the actions that are always refused.

use crate::shop::{Counter, codes, order};

#[tokio::test]
async fn a_cancel_happens_once_and_frees_the_order_id() {
    let counter = Counter::new();
    let first = counter.charge(&order("a", "alfamart")).await.get("transaction_id");
    let taken = counter.charge(&order("a", "alfamart")).await;
    assert_eq!(taken.codes(), codes(200, "406"));

    let cancelled = counter.post("/v2/a/cancel", "{}").await;
    assert_eq!(cancelled.codes(), codes(200, "200"));
    assert_eq!(cancelled.get("status_message"), "Success, transaction is canceled");
    assert_eq!(cancelled.get("transaction_status"), "cancel");
    let again = counter.post("/v2/a/cancel", "{}").await;
    assert_eq!(again.codes(), codes(200, "412"));
    assert_eq!(again.get("id"), first);
    assert_eq!(again.get("status_message"), "Transaction status cannot be updated.");
    assert_eq!(counter.post("/v2/a/expire", "").await.codes(), codes(200, "412"));
    assert_eq!(counter.status("a").await, ("200".to_owned(), "cancel".to_owned()));

    let second = counter.charge(&order("a", "indomaret")).await;
    assert_eq!(second.codes(), codes(200, "201"));
    assert_eq!(counter.status("a").await.1, "pending");
    assert_eq!(counter.status(&first).await.1, "cancel");
}

#[tokio::test]
async fn an_expire_happens_once_and_frees_the_order_id() {
    let counter = Counter::new();
    let id = counter.charge(&order("a", "indomaret")).await.get("transaction_id");
    let expired = counter.post(&format!("/v2/{id}/expire"), "null").await;
    assert_eq!(expired.codes(), codes(200, "407"));
    assert_eq!(expired.get("status_message"), "Success, transaction has expired");
    assert_eq!(counter.status("a").await, ("407".to_owned(), "expire".to_owned()));
    assert_eq!(counter.post("/v2/a/expire", "").await.codes(), codes(200, "412"));
    assert_eq!(counter.post("/v2/a/cancel", "").await.codes(), codes(200, "412"));
    assert_eq!(counter.charge(&order("a", "alfamart")).await.codes(), codes(200, "201"));
}

#[tokio::test]
async fn other_actions_are_refused_and_change_nothing() {
    let counter = Counter::new();
    let id = counter.charge(&order("a", "alfamart")).await.get("transaction_id");
    for action in ["approve", "deny", "refund", "refund/online/direct"] {
        let known = counter.post(&format!("/v2/a/{action}"), "{}").await;
        assert_eq!(known.codes(), codes(200, "412"), "{action}");
        assert_eq!(known.get("id"), id);
        let unknown = counter.post(&format!("/v2/DUMMY/{action}"), "{}").await;
        assert_eq!(unknown.codes(), codes(200, "404"), "{action}");
    }
    for (body, code) in [
        (format!(r#"{{"transaction_id":"{id}","gross_amount":44000}}"#), codes(200, "412")),
        (r#"{"transaction_id":"DUMMY"}"#.to_owned(), codes(200, "404")),
        ("{}".to_owned(), codes(400, "400")),
    ] {
        assert_eq!(counter.post("/v2/capture", &body).await.codes(), code, "{body}");
    }
    for id in ["a", "DUMMY"] {
        let listed = counter.get(&format!("/v2/{id}/status/b2b?page=0&per_page=10")).await;
        assert_eq!(listed.codes(), codes(200, "404"));
    }
    for action in ["cancel", "expire"] {
        let unknown = counter.post(&format!("/v2/DUMMY/{action}"), "{}").await;
        assert_eq!(unknown.codes(), codes(200, "404"), "{action}");
    }
    assert_eq!(counter.status("a").await.1, "pending");
}
