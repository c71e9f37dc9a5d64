//! What the gateway tells a listener.

use serde::Deserialize;

/// Some notifications, and from where on to ask for more.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) notifications: Vec<Told>,
    pub(super) next: String,
    /// How much of what was sent again has been told; older gateways do not say.
    pub(super) resent: Option<u64>,
}

/// A notification.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) happened_at: String,
    pub(super) says: String,
    /// Whether an operator had it sent again.
    #[serde(default)]
    pub(super) again: bool,
    pub(super) payment_id: String,
    pub(super) order_id: String,
    pub(super) code: String,
    /// Why it cannot be put into words; otherwise it has headers and a body.
    pub(super) untold: Option<String>,
    pub(super) headers: Option<Vec<(String, String)>>,
    pub(super) body: Option<String>,
    /// The text that was signed, its secrets masked.
    pub(super) signed: Option<String>,
}
