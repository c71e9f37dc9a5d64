//! What a merchant sees of the counter's side.

use domain::sale::Operation;
use gateway::request::Approved;

use crate::shop::{Counter, codes, order};

#[tokio::test]
async fn a_paid_payment_is_settled_and_stays_so() {
    let counter = Counter::new();
    for store in ["alfamart", "indomaret"] {
        let counter = if store == "alfamart" { &counter } else { &Counter::new() };
        let charged = counter.charge(&order("a", store)).await;
        let code = charged.get("payment_code");
        let paid = counter.shop.tell(Operation::Payment, store, &code, 44_000).await;
        let Ok(Approved::Paid { approval_code, .. }) = paid.outcome else { panic!("{paid:?}") };

        let status = counter.get("/v2/a/status").await;
        assert_eq!(status.codes(), codes(200, "200"));
        assert_eq!(status.get("transaction_status"), "settlement");
        assert_eq!(status.get("settlement_time"), "2026-11-21 14:00:00");
        // What the till printed; Alfamart's is not shown.
        let shown = if store == "indomaret" { approval_code } else { String::new() };
        assert_eq!(status.get("approval_code"), shown);

        for action in ["cancel", "expire", "refund"] {
            let answer = counter.post(&format!("/v2/a/{action}"), "{}").await;
            assert_eq!(answer.codes(), codes(200, "412"), "{action}");
            assert_eq!(answer.get("id"), charged.get("transaction_id"));
        }
        let taken = counter.charge(&order("a", store)).await;
        assert_eq!(taken.codes(), codes(200, "406"));
    }
}

#[tokio::test]
async fn a_reversed_payment_is_denied_and_frees_the_order_id() {
    let counter = Counter::new();
    let code = counter.charge(&order("a", "indomaret")).await.get("payment_code");
    counter.shop.tell(Operation::Payment, "indomaret", &code, 44_000).await;
    let reversed = counter.shop.tell(Operation::Reversal, "indomaret", &code, 44_000).await;
    assert_eq!(reversed.outcome, Ok(Approved::Reversed));
    assert_eq!(counter.status("a").await, ("202".to_owned(), "deny".to_owned()));
    assert_eq!(counter.post("/v2/a/cancel", "{}").await.codes(), codes(200, "412"));
    assert_eq!(counter.charge(&order("a", "indomaret")).await.codes(), codes(200, "201"));
}
