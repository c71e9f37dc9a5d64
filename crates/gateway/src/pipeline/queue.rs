//! Where commands wait: in lanes, each with room of its own (rule 19).

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    ids::{AccountNo, NotificationNo, PaymentNo},
    time::{Span, Timestamp},
};
use storage::{BalanceSnapshotRow, DirectoryWrite};
use tokio::sync::oneshot;

use super::redeliver::Redeliver;
use crate::clock::Stopwatch;
use crate::directory::Secret;
use crate::outbox::EndpointNo;
use crate::own_events::EndpointFailing;
use crate::request::{
    AttemptReport, Checkout, CheckoutError, CheckoutRequest, ChooseError, ChooseRequest, Chosen,
    CloseError, CloseRequest, Closed, CounterReply, CounterRequest, ExternalUse, LinesPosted,
    LinesRequest, MatchRequest, Matching, Moved, MovementError, MovementRequest, OpenError,
    OpenRequest, Opened, PostedFile, Redelivery, Ruled, RulingError, RulingRequest, Sibling,
    SiblingError, SiblingRequest, Unavailable, WithdrawError, WithdrawRequest,
};

/// Which commands go first. What brings news of cash that was taken or given back comes before what
/// merely might bring some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Cash was given back.
    Reversal,
    /// Cash was taken, the till says.
    Advice,
    /// Reserved cash was taken.
    Commit,
    /// Cash is on the counter.
    Payment,
    /// Durable inquiries.
    Inquiry,
    /// Merchants' and operators' commands on payments that exist.
    Merchant,
    /// The gateway's own: sweeps, attempts, the directory.
    Household,
    /// New payments: shed first.
    Open,
}

impl Lane {
    /// Every lane, first served first.
    pub const ALL: [Self; 8] = [
        Self::Reversal,
        Self::Advice,
        Self::Commit,
        Self::Payment,
        Self::Inquiry,
        Self::Merchant,
        Self::Household,
        Self::Open,
    ];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reversal => "reversal",
            Self::Advice => "advice",
            Self::Commit => "commit",
            Self::Payment => "payment",
            Self::Inquiry => "inquiry",
            Self::Merchant => "merchant",
            Self::Household => "household",
            Self::Open => "open",
        }
    }

    const fn place(self) -> usize {
        match self {
            Self::Reversal => 0,
            Self::Advice => 1,
            Self::Commit => 2,
            Self::Payment => 3,
            Self::Inquiry => 4,
            Self::Merchant => 5,
            Self::Household => 6,
            Self::Open => 7,
        }
    }
}

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<T>;

/// A command and where its answer goes.
pub(crate) enum Job {
    Open(Box<OpenRequest>, Reply<Result<Opened, OpenError>>),
    Close(Box<CloseRequest>, Reply<Result<Closed, CloseError>>),
    /// Another code for an order.
    Sibling(Box<SiblingRequest>, Reply<Result<Sibling, SiblingError>>),
    /// A payer is to choose where to pay.
    Checkout(Box<CheckoutRequest>, Reply<Result<Checkout, CheckoutError>>),
    /// A payer has chosen.
    Choose(Box<ChooseRequest>, Reply<Result<Chosen, ChooseError>>),
    /// A merchant closes a checkout.
    Withdraw(WithdrawRequest, Reply<Result<(), WithdrawError>>),
    /// What an operator decided about cash or a reversal that waits.
    Ruling(Box<RulingRequest>, Reply<Result<Ruled, RulingError>>),
    Counter(Box<CounterRequest>, Reply<Result<CounterReply, Unavailable>>),
    /// A counter is about to pay a refund code out.
    PayOutCode(Box<CounterRequest>, Secret, Reply<Result<CounterReply, Unavailable>>),
    /// Refund codes whose moment has come; the answer counts what changed.
    RefundSweep(Timestamp, Vec<i64>, Reply<Result<usize, Unavailable>>),
    /// Refund codes that may have been paid out after the backup that was restored.
    RefundDoubt(Timestamp, Vec<i64>, Reply<Result<usize, Unavailable>>),
    Attempt(Box<AttemptReport>, Reply<Result<(), Unavailable>>),
    /// Made as of a version of the directory; none: whatever it is.
    Directory(Option<i64>, Vec<DirectoryWrite>, Reply<Result<(), Unavailable>>),
    /// The answer says whether it was unused.
    ExternalId(Box<ExternalIdJob>, Reply<Result<bool, Unavailable>>),
    Resend(Resend, Reply<Result<(), Unavailable>>),
    /// An endpoint does not answer.
    Failing(Box<EndpointFailing>, Reply<Result<(), Unavailable>>),
    /// Notifications wait for another endpoint, or are due sooner.
    MoveNews(Vec<NewsMove>, Reply<Result<(), Unavailable>>),
    /// Notifications are sent again; the answer says what becomes of each.
    Redeliver(Redeliver, Reply<Result<Vec<(NotificationNo, Redelivery)>, Unavailable>>),
    /// Expire, release, finalise, fund and settle what is due; the answer counts what changed.
    Sweep(Timestamp, Vec<Due>, Reply<Result<usize, Unavailable>>),
    /// Money moved between banks.
    Movement(Box<MovementRequest>, Reply<Result<Moved, MovementError>>),
    /// A retailer's file is posted; the answer is its number.
    File(Box<PostedFile>, Reply<Result<i64, Unavailable>>),
    /// Lines of a posted file.
    Lines(Box<LinesRequest>, Reply<Result<LinesPosted, Unavailable>>),
    /// Payments stand in such a file.
    Match(Box<MatchRequest>, Reply<Result<Vec<Matching>, Unavailable>>),
    /// Balances are written down.
    Snapshots(Vec<BalanceSnapshotRow>, Reply<Result<(), Unavailable>>),
    /// Remove what nobody may ask for any more.
    Prune(Vec<storage::Prune>, Reply<Result<(), Unavailable>>),
}

impl Job {
    /// Tells the caller that nothing was decided.
    pub(crate) fn refuse(self, why: Unavailable) {
        // A caller that has gone away needs no answer.
        let _ = match self {
            Self::Open(_, reply) => reply.send(Err(OpenError::Unavailable(why))).is_ok(),
            Self::Close(_, reply) => reply.send(Err(CloseError::Unavailable(why))).is_ok(),
            Self::Sibling(_, reply) => reply.send(Err(SiblingError::Unavailable(why))).is_ok(),
            Self::Checkout(_, reply) => reply.send(Err(why.into())).is_ok(),
            Self::Choose(_, reply) => reply.send(Err(why.into())).is_ok(),
            Self::Withdraw(_, reply) => reply.send(Err(why.into())).is_ok(),
            Self::Ruling(_, reply) => reply.send(Err(RulingError::Unavailable(why))).is_ok(),
            Self::Counter(_, reply) | Self::PayOutCode(_, _, reply) => reply.send(Err(why)).is_ok(),
            Self::Lines(_, reply) => reply.send(Err(why)).is_ok(),
            Self::ExternalId(_, reply) => reply.send(Err(why)).is_ok(),
            Self::Redeliver(_, reply) => reply.send(Err(why)).is_ok(),
            Self::Attempt(_, reply)
            | Self::Resend(_, reply)
            | Self::MoveNews(_, reply)
            | Self::Failing(_, reply)
            | Self::Directory(_, _, reply)
            | Self::Snapshots(_, reply)
            | Self::Prune(_, reply) => reply.send(Err(why)).is_ok(),
            Self::Movement(_, reply) => reply.send(Err(why.into())).is_ok(),
            Self::File(_, reply) => reply.send(Err(why)).is_ok(),
            Self::Match(_, reply) => reply.send(Err(why)).is_ok(),
            Self::Sweep(_, _, reply)
            | Self::RefundSweep(_, _, reply)
            | Self::RefundDoubt(_, _, reply) => reply.send(Err(why)).is_ok(),
        };
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Open(_, reply) => reply.is_closed(),
            Self::Close(_, reply) => reply.is_closed(),
            Self::Sibling(_, reply) => reply.is_closed(),
            Self::Checkout(_, reply) => reply.is_closed(),
            Self::Choose(_, reply) => reply.is_closed(),
            Self::Withdraw(_, reply) => reply.is_closed(),
            Self::Ruling(_, reply) => reply.is_closed(),
            Self::Counter(_, reply) | Self::PayOutCode(_, _, reply) => reply.is_closed(),
            Self::Lines(_, reply) => reply.is_closed(),
            Self::ExternalId(_, reply) => reply.is_closed(),
            Self::Redeliver(_, reply) => reply.is_closed(),
            Self::Attempt(_, reply)
            | Self::Resend(_, reply)
            | Self::MoveNews(_, reply)
            | Self::Failing(_, reply)
            | Self::Directory(_, _, reply)
            | Self::Snapshots(_, reply)
            | Self::Prune(_, reply) => reply.is_closed(),
            Self::Movement(_, reply) => reply.is_closed(),
            Self::File(_, reply) => reply.is_closed(),
            Self::Match(_, reply) => reply.is_closed(),
            Self::Sweep(_, _, reply)
            | Self::RefundSweep(_, _, reply)
            | Self::RefundDoubt(_, _, reply) => reply.is_closed(),
        }
    }
}

/// A merchant's number that is to be used up by itself, without a payment.
#[derive(Debug, Clone)]
pub(crate) struct ExternalIdJob {
    pub(crate) account: AccountNo,
    pub(crate) external: ExternalUse,
    pub(crate) received_at: Timestamp,
}

/// What changes about a notification that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewsMove {
    pub(crate) no: NotificationNo,
    /// The endpoint it waits for from now on; none: the same.
    pub(crate) endpoint: Option<EndpointNo>,
    /// When it is due at the latest; none: as before.
    pub(crate) due_at: Option<Timestamp>,
}

/// A merchant asks to be told once more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resend {
    pub(crate) account: AccountNo,
    pub(crate) payment: PaymentNo,
    pub(crate) at: Timestamp,
}

/// A payment whose moment has come, as a look at the rows found it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) payment: PaymentNo,
    pub(crate) kind: DueKind,
    /// The grace that keeps it payable beyond its deadline.
    pub(crate) grace: Span,
}

impl Due {
    /// Whether it is about a matched payment's money.
    pub(crate) const fn is_about_money(&self) -> bool {
        match self.kind {
            DueKind::Funding | DueKind::Settlement | DueKind::Advance => true,
            DueKind::Expiry | DueKind::Release | DueKind::Finality => false,
        }
    }
}

/// Which moment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DueKind {
    Expiry,
    Release,
    Finality,
    /// Its day may be funded.
    Funding,
    /// It may be available.
    Settlement,
    /// It may be advanced.
    Advance,
}

/// The lanes.
pub(crate) struct Queue {
    lanes: Mutex<Lanes>,
    arrived: Condvar,
    room: usize,
}

struct Lanes {
    waiting: [VecDeque<Job>; 8],
    stopping: bool,
}

impl Queue {
    /// Empty lanes with room for `room` commands each.
    pub(crate) fn new(room: usize) -> Self {
        let lanes = Lanes { waiting: Default::default(), stopping: false };
        Self { lanes: Mutex::new(lanes), arrived: Condvar::new(), room }
    }

    /// Lets `job` wait, or refuses it at once.
    pub(crate) fn push(&self, lane: Lane, job: Job) {
        let refused = {
            let mut lanes = self.lock();
            if lanes.stopping {
                Some((job, Unavailable::Stopping))
            } else {
                match lanes.waiting.get_mut(lane.place()) {
                    Some(waiting) if waiting.len() < self.room => {
                        waiting.push_back(job);
                        None
                    }
                    Some(_) | None => Some((job, Unavailable::QueueFull)),
                }
            }
        };
        match refused {
            Some((job, why)) => {
                metrics::counter!("gerai_pipeline_refused_total", "lane" => lane.name())
                    .increment(1);
                job.refuse(why);
            }
            None => self.arrived.notify_one(),
        }
    }

    /// Waits for commands and takes up to `batch_max` of them, first lanes first. Nothing when the
    /// queue has stopped and is empty.
    pub(crate) fn take(&self, batch_max: usize) -> Option<Vec<Job>> {
        let mut lanes = self.lock();
        loop {
            let mut batch = Vec::new();
            for waiting in &mut lanes.waiting {
                let room = batch_max.saturating_sub(batch.len());
                let count = waiting.len().min(room);
                batch.extend(waiting.drain(..count));
            }
            if !batch.is_empty() {
                return Some(batch);
            }
            if lanes.stopping {
                return None;
            }
            lanes = self.arrived.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// More of what waits, without waiting for it.
    pub(crate) fn take_more(&self, room: usize) -> Vec<Job> {
        let mut lanes = self.lock();
        let mut more = Vec::new();
        for waiting in &mut lanes.waiting {
            let count = waiting.len().min(room.saturating_sub(more.len()));
            more.extend(waiting.drain(..count));
        }
        more
    }

    /// Waits a moment, whatever comes; false when the queue has stopped.
    pub(crate) fn pause(&self, moment: Duration) -> bool {
        let watch = Stopwatch::start();
        let mut lanes = self.lock();
        while let Some(left) = moment.checked_sub(watch.elapsed()).filter(|_| !lanes.stopping) {
            let waited = self.arrived.wait_timeout(lanes, left);
            lanes = waited.map_or_else(|broken| broken.into_inner().0, |(lanes, _)| lanes);
        }
        !lanes.stopping
    }

    /// Refuses everything from now on; what waits is still done.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.arrived.notify_all();
    }

    /// How many commands wait in each lane.
    pub(crate) fn depths(&self) -> [(Lane, usize); 8] {
        let lanes = self.lock();
        Lane::ALL.map(|lane| (lane, lanes.waiting.get(lane.place()).map_or(0, VecDeque::len)))
    }

    /// Whether any lane has no room left.
    pub(crate) fn is_full(&self) -> bool {
        self.lock().waiting.iter().any(|waiting| waiting.len() >= self.room)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lanes> {
        // Whoever panicked while holding the lock left whole commands behind.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
