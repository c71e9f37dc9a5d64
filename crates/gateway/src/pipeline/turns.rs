//! Taking turns with other nodes: what a turn learns of those before it, and what becomes of one whose
//! connection is lost.

use std::{sync::Arc, time::Duration};

use storage::{Corrupt, StorageError, TailRow};

use super::{Committer, answers::Outcome, batch::Tail, queue::Job};
use crate::gateway::Shared;

/// Between two tries to reach the database.
const PAUSE: Duration = Duration::from_millis(100);

/// A version that no directory has.
pub(super) const UNREAD: i64 = -1;

/// The database answers again.
pub(super) enum Recovered {
    /// What was being committed is durable.
    Durable(Vec<Outcome>),
    /// It is not, and never will be.
    Anew,
    /// It does not, and the gateway stops.
    Stopping,
}

impl Committer {
    /// Begins a turn, and takes over what others did since the last one of this node.
    pub(super) fn begin(&mut self) -> Result<(), StorageError> {
        let Some(row) = self.writer.begin()? else { return Ok(()) };
        let mine = (self.tail.turn, self.tail.directory_version);
        if mine == (row.turn, row.directory_version) {
            return Ok(());
        }
        self.take_over(&row)
    }

    /// Begins a turn; what came while it was others' turn goes with it.
    pub(super) fn gather(&mut self, jobs: &mut Vec<Job>) {
        // What goes wrong here goes wrong again when the turn is to be committed.
        if self.begin().is_err() {
            self.writer.rest();
        }
        let room = self.shared.settings.batch_max.saturating_sub(jobs.len());
        jobs.extend(self.shared.queue.take_more(room));
    }

    fn take_over(&mut self, row: &TailRow) -> Result<(), StorageError> {
        if row.turn < self.tail.turn {
            let (known, there) = (self.tail.turn, row.turn);
            tracing::error!(known, there, "the database has lost turns that it had confirmed");
            self.shared.vault.forget_after(row.sequences.data_key);
        }
        let known = self.tail.sequences.data_key;
        if row.sequences.data_key > known {
            let keys = self.writer.data_keys_after(known)?;
            // Whoever cannot read what others seal must not seal beside them.
            self.shared.vault.adopt(&keys).map_err(|error| Corrupt {
                table: "data_key",
                row: format!("after {known}"),
                what: error.to_string(),
            })?;
            self.shared.vault.continue_after(row.sequences.data_key);
        }
        if row.directory_version != self.tail.directory_version {
            self.reload_directory()?;
        }
        self.slots.others_came();
        self.shared.see_committed(row.sequences.event);
        // The last step: whatever fails before it is done again.
        self.tail = Tail::of(row);
        Ok(())
    }

    /// Waits until the database answers, and finds out what became of the turn that was under way. Those
    /// who wait for it are told to try again by whoever asked for them, when their time is over.
    pub(super) fn recover(&mut self, error: &StorageError) -> Recovered {
        tracing::warn!(%error, "the database is away, or refused a commit");
        let shared = Arc::clone(&self.shared);
        self.is_after_outage = true;
        shared.nodes.is_away(true);
        // One outage is looked at at once; one after the other not so often.
        let mut pause = if self.outages == 0 { Duration::ZERO } else { PAUSE };
        self.outages += 1;
        loop {
            if !shared.queue.pause(pause) && self.unsure.is_none() {
                return Recovered::Stopping;
            }
            pause = PAUSE;
            match self.reconnect() {
                Ok(is_durable) => {
                    shared.nodes.is_away(false);
                    let Some(decided) = self.unsure.take() else { return Recovered::Anew };
                    tracing::info!(
                        is_durable,
                        "the database is back, and says what became of a commit"
                    );
                    if !is_durable {
                        self.forget(decided);
                        return Recovered::Anew;
                    }
                    return match self.finish(decided) {
                        Ok(outcomes) => Recovered::Durable(outcomes),
                        Err(_) => Recovered::Anew,
                    };
                }
                Err(error) => tracing::debug!(%error, "the database is still away"),
            }
            if !shared.queue.pause(Duration::ZERO) {
                // What was told to nobody needs no answer.
                return Recovered::Stopping;
            }
        }
    }

    /// Connects anew; says whether what was being committed is durable.
    fn reconnect(&mut self) -> Result<bool, StorageError> {
        self.writer.reconnect()?;
        match &self.unsure {
            Some(decided) => self.writer.resolve(decided.tail.turn),
            None => Ok(false),
        }
    }
}

impl Shared {
    /// Wakes who waits for events.
    pub(crate) fn see_committed(&self, event: i64) {
        self.committed.send_if_modified(|known| {
            let is_newer = event > *known;
            *known = event.max(*known);
            is_newer
        });
    }
}
