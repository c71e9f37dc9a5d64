//! Checkouts: opened, chosen, withdrawn. Choosing opens the payment and marks the checkout in one
//! commit, so that two phones open one payment.

use std::sync::Arc;

use domain::{
    ids::{AccountNo, CheckoutToken},
    payment::State,
    time::{Span, Timestamp},
};
use storage::{CheckoutRow, CheckoutState, CheckoutWanted, PaymentRow, Wanted};

use super::batch::Batch;
use crate::{
    directory::Account,
    request::{
        Checkout, CheckoutError, CheckoutRequest, CheckoutStanding, Choice, ChooseError,
        ChooseRequest, Chosen, Close, OpenRefusal, Opened, SealedOffer, Unavailable, WithdrawError,
        WithdrawRequest,
    },
};

/// How long a checkout is remembered after its end, so that its page and its merchant are told what
/// became of it.
const KEPT: Span = Span::days(30);

/// Names what opening a checkout touches.
pub(super) fn want(account: AccountNo, order: &str, wanted: &mut Wanted) {
    wanted.orders.push((account, order.to_owned()));
    wanted.checkouts.push(CheckoutWanted::OpenOf(account, order.to_owned()));
}

impl Batch<'_> {
    /// Opens a checkout; one of the same order that is open is over then.
    pub(super) fn open_checkout(
        &mut self,
        request: &CheckoutRequest,
    ) -> Result<Checkout, CheckoutError> {
        let directory = Arc::clone(&self.directory);
        let account = directory.account(request.account).ok_or(Unavailable::Storage)?;
        self.order_may_be_chosen_for(request, account)?;
        self.somebody_takes(request, account)?;
        let offer = postcard::to_stdvec(&SealedOffer::of(request));
        let offer = offer.map_err(|_| Unavailable::Storage)?;
        let offer = self.seal(account.merchant, request.received_at, &offer)?;
        self.revoke(account.no, request.order.as_str(), request.received_at);
        self.tail.sequences.checkout += 1;
        let row = CheckoutRow {
            no: self.tail.sequences.checkout,
            shard: account.shard,
            token: CheckoutToken::new(rand::random()),
            account: account.no,
            order: request.order.clone(),
            amount: request.amount,
            opened_at: request.received_at,
            expires_at: request.expires_at,
            keep_until: request.expires_at.plus(KEPT),
            state: CheckoutState::Open,
            offer,
        };
        self.loaded.checkouts.insert(row.token, row.clone());
        let checkout = self.shared.checkout(&row, request.received_at)?;
        self.writes.checkouts_new.push(row);
        Ok(checkout)
    }

    /// Opens the payment that was chosen; or shows the one that was chosen before.
    pub(super) fn choose(&mut self, request: &ChooseRequest) -> Result<Chosen, ChooseError> {
        let directory = Arc::clone(&self.directory);
        let row = self.loaded.checkouts.get(&request.token).ok_or(ChooseError::NotFound)?.clone();
        // The caller has read both, and the rows of the order were loaded by them.
        if row.account != request.account || row.order != request.order {
            return Err(ChooseError::NotFound);
        }
        match CheckoutStanding::of(&row, request.received_at) {
            CheckoutStanding::Open => {}
            CheckoutStanding::Chosen(payment) => {
                return Ok(Chosen::There(Box::new(self.seen(payment)?)));
            }
            closed @ (CheckoutStanding::Cancelled
            | CheckoutStanding::Expired
            | CheckoutStanding::Revoked) => return Err(ChooseError::Closed(closed)),
        }
        let account = directory.account(row.account).ok_or(Unavailable::Storage)?;
        let checkout = self.shared.checkout_request(&row, request.received_at)?;
        let is_it = |choice: &&Choice| choice.retailer == request.retailer;
        let choice = checkout.offer.choices.iter().find(is_it).ok_or(ChooseError::NotOffered)?;
        let retailer = self.shared.retailers_of(&account.brand).get(choice.retailer);
        let retailer = retailer.ok_or(ChooseError::Refused(OpenRefusal::UnknownRetailer))?;
        let deadline = checkout.offer.deadline(retailer, request.received_at);
        let view = match self.open(&checkout.opening(choice, deadline))? {
            Opened::New(view) => view,
            // Only a request with a merchant's key is repeated, and this one has none.
            Opened::Repeated(_) => return Err(Unavailable::Storage.into()),
        };
        let mut row = row;
        row.state = CheckoutState::Chosen(view.payment.no);
        row.keep_until = row.keep_until.max(view.payment.expires_at.plus(KEPT));
        self.put_checkout(row);
        Ok(Chosen::New(view))
    }

    /// Closes a checkout of which nothing was chosen.
    pub(super) fn withdraw(&mut self, request: &WithdrawRequest) -> Result<(), WithdrawError> {
        let row = self.loaded.checkouts.get(&request.token);
        let row = row.filter(|row| row.account == request.account);
        let mut row = row.ok_or(WithdrawError::NotFound)?.clone();
        match CheckoutStanding::of(&row, request.received_at) {
            CheckoutStanding::Open => {}
            closed @ (CheckoutStanding::Chosen(_)
            | CheckoutStanding::Cancelled
            | CheckoutStanding::Expired
            | CheckoutStanding::Revoked) => return Err(WithdrawError::NotOpen(closed)),
        }
        row.state = match request.how {
            Close::Cancel => CheckoutState::Cancelled(request.received_at),
            Close::Expire => CheckoutState::Expired(request.received_at),
        };
        self.put_checkout(row);
        Ok(())
    }

    /// Whether the order may be paid once more, or for the first time.
    fn order_may_be_chosen_for(
        &self,
        request: &CheckoutRequest,
        account: &Account,
    ) -> Result<(), CheckoutError> {
        let order = (request.account, request.order.as_str().to_owned());
        let no = self.loaded.orders.get(&order).map(|no| self.counting_for(*no));
        let Some(PaymentRow { payment, .. }) = no.and_then(|no| self.payment(no)) else {
            return Ok(());
        };
        let after_reversal =
            account.settings.reuse_after_reversal.unwrap_or(request.reuse_after_reversal);
        let taken = match payment.state {
            State::Cancelled(_) | State::Expired(..) if request.reuse_after_close => return Ok(()),
            State::Reversed(..) if after_reversal => return Ok(()),
            State::Opening
            | State::Pending
            | State::Reserved(_)
            | State::Cancelled(_)
            | State::Expired(..) => CheckoutError::OrderOpen,
            State::Reversed(..) | State::Paid(_) | State::Settled(_) | State::ClawedBack(..) => {
                CheckoutError::OrderPaid
            }
        };
        Err(taken)
    }

    /// Whether any of the retailers would take it now. One that is paused may be back by the time that
    /// it is chosen.
    fn somebody_takes(
        &self,
        request: &CheckoutRequest,
        account: &Account,
    ) -> Result<(), OpenRefusal> {
        let mut first = None;
        for choice in &request.offer.choices {
            match self.takes(request, account, choice) {
                Ok(()) | Err(OpenRefusal::RetailerPaused) => return Ok(()),
                Err(refusal) => first = first.or(Some(refusal)),
            }
        }
        Err(first.unwrap_or(OpenRefusal::UnknownRetailer))
    }

    fn takes(
        &self,
        request: &CheckoutRequest,
        account: &Account,
        choice: &Choice,
    ) -> Result<(), OpenRefusal> {
        let opening = request.opening(choice, None);
        let (fee, _) = self.fee_of(&opening, account)?;
        let retailer = self.retailer_of_open(&opening, account, fee)?;
        let Some(lifetime) = request.offer.lifetime else { return Ok(()) };
        let from = request.offer.lifetime_from.unwrap_or(request.received_at);
        if from.plus(lifetime) <= request.received_at {
            Err(OpenRefusal::DeadlinePassed)
        } else if lifetime < retailer.lifetime_min {
            Err(OpenRefusal::LifetimeTooShort)
        } else if lifetime > retailer.lifetime_max {
            Err(OpenRefusal::LifetimeTooLong)
        } else {
            Ok(())
        }
    }

    /// Ends the open checkout of an order, if there is one.
    fn revoke(&mut self, account: AccountNo, order: &str, at: Timestamp) {
        let is_it = |row: &&CheckoutRow| {
            row.state == CheckoutState::Open
                && row.account == account
                && row.order.as_str() == order
        };
        let Some(mut row) = self.loaded.checkouts.values().find(is_it).cloned() else { return };
        row.state = CheckoutState::Revoked(at);
        self.put_checkout(row);
    }

    /// Writes a checkout that was there before, or was opened in this very batch.
    fn put_checkout(&mut self, row: CheckoutRow) {
        let written = self.writes.checkouts_new.iter_mut();
        let mut written = written.chain(&mut self.writes.checkouts_changed);
        match written.find(|written| written.no == row.no) {
            Some(written) => *written = row.clone(),
            None => self.writes.checkouts_changed.push(row.clone()),
        }
        self.loaded.checkouts.insert(row.token, row);
    }
}
