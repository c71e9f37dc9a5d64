//! Looking into a notification whose signature does not agree.
//!
//! A signature says yes or no, and a developer needs to know why not. So a dialect tries what goes wrong
//! in practice, one mistake or several at a time, and names the mistakes that explain the signature.

use gateway::directory::Secret;

/// A key that a notification may be signed with.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// What it is called: `the server key of G000000001`.
    pub name: String,
    /// Its text.
    pub secret: Secret,
    /// Whether it is one of those that should have signed; others explain what went wrong.
    pub is_meant: bool,
}

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

/// A way in which a part of what is signed may have been read, and what is wrong with it; none where
/// it is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<T> {
    /// The part.
    pub value: T,
    /// What differs.
    pub difference: Option<String>,
}

impl<T> Reading<T> {
    /// As it should be.
    pub fn plain(value: T) -> Self {
        Self { value, difference: None }
    }

    /// Otherwise, and how.
    pub fn other(value: T, difference: impl Into<String>) -> Self {
        Self { value, difference: Some(difference.into()) }
    }
}

/// Keys as they are given, and as they might be meant: without white space around them.
pub fn readings_of_keys(keys: &[KnownKey]) -> Vec<Reading<&str>> {
    let mut readings = Vec::with_capacity(keys.len());
    for key in keys {
        let text = key.secret.expose();
        let name = &key.name;
        readings.push(if key.is_meant {
            Reading::plain(text)
        } else {
            Reading::other(text, format!("it is signed with {name}"))
        });
        let trimmed = text.trim();
        if trimmed.len() < text.len() {
            readings.push(Reading::other(
                trimmed,
                format!("{name} is given with white space around it, which is no part of the key"),
            ));
        }
    }
    readings
}
