//! Several nodes over one database: what this one hears of the others, and which work is its own.
//!
//! The committer learns in each turn what others did before it. Here is what a node needs between its
//! turns: it listens on a connection of its own, wakes who waits for what others committed, keeps its
//! leases, and compares its clock with the database's. Correctness never rests on a lease: a payment that
//! two nodes expire is decided once, and news that two send is a repeat, which receivers must bear anyway.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use domain::ids::{AccountNo, NotificationNo};
use storage::{Bell, LEASE_TERM, Leases, Place, Reader, Seen, StorageError, Watch};
use tokio::sync::oneshot;

use crate::{
    clock::{Clock, Stopwatch},
    gateway::{Gateway, Shared},
    outbox::{EndpointNo, Waiting},
    pipeline::{Job, Lane},
};

/// How long nobody looks, where nobody rings.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often leases are renewed, and those of the dead are looked for.
const LEASES_EVERY: Duration = Duration::from_secs(2);
/// How often everything that waits is looked for, whoever left it.
const ROUND_EVERY: Duration = Duration::from_secs(5);
/// How often the clocks are compared.
const CLOCK_EVERY: Duration = Duration::from_secs(10);
/// What one look at newer news finds at most; the rest is found by going round.
const NEWS_MAX: usize = 10_000;
/// How far this machine's clock may be from the database's, in milliseconds.
const SKEW_MAX_MS: i64 = 500;
/// Between two tries to reach the database.
const PAUSE: Duration = Duration::from_millis(250);

/// What is known of the other nodes.
pub(crate) struct Nodes {
    place: Place,
    /// This one's number; none where there can be no other.
    node: Option<i64>,
    bell: Bell,
    ends: AtomicBool,
    held: Mutex<Option<(Stopwatch, Leases)>>,
    changes: AtomicU64,
    is_away: AtomicBool,
    /// How far this machine's clock is ahead of the database's.
    skew_ms: AtomicI64,
}

impl Nodes {
    pub(crate) fn new(place: &Place, node: Option<i64>) -> Self {
        Self {
            place: place.clone(),
            node,
            bell: Bell::default(),
            ends: AtomicBool::new(false),
            held: Mutex::default(),
            changes: AtomicU64::new(0),
            is_away: AtomicBool::new(false),
            skew_ms: AtomicI64::new(0),
        }
    }

    /// Whether there can be others.
    pub(crate) const fn is_shared(&self) -> bool {
        self.node.is_some()
    }

    /// Which work is this node's right now.
    pub(crate) fn leases(&self) -> Leases {
        if !self.is_shared() {
            return Leases::ALL;
        }
        let held = *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // They are looked at by the time that passed here since they were asked for, which is never less
        // than the database's.
        held.filter(|(since, _)| since.elapsed() < LEASE_TERM)
            .map_or_else(Leases::default, |(_, leases)| leases)
    }

    /// Counts changes of the leases.
    fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Why commands should be given to another node.
    pub(crate) fn trouble(&self) -> Option<String> {
        if self.is_away.load(Ordering::SeqCst) {
            return Some("the database is away".to_owned());
        }
        let skew = self.skew_ms.load(Ordering::SeqCst);
        (skew.abs() > SKEW_MAX_MS).then(|| {
            let (by, how) = (skew.abs(), if skew > 0 { "ahead of" } else { "behind" });
            format!("this machine's clock is {by} ms {how} the database's")
        })
    }

    pub(crate) fn is_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// The first look, before anybody is answered; and the connection on which [`Self::watch`] goes on.
    pub(crate) fn begin(&self, clock: &Clock) -> Result<Option<Watch>, StorageError> {
        let Some(node) = self.node else { return Ok(None) };
        let watch = Watch::open(&self.place, node, &self.bell)?;
        if let Some(watch) = &watch {
            self.keep_leases(watch)?;
            self.compare_clocks(watch, clock)?;
        }
        Ok(watch)
    }

    /// Begins to listen, on a thread of its own.
    pub(crate) fn watch(
        shared: &Arc<Shared>,
        watch: Option<Watch>,
    ) -> Result<Option<JoinHandle<()>>, StorageError> {
        let Some(watch) = watch else { return Ok(None) };
        let shared = Arc::clone(shared);
        let thread = std::thread::Builder::new().name("nodes".to_owned());
        let running = thread.spawn(move || Listener::new(watch, &shared).run());
        running.map(Some).map_err(|error| StorageError::Engine(error.to_string()))
    }

    /// Stops listening, and gives the leases back.
    pub(crate) fn end(&self, watching: Option<JoinHandle<()>>) {
        self.ends.store(true, Ordering::SeqCst);
        self.bell.ring();
        if watching.is_some_and(|watching| watching.join().is_err()) {
            tracing::error!("the thread that listens to other nodes panicked");
        }
    }

    fn keep_leases(&self, watch: &Watch) -> Result<(), StorageError> {
        let asked = Stopwatch::start();
        let leases = watch.keep_leases()?;
        let before = self.leases();
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((asked, leases));
        if leases != before {
            tracing::info!(?leases, "work is shared out anew");
            self.changes.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }

    fn compare_clocks(&self, watch: &Watch, clock: &Clock) -> Result<(), StorageError> {
        let asked = Stopwatch::start();
        let theirs = watch.clock()?;
        let half = i64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(i64::MAX);
        let ahead = clock.real_now().millis().saturating_sub(half).saturating_sub(theirs);
        // Nobody knows at which moment of the journey the clock was read.
        let skew = if ahead.abs() <= half { 0 } else { ahead - ahead.signum() * half };
        let before = self.skew_ms.swap(skew, Ordering::SeqCst);
        if (skew.abs() > SKEW_MAX_MS) != (before.abs() > SKEW_MAX_MS) {
            if let Some(trouble) = self.trouble() {
                tracing::error!(trouble, "this node is not ready");
            } else {
                tracing::info!("this machine's clock is right again");
            }
        }
        Ok(())
    }
}

impl Gateway {
    /// Whether commands are taken: the storage answers and no lane is full.
    pub fn is_ready(&self) -> bool {
        self.not_ready().is_none()
    }

    /// Why commands are not taken, or should be given to another node; none where all is well.
    pub fn not_ready(&self) -> Option<String> {
        if !self.0.healthy.load(Ordering::Relaxed) {
            return Some("the storage failed".to_owned());
        }
        if self.0.queue.is_full() {
            return Some("too many commands wait".to_owned());
        }
        self.0.nodes.trouble()
    }

    /// Whether this node does the work that only one should do: expiry, pruning, balances.
    pub fn keeps_house(&self) -> bool {
        self.0.nodes.leases().keeps_house()
    }

    /// Whether this node sends what waits for an endpoint.
    pub fn sends_to(&self, endpoint: EndpointNo) -> bool {
        self.0.nodes.leases().sends_to(endpoint.get())
    }
}

/// Who listens.
struct Listener<'a> {
    watch: Watch,
    shared: &'a Shared,
    seen: Seen,
    leases_at: Stopwatch,
    round_at: Stopwatch,
    clock_at: Stopwatch,
}

impl<'a> Listener<'a> {
    fn new(watch: Watch, shared: &'a Shared) -> Self {
        let now = Stopwatch::start();
        let seen = Seen::default();
        Self { watch, shared, seen, leases_at: now, round_at: now, clock_at: now }
    }

    fn run(mut self) {
        let nodes = &self.shared.nodes;
        while !nodes.ends.load(Ordering::SeqCst) {
            if let Err(error) = self.step() {
                tracing::debug!(%error, "other nodes cannot be heard");
                if nodes.ends.load(Ordering::SeqCst) {
                    return;
                }
                std::thread::sleep(PAUSE);
                if let Err(error) = self.watch.reconnect() {
                    tracing::debug!(%error, "other nodes cannot be heard yet");
                }
                // What was not heard meanwhile is looked for.
                self.seen = Seen::default();
            }
        }
        if let Err(error) = self.watch.leave() {
            tracing::warn!(%error, "leases were not given back; others take them when they end");
        }
    }

    fn step(&mut self) -> Result<(), StorageError> {
        let nodes = &self.shared.nodes;
        self.watch.wait(LOOK_EVERY)?;
        let seen = self.watch.look()?;
        if seen.turn != self.seen.turn {
            self.tell(seen)?;
            self.seen = seen;
        }
        if self.leases_at.elapsed() >= LEASES_EVERY {
            self.leases_at = Stopwatch::start();
            let before = nodes.changes();
            nodes.keep_leases(&self.watch)?;
            if nodes.changes() != before {
                self.look_round()?;
            }
        }
        if self.round_at.elapsed() >= ROUND_EVERY {
            self.look_round()?;
        }
        if self.clock_at.elapsed() >= CLOCK_EVERY {
            self.clock_at = Stopwatch::start();
            nodes.compare_clocks(&self.watch, &self.shared.clock)?;
        }
        Ok(())
    }

    /// Wakes who waits for what was committed, here or elsewhere.
    fn tell(&self, seen: Seen) -> Result<(), StorageError> {
        let shared = self.shared;
        shared.see_committed(seen.event);
        if seen.directory_version != self.seen.directory_version {
            // A turn reads who takes part, where it changed. This one does nothing else.
            let (reply, _nobody) = oneshot::channel();
            shared.queue.push(Lane::Household, Job::Directory(None, Vec::new(), reply));
        }
        if seen.notification > self.seen.notification && self.seen.turn > 0 {
            let after = NotificationNo::new(self.seen.notification);
            let found = self.read(|reader| reader.endpoints_of_news(after, NEWS_MAX))?;
            self.bring(found.into_iter().map(Waiting::from));
        }
        if seen.event > self.seen.event {
            self.tell_own()?;
        }
        Ok(())
    }

    /// Own events of accounts that somebody listens to.
    fn tell_own(&self) -> Result<(), StorageError> {
        let accounts = self.shared.own.accounts();
        if accounts.is_empty() {
            return Ok(());
        }
        let newest: Vec<(AccountNo, i64)> = self.read(|reader| {
            let of = |account: &AccountNo| Ok((*account, reader.own_ends(*account)?.newest));
            accounts.iter().map(of).collect()
        })?;
        for (account, newest) in newest {
            self.shared.own.publish(account, newest);
        }
        Ok(())
    }

    /// Everything that waits to be sent, of the endpoints that are this node's.
    fn look_round(&mut self) -> Result<(), StorageError> {
        self.round_at = Stopwatch::start();
        let found = self.read(|reader| reader.endpoints_waiting())?;
        self.bring(found.into_iter().map(Waiting::from));
        Ok(())
    }

    fn bring(&self, found: impl Iterator<Item = Waiting>) {
        let leases = self.shared.nodes.leases();
        let mut mine = found.filter(|found| leases.sends_to(found.endpoint.get())).peekable();
        if mine.peek().is_some() {
            self.shared.brought.note_found(mine);
            self.shared.news.notify_one();
        }
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.shared.readers.read_here(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_whose_clock_is_wrong_says_so() {
        let nodes = Nodes::new(&Place::Memory("clock".to_owned()), Some(1));
        for (skew, why) in [
            (0, None),
            (500, None),
            (-500, None),
            (501, Some("this machine's clock is 501 ms ahead of the database's")),
            (-2_000, Some("this machine's clock is 2000 ms behind the database's")),
        ] {
            nodes.skew_ms.store(skew, Ordering::SeqCst);
            assert_eq!(nodes.trouble().as_deref(), why);
        }
        nodes.is_away(true);
        assert_eq!(nodes.trouble().as_deref(), Some("the database is away"));
    }

    #[test]
    fn who_is_alone_does_everything_and_who_holds_nothing_does_nothing() {
        let alone = Nodes::new(&Place::Memory("alone".to_owned()), None);
        assert_eq!(alone.leases(), Leases::ALL);
        let one = Nodes::new(&Place::Memory("one".to_owned()), Some(1));
        assert_eq!(one.leases(), Leases::default());
        *one.held.lock().unwrap() = Some((Stopwatch::start(), Leases::ALL));
        assert_eq!(one.leases(), Leases::ALL);
    }
}
