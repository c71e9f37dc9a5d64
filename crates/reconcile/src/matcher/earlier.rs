//! What a file's earlier version said, so that a revision brings out only differences (rule 34).

use domain::{code::PaymentCode, money::Rupiah};

use super::{
    outcome::{Change, Outcome},
    table::Table,
};
use crate::line::Status;

/// What came out of a line or record when the file's earlier version was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// What tells it from others of the same retailer and business date: [`crate::Line::identity`].
    pub identity: String,
    /// What came out.
    pub outcome: Outcome,
    /// What the line said.
    pub content: Content,
}

/// What a line said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// The payment code.
    pub code: PaymentCode,
    /// What was handed over.
    pub amount: Rupiah,
    /// What the retailer keeps.
    pub fee: Option<Rupiah>,
    /// What became of the sale; none: there was no line, only a record of ours.
    pub status: Option<Status>,
}

/// The same, as rows show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Was<'a> {
    /// Where it stood among what was given of the earlier version, from 0.
    pub place: usize,
    /// What told it from others.
    pub identity: &'a str,
    /// What came out.
    pub outcome: Outcome,
    /// What the line said.
    pub content: Content,
}

#[derive(Debug)]
struct Held {
    text_at: usize,
    /// Of the identity with the content behind it.
    length: u16,
    identity_length: u16,
    outcome: Outcome,
    content: Content,
    is_met: bool,
}

/// The earlier version's lines: about 120 bytes each, and twice the identity's text.
///
/// Several may have one identity: a duplicate, a sale and its reversal. A new line is held against
/// one that said the same, if there is one left, else against the first that is left. So the order of
/// lines means nothing, and every earlier line is undone or stands exactly once.
#[derive(Debug, Default)]
pub(super) struct Versions {
    all: Vec<Held>,
    text: String,
    same: Queues,
    of_identity: Queues,
    /// Room for an identity with its content.
    key: String,
}

/// How a row stands to the earlier version.
#[derive(Debug)]
pub(super) enum Compared<'a> {
    /// It says the same; nothing comes out.
    Same,
    /// It says something new.
    Other(Change<'a>),
}

impl Versions {
    pub(super) fn push(&mut self, earlier: &Earlier) {
        let Self { all, text, same, of_identity, .. } = self;
        let text_at = text.len();
        text.push_str(&earlier.identity);
        let identity_length = short(text.len() - text_at);
        push_content(text, &earlier.content, earlier.outcome);
        let length = short(text.len() - text_at);
        let (outcome, content) = (earlier.outcome, earlier.content);
        all.push(Held { text_at, length, identity_length, outcome, content, is_met: false });
        let text = text.as_str();
        let key = text.get(text_at..).unwrap_or_default();
        same.push(key, |other| all.get(index(other)).map_or("", |held| held.key(text)));
        let identity = earlier.identity.as_str();
        of_identity
            .push(identity, |other| all.get(index(other)).map_or("", |held| held.identity(text)));
    }

    /// How this stands to the earlier version.
    pub(super) fn compare(
        &mut self,
        identity: &str,
        outcome: Outcome,
        content: &Content,
    ) -> Compared<'_> {
        let Self { all, text, same, of_identity, key } = self;
        if all.is_empty() {
            return Compared::Other(Change::New);
        }
        key.clear();
        key.push_str(identity);
        push_content(key, content, outcome);
        let is_left = |number| all.get(index(number)).is_some_and(|held| !held.is_met);
        let key_of = |other| all.get(index(other)).map_or("", |held: &Held| held.key(text));
        let is_same = same.first(key, key_of, is_left);
        let identity_of =
            |other| all.get(index(other)).map_or("", |held: &Held| held.identity(text));
        let found = is_same.or_else(|| of_identity.first(identity, identity_of, is_left));
        let Some(place) = found.map(index).filter(|place| *place < all.len()) else {
            return Compared::Other(Change::New);
        };
        if let Some(held) = all.get_mut(place) {
            held.is_met = true;
        }
        match all.get(place) {
            Some(held) if is_same.is_none() => Compared::Other(Change::Was(held.was(place, text))),
            Some(_) | None => Compared::Same,
        }
    }

    /// What the earlier version had and this one has not, in the order in which it was given.
    pub(super) fn withdrawn(&self) -> impl Iterator<Item = Was<'_>> {
        let all = self.all.iter().enumerate();
        all.filter(|(_, held)| !held.is_met).map(|(place, held)| held.was(place, &self.text))
    }
}

impl Held {
    fn key<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.text_at..self.text_at + usize::from(self.length)).unwrap_or_default()
    }

    fn identity<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.text_at..self.text_at + usize::from(self.identity_length)).unwrap_or_default()
    }

    fn was<'a>(&self, place: usize, text: &'a str) -> Was<'a> {
        let (outcome, content) = (self.outcome, self.content);
        Was { place, identity: self.identity(text), outcome, content }
    }
}

/// Numbers of rows, in a queue for each key: whoever takes the first that is left finds it without
/// passing those that are gone again and again.
#[derive(Debug, Default)]
struct Queues {
    table: Table,
    /// What follows each in its queue.
    next: Vec<u32>,
    /// Of the first of each queue: the first that may be left, and the last.
    ends: Vec<(u32, u32)>,
}

const NOTHING: u32 = u32::MAX;

impl Queues {
    /// Puts the next number at the end of `key`'s queue.
    fn push<'t>(&mut self, key: &str, key_of: impl Fn(u32) -> &'t str) {
        let number = u32::try_from(self.next.len()).unwrap_or(NOTHING);
        self.next.push(NOTHING);
        self.ends.push((number, number));
        let Some(first) = self.table.insert(key, number, key_of) else { return };
        if let Some(ends) = self.ends.get_mut(index(first)) {
            if let Some(last) = self.next.get_mut(index(ends.1)) {
                *last = number;
            }
            ends.1 = number;
        }
    }

    /// The first of `key`'s queue that is left.
    fn first<'t>(
        &mut self,
        key: &str,
        key_of: impl Fn(u32) -> &'t str,
        is_left: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let first = self.table.find(key, key_of)?;
        let ends = self.ends.get_mut(index(first))?;
        while ends.0 != NOTHING && !is_left(ends.0) {
            ends.0 = self.next.get(index(ends.0)).copied().unwrap_or(NOTHING);
        }
        (ends.0 != NOTHING).then_some(ends.0)
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// What must be the same for a row to say the same, behind a blank, which no identity holds.
fn push_content(text: &mut String, content: &Content, outcome: Outcome) {
    use std::fmt::Write as _;
    let Content { code, amount, fee, status } = content;
    let (fee, status) = (fee.map_or(-1, Rupiah::get), status.map_or("-", Status::name));
    // Writing to a `String` cannot fail.
    let _ = write!(text, " {code} {amount} {fee} {status} {}", settles_as(outcome).name());
}

/// What an outcome looks like in the next run, when it was posted: cash that only they had is booked
/// by then, so the same line matches. That is no difference.
const fn settles_as(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Matched
        | Outcome::TheirsOnly
        | Outcome::OtherDay
        | Outcome::FeeDiffers
        | Outcome::AmountDiffers => Outcome::Matched,
        Outcome::Void | Outcome::ReversedByThem => Outcome::Void,
        Outcome::ReversedByUs
        | Outcome::Duplicate
        | Outcome::AwaitingAdvice
        | Outcome::Suspect
        | Outcome::OursOnly
        | Outcome::Withdrawn => outcome,
    }
}
