//! A request, once it is read and its sender known.

use std::sync::Arc;

use domain::time::Timestamp;
use gateway::{Gateway, directory::Account};
use http::HeaderMap;

/// A request whose sender is known.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The gateway.
    pub(crate) gateway: &'a Gateway,
    /// Who calls.
    pub(crate) account: Arc<Account>,
    /// With which headers.
    pub(crate) headers: &'a HeaderMap,
    /// The body.
    pub(crate) body: &'a [u8],
    /// When its last byte arrived (rule 9).
    pub(crate) received_at: Timestamp,
}
