//! News that waits to be told: what is due, in order, and not being told already.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    ids::{NotificationNo, PaymentNo},
    time::Timestamp,
};
use storage::{NotificationRow, PaymentRow, StorageError, sqlite::Reader};

use crate::{
    gateway::Shared,
    request::{Delivery, Unavailable},
};

/// The news of one payment for one of its URLs: it is told in order, one at a time.
type Stream = (PaymentNo, u32);

/// Notifications that somebody is sending. In memory: when the process dies, nobody is.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    stream_of: HashMap<NotificationNo, Stream>,
    streams: HashSet<Stream>,
    /// How many are looking for what is due right now.
    looks: usize,
    /// What was given back since they began to look: their rows may be older than that.
    given_back: HashSet<Stream>,
}

/// Somebody looks for what is due. What is given back meanwhile is not taken by this look: its row may
/// have been read before the attempt was stored, and would be told twice.
struct Look<'a>(&'a InFlight);

impl Drop for Look<'_> {
    fn drop(&mut self) {
        let mut taken = self.0.lock();
        taken.looks = taken.looks.saturating_sub(1);
        if taken.looks == 0 {
            taken.given_back.clear();
        }
    }
}

impl InFlight {
    fn look(&self) -> Look<'_> {
        self.lock().looks += 1;
        Look(self)
    }

    /// Takes a notification, unless it or other news of its stream is being told, or was a moment ago.
    fn take(&self, row: &NotificationRow) -> bool {
        let stream = (row.payment, row.target);
        let mut taken = self.lock();
        !taken.given_back.contains(&stream)
            && taken.streams.insert(stream)
            && taken.stream_of.insert(row.no, stream).is_none()
    }

    pub(crate) fn release(&self, no: NotificationNo) {
        let mut taken = self.lock();
        if let Some(stream) = taken.stream_of.remove(&no) {
            taken.streams.remove(&stream);
            if taken.looks > 0 {
                taken.given_back.insert(stream);
            }
        }
    }

    fn count(&self) -> usize {
        self.lock().streams.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Found {
    row: NotificationRow,
    payment: PaymentRow,
    /// When its first attempt began; none where there was none.
    first_at: Option<Timestamp>,
}

impl Shared {
    pub(crate) async fn deliveries(
        self: &Arc<Self>,
        now: Timestamp,
        count_max: usize,
    ) -> Result<Vec<Delivery>, Unavailable> {
        let _look = self.in_flight.look();
        // Those in flight are still due in the rows, and come first.
        let rows_max = count_max.saturating_add(self.in_flight.count());
        let found = self.readers.read(move |reader| due(reader, now, rows_max)).await?;
        let directory = self.directory.load();
        let mut deliveries = Vec::with_capacity(found.len().min(count_max));
        for Found { row, payment, first_at } in found {
            let Some(account) = directory.account(row.account) else { continue };
            if deliveries.len() >= count_max || !self.in_flight.take(&row) {
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
                first_at: first_at.unwrap_or(now),
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
            let first_at = first_attempt(reader, &row)?;
            found.push(Found { row, payment, first_at });
        }
    }
    Ok(found)
}

/// When the first attempt of a notification began, where there was one. The tries are kept for weeks
/// longer than any vendor goes on; should they be gone all the same, it counts from the news.
fn first_attempt(
    reader: &Reader,
    row: &NotificationRow,
) -> Result<Option<Timestamp>, StorageError> {
    if row.attempts == 0 {
        return Ok(None);
    }
    Ok(Some(reader.first_attempt_of(row.no)?.unwrap_or(row.created_at)))
}

#[cfg(test)]
mod tests {
    use domain::{
        event::Announcement,
        ids::{AccountNo, EventNo},
    };
    use storage::NotificationState;

    use super::*;

    fn row(no: i64) -> NotificationRow {
        NotificationRow {
            no: NotificationNo::new(no),
            shard: 0,
            payment: PaymentNo::new(7),
            event: EventNo::new(1),
            account: AccountNo::new(1),
            target: 0,
            announcement: Announcement::Paid,
            state: NotificationState::Due,
            attempts: 0,
            due_at: Timestamp::from_millis(0),
            created_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn what_is_given_back_during_a_look_is_left_to_the_next() {
        let in_flight = InFlight::default();
        assert!(in_flight.take(&row(1)));
        assert!(!in_flight.take(&row(1)) && !in_flight.take(&row(2)));
        let look = in_flight.look();
        // Its row was read a moment ago, when the attempt was not stored yet.
        in_flight.release(NotificationNo::new(1));
        assert!(!in_flight.take(&row(1)) && !in_flight.take(&row(2)));
        drop(look);
        let _next = in_flight.look();
        assert!(in_flight.take(&row(2)));
    }
}
