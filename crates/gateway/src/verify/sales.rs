//! Every sale's row is as we wrote it, and none is missing.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use domain::{
    ids::{PaymentNo, SaleNo},
    payment::{Payment, State},
    sale::SaleState,
    time::{Span, Timestamp},
};
use storage::{SaleRow, StorageError, UnappliedState, sqlite::Reader};

use super::{
    found::{Part, readable},
    plan::{Ends, Look, Range},
};

/// Answers are kept so long (rule 1), and with them what a sale's digest covers.
const ANSWERS_KEPT: Span = Span::days(400);

/// Walks a range of sales.
pub(super) fn walk(look: Look<'_>, range: Range) -> Result<(), StorageError> {
    let Look { reader, keys, ends, part, mut ticker } = look;
    let mut last = range.after;
    reader.walk_sales(range.numbers(), &mut |row| {
        ticker.rows(1);
        let no = match row {
            Ok(row) => {
                let wrong = if keys.chain.sale(&row) == row.digest {
                    None
                } else if is_pruned(&row) {
                    is_young(&row, ends.now).then_some("its answers were removed before their time")
                } else {
                    Some("its row was changed")
                };
                if let Some(wrong) = wrong {
                    part.findings.find(place_of(&row), wrong);
                }
                if let Some(holds) = holds(&row) {
                    part.held_by_sales =
                        part.held_by_sales.wrapping_add(print(&keys.prints, row.sale.no, holds));
                }
                row.sale.no.get()
            }
            Err(corrupt) => {
                let no = corrupt.row.parse().unwrap_or(last + 1);
                part.findings.corrupt(corrupt);
                no
            }
        };
        part.sales += 1;
        part.findings.gap("sale", last, no);
        last = no;
    })?;
    if range.has_end() {
        part.findings.gap("sale", last, range.until.saturating_add(1));
    }
    Ok(())
}

fn place_of(row: &SaleRow) -> String {
    format!("sale {} ({})", row.sale.no, row.sale.key)
}

/// Where the cash of a sale is. A sale's own digest tells that its row was ours once; that it still
/// stands so is told by its payment, whose row is in the chain, or by its unapplied cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cash {
    /// It paid this payment.
    Paid(PaymentNo),
    /// It is unapplied, or was given back as such.
    Unapplied,
}

/// What a sale's row says of its cash.
fn holds(row: &SaleRow) -> Option<Cash> {
    match row.sale.state {
        // Without a payment, it is a pay-out.
        SaleState::Booked => row.sale.payment.map(Cash::Paid),
        SaleState::Unapplied => Some(Cash::Unapplied),
        SaleState::Reserved
        | SaleState::Refused
        | SaleState::Released
        | SaleState::Reversed
        | SaleState::Tombstone => None,
    }
}

/// What a payment's row says of the cash of a sale; a clawback leaves the sale as it was.
pub(super) fn paid_by(payment: &Payment) -> Option<(SaleNo, Cash)> {
    match &payment.state {
        State::Paid(taking) | State::Settled(taking) | State::ClawedBack(taking, _) => {
            Some((taking.sale, Cash::Paid(payment.no)))
        }
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Reversed(..)
        | State::Cancelled(_)
        | State::Expired(..) => None,
    }
}

/// Whether such unapplied cash has a sale that says so.
pub(super) const fn is_unapplied(state: UnappliedState) -> bool {
    match state {
        UnappliedState::Open
        | UnappliedState::Refunded
        | UnappliedState::Promised
        | UnappliedState::PaidOut => true,
        UnappliedState::Matched | UnappliedState::Reversed => false,
    }
}

/// A print of where a sale's cash is; sums of prints are equal where all are.
pub(super) fn print(prints: &RandomState, sale: SaleNo, cash: Cash) -> u64 {
    prints.hash_one((sale, cash))
}

/// Whether every sale says of its cash what payments and unapplied cash say.
pub(super) fn compare(reader: &Reader, part: &mut Part) -> Result<(), StorageError> {
    if part.held_by_sales == part.held_by_cash { Ok(()) } else { closely(reader, part) }
}

/// A closer look, where sums of prints differ: names the sales that say otherwise than their payments
/// and their unapplied cash.
fn closely(reader: &Reader, part: &mut Part) -> Result<(), StorageError> {
    let mut unapplied = HashMap::new();
    reader.walk_unapplied(&mut |row| {
        unapplied.extend(row.ok().map(|row| (row.sale, is_unapplied(row.state))));
    })?;
    let mut failed = Ok(());
    reader.walk_sales((0, i64::MAX), &mut |row| {
        let Ok(row) = row else { return };
        let paid = match row.sale.payment.map(|no| reader.payment(no)).map_or(Ok(None), readable) {
            Ok(found) => found.flatten().and_then(|found| paid_by(&found.payment)),
            Err(error) => return failed = Err(error),
        };
        let paid = paid.filter(|(sale, _)| *sale == row.sale.no).map(|(_, cash)| cash);
        let waits = unapplied.get(&row.sale.no).copied().unwrap_or_default();
        let told = paid.or_else(|| waits.then_some(Cash::Unapplied));
        if told != holds(&row) {
            let what = "its state is not what its payment, or its unapplied cash, says";
            part.findings.find(place_of(&row), what);
        }
    })?;
    failed
}

/// Old answers are removed; the digest was taken with them.
fn is_pruned(row: &SaleRow) -> bool {
    row.data_key == 0
        && row.answer.is_none()
        && row.commit_answer.is_none()
        && row.reversal_answer.is_none()
}

fn is_young(row: &SaleRow, now: Option<Timestamp>) -> bool {
    now.is_some_and(|now| now.since(row.sale.received_at) < ANSWERS_KEPT)
}

/// Whatever tells of a sale tells of one that is there.
pub(super) fn tail(ends: &Ends, part: &mut Part) {
    if let Some((sale, place)) = &part.told_sale
        && sale.get() > ends.numbers.sale
    {
        let what = format!("it is missing: {place} tells of it");
        part.findings.find(format!("sale {sale}"), what);
    }
}
