//! What was looked at, what is wrong, and what one table says of another.

use std::{cmp::Ordering, collections::HashSet};

use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo, SaleNo},
    ledger::Entry,
    time::Timestamp,
};

use storage::StorageError;

use super::{books::Books, refunds::Told};

/// A report names at most so many findings.
pub const FINDINGS_MAX: usize = 100;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The row: `payment 17 (order-101)`.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Payments looked at.
    pub payments: u64,
    /// Events looked at.
    pub events: u64,
    /// Ledger entries looked at.
    pub entries: u64,
    /// Sales looked at.
    pub sales: u64,
    /// Signed roots looked at.
    pub roots: u64,
    /// What is wrong; at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How much is wrong.
    pub findings_count: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings_count == 0
    }

    /// Takes up what was found elsewhere, too.
    pub(super) fn add(&mut self, findings: Findings) {
        self.findings_count += findings.count;
        self.findings.extend(findings.in_order());
        self.findings.truncate(FINDINGS_MAX);
    }
}

/// Findings, each with the place of its task among the others.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<(usize, Finding)>,
    count: u64,
    /// The task that is being done.
    pub(super) task: usize,
}

impl Findings {
    pub(super) fn find(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.count += 1;
        if self.list.len() < FINDINGS_MAX {
            self.list.push((self.task, Finding { place: place.into(), what: what.into() }));
        }
    }

    /// Rows are numbered without gaps: some are missing where `no` does not follow `last`.
    pub(super) fn gap(&mut self, table: &str, last: i64, no: i64) {
        let (first, before) = (last.saturating_add(1), no.saturating_sub(1));
        let what = match first.cmp(&before) {
            Ordering::Less => format!("it is missing, and all up to {before}, or {no} was added"),
            Ordering::Equal => format!("it is missing, or {no} was added"),
            Ordering::Greater => return,
        };
        self.find(format!("{table} {first}"), what);
    }

    pub(super) fn corrupt(&mut self, corrupt: storage::Corrupt) {
        self.find(format!("{} {}", corrupt.table, corrupt.row), corrupt.what);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.list.extend(other.list);
        self.count += other.count;
        // Later findings belong after all that were merged.
        self.task = self.task.max(other.task);
    }

    fn in_order(mut self) -> impl Iterator<Item = Finding> {
        self.list.sort_by_key(|(task, _)| *task);
        self.list.into_iter().map(|(_, finding)| finding)
    }
}

/// Cash that an event says fits nowhere, or was given back.
#[derive(Debug, Clone)]
pub(super) struct Cash {
    pub(super) event: EventNo,
    pub(super) payment: Option<PaymentNo>,
    pub(super) at: Timestamp,
    pub(super) entries: Vec<Entry>,
}

/// What somebody decided, as an event has it.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub(super) event: EventNo,
    pub(super) kind: EventKind,
    pub(super) at: Timestamp,
    pub(super) text: String,
}

/// What one thread found out.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) payments: u64,
    pub(super) events: u64,
    pub(super) entries: u64,
    pub(super) sales: u64,
    pub(super) roots: u64,
    pub(super) findings: Findings,
    pub(super) books: Books,
    /// The sum of the prints of what events posted for payments; and of what these payments' rows say
    /// that should be.
    pub(super) posted: u64,
    pub(super) expected: u64,
    /// The sums of the prints of where sales say that their cash is; and of what payments and unapplied
    /// cash say.
    pub(super) held_by_sales: u64,
    pub(super) held_by_cash: u64,
    /// The newest sale that anything tells of, and what does.
    pub(super) told_sale: Option<(SaleNo, String)>,
    /// Events of what is rare, to be compared with their rows.
    pub(super) cash: Vec<(SaleNo, Cash)>,
    pub(super) moved: Vec<(SaleNo, EventNo, EventKind)>,
    pub(super) disputed: Vec<(EventNo, Option<SaleNo>, Option<PaymentNo>, Timestamp)>,
    pub(super) decided: Vec<Decided>,
    pub(super) refunds: Vec<(SaleNo, Told)>,
    /// Events of differences that were closed.
    pub(super) differences: Vec<EventNo>,
    /// Which lines somebody closed, and when, by the rows of differences.
    pub(super) closed_lines: HashSet<(i64, Timestamp)>,
    /// How many events tell of an advance.
    pub(super) advances: u64,
}

impl Part {
    /// Something tells of a sale.
    pub(super) fn tells(&mut self, sale: SaleNo, place: impl FnOnce() -> String) {
        if self.told_sale.as_ref().is_none_or(|(newest, _)| *newest < sale) {
            self.told_sale = Some((sale, place()));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.payments += other.payments;
        self.events += other.events;
        self.entries += other.entries;
        self.sales += other.sales;
        self.roots += other.roots;
        self.findings.merge(other.findings);
        self.books.merge(other.books);
        self.posted = self.posted.wrapping_add(other.posted);
        self.expected = self.expected.wrapping_add(other.expected);
        self.held_by_sales = self.held_by_sales.wrapping_add(other.held_by_sales);
        self.held_by_cash = self.held_by_cash.wrapping_add(other.held_by_cash);
        if let Some((sale, place)) = other.told_sale {
            self.tells(sale, || place);
        }
        self.cash.extend(other.cash);
        self.moved.extend(other.moved);
        self.disputed.extend(other.disputed);
        self.decided.extend(other.decided);
        self.refunds.extend(other.refunds);
        self.differences.extend(other.differences);
        self.closed_lines.extend(other.closed_lines);
        self.advances += other.advances;
    }

    pub(super) fn into_report(self) -> Report {
        let mut report = Report {
            payments: self.payments,
            events: self.events,
            entries: self.entries,
            sales: self.sales,
            roots: self.roots,
            ..Report::default()
        };
        report.add(self.findings);
        report
    }
}

/// What a look-up came to; nothing where the row does not read back, which is found where its table is
/// walked.
pub(super) fn readable<T>(looked_up: Result<T, StorageError>) -> Result<Option<T>, StorageError> {
    match looked_up {
        Err(StorageError::Corrupt(_)) => Ok(None),
        found => found.map(Some),
    }
}
