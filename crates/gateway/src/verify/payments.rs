//! Every payment is as its last event left it, and its history can have happened.

use domain::{
    event::EventKind,
    ids::EventNo,
    ledger::{self, Entry, LedgerAccount},
    payment::{Payment, State},
};
use storage::{
    PaymentRow, StorageError,
    sqlite::{Past, Reader},
};

use super::{
    Keys,
    books::Went,
    events::print,
    found::{Part, readable},
    plan::{Look, Range},
    sales,
};

/// Walks a range of payments. `closely` compares each posting with its entries, and nothing else.
pub(super) fn walk(look: Look<'_>, range: Range, closely: bool) -> Result<(), StorageError> {
    let Look { reader, keys, part, mut ticker, .. } = look;
    let mut last = range.after;
    let mut failed = Ok(());
    // Events of payments that are not there; between others they are gaps, which are found anyway.
    let mut orphan = None;
    let mut payments = Payments { reader, keys, part };
    let mut orphans = |past: Past| orphan = Some(past);
    reader.walk_payments(
        range.numbers(),
        &mut |row, pasts| {
            ticker.rows(1 + pasts.len() as u64);
            if closely {
                if let Ok(row) = row {
                    failed = replaced(&mut failed, payments.postings(row, pasts));
                }
                return;
            }
            let no = match row {
                Ok(row) => {
                    failed = replaced(&mut failed, payments.payment(row, pasts));
                    row.payment.no.get()
                }
                Err(corrupt) => {
                    let no = corrupt.row.parse().unwrap_or(last + 1);
                    payments.part.findings.corrupt(corrupt);
                    no
                }
            };
            payments.part.payments += 1;
            payments.part.findings.gap("payment", last, no);
            last = no;
        },
        &mut orphans,
    )?;
    failed?;
    if closely {
        return Ok(());
    }
    if range.has_end() {
        part.findings.gap("payment", last, range.until.saturating_add(1));
    } else if let Some(past) = orphan.filter(|past| past.payment.get() > last) {
        let what = format!("it is missing: event {} tells of it", past.no);
        part.findings.find(format!("payment {}", past.payment), what);
    }
    Ok(())
}

/// The first error, if there is one.
fn replaced(
    before: &mut Result<(), StorageError>,
    now: Result<(), StorageError>,
) -> Result<(), StorageError> {
    std::mem::replace(before, Ok(())).and(now)
}

struct Payments<'a> {
    reader: &'a Reader,
    keys: &'a Keys,
    part: &'a mut Part,
}

impl Payments<'_> {
    fn payment(&mut self, row: &PaymentRow, pasts: &[Past]) -> Result<(), StorageError> {
        let payment = &row.payment;
        let mut find = |what: String| self.part.findings.find(place_of(payment), what);
        let Some(newest) = pasts.last() else {
            find("it has no history".to_owned());
            return Ok(());
        };
        if newest.no != row.last_event {
            find(format!("its last event is {}, not {}", newest.no, row.last_event));
        }
        if self.keys.chain.payment(row) != newest.digest {
            find(format!("its row is not as event {} left it", newest.no));
        }
        if let Err(what) = replay(pasts, payment) {
            find(what);
        }
        if payment.superseded {
            let order = payment.order.as_str();
            let current = readable(self.reader.payment_by_order(payment.account, order))?;
            let is_later =
                |row: Option<PaymentRow>| row.is_some_and(|row| row.payment.no > payment.no);
            if !current.is_none_or(is_later) {
                find("its order id was not used again".to_owned());
            }
        }
        if let Some(first) = payment.family
            && let Some(family) = readable(self.reader.family(first))?
            && !is_family(payment, &family)
        {
            find("the other codes of its order say otherwise".to_owned());
        }
        if let Some(taking) = payment.state.taking() {
            self.part.tells(taking.sale, || format!("payment {}", payment.no));
        }
        if let Some((sale, cash)) = sales::paid_by(payment) {
            let print = sales::print(&self.keys.prints, sale, cash);
            self.part.held_by_cash = self.part.held_by_cash.wrapping_add(print);
        }
        let went = Went::new(pasts);
        self.part.books.stands(payment, went);
        self.expect(payment, pasts, went)
    }

    /// Adds the prints of what the payment's events should have posted.
    fn expect(
        &mut self,
        payment: &Payment,
        pasts: &[Past],
        went: Went,
    ) -> Result<(), StorageError> {
        for past in pasts.iter().filter(|past| posts(past.kind)) {
            let print = if let Some(entries) = expected(payment, past, went) {
                print(&self.keys.prints, past.no, entries.iter())
            } else {
                // What was taken back is not in the row any more: what is there is taken as it is.
                let entries = entries_of(self.reader, past.no)?;
                let pays = matches!(past.kind, EventKind::Paid | EventKind::UnappliedMatched);
                if pays && !credits(payment, &entries) {
                    self.posted_otherwise(payment, past);
                }
                print(&self.keys.prints, past.no, entries.iter())
            };
            self.part.expected = self.part.expected.wrapping_add(print);
        }
        Ok(())
    }

    /// A closer look: names the events that posted something else than the payment's row says.
    fn postings(&mut self, row: &PaymentRow, pasts: &[Past]) -> Result<(), StorageError> {
        let went = Went::new(pasts);
        for past in pasts.iter().filter(|past| posts(past.kind)) {
            if let Some(entries) = expected(&row.payment, past, went)
                && entries != entries_of(self.reader, past.no)?
            {
                self.posted_otherwise(&row.payment, past);
            }
        }
        Ok(())
    }

    fn posted_otherwise(&mut self, payment: &Payment, past: &Past) {
        let what = format!("event {} posted something else than its amount", past.no);
        self.part.findings.find(place_of(payment), what);
    }
}

/// Whether these are a payment's order with several codes, of which the first says so itself (rule
/// 36).
fn is_family(payment: &Payment, family: &[PaymentRow]) -> bool {
    let is_first = |row: &PaymentRow| Some(row.payment.no) == payment.family;
    let has_order = |row: &PaymentRow| {
        row.payment.account == payment.account && row.payment.order == payment.order
    };
    family.len() > 1 && family.first().is_some_and(is_first) && family.iter().all(has_order)
}

/// Whether such an event moves a payment's money, so that its print is compared.
const fn posts(kind: EventKind) -> bool {
    match kind {
        EventKind::Paid
        | EventKind::Final
        | EventKind::Reversed
        | EventKind::Reopened
        | EventKind::UnappliedMatched
        | EventKind::Settled
        | EventKind::Advanced
        | EventKind::ClawedBack => true,
        EventKind::Opened
        | EventKind::Reserved
        | EventKind::Released
        | EventKind::Cancelled
        | EventKind::Expired
        | EventKind::CashUnapplied
        | EventKind::UnappliedReversed
        | EventKind::UnappliedRefunded
        | EventKind::RefundIssued
        | EventKind::RefundReserved
        | EventKind::RefundUnreserved
        | EventKind::RefundPinWrong
        | EventKind::RefundSuspect
        | EventKind::RefundPaid
        | EventKind::RefundReturned
        | EventKind::Disputed
        | EventKind::DisputeRejected
        | EventKind::Proposed
        | EventKind::Approved
        | EventKind::Rejected
        | EventKind::Funded
        | EventKind::PayoutRecorded
        | EventKind::PayoutConfirmed
        | EventKind::DifferenceConfirmed
        | EventKind::DifferenceClawedBack
        | EventKind::DifferenceWrittenOff
        | EventKind::DifferenceUndone
        | EventKind::PayoutReturned => false,
    }
}

/// What an event must have posted; none where the payment's row does not say it any more.
fn expected(payment: &Payment, past: &Past, went: Went) -> Option<Vec<Entry>> {
    let taking = payment.state.taking().filter(|taking| past.sale == Some(taking.sale));
    match past.kind {
        EventKind::Paid => taking.map(|taking| ledger::paid(payment, taking)),
        EventKind::UnappliedMatched => taking.map(|taking| ledger::matched(payment, taking)),
        EventKind::Reversed => taking.map(|taking| ledger::reversed(payment, taking)),
        EventKind::Final => Some(ledger::finalized(payment)),
        EventKind::Settled | EventKind::Advanced => Some(ledger::settled(payment)),
        EventKind::ClawedBack => {
            let held_in = went.held_in(payment);
            payment.state.taking().map(|taking| ledger::clawed_back(payment, taking, held_in))
        }
        EventKind::Opened
        | EventKind::Reserved
        | EventKind::Released
        | EventKind::Reopened
        | EventKind::Cancelled
        | EventKind::Expired
        | EventKind::CashUnapplied
        | EventKind::UnappliedReversed
        | EventKind::UnappliedRefunded
        | EventKind::RefundIssued
        | EventKind::RefundReserved
        | EventKind::RefundUnreserved
        | EventKind::RefundPinWrong
        | EventKind::RefundSuspect
        | EventKind::RefundPaid
        | EventKind::RefundReturned
        | EventKind::Disputed
        | EventKind::DisputeRejected
        | EventKind::Proposed
        | EventKind::Approved
        | EventKind::Rejected
        | EventKind::Funded
        | EventKind::PayoutRecorded
        | EventKind::PayoutConfirmed
        | EventKind::DifferenceConfirmed
        | EventKind::DifferenceClawedBack
        | EventKind::DifferenceWrittenOff
        | EventKind::DifferenceUndone
        | EventKind::PayoutReturned => None,
    }
}

/// Whether a posting owes the payment's amount to its own merchant.
fn credits(payment: &Payment, entries: &[Entry]) -> bool {
    entries.iter().any(|entry| {
        entry.account == LedgerAccount::MerchantPending(payment.account)
            && entry.amount == payment.amount.to_negative_balance()
    })
}

fn entries_of(reader: &Reader, event: EventNo) -> Result<Vec<Entry>, StorageError> {
    let rows = readable(reader.entries_of(event))?.unwrap_or_default();
    Ok(rows.into_iter().map(|row| row.entry).collect())
}

fn place_of(payment: &Payment) -> String {
    format!("payment {} ({}, order {})", payment.no, payment.id, payment.order)
}

/// Follows a payment's events from its opening to the state it says it is in.
fn replay(pasts: &[Past], payment: &Payment) -> Result<(), String> {
    use EventKind as E;
    let mut state = None;
    for past in pasts {
        state = Some(match (state, past.kind) {
            (None, E::Opened) | (Some("reserved"), E::Released) | (Some("paid"), E::Reopened) => {
                "pending"
            }
            (Some("pending"), E::Reserved) => "reserved",
            (Some("pending" | "reserved" | "expired"), E::Paid)
            | (Some("pending" | "expired"), E::UnappliedMatched)
            | (Some("paid"), E::Final) => "paid",
            (Some("paid"), E::Reversed) => "reversed",
            (Some("pending"), E::Cancelled) => "cancelled",
            (Some("pending" | "reserved"), E::Expired) => "expired",
            (Some("paid"), E::Settled | E::Advanced) => "settled",
            (Some("paid" | "settled"), E::ClawedBack) => "clawed_back",
            // Things that happen beside a payment do not move it.
            (
                Some(state),
                E::CashUnapplied
                | E::UnappliedReversed
                | E::UnappliedRefunded
                | E::RefundIssued
                | E::RefundReserved
                | E::RefundUnreserved
                | E::RefundPinWrong
                | E::RefundSuspect
                | E::RefundPaid
                | E::RefundReturned
                | E::Disputed
                | E::DifferenceConfirmed
                | E::DifferenceClawedBack
                | E::DifferenceWrittenOff
                | E::DifferenceUndone
                | E::DisputeRejected,
            ) => state,
            (before, kind) => {
                let (before, no) = (before.unwrap_or("nothing"), past.no);
                return Err(format!("event {no} cannot be: {} after {before}", kind.name()));
            }
        });
    }
    let told = state.unwrap_or("nothing");
    // A code made elsewhere is opened before it is pending.
    let is = match payment.state {
        State::Opening => "pending",
        state => state.name(),
    };
    if told == is { Ok(()) } else { Err(format!("it is {is}, but its events end in {told}")) }
}
