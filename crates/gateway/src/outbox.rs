//! News that waits to be told: what is due, in order, and not being told already.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ids::NotificationNo, time::Timestamp};
use storage::{NotificationRow, PaymentRow, StorageError, sqlite::Reader};

use crate::{
    gateway::Shared,
    request::{Delivery, Unavailable},
};

/// Notifications that somebody is sending. In memory: when the process dies, nobody is.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashSet<NotificationNo>>);

impl InFlight {
    /// Takes a notification, unless it or other news of its stream is being told.
    fn take(&self, no: NotificationNo, stream: &[NotificationNo]) -> bool {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !stream.iter().any(|other| taken.contains(other)) && taken.insert(no)
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
    /// Itself and the other news of its payment that waits for the same URL.
    stream: Vec<NotificationNo>,
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
        for Found { row, payment, stream } in found {
            let Some(account) = directory.account(row.account) else { continue };
            if deliveries.len() >= count_max || !self.in_flight.take(row.no, &stream) {
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
                view,
                url,
            });
        }
        Ok(deliveries)
    }
}

/// What is due, unless older news of the same payment for the same URL is due too: that goes first.
///
/// Older news that failed a moment ago and waits for its retry holds nothing up: a merchant whose
/// server chokes on "pending" hears of "paid" all the same.
fn due(reader: &mut Reader, now: Timestamp, rows_max: usize) -> Result<Vec<Found>, StorageError> {
    let mut found = Vec::new();
    for row in reader.due_notifications(now, rows_max)? {
        let mut siblings = reader.due_of_payment(row.payment)?;
        siblings.retain(|other| other.target == row.target);
        if siblings.iter().any(|other| other.no < row.no && other.due_at <= now) {
            continue;
        }
        if let Some(payment) = reader.payment(row.payment)? {
            let stream = siblings.iter().map(|other| other.no).collect();
            found.push(Found { row, payment, stream });
        }
    }
    Ok(found)
}
