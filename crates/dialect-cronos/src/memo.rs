//! What a merchant gave and gets back: kept as JSON beside the payment, opaque to everybody else.

use serde::{Deserialize, Serialize};

/// What is echoed in answers and notifications, and the number that nobody else has a place for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Memo {
    /// `viewName`, uncut.
    pub(crate) view_name: String,
    /// `additionalInfo.callback`.
    pub(crate) callback: String,
    /// `phoneNumber`. It is not shown to anybody.
    pub(crate) phone_number: String,
}

impl Memo {
    /// The memo kept with a payment. What cannot be read is as if nothing had been given.
    pub(crate) fn from_stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// What is kept with a payment.
    pub(crate) fn to_stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
