//! What a command does to a payment.

use super::{
    Change, Command, Decision, ExpiredBy, Found, Hold, Offer, Payment, Refusal, ReversalRefused,
    State, Take, Taking, Unapplied,
};
use crate::{
    event::EventKind,
    ledger::{self, Entry},
    money::Rupiah,
    retailer::{AdviceCreates, LateCommit, Pause},
    time::{Span, Timestamp},
};

/// How long after the deadline an expiry is committed, so that what a counter sent in time and the
/// network delayed still finds its payment (rule 9).
pub const EXPIRY_SLACK: Span = Span::seconds(10);

/// Decides what `command` does to `payment` at `now`.
///
/// `now` is when the command's last byte was received (rule 9). Refusals come first, in the order of
/// the code; what comes after them cannot fail.
pub fn decide(
    payment: &Payment,
    command: Command<'_>,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    match command {
        Command::Inquire(take) => {
            payable(payment, &take, None, now)?;
            within_limits(&take, payment.total(), None)?;
            Ok(Decision::Replay)
        }
        Command::Pay(offer) => pay(payment, &offer, now),
        Command::Advise(offer) => Ok(advise(payment, &offer, now)),
        Command::Commit(take) => commit(payment, &take, now),
        Command::Reverse { take, amount } => reverse(payment, &take, amount, now),
        Command::Release { grace } => release(payment, grace, now),
        Command::Cancel => cancel(payment, now),
        Command::Expire => expire(payment, now),
        Command::ExpireByDeadline { grace } => expire_by_deadline(payment, grace, now),
        Command::Finalize => finalize(payment, now),
        Command::Settle => settle(payment, EventKind::Settled),
        // It is the same money, moved once; what comes later finds it settled.
        Command::Advance => settle(payment, EventKind::Advanced),
        Command::ClawBack => claw_back(payment, now),
        Command::Match(found) => match_cash(payment, &found, now),
    }
}

fn changed(state: State, event: EventKind, entries: Vec<Entry>) -> Decision {
    Decision::Change(Change { state, event, entries })
}

/// Whether a counter may take cash for this payment now.
fn payable(
    payment: &Payment,
    take: &Take<'_>,
    inquired_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let retailer = take.retailer;
    if retailer.network != take.network {
        return Err(Refusal::NotPayableHere { retailer: retailer.key });
    }
    match payment.state {
        State::Opening => return Err(Refusal::UnknownCode),
        State::Pending => {}
        State::Reserved(_) => return Err(Refusal::BeingPaid),
        State::Paid(_) | State::Settled(_) | State::ClawedBack(..) => {
            return Err(Refusal::AlreadyPaid);
        }
        State::Reversed(..) => return Err(Refusal::PaymentReversed),
        State::Cancelled(_) => return Err(Refusal::Cancelled),
        State::Expired(..) => return Err(Refusal::Expired),
    }
    if retailer.contract.pause == Some(Pause::Inquiry) {
        return Err(Refusal::NotPayableHere { retailer: retailer.key });
    }
    let in_grace = inquired_at.is_some_and(|inquired_at| inquired_at < payment.expires_at)
        && now < payment.expires_at.plus(retailer.contract.grace);
    if now >= payment.expires_at && !in_grace {
        return Err(Refusal::Expired);
    }
    Ok(())
}

/// Limits are checked on what the payer hands over and on who takes it.
fn within_limits(take: &Take<'_>, total: Rupiah, cash: Option<Rupiah>) -> Result<(), Refusal> {
    let retailer = take.retailer;
    if total > retailer.amount_max {
        return Err(Refusal::OverLimit { limit: retailer.amount_max });
    }
    if total < retailer.amount_min {
        return Err(Refusal::UnderLimit { limit: retailer.amount_min });
    }
    match (retailer.cash_max, cash) {
        (Some(limit), Some(cash)) if cash > limit => Err(Refusal::OverLimit { limit }),
        (Some(_) | None, _) => Ok(()),
    }
}

fn pay(payment: &Payment, offer: &Offer<'_>, now: Timestamp) -> Result<Decision, Refusal> {
    let take = &offer.take;
    if let State::Reserved(hold) = payment.state
        && hold.sale == take.sale
    {
        return Ok(Decision::Replay);
    }
    if let State::Paid(taking) | State::Settled(taking) = payment.state
        && taking.sale == take.sale
    {
        return Ok(Decision::Replay);
    }
    payable(payment, take, offer.inquired_at, now)?;
    if take.retailer.contract.requires_inquiry && offer.inquired_at.is_none() {
        return Err(Refusal::NeedsInquiry);
    }
    if offer.tendered != payment.total() {
        return Err(Refusal::WrongAmount { owed: payment.total(), offered: offer.tendered });
    }
    within_limits(take, offer.tendered, offer.cash)?;

    if take.retailer.contract.two_step {
        let hold = Hold {
            sale: take.sale,
            retailer: take.retailer.key,
            till_at: take.till_at,
            until: now.plus(take.retailer.contract.reserve_timeout),
        };
        return Ok(changed(State::Reserved(hold), EventKind::Reserved, Vec::new()));
    }
    Ok(book(payment, take, take.till_at, now))
}

/// The cash is there and fits.
fn book(payment: &Payment, take: &Take<'_>, till_at: Timestamp, now: Timestamp) -> Decision {
    let contract = &take.retailer.contract;
    let taking = Taking {
        sale: take.sale,
        retailer: take.retailer.key,
        till_at,
        paid_at: now,
        business_date: ledger::business_date(contract, till_at, now),
        final_after: now.plus(contract.reversal_window).plus(contract.transport_max),
        is_final: false,
    };
    changed(State::Paid(taking), EventKind::Paid, ledger::paid(payment, &taking))
}

/// The till has the cash, whatever we think of it: pay what can be paid, book the rest (rules 3
/// and 10).
fn advise(payment: &Payment, offer: &Offer<'_>, now: Timestamp) -> Decision {
    let take = &offer.take;
    let why = match payment.state {
        _ if offer.tendered != payment.total() => {
            Refusal::WrongAmount { owed: payment.total(), offered: offer.tendered }
        }
        // A committed state beats a comparison of times (rule 9): still pending is still payable.
        State::Pending => return book(payment, take, take.till_at, now),
        State::Expired(..) if offer.late_accepted && !payment.superseded => {
            return book(payment, take, take.till_at, now);
        }
        State::Reserved(hold) if hold.sale == take.sale => return Decision::Replay,
        State::Paid(taking) | State::Settled(taking) if taking.sale == take.sale => {
            return Decision::Replay;
        }
        State::Opening => Refusal::UnknownCode,
        State::Reserved(_) => Refusal::BeingPaid,
        State::Paid(_) | State::Settled(_) | State::ClawedBack(..) => Refusal::AlreadyPaid,
        State::Reversed(..) => Refusal::PaymentReversed,
        State::Cancelled(_) => Refusal::Cancelled,
        State::Expired(..) => Refusal::Expired,
    };
    unapplied(take, offer.tendered, why, now)
}

/// Books cash that fits no payment.
pub(super) fn unapplied(take: &Take<'_>, cash: Rupiah, why: Refusal, now: Timestamp) -> Decision {
    let business_date = ledger::business_date(&take.retailer.contract, take.till_at, now);
    let entries = ledger::unapplied(take.retailer.key, business_date, cash);
    Decision::Unapplied(Unapplied { business_date, why, entries })
}

/// Cash that an advice brought for a code nobody knows.
///
/// Refused unless the contract says that such an advice creates.
pub fn advise_unknown(take: &Take<'_>, cash: Rupiah, now: Timestamp) -> Result<Decision, Refusal> {
    match take.retailer.contract.advice_creates {
        AdviceCreates::Always => Ok(unapplied(take, cash, Refusal::UnknownCode, now)),
        AdviceCreates::Never | AdviceCreates::Inquired => Err(Refusal::UnknownCode),
    }
}

fn commit(payment: &Payment, take: &Take<'_>, now: Timestamp) -> Result<Decision, Refusal> {
    let why = match payment.state {
        State::Reserved(hold) if hold.sale == take.sale => {
            return Ok(book(payment, take, hold.till_at, now));
        }
        State::Paid(taking) | State::Settled(taking) if taking.sale == take.sale => {
            return Ok(Decision::Replay);
        }
        // Late, but nothing came between (rule 5).
        State::Pending | State::Expired(_, ExpiredBy::Deadline) => {
            return Ok(book(payment, take, take.till_at, now));
        }
        State::Opening => Refusal::UnknownCode,
        State::Reserved(_) => Refusal::BeingPaid,
        State::Paid(_) | State::Settled(_) | State::ClawedBack(..) => Refusal::AlreadyPaid,
        State::Reversed(..) => Refusal::PaymentReversed,
        State::Cancelled(_) => Refusal::Cancelled,
        State::Expired(_, ExpiredBy::Merchant) => Refusal::Expired,
    };
    match take.retailer.contract.late_commit {
        LateCommit::Approve => Ok(unapplied(take, payment.total(), why, now)),
        LateCommit::Refuse => Err(why),
    }
}

fn reverse(
    payment: &Payment,
    take: &Take<'_>,
    amount: Rupiah,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let refused = |why| Err(Refusal::ReversalRefused(why));
    let taking = match payment.state {
        State::Reserved(hold) if hold.sale == take.sale => {
            return Ok(changed(State::Pending, EventKind::Released, Vec::new()));
        }
        State::Reversed(taking, _) if taking.sale == take.sale => return Ok(Decision::Replay),
        State::Paid(taking) if taking.sale == take.sale && !taking.is_final => taking,
        State::Paid(taking) | State::Settled(taking) | State::ClawedBack(taking, _)
            if taking.sale == take.sale =>
        {
            return refused(ReversalRefused::Final);
        }
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Paid(_)
        | State::Settled(_)
        | State::ClawedBack(..)
        | State::Reversed(..)
        | State::Cancelled(_)
        | State::Expired(..) => return refused(ReversalRefused::OtherSale),
    };
    if amount != payment.total() {
        return Err(Refusal::WrongAmount { owed: payment.total(), offered: amount });
    }
    if !window_is_open(take, &taking, now) {
        return refused(ReversalRefused::WindowClosed);
    }
    let entries = ledger::reversed(payment, &taking);
    Ok(if payment.holds_back(&taking) {
        // No merchant was told that it was paid, so it may be paid again.
        changed(State::Pending, EventKind::Reopened, entries)
    } else {
        changed(State::Reversed(taking, now), EventKind::Reversed, entries)
    })
}

/// Both clocks must agree that it is early enough (rule 7).
fn window_is_open(take: &Take<'_>, taking: &Taking, now: Timestamp) -> bool {
    let window = take.retailer.contract.reversal_window;
    !window.is_zero() && take.till_at.since(taking.till_at) <= window && now <= taking.final_after
}

fn release(payment: &Payment, grace: Span, now: Timestamp) -> Result<Decision, Refusal> {
    match payment.state {
        State::Reserved(hold) if now < hold.until => Err(Refusal::TooEarly),
        State::Reserved(_) if now < payment.expires_at.plus(grace) => {
            Ok(changed(State::Pending, EventKind::Released, Vec::new()))
        }
        State::Reserved(_) => {
            Ok(changed(State::Expired(now, ExpiredBy::Deadline), EventKind::Expired, Vec::new()))
        }
        State::Opening
        | State::Pending
        | State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => Err(Refusal::NotReserved),
    }
}

fn cancel(payment: &Payment, now: Timestamp) -> Result<Decision, Refusal> {
    match payment.state {
        State::Pending | State::Opening => {
            Ok(changed(State::Cancelled(now), EventKind::Cancelled, Vec::new()))
        }
        State::Cancelled(_) => Ok(Decision::Replay),
        State::Reserved(_) => Err(Refusal::BeingPaid),
        State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Expired(..) => Err(Refusal::NotPending),
    }
}

fn expire(payment: &Payment, now: Timestamp) -> Result<Decision, Refusal> {
    match payment.state {
        State::Pending | State::Opening => {
            Ok(changed(State::Expired(now, ExpiredBy::Merchant), EventKind::Expired, Vec::new()))
        }
        State::Expired(..) => Ok(Decision::Replay),
        State::Reserved(_) => Err(Refusal::BeingPaid),
        State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_) => Err(Refusal::NotPending),
    }
}

fn expire_by_deadline(payment: &Payment, grace: Span, now: Timestamp) -> Result<Decision, Refusal> {
    let wait = if grace.is_zero() { EXPIRY_SLACK } else { grace.max(EXPIRY_SLACK) };
    match payment.state {
        State::Pending | State::Opening if now < payment.expires_at.plus(wait) => {
            Err(Refusal::TooEarly)
        }
        State::Pending | State::Opening => {
            Ok(changed(State::Expired(now, ExpiredBy::Deadline), EventKind::Expired, Vec::new()))
        }
        State::Expired(..) => Ok(Decision::Replay),
        // The sweep skips what is being paid (rule 5).
        State::Reserved(_) => Err(Refusal::BeingPaid),
        State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_) => Err(Refusal::NotPending),
    }
}

fn finalize(payment: &Payment, now: Timestamp) -> Result<Decision, Refusal> {
    match payment.state {
        State::Paid(taking) if taking.is_final => Ok(Decision::Replay),
        // The last moment of the window still belongs to the reversal.
        State::Paid(taking) if now <= taking.final_after => Err(Refusal::TooEarly),
        State::Paid(taking) => Ok(changed(
            State::Paid(Taking { is_final: true, ..taking }),
            EventKind::Final,
            ledger::finalized(payment),
        )),
        State::Settled(_) => Ok(Decision::Replay),
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => Err(Refusal::NotPaid),
    }
}

fn settle(payment: &Payment, event: EventKind) -> Result<Decision, Refusal> {
    match payment.state {
        State::Paid(taking) if !taking.is_final => Err(Refusal::TooEarly),
        State::Paid(taking) => Ok(changed(State::Settled(taking), event, ledger::settled(payment))),
        State::Settled(_) => Ok(Decision::Replay),
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => Err(Refusal::NotPaid),
    }
}

fn claw_back(payment: &Payment, now: Timestamp) -> Result<Decision, Refusal> {
    let (taking, from) = match payment.state {
        State::Paid(taking) if !taking.is_final => return Err(Refusal::TooEarly),
        State::Paid(taking) => (taking, ledger::LedgerAccount::MerchantPending(payment.account)),
        State::Settled(taking) => (taking, ledger::LedgerAccount::MerchantActive(payment.account)),
        State::ClawedBack(..) => return Ok(Decision::Replay),
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Reversed(..)
        | State::Cancelled(_)
        | State::Expired(..) => return Err(Refusal::NotPaid),
    };
    let entries = ledger::clawed_back(payment, &taking, from);
    Ok(changed(State::ClawedBack(taking, now), EventKind::ClawedBack, entries))
}

/// Puts unapplied cash to a payment that waits, or whose time was over, whoever ended it.
fn match_cash(payment: &Payment, found: &Found, now: Timestamp) -> Result<Decision, Refusal> {
    match payment.state {
        State::Pending => {}
        // Under an order id that is another payment's by now nobody can be told (rule 10).
        State::Expired(..) if !payment.superseded => {}
        State::Expired(..) => return Err(Refusal::Expired),
        State::Opening => return Err(Refusal::UnknownCode),
        State::Reserved(_) => return Err(Refusal::BeingPaid),
        State::Paid(taking) | State::Settled(taking) if taking.sale == found.sale => {
            return Ok(Decision::Replay);
        }
        State::Paid(_) | State::Settled(_) | State::ClawedBack(..) => {
            return Err(Refusal::AlreadyPaid);
        }
        State::Reversed(..) => return Err(Refusal::PaymentReversed),
        State::Cancelled(_) => return Err(Refusal::Cancelled),
    }
    if found.cash != payment.total() {
        return Err(Refusal::WrongAmount { owed: payment.total(), offered: found.cash });
    }
    let taking = Taking {
        sale: found.sale,
        retailer: found.retailer,
        till_at: found.till_at,
        paid_at: now,
        business_date: found.business_date,
        final_after: found.final_after,
        is_final: false,
    };
    let entries = ledger::matched(payment, &taking);
    Ok(changed(State::Paid(taking), EventKind::UnappliedMatched, entries))
}
