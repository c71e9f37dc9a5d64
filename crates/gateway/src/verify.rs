//! `gerai verify`: recomputes the ledger and every payment's history from the rows.
//!
//! Tables are walked once, in ranges that several connections take in turn: each link of the chain is
//! stored, so that a range can begin anywhere. Rows are looked at one by one, so that ten million
//! payments need no more memory than ten. What is found names the row; a report holds at most
//! [`FINDINGS_MAX`] findings, and the count of all.

mod books;

mod differences;

mod digests;

mod events;

mod exported;

mod found;

mod own_events;

mod payments;

mod persons;

mod plan;

mod refunds;

mod roots;

mod sales;

mod waiting;

use std::hash::RandomState;

use storage::{StorageError, sqlite::Reader};

pub use self::{
    exported::Exported,
    found::{FINDINGS_MAX, Finding, Report},
};
use self::{
    found::{Part, readable},
    plan::{Ends, Work, plan},
};
use crate::{
    chain::Chain,
    roots::PublicKey,
    settings::StartError,
    start::{CHAIN_KEY, platform_key},
    vault::Vault,
};

/// Checks everything, one table after the other. `progress` is called with the number of rows looked
/// at so far.
pub fn verify(
    reader: &mut Reader,
    vault: &Vault,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, StartError> {
    verify_with(std::slice::from_mut(reader), vault, progress)
}

/// The same, with one thread for each of `readers`, all of which look at the same moment.
pub fn verify_with(
    readers: &mut [Reader],
    vault: &Vault,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, StartError> {
    let Some(first) = readers.first() else { return Ok(Report::default()) };
    let rows = first.directory()?;
    let keys = Keys {
        chain: Chain::new(&platform_key(&rows, vault, CHAIN_KEY)?),
        root: PublicKey::of(&rows, vault)?,
        prints: RandomState::new(),
    };
    Reader::together(readers, |readers| Ok(whole(readers, &keys, progress)?))
}

/// What rows are checked with.
struct Keys {
    chain: Chain,
    root: Option<PublicKey>,
    /// For prints, which are compared within one run only.
    prints: RandomState,
}

fn whole(
    readers: &mut [Reader],
    keys: &Keys,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, StorageError> {
    let Some(first) = readers.first() else { return Ok(Report::default()) };
    let ends = Ends {
        numbers: first.sequences()?,
        root: readable(first.last_root())?.flatten(),
        now: readable(first.last_event())?.flatten().map(|row| row.event.at),
    };
    let mut work = Work::new(keys, &ends, plan(&ends, readers.len()));
    let mut part = work.done_by(readers, progress)?;
    if part.posted != part.expected {
        // Something was posted otherwise than its payment says. Which it is costs a second look.
        work = Work::new(keys, &ends, work.closely());
        part.findings.merge(work.done_by(readers, progress)?.findings);
    }
    if let Some(first) = readers.first() {
        rest(first, keys, &ends, &mut part)?;
    }
    Ok(part.into_report())
}

/// What is small, or was gathered from everything.
fn rest(reader: &Reader, keys: &Keys, ends: &Ends, part: &mut Part) -> Result<(), StorageError> {
    sales::tail(ends, part);
    for result in [
        waiting::check(reader, keys, part),
        sales::compare(reader, part),
        differences::check(reader, part),
        refunds::check(reader, keys, part),
        own_events::check(reader, keys, part),
        digests::check(reader, keys, &ends.numbers, part),
        persons::check(reader, part),
        roots::tail(reader, keys, ends, part),
        accounts(reader, part),
        schema(reader, part),
    ] {
        match result {
            // A row that does not read back is a finding; what follows it is not looked at, the rest
            // is.
            Err(StorageError::Corrupt(corrupt)) => part.findings.corrupt(corrupt),
            result => result?,
        }
    }
    Ok(())
}

/// The books as a whole, and the rows that say what money was about.
fn accounts(reader: &Reader, part: &mut Part) -> Result<(), StorageError> {
    books::check(part);
    let balances = part.books.balances();
    let mut find = |place: String, what: String| part.findings.find(place, what);
    crate::books::check::check(reader, &balances, part.advances, &mut find)
}

fn schema(reader: &Reader, part: &mut Part) -> Result<(), StorageError> {
    for (what, how) in reader.schema_differences()? {
        part.findings.find(what, how);
    }
    Ok(())
}
