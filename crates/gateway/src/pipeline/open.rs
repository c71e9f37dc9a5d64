//! Opening a payment: order id, limits, lifetime, code.

use bytes::Bytes;
use domain::{
    event::{Actor, EventKind},
    fee::FeePlan,
    ids::PaymentNo,
    money::Fee,
    payment::{Change, Payment, State},
    retailer::Retailer,
    time::Timestamp,
};
use storage::{IdempotencyRow, PaymentRow};

use super::{
    batch::{Batch, Cause},
    external::used_on,
};
use crate::{
    directory::Account,
    request::{Idempotency, OpenError, OpenRefusal, OpenRequest, Opened, PaymentView, Unavailable},
};

/// Where a new payment lies, and whose sibling it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) shard: u32,
    pub(super) family: Option<PaymentNo>,
}

impl Batch<'_> {
    pub(super) fn open(&mut self, request: &OpenRequest) -> Result<Opened, OpenError> {
        let directory = std::sync::Arc::clone(&self.directory);
        let account = directory
            .account(request.account)
            .ok_or(OpenError::Unavailable(Unavailable::Storage))?;
        let Some(external) = &request.external_id else {
            return self.open_for(request, account);
        };
        let external = used_on(account.no, external, request.received_at);
        if !self.use_up(external.clone(), account.shard) {
            return Err(OpenRefusal::ExternalIdUsed.into());
        }
        // A refusal uses the id up too; where nothing was decided, it is as if nobody had asked.
        let result = self.open_for(request, account);
        if matches!(result, Err(OpenError::Unavailable(_))) {
            self.give_back(&external);
        }
        result
    }

    fn open_for(&mut self, request: &OpenRequest, account: &Account) -> Result<Opened, OpenError> {
        let order = request.order.as_str();
        if let Some(stored) =
            self.stored_answer(account, request.idempotency.as_ref(), order, request.received_at)
        {
            return Ok(Opened::Repeated(stored));
        }
        let before = self.order_is_free(request, account)?;
        let (fee, plan) = self.fee_of(request, account)?;
        let retailer = self.retailer_of_open(request, account, fee)?.clone();
        let expires_at = deadline(request, &retailer)?;
        let place = Place { shard: account.shard, family: None };
        let view = self.make(request, account, &retailer, (fee, plan), expires_at, place)?;
        if let Some(before) = before {
            for no in self.order_of(before) {
                self.supersede(no);
            }
        }
        let no = view.payment.no;
        let cause = Cause {
            actor: Actor::Merchant(account.no),
            reason: None,
            sale: None,
            at: request.received_at,
        };
        let opened =
            Change { state: State::Pending, event: EventKind::Opened, entries: Vec::new() };
        self.apply(no, &opened, &cause);
        // A failure to remember the answer is logged; the payment is opened all the same.
        let _ = self.store_answer(account, request.idempotency.as_ref(), &view);
        Ok(Opened::New(Box::new(view)))
    }

    /// The payment that counts of an order whose id is used again, if there is one.
    fn order_is_free(
        &self,
        request: &OpenRequest,
        account: &Account,
    ) -> Result<Option<PaymentNo>, OpenRefusal> {
        let order = (request.account, request.order.as_str().to_owned());
        let Some(row) =
            self.loaded.orders.get(&order).and_then(|no| self.payment(self.counting_for(*no)))
        else {
            return Ok(None);
        };
        let after_reversal =
            account.settings.reuse_after_reversal.unwrap_or(request.reuse_after_reversal);
        let free = match row.payment.state {
            State::Cancelled(_) | State::Expired(..) => request.reuse_after_close,
            State::Reversed(..) => after_reversal,
            State::Opening
            | State::Pending
            | State::Reserved(_)
            | State::Paid(_)
            | State::Settled(_)
            | State::ClawedBack(..) => false,
        };
        if free { Ok(Some(row.payment.no)) } else { Err(OpenRefusal::OrderTaken) }
    }

    /// What it costs, and the plan that says so, which the payment keeps. None where it costs nothing.
    pub(super) fn fee_of(
        &self,
        request: &OpenRequest,
        account: &Account,
    ) -> Result<(Fee, Option<FeePlan>), OpenRefusal> {
        self.shared.fee_at(account, request.retailer, request.amount, request.received_at)
    }

    /// The retailer, if it takes this amount and new payments now.
    pub(super) fn retailer_of_open(
        &self,
        request: &OpenRequest,
        account: &Account,
        fee: Fee,
    ) -> Result<&Retailer, OpenRefusal> {
        self.shared.retailer_taking(account, request.retailer, request.amount, fee)
    }

    /// Numbers, names and seals a new payment.
    pub(super) fn make(
        &mut self,
        request: &OpenRequest,
        account: &Account,
        retailer: &Retailer,
        (fee, plan): (Fee, Option<FeePlan>),
        expires_at: Timestamp,
        place: Place,
    ) -> Result<PaymentView, OpenError> {
        let directory = std::sync::Arc::clone(&self.directory);
        let pool = directory.pools.open_for(retailer.network).ok_or(OpenRefusal::CodesExhausted)?;
        let (slot, lap) = self.next_slot(pool, place.shard, request.received_at)?;
        let code = pool.code(slot.shard, slot.slot).ok_or(OpenRefusal::CodesExhausted)?;
        let personal = postcard::to_stdvec(&request.personal)
            .map_err(|_| OpenError::Unavailable(Unavailable::Storage))?;
        let personal = self.seal(account.merchant, request.received_at, &personal)?;

        self.tail.sequences.payment += 1;
        let no = PaymentNo::new(self.tail.sequences.payment);
        let payment = Payment {
            no,
            id: self.shared.ids.issue(no, request.received_at, rand::random()),
            account: account.no,
            order: request.order.clone(),
            opened_for: retailer.key,
            code,
            slot: Some(slot),
            lap,
            amount: request.amount,
            fee,
            opened_at: request.received_at,
            expires_at,
            announce: account.settings.announce_paid.into(),
            superseded: false,
            family: place.family,
            state: State::Pending,
        };
        let notify_urls = request.notify_urls.as_ref();
        self.insert(PaymentRow {
            payment: payment.clone(),
            shard: place.shard,
            notify_urls: notify_urls.map(|urls| urls.join("\n")),
            fee_plan: plan.map(|plan| plan.to_string()),
            personal,
            last_event: domain::ids::EventNo::new(0),
        });
        Ok(PaymentView {
            payment,
            personal: request.personal.clone(),
            notify_urls: request.notify_urls.clone(),
        })
    }

    /// The stored answer to a merchant's request, if it is the same request (rule 25).
    pub(super) fn stored_answer(
        &self,
        account: &Account,
        idempotency: Option<&Idempotency>,
        order: &str,
        now: Timestamp,
    ) -> Option<Bytes> {
        let key = (account.no, idempotency?.key.clone());
        let row = self.loaded.idempotency.get(&key)?;
        if row.order != order || row.expires_at <= now {
            return None;
        }
        let bytes = self.shared.vault.open(&row.answer, &self.shared.readers).ok()?;
        Some(Bytes::copy_from_slice(&bytes))
    }

    /// Remembers the answer to a merchant's request, in the same commit as its effect.
    pub(super) fn store_answer(
        &mut self,
        account: &Account,
        idempotency: Option<&Idempotency>,
        view: &PaymentView,
    ) -> Result<(), Unavailable> {
        let Some(idempotency) = idempotency else { return Ok(()) };
        let answer = (idempotency.render)(account, view);
        let row = IdempotencyRow {
            shard: account.shard,
            account: account.no,
            key: idempotency.key.clone(),
            order: view.payment.order.as_str().to_owned(),
            answer: self.seal(account.merchant, view.payment.opened_at, &answer)?,
            expires_at: idempotency.expires_at,
        };
        self.loaded.idempotency.insert((row.account, row.key.clone()), row.clone());
        self.writes
            .idempotency
            .retain(|other| (other.account, &other.key) != (row.account, &row.key));
        self.writes.idempotency.push(row);
        Ok(())
    }

    /// Seals personal data of a merchant.
    pub(super) fn seal(
        &mut self,
        merchant: domain::ids::MerchantNo,
        at: Timestamp,
        plain: &[u8],
    ) -> Result<storage::Sealed, Unavailable> {
        self.shared.vault.seal(merchant, at, plain, &mut self.writes.data_keys).map_err(|error| {
            tracing::error!(%error, "sealing failed");
            Unavailable::Storage
        })
    }
}

/// The deadline, if the retailer allows it.
fn deadline(request: &OpenRequest, retailer: &Retailer) -> Result<Timestamp, OpenRefusal> {
    let Some(expires_at) = request.expires_at else {
        return Ok(request.received_at.plus(retailer.lifetime_default));
    };
    let lifetime = expires_at.since(request.lifetime_from);
    if expires_at <= request.received_at {
        Err(OpenRefusal::DeadlinePassed)
    } else if lifetime < retailer.lifetime_min {
        Err(OpenRefusal::LifetimeTooShort)
    } else if lifetime > retailer.lifetime_max
        || expires_at.since(request.received_at) > retailer.lifetime_max
    {
        Err(OpenRefusal::LifetimeTooLong)
    } else {
        Ok(expires_at)
    }
}
