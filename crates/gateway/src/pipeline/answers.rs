//! What commands came to, on their way back to who gave them.

use domain::ids::NotificationNo;

use super::queue::Job;
use crate::request::{
    Checkout, CheckoutError, ChooseError, Chosen, CloseError, Closed, CounterReply, LinesPosted,
    Matching, Moved, MovementError, OpenError, Opened, Redelivery, Ruled, RulingError, Sibling,
    SiblingError, Unavailable, WithdrawError,
};

/// What a command came to, until it is durable.
pub(super) enum Outcome {
    Open(Result<Opened, OpenError>),
    Close(Result<Closed, CloseError>),
    Counter(Result<CounterReply, Unavailable>),
    Sibling(Result<Sibling, SiblingError>),
    Checkout(Result<Checkout, CheckoutError>),
    Chosen(Result<Chosen, ChooseError>),
    Withdrawn(Result<(), WithdrawError>),
    Ruled(Result<Ruled, RulingError>),
    Used(Result<bool, Unavailable>),
    Done(Result<(), Unavailable>),
    Count(usize),
    Moved(Result<Moved, MovementError>),
    Filed(i64),
    Matched(Vec<Matching>),
    Lines(LinesPosted),
    Redelivered(Vec<(NotificationNo, Redelivery)>),
}

/// The answers of one commit. They are durable; sending them wakes everybody who waits.
pub struct Answers(pub(super) Vec<(Job, Outcome)>);

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answers({})", self.0.len())
    }
}

impl Answers {
    /// Sends them.
    pub fn send(self) {
        for (job, outcome) in self.0 {
            answer(job, outcome);
        }
    }
}

/// A caller that has gone away needs no answer.
fn answer(job: Job, outcome: Outcome) {
    let _ = match (job, outcome) {
        (Job::Open(_, reply), Outcome::Open(result)) => reply.send(result).is_ok(),
        (Job::Close(_, reply), Outcome::Close(result)) => reply.send(result).is_ok(),
        (Job::Counter(_, reply) | Job::PayOutCode(_, _, reply), Outcome::Counter(result)) => {
            reply.send(result).is_ok()
        }
        (Job::Sibling(_, reply), Outcome::Sibling(result)) => reply.send(result).is_ok(),
        (Job::Checkout(_, reply), Outcome::Checkout(result)) => reply.send(result).is_ok(),
        (Job::Choose(_, reply), Outcome::Chosen(result)) => reply.send(result).is_ok(),
        (Job::Withdraw(_, reply), Outcome::Withdrawn(result)) => reply.send(result).is_ok(),
        (Job::Ruling(_, reply), Outcome::Ruled(result)) => reply.send(result).is_ok(),
        (Job::ExternalId(_, reply), Outcome::Used(result)) => reply.send(result).is_ok(),
        (
            Job::Attempt(_, reply)
            | Job::Resend(_, reply)
            | Job::MoveNews(_, reply)
            | Job::Failing(_, reply)
            | Job::Directory(_, _, reply)
            | Job::Snapshots(_, reply)
            | Job::Prune(_, reply),
            Outcome::Done(result),
        ) => reply.send(result).is_ok(),
        (Job::Redeliver(_, reply), Outcome::Redelivered(told)) => reply.send(Ok(told)).is_ok(),
        (
            Job::Sweep(_, _, reply) | Job::RefundSweep(_, _, reply) | Job::RefundDoubt(_, _, reply),
            Outcome::Count(count),
        ) => reply.send(Ok(count)).is_ok(),
        (Job::Movement(_, reply), Outcome::Moved(result)) => reply.send(result).is_ok(),
        (Job::Lines(_, reply), Outcome::Lines(posted)) => reply.send(Ok(posted)).is_ok(),
        (Job::File(_, reply), Outcome::Filed(no)) => reply.send(Ok(no)).is_ok(),
        (Job::Match(_, reply), Outcome::Matched(lines)) => reply.send(Ok(lines)).is_ok(),
        // `decide_one` gives every command an outcome of its own kind.
        (job, _) => {
            job.refuse(Unavailable::Storage);
            false
        }
    };
}

pub(super) fn refuse(jobs: Vec<Job>) {
    for job in jobs {
        job.refuse(Unavailable::Storage);
    }
}
