//! What the clock does: deadlines, reservations given up, reversals no longer possible, money that
//! is there and available.

use domain::{
    event::Actor,
    payment::{Command, Decision, decide},
    time::{Span, Timestamp},
};

use super::{
    batch::{Batch, Cause},
    queue::{Due, DueKind},
};

impl Batch<'_> {
    /// Carries out what is due. Each is decided anew: much may have happened since it was looked up.
    pub(super) fn sweep(&mut self, now: Timestamp, due: &[Due]) -> usize {
        due.iter().filter(|due| self.sweep_one(now, due)).count()
    }

    fn sweep_one(&mut self, now: Timestamp, due: &Due) -> bool {
        let Some(row) = self.payment(due.payment) else { return false };
        let command = match due.kind {
            DueKind::Expiry => Command::ExpireByDeadline { grace: due.grace },
            DueKind::Release => Command::Release { grace: due.grace },
            DueKind::Finality => Command::Finalize,
            DueKind::Funding => return self.fund_matched(due.payment, now),
            DueKind::Settlement => return self.settle_matched(due.payment, now),
            DueKind::Advance => return self.advance_matched(due.payment, now),
        };
        let Ok(Decision::Change(change)) = decide(&row.payment, command, now) else {
            return false;
        };
        let released = row.payment.state.holder();
        let cause = Cause { actor: Actor::Sweep, reason: None, sale: released, at: now };
        self.apply(due.payment, &change, &cause);
        true
    }
}

/// The grace of a payment's retailer, where an inquiry came before the deadline.
pub(crate) fn grace_of(inquired: bool, grace: Span) -> Span {
    if inquired { grace } else { Span::ZERO }
}
