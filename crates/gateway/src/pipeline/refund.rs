//! Refund codes (rule 35): issued and decided by operators, ended by the clock. What counters do with
//! them is in `counter::refund`; everything that changes one goes through [`Batch::change_refund`].

use domain::{
    event::{Actor, EventKind},
    ids::SaleNo,
    ledger,
    refund::{
        ClosedBy, POOL_NETWORK, RefundChange, RefundCode, RefundCommand, RefundDecision,
        RefundState, TRIES_MAX, decide,
    },
    retailer::NetworkKey,
    time::Timestamp,
};
use storage::{RefundRow, RetailerDayRow, UnappliedRow, UnappliedState};

use super::batch::{Batch, Cause};
use crate::{
    books,
    directory::Secret,
    request::{IssuedRefund, Ruled, RulingError, RulingRequest, Unavailable},
};

/// Who changes a refund code, how it is told in the history, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand<'a> {
    pub(super) actor: Actor,
    /// Beside the code's number: at which counter, or why.
    pub(super) note: &'a str,
    pub(super) at: Timestamp,
}

impl Batch<'_> {
    /// Issues a refund code for cash that waits.
    pub(super) fn issue_refund_code(
        &mut self,
        request: &RulingRequest,
        no: i64,
        pin: &Secret,
    ) -> Result<Ruled, RulingError> {
        let terms = self.shared.settings.refund_codes.ok_or(RulingError::RefundCodesOff)?;
        let cash = self.waiting_cash(no)?;
        if cash.amount > terms.cap {
            return Err(RulingError::OverCap { cap: terms.cap });
        }
        let retailers = &self.shared.settings.retailers;
        let network = retailers.get(cash.retailer).map(|retailer| retailer.network);
        let network = network.ok_or(RulingError::NoCounterPays)?;
        let pays = |least, most| (least..=most).contains(&cash.amount);
        let mut counters = retailers.of_network(network);
        if !counters.any(|retailer| pays(retailer.amount_min, retailer.amount_max)) {
            return Err(RulingError::NoCounterPays);
        }
        let directory = std::sync::Arc::clone(&self.directory);
        let pool = NetworkKey::new(POOL_NETWORK).ok();
        let pool = pool.and_then(|network| directory.pools.open_for(network));
        let pool = pool.ok_or(RulingError::NoCodeLeft)?;
        let slot = self.next_slot(pool, 0, request.received_at);
        // A code is never issued again: nobody would know which of the two a payer holds.
        let slot = slot.ok().filter(|(_, lap)| *lap == 0).map(|(slot, _)| slot);
        let code = slot.and_then(|slot| pool.code(slot.shard, slot.slot));
        let code = code.ok_or(RulingError::NoCodeLeft)?;

        self.tail.sequences.refund += 1;
        let row = RefundRow {
            no: self.tail.sequences.refund,
            cash: cash.no,
            cash_sale: cash.sale,
            code,
            pin: self.shared.pins.hash(&code, pin),
            issued_at: request.received_at,
            refund: RefundCode {
                amount: cash.amount,
                taken_by: cash.retailer,
                network,
                expires_at: request.received_at.plus(terms.lifetime),
                tries_left: TRIES_MAX,
                state: RefundState::Open,
            },
            digest: [0; 16],
        };
        let issued = IssuedRefund { no: row.no, expires_at: row.refund.expires_at };
        let hand = Hand { actor: Actor::Operator, note: &request.reason, at: request.received_at };
        let entries = ledger::refund_issued(cash.retailer, cash.amount);
        self.tell_refund(&row, &cash, EventKind::RefundIssued, &entries, &hand);
        self.close_cash(&cash, UnappliedState::Promised);
        self.put_refund(row, true);
        let ruled = self.ruled(UnappliedState::Promised.name(), &cash, None);
        Ok(Ruled { refund: Some(issued), ..ruled })
    }

    /// Carries out what two persons say of the refund code of some cash; of `code`, where they said
    /// of which, and else of the newest.
    pub(super) fn decide_refund_code(
        &mut self,
        request: &RulingRequest,
        cash: i64,
        code: Option<i64>,
        command: RefundCommand<'_>,
    ) -> Result<Ruled, RulingError> {
        let newest = self.loaded.refunds.values().filter(|row| row.cash == cash);
        let row = newest.max_by_key(|row| row.no).cloned();
        let row = row.ok_or(RulingError::NoRefundCode(cash))?;
        if code.is_some_and(|code| code != row.no) {
            return Err(RulingError::OtherCode { cash, newest: row.no });
        }
        let decision = decide(&row.refund, command, request.received_at);
        let stands = |_| RulingError::RefundStands { cash, state: row.refund.state.name() };
        if let RefundDecision::Change(change) = decision.map_err(stands)? {
            let hand =
                Hand { actor: Actor::Operator, note: &request.reason, at: request.received_at };
            self.change_refund(row.no, &change, &hand)?;
        }
        let cash = self.loaded.unapplied.get(&row.cash_sale).cloned();
        let cash = cash.ok_or(RulingError::Unavailable(Unavailable::Storage))?;
        Ok(self.ruled(cash.state.name(), &cash, None))
    }

    /// Ends codes whose time is over, and marks those whose commit is overdue. Each is decided anew:
    /// much may have happened since it was looked up.
    pub(super) fn sweep_refunds(&mut self, now: Timestamp, due: &[i64]) -> usize {
        due.iter().filter(|no| self.sweep_refund(now, **no)).count()
    }

    fn sweep_refund(&mut self, now: Timestamp, no: i64) -> bool {
        let Some(row) = self.loaded.refunds.get(&no) else { return false };
        let command = match row.refund.state {
            RefundState::Open => RefundCommand::Expire,
            RefundState::Reserved(_) => RefundCommand::GiveUp,
            RefundState::Suspect(_) | RefundState::Paid(..) | RefundState::Closed(..) => {
                return false;
            }
        };
        let Ok(RefundDecision::Change(change)) = decide(&row.refund, command, now) else {
            return false;
        };
        let hand = Hand { actor: Actor::Sweep, note: "", at: now };
        self.change_refund(no, &change, &hand).is_ok()
    }

    /// Marks codes that may have been paid out without our knowing it any more (rule 39).
    pub(super) fn doubt_refunds(&mut self, now: Timestamp, open: &[i64]) -> usize {
        let hand = Hand { actor: Actor::Sweep, note: "restored from a backup", at: now };
        let mut count = 0;
        for no in open {
            let Some(row) = self.loaded.refunds.get(no) else { continue };
            if let Ok(RefundDecision::Change(change)) =
                decide(&row.refund, RefundCommand::Doubt, now)
            {
                count += usize::from(self.change_refund(*no, &change, &hand).is_ok());
            }
        }
        count
    }

    /// Carries out a change of a refund code: its row, its cash, event and postings.
    pub(super) fn change_refund(
        &mut self,
        no: i64,
        change: &RefundChange,
        hand: &Hand<'_>,
    ) -> Result<(), Unavailable> {
        let row = self.loaded.refunds.get(&no).cloned();
        let mut row = row.ok_or(Unavailable::Storage)?;
        let cash = self.loaded.unapplied.get(&row.cash_sale).cloned();
        let cash = cash.ok_or(Unavailable::Storage)?;
        row.refund.state = change.state;
        row.refund.tries_left = change.tries_left;
        self.tell_refund(&row, &cash, change.event, &change.entries, hand);
        match change.state {
            RefundState::Open | RefundState::Reserved(_) => {}
            RefundState::Suspect(Some(pay_out)) => {
                tracing::warn!(
                    refund = no, cash = cash.no, retailer = %pay_out.retailer,
                    amount = %row.refund.amount,
                    "a pay-out was never confirmed; `gerai unapplied codes --suspect` shows it",
                );
            }
            RefundState::Suspect(None) => {
                tracing::warn!(
                    refund = no, cash = cash.no, amount = %row.refund.amount,
                    "a refund code may have been paid out after the backup that was restored; \
                     `gerai unapplied codes --suspect` shows it",
                );
            }
            RefundState::Paid(_, at) => {
                self.close_cash(&cash, UnappliedState::PaidOut);
                self.fund_by_pay_out(&row, &cash, at);
            }
            RefundState::Closed(_, by) => {
                self.close_cash(&cash, UnappliedState::Open);
                if by == ClosedBy::WrongPins {
                    tracing::warn!(refund = no, cash = cash.no, "a refund code was blocked");
                }
            }
        }
        self.put_refund(row, false);
        Ok(())
    }

    /// What a chain paid out for us it need not transfer for that day, and its day is covered by so
    /// much less. On the day of the cash itself nothing changes: what is paid back there was never
    /// among what the transfer has to cover.
    fn fund_by_pay_out(&mut self, row: &RefundRow, cash: &UnappliedRow, at: Timestamp) {
        if let Some(day) = books::funded_by(row, cash) {
            let (funded, funded_on) = (row.refund.amount.get(), Some(at.business_date()));
            self.add_to_day(RetailerDayRow { funded, funded_on, ..RetailerDayRow::new(day) });
        }
    }

    /// Writes the event. It names the sale of the cash, whatever sale paid it out, so that all that
    /// happened to a code is found under one number.
    fn tell_refund(
        &mut self,
        row: &RefundRow,
        cash: &UnappliedRow,
        kind: EventKind,
        entries: &[ledger::Entry],
        hand: &Hand<'_>,
    ) {
        let what = match row.refund.state {
            RefundState::Closed(_, by) => by.why(),
            RefundState::Open
            | RefundState::Reserved(_)
            | RefundState::Suspect(_)
            | RefundState::Paid(..) => "",
        };
        let mut reason = format!("refund code {}", row.no);
        for part in [what, hand.note].into_iter().filter(|part| !part.is_empty()) {
            reason.push_str(": ");
            reason.push_str(part);
        }
        let cause = Cause {
            actor: hand.actor,
            reason: Some(&reason),
            sale: Some(row.cash_sale),
            at: hand.at,
        };
        self.record(cash.payment, kind, entries, &cause);
        metrics::counter!("gerai_refund_codes_total", "event" => kind.name()).increment(1);
    }

    /// A refund code as it stands now.
    fn put_refund(&mut self, mut row: RefundRow, is_new: bool) {
        row.digest = self.refund_digest(&row);
        self.loaded.refunds.insert(row.no, row.clone());
        let new = self.writes.refunds_new.iter_mut().find(|new| new.no == row.no);
        match new {
            Some(new) => *new = row,
            None if is_new => self.writes.refunds_new.push(row),
            None => {
                self.writes.refunds_changed.retain(|other| other.no != row.no);
                self.writes.refunds_changed.push(row);
            }
        }
    }

    /// The sale under which a pay-out is known, for the history.
    pub(super) fn at_counter(sale: SaleNo, retailer: domain::retailer::RetailerKey) -> String {
        format!("sale {sale} at {retailer}")
    }
}
