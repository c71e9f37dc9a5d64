//! Money that moved between banks: retailers' transfers, payouts.

use domain::{
    event::Actor,
    ids::{AccountNo, EventNo},
    ledger::{Entry, LedgerAccount, Transfer},
    money::{Balance, Rupiah},
    transfer::{self, PayoutState, Posting},
};
use storage::{
    BooksLoaded, BooksWanted, FundingRow, PayoutDecided, PayoutRow, PayoutWanted, RetailerDay,
    RetailerDayRow,
};

use super::batch::{Batch, Cause};
use crate::request::{Moved, Movement, MovementError, MovementRequest, Unavailable};

/// Names the rows that a movement touches.
pub(super) fn want(movement: &Movement, wanted: &mut BooksWanted) {
    match movement {
        Movement::Fund { transfer, reference, .. } => {
            let day = (transfer.retailer, transfer.business_date);
            wanted.days.push(day);
            wanted.fundings.push((day, reference.clone()));
        }
        Movement::PayOut { account, reference, .. } => {
            wanted.balances.push(*account);
            wanted.payouts.push(PayoutWanted::Reference(*account, reference.clone()));
        }
        Movement::Confirm { payout } | Movement::GiveBack { payout } => {
            wanted.payouts.push(PayoutWanted::No(*payout));
        }
    }
}

/// Keeps what was loaded of balances true while the batch posts.
pub(super) fn carry(books: &mut BooksLoaded, entry: &Entry) {
    let add = |to: &mut Balance| {
        // A sum that does not fit is found when the entries are summed again.
        *to = to.checked_add(entry.amount).unwrap_or(*to);
    };
    match &entry.account {
        LedgerAccount::MerchantPending(account) => {
            books.balances.get_mut(account).map(|held| add(&mut held.pending))
        }
        LedgerAccount::MerchantActive(account) => {
            books.balances.get_mut(account).map(|held| add(&mut held.active))
        }
        LedgerAccount::Receivable(retailer, date) => {
            books.owed.get_mut(&(*retailer, *date)).map(add)
        }
        LedgerAccount::SettlementBank
        | LedgerAccount::DisputedReceivable(_)
        | LedgerAccount::CommissionPayable(_)
        | LedgerAccount::SwitchPayable
        | LedgerAccount::FeeDeferred
        | LedgerAccount::FeeEarned
        | LedgerAccount::PpnPayable
        | LedgerAccount::Unapplied(_)
        | LedgerAccount::RefundsPayable
        | LedgerAccount::PayoutsInTransit
        | LedgerAccount::ReconciliationDifference
        | LedgerAccount::RoundingDifference
        | LedgerAccount::WriteOff => None,
    };
}

impl Batch<'_> {
    /// Books money that moved.
    pub(super) fn move_money(&mut self, request: &MovementRequest) -> Result<Moved, MovementError> {
        match &request.movement {
            Movement::Fund { transfer, reference, keep_difference } => {
                self.fund(request, transfer, reference, *keep_difference)
            }
            Movement::PayOut { account, amount, reference } => {
                let known = self.loaded.books.payouts.values();
                let mut known =
                    known.filter(|row| row.account == *account && row.reference == *reference);
                if let Some(row) = known.next().cloned() {
                    if row.amount != *amount {
                        let (no, amount) = (row.no, row.amount);
                        let by = format!("payout {no} of Rp {amount}");
                        let reference = reference.clone();
                        return Err(MovementError::ReferenceTaken { reference, by });
                    }
                    return Ok(self.payout_stands(row, false));
                }
                self.pay_out(request, *account, *amount, reference)
            }
            Movement::Confirm { payout } => {
                let row = self.payout(*payout)?;
                let posting = transfer::confirm(row.state, row.amount)?;
                Ok(self.settle_payout(request, row, posting, PayoutState::Confirmed))
            }
            Movement::GiveBack { payout } => {
                let row = self.payout(*payout)?;
                let posting = transfer::give_back(row.state, row.account, row.amount);
                Ok(self.settle_payout(request, row, posting, PayoutState::Returned))
            }
        }
    }

    fn fund(
        &mut self,
        request: &MovementRequest,
        transfer: &Transfer,
        reference: &str,
        keep_difference: bool,
    ) -> Result<Moved, MovementError> {
        let day = (transfer.retailer, transfer.business_date);
        let owed = self.loaded.books.owed.get(&day).copied().ok_or(Unavailable::Storage)?;
        if let Some(row) = self.loaded.books.fundings.get(&(day, reference.to_owned())).cloned() {
            if (row.amount, row.commission) != (transfer.amount, transfer.commission) {
                let FundingRow { no, amount, commission, .. } = row;
                let by = format!("funding {no} of Rp {amount} and a commission of Rp {commission}");
                return Err(MovementError::ReferenceTaken { reference: reference.to_owned(), by });
            }
            let day = self.day(day);
            return Ok(Moved::Funding { row, day, owed, is_new: false });
        }
        let posting = transfer::fund(transfer, owed, keep_difference)?;
        let difference = difference(&posting.entries);
        self.tail.sequences.funding += 1;
        let no = self.tail.sequences.funding;
        let (retailer, date) = day;
        let what = format!("funding {no} of {retailer} {date}, transfer {reference}");
        let row = FundingRow {
            no,
            day,
            amount: transfer.amount,
            commission: transfer.commission,
            difference,
            reference: reference.to_owned(),
            event: self.record_posting(request, &posting, &what),
            recorded_at: request.received_at,
            recorded_by: request.by.clone(),
        };
        let funded = transfer.covers().get().saturating_sub(difference.get());
        let funded_on = Some(request.received_at.business_date());
        self.add_to_day(RetailerDayRow { funded, funded_on, ..RetailerDayRow::new(day) });
        let of_day = self.day(day);
        let owed = self.loaded.books.owed.get(&day).copied().unwrap_or(owed);
        self.writes.books.fundings.push(row.clone());
        self.loaded.books.fundings.insert((day, reference.to_owned()), row.clone());
        Ok(Moved::Funding { row, day: of_day, owed, is_new: true })
    }

    fn pay_out(
        &mut self,
        request: &MovementRequest,
        account: AccountNo,
        amount: Rupiah,
        reference: &str,
    ) -> Result<Moved, MovementError> {
        let held = self.loaded.books.balances.get(&account).ok_or(Unavailable::Storage)?;
        let posting = transfer::pay_out(account, amount, held.active.negated())?;
        self.tail.sequences.payout += 1;
        let no = self.tail.sequences.payout;
        let row = PayoutRow {
            no,
            account,
            amount,
            state: PayoutState::InTransit,
            reference: reference.to_owned(),
            event: self.record_posting(
                request,
                &posting,
                &self.named_payout(no, account, reference),
            ),
            recorded_at: request.received_at,
            recorded_by: request.by.clone(),
            decided: None,
        };
        self.writes.books.payouts_new.push(row.clone());
        self.loaded.books.payouts.insert(no, row.clone());
        Ok(self.payout_stands(row, true))
    }

    fn payout(&self, no: i64) -> Result<PayoutRow, MovementError> {
        self.loaded.books.payouts.get(&no).cloned().ok_or(MovementError::NoSuchPayout(no))
    }

    fn named_payout(&self, no: i64, account: AccountNo, reference: &str) -> String {
        let merchant = self.directory.account(account);
        let merchant =
            merchant.map_or_else(|| account.to_string(), |found| found.public_id.clone());
        format!("payout {no} to {merchant}, transfer {reference}")
    }

    fn settle_payout(
        &mut self,
        request: &MovementRequest,
        mut row: PayoutRow,
        posting: Option<Posting>,
        state: PayoutState,
    ) -> Moved {
        let Some(posting) = posting else { return self.payout_stands(row, false) };
        let what = self.named_payout(row.no, row.account, &row.reference);
        let event = self.record_posting(request, &posting, &what);
        row.state = state;
        row.decided =
            Some(PayoutDecided { event, at: request.received_at, by: request.by.clone() });
        self.writes.books.payouts_changed.push(row.clone());
        self.loaded.books.payouts.insert(row.no, row.clone());
        self.payout_stands(row, true)
    }

    /// The balance is told where it was loaded: it is what a new payout was decided by.
    fn payout_stands(&self, row: PayoutRow, is_new: bool) -> Moved {
        let held = self.loaded.books.balances.get(&row.account);
        let active = held.map(|held| held.active.negated());
        Moved::Payout { row, active, is_new }
    }

    /// The event says what moved, who said so, and why.
    fn record_posting(
        &mut self,
        request: &MovementRequest,
        posting: &Posting,
        what: &str,
    ) -> EventNo {
        let reason = match &request.reason {
            Some(reason) => format!("{what}, by {}: {reason}", request.by),
            None => format!("{what}, by {}", request.by),
        };
        let cause = Cause {
            actor: Actor::Operator,
            reason: Some(&reason),
            sale: None,
            at: request.received_at,
        };
        self.record(None, posting.event, &posting.entries, &cause)
    }

    pub(super) fn day(&self, day: RetailerDay) -> RetailerDayRow {
        self.loaded.books.days.get(&day).copied().unwrap_or(RetailerDayRow::new(day))
    }

    /// Adds to what is known of a day. Where its row was not loaded, only what is added is known.
    pub(super) fn add_to_day(&mut self, more: RetailerDayRow) {
        let known = self.loaded.books.days.entry(more.day);
        for row in [
            known.or_insert(RetailerDayRow::new(more.day)),
            self.of_days.entry(more.day).or_insert(RetailerDayRow::new(more.day)),
        ] {
            row.matched = row.matched.saturating_add(more.matched);
            row.waiting = row.waiting.saturating_add(more.waiting);
            row.funded = row.funded.saturating_add(more.funded);
            row.funded_on = more.funded_on.or(row.funded_on);
        }
    }
}

/// What of a posting is nobody's yet.
fn difference(entries: &[Entry]) -> Rupiah {
    let of_difference =
        entries.iter().find(|entry| entry.account == LedgerAccount::ReconciliationDifference);
    let amount = of_difference.map_or(0, |entry| entry.amount.negated().get());
    // It is a part of what was transferred.
    Rupiah::new(amount).unwrap_or(Rupiah::ZERO)
}
