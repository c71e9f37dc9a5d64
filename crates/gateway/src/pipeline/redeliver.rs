//! Sending notifications once more, because an operator says so: after an outage, or when a merchant
//! has lost one.
//!
//! It is the same notification, so it keeps its number, its attempts and whatever identity its dialect
//! gives it. What it must not do is arrive behind newer news of the same payment: a merchant that
//! believes what it heard last would believe the older.

use domain::{
    ids::{NotificationNo, PaymentNo},
    time::Timestamp,
};
use storage::{NotificationRow, NotificationState, Wanted};

use super::{
    batch::Batch,
    queue::{Job, Lane},
};
use crate::{
    Gateway,
    gateway::lines,
    outbox::{EndpointNo, url_of},
    request::{Redelivery, Unavailable},
    resent::Again,
};

/// Notifications that an operator wants sent again.
#[derive(Debug, Clone)]
pub(crate) struct Redeliver {
    /// Each with its payment, in the order of their numbers.
    pub(crate) wanted: Vec<(NotificationNo, PaymentNo)>,
    /// When they are due.
    pub(crate) at: Timestamp,
}

impl Redeliver {
    /// Names the rows it touches: all news of the payments, whatever came of it.
    pub(super) fn want(&self, wanted: &mut Wanted) {
        let payments = self.wanted.iter().map(|(_, payment)| *payment);
        wanted.payments.extend(payments.clone());
        wanted.news_of.extend(payments);
    }
}

impl Gateway {
    /// Has notifications sent once more, whatever came of them before; the answer says what becomes of
    /// each, in the order of their numbers. What there is nothing of is not in it.
    pub async fn redeliver(
        &self,
        mut numbers: Vec<NotificationNo>,
    ) -> Result<Vec<(NotificationNo, Redelivery)>, Unavailable> {
        numbers.sort_unstable();
        numbers.dedup();
        let found = self
            .read(move |reader| {
                let mut found = Vec::with_capacity(numbers.len());
                for no in numbers {
                    found.extend(reader.notification(no)?);
                }
                Ok(found)
            })
            .await?;
        let wanted = found.iter().map(|row| (row.no, row.payment)).collect();
        let redeliver = Redeliver { wanted, at: self.clock().now() };
        let told = self.ask(Lane::Household, |reply| Job::Redeliver(redeliver, reply)).await;
        let told = told.unwrap_or(Err(Unavailable::Stopping))?;
        let is_sent = |row: &&NotificationRow| told.contains(&(row.no, Redelivery::Due));
        self.0.resent.keep(found.iter().filter(is_sent).filter_map(Again::of));
        Ok(told)
    }
}

impl Batch<'_> {
    /// Makes them due.
    pub(super) fn redeliver(&mut self, redeliver: &Redeliver) -> Vec<(NotificationNo, Redelivery)> {
        let numbers = redeliver.wanted.iter().map(|(no, _)| *no);
        numbers.filter_map(|no| Some((no, self.redeliver_one(no, redeliver.at)?))).collect()
    }

    fn redeliver_one(&mut self, no: NotificationNo, at: Timestamp) -> Option<Redelivery> {
        let mut row = self.loaded.notifications.get(&no)?.clone();
        match row.state {
            NotificationState::Superseded => return Some(Redelivery::Superseded),
            NotificationState::Due if row.due_at <= at => return Some(Redelivery::Waits),
            NotificationState::Due | NotificationState::Delivered | NotificationState::Failed => {}
        }
        // A payment whose order id is used again never speaks under it (rule 10).
        if row.news.gives_way() && self.payment(row.payment)?.payment.superseded {
            return Some(Redelivery::OrderReused);
        }
        if let Some(newer) = self.delivered_after(&row) {
            return Some(Redelivery::Overtaken(newer));
        }
        row.endpoint = self.endpoint_now(&row);
        row.state = NotificationState::Due;
        row.due_at = at;
        self.brings_news = true;
        self.put_news(row);
        Some(Redelivery::Due)
    }

    /// Where it goes now: the URL may have been mended since.
    fn endpoint_now(&self, row: &NotificationRow) -> i64 {
        let payment = self.payment(row.payment);
        let urls = payment.and_then(|payment| payment.notify_urls.as_deref().map(lines));
        let account = self.directory.account(row.account);
        let url = account.and_then(|account| {
            url_of(urls.as_deref(), account, row.target, self.shared.settings.bill.as_ref())
        });
        url.map_or(EndpointNo::UNKNOWN, EndpointNo::of).get()
    }

    /// Newer news of the same payment that its merchant has at the same URL.
    fn delivered_after(&self, row: &NotificationRow) -> Option<NotificationNo> {
        let newer = |other: &&NotificationRow| {
            other.payment == row.payment
                && other.target == row.target
                && other.no > row.no
                && other.news.gives_way()
                && other.state == NotificationState::Delivered
        };
        if !row.news.gives_way() {
            return None;
        }
        self.news_of(row.payment).filter(newer).map(|other| other.no).min()
    }
}
