//! One order, several codes (rule 36): each code is a payment of its own, and at most one of them is
//! ever paid.
//!
//! Siblings name the first payment of their order ([`Payment::family`]). What a command does to one of
//! them is decided as if it were alone, and then the others are asked. Closing the others is the
//! gateway's work, in the same commit.

use super::{
    Command, Decision, Payment, Refusal, State, Unapplied,
    decide::{decide, unapplied},
};
use crate::{retailer::LateCommit, time::Timestamp};

/// What the other codes of its order mean to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Siblings {
    /// There are none, or none stands in its way.
    Idle,
    /// A counter holds one of them.
    BeingPaid,
    /// Cash was taken for one of them; what became of it later changes nothing.
    Paid,
}

impl Siblings {
    /// What the others mean to the payment `own` among the whole `family`.
    pub fn beside<'a>(own: &Payment, family: impl IntoIterator<Item = &'a Payment>) -> Self {
        let mut standing = Self::Idle;
        for other in family.into_iter().filter(|other| other.no != own.no) {
            match other.state {
                State::Reserved(_) if standing == Self::Idle => standing = Self::BeingPaid,
                State::Paid(_)
                | State::Settled(_)
                | State::Reversed(..)
                | State::ClawedBack(..) => standing = Self::Paid,
                State::Reserved(_)
                | State::Opening
                | State::Pending
                | State::Cancelled(_)
                | State::Expired(..) => {}
            }
        }
        standing
    }
}

/// [`decide`], with a word from the other codes of the order. The order is paid once: what would
/// take its cash a second time is refused, or booked to unapplied cash where the till has it.
pub fn decide_beside(
    payment: &Payment,
    siblings: Siblings,
    command: Command<'_>,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let alone = decide(payment, command, now);
    let why = match siblings {
        Siblings::Idle => return alone,
        Siblings::BeingPaid => Refusal::BeingPaid,
        Siblings::Paid => Refusal::AlreadyPaid,
    };
    // What was closed because the order is paid is told as paid: the payer must not pay again.
    let is_closed = matches!(payment.state, State::Cancelled(_) | State::Expired(..));
    match (command, alone) {
        (Command::Inquire(_) | Command::Pay(_), Err(Refusal::Cancelled | Refusal::Expired))
            if is_closed =>
        {
            Err(why)
        }
        // The only repeat that an inquiry meets is its yes.
        (Command::Inquire(_), Ok(_))
        | (Command::Pay(_) | Command::Match(_), Ok(Decision::Change(_))) => Err(why),
        (Command::Advise(offer), Ok(Decision::Change(_))) => {
            Ok(unapplied(&offer.take, offer.tendered, why, now))
        }
        (Command::Advise(_), Ok(Decision::Unapplied(cash)))
            if is_closed && !matches!(cash.why, Refusal::WrongAmount { .. }) =>
        {
            Ok(Decision::Unapplied(Unapplied { why, ..cash }))
        }
        (Command::Commit(take), Ok(Decision::Change(_))) => {
            match take.retailer.contract.late_commit {
                LateCommit::Approve => Ok(unapplied(&take, payment.total(), why, now)),
                LateCommit::Refuse => Err(why),
            }
        }
        (Command::Cancel | Command::Expire, Ok(Decision::Change(_)))
            if siblings == Siblings::BeingPaid =>
        {
            Err(why)
        }
        (_, alone) => alone,
    }
}

/// The payment that counts of an order with several codes: the one that was paid, else the one that
/// a counter holds, else one that waits, else the first.
pub fn counting<'a>(family: impl IntoIterator<Item = &'a Payment>) -> Option<&'a Payment> {
    family.into_iter().min_by_key(|payment| {
        let rank = match payment.state {
            State::Paid(_) | State::Settled(_) | State::Reversed(..) | State::ClawedBack(..) => 0,
            State::Reserved(_) => 1,
            State::Opening | State::Pending => 2,
            State::Cancelled(_) | State::Expired(..) => 3,
        };
        (rank, payment.no)
    })
}

#[cfg(test)]
mod tests;
