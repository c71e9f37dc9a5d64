//! What was owed when.

use domain::{
    sale::Operation as O,
    time::{Span, Timestamp},
};
use gateway::{books::SNAPSHOT_ENTRIES, request::PaymentView};
use testkit::{ACCOUNT, OTHER_ACCOUNT, START};

use super::{pay_out, shown};
use crate::scene::Scene;

/// The same books, looked at as of every instant at which something was posted.
#[tokio::test]
async fn a_balance_is_told_as_of_any_instant() {
    let scene = Scene::new();
    let mut held = vec![(scene.now(), (0, 0))];
    for no in 0..4 {
        scene.wait(60);
        let view = scene.open(&format!("order-{no}"), "alfamart").await;
        scene.outcome(O::Payment, &view, &format!("S-{no}")).await.unwrap();
        held.push((scene.now(), scene.held().await));
        if no == 3 {
            scene.wait(31 * 60);
            scene.settle_down().await;
            scene.matched(&[view]).await;
            scene.fund(50_000, 0, "BCA-1").await.unwrap();
            scene.wake_on("2026-11-25").await;
            held.push((scene.now(), scene.held().await));
            scene.wait(60);
            scene.payout(pay_out(20_000, "P-1")).await.unwrap();
            held.push((scene.now(), scene.held().await));
        }
    }
    assert_eq!(held.last().unwrap().1, (150_000, 30_000));
    for (at, expected) in held {
        let there = scene.gateway.balances_at(ACCOUNT, at).await.unwrap();
        assert_eq!(shown(there), expected);
        assert_eq!(there.total().get(), expected.0 + expected.1);
        let before = Timestamp::from_millis(at.millis() - 1);
        let before = shown(scene.gateway.balances_at(ACCOUNT, before).await.unwrap());
        assert!(expected == (0, 0) || before != expected, "it changed at {at:?}");
    }
    let other = scene.gateway.balances_at(OTHER_ACCOUNT, scene.now()).await.unwrap();
    assert_eq!(shown(other), (0, 0));
}

/// Commands wait in lanes, so one that arrived earlier may be committed later. The books are dated in
/// the order of commits all the same.
#[tokio::test]
async fn books_are_dated_in_the_order_of_their_numbers() {
    let scene = Scene::new();
    let (first, second) =
        (scene.open("order-1", "alfamart").await, scene.open("order-2", "alfamart").await);
    let message = |view: &PaymentView, sale: &str, seconds| {
        let mut message = scene.message(O::Payment, view.payment.code, sale, "alfamart");
        message.received_at = START.plus(Span::seconds(seconds));
        message
    };
    scene.send(message(&first, "S-1", 10)).await;
    scene.send(message(&second, "S-2", 7)).await;
    let entries = scene.gateway.read(|reader| reader.entries_after(0, 99)).await.unwrap();
    let dates: Vec<_> = entries.iter().map(|row| row.at.since(START).as_millis()).collect();
    assert_eq!(dates, [10_000; 4]);
    for (seconds, held) in [(9, 0), (10, 100_000)] {
        let at = START.plus(Span::seconds(seconds));
        let then = scene.gateway.balances_at(ACCOUNT, at).await.unwrap();
        assert_eq!(shown(then), (held, 0));
    }
    scene.assert_clean().await;
}

#[tokio::test]
async fn balances_are_written_down_after_many_entries() {
    let scene = Scene::new();
    assert_eq!(scene.gateway.write_balances_down().await.unwrap(), 0);
    // Each payment posts one entry to its merchant.
    let count = SNAPSHOT_ENTRIES;
    scene.paid(count).await;
    let then = scene.now();
    assert_eq!(scene.gateway.write_balances_down().await.unwrap(), 1);
    assert_eq!(scene.gateway.write_balances_down().await.unwrap(), 0, "nothing came since");
    scene.wait(60);
    scene.paid(1).await;
    let sum = 50_000 * i64::try_from(count).unwrap();
    assert_eq!(scene.held().await, (sum + 50_000, 0));
    assert_eq!(shown(scene.gateway.balances_at(ACCOUNT, then).await.unwrap()), (sum, 0));
    scene.assert_clean().await;
}
