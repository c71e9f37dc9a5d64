//! What a merchant sees of the counter's side.

use domain::{event::Actor, ids::AccountNo, sale::Operation};
use gateway::request::{Approved, Close, CloseRequest, PaymentRef};
use serde_json::json;

use crate::shop::{Counter, order};

async fn close(counter: &Counter, reference: &str, how: Close) {
    let request = CloseRequest {
        account: Some(AccountNo::new(3)),
        payment: PaymentRef::Order(reference.to_owned()),
        how,
        actor: Actor::Merchant(AccountNo::new(3)),
        reason: None,
        idempotency: None,
        received_at: counter.shop.gateway.clock().now(),
    };
    counter.shop.gateway.close(request).await.unwrap();
}

#[tokio::test]
async fn a_paid_payment_is_a_success() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let code = caller.create(&order("a")).await.get("vaNumber");
    let paid = counter.shop.tell(Operation::Payment, "alfamidi", &code, 44_000).await;
    assert!(matches!(paid.outcome, Ok(Approved::Paid { .. })), "{paid:?}");

    let found = caller.query("a", "RETAIL_ALFAMART").await;
    assert_eq!(found.said(), "00 Successful");
    assert_eq!(found.get("latestTransactionStatus"), "00");
    assert_eq!(found.get("transactionStatusDesc"), "SUCCESS");
    assert_eq!(found.get("finishedTime"), "2026-11-21T14:00:00+07:00");
    // The channel is the one it was opened for, wherever it was paid.
    assert_eq!(found.body()["additionalInfo"], json!({ "channel": "RETAIL_ALFAMART" }));
    assert_eq!(found.body()["amount"], json!({ "currency": "IDR", "value": "44000.00" }));
    let again = caller.query("a", "RETAIL_ALFAMART").await;
    assert_eq!(again.text, found.text);
    let taken = caller.create(&order("a")).await;
    assert_eq!(taken.said(), "4095401 Duplicate partnerReferenceNo");
}

#[tokio::test]
async fn a_reversed_payment_has_failed_and_keeps_its_reference() {
    let counter = Counter::new();
    counter.set("indomaret", "true").await;
    let caller = counter.caller().await;
    let mut body = order("a");
    body["additionalInfo"]["channel"] = json!("RETAIL_INDOMARET");
    let code = caller.create(&body).await.get("vaNumber");
    counter.shop.tell(Operation::Payment, "indomaret", &code, 44_000).await;
    let reversed = counter.shop.tell(Operation::Reversal, "indomaret", &code, 44_000).await;
    assert_eq!(reversed.outcome, Ok(Approved::Reversed));
    let found = caller.query("a", "RETAIL_INDOMARET").await;
    assert_eq!(found.get("latestTransactionStatus"), "06");
    assert_eq!(found.body().get("finishedTime"), None);
    let taken = caller.create(&body).await;
    assert_eq!(taken.said(), "4095401 Duplicate partnerReferenceNo");
}

#[tokio::test]
async fn closed_payments_are_closed_for_good() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    for (reference, how) in [("cancelled", Close::Cancel), ("expired", Close::Expire)] {
        caller.create(&order(reference)).await;
        assert_eq!(caller.status(reference).await, "03");
        close(&counter, reference, how).await;
        assert_eq!(caller.status(reference).await, "05");
        let taken = caller.create(&order(reference)).await;
        assert_eq!(taken.said(), "4095401 Duplicate partnerReferenceNo");
    }
}

#[tokio::test]
async fn what_nobody_opened_is_not_found() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    caller.create(&order("a")).await;
    for (reference, channel) in [("b", "RETAIL_ALFAMART"), ("a", "RETAIL_ALFAMIDI")] {
        let answer = caller.query(reference, channel).await;
        assert_eq!(answer.said(), "4045501 Transaction Not Found", "{reference} {channel}");
    }
    let answer = caller.query("a", "RETAIL_NOWHERE").await;
    assert_eq!(answer.said(), "4005501 Invalid Field Format additionalInfo.channel");
}
