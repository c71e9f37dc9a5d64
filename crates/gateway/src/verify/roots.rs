//! Signed roots: each follows the one before, is signed, and says of the chain what is so.

use domain::{ids::EventNo, time::Timestamp};
use storage::{ChainRootRow, StorageError, sqlite::Reader};

use super::{
    Keys,
    found::{Findings, Part, readable},
    plan::{Ends, Look, Range},
};
use crate::roots::{PublicKey, minute, root_of};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Walks a range of roots.
pub(super) fn walk(look: Look<'_>, range: Range) -> Result<(), StorageError> {
    let Look { reader, keys, ends, part, mut ticker } = look;
    let mut before = match range.after {
        0 => None,
        after => readable(reader.root(after))?.flatten(),
    };
    let mut last = range.after;
    loop {
        let page = match reader.roots_after(last, PAGE) {
            // What follows it in its table is not looked at.
            Err(StorageError::Corrupt(corrupt)) => {
                part.findings.corrupt(corrupt);
                return Ok(());
            }
            page => page?,
        };
        let is_last = page.len() < PAGE;
        for row in page {
            if row.no > range.until {
                part.findings.gap("chain_root", last, range.until.saturating_add(1));
                return Ok(());
            }
            ticker.rows(1);
            part.findings.gap("chain_root", last, row.no);
            last = row.no;
            part.roots += 1;
            root(&row, before.as_ref(), keys.root.as_ref(), &mut part.findings);
            covers(reader, &row, ends, &mut part.findings)?;
            before = Some(row);
        }
        if is_last {
            if range.has_end() {
                part.findings.gap("chain_root", last, range.until.saturating_add(1));
            }
            return Ok(());
        }
    }
}

/// A root by itself, and after the one before.
fn root(
    row: &ChainRootRow,
    before: Option<&ChainRootRow>,
    key: Option<&PublicKey>,
    findings: &mut Findings,
) {
    let mut find = |what| findings.find(format!("chain_root {}", row.no), what);
    let follows = row.no == before.map_or(0, |before| before.no) + 1;
    if follows && root_of(row, &before.map_or([0; 32], |before| before.root)) != row.root {
        find("its digest does not fit: it, or the one before it, was changed");
    }
    if key.is_none_or(|key| !key.signed(row)) {
        find("its signature is not this installation's");
    }
    let later =
        |before: &ChainRootRow| before.minute < row.minute && before.last_event < row.last_event;
    if !before.is_none_or(later) {
        find("it is not later than the one before it");
    }
}

/// What a root says of the chain and of the ends of the tables.
pub(super) fn covers(
    reader: &Reader,
    row: &ChainRootRow,
    ends: &Ends,
    findings: &mut Findings,
) -> Result<(), StorageError> {
    let root = row.no;
    let event = row.last_event;
    match reader.link_of(event) {
        Ok(Some((link, _))) if link == row.chain => {}
        Ok(Some(_)) => findings.find(
            format!("event {event}"),
            format!("it, or something before it, is not what root {root} was made of"),
        ),
        Ok(None) => {
            findings
                .find(format!("event {event}"), format!("it is missing: root {root} covers it"));
            return Ok(());
        }
        // It is found where events are looked at.
        Err(StorageError::Corrupt(_)) => {}
        Err(error) => return Err(error),
    }
    let last_entry = reader.last_entry_until(event)?;
    let numbers = &ends.numbers;
    let entry = last_entry.min(numbers.entry);
    for (table, covered, there) in [
        ("entry", row.last_entry, entry),
        ("payment", row.last_payment, numbers.payment),
        ("sale", row.last_sale, numbers.sale),
    ] {
        if covered > there {
            let what = format!("it is missing: root {root} covers it");
            findings.find(format!("{table} {covered}"), what);
        }
    }
    Ok(())
}

/// What happened more than a minute ago has a root.
pub(super) fn tail(
    reader: &Reader,
    keys: &Keys,
    ends: &Ends,
    part: &mut Part,
) -> Result<(), StorageError> {
    if keys.root.is_none() && ends.root.is_none() {
        // It was never started since there are roots.
        return Ok(());
    }
    let (no, covered) = ends.root.as_ref().map_or((0, 0), |root| (root.no, root.last_event.get()));
    let unsigned = covered + 1;
    let first = match reader.link_of(EventNo::new(unsigned)) {
        Err(StorageError::Corrupt(_)) => return Ok(()),
        found => found?.map(|(_, at)| Timestamp::from_millis(at)),
    };
    if let (Some(first), Some(now)) = (first, ends.now)
        && minute(now) - minute(first) > 1
    {
        let what = format!(
            "it is missing: no root covers event {unsigned}, though later minutes had events, too"
        );
        part.findings.find(format!("chain_root {}", no + 1), what);
    }
    Ok(())
}
