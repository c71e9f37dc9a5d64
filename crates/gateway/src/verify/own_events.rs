//! Gerai's own events: each is as it was written, none is missing between others or behind the newest,
//! and the chain has the event that it tells of. Those before an account's oldest were pruned.

use std::collections::BTreeMap;

use domain::{
    ids::AccountNo,
    own_event::{Told, told},
};
use storage::{Digest, Digested, OwnEventRow, StorageError, sqlite::Reader};

use super::{
    Keys,
    found::{Part, readable},
};

/// Rows that are read at a time.
const PAGE: usize = 1_000;

pub(super) fn check(reader: &Reader, keys: &Keys, part: &mut Part) -> Result<(), StorageError> {
    let mut ends = ends(reader)?;
    for account in reader.own_accounts()? {
        let mut last = None;
        loop {
            let rows = reader.own_events_after(account, last.unwrap_or(0), PAGE)?;
            for row in &rows {
                if let Some(last) = last {
                    part.findings.gap(&format!("own event of account {account}"), last, row.no);
                }
                last = Some(row.no);
                if let Some(wrong) = wrong(reader, keys, row)? {
                    let place = format!("own event {} of account {account}", row.no);
                    part.findings.find(place, wrong);
                }
            }
            if rows.len() < PAGE {
                break;
            }
        }
        let said = ends.remove(&account);
        if said != last.map(|last| keys.chain.own_end(account, last)) {
            let what = "the newest are missing or were added, by the digest of where they end";
            part.findings.find(format!("own events of account {account}"), what);
        }
    }
    // The newest of an account is never pruned.
    for account in ends.into_keys() {
        let what = "all are missing: the digest of where they end is there";
        part.findings.find(format!("own events of account {account}"), what);
    }
    Ok(())
}

/// The digests of where the own events of each account end.
fn ends(reader: &Reader) -> Result<BTreeMap<AccountNo, Digest>, StorageError> {
    let mut ends = BTreeMap::new();
    let mut after = -1;
    loop {
        let page = reader.digests(Digested::OwnEvents, after, PAGE)?;
        ends.extend(page.iter().map(|(no, digest)| (AccountNo::new(*no), *digest)));
        match page.last() {
            Some((no, _)) => after = *no,
            None => return Ok(ends),
        }
    }
}

fn wrong(
    reader: &Reader,
    keys: &Keys,
    row: &OwnEventRow,
) -> Result<Option<&'static str>, StorageError> {
    if keys.chain.own_event(row) != row.digest {
        return Ok(Some("it was changed: its digest is another"));
    }
    let Some(no) = row.payment else { return Ok(Some("it names no payment")) };
    // A payment that does not read back is found where payments are walked.
    let Some(payment) = readable(reader.payment(no))? else { return Ok(None) };
    let Some(payment) = payment.map(|row| row.payment) else {
        return Ok(Some("its payment is missing"));
    };
    if payment.account != row.account {
        return Ok(Some("its payment is another account's"));
    }
    let Some(event) = row.event else { return Ok(None) };
    let before = domain::ids::EventNo::new(event.get() - 1);
    let Some(found) = readable(reader.events_after(before, 1))? else { return Ok(None) };
    let Some(found) = found.first().map(|(row, _)| &row.event) else {
        return Ok(Some("the event it tells of is missing"));
    };
    let is_told = match told(found.kind, payment.announce) {
        Told::Not => false,
        Told::WithChange(kinds) => kinds.contains(&row.kind),
        Told::AsItIs(kind) => kind == row.kind,
    };
    // What follows about a refund code names the cash's sale, and no payment.
    let is_of_payment = found.payment.is_none_or(|other| other == no);
    let fits = found.no == event && is_told && is_of_payment && found.at == row.at;
    Ok((!fits).then_some("it is not what its event says"))
}
