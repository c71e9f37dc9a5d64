//! What counters say: how each message meets its sale, and what it does to its payment.

use bytes::Bytes;
use domain::{
    event::{Actor, EventKind},
    ids::{PaymentNo, SaleNo},
    ledger,
    money::Rupiah,
    payment::{
        Command, Decision, Offer, Refusal, ReversalRefused, State, Take, Unapplied, advise_unknown,
        approval_code, decide,
    },
    retailer::{AdviceCreates, NetworkKey, Retailer, ReversalOfUnknown},
    sale::{Meeting, Operation, Sale, SaleState, meet},
    time::Timestamp,
};
use storage::{DisputeRow, InquiryRow, SaleRow, UnappliedRow, UnappliedState};

use super::batch::{Batch, Cause};
use crate::{
    directory::Directory,
    gateway::Shared,
    request::{Approved, Bill, CounterAnswer, CounterReply, CounterRequest, PaymentView, Unavailable},
    vault::NOBODY,
};

/// What a message is about, once everything is looked up.
struct Matter<'r> {
    request: &'r CounterRequest,
    retailer: Retailer,
    network: NetworkKey,
    payment: Option<PaymentNo>,
    standing: Option<SaleRow>,
    inquired_at: Option<Timestamp>,
    late_accepted: bool,
}

impl Matter<'_> {
    fn take(&self, sale: SaleNo) -> Take<'_> {
        Take {
            sale,
            retailer: &self.retailer,
            network: self.network,
            till_at: self.request.till_at,
        }
    }

    fn offer(&self, sale: SaleNo) -> Offer<'_> {
        Offer {
            take: self.take(sale),
            tendered: self.amount(),
            cash: self.request.cash,
            inquired_at: self.inquired_at,
            late_accepted: self.late_accepted,
        }
    }

    fn amount(&self) -> Rupiah {
        self.request.amount.unwrap_or(Rupiah::ZERO)
    }

    fn cause(&self, sale: SaleNo) -> Cause<'_> {
        Cause {
            actor: Actor::Partner(self.request.partner),
            reason: self.request.reason.as_deref(),
            sale: Some(sale),
            at: self.request.received_at,
        }
    }

    /// Whether an advice may book cash that no payment message announced.
    fn advice_may_create(&self) -> Result<(), Refusal> {
        let contract = &self.retailer.contract;
        let age = self.request.received_at.since(self.request.till_at);
        if age > contract.advice_max_age {
            return Err(Refusal::UnknownSale);
        }
        match contract.advice_creates {
            AdviceCreates::Always => Ok(()),
            AdviceCreates::Inquired if self.inquired_at.is_some() => Ok(()),
            AdviceCreates::Inquired if self.payment.is_some() => Err(Refusal::NeedsInquiry),
            AdviceCreates::Inquired | AdviceCreates::Never => Err(Refusal::UnknownSale),
        }
    }
}

impl Batch<'_> {
    /// Answers a counter's message.
    pub(super) fn counter(&mut self, request: &CounterRequest) -> Result<CounterReply, Unavailable> {
        let Some(matter) = self.matter(request) else {
            return self.say(request, None, Err(Refusal::NotPayableHere { retailer: request.retailer }));
        };
        let sale = matter.standing.as_ref().map(|row| &row.sale);
        let amount = match request.operation {
            Operation::Payment | Operation::Advice => request.amount,
            Operation::Inquiry | Operation::Commit | Operation::Reversal => None,
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
            },
        }
    }

    /// Looks up everything a message touches. Nothing when the retailer is not known here.
    fn matter<'r>(&self, request: &'r CounterRequest) -> Option<Matter<'r>> {
        let slot = self.directory.pools.slot(&request.code);
        let row = match slot {
            Some(slot) => self.in_slot(slot),
            None => self.loaded.foreign.get(&request.code).and_then(|no| self.payment(*no)),
        };
        // A slot on a later lap has another code; the old one is unknown (rule 12).
        let row = row.filter(|row| row.payment.code == request.code);
        let retailer = match row {
            Some(row) => {
                self.shared.retailer_for(&self.directory, row.payment.account, request.retailer)
            }
            None => self.shared.settings.retailers.get(request.retailer),
        }?;
        let network = match (slot, row) {
            (Some(slot), _) => self.network(slot.pool),
            (None, Some(row)) => self.shared.network_of(&row.payment),
            (None, None) => None,
        };
        let payment = row.map(|row| row.payment.no);
        let key = (request.partner, request.sale.clone());
        let standing = self.loaded.sales.get(&key).cloned().map(|mut row| {
            self.notice_release(&mut row);
            row
        });
        let account = row.and_then(|row| self.directory.account(row.payment.account));
        Some(Matter {
            request,
            network: network.unwrap_or(retailer.network),
            retailer: retailer.clone(),
            payment,
            standing,
            inquired_at: payment
                .and_then(|no| self.loaded.inquired.get(&(request.partner, no)).copied()),
            late_accepted: account.is_some_and(|account| {
                account.settings.late_payment == crate::directory::LatePayment::Accept
            }),
        })
    }

    /// A reservation is given up by the sweep, which looks at payments; its sale is told here.
    fn notice_release(&self, row: &mut SaleRow) {
        let payment = row.sale.payment.and_then(|no| self.payment(no));
        if row.sale.state == SaleState::Reserved
            && payment.is_some_and(|held| held.payment.state.holder() != Some(row.sale.no))
        {
            row.sale.state = SaleState::Released;
        }
    }

    /// The stored answer, byte for byte (rule 2).
    fn repeat(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let Some(row) = &matter.standing else { return Err(Unavailable::Storage) };
        let stored = match matter.request.operation {
            Operation::Reversal => row.reversal_answer.as_ref(),
            Operation::Commit => row.commit_answer.as_ref(),
            Operation::Inquiry | Operation::Payment | Operation::Advice => row.answer.as_ref(),
        };
        match stored {
            Some(bytes) => self.shared.repeated(row.data_key, bytes),
            // Answers are kept 400 days (rule 1); what is older is told from the rows.
            None => {
                let outcome = self.told_from_rows(row);
                self.say(matter.request, row.sale.payment, outcome)
            }
        }
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
        let key = (request.partner, request.sale.clone());
        let asked = self.loaded.inquiries.get(&key);
        if asked.is_some_and(|asked| asked.code != request.code) {
            return self.say(request, None, Err(Refusal::SaleConflict));
        }
        let first = asked.is_none();
        let outcome = self.shared.inquired(
            matter.payment.and_then(|no| self.payment(no)).map(|row| &row.payment),
            &matter.take(SaleNo::new(0)),
            request.received_at,
        );
        if let (Ok(_), Some(no), true) = (&outcome, matter.payment, first)
            && let Some((shard, total)) = self.payment(no).map(|row| (row.shard, row.payment.total()))
        {
            self.tail.sequences.inquiry += 1;
            let row = InquiryRow {
                no: self.tail.sequences.inquiry,
                shard,
                partner: request.partner,
                key: request.sale.clone(),
                code: request.code,
                payment: no,
                total,
                till_at: request.till_at,
                received_at: request.received_at,
            };
            self.loaded.inquired.entry((request.partner, no)).or_insert(request.received_at);
            self.loaded.inquiries.insert(key, row.clone());
            self.writes.inquiries.push(row);
        }
        self.say(request, matter.payment, outcome)
    }

    fn pay(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let sale = self.sale_no(matter);
        let decision = match matter.payment.and_then(|no| self.payable_row(no, matter)) {
            Some(row) => decide(&row.payment, Command::Pay(matter.offer(sale)), matter.request.received_at),
            None => Err(Refusal::UnknownCode),
        };
        self.settle_sale(matter, sale, decision)
    }

    fn advice(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        if let Err(refusal) = matter.advice_may_create() {
            // What was declined stays declined; what is unknown stays unknown. Neither is stored:
            // an inquiry or a payment may still come.
            let refused = matter.standing.as_ref().is_some_and(|row| row.sale.state == SaleState::Refused);
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
            Some(row) => decide(&row.payment, Command::Advise(matter.offer(sale)), now),
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
                    self.apply(no, change, &matter.cause(sale));
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
        let payment = self.visible(matter.payment, outcome.as_ref().err());
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
                    decide(&held.payment, Command::Commit(matter.take(sale)), request.received_at)
                }
                None => Err(Refusal::UnknownSale),
            },
        };
        let outcome = match (decision, matter.payment) {
            (Ok(Decision::Change(change)), Some(no)) => {
                self.apply(no, change, &matter.cause(sale));
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

    fn reversal(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
        let Some(standing) = &matter.standing else {
            return self.reverse_unknown(matter);
        };
        let mut row = standing.clone();
        let outcome = match row.sale.state {
            // Nothing was booked; the number is dead from now on.
            SaleState::Refused | SaleState::Released => Ok((SaleState::Tombstone, Approved::Reversed)),
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

    fn reverse_booked(
        &mut self,
        matter: &Matter<'_>,
        sale: SaleNo,
    ) -> Result<(SaleState, Approved), Refusal> {
        let no = matter.payment.ok_or(Refusal::UnknownSale)?;
        let row = self.payment(no).ok_or(Refusal::UnknownSale)?;
        let command = Command::Reverse { take: matter.take(sale), amount: matter.amount() };
        match decide(&row.payment, command, matter.request.received_at)? {
            Decision::Change(change) => {
                self.apply(no, change, &matter.cause(sale));
                Ok((SaleState::Reversed, Approved::Reversed))
            }
            Decision::Replay | Decision::Unapplied(_) => Ok((SaleState::Reversed, Approved::Reversed)),
        }
    }

    /// Unapplied cash goes back to the payer within the same window as a payment would.
    fn reverse_unapplied(
        &mut self,
        matter: &Matter<'_>,
        row: &SaleRow,
    ) -> Result<(SaleState, Approved), Refusal> {
        let refused = |why| Err(Refusal::ReversalRefused(why));
        let contract = &matter.retailer.contract;
        let latest = row.sale.received_at.plus(contract.reversal_window).plus(contract.transport_max);
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
        let Some(mut cash) = self.loaded.unapplied.get(&row.sale.no).cloned() else {
            return refused(ReversalRefused::Final);
        };
        if cash.state != UnappliedState::Open {
            return refused(ReversalRefused::Final);
        }
        cash.state = UnappliedState::Reversed;
        let entries =
            ledger::mirrored(ledger::unapplied(cash.retailer, cash.business_date, cash.amount));
        self.record(cash.payment, EventKind::UnappliedReversed, &entries, &matter.cause(row.sale.no));
        self.loaded.unapplied.insert(row.sale.no, cash.clone());
        self.writes.unapplied_new.retain(|new| new.sale != row.sale.no);
        self.writes.unapplied_changed.push(cash);
        Ok((SaleState::Reversed, Approved::Reversed))
    }

    /// A reversal of a sale nobody heard of: it may have overtaken its payment.
    fn reverse_unknown(&mut self, matter: &Matter<'_>) -> Result<CounterReply, Unavailable> {
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

    fn answer_reversal(
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
    fn dispute(
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
        });
        self.record(matter.payment, EventKind::Disputed, &[], &matter.cause(sale));
        tracing::warn!(sale = %request.sale, code = %request.code, %why, "a reversal was refused");
        Ok(())
    }

    fn book_unapplied(&mut self, matter: &Matter<'_>, sale: &Sale, cash: &Unapplied) {
        self.record(
            matter.payment,
            EventKind::CashUnapplied,
            &cash.entries,
            &matter.cause(sale.no),
        );
        self.tail.sequences.unapplied += 1;
        let row = UnappliedRow {
            no: self.tail.sequences.unapplied,
            shard: self.shard_of(matter),
            sale: sale.no,
            retailer: matter.retailer.key,
            code: sale.code,
            payment: matter.payment,
            // A commit carries no amount; its sale knows it.
            amount: sale.amount,
            why: cash.why.to_string(),
            business_date: cash.business_date,
            received_at: matter.request.received_at,
            state: UnappliedState::Open,
        };
        self.loaded.unapplied.insert(sale.no, row.clone());
        self.writes.unapplied_new.push(row);
        metrics::counter!("gerai_unapplied_total", "retailer" => matter.retailer.key.to_string())
            .increment(1);
        tracing::warn!(
            code = %sale.code, amount = %sale.amount, retailer = %matter.retailer.key,
            why = %cash.why, "cash was booked that fits no payment",
        );
    }

    /// The payment, unless it was closed so long ago that its code counts as unknown (rule 26).
    fn payable_row(&self, no: PaymentNo, matter: &Matter<'_>) -> Option<&storage::PaymentRow> {
        self.payment(no).filter(|row| !long_closed(&row.payment, matter.request.received_at))
    }

    fn sale_no(&mut self, matter: &Matter<'_>) -> SaleNo {
        match &matter.standing {
            Some(row) => row.sale.no,
            None => {
                self.tail.sequences.sale += 1;
                SaleNo::new(self.tail.sequences.sale)
            }
        }
    }

    fn sale_row(&self, matter: &Matter<'_>, no: SaleNo, state: SaleState) -> SaleRow {
        let request = matter.request;
        let fresh = SaleRow {
            sale: Sale {
                no,
                partner: request.partner,
                key: request.sale.clone(),
                retailer: matter.retailer.key,
                code: request.code,
                amount: matter.amount(),
                payment: matter.payment,
                till_at: request.till_at,
                received_at: request.received_at,
                state,
            },
            shard: self.shard_of(matter),
            outlet: request.outlet.clone(),
            terminal: request.terminal.clone(),
            receipt_no: request.receipt_no.clone(),
            data_key: 0,
            answer: None,
            commit_answer: None,
            reversal_answer: None,
            digest: [0; 16],
        };
        match &matter.standing {
            Some(row) => SaleRow {
                sale: Sale { state, ..row.sale.clone() },
                ..row.clone()
            },
            None => fresh,
        }
    }

    fn put_sale(&mut self, mut row: SaleRow, is_new: bool) {
        row.digest = self.sale_digest(&row);
        let key = (row.sale.partner, row.sale.key.clone());
        self.loaded.sales.insert(key, row.clone());
        if is_new {
            self.writes.sales_new.push(row);
        } else if let Some(new) =
            self.writes.sales_new.iter_mut().find(|new| new.sale.no == row.sale.no)
        {
            *new = row;
        } else {
            self.writes.sales_changed.retain(|other| other.sale.no != row.sale.no);
            self.writes.sales_changed.push(row);
        }
    }

    /// All answers of a sale lie under one data key, that of its first.
    fn seal_answer(
        &mut self,
        data_key: &mut i64,
        matter: &Matter<'_>,
        body: &[u8],
    ) -> Result<Vec<u8>, Unavailable> {
        if *data_key != 0 {
            let sealed = self.shared.vault.seal_under(*data_key, body, &self.shared.readers);
            return sealed.map_err(|error| {
                tracing::error!(%error, "sealing failed");
                Unavailable::Storage
            });
        }
        let merchant = self.merchant_of(matter.payment);
        let sealed = self.seal(merchant, matter.request.received_at, body)?;
        *data_key = sealed.data_key;
        Ok(sealed.bytes)
    }

    fn merchant_of(&self, payment: Option<PaymentNo>) -> domain::ids::MerchantNo {
        payment
            .and_then(|no| self.payment(no))
            .and_then(|row| self.directory.account(row.payment.account))
            .map_or(NOBODY, |account| account.merchant)
    }

    fn shard_of(&self, matter: &Matter<'_>) -> u32 {
        match matter.payment.and_then(|no| self.payment(no)) {
            Some(row) => row.shard,
            None => self.directory.pools.slot(&matter.request.code).map_or(0, |slot| slot.shard),
        }
    }

    fn approved(&self, no: PaymentNo) -> Option<Approved> {
        approved(&self.payment(no)?.payment.state)
    }

    fn visible(&self, payment: Option<PaymentNo>, refusal: Option<&Refusal>) -> Option<PaymentNo> {
        payment.filter(|_| refusal != Some(&Refusal::UnknownCode))
    }

    /// Answers without storing anything.
    fn say(
        &mut self,
        request: &CounterRequest,
        payment: Option<PaymentNo>,
        outcome: Result<Approved, Refusal>,
    ) -> Result<CounterReply, Unavailable> {
        let payment = self.visible(payment, outcome.as_ref().err());
        let (body, answer) = self.render(request, payment, outcome)?;
        Ok(CounterReply { body, answer: Some(answer) })
    }

    fn render(
        &mut self,
        request: &CounterRequest,
        payment: Option<PaymentNo>,
        outcome: Result<Approved, Refusal>,
    ) -> Result<(Bytes, CounterAnswer), Unavailable> {
        let view = payment.map(|no| self.seen(no)).transpose()?;
        let answer = self.shared.answer(&self.directory, request, view.as_ref(), outcome);
        Ok((Bytes::from((request.render)(request, &answer)), answer))
    }
}

/// What a till is told of a payment's state that its own sale brought about.
fn approved(state: &State) -> Option<Approved> {
    match state {
        State::Paid(taking) | State::Settled(taking) | State::ClawedBack(taking, _) => {
            Some(Approved::Paid {
                approval_code: approval_code(taking.sale, taking.paid_at.business_date()),
                paid_at: taking.paid_at,
                final_after: taking.final_after,
            })
        }
        State::Reserved(hold) => Some(Approved::Reserved {
            approval_code: approval_code(hold.sale, hold.until.business_date()),
        }),
        State::Reversed(..) => Some(Approved::Reversed),
        State::Opening | State::Pending | State::Cancelled(_) | State::Expired(..) => None,
    }
}

fn unapplied(sale: &Sale) -> Approved {
    Approved::Unapplied { approval_code: approval_code(sale.no, sale.received_at.business_date()) }
}

/// After so many days a closed payment's code is answered like one nobody knows (rule 26).
const LONG_CLOSED: domain::time::Span = domain::time::Span::days(30);

fn long_closed(payment: &domain::payment::Payment, now: Timestamp) -> bool {
    payment.state.closed_at().is_some_and(|at| now > at.plus(LONG_CLOSED))
}

impl Shared {
    /// What an inquiry is told.
    pub(crate) fn inquired(
        &self,
        payment: Option<&domain::payment::Payment>,
        take: &Take<'_>,
        now: Timestamp,
    ) -> Result<Approved, Refusal> {
        match payment {
            Some(payment) if !long_closed(payment, now) => {
                decide(payment, Command::Inquire(*take), now).map(|_| Approved::Payable)
            }
            Some(_) | None => Err(Refusal::UnknownCode),
        }
    }

    /// Puts an outcome and its payment into what a till is told.
    pub(crate) fn answer(
        &self,
        directory: &Directory,
        request: &CounterRequest,
        view: Option<&PaymentView>,
        outcome: Result<Approved, Refusal>,
    ) -> CounterAnswer {
        let bill = view.map(|view| self.bill(directory, request, view));
        let elsewhere = matches!(outcome, Err(Refusal::NotPayableHere { .. }));
        let network = view.and_then(|view| self.network_of(&view.payment));
        let retailers = match network {
            Some(network) if elsewhere => {
                self.settings.retailers.of_network(network).map(|retailer| retailer.key).collect()
            }
            Some(_) | None => Vec::new(),
        };
        let contract = self.settings.retailers.get(request.retailer).map(|r| &r.contract);
        let code_override = match (&outcome, contract) {
            (Ok(Approved::Unapplied { .. }), Some(contract)) => {
                Some(contract.response_codes.unapplied.clone())
            }
            (Ok(_) | Err(_), _) => None,
        };
        CounterAnswer { outcome, bill, retailers, code_override }
    }

    fn bill(&self, directory: &Directory, request: &CounterRequest, view: &PaymentView) -> Bill {
        let payment = &view.payment;
        let in_full = directory
            .partner(request.partner)
            .is_some_and(|partner| partner.settings.names_in_full);
        let payer_name = view.personal.payer_name.as_ref().map(|name| {
            if in_full { name.clone() } else { domain::masking::masked(name) }
        });
        Bill {
            merchant_name: directory
                .account(payment.account)
                .map_or_else(String::new, |account| account.merchant_name.clone()),
            payer_name,
            label: view.personal.label.clone(),
            amount: payment.amount,
            fee: payment.fee,
            total: payment.total(),
            expires_at: payment.expires_at,
            receipt_lines: view.personal.receipt_lines.clone(),
        }
    }

    /// A stored answer.
    pub(crate) fn repeated(&self, data_key: i64, bytes: &[u8]) -> Result<CounterReply, Unavailable> {
        let sealed = storage::Sealed { data_key, bytes: bytes.to_vec() };
        match self.vault.open(&sealed, &self.readers) {
            Ok(body) => Ok(CounterReply { body: Bytes::copy_from_slice(&body), answer: None }),
            Err(error) => {
                tracing::error!(%error, "a stored answer does not open");
                Err(Unavailable::Storage)
            }
        }
    }
}
