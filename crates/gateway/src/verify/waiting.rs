//! What waits for an operator: cash that fits nowhere, and refused reversals. Each row is what an event
//! tells of, and each event has its row.

use std::collections::{BTreeMap, HashMap};

use domain::{event::EventKind, ids::SaleNo, ledger};
use storage::{
    DisputeRow, DisputeState, StorageError, UnappliedRow, UnappliedState, sqlite::Reader,
};

use super::{
    Keys,
    found::{Cash, Part, readable},
    sales,
};

/// Compares these rows with the events that were gathered.
pub(super) fn check(reader: &Reader, keys: &Keys, part: &mut Part) -> Result<(), StorageError> {
    let mut moved = std::mem::take(&mut part.moved);
    moved.sort_unstable_by_key(|(_, event, _)| *event);
    let mut kinds: Moved = HashMap::new();
    for (sale, _, kind) in moved {
        kinds.entry(sale).or_default().push(kind);
    }
    unapplied(reader, keys, &kinds, part)?;
    disputes(reader, &kinds, part)
}

/// What happened later to the cash of a sale, in order.
type Moved = HashMap<SaleNo, Vec<EventKind>>;

/// What became of unapplied cash, by its events.
fn unapplied_state(moved: &Moved, sale: SaleNo) -> UnappliedState {
    let mut states = moved.get(&sale).into_iter().flatten().filter_map(|kind| match kind {
        EventKind::UnappliedMatched => Some(UnappliedState::Matched),
        EventKind::UnappliedRefunded => Some(UnappliedState::Refunded),
        EventKind::RefundIssued => Some(UnappliedState::Promised),
        EventKind::RefundPaid => Some(UnappliedState::PaidOut),
        EventKind::RefundReturned => Some(UnappliedState::Open),
        // A till may take it back from the payment that it was put to, too.
        EventKind::UnappliedReversed | EventKind::Reversed | EventKind::Reopened => {
            Some(UnappliedState::Reversed)
        }
        _ => None,
    });
    states.next_back().unwrap_or(UnappliedState::Open)
}

/// Whether a till took the cash back from the payment that it had been put to: then that payment's row
/// tells of it, and of what was posted out of unapplied cash.
fn was_reversed_of_a_payment(moved: &Moved, row: &UnappliedRow) -> bool {
    let had = |kind| moved.get(&row.sale).is_some_and(|kinds| kinds.contains(&kind));
    had(EventKind::UnappliedMatched) && had(EventKind::Reversed)
}

/// Whether a refused reversal can stand so, by the events of its sale.
fn dispute_fits(moved: &Moved, sale: SaleNo, state: DisputeState) -> bool {
    let had = |kind| moved.get(&sale).is_some_and(|kinds| kinds.contains(&kind));
    match state {
        DisputeState::Open => !had(EventKind::DisputeRejected),
        DisputeState::Rejected => had(EventKind::DisputeRejected),
        DisputeState::Accepted => had(EventKind::ClawedBack) || had(EventKind::UnappliedReversed),
    }
}

fn unapplied(
    reader: &Reader,
    keys: &Keys,
    moved: &Moved,
    part: &mut Part,
) -> Result<(), StorageError> {
    let mut told: BTreeMap<SaleNo, Cash> = std::mem::take(&mut part.cash).into_iter().collect();
    let mut rows = Vec::new();
    reader.walk_unapplied(&mut |row| match row {
        Ok(row) => rows.push(row),
        Err(corrupt) => part.findings.corrupt(corrupt),
    })?;
    for row in rows {
        let cash = told.remove(&row.sale);
        let place = format!("unapplied {}", row.no);
        if let Some(wrong) = otherwise(&row, cash.as_ref()) {
            part.findings.find(&place, wrong);
        }
        if unapplied_state(moved, row.sale) != row.state {
            part.findings.find(&place, "its state is not what its events say");
        }
        if let Some(wrong) = at_its_sale(reader, &row)? {
            part.findings.find(&place, wrong);
        }
        if sales::is_unapplied(row.state) {
            let print = sales::print(&keys.prints, row.sale, sales::Cash::Unapplied);
            part.held_by_cash = part.held_by_cash.wrapping_add(print);
        }
        part.books.unapplied(&row, was_reversed_of_a_payment(moved, &row));
    }
    for (sale, cash) in told {
        let what = format!("its unapplied cash is missing: event {} tells of it", cash.event);
        part.findings.find(format!("sale {sale}"), what);
    }
    Ok(())
}

/// What is wrong with a row, by the event that booked it.
fn otherwise(row: &UnappliedRow, cash: Option<&Cash>) -> Option<String> {
    let Some(cash) = cash else { return Some("no event tells of it".to_owned()) };
    let booked = ledger::unapplied(row.retailer, row.business_date, row.amount);
    let fits = cash.entries == booked && cash.payment == row.payment && cash.at == row.received_at;
    (!fits).then(|| format!("it is not what event {} booked", cash.event))
}

/// What is wrong with a row, by its sale: one sale's cash is not both unapplied and a payment's
/// (rule 38).
fn at_its_sale(reader: &Reader, row: &UnappliedRow) -> Result<Option<&'static str>, StorageError> {
    let Some(sale) = readable(reader.sale_by_no(row.sale))? else { return Ok(None) };
    let Some(sale) = sale else { return Ok(Some("its sale is missing")) };
    if sale.sale.code != row.code || sale.sale.amount != row.amount {
        return Ok(Some("its code or amount is not its sale's"));
    }
    let Some(no) = row.payment else { return Ok(None) };
    let payment = readable(reader.payment(no))?.flatten();
    let is_taken = payment
        .and_then(|row| row.payment.state.taking().copied())
        .is_some_and(|taking| taking.sale == row.sale);
    let both = is_taken && row.state == UnappliedState::Open;
    Ok(both.then_some("the cash of its sale is unapplied and paid at once"))
}

fn disputes(reader: &Reader, moved: &Moved, part: &mut Part) -> Result<(), StorageError> {
    let mut told = std::mem::take(&mut part.disputed);
    let findings = &mut part.findings;
    reader.walk_disputes(&mut |row| match row {
        Ok(DisputeRow { no, sale, payment, received_at, state, .. }) => {
            if !dispute_fits(moved, sale, state) {
                findings.find(format!("dispute {no}"), "its state is not what its events say");
            }
            let tells = |(_, told_sale, told_payment, at): &(_, Option<SaleNo>, _, _)| {
                *told_sale == Some(sale) && *told_payment == payment && *at == received_at
            };
            match told.iter().position(tells) {
                Some(place) => drop(told.swap_remove(place)),
                None => findings.find(format!("dispute {no}"), "no event tells of it"),
            }
        }
        Err(corrupt) => findings.corrupt(corrupt),
    })?;
    for (event, ..) in told {
        findings.find(format!("event {event}"), "the dispute it tells of is missing");
    }
    Ok(())
}
