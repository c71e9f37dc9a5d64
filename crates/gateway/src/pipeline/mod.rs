//! The commit pipeline: the one way in which anything changes.
//!
//! ```text
//! callers ─► lanes ─► take all that waits ─► load ─► decide, in order ─► write ─► answer
//!            (queue)  (committer)            (one read)  (domain)      (one commit)
//! ```
//!
//! A durable write costs one sync of the disk; a batch of a hundred costs one too. There is no delay
//! when nothing waits: a batch is whatever came while the last one was committed.

mod advances;
mod answers;
mod batch;
mod bill;
mod books;
mod checkout;
mod close;
mod committer;
mod counter;
mod difference;
mod directory;
mod external;
mod lines;
mod matched;
mod open;
mod outbox;
mod own;
mod queue;
mod redeliver;
mod refund;
mod resend;
mod ruling;
mod siblings;
mod slots;
mod sweep;
#[cfg(test)]
mod tests;
mod turns;
mod urns;
mod wanted;

pub(crate) use advances::due as advances_due;
pub use answers::Answers;
pub(crate) use batch::Tail;
pub use bill::asks_for_cash;
pub use committer::Committer;
pub(crate) use counter::{approved, booked_as_unapplied, inquired};
pub use queue::Lane;
pub(crate) use queue::{Due, DueKind, ExternalIdJob, Job, NewsMove, Queue, Resend};
pub(crate) use siblings::closed_with_its_order;
pub(crate) use slots::Slots;
pub(crate) use sweep::grace_of;
