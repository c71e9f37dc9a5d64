//! Changes of who takes part, and what persons decided.

use domain::event::Actor;
use storage::DirectoryWrite;

use super::{
    batch::{Batch, Cause},
    queue::{Job, Lane},
};
use crate::{admin::approvals::event_of, gateway::Gateway, request::Unavailable};

impl Batch<'_> {
    /// Writes rows as they are said. What a person decided becomes an event too, with who and why
    /// (rule 20).
    ///
    /// What was made as of another version than the present one is refused: somebody at another node
    /// may have given the same number away.
    pub(super) fn directory(
        &mut self,
        version: Option<i64>,
        writes: &[DirectoryWrite],
    ) -> Result<(), Unavailable> {
        let present = self.tail.directory_version + i64::from(self.writes.changes_directory());
        if self.shared.nodes.is_shared() && version.is_some_and(|version| version != present) {
            return Err(Unavailable::Changed);
        }
        for write in writes {
            if let DirectoryWrite::Proposal(row) = write
                && let Some((kind, at, reason)) = event_of(row)
            {
                let cause = Cause { actor: Actor::Operator, reason: Some(&reason), sale: None, at };
                self.record(None, kind, &[], &cause);
            }
            self.writes.directory.push(write.clone());
        }
        Ok(())
    }
}

impl Gateway {
    /// Writes to the directory as it is said, through the pipeline; with nothing to write it is
    /// answered when everything before it is durable.
    pub(crate) async fn write_directory(
        &self,
        writes: Vec<DirectoryWrite>,
    ) -> Result<(), Unavailable> {
        self.write_directory_as_of(None, writes).await
    }

    /// The same, unless somebody at another node changed who takes part since this version of it.
    pub(crate) async fn write_directory_as_of(
        &self,
        version: Option<i64>,
        writes: Vec<DirectoryWrite>,
    ) -> Result<(), Unavailable> {
        self.ask(Lane::Household, |reply| Job::Directory(version, writes, reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }
}
