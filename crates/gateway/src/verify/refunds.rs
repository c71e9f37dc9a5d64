//! Refund codes (rule 35): each row is as we wrote it, its history can have happened and ends in it,
//! and its cash and its pay-out say the same.

use std::collections::BTreeMap;

use domain::{
    event::EventKind,
    ids::{EventNo, SaleNo},
    ledger::{self, Entry},
    refund::{ClosedBy, RefundState, TRIES_MAX},
    sale::SaleState,
    time::Timestamp,
};
use storage::{RefundRow, StorageError, UnappliedState, sqlite::Reader};

use super::{
    Keys,
    found::{Part, readable},
};

/// An event about a refund code, as the chain has it.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) event: EventNo,
    pub(super) kind: EventKind,
    pub(super) at: Timestamp,
    pub(super) entries: Vec<Entry>,
}

/// Compares the codes with the events that were gathered, their cash and their pay-outs.
pub(super) fn check(reader: &Reader, keys: &Keys, part: &mut Part) -> Result<(), StorageError> {
    let mut histories = histories(std::mem::take(&mut part.refunds));
    let mut rows = Vec::new();
    let mut last = 0;
    reader.walk_refunds(&mut |row| {
        let no = match row {
            Ok(row) => {
                let no = row.no;
                rows.push(row);
                no
            }
            Err(corrupt) => {
                let no = corrupt.row.parse().unwrap_or(last + 1);
                part.findings.corrupt(corrupt);
                no
            }
        };
        part.findings.gap("refund_code", last, no);
        last = no;
    })?;
    let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
    for row in &rows {
        newest.insert(row.cash, row.no);
    }
    for row in &rows {
        let place = format!("refund_code {}", row.no);
        if keys.chain.refund(row) != row.digest {
            part.findings.find(&place, "its row was changed");
        }
        let history = histories.get_mut(&row.cash_sale).and_then(Vec::pop).unwrap_or_default();
        if let Some(wrong) = replay(row, &history) {
            part.findings.find(&place, wrong);
        }
        let is_newest = newest.get(&row.cash) == Some(&row.no);
        if let Some(wrong) = cash_differs(reader, row, is_newest)? {
            part.findings.find(&place, wrong);
        }
        if let Some(wrong) = pay_out_differs(reader, row)? {
            part.findings.find(&place, wrong);
        }
        part.books.refund(row);
    }
    for (sale, left) in histories {
        for history in left {
            let Some(first) = history.first() else { continue };
            let what = format!("its refund code is missing: event {} tells of it", first.event);
            part.findings.find(format!("sale {sale}"), what);
        }
    }
    Ok(())
}

/// The history of each code of each cash, the newest first, so that the oldest is taken first.
fn histories(mut told: Vec<(SaleNo, Told)>) -> BTreeMap<SaleNo, Vec<Vec<Told>>> {
    told.sort_unstable_by_key(|(_, told)| told.event);
    let mut histories: BTreeMap<SaleNo, Vec<Vec<Told>>> = BTreeMap::new();
    for (sale, told) in told {
        let of_cash = histories.entry(sale).or_default();
        match of_cash.last_mut() {
            Some(history) if told.kind != EventKind::RefundIssued => history.push(told),
            Some(_) | None => of_cash.push(vec![told]),
        }
    }
    for of_cash in histories.values_mut() {
        of_cash.reverse();
    }
    histories
}

/// Follows a code's events to the state it says it is in.
fn replay(row: &RefundRow, history: &[Told]) -> Option<String> {
    use EventKind as E;
    let (amount, taken_by) = (row.refund.amount, row.refund.taken_by);
    let mut state = None;
    let mut tries_left = TRIES_MAX;
    for told in history {
        let (next, posted) = match (state, told.kind) {
            (None, E::RefundIssued) => ("open", ledger::refund_issued(taken_by, amount)),
            (Some("open"), E::RefundPinWrong) => {
                tries_left = tries_left.saturating_sub(1);
                ("open", Vec::new())
            }
            (Some("open"), E::RefundReserved) => ("reserved", Vec::new()),
            (Some("reserved"), E::RefundUnreserved) => ("open", Vec::new()),
            // An open one where a restore lost what counters did.
            (Some("open" | "reserved"), E::RefundSuspect) => ("suspect", Vec::new()),
            (Some("reserved" | "suspect"), E::RefundPaid) => {
                let Some(pay_out) = row.refund.state.pay_out() else {
                    return Some(format!(
                        "event {} paid it out, and it says otherwise",
                        told.event
                    ));
                };
                let (retailer, date) = (pay_out.retailer, pay_out.business_date);
                ("paid", ledger::refund_paid(retailer, date, amount))
            }
            (Some("open" | "suspect"), E::RefundReturned) => {
                ("closed", ledger::refund_returned(taken_by, amount))
            }
            (before, kind) => {
                let (before, no) = (before.unwrap_or("nothing"), told.event);
                return Some(format!("event {no} cannot be: {} after {before}", kind.name()));
            }
        };
        if told.entries != posted {
            return Some(format!("event {} posted something else than it says", told.event));
        }
        state = Some(next);
    }
    let (Some(state), Some(first), Some(last)) = (state, history.first(), history.last()) else {
        return Some("no event tells of it".to_owned());
    };
    let is = match row.refund.state {
        RefundState::Closed(..) => "closed",
        RefundState::Open
        | RefundState::Reserved(_)
        | RefundState::Suspect(_)
        | RefundState::Paid(..) => row.refund.state.name(),
    };
    let ended_at = match row.refund.state {
        RefundState::Paid(_, at) | RefundState::Closed(at, _) => at,
        RefundState::Open | RefundState::Reserved(_) | RefundState::Suspect(_) => last.at,
    };
    if matches!(row.refund.state, RefundState::Closed(_, ClosedBy::WrongPins)) {
        tries_left = tries_left.saturating_sub(1);
    }
    if state != is {
        Some(format!("it is {is}, but its events end in {state}"))
    } else if tries_left != row.refund.tries_left {
        Some(format!("it has {} tries left, by its events {tries_left}", row.refund.tries_left))
    } else if first.at != row.issued_at || last.at != ended_at {
        Some("its instants are not those of its events".to_owned())
    } else {
        None
    }
}

/// What is wrong with the cash of a code.
fn cash_differs(
    reader: &Reader,
    row: &RefundRow,
    is_newest: bool,
) -> Result<Option<&'static str>, StorageError> {
    let Some(cash) = readable(reader.unapplied_by_no(row.cash))? else { return Ok(None) };
    let Some(cash) = cash else { return Ok(Some("its cash is missing")) };
    let is_same = cash.sale == row.cash_sale
        && cash.amount == row.refund.amount
        && cash.retailer == row.refund.taken_by;
    if !is_same {
        return Ok(Some("its cash is another"));
    }
    if !is_newest {
        return Ok(row.refund.state.is_owed().then_some("a later code is out for the same cash"));
    }
    let fits = match row.refund.state {
        RefundState::Open | RefundState::Reserved(_) | RefundState::Suspect(_) => {
            cash.state == UnappliedState::Promised
        }
        RefundState::Paid(..) => cash.state == UnappliedState::PaidOut,
        RefundState::Closed(..) => {
            !matches!(cash.state, UnappliedState::Promised | UnappliedState::PaidOut)
        }
    };
    Ok((!fits).then_some("its cash says otherwise"))
}

/// What is wrong with the sale under which a code is or was paid out.
fn pay_out_differs(reader: &Reader, row: &RefundRow) -> Result<Option<&'static str>, StorageError> {
    let Some(pay_out) = row.refund.state.pay_out() else { return Ok(None) };
    let Some(sale) = readable(reader.sale_by_no(pay_out.sale))? else { return Ok(None) };
    let Some(sale) = sale else { return Ok(Some("the sale that paid it out is missing")) };
    let sale = sale.sale;
    let is_same = sale.code == row.code
        && sale.amount == row.refund.amount
        && sale.retailer == pay_out.retailer
        && sale.payment.is_none();
    let stands = match sale.state {
        SaleState::Reserved => true,
        SaleState::Booked => matches!(row.refund.state, RefundState::Paid(..)),
        SaleState::Refused
        | SaleState::Unapplied
        | SaleState::Released
        | SaleState::Reversed
        | SaleState::Tombstone => false,
    };
    Ok((!(is_same && stands)).then_some("the sale that paid it out says otherwise"))
}
