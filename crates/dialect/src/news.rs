//! How merchants are told.

use domain::{
    event::Announcement,
    time::{Span, Timestamp},
};
use gateway::{
    directory::Account,
    request::{Next, PaymentView},
};

/// News, ready to be put into a vendor's words.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// What the news is. The payment may have moved on since.
    pub announcement: Announcement,
    /// Who is told.
    pub account: &'a Account,
    /// The payment as it is now.
    pub view: &'a PaymentView,
    /// Where it is sent, for vendors that sign the path.
    pub url: &'a str,
    /// When the news was committed.
    pub happened_at: Timestamp,
    /// The time of the attempt, for vendors that sign it: the real clock's (rule 43).
    pub now: Timestamp,
}

/// A `POST` to a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Header names in lower case, with values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The text that its signature is over, its secrets masked as `***`, for people who look into a
    /// signature that does not agree; none where nothing is signed.
    pub signed: Option<String>,
}

/// Why news cannot be put into words: a key is missing or broken. Nothing is sent; whoever operates
/// the gateway reads this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Untold(pub &'static str);

/// How a vendor sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryTerms {
    /// How long an attempt may take in all, redirects included.
    pub timeout: Span,
    /// How many redirects with 307 or 308 are followed.
    pub redirects_max: u8,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Who was told.
    pub account: &'a Account,
    /// Which attempt it was, from 1.
    pub number: u32,
    /// What came back.
    pub answer: Answer<'a>,
    /// When the first attempt began, for vendors that count from there.
    pub first_at: Timestamp,
    /// When this one ended.
    pub ended_at: Timestamp,
    /// Sixteen bits of chance, for shifting the next attempt.
    pub chance: u16,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// An HTTP answer: its status, and as much of its body as is read (64 KiB).
    Status(u16, &'a [u8]),
    /// Nothing in time.
    TimedOut,
    /// No connection, or a broken one.
    Unreachable,
}

/// What follows an attempt, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What follows.
    pub next: Next,
    /// Why, for people.
    pub why: String,
}
