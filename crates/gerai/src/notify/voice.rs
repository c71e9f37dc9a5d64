//! In whose words a merchant is told: its vendor's, or Gerai's own.

use std::collections::BTreeMap;

use dialect::{Attempt, DeliveryTerms, Dialect, Notice, Outgoing, Verdict};
use domain::time::Span;
use gateway::{
    Gateway,
    request::{Delivery, Unavailable},
};
use storage::News;

use super::bill;
use crate::{dialects, own};

/// What the operator calls Gerai's own events where brands are named.
pub(crate) const OWN_EVENTS: &str = "events";

/// What bills are called where brands are named.
const BILL: &str = "bill";

/// How long Gerai's own events are retried after their first attempt.
const OWN_LASTS: Span = Span::hours(91);

/// Who speaks.
#[derive(Clone, Copy)]
pub(super) enum Voice {
    /// The dialect of the account, of a state.
    Vendor(&'static dyn Dialect),
    /// Gerai itself, of an event.
    Own,
    /// Gerai to a payer; what is sent is `notify/bill.rs`'s business.
    Bill,
}

impl Voice {
    /// Who tells this; nobody where nobody speaks that dialect any more.
    pub(super) fn of(delivery: &Delivery) -> Option<Self> {
        match delivery.news {
            News::Vendor(_) => dialects::speaking(&delivery.account.brand).map(Self::Vendor),
            News::Own(_) => Some(Self::Own),
            News::Bill(..) => Some(Self::Bill),
        }
    }

    /// Its name in the configuration.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Vendor(dialect) => dialect.brand(),
            Self::Own => OWN_EVENTS,
            Self::Bill => BILL,
        }
    }

    pub(super) fn terms(self) -> DeliveryTerms {
        match self {
            Self::Vendor(dialect) => dialect.delivery_terms(),
            Self::Own | Self::Bill => own::TERMS,
        }
    }

    /// How long after the first attempt its retries may come: its own time, or the operator's where
    /// that is longer.
    pub(super) fn lasts(self, lengthened: &BTreeMap<String, Span>) -> Span {
        let own = self.own_lasts();
        lengthened.get(self.name()).map_or(own, |longer| own.max(*longer))
    }

    /// Whether the operator's time is longer than its own.
    pub(super) fn is_lengthened(self, lengthened: &BTreeMap<String, Span>) -> bool {
        lengthened.get(self.name()).is_some_and(|longer| *longer > self.own_lasts())
    }

    fn own_lasts(self) -> Span {
        match self {
            Self::Vendor(dialect) => dialect.retries_last(),
            Self::Own => OWN_LASTS,
            Self::Bill => bill::LASTS,
        }
    }

    /// The bytes to be sent to `url`, or why there are none.
    pub(super) async fn outgoing(
        self,
        gateway: &Gateway,
        delivery: &Delivery,
        url: &str,
    ) -> Result<Result<Outgoing, String>, Unavailable> {
        let now = gateway.clock().real_now();
        Ok(match (self, delivery.news) {
            (Self::Vendor(dialect), News::Vendor(announcement)) => {
                let notice = Notice {
                    announcement,
                    account: &delivery.account,
                    view: &delivery.view,
                    url,
                    happened_at: delivery.created_at,
                    now,
                };
                dialect.notification(&notice).map_err(|untold| untold.to_string())
            }
            (Self::Own, News::Own(no)) => match gateway.own_event(delivery.account.no, no).await? {
                Some(event) => own::outgoing(&delivery.account, &event, now)
                    .map_err(|untold| untold.to_string()),
                None => Err("the event is not kept any more".to_owned()),
            },
            (Self::Vendor(_), News::Own(_) | News::Bill(..))
            | (Self::Own, News::Vendor(_) | News::Bill(..))
            | (Self::Bill, _) => Err("somebody else has to tell this".to_owned()),
        })
    }

    /// Does what else follows from an answer: an endpoint of Gerai's own events that says that it is gone
    /// for good is asked no more.
    pub(super) async fn conclude(
        self,
        gateway: &Gateway,
        delivery: &Delivery,
        status: Option<u16>,
    ) {
        let (Self::Own, Some(410), Some(url)) = (self, status, &delivery.url) else { return };
        match gateway.events_endpoint_gone(delivery.account.no, url).await {
            Ok(()) => {
                let merchant = delivery.account.public_id.as_str();
                tracing::warn!(merchant, "the endpoint of a merchant's events is gone for good");
            }
            Err(error) => tracing::warn!(%error, "an endpoint that is gone was not turned off"),
        }
    }

    pub(super) fn verdict(self, attempt: &Attempt<'_>) -> Verdict {
        match self {
            Self::Vendor(dialect) => dialect.verdict(attempt),
            Self::Own | Self::Bill => own::verdict(attempt),
        }
    }
}
