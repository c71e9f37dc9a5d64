//! Advances: money that a merchant has before its retailer transferred it (rule 28).
//!
//! What is advanced is matched, so it is final and its retailer owns up to it; only the transfer is
//! missing. An account's open advances never come to more than its cap. A transfer that covers the day
//! closes an advance, and so does the retailer's taking the payment back.

use domain::{
    event::{Actor, EventKind},
    ids::{AccountNo, EventNo, PaymentNo},
    ledger,
    money::Rupiah,
    payment::{Change, Command, Decision, Payment, State, decide},
    time::Timestamp,
};
use storage::{AdvanceRow, AdvanceState, MatchedState, StorageError, sqlite::Reader};

use super::{
    batch::{Batch, Cause},
    queue::{Due, DueKind},
};

/// So many waiting payments of an account are looked at for one sweep, the oldest first.
const LOOKED_AT_MAX: usize = 500;

/// What would be advanced of a payment: all that its merchant gets, or nothing.
fn advanceable(payment: &Payment) -> Option<Rupiah> {
    Rupiah::new(ledger::net(payment).get()).ok().filter(|amount| *amount > Rupiah::ZERO)
}

/// What can be advanced to these accounts, each with its cap in whole rupiah. One that does not fit is
/// passed over, and waits for its transfer.
pub(crate) fn due(
    reader: &Reader,
    caps: &[(AccountNo, i64)],
    count_max: usize,
) -> Result<Vec<Due>, StorageError> {
    let mut due = Vec::new();
    for (account, cap) in caps {
        let mut room = cap.saturating_sub(reader.advanced(*account)?);
        if room <= 0 {
            continue;
        }
        for payment in reader.to_advance(*account, LOOKED_AT_MAX)? {
            let row = reader.payment(payment)?;
            let amount = row.as_ref().and_then(|row| advanceable(&row.payment));
            if let Some(amount) = amount.filter(|amount| amount.get() <= room) {
                room -= amount.get();
                due.push(Due { payment, kind: DueKind::Advance, grace: domain::time::Span::ZERO });
            }
            if due.len() >= count_max {
                return Ok(due);
            }
        }
    }
    Ok(due)
}

impl Batch<'_> {
    /// A matched payment that waits for its retailer's transfer is settled, if its amount is still
    /// within the account's cap.
    pub(super) fn advance_matched(&mut self, payment: PaymentNo, now: Timestamp) -> bool {
        let Some(matched) = self.loaded.books.matched.get(&payment).cloned() else { return false };
        let Some(row) = self.payment(payment) else { return false };
        let account = row.payment.account;
        let Some(amount) = advanceable(&row.payment) else { return false };
        let is_waiting = matched.state == MatchedState::Waiting
            && self.day(matched.day).covered_on().is_none()
            && matches!(row.payment.state, State::Paid(_));
        let cap = self.directory.account(account).map_or(0, |account| account.advance_cap());
        let Some(open) = self.loaded.books.advanced.get(&account).copied() else { return false };
        if !is_waiting || open.saturating_add(amount.get()) > cap {
            return false;
        }
        let Ok(Decision::Change(change)) = decide(&row.payment, Command::Advance, now) else {
            return false;
        };
        let cause = Cause { actor: Actor::Sweep, reason: None, sale: Some(matched.sale), at: now };
        self.apply(payment, &change, &cause);
        let event = self.payment(payment).map_or(EventNo::new(0), |row| row.last_event);
        let advance = AdvanceRow {
            payment,
            account,
            amount,
            event,
            // What it posted is dated so.
            at: self.tail.booked_at,
            state: AdvanceState::Open,
            closed_at: None,
        };
        self.loaded.books.advanced.insert(account, open.saturating_add(amount.get()));
        self.loaded.books.advances.insert(payment, advance);
        self.writes.books.advances_new.push(advance);
        true
    }

    /// The retailer's transfers cover the day of a payment that was advanced; false where none is.
    pub(super) fn cover_advance(&mut self, payment: PaymentNo, now: Timestamp) -> bool {
        self.close_advance(payment, AdvanceState::Covered, now)
    }

    /// Closes the advance of a payment that its retailer took back: the merchant owes what it got.
    pub(super) fn take_advance_back(&mut self, payment: PaymentNo, change: &Change, at: Timestamp) {
        if change.event == EventKind::ClawedBack {
            self.close_advance(payment, AdvanceState::TakenBack, at);
        }
    }

    fn close_advance(&mut self, payment: PaymentNo, state: AdvanceState, now: Timestamp) -> bool {
        let Some(advance) = self.loaded.books.advances.get_mut(&payment) else { return false };
        if advance.state != AdvanceState::Open {
            return false;
        }
        advance.state = state;
        // As entries are dated, so that a past balance and what was advanced of it agree.
        advance.closed_at = Some(now.max(self.tail.booked_at));
        let advance = *advance;
        // There is room again, for whatever this batch decides next.
        if let Some(open) = self.loaded.books.advanced.get_mut(&advance.account) {
            *open = open.saturating_sub(advance.amount.get());
        }
        self.writes.books.advances_changed.push(advance);
        true
    }
}
