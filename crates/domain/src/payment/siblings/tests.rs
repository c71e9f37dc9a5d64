//! Which payment of an order counts, and what the others mean to it.

use super::*;
use crate::{
    code::PaymentCode,
    ids::{AccountNo, OrderId, PaymentId, PaymentNo, SaleNo},
    money::{Fee, Rupiah},
    payment::{Announce, ExpiredBy, Hold, Taking},
    retailer::RetailerKey,
};

fn retailer() -> RetailerKey {
    RetailerKey::new("alfamart").unwrap()
}

fn taking() -> Taking {
    let at = Timestamp::from_millis(1);
    Taking {
        sale: SaleNo::new(7),
        retailer: retailer(),
        till_at: at,
        paid_at: at,
        business_date: at.business_date(),
        final_after: at,
        is_final: false,
    }
}

fn hold() -> Hold {
    let at = Timestamp::from_millis(1);
    Hold { sale: SaleNo::new(7), retailer: retailer(), till_at: at, until: at }
}

fn payment(no: i64, state: State) -> Payment {
    Payment {
        no: PaymentNo::new(no),
        id: PaymentId::from_bytes([1; 16]),
        account: AccountNo::new(3),
        order: OrderId::new("order-101").unwrap(),
        opened_for: retailer(),
        code: PaymentCode::new("8127740588870520").unwrap(),
        slot: None,
        lap: 0,
        amount: Rupiah::new(50_000).unwrap(),
        fee: Fee::NONE,
        opened_at: Timestamp::from_millis(0),
        expires_at: Timestamp::from_millis(9_000),
        announce: Announce::AtOnce,
        superseded: false,
        family: Some(PaymentNo::new(1)),
        state,
    }
}

#[test]
fn the_one_with_the_cash_counts_then_the_one_that_is_held_then_one_that_waits() {
    let at = Timestamp::from_millis(1);
    let closed = State::Expired(at, ExpiredBy::Deadline);
    let cases: [(&[State], i64); 6] = [
        (&[State::Pending, State::Pending], 1),
        (&[closed, State::Pending], 2),
        (&[State::Pending, State::Reserved(hold())], 2),
        (&[State::Cancelled(at), State::Paid(taking())], 2),
        (&[State::Cancelled(at), State::Reversed(taking(), at), State::Cancelled(at)], 2),
        (&[closed, closed], 1),
    ];
    for (states, want) in cases {
        let family: Vec<_> = (1..).zip(states).map(|(no, state)| payment(no, *state)).collect();
        assert_eq!(counting(&family).unwrap().no.get(), want, "{states:?}");
    }
    assert_eq!(counting([]), None);
}

#[test]
fn a_payment_is_not_its_own_sibling() {
    let at = Timestamp::from_millis(1);
    let of = |own: usize, states: &[State]| {
        let family: Vec<_> = (1..).zip(states).map(|(no, state)| payment(no, *state)).collect();
        Siblings::beside(&family[own], &family)
    };
    assert_eq!(of(0, &[State::Paid(taking()), State::Cancelled(at)]), Siblings::Idle);
    assert_eq!(of(1, &[State::Paid(taking()), State::Cancelled(at)]), Siblings::Paid);
    assert_eq!(of(1, &[State::Reversed(taking(), at), State::Pending]), Siblings::Paid);
    assert_eq!(of(1, &[State::Reserved(hold()), State::Pending]), Siblings::BeingPaid);
    assert_eq!(
        of(2, &[State::Paid(taking()), State::Reserved(hold()), State::Pending]),
        Siblings::Paid
    );
    assert_eq!(of(0, &[State::Reserved(hold()), State::Pending]), Siblings::Idle);
}
