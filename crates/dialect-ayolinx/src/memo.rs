//! What a merchant said of a payer, kept beside the payment and opaque to everybody else.

use serde::{Deserialize, Serialize};

/// What is neither printed nor needed to take cash.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memo {
    /// `customerEmail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    /// `customerPhone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    /// The `PAY_RETURN` address: where a payer goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) return_url: Option<String>,
}

impl Memo {
    /// As compact JSON.
    pub(crate) fn to_stored(&self) -> String {
        // Texts under fixed names cannot fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What was stored. A memo that is not ours tells nothing.
    pub(crate) fn from_stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
