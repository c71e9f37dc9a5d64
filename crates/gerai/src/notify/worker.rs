//! The worker's steps: take what is due in turns, send it, report what came of it.

mod claim;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    ids::AccountNo,
    time::{Span, Timestamp},
};
use gateway::{
    Gateway,
    directory::Directory,
    outbox::{Claimed, EndpointNo, Waiting},
    own_events::EndpointFailing,
    request::{AttemptReport, Counts, Delivery, Unavailable},
};
use storage::News;
use tokio::sync::{Notify, OnceCell, watch};

use self::claim::Claim;
use super::{
    attempt::{self, Made},
    bill,
    breaker::Change,
    client::Client,
    files,
    lanes::{Grant, Heard, Lanes, Limits, Outcome, Ticket},
    pace::is_over,
    passage::{Manner, Passage, Plan},
    report,
    voice::Voice,
};
use crate::{bill::Ways, config};

/// Rows that are read at a time, for however many endpoints.
const ROWS_MAX: usize = 512;

/// An attempt that takes longer goes on in the room of the slow.
const SLOW: Duration = Duration::from_secs(1);

/// Sends notifications. Everything it does, it is told to do; it has no loop of its own.
#[derive(Debug)]
pub(crate) struct Worker {
    gateway: Gateway,
    client: Client,
    lanes: Mutex<Lanes>,
    /// How long retries may come, by the names of those whose time the operator has lengthened.
    lengthened: BTreeMap<String, Span>,
    begun: OnceCell<()>,
    /// Who took part when news last followed its URLs.
    followed: Mutex<Arc<Directory>>,
    /// Rung when room was given back or something may be looked at again.
    changed: Notify,
    /// Listened to by whatever is being looked for or sent, so that it closes when nothing is.
    busy: watch::Sender<()>,
    /// How much was taken since the start.
    taken: AtomicU64,
    /// What stands between it and the endpoints; in production nothing does.
    passage: Option<Arc<dyn Passage>>,
    /// The ways by which payers are told.
    ways: Option<Ways>,
}

/// Something to be done for a notification, in a task of its own.
#[derive(Debug)]
pub(crate) struct Work(Task, #[expect(dead_code, reason = "it is held")] watch::Receiver<()>);

#[derive(Debug)]
enum Task {
    /// An attempt.
    Send(Box<Delivery>, Ticket, Plan),
    /// Its time is over while nobody answers at its endpoint.
    GiveUp(Box<Delivery>),
}

impl Worker {
    /// A worker for `gateway`.
    pub(crate) fn new(gateway: Gateway, client: Client, limits: &config::Notification) -> Self {
        // Half of the files are for whoever calls the gateway.
        let spare_files = (files::limit() / 2).saturating_sub(limits.concurrent_max);
        let lanes = Lanes::new(Limits {
            all: limits.concurrent_max,
            endpoint: limits.endpoint_max,
            account: limits.account_max,
            hanging: limits.concurrent_max.saturating_mul(2).min(spare_files),
        });
        Self {
            followed: Mutex::new(gateway.directory()),
            gateway,
            client,
            lanes: Mutex::new(lanes),
            lengthened: limits.retry.clone(),
            begun: OnceCell::new(),
            changed: Notify::new(),
            busy: watch::Sender::new(()),
            taken: AtomicU64::new(0),
            passage: None,
            ways: None,
        }
    }

    /// The same, through a passage.
    pub(crate) fn through(self, passage: Arc<dyn Passage>) -> Self {
        Self { passage: Some(passage), ..self }
    }

    /// The same, which tells payers too.
    pub(crate) fn telling_payers(self, ways: Option<Ways>) -> Self {
        Self { ways, ..self }
    }

    /// Returns when room was given back since the last call, or something may be looked at again.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// When an endpoint that sleeps is to be looked at next.
    pub(crate) fn wakes_at(&self) -> Option<Timestamp> {
        self.lanes().wakes_at()
    }

    /// Whether another [`Self::claim`] may find something at once.
    pub(crate) fn is_ready(&self) -> bool {
        self.lanes().is_ready()
    }

    /// Takes what is due at `now` and there is room for. Each must be given to [`Self::work`].
    pub(crate) async fn claim(&self, now: Timestamp) -> Vec<Work> {
        let _busy = self.busy.subscribe();
        match self.try_claim(now).await {
            Ok(work) => {
                let count = u64::try_from(work.len()).unwrap_or(u64::MAX);
                self.taken.fetch_add(count, Ordering::SeqCst);
                work
            }
            Err(error) => {
                tracing::warn!(%error, "what is due to merchants cannot be looked up");
                Vec::new()
            }
        }
    }

    async fn try_claim(&self, now: Timestamp) -> Result<Vec<Work>, Unavailable> {
        self.begun.get_or_try_init(|| self.begin(now)).await?;
        let grants = {
            let brought = self.gateway.brought();
            let mut lanes = self.lanes();
            for waiting in brought {
                // What other endpoints wait for is sent by other nodes, which hear of it themselves.
                if self.gateway.sends_to(waiting.endpoint) {
                    lanes.brought(waiting, now);
                }
            }
            report::rooms(&lanes);
            let mut grants = lanes.turns(now, ROWS_MAX);
            grants.retain(|grant| {
                let is_ours = self.gateway.sends_to(grant.turn.endpoint);
                if !is_ours {
                    // It is brought again when it is this node's turn to send it.
                    lanes.claimed(grant, &[], None, false, now);
                }
                is_ours
            });
            grants
        };
        if grants.is_empty() {
            return Ok(Vec::new());
        }
        let claimed = self.gateway.claim(grants.iter().map(|grant| grant.turn).collect()).await;
        let claimed = claimed.inspect_err(|_| {
            let mut lanes = self.lanes();
            for grant in &grants {
                // It is looked at again in a moment.
                lanes.claimed(grant, &[], None, true, now);
            }
        })?;
        let found = grants.iter().zip(claimed);
        Ok(found.flat_map(|(grant, claimed)| self.admit(grant, claimed, now)).collect())
    }

    /// Learns for whom news waits since before the start, and who was silent then. These are left alone
    /// from the beginning, so that they neither use up tries nor hold up those that answer.
    async fn begin(&self, now: Timestamp) -> Result<(), Unavailable> {
        let waiting = self.gateway.endpoints_waiting().await?;
        let silent: HashSet<_> = self.gateway.endpoints_silent().await?.into_iter().collect();
        let mut lanes = self.lanes();
        let ours = waiting.into_iter().filter(|found| self.gateway.sends_to(found.endpoint));
        for waiting in ours {
            if silent.contains(&waiting.endpoint) {
                lanes.brought_silent(waiting, now, rand::random());
            } else {
                lanes.brought(waiting, now);
            }
        }
        Ok(())
    }

    /// What is done with what was found for an endpoint.
    fn admit(&self, grant: &Grant, claimed: Claimed, now: Timestamp) -> Vec<Work> {
        let Claimed { deliveries, next_due, left_some, .. } = claimed;
        let mut work = Vec::with_capacity(deliveries.len());
        let (over, mut found): (Vec<_>, Vec<_>) =
            deliveries.into_iter().partition(|found| grant.is_probe && self.is_over(found, now));
        let mut next_due = next_due;
        if grant.is_probe {
            // One is sent to see whether somebody is there; the others stay as they are.
            for rest in found.drain(1.min(found.len())..) {
                next_due = Some(next_due.map_or(rest.due_at, |due| due.min(rest.due_at)));
                self.gateway.let_go(&rest);
            }
        }
        work.extend(
            over.into_iter().map(|over| Work(Task::GiveUp(Box::new(over)), self.busy.subscribe())),
        );
        let accounts: Vec<AccountNo> = found.iter().map(|found| found.account.no).collect();
        let tickets = self.lanes().claimed(grant, &accounts, next_due, left_some, now);
        for (delivery, ticket) in found.into_iter().zip(tickets) {
            match ticket {
                Some(ticket) => {
                    let plan = self.plan(&delivery, &ticket, now);
                    let task = Task::Send(Box::new(delivery), ticket, plan);
                    work.push(Work(task, self.busy.subscribe()));
                }
                None => self.gateway.let_go(&delivery),
            }
        }
        work
    }

    /// What is done with an attempt. A probe is made whatever anybody wants: it finds out who is there.
    fn plan(&self, delivery: &Delivery, ticket: &Ticket, now: Timestamp) -> Plan {
        // Bills go to no merchant.
        let is_bill = matches!(delivery.news, News::Bill(..));
        let passage = self.passage.as_ref().filter(|_| !ticket.is_probe && !is_bill);
        passage.map_or(Plan::Make(Manner::Plain), |passage| passage.plan(delivery, now))
    }

    /// Whether the time of news that waits for an endpoint that fails is over. That of what was never
    /// tried has not begun.
    fn is_over(&self, delivery: &Delivery, now: Timestamp) -> bool {
        let Delivery { first_at, due_at, .. } = *delivery;
        let voice = Voice::of(delivery).filter(|_| delivery.attempts > 0);
        voice.is_some_and(|voice| is_over(first_at, due_at, voice.lasts(&self.lengthened), now))
    }

    /// Sends what is due at `now`, and returns when everything is sent and stored, whoever took it, and
    /// nothing more is due: for a clock that stands still meanwhile. Where the rows cannot be read it
    /// stops trying, and what was left stays due.
    pub(crate) async fn settle(self: &Arc<Self>, now: Timestamp) {
        let mut looks = 8;
        while looks > 0 {
            let before = self.taken.load(Ordering::SeqCst);
            // What others took and have not stored yet may be due again when it is.
            let was_idle = self.busy.receiver_count() == 0;
            let mut tasks = tokio::task::JoinSet::new();
            for work in self.claim(now).await {
                let worker = Arc::clone(self);
                tasks.spawn(async move { worker.work(work).await });
            }
            while tasks.join_next().await.is_some() {}
            self.busy.closed().await;
            if was_idle && self.taken.load(Ordering::SeqCst) == before {
                if !self.is_ready() {
                    return;
                }
                looks -= 1;
            }
        }
    }

    /// Claims and delivers in one: sends what is due at `now`, and returns how much it was when all
    /// of it was tried.
    #[cfg(test)]
    pub(crate) async fn step(self: &Arc<Self>, now: Timestamp) -> usize {
        let mut count = 0;
        loop {
            let mut tasks = tokio::task::JoinSet::new();
            for work in self.claim(now).await {
                let worker = Arc::clone(self);
                tasks.spawn(async move { worker.work(work).await });
            }
            match tasks.join_all().await.len() {
                0 if !self.is_ready() => return count,
                more => count += more,
            }
        }
    }

    /// Does what is to be done for a notification, and reports it.
    pub(crate) async fn work(self: &Arc<Self>, work: Work) {
        match work.0 {
            Task::Send(delivery, ticket, plan) => self.deliver(*delivery, ticket, &plan).await,
            Task::GiveUp(delivery) => {
                let claim = Claim { worker: self, delivery: &delivery, ticket: None };
                let made = Made::over(&delivery, self.gateway.clock().now());
                self.store(claim, made).await;
            }
        }
    }

    /// Makes one attempt and reports it.
    async fn deliver(self: &Arc<Self>, delivery: Delivery, ticket: Ticket, plan: &Plan) {
        let mut claim = Claim { worker: self, delivery: &delivery, ticket: Some(ticket) };
        let made = {
            let attempt = self.attempt(&delivery, plan);
            let mut attempt = std::pin::pin!(attempt);
            if let Ok(made) = tokio::time::timeout(SLOW, &mut attempt).await {
                made
            } else {
                claim.slowed();
                attempt.await
            }
        };
        let Ok(made) = made else {
            // It was not tried and stays due.
            claim.end(Outcome::NotSent, self.gateway.clock().now());
            return;
        };
        let was_probe = claim.is_probe();
        let change = claim.end(made.outcome, made.began_at);
        self.follow(change, &delivery, &made).await;
        // While nobody is there, the vendor's tries are not used up: the news stays as it is.
        let is_silent = was_probe && matches!(made.outcome, Outcome::Failed(_));
        if let Some(passage) = self.passage.as_ref().filter(|_| made.outcome != Outcome::NotSent) {
            Box::pin(self.send_all(passage.held_behind(&delivery))).await;
        }
        let made = if is_silent { made.into_silent_probe() } else { made };
        self.store(claim, made).await;
    }

    /// One attempt, as far as it is to be made.
    async fn attempt(&self, delivery: &Delivery, plan: &Plan) -> Result<Made, Unavailable> {
        if let News::Bill(channel, kind) = delivery.news {
            // What a mail takes is much, and most attempts are no mails.
            let attempt = bill::make(&self.gateway, self.ways.as_ref(), delivery, (channel, kind));
            return Box::pin(attempt).await;
        }
        let now = self.gateway.clock().now();
        match plan {
            Plan::Make(manner) => {
                attempt::make(&self.gateway, &self.client, delivery, &self.lengthened, manner).await
            }
            Plan::GiveUp(why) => Ok(Made::hopeless(delivery, now, why)),
            Plan::PutOff(until, why) => Ok(Made::put_off(delivery, now, *until, why)),
        }
    }

    /// Sends older news that was held back until newer of its stream was sent, which somebody has in
    /// hands: nobody else can take it meanwhile. It is stored before the newer, which would be told
    /// instead of it.
    async fn send_all(&self, held: Vec<Delivery>) {
        for older in held {
            // What could not be made stays due when its time is over.
            if let Ok(made) = self.attempt(&older, &Plan::Make(Manner::Plain)).await {
                report::outcome(&older, &made, self.gateway.clock().now());
                if let Err(error) = self.stored(&made.report).await {
                    tracing::warn!(%error, notification = %older.no, "an attempt was not stored");
                }
            }
        }
    }

    /// What follows from a breaker that opened or closed.
    async fn follow(self: &Arc<Self>, change: Change, delivery: &Delivery, made: &Made) {
        match change {
            Change::None => {}
            Change::Opened => {
                let (failures, since) = self.lanes().failures(delivery.endpoint);
                let failing = EndpointFailing {
                    account: delivery.account.no,
                    payment: delivery.view.payment.no,
                    url: delivery.url.clone().unwrap_or_default(),
                    failures,
                    since: since.unwrap_or(made.began_at),
                    why: made.why().to_owned(),
                    at: self.gateway.clock().now(),
                };
                report::opened(&failing);
                // By which way its payers are told is no business of a merchant's.
                if matches!(delivery.news, News::Bill(..)) {
                    return;
                }
                if let Err(error) = self.gateway.endpoint_failing(failing).await {
                    tracing::warn!(%error, "a merchant is not told that its endpoint fails");
                }
            }
            Change::Closed => {
                report::closed(delivery);
                self.hurry(delivery.endpoint).await;
            }
        }
    }

    /// Whoever is back is told everything now, not when each retry was due.
    async fn hurry(&self, endpoint: EndpointNo) {
        if let Err(error) = self.gateway.hurry(endpoint, self.gateway.clock().now()).await {
            tracing::warn!(%error, "what waits for an endpoint that is back comes when it is due");
        }
    }

    /// Stores what came of an attempt.
    async fn store(&self, claim: Claim<'_>, made: Made) {
        let delivery = claim.delivery;
        report::outcome(delivery, &made, self.gateway.clock().now());
        claim.keep_until_reported();
        if let Err(error) = self.stored(&made.report).await {
            // It stays due and will be sent again: merchants are told at least once.
            tracing::warn!(%error, notification = %delivery.no, "an attempt was not stored");
            self.still_due(delivery, self.gateway.clock().now());
            return;
        }
        for copy in made.copies {
            if let Err(error) = self.gateway.note_attempt(copy).await {
                tracing::warn!(%error, notification = %delivery.no, "a copy was not stored");
            }
        }
        if made.report.counts == Counts::Probe {
            // No commit says that it waits, because its row is as it was.
            self.still_due(delivery, self.gateway.clock().now());
            return;
        }
        self.lanes().reported(delivery.endpoint, self.gateway.clock().now());
        self.changed.notify_one();
    }

    /// Stores a report. What was sent must not be sent again because there is much to be written.
    async fn stored(&self, report: &AttemptReport) -> Result<(), Unavailable> {
        let mut pause = Duration::from_millis(10);
        loop {
            match self.gateway.report(report.clone()).await {
                Err(Unavailable::QueueFull) if pause < Duration::from_secs(10) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                done => return done,
            }
        }
    }

    /// A notification that was taken waits again as before.
    fn still_due(&self, delivery: &Delivery, now: Timestamp) {
        let Delivery { endpoint, due_at, .. } = *delivery;
        let mut lanes = self.lanes();
        lanes.brought(Waiting { endpoint, account: delivery.account.no, due_at }, now);
        lanes.reported(endpoint, now);
        drop(lanes);
        self.changed.notify_one();
    }

    /// Moves what waits where the URLs of accounts were changed since the last call: for endpoints that
    /// fail, where it would wait for nothing. What waits for others is moved when its turn comes.
    pub(crate) async fn follow_urls(&self) {
        let directory = self.gateway.directory();
        {
            let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&followed, &directory) {
                return;
            }
            *followed = directory;
        }
        let failing = self.lanes().failing();
        for endpoint in failing {
            match self.gateway.follow_urls(endpoint).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "notifications follow a URL that was changed"),
                Err(error) => {
                    tracing::warn!(%error, "notifications do not follow URLs that were changed");
                    return;
                }
            }
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Whoever panicked while holding the lock was no more than counting.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
