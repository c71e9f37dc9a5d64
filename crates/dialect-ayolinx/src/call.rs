//! A request, once it is read and its sender known.

use std::sync::Arc;

use dialect::Shell;
use domain::time::Timestamp;
use gateway::{directory::Account, request::ExternalUse};

use crate::{endpoint::Endpoint, fault::Fault, options};

/// A request whose sender is known.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The gateway and what is around it.
    pub(crate) shell: &'a Shell,
    /// Who calls.
    pub(crate) account: Arc<Account>,
    /// What is asked.
    pub(crate) endpoint: Endpoint,
    /// The merchant's number for the request.
    pub(crate) external_id: String,
    /// The body.
    pub(crate) body: &'a [u8],
    /// When its last byte arrived (rule 9).
    pub(crate) received_at: Timestamp,
}

impl Call<'_> {
    /// The merchant's number, where it is good once only.
    pub(crate) fn external(&self) -> Option<ExternalUse> {
        options::checks_external_ids(&self.account).then(|| ExternalUse {
            endpoint: self.endpoint.external_name(),
            id: self.external_id.clone(),
        })
    }

    /// Uses the merchant's number up, whatever becomes of the request (rule 25).
    pub(crate) async fn use_external_id(&self) -> Result<(), Fault> {
        let Some(external) = self.external() else {
            return Ok(());
        };
        let gateway = self.shell.gateway();
        let is_new = gateway.use_external_id(self.account.no, external, self.received_at).await?;
        if is_new { Ok(()) } else { Err(Fault::ExternalIdUsed) }
    }
}
