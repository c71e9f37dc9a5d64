//! Cancelling and expiring, by merchants and operators.

use domain::{
    ids::{AccountNo, PaymentNo},
    payment::{Command, Decision},
};

use super::batch::{Batch, Cause};
use crate::request::{Close, CloseError, CloseRequest, Closed, PaymentRef, Unavailable};

impl Batch<'_> {
    pub(super) fn close(&mut self, request: &CloseRequest) -> Result<Closed, CloseError> {
        let named = self.named_by(request.account, &request.payment);
        let named = named.ok_or(CloseError::NotFound)?;
        // A merchant closes its order, whichever of its codes it names.
        let no = if request.account.is_some() { self.counting_for(named) } else { named };
        let row = self.payment(no).ok_or(CloseError::NotFound)?;
        let account_no = row.payment.account;
        if request.account.is_some_and(|account| account != account_no) {
            return Err(CloseError::NotFound);
        }
        let directory = std::sync::Arc::clone(&self.directory);
        let account =
            directory.account(account_no).ok_or(CloseError::Unavailable(Unavailable::Storage))?;
        let order = row.payment.order.as_str();
        let stored =
            self.stored_answer(account, request.idempotency.as_ref(), order, request.received_at);
        if let Some(stored) = stored {
            return Ok(Closed::Repeated(stored));
        }

        let command = match request.how {
            Close::Cancel => Command::Cancel,
            Close::Expire => Command::Expire,
        };
        match self.decide_on(&row.payment, command, request.received_at) {
            Err(refusal) => Err(CloseError::Refused(Box::new(self.seen(no)?), refusal)),
            Ok(Decision::Replay | Decision::Unapplied(_)) => {
                Ok(Closed::Already(Box::new(self.seen(no)?)))
            }
            Ok(Decision::Change(change)) => {
                let cause = Cause {
                    actor: request.actor,
                    reason: request.reason.as_deref(),
                    sale: None,
                    at: request.received_at,
                };
                self.apply(no, &change, &cause);
                let view = self.seen(no)?;
                let _ = self.store_answer(account, request.idempotency.as_ref(), &view);
                Ok(Closed::Done(Box::new(view)))
            }
        }
    }

    /// The payment that somebody names; of a merchant, only its own.
    pub(super) fn named_by(
        &self,
        account: Option<AccountNo>,
        payment: &PaymentRef,
    ) -> Option<PaymentNo> {
        let by_id = |id: &domain::ids::PaymentId| {
            let row = self.payment(self.shared.ids.number(id))?;
            let is_seen = account.is_none_or(|account| row.payment.account == account);
            (row.payment.id == *id && is_seen).then_some(row.payment.no)
        };
        let by_order = |order: &str| {
            let key = (account?, order.to_owned());
            self.loaded.orders.get(&key).copied()
        };
        match payment {
            PaymentRef::Id(id) => by_id(id),
            PaymentRef::No(no) => Some(*no),
            PaymentRef::Order(order) => by_order(order),
            PaymentRef::IdOrOrder(text) => {
                text.parse().ok().and_then(|id| by_id(&id)).or_else(|| by_order(text))
            }
            PaymentRef::Code(code) => {
                let row = self.in_slot(self.directory.pools.slot(code)?)?;
                (row.payment.code == *code).then_some(row.payment.no)
            }
        }
    }

    /// A payment as this batch leaves it.
    pub(super) fn seen(&self, no: PaymentNo) -> Result<crate::request::PaymentView, Unavailable> {
        let row = self.payment(no).ok_or(Unavailable::Storage)?;
        self.shared.view(row).map_err(|error| {
            tracing::error!(%error, payment = %row.payment.id, "a payment does not unseal");
            Unavailable::Storage
        })
    }
}
