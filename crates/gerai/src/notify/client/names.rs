//! Looking up names, so that one whose servers never answer holds up no other.
//!
//! The system's own look-up takes a thread for as long as it lasts and cannot be called off, so there
//! are places for it. Names that were found before have places of their own; whatever takes longer than a
//! second gives its place back and goes on among those that hang. A name is looked up once at a time,
//! however many wait for it. What a name led to is used again only where a new look-up does not come to
//! an end (as RFC 8767 has it), and is judged again like any other answer.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, timeout, timeout_at},
};

use super::{network::Network, trouble::Trouble};
use crate::notify::record::Stage;

/// Look-ups at a time of names that were found before, and of others.
const KNOWN_MAX: usize = 64;
const STRANGERS_MAX: usize = 256;

/// Look-ups that have been under way for longer than a second.
const HANGING_MAX: usize = 1_024;

/// How long a look-up keeps its first place, and whoever has an older answer waits for a new one.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long an answer is good enough where there is no newer.
const KEPT_FOR: Duration = Duration::from_hours(1);

/// Names of which an answer is kept.
const KEPT_MAX: usize = 16_384;

/// What a look-up gave; an error as its kind and text, because several may wait for it.
type Found = Result<Vec<IpAddr>, (io::ErrorKind, String)>;

/// The look-up of a name, for whoever waits for it.
type Awaited = watch::Receiver<Option<Found>>;

/// Looks names up.
#[derive(Debug)]
pub(super) struct Names {
    network: Arc<dyn Network>,
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    hanging: Arc<Semaphore>,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    under_way: HashMap<String, Awaited>,
    kept: HashMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    addresses: Vec<IpAddr>,
    at: Instant,
}

impl Names {
    /// Over this network.
    pub(super) fn new(network: Arc<dyn Network>) -> Arc<Self> {
        let places = |count| Arc::new(Semaphore::new(count));
        Arc::new(Self {
            network,
            known: places(KNOWN_MAX),
            strangers: places(STRANGERS_MAX),
            hanging: places(HANGING_MAX),
            book: Mutex::default(),
        })
    }

    /// Every address of a name, within `phase_max`.
    pub(super) async fn look_up(
        self: &Arc<Self>,
        name: &str,
        phase_max: Duration,
    ) -> Result<Vec<IpAddr>, Trouble> {
        let kept = self.kept(name);
        let until = Instant::now() + if kept.is_some() { PATIENCE } else { phase_max };
        let found = match self.begun(name, kept.is_some(), until).await {
            None => Err(Trouble::Crowded),
            Some(mut awaited) => match timeout_at(until, awaited.wait_for(Option::is_some)).await {
                Ok(Ok(found)) => match found.clone() {
                    Some(Ok(addresses)) => return Ok(addresses),
                    Some(Err((kind, text))) => {
                        return Err(Trouble::Name(io::Error::new(kind, text)));
                    }
                    None => Err(Trouble::TimedOut(Stage::Name)),
                },
                Ok(Err(_)) | Err(_) => Err(Trouble::TimedOut(Stage::Name)),
            },
        };
        found.or_else(|trouble| kept.ok_or(trouble))
    }

    /// The look-up of a name that is under way, or begins now; none where there is no place for it. A
    /// name that was found before does not wait for one.
    async fn begun(
        self: &Arc<Self>,
        name: &str,
        is_known: bool,
        until: Instant,
    ) -> Option<Awaited> {
        if let Some(awaited) = self.book().under_way.get(name) {
            return Some(awaited.clone());
        }
        let place = if is_known {
            Arc::clone(&self.known).try_acquire_owned().ok()?
        } else {
            let place = Arc::clone(&self.strangers).acquire_owned();
            timeout_at(until, place).await.ok()?.ok()?
        };
        let mut book = self.book();
        if let Some(awaited) = book.under_way.get(name) {
            return Some(awaited.clone());
        }
        let (sender, awaited) = watch::channel(None);
        book.under_way.insert(name.to_owned(), awaited.clone());
        drop(book);
        // Whoever waits may go; the thread cannot.
        tokio::spawn(Arc::clone(self).finish(name.to_owned(), place, sender));
        Some(awaited)
    }

    /// Looks a name up, however long it takes.
    async fn finish(
        self: Arc<Self>,
        name: String,
        place: OwnedSemaphorePermit,
        sender: watch::Sender<Option<Found>>,
    ) {
        let mut look_up = self.network.look_up(&name);
        let found = if let Ok(found) = timeout(PATIENCE, &mut look_up).await {
            found
        } else {
            tokio::select! {
                found = &mut look_up => found,
                Ok(among_those_that_hang) = Arc::clone(&self.hanging).acquire_owned() => {
                    drop(place);
                    let found = look_up.await;
                    drop(among_those_that_hang);
                    found
                }
            }
        };
        let found = found.map_err(|error| (error.kind(), error.to_string()));
        let mut book = self.book();
        book.under_way.remove(&name);
        if let Ok(addresses) = &found
            && !addresses.is_empty()
        {
            book.keep(name, addresses.clone());
        }
        drop(book);
        sender.send_replace(Some(found));
    }

    /// What a name led to not long ago.
    fn kept(&self, name: &str) -> Option<Vec<IpAddr>> {
        let book = self.book();
        let kept = book.kept.get(name).filter(|kept| kept.at.elapsed() <= KEPT_FOR);
        kept.map(|kept| kept.addresses.clone())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn keep(&mut self, name: String, addresses: Vec<IpAddr>) {
        if self.kept.len() >= KEPT_MAX && !self.kept.contains_key(&name) {
            self.kept.retain(|_, kept| kept.at.elapsed() <= KEPT_FOR / 2);
            if self.kept.len() >= KEPT_MAX {
                return;
            }
        }
        self.kept.insert(name, Kept { addresses, at: Instant::now() });
    }
}
