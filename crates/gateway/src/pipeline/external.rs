//! Merchants' numbers for requests, each good once per account, endpoint and day (rule 25).

use domain::{ids::AccountNo, time::Timestamp};
use storage::{ExternalId, ExternalIdRow};

use super::{batch::Batch, queue::ExternalIdJob};
use crate::request::{ExternalUse, Unavailable};

/// The id as it is kept: its day is Jakarta's when the request arrived.
pub(super) fn used_on(account: AccountNo, external: &ExternalUse, at: Timestamp) -> ExternalId {
    ExternalId {
        day: at.business_date(),
        account,
        endpoint: external.endpoint.to_owned(),
        id: external.id.clone(),
    }
}

impl Batch<'_> {
    /// Uses an id up by itself; says whether it was unused.
    pub(super) fn use_external_id(&mut self, job: &ExternalIdJob) -> Result<bool, Unavailable> {
        let account = self.directory.account(job.account).ok_or(Unavailable::Storage)?;
        let shard = account.shard;
        Ok(self.use_up(used_on(job.account, &job.external, job.received_at), shard))
    }

    /// Uses an id up with whatever else the batch writes; says whether it was unused.
    pub(super) fn use_up(&mut self, external: ExternalId, shard: u32) -> bool {
        if !self.loaded.external_ids.insert(external.clone()) {
            return false;
        }
        self.writes.external_ids.push(ExternalIdRow { external, shard });
        true
    }

    /// Gives an id back that this batch was about to use up, because nothing was decided.
    pub(super) fn give_back(&mut self, external: &ExternalId) {
        self.loaded.external_ids.remove(external);
        self.writes.external_ids.retain(|row| row.external != *external);
    }
}
