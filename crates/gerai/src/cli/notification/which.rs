//! Which notifications a command is about.

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use domain::{
    ids::{NotificationNo, PaymentNo},
    time::{Span, Timestamp},
};
use gateway::admin::{MerchantName, by_text, find_account};
use storage::{Directory, NotificationFilter, NotificationRow, NotificationState, sqlite::Reader};

use super::moment::{Moment, read};
use crate::cli::place::Located;

/// Numbers are given when a command is decided, and instants when it arrived: they may disagree by as
/// long as a command waits.
const DISORDER: Span = Span::minutes(10);

/// How far a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    /// It waits for its next attempt
    Due,
    /// The merchant has it
    Delivered,
    /// The dialect gave up
    Failed,
    /// Newer news of the same payment went out instead
    Superseded,
}

impl State {
    /// As the row has it.
    pub(super) const fn stored(self) -> NotificationState {
        match self {
            Self::Due => NotificationState::Due,
            Self::Delivered => NotificationState::Delivered,
            Self::Failed => NotificationState::Failed,
            Self::Superseded => NotificationState::Superseded,
        }
    }
}

/// From when to when, and for whom.
#[derive(Debug, clap::Args)]
pub(crate) struct Range {
    /// For this merchant only
    #[arg(long, value_name = "ID")]
    pub(super) merchant: Option<String>,
    /// News of this instant or later: 2h (ago), 2026-11-21, 2026-11-21 14:00
    #[arg(long, value_name = "WHEN", value_parser = read)]
    pub(super) since: Option<Moment>,
    /// News of before this instant, or of this day at the latest
    #[arg(long, value_name = "WHEN", value_parser = read)]
    pub(super) until: Option<Moment>,
}

impl Range {
    /// Whether nothing is left out.
    pub(super) const fn is_all(&self) -> bool {
        self.merchant.is_none() && self.since.is_none() && self.until.is_none()
    }

    /// As storage takes it; `now` is what is counted back from.
    pub(super) fn filter(
        &self,
        reader: &Reader,
        rows: &Directory,
        now: Timestamp,
    ) -> anyhow::Result<NotificationFilter> {
        let mut filter = NotificationFilter::default();
        if let Some(merchant) = &self.merchant {
            let name = MerchantName { merchant: merchant.clone(), brand: None };
            filter.account = Some(find_account(rows, &name)?.no);
        }
        if let Some(since) = self.since {
            filter.from = since.beginning(now);
            let early =
                Timestamp::from_millis(filter.from.millis().saturating_sub(DISORDER.as_millis()));
            filter.after = reader.notifications_before(early)?;
        }
        if let Some(until) = self.until {
            filter.until = until.end(now);
            let last = reader.notifications_before(filter.until.plus(DISORDER))?;
            filter.before = NotificationNo::new(last.get().saturating_add(1));
        }
        if filter.from >= filter.until {
            bail!("--until is before --since");
        }
        Ok(filter)
    }

    /// Whether a row that was found by its payment lies in it.
    pub(super) fn has(filter: &NotificationFilter, row: &NotificationRow) -> bool {
        filter.account.is_none_or(|account| account == row.account)
            && filter.state.is_none_or(|state| state == row.state)
            && (filter.from..filter.until).contains(&row.created_at)
            && row.no > filter.after
            && row.no < filter.before
    }
}

/// One payment, by a name that leads to it.
#[derive(Debug, clap::Args)]
pub(crate) struct OfPayment {
    /// Of this payment only, by its id or its code
    #[arg(conflicts_with = "order")]
    payment: Option<String>,
    /// Of the payments with this order id only
    #[arg(long, value_name = "ID")]
    order: Option<String>,
}

impl OfPayment {
    /// Whether a payment was named.
    pub(super) const fn is_one(&self) -> bool {
        self.payment.is_some() || self.order.is_some()
    }

    /// The payments that are meant; none where no payment was named.
    pub(super) fn find(
        &self,
        located: &Located,
        reader: &Reader,
        rows: &Directory,
    ) -> anyhow::Result<Option<Vec<PaymentNo>>> {
        let found: Vec<_> = match (&self.payment, &self.order) {
            (None, None) => return Ok(None),
            (Some(text), _) => {
                let payment = by_text(text).map_err(|_| {
                    anyhow!(
                        "`{text}` is neither a payment's id nor a code; an order id is named \
                             with --order {text}"
                    )
                })?;
                let lookup = located.lookup(rows).context(
                    "an id or a code leads to its payment only with the master key (--order ID \
                     needs none)",
                )?;
                lookup.find(reader, &payment)?.into_iter().collect()
            }
            (None, Some(order)) => {
                // An order id is its merchant's own: two merchants may have the same.
                let mut found = Vec::new();
                for account in &rows.accounts {
                    found.extend(reader.payment_by_order(account.no, order)?);
                }
                found
            }
        };
        if found.is_empty() {
            bail!("there is no such payment");
        }
        let mut numbers = Vec::new();
        for row in found {
            match row.payment.family {
                // An order with several codes is one order.
                Some(first) => {
                    numbers.extend(reader.family(first)?.iter().map(|row| row.payment.no));
                }
                None => numbers.push(row.payment.no),
            }
        }
        Ok(Some(numbers))
    }
}
