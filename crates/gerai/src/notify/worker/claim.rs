//! A notification in hand, and the room that its attempt takes.

use domain::time::Timestamp;
use gateway::request::Delivery;

use super::{Change, Heard, Outcome, Ticket, Worker};

/// Gives a delivery and its room back, also when an attempt panics, so that neither is lost until the
/// next start.
pub(super) struct Claim<'a> {
    pub(super) worker: &'a Worker,
    pub(super) delivery: &'a Delivery,
    pub(super) ticket: Option<Ticket>,
}

impl Claim<'_> {
    pub(super) fn is_probe(&self) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| ticket.is_probe)
    }

    /// It goes on in the room of the slow.
    pub(super) fn slowed(&mut self) {
        let now = self.worker.gateway.clock().now();
        if let Some(ticket) = &mut self.ticket {
            self.worker.lanes().slowed(ticket, now);
        }
        self.worker.changed.notify_one();
    }

    /// Nothing is under way any more; the notification itself stays taken.
    pub(super) fn end(&mut self, outcome: Outcome, began_at: Timestamp) -> Change {
        let Some(ticket) = self.ticket.take() else { return Change::None };
        let heard = Heard {
            outcome,
            was_slow: ticket.is_slow(),
            is_probe: ticket.is_probe,
            began_at,
            now: self.worker.gateway.clock().now(),
            chance: rand::random(),
        };
        let change = self.worker.lanes().ended(&ticket, &heard);
        self.worker.changed.notify_one();
        change
    }

    /// From here on [`gateway::Gateway::report`] gives it back.
    pub(super) fn keep_until_reported(self) {
        std::mem::forget(self);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let now = self.worker.gateway.clock().now();
        self.end(Outcome::NotSent, now);
        self.worker.gateway.let_go(self.delivery);
        self.worker.still_due(self.delivery, now);
    }
}
