//! Changes of who takes part, and what persons decided.

use domain::event::Actor;
use storage::DirectoryWrite;

use super::batch::{Batch, Cause};
use crate::admin::approvals::event_of;

impl Batch<'_> {
    /// Writes rows as they are said. What a person decided becomes an event too, with who and why
    /// (rule 20).
    pub(super) fn directory(&mut self, writes: &[DirectoryWrite]) {
        for write in writes {
            if let DirectoryWrite::Proposal(row) = write
                && let Some((kind, at, reason)) = event_of(row)
            {
                let cause = Cause { actor: Actor::Operator, reason: Some(&reason), sale: None, at };
                self.record(None, kind, &[], &cause);
            }
            self.writes.directory.push(write.clone());
        }
    }
}
