//! Digests: what makes a row changed by hand visible (rule 18).
//!
//! Every event carries the digest of its payment's row as it left it, and a link of a chain over the
//! event before, itself and its entries. Every sale carries a digest of its row. All are
//! HMAC-SHA256 under the installation's chain key, so that who can write rows cannot mend digests.
//! What is hashed of personal data is its ciphertext, which stays when its key is destroyed.

mod rows;
#[cfg(test)]
mod tests;

pub(crate) use rows::DigestedRow;

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use domain::{
    event::{Actor, Event},
    ledger::LedgerAccount,
    payment::{Announce, ExpiredBy, Hold, Payment, State, Taking},
    refund::{PayOut, RefundCode, RefundState},
    sale::Sale,
};
use storage::{Digest, EntryRow, EventRow, OwnEventRow, PaymentRow, RefundRow, SaleRow};

/// Computes digests.
#[derive(Clone)]
pub(crate) struct Chain(Key);

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chain")
    }
}

/// The link before the first.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

impl Chain {
    /// Under the installation's chain key.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, key))
    }

    /// The digest of a payment's row, whole but for the number of its last event.
    pub(crate) fn payment(&self, row: &PaymentRow) -> Digest {
        let mut hash = Hash::new(&self.0, b'p');
        let payment = &row.payment;
        hash.number(payment.no.get());
        hash.bytes(payment.id.bytes());
        hash.number(payment.account.get());
        hash.text(payment.order.as_str());
        hash.text(payment.opened_for.as_str());
        hash.text(payment.code.as_str());
        match payment.slot {
            Some(slot) => {
                hash.number(slot.pool.get());
                hash.number(i64::from(slot.shard));
                hash.bytes(&slot.slot.to_be_bytes());
            }
            None => hash.number(-1),
        }
        hash.number(i64::from(payment.lap));
        hash.number(payment.amount.get());
        hash.number(payment.fee.amount.get());
        hash.marked(row.fee_plan.as_deref(), Hash::text);
        // Being the first of several came later, and has no event (rule 36).
        let first = payment.family.filter(|first| *first != payment.no);
        hash.marked(first, |hash, first| hash.number(first.get()));
        hash.number(payment.opened_at.millis());
        hash.number(payment.expires_at.millis());
        hash.number(i64::from(payment.announce == Announce::WhenFinal));
        hash.number(i64::from(row.shard));
        hash.marked(row.notify_urls.as_deref(), Hash::text);
        hash.number(row.personal.data_key);
        hash.bytes(&row.personal.bytes);
        hash.state(payment);
        hash.half()
    }

    /// The digest of a sale's row.
    pub(crate) fn sale(&self, row: &SaleRow) -> Digest {
        let mut hash = Hash::new(&self.0, b's');
        let Sale { no, partner, key, retailer, code, amount, payment, till_at, received_at, state } =
            &row.sale;
        hash.number(no.get());
        hash.number(partner.get());
        hash.text(key.as_str());
        hash.text(retailer.as_str());
        hash.text(code.as_str());
        hash.number(amount.get());
        hash.number(payment.map_or(-1, domain::ids::PaymentNo::get));
        hash.number(till_at.millis());
        hash.number(received_at.millis());
        hash.text(state.name());
        hash.number(i64::from(row.shard));
        hash.text(&row.outlet);
        hash.text(&row.terminal);
        hash.marked(row.receipt_no.as_deref(), Hash::text);
        hash.number(row.data_key);
        for answer in [&row.answer, &row.commit_answer, &row.reversal_answer] {
            hash.marked(answer.as_deref(), Hash::bytes);
        }
        hash.half()
    }

    /// The digest of an own event's row.
    pub(crate) fn own_event(&self, row: &OwnEventRow) -> Digest {
        let mut hash = Hash::new(&self.0, b'o');
        let OwnEventRow { account, no, kind, at, event, payment, sale, status, .. } = row;
        hash.number(account.get());
        hash.number(*no);
        hash.text(kind.name());
        hash.number(at.millis());
        hash.number(event.map_or(-1, domain::ids::EventNo::get));
        hash.number(payment.map_or(-1, domain::ids::PaymentNo::get));
        hash.number(sale.map_or(-1, domain::ids::SaleNo::get));
        hash.marked(*status, Hash::text);
        hash.number(i64::from(row.superseded));
        hash.marked(row.detail.as_deref(), Hash::text);
        hash.half()
    }

    /// The digest of a refund code's row, the hash of its PIN included.
    pub(crate) fn refund(&self, row: &RefundRow) -> Digest {
        let mut hash = Hash::new(&self.0, b'c');
        hash.number(row.no);
        hash.number(row.cash);
        hash.number(row.cash_sale.get());
        hash.text(row.code.as_str());
        hash.bytes(&row.pin);
        hash.number(row.issued_at.millis());
        let RefundCode { amount, taken_by, network, expires_at, tries_left, state } = &row.refund;
        hash.number(amount.get());
        hash.text(taken_by.as_str());
        hash.text(network.as_str());
        hash.number(expires_at.millis());
        hash.number(i64::from(*tries_left));
        hash.text(state.name());
        if let Some(PayOut { sale, retailer, till_at, business_date, until }) = state.pay_out() {
            hash.number(sale.get());
            hash.text(retailer.as_str());
            hash.number(till_at.millis());
            hash.number(i64::from(business_date.days()));
            hash.number(until.millis());
        }
        if let RefundState::Paid(_, at) | RefundState::Closed(at, _) = state {
            hash.number(at.millis());
        }
        hash.half()
    }

    /// The link of an event and its entries after `before`.
    pub(crate) fn link(&self, before: &[u8; 32], row: &EventRow, entries: &[EntryRow]) -> [u8; 32] {
        let mut hash = Hash::new(&self.0, b'e');
        hash.bytes(before);
        let Event { no, payment, kind, at, actor, reason, sale } = &row.event;
        hash.number(no.get());
        hash.number(payment.map_or(-1, domain::ids::PaymentNo::get));
        hash.text(kind.name());
        hash.number(at.millis());
        let (who, number) = match actor {
            Actor::Merchant(account) => (1, account.get()),
            Actor::Partner(partner) => (2, partner.get()),
            Actor::Operator => (3, 0),
            Actor::Sweep => (4, 0),
        };
        hash.number(who);
        hash.number(number);
        hash.marked(reason.as_deref(), Hash::text);
        hash.number(sale.map_or(-1, domain::ids::SaleNo::get));
        hash.number(i64::from(row.shard));
        hash.bytes(&row.payment_digest);
        for entry in entries {
            hash.number(entry.no);
            hash.account(&entry.entry.account);
            hash.number(entry.entry.amount.get());
            hash.number(entry.at.millis());
        }
        hash.whole()
    }
}

/// Fields, each with its length, so that no two rows run together the same way. They are gathered
/// first, because hashing them one by one takes three times as long.
pub(crate) struct Hash<'key> {
    key: &'key Key,
    fields: Vec<u8>,
}

impl<'key> Hash<'key> {
    fn new(key: &'key Key, kind: u8) -> Self {
        let mut fields = Vec::with_capacity(512);
        fields.push(kind);
        Self { key, fields }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.short(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.fields.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn number(&mut self, number: i64) {
        // Small numbers of either sign are short: 0, -1, 1, -2 are 0, 1, 2, 3.
        self.short(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// Seven bits a byte, the lowest first; all but the last have the eighth set. Nearly all numbers
    /// are small, and what is shorter is hashed in less time.
    fn short(&mut self, mut number: u64) {
        while number >= 0x80 {
            let [low, ..] = number.to_le_bytes();
            self.fields.push(low | 0x80);
            number >>= 7;
        }
        let [last, ..] = number.to_le_bytes();
        self.fields.push(last);
    }

    /// What may be absent, so that nothing and something empty are not the same.
    fn marked<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.fields.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn state(&mut self, payment: &Payment) {
        self.text(payment.state.name());
        match payment.state {
            State::Opening | State::Pending => {}
            State::Reserved(Hold { sale, retailer, till_at, until }) => {
                self.number(sale.get());
                self.text(retailer.as_str());
                self.number(till_at.millis());
                self.number(until.millis());
            }
            State::Paid(taking) | State::Settled(taking) => self.taking(&taking),
            State::Reversed(taking, at) | State::ClawedBack(taking, at) => {
                self.taking(&taking);
                self.number(at.millis());
            }
            State::Cancelled(at) => self.number(at.millis()),
            State::Expired(at, by) => {
                self.number(at.millis());
                self.number(i64::from(by == ExpiredBy::Merchant));
            }
        }
    }

    fn taking(&mut self, taking: &Taking) {
        self.number(taking.sale.get());
        self.text(taking.retailer.as_str());
        self.number(taking.till_at.millis());
        self.number(taking.paid_at.millis());
        self.number(i64::from(taking.business_date.days()));
        self.number(taking.final_after.millis());
        self.number(i64::from(taking.is_final));
    }

    fn account(&mut self, account: &LedgerAccount) {
        use LedgerAccount as A;
        let (kind, retailer, date, owner) = match account {
            A::SettlementBank => (1, None, 0, 0),
            A::Receivable(retailer, date) => (2, Some(retailer), date.days(), 0),
            A::DisputedReceivable(retailer) => (3, Some(retailer), 0, 0),
            A::SwitchPayable => (16, None, 0, 0),
            A::CommissionPayable(retailer) => (4, Some(retailer), 0, 0),
            A::FeeDeferred => (5, None, 0, 0),
            A::FeeEarned => (6, None, 0, 0),
            A::PpnPayable => (7, None, 0, 0),
            A::MerchantPending(owner) => (8, None, 0, owner.get()),
            A::MerchantActive(owner) => (9, None, 0, owner.get()),
            A::Unapplied(retailer) => (10, Some(retailer), 0, 0),
            A::RefundsPayable => (11, None, 0, 0),
            A::PayoutsInTransit => (12, None, 0, 0),
            A::ReconciliationDifference => (13, None, 0, 0),
            A::RoundingDifference => (14, None, 0, 0),
            A::WriteOff => (15, None, 0, 0),
        };
        self.number(kind);
        self.text(retailer.map_or("", |retailer| retailer.as_str()));
        self.number(i64::from(date));
        self.number(owner);
    }

    fn whole(self) -> [u8; 32] {
        let mut whole = [0; 32];
        whole.copy_from_slice(hmac::sign(self.key, &self.fields).as_ref());
        whole
    }

    fn half(self) -> Digest {
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(self.whole()) {
            *to = from;
        }
        half
    }
}
