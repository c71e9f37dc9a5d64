//! What an operator had sent again, for merchants who listen without a URL ([`crate::hearing`]).
//!
//! It is no news: nothing happened to a payment, and no event says so. Those who listen at that moment
//! are told, so it is kept in memory, and a little of it.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    event::Announcement,
    ids::{AccountNo, EventNo, PaymentNo},
    time::Timestamp,
};
use storage::NotificationRow;
use tokio::sync::watch;

/// How many are kept.
const KEPT_MAX: usize = 10_000;

/// Something that is told once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Again {
    account: AccountNo,
    pub(crate) payment: PaymentNo,
    pub(crate) event: EventNo,
    pub(crate) at: Timestamp,
    pub(crate) announcement: Announcement,
}

impl Again {
    /// What a notification says, where it is in a vendor's words: listeners hear nothing else.
    pub(crate) fn of(row: &NotificationRow) -> Option<Self> {
        Some(Self {
            account: row.account,
            payment: row.payment,
            event: row.event,
            at: row.created_at,
            announcement: row.news.announcement()?,
        })
    }
}

/// The newest of them, each with a number that grows.
#[derive(Debug, Default)]
pub(crate) struct Resent {
    kept: Mutex<VecDeque<(u64, Again)>>,
    newest: watch::Sender<u64>,
}

impl Resent {
    /// Keeps them, each once however many URLs it goes to, and wakes those who listen.
    pub(crate) fn keep(&self, found: impl IntoIterator<Item = Again>) {
        let mut kept = self.lock();
        let before = *self.newest.borrow();
        let mut newest = before;
        for again in found {
            let is_there = kept.iter().rev().take_while(|(no, _)| *no > before);
            if is_there.clone().any(|(_, other)| *other == again) {
                continue;
            }
            newest += 1;
            kept.push_back((newest, again));
        }
        while kept.len() > KEPT_MAX {
            kept.pop_front();
        }
        drop(kept);
        if newest > before {
            self.newest.send_replace(newest);
        }
    }

    /// Those of an account after a number, the oldest first and at most `count_max`; and the number
    /// from which to go on. A number that was never given is of another run of the program.
    pub(crate) fn after(
        &self,
        account: AccountNo,
        after: u64,
        count_max: usize,
    ) -> (Vec<Again>, u64) {
        let kept = self.lock();
        let newest = *self.newest.borrow();
        let after = if after > newest { 0 } else { after };
        let own = kept.iter().filter(|(no, again)| *no > after && again.account == account);
        let found: Vec<_> = own.take(count_max).cloned().collect();
        let until = match found.last() {
            Some((no, _)) if found.len() == count_max => *no,
            Some(_) | None => newest,
        };
        (found.into_iter().map(|(_, again)| again).collect(), until)
    }

    /// The newest number, and every newer one.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, Again)>> {
        // Whoever panicked while holding the lock was no more than counting.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(account: i64, event: i64) -> Again {
        Again {
            account: AccountNo::new(account),
            payment: PaymentNo::new(event),
            event: EventNo::new(event),
            at: Timestamp::from_millis(0),
            announcement: Announcement::Paid,
        }
    }

    #[test]
    fn each_account_hears_its_own_once_and_goes_on_where_it_was() {
        let resent = Resent::default();
        let (one, two) = (AccountNo::new(1), AccountNo::new(2));
        assert_eq!(resent.after(one, 0, 10), (vec![], 0));
        // Two URLs of one notification are one; a second command is told anew.
        resent.keep([again(1, 5), again(1, 5), again(2, 6), again(1, 7)]);
        assert_eq!(resent.after(one, 0, 10), (vec![again(1, 5), again(1, 7)], 3));
        assert_eq!(resent.after(one, 0, 1), (vec![again(1, 5)], 1));
        assert_eq!(resent.after(one, 1, 1), (vec![again(1, 7)], 3));
        assert_eq!(resent.after(two, 0, 10), (vec![again(2, 6)], 3));
        resent.keep([again(1, 5)]);
        assert_eq!(resent.after(one, 3, 10), (vec![again(1, 5)], 4));
        // A number of another run.
        assert_eq!(resent.after(two, 99, 10), (vec![again(2, 6)], 4));
        resent.keep((0..10_010).map(|event| again(2, event)));
        assert_eq!(resent.after(two, 0, 20_000).0.len(), KEPT_MAX);
    }
}
