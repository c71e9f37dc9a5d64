//! What counters say: how each message meets its sale, and what it does to its payment.

mod answer;
mod from_file;
mod matter;
mod refund;
mod reversal;
mod rows;

use domain::{
    ids::SaleNo,
    payment::{Command, Decision, Refusal, Siblings, State, advise_unknown},
    sale::{Meeting, Operation, SaleState, meet},
};
use storage::{InquiryRow, SaleRow};

pub(crate) use self::answer::{approved, inquired, unapplied as booked_as_unapplied};
pub(super) use self::from_file::Booked;
use self::{
    answer::{unapplied, visible},
    matter::Matter,
};
use super::batch::Batch;
use crate::request::{Approved, CounterReply, CounterRequest, Unavailable};

impl Batch<'_> {
    /// Answers a counter's message.
    pub(super) fn counter(
        &mut self,
        request: &CounterRequest,
    ) -> Result<CounterReply, Unavailable> {
        let Some(mut matter) = self.matter(request) else {
            return self.say(
                request,
                None,
                Err(Refusal::NotPayableHere { retailer: request.retailer }),
            );
        };
        if crate::refunds::is_refund_code(&self.directory.pools, &request.code) {
            return self.refund_message(&matter, None);
        }
        self.recognise(&mut matter);
        let sale = matter.standing.as_ref().map(|row| &row.sale);
        let amount = match request.operation {
            Operation::Payment | Operation::Advice => request.amount,
            Operation::Inquiry | Operation::Commit | Operation::Reversal | Operation::Payout => {
                None
            }
        };
        match meet(sale, request.operation, &request.code, amount) {
            Meeting::Conflict => self.say(request, None, Err(Refusal::SaleConflict)),
            Meeting::TakenBack => self.say(request, matter.payment, Err(Refusal::SaleReversed)),
            Meeting::Repeat => self.repeat(&matter),
            Meeting::First | Meeting::Anew => match request.operation {
                Operation::Inquiry => self.inquiry(&matter),
                Operation::Payment => self.pay(&matter),
                Operation::Advice => self.advice(&matter),
                Operation::Commit => self.commit(&matter),
                Operation::Reversal => self.reversal(&matter),
                // It comes with a PIN, by a way of its own.
                Operation::Payout => Err(Unavailable::Storage),
            },
        }
    }

    /// The stored answer, byte for byte (rule 2).
    fn repeat(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let Some(row) = &matter.standing else { return Err(Unavailable::Storage) };
        let stored = match matter.request.operation {
            Operation::Reversal => row.reversal_answer.as_ref(),
            Operation::Commit => row.commit_answer.as_ref(),
            Operation::Inquiry | Operation::Payment | Operation::Advice | Operation::Payout => {
                row.answer.as_ref()
            }
        };
        if let Some(bytes) = stored {
            return self.shared.repeated(row.data_key, bytes);
        }
        // Answers are kept 400 days (rule 1); what is older is told from the rows.
        let outcome = self.told_from_rows(row);
        self.say(matter.request, row.sale.payment, outcome)
    }

    fn told_from_rows(&self, row: &SaleRow) -> Result<Approved, Refusal> {
        match row.sale.state {
            SaleState::Booked | SaleState::Reserved => {
                row.sale.payment.and_then(|no| self.approved(no)).ok_or(Refusal::UnknownSale)
            }
            SaleState::Unapplied => Ok(unapplied(&row.sale)),
            SaleState::Reversed | SaleState::Tombstone => Ok(Approved::Reversed),
            SaleState::Refused | SaleState::Released => Err(Refusal::UnknownSale),
        }
    }

    fn inquiry(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let request = matter.request;
        let key = (request.partner, request.sale.own.sale.clone());
        let asked = self.loaded.inquiries.get(&key);
        if asked.is_some_and(|asked| asked.code != request.code) {
            return self.say(request, None, Err(Refusal::SaleConflict));
        }
        let first = asked.is_none();
        let payment = matter.payment.and_then(|no| self.payment(no)).map(|row| &row.payment);
        let outcome = inquired(
            payment,
            payment.map_or(Siblings::Idle, |payment| self.siblings_of(payment)),
            &matter.take(SaleNo::new(0)),
            request.received_at,
        );
        if let (Ok(_), Some(no), true) = (&outcome, matter.payment, first)
            && let Some((shard, total)) =
                self.payment(no).map(|row| (row.shard, row.payment.total()))
        {
            self.tail.sequences.inquiry += 1;
            let row = InquiryRow {
                no: self.tail.sequences.inquiry,
                shard,
                partner: request.partner,
                key: request.sale.own.sale.clone(),
                code: request.code,
                payment: no,
                total,
                till_at: request.till_at,
                received_at: request.received_at,
            };
            self.loaded.inquired.entry((request.partner, no)).or_insert(request.received_at);
            self.loaded.inquiries.insert(key, row.clone());
            self.tell_inquired(request, &row);
            self.writes.inquiries.push(row);
        }
        self.say(request, matter.payment, outcome)
    }

    fn pay(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let sale = self.sale_no(matter);
        let decision = match matter.payment.and_then(|no| self.payable_row(no, matter)) {
            Some(row) => {
                let command = Command::Pay(matter.offer(sale));
                self.decide_on(&row.payment, command, matter.request.received_at)
            }
            None => Err(Refusal::UnknownCode),
        };
        self.settle_sale(matter, sale, decision)
    }

    fn advice(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        if let Err(refusal) = matter.advice_may_create() {
            // What was declined stays declined; what is unknown stays unknown. Neither is stored:
            // an inquiry or a payment may still come.
            let refused =
                matter.standing.as_ref().is_some_and(|row| row.sale.state == SaleState::Refused);
            return if refused {
                self.repeat(matter)
            } else {
                let refusal = if matter.payment.is_some() { refusal } else { Refusal::UnknownCode };
                self.say(matter.request, matter.payment, Err(refusal))
            };
        }
        let sale = self.sale_no(matter);
        let now = matter.request.received_at;
        let decision = match matter.payment.and_then(|no| self.payment(no)) {
            Some(row) => self.decide_on(&row.payment, Command::Advise(matter.offer(sale)), now),
            None => match advise_unknown(&matter.take(sale), matter.amount(), now) {
                Ok(decision) => Ok(decision),
                Err(refusal) => return self.say(matter.request, None, Err(refusal)),
            },
        };
        self.settle_sale(matter, sale, decision)
    }

    /// Carries out what was decided about a payment or advice, and stores sale and answer.
    fn settle_sale(
        &mut self,
        matter: &Matter<'_>,
        sale: SaleNo,
        decision: Result<Decision, Refusal>,
    ) -> Result<CounterReply, Unavailable> {
        let mut row = self.sale_row(matter, sale, SaleState::Booked);
        let outcome = match decision {
            Ok(Decision::Change(change)) => {
                if let State::Reserved(_) = change.state {
                    row.sale.state = SaleState::Reserved;
                }
                if let Some(no) = matter.payment {
                    self.apply(no, &change, &matter.cause(sale));
                }
                matter.payment.and_then(|no| self.approved(no)).ok_or(Refusal::UnknownSale)
            }
            Ok(Decision::Replay) => {
                matter.payment.and_then(|no| self.approved(no)).ok_or(Refusal::UnknownSale)
            }
            Ok(Decision::Unapplied(cash)) => {
                row.sale.state = SaleState::Unapplied;
                self.book_unapplied(matter, &row.sale, &cash);
                Ok(unapplied(&row.sale))
            }
            Err(refusal) => {
                row.sale.state = SaleState::Refused;
                Err(refusal)
            }
        };
        let payment = visible(matter.payment, outcome.as_ref().err());
        let (body, answer) = self.render(matter.request, payment, outcome)?;
        row.answer = Some(self.seal_answer(&mut row.data_key, matter, &body)?);
        self.put_sale(row, matter.standing.is_none());
        Ok(CounterReply { body, answer: Some(answer) })
    }

    fn commit(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let request = matter.request;
        let Some(standing) = &matter.standing else {
            return self.say(request, matter.payment, Err(Refusal::UnknownSale));
        };
        if standing.commit_answer.is_some() {
            return self.repeat(matter);
        }
        let mut row = standing.clone();
        let sale = row.sale.no;
        let decision = match row.sale.state {
            SaleState::Refused | SaleState::Unapplied => match &row.answer {
                Some(bytes) => return self.shared.repeated(row.data_key, bytes),
                None => Err(Refusal::UnknownSale),
            },
            SaleState::Reserved
            | SaleState::Booked
            | SaleState::Released
            | SaleState::Reversed
            | SaleState::Tombstone => match matter.payment.and_then(|no| self.payment(no)) {
                Some(held) => {
                    let command = Command::Commit(matter.take(sale));
                    self.decide_on(&held.payment, command, request.received_at)
                }
                None => Err(Refusal::UnknownSale),
            },
        };
        let outcome = match (decision, matter.payment) {
            (Ok(Decision::Change(change)), Some(no)) => {
                self.apply(no, &change, &matter.cause(sale));
                row.sale.state = SaleState::Booked;
                self.approved(no).ok_or(Refusal::UnknownSale)
            }
            (Ok(Decision::Replay), Some(no)) => self.approved(no).ok_or(Refusal::UnknownSale),
            (Ok(Decision::Unapplied(cash)), _) => {
                row.sale.state = SaleState::Unapplied;
                self.book_unapplied(matter, &row.sale, &cash);
                Ok(unapplied(&row.sale))
            }
            (Ok(Decision::Change(_) | Decision::Replay), None) => Err(Refusal::UnknownSale),
            (Err(refusal), _) => return self.say(request, matter.payment, Err(refusal)),
        };
        let (body, answer) = self.render(request, matter.payment, outcome)?;
        row.commit_answer = Some(self.seal_answer(&mut row.data_key, matter, &body)?);
        self.put_sale(row, false);
        Ok(CounterReply { body, answer: Some(answer) })
    }
}
