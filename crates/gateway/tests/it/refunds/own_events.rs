//! What a merchant is told of refund codes in Gerai's own events.

use domain::{sale::Operation, time::Span};

use super::{Approved, answer, scene};

#[tokio::test]
async fn a_refund_code_is_told_of_under_the_payment_whose_cash_it_is() {
    let scene = scene();
    scene.set("events = true\n").await;
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    let told = answer(scene.pay_out(code, &pin, "out-1").await).outcome;
    assert!(matches!(told, Ok(Approved::PayoutReserved { .. })), "{told:?}");
    let told = scene.outcome_of(Operation::Commit, code, "out-1").await;
    assert!(matches!(told, Ok(Approved::PaidOut { .. })), "{told:?}");
    let told = scene.story().await.split_off(3);
    let expected =
        [("unapplied.recorded", "paid"), ("refund.issued", "paid"), ("refund.paid", "paid")];
    assert_eq!(told, expected);
    for event in &scene.events().await[3..] {
        // The sale is the one whose cash goes back, at the chain that took it.
        assert_eq!(event.sale.as_ref().unwrap().sale.key.as_str(), "sale-2");
        assert_eq!(event.payment.as_ref().unwrap().order.as_str(), "order-1");
    }
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_refund_code_that_nobody_redeems_is_told_as_returned() {
    let scene = scene();
    scene.set("events = true\n").await;
    let cash = scene.paid_twice().await;
    scene.issue(cash).await;
    scene.gateway.clock().advance(Span::days(8));
    scene.sweep_all().await;
    let (code, pin) = scene.issue(cash).await;
    let reserved = answer(scene.pay_out(code, &pin, "out-1").await).outcome;
    assert!(matches!(reserved, Ok(Approved::PayoutReserved { .. })), "{reserved:?}");
    scene.gateway.clock().advance(Span::days(8));
    scene.sweep_all().await;
    let mut told = scene.story().await;
    told.retain(|(kind, _)| kind.starts_with("refund."));
    let kinds: Vec<_> = told.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["refund.issued", "refund.returned", "refund.issued", "refund.suspect"]);
    scene.assert_clean().await;
}
