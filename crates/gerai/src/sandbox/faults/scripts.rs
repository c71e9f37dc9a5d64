//! Everything that is to go wrong: scripts, what requests asked for, and what is held back meanwhile.
//!
//! All of it is in memory and bounded; a restart forgets it.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{event::Announcement, ids::NotificationNo, time::Timestamp};
use gateway::{Environment, Gateway, request::Delivery, travel::NotASandbox};
use storage::News;

use super::{
    fault::{Fault, NewsFault},
    script::{Call, Script},
    terms::{Chance, Count, Terms},
};

/// The most scripts at a time.
pub(super) const SCRIPTS_MAX: usize = 100;
/// Of requests that asked for faults of their notifications, the newest are remembered.
const ASKED_MAX: usize = 256;
/// The most notifications that are held back at a time.
const HELD_MAX: usize = 1_000;

/// What is to go wrong in a sandbox. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Scripts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gateway: Gateway,
    book: Mutex<Book>,
}

/// What is written down.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// The oldest first.
    scripts: Vec<(u64, Script)>,
    /// The number of the last one.
    last_no: u64,
    asked: VecDeque<Asked>,
    last_asked: u64,
    /// What is held back, and until when.
    held: HashMap<NotificationNo, Held>,
}

/// A request asked for a fault of whatever is told of it.
#[derive(Debug)]
struct Asked {
    no: u64,
    /// What it named.
    names: BTreeSet<String>,
    /// From when to when it was carried out; it still is where there is no end.
    from: Timestamp,
    until: Option<Timestamp>,
    fault: NewsFault,
    terms: Terms,
    count: Count,
}

/// A notification that waits because a fault wants it.
#[derive(Debug)]
struct Held {
    until: Timestamp,
    why: String,
    /// What is sent behind newer news of its payment, where that is what it waits for.
    behind_newer: Option<Box<Delivery>>,
}

/// Whether a notification is held back.
#[derive(Debug)]
pub(super) enum Waits {
    /// It never was.
    No,
    /// It was, and its time is over.
    NoMore,
    /// Until this instant, and why.
    Until(Timestamp, String),
}

/// As long as it is held, a request is being carried out.
#[derive(Debug)]
pub(super) struct Listening {
    scripts: Scripts,
    no: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let now = self.scripts.gateway().clock().now();
        let mut book = self.scripts.lock();
        if let Some(asked) = book.asked.iter_mut().find(|asked| asked.no == self.no) {
            asked.until = Some(now);
        }
    }
}

impl Scripts {
    /// None yet, for a sandbox: production can have none.
    pub(crate) fn of(gateway: &Gateway) -> Result<Self, NotASandbox> {
        match gateway.environment() {
            Environment::Sandbox => {
                Ok(Self(Arc::new(Inner { gateway: gateway.clone(), book: Mutex::default() })))
            }
            Environment::Production => Err(NotASandbox),
        }
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.0.gateway
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Book> {
        // Whoever panicked while holding the lock was no more than counting.
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().scripts.is_empty()
    }

    /// Has every script look at a request; what strikes is told, the oldest script first.
    pub(super) fn strike_request(
        &self,
        call: &Call<'_>,
        can: impl Fn(&Fault) -> bool,
        mut strike: impl FnMut(&Fault, Chance),
    ) {
        for (_, script) in &mut self.lock().scripts {
            if let Some((fault, chance)) = script.strike_request(call, &can) {
                strike(fault, chance);
            }
        }
    }

    /// A request asks for a fault of what is told of the payments that it names, while it is carried
    /// out.
    pub(super) fn listen(
        &self,
        names: BTreeSet<String>,
        fault: NewsFault,
        terms: Terms,
    ) -> Listening {
        let from = self.gateway().clock().now();
        let mut book = self.lock();
        book.last_asked += 1;
        let no = book.last_asked;
        let count = Count::default();
        book.asked.push_back(Asked { no, names, from, until: None, fault, terms, count });
        if book.asked.len() > ASKED_MAX {
            book.asked.pop_front();
        }
        Listening { scripts: self.clone(), no }
    }
}

impl Book {
    /// Adds one, unless there are too many; its number.
    pub(super) fn add(&mut self, script: Script) -> Option<u64> {
        if self.scripts.len() >= SCRIPTS_MAX {
            return None;
        }
        self.last_no += 1;
        self.scripts.push((self.last_no, script));
        Some(self.last_no)
    }

    /// All of them, the oldest first.
    pub(super) fn scripts(&self) -> &[(u64, Script)] {
        &self.scripts
    }

    /// Takes one away, or all; how many there were. What is held back already waits as before.
    pub(super) fn remove(&mut self, no: Option<u64>) -> usize {
        let before = self.scripts.len();
        self.scripts.retain(|(other, _)| no.is_some_and(|no| no != *other));
        before - self.scripts.len()
    }

    /// What goes wrong with an attempt, by which chance and whose wish: that of the request it came of,
    /// or of the oldest script that strikes it.
    pub(super) fn strike_news(
        &mut self,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Option<(NewsFault, Chance, String)> {
        if self.held.len() >= HELD_MAX {
            // What was dropped for newer news is never asked about again.
            self.held.retain(|_, held| now < held.until);
        }
        let has_room = self.held.len() < HELD_MAX;
        // Of news that waits for each other none would be sent.
        let may_wait = is_followed(delivery.news) && !self.is_waited_for(delivery);
        let can = |fault| match fault {
            NewsFault::Suppressed | NewsFault::SuppressedForever | NewsFault::Duplicated(_) => true,
            // What a first attempt was put off for is over when there was one.
            NewsFault::Delayed(_) => has_room && delivery.attempts == 0,
            NewsFault::Reordered(_) => has_room && may_wait && delivery.attempts == 0,
        };
        let asked = self.asked.iter_mut().filter(|asked| asked.is_about(delivery));
        let mut struck = asked.filter(|asked| can(asked.fault)).find_map(|asked| {
            let chance = asked.count.next(&asked.terms)?;
            Some((asked.fault, chance, "the request's X-Gerai-Fault".to_owned()))
        });
        for (no, script) in &mut self.scripts {
            // Each counts for itself, so that what one strikes does not hang on what others do.
            let found = script.strike_news(delivery, can);
            struck = struck
                .or_else(|| found.map(|(fault, chance)| (fault, chance, format!("script {no}"))));
        }
        struck
    }

    /// Holds a notification back until an instant; `behind_newer` where it is sent behind newer news.
    pub(super) fn hold(
        &mut self,
        delivery: &Delivery,
        until: Timestamp,
        why: String,
        behind_newer: bool,
    ) {
        let behind_newer = behind_newer.then(|| Box::new(delivery.clone()));
        self.held.insert(delivery.no, Held { until, why, behind_newer });
    }

    /// Whether a notification is held back. What was and is due is let go.
    pub(super) fn waits(&mut self, no: NotificationNo, now: Timestamp) -> Waits {
        match self.held.get(&no) {
            None => Waits::No,
            Some(held) if now < held.until => Waits::Until(held.until, held.why.clone()),
            Some(_) => {
                self.held.remove(&no);
                Waits::NoMore
            }
        }
    }

    /// Whether older news of the same payment for the same URL waits for this.
    fn is_waited_for(&self, delivery: &Delivery) -> bool {
        self.held.values().any(|held| held.waits_for(delivery))
    }

    /// Takes what waits for this to be sent, the oldest first.
    pub(super) fn take_behind(&mut self, delivery: &Delivery) -> Vec<Delivery> {
        let waiting = self.held.extract_if(|_, held| held.waits_for(delivery));
        let mut waiting: Vec<_> =
            waiting.filter_map(|(_, held)| held.behind_newer.map(|older| *older)).collect();
        waiting.sort_by_key(|older| older.no);
        waiting
    }
}

/// Whether newer news of the payment usually comes behind it, and may overtake it.
fn is_followed(news: News) -> bool {
    match news {
        News::Vendor(Announcement::Pending | Announcement::Paid) => true,
        News::Vendor(Announcement::Reversed | Announcement::Cancelled | Announcement::Expired)
        | News::Own(_)
        | News::Bill(..) => false,
    }
}

impl Held {
    fn waits_for(&self, newer: &Delivery) -> bool {
        self.behind_newer.as_ref().is_some_and(|older| {
            older.account.no == newer.account.no
                && older.view.payment.no == newer.view.payment.no
                && older.url == newer.url
                && older.no < newer.no
                && newer.news.gives_way()
        })
    }
}

impl Asked {
    /// Whether news came of the request: it is of a payment that the request named, and was committed
    /// while the request was carried out.
    fn is_about(&self, delivery: &Delivery) -> bool {
        let payment = &delivery.view.payment;
        let id = payment.id.to_string();
        let names = [payment.order.as_str(), payment.code.as_str(), id.as_str()];
        let (created_at, until) = (delivery.created_at, self.until);
        created_at >= self.from
            && until.is_none_or(|until| created_at <= until)
            && names.into_iter().any(|name| self.names.contains(name))
    }
}
