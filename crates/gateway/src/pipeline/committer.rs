//! The committer: takes what waits, decides it, commits it, answers it.

use std::sync::{Arc, atomic::Ordering};

use domain::{ids::PaymentNo, sale::Operation};
use storage::{CodeWanted, StorageError, Wanted, Writes, sqlite::Writer};

use super::{
    batch::{Batch, Tail},
    queue::Job,
    slots::Slots,
};
use crate::{
    chain::Chain,
    clock::Stopwatch,
    directory::Directory,
    gateway::Shared,
    request::{CloseError, Closed, CounterReply, OpenError, Opened, PaymentRef, Unavailable},
    rows::directory_from,
};

/// The one who writes. Owns the writing connection; runs on a thread of its own, or step by step.
pub struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) writer: Writer,
    pub(crate) chain: Chain,
    pub(crate) tail: Tail,
    pub(crate) slots: Slots,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer").field("tail", &self.tail).finish_non_exhaustive()
    }
}

/// What one turn of the committer came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// So many commands were answered.
    Answered(usize),
    /// Nothing waited.
    Idle,
}

/// What a command came to, until it is durable.
enum Outcome {
    Open(Result<Opened, OpenError>),
    Close(Result<Closed, CloseError>),
    Counter(Result<CounterReply, Unavailable>),
    Done(Result<(), Unavailable>),
    Count(usize),
}

impl Committer {
    /// Works until the queue is stopped and empty.
    ///
    /// # Errors
    ///
    /// When the storage fails in a way after which nothing can be promised: the process must end.
    pub fn run(mut self) -> Result<(), StorageError> {
        let shared = Arc::clone(&self.shared);
        while let Some(jobs) = shared.queue.take(shared.settings.batch_max) {
            self.turn(jobs)?;
        }
        self.writer.close()
    }

    /// Does what waits now, and returns.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn step(&mut self) -> Result<Turn, StorageError> {
        let jobs = self.shared.queue.take_now(self.shared.settings.batch_max);
        if jobs.is_empty() {
            return Ok(Turn::Idle);
        }
        let count = jobs.len();
        self.turn(jobs)?;
        Ok(Turn::Answered(count))
    }

    #[expect(clippy::cast_precision_loss, reason = "a batch has at most a few thousand commands")]
    fn turn(&mut self, jobs: Vec<Job>) -> Result<(), StorageError> {
        metrics::histogram!("gerai_batch_commands").record(jobs.len() as f64);
        match self.commit(&jobs) {
            Ok(outcomes) => {
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    answer(job, outcome);
                }
                Ok(())
            }
            // One bad command never fails its neighbours: each gets a commit of its own.
            Err(error @ (StorageError::Constraint(_) | StorageError::Corrupt(_))) => {
                tracing::error!(%error, commands = jobs.len(), "a batch was refused by the storage");
                if jobs.len() == 1 {
                    refuse(jobs);
                    return Ok(());
                }
                jobs.into_iter().try_for_each(|job| self.turn(vec![job]))
            }
            Err(error) => {
                tracing::error!(%error, "the storage failed; nothing can be promised any more");
                self.shared.healthy.store(false, Ordering::SeqCst);
                self.shared.queue.stop();
                refuse(jobs);
                Err(error)
            }
        }
    }

    /// Decides and writes; what is returned is durable.
    fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Outcome>, StorageError> {
        let loaded = self.load(jobs)?;
        let shared = Arc::clone(&self.shared);
        let slots_before = self.slots.clone();
        let mut batch = Batch::new(&shared, &self.chain, loaded, self.tail, &mut self.slots);
        let outcomes: Vec<Outcome> = jobs.iter().map(|job| decide_one(&mut batch, job)).collect();
        let (writes, tail, brings_news) = batch.finish();

        let stopwatch = Stopwatch::start();
        let mut written = None;
        let committed =
            self.writer.commit_observed(&writes, || written = Some(stopwatch.elapsed()));
        if let Err(error) = committed {
            self.slots = slots_before;
            shared.vault.forget(&writes.data_keys);
            return Err(error);
        }
        let took = stopwatch.elapsed();
        metrics::histogram!("gerai_commit_seconds").record(took);
        let synced = took.saturating_sub(written.unwrap_or(took));
        metrics::histogram!("gerai_sync_seconds").record(synced);
        self.tail = tail;
        if !writes.directory.is_empty() {
            self.reload_directory()?;
        }
        publish(&shared, &writes);
        if brings_news {
            shared.news.notify_one();
        }
        self.report_pools(&writes);
        Ok(outcomes)
    }

    fn load(&mut self, jobs: &[Job]) -> Result<storage::Loaded, StorageError> {
        let directory = self.shared.directory.load_full();
        let mut wanted = Wanted::default();
        let mut opens = 0;
        for job in jobs {
            want(&self.shared, &directory, job, &mut wanted);
            opens += usize::from(matches!(job, Job::Open(..)));
        }
        self.slots.want(opens, &mut wanted);
        let mut loaded = self.writer.load(&wanted)?;
        // Older news of payments that are about to have newer.
        let due_of: Vec<PaymentNo> = if jobs.iter().all(|job| matches!(job, Job::Open(..))) {
            Vec::new()
        } else {
            loaded
                .payments
                .keys()
                .copied()
                .chain(loaded.notifications.values().map(|row| row.payment))
                .collect()
        };
        if !due_of.is_empty() {
            let more = self.writer.load(&Wanted { due_of, ..Wanted::default() })?;
            loaded.notifications.extend(more.notifications);
        }
        Ok(loaded)
    }

    fn reload_directory(&mut self) -> Result<(), StorageError> {
        let rows = self.writer.directory()?;
        match directory_from(&rows, &self.shared.vault) {
            Ok(directory) => self.shared.directory.store(Arc::new(directory)),
            Err(error) => tracing::error!(%error, "the directory does not read back"),
        }
        Ok(())
    }

    /// How many codes are left, whenever a block was leased.
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    fn report_pools(&self, writes: &Writes) {
        let directory = self.shared.directory.load();
        for cursor in &writes.cursors {
            let Some(pool) = directory.pools.get(cursor.pool) else { continue };
            let left = self.slots.left(pool, cursor.shard);
            let range = pool.shape().slots_per_shard();
            let network = pool.shape().network.to_string();
            metrics::gauge!("gerai_codes_left", "network" => network.clone()).set(left as f64);
            if left < range / 10 * 3 {
                tracing::warn!(network, left, range, "a pool of payment codes is 70 % used");
            }
        }
    }
}

/// Names the rows a command touches.
fn want(shared: &Shared, directory: &Directory, job: &Job, wanted: &mut Wanted) {
    match job {
        Job::Open(request, _) => {
            wanted.orders.push((request.account, request.order.as_str().to_owned()));
            if let Some(idempotency) = &request.idempotency {
                wanted.idempotency.push((request.account, idempotency.key.clone()));
            }
        }
        Job::Close(request, _) => {
            if let (Some(idempotency), Some(account)) = (&request.idempotency, request.account) {
                wanted.idempotency.push((account, idempotency.key.clone()));
            }
            let by_order = |order: &str| request.account.map(|account| (account, order.to_owned()));
            match &request.payment {
                PaymentRef::Id(id) => wanted.payments.push(shared.ids.number(id)),
                PaymentRef::No(no) => wanted.payments.push(*no),
                PaymentRef::Order(order) => wanted.orders.extend(by_order(order)),
                PaymentRef::IdOrOrder(text) => {
                    wanted.payments.extend(text.parse().ok().map(|id| shared.ids.number(&id)));
                    wanted.orders.extend(by_order(text));
                }
                PaymentRef::Code(code) => wanted.slots.extend(directory.pools.slot(code)),
            }
        }
        Job::Counter(request, _) => {
            wanted.codes.push(CodeWanted {
                code: request.code,
                slot: directory.pools.slot(&request.code),
                partner: request.partner,
            });
            let key = (request.partner, request.sale.clone());
            if request.operation == Operation::Inquiry {
                wanted.inquiries.push(key.clone());
            }
            wanted.sales.push(key);
        }
        Job::Attempt(report, _) => wanted.notifications.push(report.no),
        Job::Sweep(_, due, _) => wanted.payments.extend(due.iter().map(|due| due.payment)),
        Job::Directory(..) | Job::Prune(..) => {}
    }
}

fn decide_one(batch: &mut Batch<'_>, job: &Job) -> Outcome {
    match job {
        Job::Open(request, _) => Outcome::Open(batch.open(request)),
        Job::Close(request, _) => Outcome::Close(batch.close(request)),
        Job::Counter(request, _) => Outcome::Counter(batch.counter(request)),
        Job::Attempt(report, _) => Outcome::Done(batch.attempt(report)),
        Job::Sweep(now, due, _) => Outcome::Count(batch.sweep(*now, due)),
        Job::Directory(writes, _) => {
            batch.writes.directory.extend(writes.iter().cloned());
            Outcome::Done(Ok(()))
        }
        Job::Prune(prunes, _) => {
            batch.writes.prunes.extend(prunes);
            Outcome::Done(Ok(()))
        }
    }
}

/// A caller that has gone away needs no answer.
fn answer(job: Job, outcome: Outcome) {
    let _ = match (job, outcome) {
        (Job::Open(_, reply), Outcome::Open(result)) => reply.send(result).is_ok(),
        (Job::Close(_, reply), Outcome::Close(result)) => reply.send(result).is_ok(),
        (Job::Counter(_, reply), Outcome::Counter(result)) => reply.send(result).is_ok(),
        (
            Job::Attempt(_, reply) | Job::Directory(_, reply) | Job::Prune(_, reply),
            Outcome::Done(result),
        ) => reply.send(result).is_ok(),
        (Job::Sweep(_, _, reply), Outcome::Count(count)) => reply.send(Ok(count)).is_ok(),
        // `decide_one` gives every command an outcome of its own kind.
        (job, _) => {
            job.refuse(Unavailable::Storage);
            false
        }
    };
}

fn refuse(jobs: Vec<Job>) {
    for job in jobs {
        job.refuse(Unavailable::Storage);
    }
}

/// Shows what was committed to those who read from memory.
fn publish(shared: &Shared, writes: &Writes) {
    for row in writes.payments_new.iter().chain(&writes.payments_changed) {
        shared.open_book.show(row);
    }
}
