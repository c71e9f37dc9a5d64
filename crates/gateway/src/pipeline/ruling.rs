//! What operators decide about what waits: unapplied cash (rule 10) and refused reversals (rule 8).
//!
//! Whether two persons said so is the business of whoever gives the command. Each decision is one
//! event with its postings, so that what waits and what the books hold never differ (rule 38).

use domain::{
    event::{Actor, EventKind},
    ids::SaleNo,
    ledger,
    payment::{Command, Decision, Found},
    refund::RefundCommand,
    sale::SaleState,
};
use storage::{DisputeRow, DisputeState, SaleRow, UnappliedRow, UnappliedState};

use super::batch::{Batch, Cause};
use crate::request::{PaymentRef, Ruled, Ruling, RulingError, RulingRequest, Unavailable};

impl Batch<'_> {
    /// Carries out what an operator decided.
    pub(super) fn rule(&mut self, request: &RulingRequest) -> Result<Ruled, RulingError> {
        match &request.ruling {
            Ruling::Match { cash, payment } => self.match_cash(request, *cash, payment),
            Ruling::Refund { cash, bank_reference } => {
                self.refund_cash(request, *cash, bank_reference)
            }
            Ruling::IssueRefundCode { cash, pin } => self.issue_refund_code(request, *cash, pin),
            Ruling::ConfirmPayOut { cash, code } => {
                self.decide_refund_code(request, *cash, *code, RefundCommand::Confirm)
            }
            Ruling::ReleaseRefundCode { cash, code } => {
                self.decide_refund_code(request, *cash, *code, RefundCommand::Release)
            }
            Ruling::Accept { dispute } => self.accept_dispute(request, *dispute),
            Ruling::Reject { dispute } => self.reject_dispute(request, *dispute),
            Ruling::Close(close) => self.close_line(request, close),
        }
    }

    fn match_cash(
        &mut self,
        request: &RulingRequest,
        no: i64,
        payment: &PaymentRef,
    ) -> Result<Ruled, RulingError> {
        let cash = self.waiting_cash(no)?;
        let mut sale = self.sale_of(cash.sale)?;
        let payment = self.named_by(None, payment).ok_or(RulingError::NoSuchPayment)?;
        let row = self.payment(payment).ok_or(RulingError::NoSuchPayment)?;
        let account = row.payment.account;
        let retailer = self.shared.retailer_for(&self.directory, account, cash.retailer);
        // The till may take its sale back as long as it could have without us.
        let received_at = sale.sale.received_at;
        let final_after = retailer.map_or(received_at, |retailer| {
            let contract = &retailer.contract;
            received_at.plus(contract.reversal_window).plus(contract.transport_max)
        });
        let found = Found {
            sale: cash.sale,
            retailer: cash.retailer,
            till_at: sale.sale.till_at,
            business_date: cash.business_date,
            final_after,
            cash: cash.amount,
        };
        let state = row.payment.state.name();
        let decision = self.decide_on(&row.payment, Command::Match(found), request.received_at);
        match decision.map_err(|why| RulingError::Refused { state, why })? {
            Decision::Change(change) => {
                self.apply(payment, &change, &cause(request, &request.reason, cash.sale));
            }
            // What waits has paid nothing yet.
            Decision::Replay | Decision::Unapplied(_) => {
                return Err(RulingError::Unavailable(Unavailable::Storage));
            }
        }
        sale.sale.payment = Some(payment);
        sale.sale.state = SaleState::Booked;
        self.put_sale(sale, false);
        self.close_cash(&cash, UnappliedState::Matched);
        Ok(self.ruled(UnappliedState::Matched.name(), &cash, Some(payment)))
    }

    fn refund_cash(
        &mut self,
        request: &RulingRequest,
        no: i64,
        bank_reference: &str,
    ) -> Result<Ruled, RulingError> {
        let cash = self.waiting_cash(no)?;
        let entries = ledger::refunded(cash.retailer, cash.amount);
        let reason = format!("transfer {bank_reference}: {}", request.reason);
        let cause = cause(request, &reason, cash.sale);
        self.record(cash.payment, EventKind::UnappliedRefunded, &entries, &cause);
        self.close_cash(&cash, UnappliedState::Refunded);
        Ok(self.ruled(UnappliedState::Refunded.name(), &cash, cash.payment))
    }

    fn accept_dispute(&mut self, request: &RulingRequest, no: i64) -> Result<Ruled, RulingError> {
        let dispute = self.waiting_dispute(no)?;
        let sale = self.sale_of(dispute.sale)?;
        let ruled = match sale.sale.state {
            SaleState::Unapplied => self.give_back_unapplied(request, sale)?,
            SaleState::Booked => self.claw_back(request, &sale)?,
            SaleState::Reserved
            | SaleState::Refused
            | SaleState::Released
            | SaleState::Reversed
            | SaleState::Tombstone => return Err(RulingError::NothingBooked),
        };
        self.close_dispute(dispute, DisputeState::Accepted);
        Ok(Ruled { state: DisputeState::Accepted.name(), ..ruled })
    }

    /// What the merchant got goes back to the retailer, and no fee is due on it.
    pub(super) fn claw_back(
        &mut self,
        request: &RulingRequest,
        sale: &SaleRow,
    ) -> Result<Ruled, RulingError> {
        let no = sale.sale.payment.ok_or(RulingError::NothingBooked)?;
        let row = self.payment(no).ok_or(RulingError::NothingBooked)?;
        if row.payment.state.taking().is_none_or(|taking| taking.sale != sale.sale.no) {
            return Err(RulingError::NothingBooked);
        }
        let state = row.payment.state.name();
        let decision = self.decide_on(&row.payment, Command::ClawBack, request.received_at);
        match decision.map_err(|why| RulingError::Refused { state, why })? {
            Decision::Change(change) => {
                self.apply(no, &change, &cause(request, &request.reason, sale.sale.no));
            }
            // The retailer's file was first.
            Decision::Replay | Decision::Unapplied(_) => {}
        }
        let payment = self.payment(no).map(|row| (row.payment.id, row.payment.state.name()));
        Ok(Ruled { state: "", amount: sale.sale.amount, payment, refund: None })
    }

    /// The retailer gave cash back that had paid nothing: as if the reversal had been in time.
    pub(super) fn give_back_unapplied(
        &mut self,
        request: &RulingRequest,
        mut sale: SaleRow,
    ) -> Result<Ruled, RulingError> {
        let cash = self.loaded.unapplied.get(&sale.sale.no).cloned();
        let cash = cash.filter(|cash| cash.state == UnappliedState::Open);
        let cash = cash.ok_or(RulingError::NothingBooked)?;
        let booked = ledger::unapplied(cash.retailer, cash.business_date, cash.amount);
        let entries = ledger::mirrored(booked);
        let cause = cause(request, &request.reason, cash.sale);
        self.record(cash.payment, EventKind::UnappliedReversed, &entries, &cause);
        sale.sale.state = SaleState::Reversed;
        self.put_sale(sale, false);
        self.close_cash(&cash, UnappliedState::Reversed);
        Ok(self.ruled("", &cash, cash.payment))
    }

    fn reject_dispute(&mut self, request: &RulingRequest, no: i64) -> Result<Ruled, RulingError> {
        let dispute = self.waiting_dispute(no)?;
        let sale = self.sale_of(dispute.sale)?;
        let cause = cause(request, &request.reason, dispute.sale);
        self.record(dispute.payment, EventKind::DisputeRejected, &[], &cause);
        let payment = dispute.payment.and_then(|no| self.payment(no));
        let payment = payment.map(|row| (row.payment.id, row.payment.state.name()));
        self.close_dispute(dispute, DisputeState::Rejected);
        let (state, amount) = (DisputeState::Rejected.name(), sale.sale.amount);
        Ok(Ruled { state, amount, payment, refund: None })
    }

    pub(super) fn waiting_cash(&self, no: i64) -> Result<UnappliedRow, RulingError> {
        let cash = self.loaded.unapplied.values().find(|cash| cash.no == no);
        let cash = cash.ok_or(RulingError::UnknownCash(no))?;
        match cash.state {
            UnappliedState::Open => Ok(cash.clone()),
            UnappliedState::Matched
            | UnappliedState::Refunded
            | UnappliedState::Reversed
            | UnappliedState::Promised
            | UnappliedState::PaidOut => {
                Err(RulingError::CashDone { no, state: cash.state.name() })
            }
        }
    }

    fn waiting_dispute(&self, no: i64) -> Result<DisputeRow, RulingError> {
        let dispute = self.loaded.disputes.get(&no).ok_or(RulingError::UnknownDispute(no))?;
        match dispute.state {
            DisputeState::Open => Ok(dispute.clone()),
            DisputeState::Accepted | DisputeState::Rejected => {
                Err(RulingError::DisputeDone { no, state: dispute.state.name() })
            }
        }
    }

    fn sale_of(&self, no: SaleNo) -> Result<SaleRow, RulingError> {
        let sale = self.loaded.sales.values().find(|row| row.sale.no == no);
        sale.cloned().ok_or(RulingError::Unavailable(Unavailable::Storage))
    }

    pub(super) fn close_cash(&mut self, cash: &UnappliedRow, state: UnappliedState) {
        let cash = UnappliedRow { state, ..cash.clone() };
        self.loaded.unapplied.insert(cash.sale, cash.clone());
        self.writes.unapplied_changed.push(cash);
    }

    fn close_dispute(&mut self, dispute: DisputeRow, state: DisputeState) {
        let dispute = DisputeRow { state, ..dispute };
        self.loaded.disputes.insert(dispute.no, dispute.clone());
        self.writes.disputes_changed.push(dispute);
    }

    pub(super) fn ruled(
        &self,
        state: &'static str,
        cash: &UnappliedRow,
        payment: Option<domain::ids::PaymentNo>,
    ) -> Ruled {
        let payment = payment.and_then(|no| self.payment(no));
        let payment = payment.map(|row| (row.payment.id, row.payment.state.name()));
        Ruled { state, amount: cash.amount, payment, refund: None }
    }
}

fn cause<'a>(request: &RulingRequest, reason: &'a str, sale: SaleNo) -> Cause<'a> {
    Cause {
        actor: Actor::Operator,
        reason: Some(reason),
        sale: Some(sale),
        at: request.received_at,
    }
}
