//! What a merchants' API has to provide. The APIs are the crates named `dialect-*`.
//!
//! A dialect reads its vendor's bytes, asks the gateway, and writes its vendor's bytes. It cannot
//! write rows, send anything, or see another dialect: Cargo forbids it.

mod shell;
mod wib;

use domain::{
    event::Announcement,
    retailer::Retailers,
    time::{Span, Timestamp},
};
use gateway::{
    directory::{Account, Secret},
    request::{Next, PaymentView},
};

pub use shell::{NotAdmitted, Shell};
pub use wib::{parse_wib, wib};

/// Which endpoint answered, for figures: a response extension. Paths hold ids, endpoints do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered(pub &'static str);

/// One vendor's API: how it asks, how it answers, and how it tells its merchants.
pub trait Dialect: Send + Sync + 'static {
    /// Its name in configuration, rows and commands: `midtrans`.
    fn brand(&self) -> &'static str;

    /// Its name as people write it.
    fn title(&self) -> &'static str;

    /// The retailers as this vendor offers them: the gateway's own, with other limits where the
    /// contract has others (rule 44).
    fn retailers(&self, base: &Retailers) -> Retailers;

    /// Its endpoints.
    fn routes(&self, shell: Shell) -> axum::Router;

    /// Whether it tells merchants of this at all (rule 42).
    fn announces(&self, announcement: Announcement) -> bool;

    /// The bytes that tell a merchant. Rendered anew for every attempt.
    fn notification(&self, notice: &Notice<'_>) -> Outgoing;

    /// How notifications of this vendor are sent.
    fn delivery_terms(&self) -> DeliveryTerms;

    /// What the merchant's answer means, and what follows.
    fn verdict(&self, attempt: &Attempt) -> Verdict;

    /// A new set of credentials for a merchant, made from chance.
    fn credentials(&self, chance: &[u8; 32], production: bool) -> Credentials;
}

/// News, ready to be put into a vendor's words.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// What the news is. The payment may have moved on since.
    pub announcement: Announcement,
    /// Who is told.
    pub account: &'a Account,
    /// The payment as it is now.
    pub view: &'a PaymentView,
    /// When the news was committed.
    pub happened_at: Timestamp,
    /// Now, for vendors that sign the time of the attempt.
    pub now: Timestamp,
}

/// A `POST` to a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Header names in lower case, with values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// How a vendor sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryTerms {
    /// How long an attempt may take in all, redirects included.
    pub timeout: Span,
    /// How many redirects with 307 or 308 are followed.
    pub redirects_max: u8,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Which attempt it was, from 1.
    pub number: u32,
    /// What came back.
    pub answer: Answer,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Sixteen bits of chance, for shifting the next attempt.
    pub chance: u16,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP answer with this status.
    Status(u16),
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

/// What a merchant needs to call.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The vendor's public name for the merchant.
    pub public_id: String,
    /// A key that may be known, where the vendor has one.
    pub client_key: Option<String>,
    /// The secrets, each with its purpose.
    pub secrets: Vec<(&'static str, Secret)>,
}
