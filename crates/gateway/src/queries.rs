//! Questions of counters that change nothing, and looking for what is due.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    ids::SaleNo,
    payment::{Payment, Refusal, Siblings, State, Take},
    time::{Span, Timestamp},
};
use storage::{PaymentRow, StorageError, sqlite::Reader};

use crate::{
    books::money_due,
    gateway::Shared,
    pipeline::{Due, DueKind, advances_due, grace_of, inquired},
    request::{CounterReply, CounterRequest, Unavailable},
};

/// So many payments at most are looked up for one sweep; the rest follows in the next.
const SWEEP_MAX: usize = 1_000;

impl Shared {
    /// Answers an inquiry that grants nothing (rule 4): from memory, or from the rows.
    pub(crate) async fn inquire(
        self: &Arc<Self>,
        request: CounterRequest,
    ) -> Result<CounterReply, Unavailable> {
        let slot = self.directory.load().pools.slot(&request.code);
        let in_memory = slot.and_then(|slot| self.open_book.find(slot));
        let row = if in_memory.is_some() {
            in_memory
        } else {
            let code = request.code;
            let found = self.readers.read(move |reader| match slot {
                Some(slot) => reader.payment_by_slot(slot),
                None => reader.payment_by_foreign(&code),
            });
            found.await?.map(Arc::new)
        };
        let row = row.filter(|row| row.payment.code == request.code);
        let siblings = match row.as_deref() {
            Some(PaymentRow { payment, .. }) => self.siblings_of(payment).await?,
            None => Siblings::Idle,
        };
        let pool = slot.map(|slot| slot.pool);
        self.answer_inquiry(&request, pool, row.as_deref().map(|row| (row, siblings)))
    }

    /// What the other codes of its order mean to a payment, from the rows.
    async fn siblings_of(self: &Arc<Self>, payment: &Payment) -> Result<Siblings, Unavailable> {
        let Some(first) = payment.family else { return Ok(Siblings::Idle) };
        let family = self.readers.read(move |reader| reader.family(first)).await?;
        Ok(Siblings::beside(payment, family.iter().map(|row| &row.payment)))
    }

    fn answer_inquiry(
        &self,
        request: &CounterRequest,
        pool: Option<domain::ids::PoolNo>,
        found: Option<(&PaymentRow, Siblings)>,
    ) -> Result<CounterReply, Unavailable> {
        let directory = self.directory.load_full();
        let (row, siblings) =
            found.map_or((None, Siblings::Idle), |(row, siblings)| (Some(row), siblings));
        let retailer = match row {
            Some(row) => self.retailer_for(&directory, row.payment.account, request.retailer),
            None => self.settings.retailers.get(request.retailer),
        };
        let of_pool = pool.and_then(|no| directory.pools.get(no)).map(|pool| pool.shape().network);
        let outcome = match retailer {
            Some(retailer) => {
                let of_row = row.and_then(|row| self.network_of(&row.payment));
                let take = Take {
                    sale: SaleNo::new(0),
                    retailer,
                    network: of_pool.or(of_row).unwrap_or(retailer.network),
                    till_at: request.till_at,
                };
                inquired(row.map(|row| &row.payment), siblings, &take, request.received_at)
            }
            None => Err(Refusal::NotPayableHere { retailer: request.retailer }),
        };
        let visible = row.filter(|_| outcome != Err(Refusal::UnknownCode));
        let view = visible.map(|row| self.view(row)).transpose().map_err(|error| {
            tracing::error!(%error, "a payment does not unseal");
            Unavailable::Storage
        })?;
        let answer = self.answer(&directory, request, view.as_ref(), outcome);
        let body = Bytes::from((request.render)(request, &answer));
        Ok(CounterReply { body, answer: Some(answer) })
    }

    /// Payments whose moment has come at `now`.
    pub(crate) async fn due(self: &Arc<Self>, now: Timestamp) -> Result<Vec<Due>, Unavailable> {
        let shared = Arc::clone(self);
        self.readers.read(move |reader| shared.look_for_due(reader, now)).await
    }

    fn look_for_due(
        self: &Arc<Self>,
        reader: &mut Reader,
        now: Timestamp,
    ) -> Result<Vec<Due>, StorageError> {
        let mut due = Vec::new();
        let slack = domain::payment::EXPIRY_SLACK;
        let passed = Timestamp::from_millis(now.millis().saturating_sub(slack.as_millis()));
        let longest_grace = self.settings.retailers.iter().map(|r| r.contract.grace).max();
        for payment in reader.due_expiries(passed, SWEEP_MAX)? {
            let grace = self.grace(reader, payment, longest_grace.unwrap_or(Span::ZERO))?;
            due.push(Due { payment, kind: DueKind::Expiry, grace });
        }
        for payment in reader.due_releases(now, SWEEP_MAX)? {
            let grace = self.grace(reader, payment, longest_grace.unwrap_or(Span::ZERO))?;
            due.push(Due { payment, kind: DueKind::Release, grace });
        }
        let final_ones = reader.due_finals(now, SWEEP_MAX)?;
        due.extend(final_ones.into_iter().map(|payment| Due {
            payment,
            kind: DueKind::Finality,
            grace: Span::ZERO,
        }));
        due.extend(money_due(reader, now, SWEEP_MAX)?);
        due.extend(advances_due(reader, &self.directory.load().caps(), SWEEP_MAX)?);
        Ok(due)
    }

    /// The grace a payment enjoys: that of the network's most patient retailer, if it was inquired
    /// before its deadline.
    fn grace(
        &self,
        reader: &mut Reader,
        payment: domain::ids::PaymentNo,
        longest: Span,
    ) -> Result<Span, StorageError> {
        if longest.is_zero() {
            return Ok(Span::ZERO);
        }
        let Some(row) = reader.payment(payment)? else { return Ok(Span::ZERO) };
        debug_assert!(!matches!(row.payment.state, State::Settled(_)));
        let first = reader.first_inquiry_of(payment)?;
        let inquired = first.is_some_and(|at| at < row.payment.expires_at);
        let patience = self.network_of(&row.payment).map(|network| {
            let graces = self.settings.retailers.of_network(network).map(|r| r.contract.grace);
            graces.max().unwrap_or(Span::ZERO)
        });
        Ok(grace_of(inquired, patience.unwrap_or(Span::ZERO)))
    }
}
