//! What a merchant gave only to get it back, `custom_field1..3` and `metadata`, and where its payer can be
//! told (section 2.1).
//!
//! Kept as compact JSON beside the payment, opaque to everybody else.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    json::compact,
    problems::{Problems, optional_text},
    wire::{ChargeBody, Scalar},
};

/// Characters of a custom field. Programs read them back, so a longer one is refused and not cut.
const FIELD_MAX: usize = 255;
/// How deep metadata may be nested: the readers of some languages give up at a hundred.
const DEPTH_MAX: usize = 32;

/// What is given back in status answers and notifications, and the payer's addresses.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memo {
    /// `custom_field1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_field1: Option<String>,
    /// `custom_field2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_field2: Option<String>,
    /// `custom_field3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_field3: Option<String>,
    /// `metadata`: an object, its members as they were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Box<RawValue>>,
    /// `customer_details.email`: never given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    /// `customer_details.phone`: never given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    /// The checkout that its payer chose the store at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checkout: Option<Checkout>,
}

/// What a payment keeps of its checkout (section 8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Checkout {
    /// The stores that could be chosen.
    pub(crate) stores: Vec<String>,
    /// `callbacks.finish`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finish: Option<String>,
    /// `callbacks.error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Memo {
    /// The memo kept with a payment. What cannot be read is as if nothing had been given.
    pub(crate) fn from_stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// What is kept with a payment; empty when there is nothing.
    pub(crate) fn to_stored(&self) -> String {
        match serde_json::to_string(self) {
            Ok(text) if text != "{}" => text,
            Ok(_) | Err(_) => String::new(),
        }
    }
}

/// Reads what is to be given back.
pub(crate) fn read(body: &ChargeBody<'_>, problems: &mut Problems) -> Memo {
    Memo {
        custom_field1: field("custom_field1", body.custom_field1, problems),
        custom_field2: field("custom_field2", body.custom_field2, problems),
        custom_field3: field("custom_field3", body.custom_field3, problems),
        metadata: metadata(body.metadata, problems),
        email: None,
        phone: None,
        checkout: None,
    }
}

/// Where a payer can be told, which is nothing that a charge could fail for: what is no text, or too
/// long, is as if it were not there.
pub(crate) fn address(member: Option<&RawValue>) -> Option<String> {
    let text = match Scalar::of(member) {
        Scalar::Text(text) => text.into_owned(),
        Scalar::Number(digits) => digits.to_owned(),
        Scalar::Absent | Scalar::Other => return None,
    };
    (text.chars().count() <= FIELD_MAX).then_some(text)
}

fn field(path: &str, member: Option<&RawValue>, problems: &mut Problems) -> Option<String> {
    let text = optional_text(path, member, problems)?;
    if text.chars().count() > FIELD_MAX {
        problems.add(format!("{path} must be at most {FIELD_MAX} characters"));
        return None;
    }
    Some(text)
}

fn metadata(member: Option<&RawValue>, problems: &mut Problems) -> Option<Box<RawValue>> {
    let raw = member.map(RawValue::get).filter(|raw| *raw != "null")?;
    if !raw.starts_with('{') {
        problems.add("metadata is invalid");
        return None;
    }
    let Some(text) = compact(raw, DEPTH_MAX) else {
        problems.add(format!("metadata must not be nested deeper than {DEPTH_MAX}"));
        return None;
    };
    RawValue::from_string(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memo_comes_back_as_it_was() {
        let text = r#"{"custom_field2":"b","metadata":{"n":1.50,"n":[]}}"#;
        assert_eq!(Memo::from_stored(text).to_stored(), text);
        assert_eq!(Memo::default().to_stored(), "");
        assert_eq!(Memo::from_stored("").to_stored(), "");
        assert_eq!(Memo::from_stored("no JSON").to_stored(), "");
    }
}
