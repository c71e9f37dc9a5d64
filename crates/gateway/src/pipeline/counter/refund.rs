//! What counters do with refund codes (rule 35): reserve, commit, take back. The sale's row is of the
//! same kind as a payment's, under the same unique key, so that one number is never both, and what
//! was answered is repeated byte for byte (rules 1, 2 and 17).

use bytes::Bytes;
use domain::{
    payment::{Refusal, ReversalRefused},
    refund::{RefundCommand, RefundDecision, RefundRefusal, RefundState, decide, holds},
    retailer::ReversalOfUnknown,
    sale::{Meeting, Operation, SaleState, meet},
};
use storage::{RefundRow, SaleRow};

use super::{
    super::{batch::Batch, refund::Hand},
    matter::Matter,
};
use crate::{
    directory::Secret,
    request::{Approved, CounterAnswer, CounterReply, CounterRequest, Unavailable},
};

impl Batch<'_> {
    /// Answers a counter that is about to hand cash over.
    pub(in super::super) fn pay_out_code(
        &mut self,
        request: &CounterRequest,
        pin: &Secret,
    ) -> Result<CounterReply, Unavailable> {
        let Some(matter) = self.matter(request) else {
            let refusal = Refusal::NotPayableHere { retailer: request.retailer };
            return Ok(self.say_refund(request, None, Err(refusal)));
        };
        if crate::refunds::is_refund_code(&self.directory.pools, &request.code) {
            return self.refund_message(&matter, Some(pin));
        }
        // The payment's counter would be told where to go; here nothing is to be paid.
        let is_known = matter.payment.and_then(|no| self.payable_row(no, &matter)).is_some();
        let conflicts = matter.standing.as_ref().is_some_and(|row| row.sale.code != request.code);
        let refusal = match (conflicts, is_known) {
            (true, _) => Refusal::SaleConflict,
            (false, true) => Refusal::Refund(RefundRefusal::TakesIn),
            (false, false) => Refusal::UnknownCode,
        };
        self.say(request, matter.payment.filter(|_| is_known && !conflicts), Err(refusal))
    }

    /// Answers a message about a refund code.
    pub(super) fn refund_message(
        &mut self,
        matter: &Matter<'_>,
        pin: Option<&Secret>,
    ) -> Result<CounterReply, Unavailable> {
        let request = matter.request;
        let row = self.loaded.refunds.values().find(|row| row.code == request.code).cloned();
        let standing = matter.standing.as_ref().map(|row| &row.sale);
        let conflicts = standing.is_some_and(|sale| sale.code != request.code);
        match (request.operation, &row) {
            // The same for ever, so that nothing need be stored.
            (Operation::Payment | Operation::Advice, Some(_)) if !conflicts => {
                let refusal = Refusal::Refund(RefundRefusal::PaysOut);
                return Ok(self.say_refund(request, row.as_ref(), Err(refusal)));
            }
            (Operation::Payment | Operation::Advice, None) if !conflicts => {
                return Ok(self.say_refund(request, None, Err(Refusal::UnknownCode)));
            }
            (_, _) => {}
        }
        let amount = request.amount.filter(|_| request.operation == Operation::Payout);
        match meet(standing, request.operation, &request.code, amount) {
            Meeting::Conflict => Ok(self.say_refund(request, None, Err(Refusal::SaleConflict))),
            Meeting::TakenBack if request.operation == Operation::Commit => {
                self.commit_taken_back(matter, row.as_ref())
            }
            Meeting::TakenBack => {
                Ok(self.say_refund(request, row.as_ref(), Err(Refusal::SaleReversed)))
            }
            Meeting::Repeat => match given_up(matter, row.as_ref()) {
                Some(refusal) => Ok(self.say_refund(request, row.as_ref(), Err(refusal))),
                None => self.repeat(matter),
            },
            Meeting::First | Meeting::Anew => match request.operation {
                Operation::Payout => self.reserve_refund(matter, row, pin),
                Operation::Commit => self.commit_refund(matter, row.as_ref()),
                Operation::Reversal => self.reverse_refund(matter, row),
                // An inquiry is answered before it comes here, the others above.
                Operation::Inquiry | Operation::Payment | Operation::Advice => {
                    Err(Unavailable::Storage)
                }
            },
        }
    }

    fn reserve_refund(
        &mut self,
        matter: &Matter<'_>,
        row: Option<RefundRow>,
        pin: Option<&Secret>,
    ) -> Result<CounterReply, Unavailable> {
        let request = matter.request;
        let sale = self.sale_no(matter);
        let is_on = self.shared.settings.refund_codes.is_some();
        let outcome = match &row {
            None => Err(Refusal::UnknownCode),
            Some(_) if !is_on => Err(Refusal::NotPayableHere { retailer: request.retailer }),
            Some(row) => {
                let pin_fits =
                    pin.is_some_and(|pin| self.shared.pins.fits(&row.code, pin, &row.pin));
                let amount = matter.amount();
                let command = RefundCommand::PayOut { take: matter.take(sale), amount, pin_fits };
                match decide(&row.refund, command, request.received_at) {
                    Ok(RefundDecision::Replay) => Ok(()),
                    Ok(RefundDecision::Change(change)) => {
                        let note = Self::at_counter(sale, matter.retailer.key);
                        let hand =
                            Hand { actor: matter.actor, note: &note, at: request.received_at };
                        self.change_refund(row.no, &change, &hand)?;
                        change.told
                    }
                    Err(refusal) => Err(refusal),
                }
            }
        };
        let state = if outcome.is_ok() { SaleState::Reserved } else { SaleState::Refused };
        let now = row.and_then(|row| self.loaded.refunds.get(&row.no).cloned());
        let outcome = outcome.and_then(|()| approved(now.as_ref()));
        let mut of_sale = self.sale_row(matter, sale, state);
        let (body, answer) = self.render_refund(request, now.as_ref(), outcome);
        of_sale.answer = Some(self.seal_answer(&mut of_sale.data_key, matter, &body)?);
        self.put_sale(of_sale, matter.standing.is_none());
        Ok(CounterReply { body, answer: Some(answer) })
    }

    fn commit_refund(
        &mut self,
        matter: &Matter<'_>,
        row: Option<&RefundRow>,
    ) -> Result<CounterReply, Unavailable> {
        let request = matter.request;
        let (Some(standing), Some(row)) = (&matter.standing, row) else {
            return Ok(self.say_refund(request, row, Err(Refusal::UnknownSale)));
        };
        if standing.commit_answer.is_some() {
            return self.repeat(matter);
        }
        let mut of_sale = standing.clone();
        let sale = of_sale.sale.no;
        if let (SaleState::Refused, Some(bytes)) = (of_sale.sale.state, &of_sale.answer) {
            return self.shared.repeated(of_sale.data_key, bytes);
        }
        let decision = decide(&row.refund, RefundCommand::Commit { sale }, request.received_at);
        let outcome = match decision {
            Ok(decision) => {
                if let RefundDecision::Change(change) = decision {
                    let note = Self::at_counter(sale, of_sale.sale.retailer);
                    let hand = Hand { actor: matter.actor, note: &note, at: request.received_at };
                    self.change_refund(row.no, &change, &hand)?;
                }
                of_sale.sale.state = SaleState::Booked;
                Ok(())
            }
            Err(refusal) => {
                // Persons said that this pay-out did not take place, and the till says that it did.
                self.dispute(matter, sale, refusal)?;
                Err(refusal)
            }
        };
        let now = self.loaded.refunds.get(&row.no).cloned();
        let outcome = outcome.and_then(|()| approved(now.as_ref()));
        let (body, answer) = self.render_refund(request, now.as_ref(), outcome);
        of_sale.commit_answer = Some(self.seal_answer(&mut of_sale.data_key, matter, &body)?);
        self.put_sale(of_sale, false);
        Ok(CounterReply { body, answer: Some(answer) })
    }

    /// A till says that it handed over what it had taken back: the payer may have the cash, and the code
    /// is open to others. The answer is that of every reversed sale (rule 2), and somebody has to look.
    fn commit_taken_back(
        &mut self,
        matter: &Matter<'_>,
        row: Option<&RefundRow>,
    ) -> Result<CounterReply, Unavailable> {
        let refusal = Refusal::SaleReversed;
        let standing = matter.standing.clone();
        let reversed = standing.filter(|row| row.sale.state == SaleState::Reversed);
        let Some(mut of_sale) = reversed else {
            return Ok(self.say_refund(matter.request, row, Err(refusal)));
        };
        if of_sale.commit_answer.is_some() {
            return self.repeat(matter);
        }
        self.dispute(matter, of_sale.sale.no, refusal)?;
        let (body, answer) = self.render_refund(matter.request, row, Err(refusal));
        of_sale.commit_answer = Some(self.seal_answer(&mut of_sale.data_key, matter, &body)?);
        self.put_sale(of_sale, false);
        Ok(CounterReply { body, answer: Some(answer) })
    }

    fn reverse_refund(
        &mut self,
        matter: &Matter<'_>,
        row: Option<RefundRow>,
    ) -> Result<CounterReply, Unavailable> {
        let Some(standing) = matter.standing.clone() else {
            return self.bury_refund(matter, row.as_ref());
        };
        let mut of_sale = standing;
        let sale = of_sale.sale.no;
        match of_sale.sale.state {
            SaleState::Refused | SaleState::Released if matter.is_of_another_day() => {
                return self.bury_refund(&matter.as_new(), row.as_ref());
            }
            // Nothing was handed over; the number is dead from now on.
            SaleState::Refused | SaleState::Released => {
                of_sale.sale.state = SaleState::Tombstone;
                let done = Ok(Approved::PayoutReversed);
                return self.answer_refund_reversal(matter, of_sale, row.as_ref(), done, false);
            }
            SaleState::Reserved
            | SaleState::Booked
            | SaleState::Unapplied
            | SaleState::Reversed
            | SaleState::Tombstone => {}
        }
        if matter.amount() != of_sale.sale.amount {
            let (owed, offered) = (of_sale.sale.amount, matter.amount());
            let refusal = Refusal::WrongAmount { owed, offered };
            return Ok(self.say_refund(matter.request, row.as_ref(), Err(refusal)));
        }
        let Some(row) = row else { return Err(Unavailable::Storage) };
        let decision =
            decide(&row.refund, RefundCommand::Reverse { sale }, matter.request.received_at);
        let outcome = match decision {
            Ok(decision) => {
                if let RefundDecision::Change(change) = decision {
                    let note = Self::at_counter(sale, of_sale.sale.retailer);
                    let at = matter.request.received_at;
                    self.change_refund(
                        row.no,
                        &change,
                        &Hand { actor: matter.actor, note: &note, at },
                    )?;
                }
                of_sale.sale.state = SaleState::Reversed;
                Ok(Approved::PayoutReversed)
            }
            Err(_) if of_sale.reversal_answer.is_some() => return self.repeat(matter),
            Err(refusal) => {
                self.dispute(matter, sale, refusal)?;
                Err(refusal)
            }
        };
        let now = self.loaded.refunds.get(&row.no).cloned();
        self.answer_refund_reversal(matter, of_sale, now.as_ref(), outcome, false)
    }

    /// A reversal that overtook its pay-out: the pay-out is refused when it comes.
    fn bury_refund(
        &mut self,
        matter: &Matter<'_>,
        row: Option<&RefundRow>,
    ) -> Result<CounterReply, Unavailable> {
        let sale = self.sale_no(matter);
        let of_sale = self.sale_row(matter, sale, SaleState::Tombstone);
        let outcome = match matter.retailer.contract.reversal_of_unknown {
            ReversalOfUnknown::Refuse => Err(Refusal::ReversalRefused(ReversalRefused::Nothing)),
            ReversalOfUnknown::Remember => Ok(Approved::PayoutReversed),
        };
        if let Err(refusal) = outcome {
            self.dispute(matter, sale, refusal)?;
        }
        self.answer_refund_reversal(matter, of_sale, row, outcome, true)
    }

    fn answer_refund_reversal(
        &mut self,
        matter: &Matter<'_>,
        mut of_sale: SaleRow,
        row: Option<&RefundRow>,
        outcome: Result<Approved, Refusal>,
        is_new: bool,
    ) -> Result<CounterReply, Unavailable> {
        let (body, answer) = self.render_refund(matter.request, row, outcome);
        of_sale.reversal_answer = Some(self.seal_answer(&mut of_sale.data_key, matter, &body)?);
        self.put_sale(of_sale, is_new);
        Ok(CounterReply { body, answer: Some(answer) })
    }

    /// Answers without storing anything.
    fn say_refund(
        &self,
        request: &CounterRequest,
        row: Option<&RefundRow>,
        outcome: Result<Approved, Refusal>,
    ) -> CounterReply {
        let (body, answer) = self.render_refund(request, row, outcome);
        CounterReply { body, answer: Some(answer) }
    }

    fn render_refund(
        &self,
        request: &CounterRequest,
        row: Option<&RefundRow>,
        outcome: Result<Approved, Refusal>,
    ) -> (Bytes, CounterAnswer) {
        let answer = self.shared.refund_answer(row, outcome);
        (Bytes::from((request.render)(request, &answer)), answer)
    }
}

/// What a till is told of a refund code that its own sale has brought so far.
fn approved(row: Option<&RefundRow>) -> Result<Approved, Refusal> {
    match row.map(|row| row.refund.state) {
        Some(RefundState::Reserved(pay_out) | RefundState::Suspect(Some(pay_out))) => {
            Ok(Approved::PayoutReserved { approval_code: pay_out.approval_code() })
        }
        Some(RefundState::Paid(pay_out, paid_at)) => {
            Ok(Approved::PaidOut { approval_code: pay_out.approval_code(), paid_at })
        }
        Some(RefundState::Open | RefundState::Suspect(None) | RefundState::Closed(..)) | None => {
            Err(Refusal::UnknownSale)
        }
    }
}

/// Why a sale that reserved the code is not told so again.
fn given_up(matter: &Matter<'_>, row: Option<&RefundRow>) -> Option<Refusal> {
    let sale = matter.standing.as_ref().map(|row| &row.sale);
    let sale = sale.filter(|sale| sale.state == SaleState::Reserved)?;
    holds(&row?.refund, sale.no).err()
}
