//! Looking into a notification whose signature does not agree.
//!
//! A signature says yes or no, and a developer needs to know why not. So a dialect tries what goes wrong
//! in practice, one mistake or several at a time, and names the mistakes that explain the signature.

use inspection::KnownKey;

/// A notification as a merchant received it.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// Header names in lower case, with values.
    pub headers: &'a [(String, String)],
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// Where it arrived, for vendors that sign the path.
    pub url: Option<&'a str>,
    /// The vendor's public name for the merchant, where it is known.
    pub public_id: Option<&'a str>,
    /// Keys, those that are meant first.
    pub keys: &'a [KnownKey],
}

impl<'a> Received<'a> {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What an inspection came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspected {
    /// What differs, each a sentence. Empty: the signature is right.
    pub differences: Vec<String>,
    /// The text that should have been signed, its secrets masked as `***`.
    pub signed: Option<String>,
    /// The signature that this text has, where the key can make one.
    pub expected: Option<String>,
    /// The signature as it was received.
    pub given: Option<String>,
}

impl Inspected {
    /// One that came to nothing but this.
    pub fn only(difference: impl Into<String>) -> Self {
        Self { differences: vec![difference.into()], ..Self::default() }
    }

    /// Whether the signature is right.
    pub fn is_right(&self) -> bool {
        self.differences.is_empty()
    }
}
