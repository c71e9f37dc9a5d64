//! Cash that only a retailer's file tells of (rule 33): booked as an advice that may create would book
//! it, under the sale's key, so that whatever comes later about the sale finds it booked.

use domain::{
    event::Actor,
    ids::{PaymentNo, SaleNo},
    ledger::{Entry, LedgerAccount},
    payment::{Command, Decision, State, Taking, advise_unknown},
    retailer::AdviceCreates,
    sale::{Meeting, Operation, SaleState, meet},
    time::{BusinessDate, Span, Timestamp},
};
use storage::AliasRow;

use super::{super::batch::Batch, matter::Matter};
use crate::request::CounterRequest;

/// What became of a line's cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Booked {
    /// It paid its payment.
    Paid(SaleNo, PaymentNo),
    /// It is booked, and fits no payment.
    Unapplied(SaleNo),
    /// It was booked before, by a message that came since the file was looked at.
    Before(SaleNo, Option<PaymentNo>),
    /// It cannot be, and why.
    Not(&'static str),
}

impl Batch<'_> {
    /// Books the cash of `advice`, which nobody sent, on the file's day.
    pub(in super::super) fn book_from_file(
        &mut self,
        advice: &CounterRequest,
        date: BusinessDate,
        alias: Option<Span>,
    ) -> Booked {
        if crate::refunds::is_refund_code(&self.directory.pools, &advice.code) {
            return Booked::Not("it is a refund code, which takes no cash");
        }
        let Some(mut matter) = self.matter(advice) else {
            return Booked::Not("the retailer is not known");
        };
        // The retailer says that it has the cash, whatever its contract says of advice.
        matter.retailer.contract.advice_creates = AdviceCreates::Always;
        matter.actor = Actor::Operator;
        let standing = matter.standing.as_ref().map(|row| &row.sale);
        match (meet(standing, Operation::Advice, &advice.code, advice.amount), standing) {
            (Meeting::First | Meeting::Anew, _) => {}
            (Meeting::Repeat, Some(sale)) if sale.state != SaleState::Reserved => {
                return Booked::Before(sale.no, sale.payment);
            }
            (Meeting::Repeat, _) => return Booked::Not("it is reserved, and its commit may come"),
            (Meeting::TakenBack, _) => return Booked::Not("the sale was taken back"),
            (Meeting::Conflict, _) => return Booked::Not("its number is another sale's"),
        }
        let sale = self.sale_no(&matter);
        let decision = match matter.payment.and_then(|no| self.payment(no)) {
            Some(row) => {
                let command = Command::Advise(matter.offer(sale));
                self.decide_on(&row.payment, command, advice.received_at)
            }
            None => advise_unknown(&matter.take(sale), matter.amount(), advice.received_at),
        };
        match decision {
            Ok(decision) => self.carry_out(&matter, sale, on_day(decision, date, &matter), alias),
            Err(_) => Booked::Not("its payment takes no cash"),
        }
    }

    fn carry_out(
        &mut self,
        matter: &Matter<'_>,
        sale: SaleNo,
        decision: Decision,
        alias: Option<Span>,
    ) -> Booked {
        let mut row = self.sale_row(matter, sale, SaleState::Booked);
        // No answer is stored, because nobody asked: who does is told from the rows. The key says
        // that none was removed either.
        if row.data_key == 0 {
            let merchant = self.merchant_of(matter.payment);
            match self.seal(merchant, matter.request.received_at, &[]) {
                Ok(sealed) => row.data_key = sealed.data_key,
                Err(_) => return Booked::Not("its row cannot be sealed"),
            }
        }
        // What was declined is booked now.
        row.answer = None;
        let booked = match (decision, matter.payment) {
            (Decision::Change(change), Some(payment)) => {
                self.apply(payment, &change, &matter.cause(sale));
                Booked::Paid(sale, payment)
            }
            (Decision::Unapplied(cash), _) => {
                row.sale.state = SaleState::Unapplied;
                self.book_unapplied(matter, &row.sale, &cash);
                Booked::Unapplied(sale)
            }
            (Decision::Replay, payment) => return Booked::Before(sale, payment),
            (Decision::Change(_), None) => return Booked::Not("it has no payment"),
        };
        if let Some(tolerance) = alias {
            self.keep_alias(matter.request, sale, tolerance);
        }
        self.put_sale(row, matter.standing.is_none());
        booked
    }

    fn keep_alias(&mut self, request: &CounterRequest, sale: SaleNo, tolerance: Span) {
        self.tail.sequences.file_alias += 1;
        let row = AliasRow {
            no: self.tail.sequences.file_alias,
            partner: request.partner,
            code: request.code,
            amount: request.amount.unwrap_or(domain::money::Rupiah::ZERO),
            outlet: request.outlet.clone(),
            till_at: request.till_at,
            tolerance,
            sale,
        };
        self.loaded.aliases.entry(request.code).or_default().push(row.clone());
        self.writes.lines.aliases.push(row);
    }

    /// The sale that a message means, where it was booked from a file that lacks the till's numbers
    /// (rule 33).
    pub(super) fn recognise(&self, matter: &mut Matter<'_>) {
        let request = matter.request;
        let is_asked = matches!(request.operation, Operation::Advice | Operation::Reversal);
        if !is_asked || matter.standing.is_some() {
            return;
        }
        let fits = |alias: &&AliasRow| {
            let away = request.till_at.since(alias.till_at).as_millis().saturating_abs();
            alias.partner == request.partner
                && request.amount.is_none_or(|amount| amount == alias.amount)
                && (alias.outlet.is_empty() || alias.outlet == request.outlet)
                && away <= alias.tolerance.as_millis()
        };
        let aliases = self.loaded.aliases.get(&request.code).into_iter().flatten();
        let nearest = aliases
            .filter(fits)
            .min_by_key(|alias| request.till_at.since(alias.till_at).as_millis().saturating_abs());
        let sale = nearest
            .and_then(|alias| self.loaded.sales.values().find(|row| row.sale.no == alias.sale));
        matter.standing = sale.cloned();
    }
}

/// The decision as of the file's day. It is final as soon as no till could take the sale back.
fn on_day(decision: Decision, date: BusinessDate, matter: &Matter<'_>) -> Decision {
    let moved = |entries: Vec<Entry>| -> Vec<Entry> {
        let dated = |entry: Entry| {
            let LedgerAccount::Receivable(retailer, _) = entry.account else { return entry };
            Entry { account: LedgerAccount::Receivable(retailer, date), ..entry }
        };
        entries.into_iter().map(dated).collect()
    };
    let contract = &matter.retailer.contract;
    let till_at: Timestamp = matter.request.till_at;
    let final_after = till_at.plus(contract.reversal_window).plus(contract.transport_max);
    match decision {
        Decision::Change(mut change) => {
            if let State::Paid(taking) = change.state {
                let business_date = date;
                change.state = State::Paid(Taking { business_date, final_after, ..taking });
            }
            change.entries = moved(change.entries);
            Decision::Change(change)
        }
        Decision::Unapplied(mut cash) => {
            cash.business_date = date;
            cash.entries = moved(cash.entries);
            Decision::Unapplied(cash)
        }
        Decision::Replay => Decision::Replay,
    }
}
