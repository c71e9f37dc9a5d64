//! News that waits to be told: what is due for each endpoint, in order, and not being told already.

mod claim;
mod endpoint;
mod waiting;

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use domain::ids::{AccountNo, NotificationNo, PaymentNo};
use storage::{NotificationRow, OWN_TARGET, channel_at};

use crate::{bill::BillTerms, directory::Account};

pub use claim::{Claimed, Turn};
pub use endpoint::{EndpointNo, host_and_port};
pub(crate) use waiting::Brought;
pub use waiting::Waiting;

/// Where news goes: a bill to its payer's channel, everything else to its payment's own URLs if it has any, else to those of its account.
pub(crate) fn url_of<'a>(
    of_payment: Option<&'a [String]>,
    account: &'a Account,
    target: u32,
    bill: Option<&'a BillTerms>,
) -> Option<&'a str> {
    if let Some(channel) = channel_at(target) {
        return bill?.url(account, channel);
    }
    if target == OWN_TARGET {
        let settings = &account.settings;
        return settings.events_url.as_deref().filter(|_| !settings.events_url_gone);
    }
    let urls = of_payment.unwrap_or(&account.notification_urls);
    urls.get(usize::try_from(target).ok()?).map(String::as_str)
}

/// The news of one payment for one of its URLs: it is told in order, one at a time.
type Stream = (AccountNo, PaymentNo, u32);

/// Notifications that somebody is sending. In memory: when the process dies, nobody is.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    stream_of: HashMap<NotificationNo, (Stream, EndpointNo)>,
    streams: HashSet<Stream>,
    /// How many of them go to each endpoint.
    of_endpoint: HashMap<EndpointNo, usize>,
    /// How many are looking for what is due right now.
    looks: usize,
    /// What was given back since they began to look: their rows may be older than that.
    given_back: HashSet<Stream>,
}

/// Whether a notification could be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    /// It could, and must be released.
    Taken,
    /// News of its stream is in other hands, or was a moment ago.
    Elsewhere,
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
    fn take(&self, row: &NotificationRow) -> Take {
        let stream = (row.account, row.payment, row.target);
        let endpoint = EndpointNo::new(row.endpoint);
        let mut taken = self.lock();
        if taken.given_back.contains(&stream) || !taken.streams.insert(stream) {
            return Take::Elsewhere;
        }
        taken.stream_of.insert(row.no, (stream, endpoint));
        *taken.of_endpoint.entry(endpoint).or_default() += 1;
        Take::Taken
    }

    pub(crate) fn release(&self, no: NotificationNo) {
        let mut taken = self.lock();
        if let Some((stream, endpoint)) = taken.stream_of.remove(&no) {
            taken.streams.remove(&stream);
            if taken.looks > 0 {
                taken.given_back.insert(stream);
            }
            if let Some(count) = taken.of_endpoint.get_mut(&endpoint) {
                *count -= 1;
                if *count == 0 {
                    taken.of_endpoint.remove(&endpoint);
                }
            }
        }
    }

    /// Whether this very notification is being told.
    fn is_taken(&self, no: NotificationNo) -> bool {
        self.lock().stream_of.contains_key(&no)
    }

    /// How many are being told at an endpoint.
    fn count_at(&self, endpoint: EndpointNo) -> usize {
        self.lock().of_endpoint.get(&endpoint).copied().unwrap_or(0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::{event::Announcement, ids::EventNo, time::Timestamp};
    use storage::{News, NotificationState};

    use super::*;

    fn row(no: i64) -> NotificationRow {
        NotificationRow {
            no: NotificationNo::new(no),
            shard: 0,
            payment: PaymentNo::new(7),
            event: EventNo::new(1),
            account: AccountNo::new(1),
            target: 0,
            news: News::Vendor(Announcement::Paid),
            state: NotificationState::Due,
            attempts: 0,
            due_at: Timestamp::from_millis(0),
            created_at: Timestamp::from_millis(0),
            endpoint: 3,
        }
    }

    #[test]
    fn what_is_given_back_during_a_look_is_left_to_the_next() {
        let in_flight = InFlight::default();
        let take = |no| in_flight.take(&row(no)) == Take::Taken;
        assert!(take(1) && !take(1) && !take(2));
        assert!(in_flight.is_taken(NotificationNo::new(1)));
        assert_eq!(in_flight.count_at(EndpointNo::new(3)), 1);
        let look = in_flight.look();
        // Its row was read a moment ago, when the attempt was not stored yet.
        in_flight.release(NotificationNo::new(1));
        assert!(!take(1) && !take(2));
        assert_eq!(in_flight.count_at(EndpointNo::new(3)), 0);
        drop(look);
        let _next = in_flight.look();
        assert!(take(2));
    }
}
