//! A request, once it is read and its sender known.

use std::sync::Arc;

use domain::time::Timestamp;
use gateway::{Gateway, directory::Account};

use crate::brand::Brand;

/// A request whose sender is known.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The gateway.
    pub(crate) gateway: &'a Gateway,
    /// Under which name it was sent.
    pub(crate) brand: Brand,
    /// Who calls.
    pub(crate) account: Arc<Account>,
    /// What stands behind the question mark.
    pub(crate) query: Option<&'a str>,
    /// When its last byte arrived (rule 9).
    pub(crate) received_at: Timestamp,
}
