//! What a merchant sees of the counter's side.

use bytes::Bytes;
use domain::{
    code::PaymentCode,
    money::Rupiah,
    sale::{Operation, SaleKey},
};
use gateway::request::{Approved, CounterAnswer, CounterRequest};
use testkit::{PARTNER, key};

use crate::shop::{Counter, codes, order};

async fn tell(counter: &Counter, operation: Operation, store: &str, code: &str) -> CounterAnswer {
    let gateway = &counter.shop.gateway;
    let now = gateway.clock().now();
    let request = CounterRequest {
        operation,
        partner: PARTNER,
        retailer: key(store),
        code: PaymentCode::new(code).unwrap(),
        sale: SaleKey::new("sale-1").unwrap().into(),
        sale_sent: "sale-1".to_owned(),
        outlet: String::new(),
        terminal: String::new(),
        receipt_no: None,
        till_at: now,
        received_at: now,
        amount: Some(Rupiah::new(44_000).unwrap()),
        cash: None,
        reason: None,
        raw: Bytes::new(),
        render: |_, _| Vec::new(),
    };
    gateway.counter(request).await.unwrap().answer.unwrap()
}

#[tokio::test]
async fn a_paid_payment_is_settled_and_stays_so() {
    let counter = Counter::new();
    for store in ["alfamart", "indomaret"] {
        let counter = if store == "alfamart" { &counter } else { &Counter::new() };
        let charged = counter.charge(&order("a", store)).await;
        let paid = tell(counter, Operation::Payment, store, &charged.get("payment_code")).await;
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
    tell(&counter, Operation::Payment, "indomaret", &code).await;
    let reversed = tell(&counter, Operation::Reversal, "indomaret", &code).await;
    assert_eq!(reversed.outcome, Ok(Approved::Reversed));
    assert_eq!(counter.status("a").await, ("202".to_owned(), "deny".to_owned()));
    assert_eq!(counter.post("/v2/a/cancel", "{}").await.codes(), codes(200, "412"));
    assert_eq!(counter.charge(&order("a", "indomaret")).await.codes(), codes(200, "201"));
}
