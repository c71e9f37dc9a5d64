//! Taking a sale back: in time, too late, or before it came.

use domain::{
    event::EventKind,
    ids::SaleNo,
    ledger,
    payment::{Command, Decision, Refusal, ReversalRefused, decide},
    retailer::ReversalOfUnknown,
    sale::SaleState,
};
use storage::{DisputeRow, DisputeState, SaleRow, UnappliedState};

use super::{super::batch::Batch, matter::Matter};
use crate::request::{Approved, CounterReply, Unavailable};

impl Batch<'_> {
    pub(super) fn reversal(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let Some(standing) = &matter.standing else {
            return self.reverse_unknown(matter);
        };
        let mut row = standing.clone();
        let outcome = match row.sale.state {
            SaleState::Refused | SaleState::Released if matter.is_of_another_day() => {
                return self.bury(matter);
            }
            // Nothing was booked; the number is dead from now on.
            SaleState::Refused | SaleState::Released => {
                Ok((SaleState::Tombstone, Approved::Reversed))
            }
            SaleState::Unapplied => self.reverse_unapplied(matter, &row),
            SaleState::Reserved | SaleState::Booked => self.reverse_booked(matter, row.sale.no),
            SaleState::Reversed | SaleState::Tombstone => return self.repeat(matter),
        };
        match outcome {
            Ok((state, approved)) => {
                row.sale.state = state;
                self.answer_reversal(matter, row, Ok(approved), false)
            }
            // A slip of the amount may be mended; only a real refusal is remembered.
            Err(refusal @ Refusal::WrongAmount { .. }) => {
                self.say(matter.request, matter.payment, Err(refusal))
            }
            Err(_) if row.reversal_answer.is_some() => self.repeat(matter),
            Err(refusal) => {
                self.dispute(matter, row.sale.no, refusal)?;
                self.answer_reversal(matter, row, Err(refusal), false)
            }
        }
    }

    pub(super) fn reverse_booked(
        &mut self,
        matter: &Matter<'_>,
        sale: SaleNo,
    ) -> Result<(SaleState, Approved), Refusal> {
        // An operator may have put the sale's cash to a payment with another code.
        let booked = matter.standing.as_ref().and_then(|row| row.sale.payment);
        let no = booked.or(matter.payment).ok_or(Refusal::UnknownSale)?;
        let row = self.payment(no).ok_or(Refusal::UnknownSale)?;
        let command = Command::Reverse { take: matter.take(sale), amount: matter.amount() };
        match decide(&row.payment, command, matter.request.received_at)? {
            Decision::Change(change) => {
                self.apply(no, &change, &matter.cause(sale));
                self.take_matched_back(sale);
                Ok((SaleState::Reversed, Approved::Reversed))
            }
            Decision::Replay | Decision::Unapplied(_) => {
                Ok((SaleState::Reversed, Approved::Reversed))
            }
        }
    }

    /// A sale that was taken back has no cash any more: neither has the record of it that an operator
    /// had put to a payment.
    fn take_matched_back(&mut self, sale: SaleNo) {
        let Some(cash) = self.loaded.unapplied.get_mut(&sale) else { return };
        if cash.state == UnappliedState::Matched {
            cash.state = UnappliedState::Reversed;
            self.writes.unapplied_changed.push(cash.clone());
        }
    }

    /// Unapplied cash goes back to the payer within the same window as a payment would.
    pub(super) fn reverse_unapplied(
        &mut self,
        matter: &Matter<'_>,
        row: &SaleRow,
    ) -> Result<(SaleState, Approved), Refusal> {
        let refused = |why| Err(Refusal::ReversalRefused(why));
        let contract = &matter.retailer.contract;
        let latest =
            row.sale.received_at.plus(contract.reversal_window).plus(contract.transport_max);
        let age = matter.request.till_at.since(row.sale.till_at);
        if matter.amount() != row.sale.amount {
            return Err(Refusal::WrongAmount { owed: row.sale.amount, offered: matter.amount() });
        }
        if contract.reversal_window.is_zero()
            || age > contract.reversal_window
            || matter.request.received_at > latest
        {
            return refused(ReversalRefused::WindowClosed);
        }
        let Some(cash) = self.loaded.unapplied.get(&row.sale.no).cloned() else {
            return refused(ReversalRefused::Final);
        };
        if cash.state != UnappliedState::Open {
            return refused(ReversalRefused::Final);
        }
        let entries =
            ledger::mirrored(ledger::unapplied(cash.retailer, cash.business_date, cash.amount));
        self.record(
            cash.payment,
            EventKind::UnappliedReversed,
            &entries,
            &matter.cause(row.sale.no),
        );
        // Where the same batch booked it, its row is written first and changed then.
        self.close_cash(&cash, UnappliedState::Reversed);
        Ok((SaleState::Reversed, Approved::Reversed))
    }

    /// A reversal of a sale nobody heard of: it may have overtaken its payment.
    pub(super) fn reverse_unknown(
        &mut self,
        matter: &Matter<'_>,
    ) -> Result<CounterReply, Unavailable> {
        let sale = self.sale_no(matter);
        let row = self.sale_row(matter, sale, SaleState::Tombstone);
        let paid_by_other = matter
            .payment
            .and_then(|no| self.payment(no))
            .is_some_and(|row| row.payment.state.taking().is_some());
        let refused = |why| Err(Refusal::ReversalRefused(why));
        let outcome = match matter.retailer.contract.reversal_of_unknown {
            _ if paid_by_other => refused(ReversalRefused::OtherSale),
            ReversalOfUnknown::Refuse => refused(ReversalRefused::Nothing),
            ReversalOfUnknown::Remember => Ok(Approved::Remembered),
        };
        if let Err(refusal) = outcome {
            self.dispute(matter, sale, refusal)?;
        }
        self.answer_reversal(matter, row, outcome, true)
    }

    /// Takes back a sale that came to nothing the day before. The tombstone lies under the message's
    /// own date: there it stops yesterday's sale, which gives way to it, and as well one of today
    /// that has the same number and code, if this reversal has overtaken that.
    fn bury(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let fresh = matter.as_new();
        let sale = self.sale_no(&fresh);
        let row = self.sale_row(&fresh, sale, SaleState::Tombstone);
        self.answer_reversal(&fresh, row, Ok(Approved::Reversed), true)
    }

    pub(super) fn answer_reversal(
        &mut self,
        matter: &Matter<'_>,
        mut row: SaleRow,
        outcome: Result<Approved, Refusal>,
        is_new: bool,
    ) -> Result<CounterReply, Unavailable> {
        let (body, answer) = self.render(matter.request, matter.payment, outcome)?;
        row.reversal_answer = Some(self.seal_answer(&mut row.data_key, matter, &body)?);
        self.put_sale(row, is_new);
        Ok(CounterReply { body, answer: Some(answer) })
    }

    /// A refused reversal waits for an operator, with the message as it came (rule 8).
    pub(super) fn dispute(
        &mut self,
        matter: &Matter<'_>,
        sale: SaleNo,
        why: Refusal,
    ) -> Result<(), Unavailable> {
        let request = matter.request;
        self.tail.sequences.dispute += 1;
        let raw = self.seal(self.merchant_of(matter.payment), request.received_at, &request.raw)?;
        self.writes.disputes.push(DisputeRow {
            no: self.tail.sequences.dispute,
            shard: self.shard_of(matter),
            sale,
            payment: matter.payment,
            received_at: request.received_at,
            why: why.to_string(),
            raw,
            state: DisputeState::Open,
        });
        self.record(matter.payment, EventKind::Disputed, &[], &matter.cause(sale));
        tracing::warn!(sale = %request.sale.own.sale, code = %request.code, %why, "a reversal was refused");
        Ok(())
    }
}
