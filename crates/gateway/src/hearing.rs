//! What a merchant is told, read from what happened: for whoever listens without a URL.
//!
//! Notifications have rows only where there is a URL to send them to, one for each. A listener hears
//! every piece of news once, also where there is none, so it is told from the payments' events by the
//! rules by which news is put into the outbox. What is sent again because somebody asked is no event:
//! those who listen at that moment are told it once more.

use domain::{
    event::{Announcement, EventKind},
    ids::{AccountNo, EventNo, PaymentId, PaymentNo},
    time::Timestamp,
};
use storage::{NewsRow, PaymentRow, StorageError, sqlite::Reader};
use tokio::sync::watch;

use crate::{
    Gateway,
    pipeline::closed_with_its_order,
    request::{PaymentView, Unavailable},
    resent::Again,
};

/// Events that are looked at in one read.
const EVENTS_READ: i64 = 5_000;
/// Events that are looked at for one answer; the next goes on from there.
const EVENTS_MAX: i64 = 100_000;

/// A piece of news.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The event that brought it.
    pub event: EventNo,
    /// When.
    pub at: Timestamp,
    /// What it says.
    pub announcement: Announcement,
    /// The payment as it is now.
    pub view: PaymentView,
}

/// Some news of an account.
#[derive(Debug, Clone)]
pub struct Hearing {
    /// In the order of commits.
    pub news: Vec<Heard>,
    /// The last event that was looked at.
    pub until: EventNo,
    /// Whether there is more to look at.
    pub has_more: bool,
}

impl Gateway {
    /// The number of the newest event, and every newer one as soon as it is durable.
    pub fn committed(&self) -> watch::Receiver<i64> {
        self.0.committed.subscribe()
    }

    /// The news of an account after an event, at most `count_max`.
    pub async fn hear(
        &self,
        account: AccountNo,
        after: EventNo,
        count_max: usize,
    ) -> Result<Hearing, Unavailable> {
        let directory = self.directory();
        let brand = directory.account(account).map(|account| account.brand.clone());
        let brand = brand.unwrap_or_default();
        let newest = *self.0.committed.borrow();
        let last = newest.min(after.get().saturating_add(EVENTS_MAX));
        let shared = std::sync::Arc::clone(&self.0);
        let (found, until) = self
            .read(move |reader| {
                let mut found = Vec::new();
                let mut until = after.get();
                while until < last && found.len() < count_max {
                    let next = last.min(until.saturating_add(EVENTS_READ));
                    for row in
                        reader.news_after(account, EventNo::new(until), EventNo::new(next))?
                    {
                        until = row.event.get();
                        if let Some(payment) = told(reader, &row)?
                            && let Some(announcement) =
                                shared.announcement(&brand, &payment.payment, row.kind)
                        {
                            found.push((row, payment, announcement));
                            if found.len() == count_max {
                                return Ok((found, until));
                            }
                        }
                    }
                    until = next;
                }
                Ok((found, until))
            })
            .await?;
        let mut news = Vec::with_capacity(found.len());
        for (row, payment, announcement) in found {
            let view = self.seen(&payment)?;
            news.push(Heard { event: row.event, at: row.at, announcement, view });
        }
        Ok(Hearing { news, until: EventNo::new(until), has_more: until < newest })
    }

    /// What was sent again for an account after a number, at most `count_max`, and the number from which
    /// to go on. Without a number nothing but that. Numbers are of one run of the program; one of
    /// another run is the same as 0.
    pub async fn hear_again(
        &self,
        account: AccountNo,
        after: Option<u64>,
        count_max: usize,
    ) -> Result<(Vec<Heard>, u64), Unavailable> {
        let Some(after) = after else {
            return Ok((Vec::new(), *self.resent().borrow()));
        };
        let (found, until) = self.0.resent.after(account, after, count_max);
        let rows = self
            .read(move |reader| {
                let with = |again: Again| Ok((reader.payment(again.payment)?, again));
                found.into_iter().map(with).collect::<Result<Vec<_>, StorageError>>()
            })
            .await?;
        let mut news = Vec::with_capacity(rows.len());
        for (payment, again) in rows {
            let Some(payment) = payment else { continue };
            let Again { event, at, announcement, .. } = again;
            news.push(Heard { event, at, announcement, view: self.seen(&payment)? });
        }
        Ok((news, until))
    }

    /// The number of the newest that was sent again, and every newer one.
    pub fn resent(&self) -> watch::Receiver<u64> {
        self.0.resent.newest()
    }

    fn seen(&self, row: &PaymentRow) -> Result<PaymentView, Unavailable> {
        self.view(row).map_err(|error| {
            tracing::error!(%error, payment = %row.payment.id, "a payment does not unseal");
            Unavailable::Storage
        })
    }

    /// A name for an event that tells a stranger nothing: not how many there are.
    pub fn cursor(&self, event: EventNo) -> String {
        // The same event always has the same name.
        self.0.ids.issue(PaymentNo::new(event.get()), Timestamp::from_millis(0), 0).to_string()
    }

    /// The event of such a name; none where the text is none. One that never was is after all others.
    pub fn event_of_cursor(&self, text: &str) -> Option<EventNo> {
        let id: PaymentId = text.parse().ok()?;
        Some(EventNo::new(self.0.ids.number(&id).get()))
    }
}

/// The payment of an event, unless its order keeps silent about it (rule 36). The pipeline decides that
/// when it happens; here it is read from what was written down: why a code was closed, and how the order's
/// other codes stood.
fn told(reader: &Reader, row: &NewsRow) -> Result<Option<PaymentRow>, StorageError> {
    let Some(payment) = reader.payment(row.payment)? else { return Ok(None) };
    let Some(first) = payment.payment.family else { return Ok(Some(payment)) };
    // A further code is told by the answer to whoever asked for it, and the news of the one that counts
    // says it all.
    if row.kind == EventKind::Opened && payment.payment.no != first {
        return Ok(None);
    }
    if row.reason.as_deref().is_some_and(closed_with_its_order) {
        return Ok(None);
    }
    let went_on = |other: &PaymentRow| {
        other.payment.no != payment.payment.no
            && other.payment.opened_at <= row.at
            && (other.payment.state.closed_at().is_none() || other.last_event > row.event)
    };
    if row.kind == EventKind::Expired && reader.family(first)?.iter().any(went_on) {
        return Ok(None);
    }
    Ok(Some(payment))
}
