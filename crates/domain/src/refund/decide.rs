//! What a command does to a refund code.

use super::{
    ClosedBy, PayOut, RefundChange, RefundCode, RefundCommand, RefundDecision, RefundRefusal,
    RefundState,
};
use crate::{
    event::EventKind,
    ids::SaleNo,
    ledger::{self, Entry},
    money::Rupiah,
    payment::{EXPIRY_SLACK, Refusal, ReversalRefused, Take},
    retailer::Pause,
    time::Timestamp,
};

/// Decides what `command` does to `code` at `now`, which is when the command's last byte was received
/// (rule 9). Refusals come first, in the order of the code; what comes after them cannot fail.
pub fn decide(
    code: &RefundCode,
    command: RefundCommand<'_>,
    now: Timestamp,
) -> Result<RefundDecision, Refusal> {
    match command {
        RefundCommand::Inquire(take) => {
            redeemable(code, &take, now)?;
            within_limits(code, &take)?;
            Ok(RefundDecision::Replay)
        }
        RefundCommand::PayOut { take, amount, pin_fits } => {
            reserve(code, &take, amount, pin_fits, now)
        }
        RefundCommand::Commit { sale } => commit(code, sale, now),
        RefundCommand::Reverse { sale } => reverse(code, sale),
        RefundCommand::GiveUp => match code.state {
            RefundState::Reserved(pay_out) if now < pay_out.until => Err(Refusal::TooEarly),
            RefundState::Reserved(pay_out) => {
                let suspect = RefundState::Suspect(Some(pay_out));
                Ok(changed(code, suspect, EventKind::RefundSuspect, Vec::new()))
            }
            RefundState::Open
            | RefundState::Suspect(_)
            | RefundState::Paid(..)
            | RefundState::Closed(..) => Err(Refusal::NotReserved),
        },
        RefundCommand::Doubt => match code.state {
            RefundState::Open | RefundState::Reserved(_) => {
                let suspect = RefundState::Suspect(code.state.pay_out().copied());
                Ok(changed(code, suspect, EventKind::RefundSuspect, Vec::new()))
            }
            RefundState::Suspect(_) => Ok(RefundDecision::Replay),
            RefundState::Paid(..) | RefundState::Closed(..) => Err(Refusal::NotPending),
        },
        RefundCommand::Expire => match code.state {
            RefundState::Open if now < code.expires_at.plus(EXPIRY_SLACK) => Err(Refusal::TooEarly),
            RefundState::Open => Ok(closed(code, ClosedBy::Deadline, now)),
            RefundState::Reserved(_)
            | RefundState::Suspect(_)
            | RefundState::Paid(..)
            | RefundState::Closed(..) => Err(Refusal::NotPending),
        },
        RefundCommand::Confirm => match code.state {
            RefundState::Suspect(Some(pay_out)) => Ok(paid(code, pay_out, now)),
            // Nobody knows whose counter it was: what it owes less for which day cannot be booked.
            RefundState::Suspect(None)
            | RefundState::Open
            | RefundState::Reserved(_)
            | RefundState::Paid(..)
            | RefundState::Closed(..) => Err(Refusal::NotReserved),
        },
        RefundCommand::Release => match code.state {
            RefundState::Open | RefundState::Suspect(_) => {
                Ok(closed(code, ClosedBy::Operator, now))
            }
            // Its commit may be on its way.
            RefundState::Reserved(_) => Err(Refusal::BeingPaid),
            RefundState::Paid(..) => Err(Refusal::AlreadyPaid),
            RefundState::Closed(..) => Err(Refusal::NotPending),
        },
    }
}

fn changed(
    code: &RefundCode,
    state: RefundState,
    event: EventKind,
    entries: Vec<Entry>,
) -> RefundDecision {
    let tries_left = code.tries_left;
    RefundDecision::Change(RefundChange { state, tries_left, event, entries, told: Ok(()) })
}

/// The cash waits again where it waited before.
fn closed(code: &RefundCode, by: ClosedBy, now: Timestamp) -> RefundDecision {
    let entries = ledger::refund_returned(code.taken_by, code.amount);
    changed(code, RefundState::Closed(now, by), EventKind::RefundReturned, entries)
}

/// The chain paid cash out on our behalf, and owes that much less.
fn paid(code: &RefundCode, pay_out: PayOut, now: Timestamp) -> RefundDecision {
    let entries = ledger::refund_paid(pay_out.retailer, pay_out.business_date, code.amount);
    changed(code, RefundState::Paid(pay_out, now), EventKind::RefundPaid, entries)
}

/// Whether nothing has happened to the code that keeps it from being paid out.
fn is_open(code: &RefundCode) -> Result<(), Refusal> {
    match code.state {
        RefundState::Open => Ok(()),
        RefundState::Reserved(_) => Err(Refusal::BeingPaid),
        RefundState::Suspect(_) => Err(Refusal::Refund(RefundRefusal::Unconfirmed)),
        RefundState::Paid(..) => Err(Refusal::AlreadyPaid),
        RefundState::Closed(_, ClosedBy::Deadline) => Err(Refusal::Expired),
        RefundState::Closed(_, ClosedBy::WrongPins) => Err(Refusal::Refund(RefundRefusal::Blocked)),
        RefundState::Closed(_, ClosedBy::Operator) => Err(Refusal::Cancelled),
    }
}

/// Whether a sale that reserved the code still holds it, so that what it was told still stands. From
/// the moment its commit is overdue it does not: nobody is told twice to hand the cash over.
pub fn holds(code: &RefundCode, sale: SaleNo) -> Result<(), Refusal> {
    match code.state {
        RefundState::Reserved(pay_out) if pay_out.sale == sale => Ok(()),
        RefundState::Open => Err(Refusal::UnknownSale),
        RefundState::Reserved(_)
        | RefundState::Suspect(_)
        | RefundState::Paid(..)
        | RefundState::Closed(..) => is_open(code),
    }
}

/// Whether a counter may pay this out now.
fn redeemable(code: &RefundCode, take: &Take<'_>, now: Timestamp) -> Result<(), Refusal> {
    let retailer = take.retailer;
    if retailer.network != code.network {
        return Err(Refusal::NotPayableHere { retailer: retailer.key });
    }
    is_open(code)?;
    if retailer.contract.pause == Some(Pause::Inquiry) {
        return Err(Refusal::NotPayableHere { retailer: retailer.key });
    }
    if now >= code.expires_at {
        return Err(Refusal::Expired);
    }
    Ok(())
}

/// What a till may hand over is limited as what it may take.
fn within_limits(code: &RefundCode, take: &Take<'_>) -> Result<(), Refusal> {
    let retailer = take.retailer;
    let most = retailer.cash_max.map_or(retailer.amount_max, |cash| cash.min(retailer.amount_max));
    if code.amount > most {
        return Err(Refusal::OverLimit { limit: most });
    }
    if code.amount < retailer.amount_min {
        return Err(Refusal::UnderLimit { limit: retailer.amount_min });
    }
    Ok(())
}

/// The PIN is looked at last: nothing else that is wrong costs a try, or says whether it was right.
fn reserve(
    code: &RefundCode,
    take: &Take<'_>,
    amount: Rupiah,
    pin_fits: bool,
    now: Timestamp,
) -> Result<RefundDecision, Refusal> {
    if holds(code, take.sale).is_ok() {
        return Ok(RefundDecision::Replay);
    }
    redeemable(code, take, now)?;
    if amount != code.amount {
        return Err(Refusal::WrongAmount { owed: code.amount, offered: amount });
    }
    within_limits(code, take)?;
    if !pin_fits {
        return Ok(wrong_pin(code, now));
    }
    let contract = &take.retailer.contract;
    let pay_out = PayOut {
        sale: take.sale,
        retailer: take.retailer.key,
        till_at: take.till_at,
        business_date: ledger::business_date(contract, take.till_at, now),
        until: now.plus(contract.reserve_timeout),
    };
    Ok(changed(code, RefundState::Reserved(pay_out), EventKind::RefundReserved, Vec::new()))
}

fn wrong_pin(code: &RefundCode, now: Timestamp) -> RefundDecision {
    let tries_left = code.tries_left.saturating_sub(1);
    let is_last = tries_left == 0;
    let told =
        if is_last { RefundRefusal::Blocked } else { RefundRefusal::WrongPin { tries_left } };
    let (state, event, entries) = if is_last {
        let entries = ledger::refund_returned(code.taken_by, code.amount);
        (RefundState::Closed(now, ClosedBy::WrongPins), EventKind::RefundReturned, entries)
    } else {
        (RefundState::Open, EventKind::RefundPinWrong, Vec::new())
    };
    let told = Err(Refusal::Refund(told));
    RefundDecision::Change(RefundChange { state, tries_left, event, entries, told })
}

/// A late commit of the very sale that is suspect is the word that was missing.
fn commit(code: &RefundCode, sale: SaleNo, now: Timestamp) -> Result<RefundDecision, Refusal> {
    match code.state {
        RefundState::Reserved(pay_out) | RefundState::Suspect(Some(pay_out))
            if pay_out.sale == sale =>
        {
            Ok(paid(code, pay_out, now))
        }
        RefundState::Paid(pay_out, _) if pay_out.sale == sale => Ok(RefundDecision::Replay),
        RefundState::Open => Err(Refusal::UnknownSale),
        RefundState::Reserved(_)
        | RefundState::Suspect(_)
        | RefundState::Paid(..)
        | RefundState::Closed(..) => is_open(code).map(|()| RefundDecision::Replay),
    }
}

/// In time it is as if nothing had been asked. Later the till may have said two things, and persons
/// decide which is true.
fn reverse(code: &RefundCode, sale: SaleNo) -> Result<RefundDecision, Refusal> {
    let refused = |why| Err(Refusal::ReversalRefused(why));
    match code.state {
        RefundState::Reserved(pay_out) if pay_out.sale == sale => {
            Ok(changed(code, RefundState::Open, EventKind::RefundUnreserved, Vec::new()))
        }
        RefundState::Suspect(Some(pay_out)) if pay_out.sale == sale => {
            refused(ReversalRefused::WindowClosed)
        }
        RefundState::Paid(pay_out, _) if pay_out.sale == sale => refused(ReversalRefused::Final),
        RefundState::Open
        | RefundState::Reserved(_)
        | RefundState::Suspect(_)
        | RefundState::Paid(..)
        | RefundState::Closed(..) => refused(ReversalRefused::OtherSale),
    }
}
