//! One order, several codes (rule 36): siblings are decided beside each other, opened into the first
//! one's shard, and closed in the commit that pays one of them.
//!
//! The merchant hears of an order once. What closes because a sibling was paid, cancelled or expired
//! is an event with its reason and no news: the news of the one that counts says it all, and a
//! "cancelled" beside it would say the opposite. A deadline is news when it ends the last code.

use domain::{
    event::{Actor, EventKind},
    ids::PaymentNo,
    payment::{
        Change, Command, Decision, ExpiredBy, Payment, Refusal, Siblings, State, counting,
        decide_beside,
    },
    time::Timestamp,
};
use storage::{Loaded, NotificationState, PaymentRow};

use super::batch::{Batch, Cause};
use crate::{
    directory::Account,
    request::{OpenRefusal, Sibling, SiblingError, SiblingRequest, Unavailable},
};

/// Why the codes that were not used are closed, in their history.
const ORDER_PAID: &str = "another code of the order was paid";
const ORDER_CLOSED: &str = "the order was closed by another of its codes";

/// Whether a code was closed for one of these reasons: then its merchant hears nothing of it.
pub(crate) fn closed_with_its_order(reason: &str) -> bool {
    [ORDER_PAID, ORDER_CLOSED].contains(&reason)
}

/// The orders with several codes that a batch touches. None in nearly every batch.
pub(super) fn families_of(loaded: &Loaded) -> Vec<PaymentNo> {
    let mut families: Vec<_> =
        loaded.payments.values().filter_map(|row| row.payment.family).collect();
    families.sort_unstable();
    families.dedup();
    families
}

impl Batch<'_> {
    /// What a command does to a payment, with a word from the other codes of its order.
    pub(super) fn decide_on(
        &self,
        payment: &Payment,
        command: Command<'_>,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        decide_beside(payment, self.siblings_of(payment), command, now)
    }

    pub(super) fn siblings_of(&self, payment: &Payment) -> Siblings {
        match payment.family {
            None => Siblings::Idle,
            Some(first) => Siblings::beside(payment, self.family(first)),
        }
    }

    fn family(&self, first: PaymentNo) -> impl Iterator<Item = &Payment> {
        let numbers = self.loaded.families.get(&first).into_iter().flatten();
        numbers.filter_map(|no| self.payment(*no)).map(|row| &row.payment)
    }

    /// The payment that counts of the order of this one.
    pub(super) fn counting_for(&self, no: PaymentNo) -> PaymentNo {
        let family = self.payment(no).and_then(|row| row.payment.family);
        let counts = family.and_then(|first| counting(self.family(first)));
        counts.map_or(no, |payment| payment.no)
    }

    /// This payment and all others of its order.
    pub(super) fn order_of(&self, no: PaymentNo) -> Vec<PaymentNo> {
        let family = self.payment(no).and_then(|row| row.payment.family);
        let numbers = family.map(|first| self.family(first).map(|payment| payment.no).collect());
        numbers.unwrap_or_else(|| vec![no])
    }

    /// Whether a change says nothing yet, because another code of the order can still be paid.
    pub(super) fn order_goes_on(&self, no: PaymentNo, event: EventKind) -> bool {
        let family = self.payment(no).and_then(|row| row.payment.family);
        let Some(first) = family.filter(|_| event == EventKind::Expired) else { return false };
        self.family(first).any(|other| other.no != no && other.state.closed_at().is_none())
    }

    /// Closes the other codes of an order where one was paid or closed.
    pub(super) fn close_siblings(&mut self, no: PaymentNo, change: &Change, cause: &Cause<'_>) {
        let Some(first) = self.payment(no).and_then(|row| row.payment.family) else { return };
        let at = cause.at;
        let (state, event, reason) = match change.state {
            // It stays paid when it becomes final, and its siblings stay closed.
            State::Paid(taking) if !taking.is_final => {
                (State::Cancelled(at), EventKind::Cancelled, ORDER_PAID)
            }
            State::Cancelled(_) => (State::Cancelled(at), EventKind::Cancelled, ORDER_CLOSED),
            State::Expired(_, ExpiredBy::Merchant) => {
                (State::Expired(at, ExpiredBy::Merchant), EventKind::Expired, ORDER_CLOSED)
            }
            // A deadline ends its own code only.
            State::Expired(_, ExpiredBy::Deadline)
            | State::Opening
            | State::Pending
            | State::Reserved(_)
            | State::Paid(_)
            | State::Settled(_)
            | State::Reversed(..)
            | State::ClawedBack(..) => return,
        };
        let is_open = |payment: &&Payment| matches!(payment.state, State::Opening | State::Pending);
        let open: Vec<_> = self
            .family(first)
            .filter(|other| other.no != no)
            .filter(is_open)
            .map(|other| other.no)
            .collect();
        let closing = Change { state, event, entries: Vec::new() };
        let because = Cause { reason: Some(reason), ..*cause };
        for other in open {
            self.change(other, &closing, &because);
            self.silence(other);
        }
    }

    /// News of a payment that waits is not told any more.
    fn silence(&mut self, no: PaymentNo) {
        let waiting: Vec<_> =
            self.waiting_news(no).filter(|news| news.news.gives_way()).cloned().collect();
        for mut news in waiting {
            news.state = NotificationState::Superseded;
            let state = news.state.name();
            metrics::counter!("gerai_notifications_done_total", "state" => state).increment(1);
            self.put_news(news);
        }
    }

    /// Opens another code for an order that waits for its cash; answers with the one that is there
    /// where its retailer's network has one already.
    pub(super) fn open_sibling(
        &mut self,
        request: &SiblingRequest,
    ) -> Result<Sibling, SiblingError> {
        let directory = std::sync::Arc::clone(&self.directory);
        let account = directory
            .account(request.account)
            .ok_or(SiblingError::Unavailable(Unavailable::Storage))?;
        let named = self.named_by(Some(request.account), &request.payment);
        let no = self.counting_for(named.ok_or(SiblingError::NotFound)?);
        let row = self.payment(no).ok_or(SiblingError::NotFound)?;
        if row.payment.account != request.account || row.payment.superseded {
            return Err(SiblingError::NotFound);
        }
        match row.payment.state {
            State::Pending => {}
            State::Opening
            | State::Reserved(_)
            | State::Paid(_)
            | State::Settled(_)
            | State::Reversed(..)
            | State::ClawedBack(..)
            | State::Cancelled(_)
            | State::Expired(..) => return Err(SiblingError::NotPending(row.payment.state.name())),
        }
        if row.payment.expires_at <= request.received_at {
            return Err(OpenRefusal::DeadlinePassed.into());
        }
        let retailer = self
            .shared
            .retailers_of(&account.brand)
            .get(request.retailer)
            .ok_or(OpenRefusal::UnknownRetailer)?;
        let same_network = |other: &PaymentNo| {
            let other = self.payment(*other);
            other.is_some_and(|row| self.shared.network_of(&row.payment) == Some(retailer.network))
        };
        if let Some(there) = self.order_of(no).into_iter().find(same_network) {
            return Ok(Sibling::There(Box::new(self.seen(there)?)));
        }
        self.make_sibling(request, account, no)
    }

    fn make_sibling(
        &mut self,
        request: &SiblingRequest,
        account: &Account,
        beside: PaymentNo,
    ) -> Result<Sibling, SiblingError> {
        let row = self.payment(beside).ok_or(SiblingError::NotFound)?.clone();
        let first = row.payment.family.unwrap_or(beside);
        let order = self.seen(beside)?;
        let opening = request.opening(&row.payment, order.personal, order.notify_urls);
        let (fee, plan) = self.fee_of(&opening, account)?;
        let retailer = self.retailer_of_open(&opening, account, fee)?.clone();
        let longest = request.received_at.plus(retailer.lifetime_max);
        let expires_at = row.payment.expires_at.min(longest);
        if expires_at.since(request.received_at) < retailer.lifetime_min {
            return Err(OpenRefusal::LifetimeTooShort.into());
        }
        let opening = opening.cut(retailer.receipt);
        let place = super::open::Place { shard: row.shard, family: Some(first) };
        let view = self.make(&opening, account, &retailer, (fee, plan), expires_at, place)?;
        self.join(first, &row, view.payment.no);
        let cause = Cause {
            actor: Actor::Merchant(account.no),
            reason: None,
            sale: None,
            at: request.received_at,
        };
        // No news: the merchant knows it from the answer, and its order still waits for its cash.
        let opened =
            Change { state: State::Pending, event: EventKind::Opened, entries: Vec::new() };
        self.change(view.payment.no, &opened, &cause);
        Ok(Sibling::New(Box::new(self.seen(view.payment.no)?)))
    }

    /// Notes a new sibling, and with the first one that its order is a family now.
    fn join(&mut self, first: PaymentNo, beside: &PaymentRow, new: PaymentNo) {
        if beside.payment.family.is_none() {
            self.found_family(first);
        }
        self.loaded.families.entry(first).or_insert_with(|| vec![first]).push(new);
    }
}
