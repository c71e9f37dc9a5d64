//! News that waits to be told: what is due, in order, and not being told already.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ids::NotificationNo, time::Timestamp};
use storage::{NotificationRow, NotificationState, PaymentRow, StorageError, sqlite::Reader};

use crate::{
    gateway::Shared,
    request::{Delivery, Unavailable},
};

/// Notifications that somebody is sending. In memory: when the process dies, nobody is.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashSet<NotificationNo>>);

impl InFlight {
    fn take(&self, no: NotificationNo) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(no)
    }

    pub(crate) fn release(&self, no: NotificationNo) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&no);
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

struct Found {
    row: NotificationRow,
    payment: PaymentRow,
    newer_waits: bool,
}

impl Shared {
    pub(crate) async fn deliveries(
        self: &Arc<Self>,
        now: Timestamp,
        count_max: usize,
    ) -> Result<Vec<Delivery>, Unavailable> {
        // Those in flight are still due in the rows, and come first.
        let rows_max = count_max.saturating_add(self.in_flight.count());
        let found = self.readers.read(move |reader| due(reader, now, rows_max)).await?;
        let directory = self.directory.load();
        let mut deliveries = Vec::with_capacity(found.len().min(count_max));
        for Found { row, payment, newer_waits } in found {
            let Some(account) = directory.account(row.account) else { continue };
            if deliveries.len() >= count_max || !self.in_flight.take(row.no) {
                continue;
            }
            let view = match self.view(&payment) {
                Ok(view) => view,
                Err(error) => {
                    tracing::error!(%error, notification = %row.no, "a payment does not unseal");
                    self.in_flight.release(row.no);
                    continue;
                }
            };
            let urls = view.notify_urls.as_ref().unwrap_or(&account.notification_urls);
            let url = usize::try_from(row.target).ok().and_then(|target| urls.get(target)).cloned();
            deliveries.push(Delivery {
                no: row.no,
                account: Arc::clone(account),
                announcement: row.announcement,
                created_at: row.created_at,
                attempts: row.attempts,
                // Retried because newer news came: the next failure is the last.
                is_last_chance: newer_waits && row.attempts > 0,
                view,
                url,
            });
        }
        Ok(deliveries)
    }
}

/// What is due and is the oldest undelivered news of its payment for its URL.
fn due(reader: &mut Reader, now: Timestamp, rows_max: usize) -> Result<Vec<Found>, StorageError> {
    let mut found = Vec::new();
    for row in reader.due_notifications(now, rows_max)? {
        let same_stream = |other: &&NotificationRow| {
            other.target == row.target && other.state == NotificationState::Due
        };
        let siblings = reader.due_of_payment(row.payment)?;
        if siblings.iter().filter(same_stream).any(|other| other.no < row.no) {
            continue;
        }
        let newer_waits = siblings.iter().filter(same_stream).any(|other| other.no > row.no);
        if let Some(payment) = reader.payment(row.payment)? {
            found.push(Found { row, payment, newer_waits });
        }
    }
    Ok(found)
}
