//! What is told of a request that was not authenticated.

use std::{fmt, sync::Arc};

use crate::Text;

/// What is told of a request that was not authenticated. Nothing in it shows a secret.
#[derive(Debug, Clone)]
pub struct Explained {
    /// In whose words it was sent: `midtrans`, `counter`.
    pub brand: &'static str,
    /// The same, as people write it.
    pub title: &'static str,
    /// The public name under which it was sent, where there is one.
    pub who: Option<String>,
    /// The method and the path with its query, as sent.
    pub request: String,
    /// What is wrong, each a sentence; the first says it all. Never empty.
    pub findings: Vec<String>,
    /// How this kind of request is signed, in words.
    pub scheme: &'static str,
    /// The text that the server signed, where there is one.
    pub signed: Option<Text>,
    /// What else counts: parts that are not signed, and what the server made of them.
    pub parts: Vec<Part>,
    /// The signature as it came, or as much of it as may be shown.
    pub given: Option<String>,
    /// The signature that would have been right, where the server can make it and may show it.
    pub expected: Option<String>,
    /// The mistakes that were looked for.
    pub tried: Vec<Tried>,
    /// Whether a text of the developer's own comes to the signature that was sent.
    pub fits: Option<Fits>,
}

/// A part that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Its value, fit to be shown.
    pub value: String,
}

/// A mistake that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The mistake, as a sentence.
    pub what: String,
    /// Whether it was made: alone, or with the others that are marked.
    pub fits: bool,
}

/// Whether a text, signed with the server's keys, comes to the signature that was sent.
#[derive(Clone)]
pub struct Fits(Arc<Check>);

type Check = dyn Fn(&[u8]) -> bool + Send + Sync;

impl Fits {
    /// Asks `check`.
    pub fn new(check: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// Whether it does.
    pub fn with(&self, text: &[u8]) -> bool {
        (self.0)(text)
    }
}

impl fmt::Debug for Fits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fits(..)")
    }
}

/// The most bytes of a request's line that are kept.
const REQUEST_MAX: usize = 1_024;
/// The most bytes of a signature that are kept.
const GIVEN_MAX: usize = 2_048;

impl Explained {
    /// One of which nothing is known yet but who speaks and what was asked.
    pub fn new(brand: &'static str, title: &'static str, method: &str, target: &str) -> Self {
        Self {
            brand,
            title,
            who: None,
            request: cut(&format!("{method} {target}"), REQUEST_MAX),
            findings: Vec::new(),
            scheme: "",
            signed: None,
            parts: Vec::new(),
            given: None,
            expected: None,
            tried: Vec::new(),
            fits: None,
        }
    }

    /// The same with one finding.
    #[must_use]
    pub fn saying(mut self, finding: impl Into<String>) -> Self {
        self.findings.push(finding.into());
        self
    }

    /// The same with a part that counts.
    #[must_use]
    pub fn with_part(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        self.parts.push(Part { name, value: cut(value.as_ref(), GIVEN_MAX) });
        self
    }

    /// The same with the signature as it came.
    #[must_use]
    pub fn given(mut self, signature: &str) -> Self {
        self.given = Some(cut(signature, GIVEN_MAX));
        self
    }

    /// The finding that says it all.
    pub fn finding(&self) -> &str {
        self.findings.first().map_or("the request was not authenticated", String::as_str)
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        let texts = self.findings.iter().chain(&self.who).chain(&self.given).chain(&self.expected);
        let parts = self.parts.iter().map(|part| part.value.len());
        let tried = self.tried.iter().map(|tried| tried.what.len() + size_of::<Tried>());
        let signed = self.signed.as_ref().map_or(0, Text::length);
        size_of::<Self>()
            + self.request.len()
            + signed
            + texts.map(String::len).sum::<usize>()
            + parts.sum::<usize>()
            + tried.sum::<usize>()
    }
}

/// A text of at most so many bytes, and a sign where something is missing.
fn cut(text: &str, length_max: usize) -> String {
    if text.len() <= length_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(length_max);
    format!("{}…", text.get(..end).unwrap_or_default())
}
