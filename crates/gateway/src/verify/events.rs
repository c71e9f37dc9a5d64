//! The chain, link by link, with every entry of the ledger.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use domain::{
    event::EventKind,
    ids::EventNo,
    ledger::{self, Entry},
    money::Balance,
};
use storage::{EntryRow, EventRow, StorageError, sqlite::Step};

use super::{
    found::{Cash, Decided, Part},
    plan::{Look, Range},
    refunds::Told,
};
use crate::chain::{Chain, GENESIS};

/// Walks a range of the chain.
pub(super) fn walk(look: Look<'_>, range: Range) -> Result<(), StorageError> {
    let Look { reader, keys, part, mut ticker, .. } = look;
    let entry_after = reader.last_entry_until(EventNo::new(range.after))?;
    let entry_until = if range.has_end() {
        reader.last_entry_until(EventNo::new(range.until))?
    } else {
        i64::MAX
    };
    let before = match range.after {
        0 => Some(GENESIS),
        // Where it does not read back, it is found in the range before.
        after => reader.link_of(EventNo::new(after)).ok().flatten().map(|(link, _)| link),
    };
    let mut links = Links {
        chain: &keys.chain,
        prints: &keys.prints,
        part,
        before,
        last: range.after,
        last_entry: entry_after,
    };
    reader.walk_events(range.numbers(), (entry_after, entry_until), &mut |step| match step {
        Step::Event(row, first, count, entries) => {
            ticker.rows(1 + entries.len() as u64);
            links.event(row, first, count, entries);
        }
        Step::Stray(entry) => {
            ticker.rows(1);
            links.stray(entry);
        }
        Step::Corrupt(corrupt) => {
            // What follows an event that does not read back cannot be linked to it.
            if corrupt.table == "event" {
                links.last = corrupt.row.parse().unwrap_or(links.last);
                links.before = None;
            }
            links.part.findings.corrupt(corrupt);
        }
    })?;
    if range.has_end() {
        links.part.findings.gap("event", links.last, range.until.saturating_add(1));
    }
    Ok(())
}

struct Links<'a> {
    chain: &'a Chain,
    prints: &'a RandomState,
    part: &'a mut Part,
    /// The link before, where it is known.
    before: Option<[u8; 32]>,
    last: i64,
    last_entry: i64,
}

impl Links<'_> {
    fn event(&mut self, row: &EventRow, first: Option<i64>, count: usize, entries: &[EntryRow]) {
        let no = row.event.no;
        let part = &mut *self.part;
        let mut find = |what: String| part.findings.find(format!("event {no}"), what);
        if self.before.is_some_and(|before| self.chain.link(&before, row, entries) != row.chain)
            && no.get() == self.last + 1
        {
            find(
                "its link does not fit: the event, its entries or the link before it was changed"
                    .to_owned(),
            );
        }
        if ledger::sum(entries.iter().map(|entry| &entry.entry)) != Some(Balance::ZERO) {
            find("its entries do not balance".to_owned());
        }
        if let Some(wrong) = self.places(row, first, count, entries) {
            self.part.findings.find(format!("event {no}"), wrong);
        }
        self.part.findings.gap("event", self.last, no.get());
        self.before = Some(row.chain);
        self.last = no.get();
        self.part.events += 1;
        self.part.entries += entries.len() as u64;
        for entry in entries {
            self.part.books.posted(row.event.kind, &entry.entry);
        }
        self.tell(row, entries);
    }

    /// What is wrong with where an event's entries are.
    fn places(
        &mut self,
        row: &EventRow,
        first: Option<i64>,
        count: usize,
        entries: &[EntryRow],
    ) -> Option<String> {
        let Some(first) = first else {
            return (count > 0).then(|| format!("its {count} entries are nowhere"));
        };
        let follows = self.last_entry + 1;
        self.last_entry = entries.last().map_or(self.last_entry, |entry| entry.no);
        let missing: Vec<_> = (first..)
            .take(count)
            .filter(|no| entries.binary_search_by_key(no, |entry| entry.no).is_err())
            .take(10)
            .map(|no| no.to_string())
            .collect();
        if !missing.is_empty() {
            self.last_entry = first.saturating_add(i64::try_from(count).unwrap_or(0)) - 1;
            return Some(format!(
                "of its {count} entries these are missing: {}",
                missing.join(", ")
            ));
        }
        if let Some(other) = entries.iter().find(|entry| entry.event != row.event.no) {
            return Some(format!("its entry {} says it is of event {}", other.no, other.event));
        }
        if let Some(other) = entries.iter().find(|entry| entry.shard != row.shard) {
            return Some(format!("its entry {} lies in shard {}", other.no, other.shard));
        }
        (first > follows).then(|| format!("the entries before its own end at {}", follows - 1))
    }

    fn stray(&mut self, entry: &EntryRow) {
        self.part.entries += 1;
        let place = format!("entry {}", entry.no);
        self.part.findings.find(place, "no event tells of it");
    }

    /// Keeps what is compared with other tables.
    fn tell(&mut self, row: &EventRow, entries: &[EntryRow]) {
        let event = &row.event;
        let part = &mut *self.part;
        if let Some(sale) = event.sale {
            part.tells(sale, || format!("event {}", event.no));
        }
        let moved = |part: &mut Part| {
            part.moved.extend(event.sale.map(|sale| (sale, event.no, event.kind)));
        };
        match event.kind {
            EventKind::CashUnapplied => {
                let cash = Cash {
                    event: event.no,
                    payment: event.payment,
                    at: event.at,
                    entries: entries.iter().map(|entry| entry.entry).collect(),
                };
                part.cash.extend(event.sale.map(|sale| (sale, cash)));
            }
            EventKind::UnappliedReversed
            | EventKind::UnappliedRefunded
            | EventKind::DisputeRejected => moved(part),
            EventKind::RefundIssued
            | EventKind::RefundReserved
            | EventKind::RefundUnreserved
            | EventKind::RefundPinWrong
            | EventKind::RefundSuspect
            | EventKind::RefundPaid
            | EventKind::RefundReturned => {
                moved(part);
                let told = Told {
                    event: event.no,
                    kind: event.kind,
                    at: event.at,
                    entries: entries.iter().map(|entry| entry.entry).collect(),
                };
                part.refunds.extend(event.sale.map(|sale| (sale, told)));
            }
            EventKind::Disputed => {
                part.disputed.push((event.no, event.sale, event.payment, event.at));
            }
            EventKind::DifferenceConfirmed
            | EventKind::DifferenceClawedBack
            | EventKind::DifferenceWrittenOff
            | EventKind::DifferenceUndone => part.differences.push(event.no),
            EventKind::Proposed | EventKind::Approved | EventKind::Rejected => {
                part.decided.push(Decided {
                    event: event.no,
                    kind: event.kind,
                    at: event.at,
                    text: event.reason.clone().unwrap_or_default(),
                });
            }
            EventKind::Paid
            | EventKind::Final
            | EventKind::Reversed
            | EventKind::Reopened
            | EventKind::UnappliedMatched
            | EventKind::Settled
            | EventKind::Advanced
            | EventKind::ClawedBack => {
                if may_move_unapplied_cash(event.kind) {
                    moved(part);
                }
                part.advances += u64::from(event.kind == EventKind::Advanced);
                let print = print(self.prints, event.no, entries.iter().map(|entry| &entry.entry));
                part.posted = part.posted.wrapping_add(print);
            }
            EventKind::Opened
            | EventKind::Reserved
            | EventKind::Released
            | EventKind::Cancelled
            | EventKind::Expired
            | EventKind::Funded
            | EventKind::PayoutRecorded
            | EventKind::PayoutConfirmed
            | EventKind::PayoutReturned => {}
        }
    }
}

/// Whether what happened to a payment may have been about cash that was unapplied before.
const fn may_move_unapplied_cash(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::UnappliedMatched
            | EventKind::Reversed
            | EventKind::Reopened
            | EventKind::ClawedBack
    )
}

/// A print of what an event posted. Sums of prints are equal where all are: nobody knows in advance
/// what a print of this run will be.
pub(super) fn print<'a>(
    prints: &RandomState,
    event: EventNo,
    entries: impl Iterator<Item = &'a Entry>,
) -> u64 {
    let mut hasher = prints.build_hasher();
    event.hash(&mut hasher);
    for Entry { account, amount } in entries {
        account.hash(&mut hasher);
        amount.get().hash(&mut hasher);
    }
    hasher.finish()
}
