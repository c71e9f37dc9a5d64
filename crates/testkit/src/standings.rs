//! Where a payment can stand, in the words of rule 27.

use domain::{
    payment::{ExpiredBy, Hold, State, Taking},
    time::{Span, Timestamp},
};

/// The state of a payment that stands as `standing` says: a state's name, or one of the words `in
/// grace`, `held`, `final` and `paid late`. What comes after a taking comes three minutes after it.
///
/// # Panics
///
/// At any other word.
pub fn state(standing: &str, taking: Taking, expires_at: Timestamp) -> State {
    let later = taking.paid_at.plus(Span::minutes(3));
    match standing {
        "opening" => State::Opening,
        "pending" | "in grace" => State::Pending,
        "reserved" => State::Reserved(Hold {
            sale: taking.sale,
            retailer: taking.retailer,
            till_at: taking.till_at,
            until: later,
        }),
        "paid" | "held" | "final" | "paid late" => State::Paid(taking),
        "settled" => State::Settled(taking),
        "reversed" => State::Reversed(taking, later),
        "clawed_back" => State::ClawedBack(taking, later),
        "cancelled" => State::Cancelled(later),
        "expired" => State::Expired(expires_at.plus(Span::seconds(10)), ExpiredBy::Deadline),
        other => unreachable!("no payment stands as {other}"),
    }
}
