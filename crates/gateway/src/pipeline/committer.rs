//! The committer: takes what waits, decides it, commits it, answers it.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use domain::{
    code::Pool,
    ids::{EventNo, PoolNo},
    refund::RefundState,
};
use storage::{StorageError, Wanted, Watch, Writes, sqlite::Writer};
use tokio::sync::oneshot;

use super::{
    answers::{Answers, Outcome, refuse},
    batch::{Batch, Tail},
    queue::Job,
    siblings::families_of,
    slots::{Leases, Slots},
    turns::{Recovered, UNREAD},
    urns::needs,
    wanted::{due_of, own_of, want},
};
use crate::{
    chain::Chain, clock::Stopwatch, gateway::Shared, nodes::Nodes, open_codes::Changes,
    roots::Signer, rows::directory_from,
};

/// How often a batch is decided anew because somebody else came first.
const CONFLICTS_MAX: usize = 4;

/// The one who writes. Owns the writing connection; runs on a thread of its own.
pub struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) writer: Writer,
    pub(crate) chain: Chain,
    pub(crate) signer: Signer,
    pub(crate) tail: Tail,
    pub(crate) slots: Slots,
    /// What was being committed when the connection was lost: nobody knows yet whether it is durable.
    pub(crate) unsure: Option<Decided>,
    /// Whether some of those who wait may have been told to try again.
    pub(crate) is_after_outage: bool,
    /// The connection on which other nodes are heard, until [`Self::run`] begins.
    pub(crate) watch: Option<Watch>,
    /// How often the database was away since the last turn.
    pub(crate) outages: u32,
}

/// A batch that was decided, and is durable when it is written.
pub(crate) struct Decided {
    outcomes: Vec<Outcome>,
    writes: Writes,
    /// Where turns end then.
    pub(super) tail: Tail,
    open_codes: Changes,
    brings_news: bool,
    leases_before: Leases,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer").field("tail", &self.tail).finish_non_exhaustive()
    }
}

impl Committer {
    /// Works until the queue is stopped and empty.
    ///
    /// # Errors
    ///
    /// When the storage fails in a way after which nothing can be promised: the process must end.
    pub fn run(self) -> Result<(), StorageError> {
        self.run_answering(Answers::send)
    }

    /// The same; what was committed is given to `answering` to be sent. Where it goes to a task of
    /// the callers' own runtime, one wake-up serves a whole batch.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn run_answering(mut self, mut answering: impl FnMut(Answers)) -> Result<(), StorageError> {
        let shared = Arc::clone(&self.shared);
        let watching = Nodes::watch(&shared, self.watch.take())?;
        while let Some(mut jobs) = shared.queue.take(shared.settings.batch_max) {
            if std::mem::take(&mut self.is_after_outage) {
                jobs.retain(|job| !job.is_abandoned());
            }
            if jobs.is_empty() {
                continue;
            }
            if self.writer.is_shared() {
                self.gather(&mut jobs);
            }
            self.turn(jobs, &mut answering)?;
        }
        shared.nodes.end(watching);
        self.writer.close()
    }

    /// Makes every refund code that is open or held suspect, before anybody is answered: after a
    /// restore nobody knows which of them were paid out since the backup (rule 39). Says how many.
    ///
    /// # Errors
    ///
    /// When the storage fails. Codes may be suspect then, and the rest are not; it can be done again.
    pub fn doubt_refund_codes(&mut self) -> Result<usize, StorageError> {
        let reader = self.writer.reader()?;
        let mut open = Vec::new();
        reader.walk_refunds(&mut |row| {
            // What does not read back is paid out to nobody, and `gerai verify` tells of it.
            let row = row.ok();
            let is_open = |row: &storage::RefundRow| {
                matches!(row.refund.state, RefundState::Open | RefundState::Reserved(_))
            };
            open.extend(row.filter(is_open).map(|row| row.no));
        })?;
        let now = self.shared.clock.now();
        for some in open.chunks(self.shared.settings.batch_max.max(1)) {
            let (reply, _) = oneshot::channel();
            self.commit(&[Job::RefundDoubt(now, some.to_vec(), reply)])?;
        }
        Ok(open.len())
    }

    #[expect(clippy::cast_precision_loss, reason = "a batch has at most a few thousand commands")]
    fn turn(
        &mut self,
        mut jobs: Vec<Job>,
        answering: &mut impl FnMut(Answers),
    ) -> Result<(), StorageError> {
        metrics::histogram!("gerai_batch_commands").record(jobs.len() as f64);
        let mut tries = 0;
        loop {
            let error = match self.commit(&jobs) {
                Ok(outcomes) => {
                    answering(Answers(jobs.into_iter().zip(outcomes).collect()));
                    return Ok(());
                }
                Err(error) => error,
            };
            match error {
                // Somebody else came first: it is decided anew upon what they did.
                StorageError::Conflict(what) if tries < CONFLICTS_MAX => {
                    tries += 1;
                    tracing::warn!(what, "a batch is decided anew");
                    self.slots.others_came();
                }
                // One bad command never fails its neighbours: each gets a commit of its own.
                error @ (StorageError::Constraint(_)
                | StorageError::Corrupt(_)
                | StorageError::Conflict(_)) => {
                    tracing::error!(%error, commands = jobs.len(), "a batch was refused by the storage");
                    if jobs.len() == 1 {
                        refuse(jobs);
                        return Ok(());
                    }
                    return jobs.into_iter().try_for_each(|job| self.turn(vec![job], answering));
                }
                error if self.writer.is_shared() => match self.recover(&error) {
                    Recovered::Durable(outcomes) => {
                        answering(Answers(jobs.into_iter().zip(outcomes).collect()));
                        return Ok(());
                    }
                    Recovered::Anew => {
                        // Who was told to try again will.
                        jobs.retain(|job| !job.is_abandoned());
                        if jobs.is_empty() {
                            return Ok(());
                        }
                    }
                    Recovered::Stopping => {
                        refuse(jobs);
                        return Ok(());
                    }
                },
                error => {
                    tracing::error!(%error, "the storage failed; nothing can be promised any more");
                    self.shared.healthy.store(false, Ordering::SeqCst);
                    self.shared.queue.stop();
                    refuse(jobs);
                    return Err(error);
                }
            }
        }
    }

    /// Decides and writes; what is returned is durable.
    pub(super) fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Outcome>, StorageError> {
        let decided = self.begin().and_then(|()| self.decide(jobs));
        // A turn that is given up must not hold up those of others.
        let decided = decided.inspect_err(|_| self.writer.rest())?;
        let stopwatch = Stopwatch::start();
        let mut written = None;
        let committed =
            self.writer.commit_observed(&decided.writes, Some(&decided.tail.row()), || {
                written = Some(stopwatch.elapsed());
            });
        match committed {
            Ok(()) => {}
            Err(error @ StorageError::Unknown(_)) => {
                self.unsure = Some(decided);
                return Err(error);
            }
            Err(error) => {
                self.forget(decided);
                return Err(error);
            }
        }
        let took = stopwatch.elapsed();
        metrics::histogram!("gerai_commit_seconds").record(took);
        let synced = took.saturating_sub(written.unwrap_or(took));
        metrics::histogram!("gerai_sync_seconds").record(synced);
        self.finish(decided)
    }

    /// Decides what waits, upon the rows as they are in this turn.
    fn decide(&mut self, jobs: &[Job]) -> Result<Decided, StorageError> {
        let loaded = self.load(jobs)?;
        let shared = Arc::clone(&self.shared);
        let leases_before = self.slots.leases.clone();
        let mut batch = Batch::new(&shared, &self.chain, loaded, self.tail, &mut self.slots);
        let outcomes: Vec<Outcome> = jobs.iter().map(|job| decide_one(&mut batch, job)).collect();
        let open_codes = std::mem::take(&mut batch.open_codes);
        let (mut writes, mut tail, brings_news) = batch.finish();
        // What happened until now is signed with the first commit of a later minute, at the cost of a
        // look at the clock.
        let (before, now) = (self.tail, shared.clock.now());
        writes.roots.extend(tail.roots.due(now, &before.sequences, &before.link, &self.signer));
        if tail.sequences.event > before.sequences.event {
            tail.roots.happened(now);
        }
        let data_keys = writes.data_keys.iter().map(|row| row.no);
        tail.sequences.data_key = data_keys.fold(tail.sequences.data_key, i64::max);
        if self.writer.is_shared() {
            tail.turn += 1;
            tail.directory_version += i64::from(writes.changes_directory());
        }
        Ok(Decided { outcomes, writes, tail, open_codes, brings_news, leases_before })
    }

    /// A batch was not written and never will be.
    pub(super) fn forget(&mut self, decided: Decided) {
        self.slots.leases = decided.leases_before;
        self.shared.vault.forget(&decided.writes.data_keys);
    }

    /// A batch is durable: everybody may know.
    pub(super) fn finish(&mut self, decided: Decided) -> Result<Vec<Outcome>, StorageError> {
        let Decided { outcomes, writes, tail, open_codes, brings_news, leases_before } = decided;
        let shared = Arc::clone(&self.shared);
        self.outages = 0;
        self.tail = tail;
        if !writes.directory.is_empty()
            && let Err(error) = self.reload_directory()
        {
            if !self.writer.is_shared() {
                return Err(error);
            }
            tracing::warn!(%error, "who takes part is read with the next turn");
            self.tail.directory_version = UNREAD;
        }
        publish(&shared, &writes);
        shared.see_committed(tail.sequences.event);
        shared.publish_own(&writes.own_events);
        if brings_news {
            shared.news.notify_one();
        }
        let last = EventNo::new(tail.sequences.event);
        shared.open_codes.change(last, open_codes, &shared.directory.load().pools);
        let issued = self.slots.urns.note(&writes);
        self.report_pools(&writes, &issued, &leases_before);
        Ok(outcomes)
    }

    fn load(&mut self, jobs: &[Job]) -> Result<storage::Loaded, StorageError> {
        let directory = self.shared.directory.load_full();
        let mut wanted = Wanted::default();
        let mut opens = 0;
        for job in jobs {
            want(&self.shared, &directory, job, &mut wanted);
            opens += usize::from(matches!(job, Job::Open(..) | Job::Sibling(..) | Job::Choose(..)));
        }
        if opens > 0 && self.slots.is_stale() {
            self.slots.renew(&self.writer.cursors()?);
        }
        self.slots.want(opens, &mut wanted);
        let needs = needs(&self.shared, &directory, jobs);
        self.slots.urns.draw(&needs, &mut self.writer, &mut wanted)?;
        let mut loaded = self.writer.load(&wanted)?;
        let families = families_of(&loaded);
        if !families.is_empty() {
            let more = self.writer.load(&Wanted { families, ..Wanted::default() })?;
            loaded.payments.extend(more.payments);
            loaded.families = more.families;
        }
        let due_of = due_of(&self.shared, &directory, jobs, &loaded);
        let own_newest =
            if self.writer.is_shared() { own_of(&directory, jobs, &loaded) } else { Vec::new() };
        if !due_of.is_empty() || !own_newest.is_empty() {
            let more = self.writer.load(&Wanted { due_of, own_newest, ..Wanted::default() })?;
            loaded.notifications.extend(more.notifications);
            loaded.own_newest = more.own_newest;
        }
        Ok(loaded)
    }

    pub(super) fn reload_directory(&mut self) -> Result<(), StorageError> {
        let rows = self.writer.directory()?;
        let inbox = self.shared.settings.inbox.as_deref();
        match directory_from(&rows, &self.shared.vault, inbox) {
            Ok(directory) => self.shared.directory.store(Arc::new(directory)),
            Err(error) => tracing::error!(%error, "the directory does not read back"),
        }
        Ok(())
    }

    /// How many codes are left, whenever a block was leased or a code was drawn.
    fn report_pools(&self, writes: &Writes, drawn: &BTreeMap<(PoolNo, u32), u64>, before: &Leases) {
        let directory = self.shared.directory.load();
        for cursor in &writes.cursors {
            let Some(pool) = directory.pools.get(cursor.pool) else { continue };
            let left = self.slots.left(pool, cursor.shard);
            let was_same_block =
                before.get(&(cursor.pool, cursor.shard)).is_some_and(|was| was.is_near(cursor));
            report_pool(pool, left, left < scarce(pool) && !was_same_block);
        }
        for ((no, shard), count) in drawn {
            let Some(pool) = directory.pools.get(*no) else { continue };
            let left = self.slots.left(pool, *shard);
            // Codes are drawn one by one; the warning comes once, and once more with the last.
            let warn = left < scarce(pool) && (left + count >= scarce(pool) || left == 0);
            report_pool(pool, left, warn && *count > 0);
        }
    }
}

/// With fewer codes left, a shard of the pool is more than 70 % used (rule 11).
fn scarce(pool: &Pool) -> u64 {
    pool.shape().slots_per_shard() / 10 * 3
}

#[expect(clippy::cast_precision_loss, reason = "a gauge")]
fn report_pool(pool: &Pool, left: u64, warn: bool) {
    let range = pool.shape().slots_per_shard();
    let network = pool.shape().network.to_string();
    metrics::gauge!("gerai_codes_left", "network" => network.clone()).set(left as f64);
    if warn {
        tracing::warn!(network, left, range, "a pool of payment codes is 70 % used");
    }
}

fn decide_one(batch: &mut Batch<'_>, job: &Job) -> Outcome {
    match job {
        Job::Open(request, _) => Outcome::Open(batch.open(request)),
        Job::Close(request, _) => Outcome::Close(batch.close(request)),
        Job::Counter(request, _) => Outcome::Counter(batch.counter(request)),
        Job::PayOutCode(request, pin, _) => Outcome::Counter(batch.pay_out_code(request, pin)),
        Job::RefundSweep(now, due, _) => Outcome::Count(batch.sweep_refunds(*now, due)),
        Job::RefundDoubt(now, open, _) => Outcome::Count(batch.doubt_refunds(*now, open)),
        Job::Attempt(report, _) => Outcome::Done(batch.attempt(report)),
        Job::Sibling(request, _) => Outcome::Sibling(batch.open_sibling(request)),
        Job::Checkout(request, _) => Outcome::Checkout(batch.open_checkout(request)),
        Job::Choose(request, _) => Outcome::Chosen(batch.choose(request)),
        Job::Withdraw(request, _) => Outcome::Withdrawn(batch.withdraw(request)),
        Job::Ruling(request, _) => Outcome::Ruled(batch.rule(request)),
        Job::ExternalId(job, _) => Outcome::Used(batch.use_external_id(job)),
        Job::Resend(resend, _) => {
            batch.resend(resend);
            Outcome::Done(Ok(()))
        }
        Job::MoveNews(moves, _) => {
            batch.move_news(moves);
            Outcome::Done(Ok(()))
        }
        Job::Redeliver(redeliver, _) => Outcome::Redelivered(batch.redeliver(redeliver)),
        Job::Failing(failing, _) => {
            batch.tell_failing(failing);
            Outcome::Done(Ok(()))
        }
        Job::Sweep(now, due, _) => Outcome::Count(batch.sweep(*now, due)),
        Job::Directory(version, writes, _) => Outcome::Done(batch.directory(*version, writes)),
        Job::Movement(request, _) => Outcome::Moved(batch.move_money(request)),
        Job::Lines(request, _) => Outcome::Lines(batch.post_lines(request)),
        Job::File(file, _) => Outcome::Filed(batch.post_file(file)),
        Job::Match(request, _) => Outcome::Matched(batch.match_payments(request)),
        Job::Snapshots(rows, _) => {
            batch.writes.books.snapshots.extend(rows);
            Outcome::Done(Ok(()))
        }
        Job::Prune(prunes, _) => {
            batch.writes.prunes.extend(prunes);
            Outcome::Done(Ok(()))
        }
    }
}

/// Shows what was committed to those who read from memory.
fn publish(shared: &Shared, writes: &Writes) {
    for row in writes.payments_new.iter().chain(&writes.payments_changed) {
        shared.open_book.show(row);
    }
    shared.brought.note(writes);
}
