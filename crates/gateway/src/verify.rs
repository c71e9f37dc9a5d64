//! `gerai verify`: recomputes the ledger and every payment's history from the rows.
//!
//! Rows are read in pages, so that ten million payments need no more memory than ten. What is found
//! names the row; a report holds at most [`FINDINGS_MAX`] findings, and the count of all.

use std::collections::BTreeMap;

use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo, SaleNo},
    ledger::{self, Entry, LedgerAccount},
    money::Balance,
    payment::{Payment, State},
};
use storage::{EventRow, PaymentRow, StorageError, sqlite::Reader};

use crate::{
    chain::{Chain, GENESIS},
    gateway::StartError,
    start::{CHAIN_KEY, platform_key},
    vault::Vault,
};

/// A report names at most so many findings.
pub const FINDINGS_MAX: usize = 100;
/// Rows read at a time.
const PAGE: usize = 1_000;

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

    fn find(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.findings_count += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { place: place.into(), what: what.into() });
        }
    }
}

/// Checks everything. `progress` is called with the number of rows looked at so far.
pub fn verify(
    reader: &mut Reader,
    vault: &Vault,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, StartError> {
    let chain = Chain::new(&platform_key(&reader.directory()?, vault, CHAIN_KEY)?);
    // One snapshot, so that a running server does not move the rows under our hands.
    reader.snapshot(|reader| {
        let mut verifier = Verifier {
            reader,
            chain,
            report: Report::default(),
            progress,
            told: 0,
            told_events: 0,
            told_payment: PaymentNo::new(0),
        };
        for check in [
            Verifier::events,
            Verifier::entries,
            Verifier::payments,
            Verifier::sales,
            Verifier::books,
        ] {
            match check(&mut verifier) {
                // A row that does not read back is a finding; what follows it in its table is not
                // looked at, the other tables are.
                Err(StorageError::Corrupt(corrupt)) => {
                    let place = format!("{} {}", corrupt.table, corrupt.row);
                    verifier.report.find(place, corrupt.what);
                }
                result => result?,
            }
        }
        Ok::<_, StartError>(verifier.report)
    })
}

struct Verifier<'a> {
    reader: &'a Reader,
    chain: Chain,
    report: Report,
    progress: &'a mut dyn FnMut(u64),
    /// Entries that the events tell of.
    told: u64,
    /// Events that tell of a payment.
    told_events: u64,
    /// The newest payment that an event tells of.
    told_payment: PaymentNo,
}

impl Verifier<'_> {
    fn tick(&mut self, rows: usize) {
        let seen =
            self.report.payments + self.report.events + self.report.entries + self.report.sales;
        if rows > 0 {
            (self.progress)(seen);
        }
    }

    /// The chain, link by link, and every posting's balance.
    fn events(&mut self) -> Result<(), StorageError> {
        let mut before = GENESIS;
        let mut last = EventNo::new(0);
        loop {
            let page = self.reader.events_after(last, PAGE)?;
            for (row, entries) in &page {
                let no = row.event.no;
                let place = || format!("event {no}");
                if no.get() != last.get() + 1 {
                    self.report.find(place(), format!("the events before it end at {last}"));
                }
                if self.chain.link(&before, row, entries) != row.chain {
                    self.report.find(
                        place(),
                        "its link does not fit: the event, its entries or the one before it was changed",
                    );
                }
                let posted: Vec<Entry> = entries.iter().map(|entry| entry.entry).collect();
                if ledger::sum(&posted) != Some(Balance::ZERO) {
                    self.report.find(place(), "its entries do not balance");
                }
                before = row.chain;
                last = no;
                self.report.events += 1;
                self.told += entries.len() as u64;
                self.told_events += u64::from(row.event.payment.is_some());
                if let Some(payment) = row.event.payment {
                    self.told_payment = self.told_payment.max(payment);
                }
            }
            self.tick(page.len());
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// No entry but those the events tell of.
    fn entries(&mut self) -> Result<(), StorageError> {
        let mut last = 0;
        loop {
            let page = self.reader.entries_after(last, PAGE)?;
            for entry in &page {
                if entry.no != last + 1 {
                    self.report.find(
                        format!("entry {}", entry.no),
                        format!("the entries before it end at {last}"),
                    );
                }
                last = entry.no;
                self.report.entries += 1;
            }
            self.tick(page.len());
            if page.len() < PAGE {
                break;
            }
        }
        if self.report.entries != self.told {
            let what =
                format!("{} rows, but the events tell of {}", self.report.entries, self.told);
            self.report.find("table entry", what);
        }
        Ok(())
    }

    /// Every payment is as its last event left it, and its history can have happened.
    fn payments(&mut self) -> Result<(), StorageError> {
        let mut last = PaymentNo::new(0);
        let mut events_of_payments = 0;
        loop {
            let page = self.reader.payments_after(last, PAGE)?;
            for row in &page {
                let no = row.payment.no;
                if no.get() != last.get() + 1 {
                    let what = format!("the payments before it end at {last}");
                    self.report.find(place_of(&row.payment), what);
                }
                last = no;
                let events = self.reader.events_of(no)?;
                events_of_payments += events.len() as u64;
                self.payment(row, &events)?;
                self.report.payments += 1;
            }
            self.tick(page.len());
            if page.len() < PAGE {
                break;
            }
        }
        if last < self.told_payment {
            let place = format!("payment {}", self.told_payment);
            self.report.find(place, "its events are there, its row is not");
        }
        if events_of_payments != self.told_events {
            let what = format!(
                "{} events tell of payments, but those there are have {events_of_payments}",
                self.told_events
            );
            self.report.find("table payment", what);
        }
        Ok(())
    }

    fn payment(&mut self, row: &PaymentRow, events: &[EventRow]) -> Result<(), StorageError> {
        let place = || place_of(&row.payment);
        let Some(newest) = events.last() else {
            self.report.find(place(), "it has no history");
            return Ok(());
        };
        if newest.event.no != row.last_event {
            let what = format!("its last event is {}, not {}", newest.event.no, row.last_event);
            self.report.find(place(), what);
        }
        if self.chain.payment(row) != newest.payment_digest {
            let what = format!("its row is not as event {} left it", newest.event.no);
            self.report.find(place(), what);
        }
        if let Err(what) = replay(events, &row.payment) {
            self.report.find(place(), what);
        }
        for event in events.iter().filter(|event| event.event.kind == EventKind::Paid) {
            self.posting(row, event)?;
        }
        if let Some(taking) = row.payment.state.taking()
            && self.reader.sale_by_no(taking.sale)?.is_none()
        {
            self.report.find(place(), format!("its sale {} is missing", taking.sale));
        }
        Ok(())
    }

    /// A payment posted what its amount says, to its own merchant.
    fn posting(&mut self, row: &PaymentRow, event: &EventRow) -> Result<(), StorageError> {
        let payment = &row.payment;
        let entries = self.reader.entries_of(event.event.no)?;
        let owed = LedgerAccount::MerchantPending(payment.account);
        let credited = entries.iter().any(|entry| {
            entry.entry.account == owed
                && entry.entry.amount == payment.amount.to_negative_balance()
        });
        let current = payment.state.taking().filter(|taking| event.event.sale == Some(taking.sale));
        let as_computed = current.is_none_or(|taking| {
            entries.iter().map(|entry| entry.entry).eq(ledger::paid(payment, taking))
        });
        if !credited || !as_computed {
            let what = format!("event {} posted something else than its amount", event.event.no);
            self.report.find(place_of(payment), what);
        }
        Ok(())
    }

    /// Every sale's row is as we wrote it.
    fn sales(&mut self) -> Result<(), StorageError> {
        let mut last = SaleNo::new(0);
        loop {
            let page = self.reader.sales_after(last, PAGE)?;
            for row in &page {
                let no = row.sale.no;
                let place = || format!("sale {no} ({})", row.sale.key);
                if no.get() != last.get() + 1 {
                    self.report.find(place(), format!("the sales before it end at {last}"));
                }
                last = no;
                // Old answers are pruned; the digest was taken with them.
                let pruned = row.answer.is_none()
                    && row.commit_answer.is_none()
                    && row.reversal_answer.is_none();
                if !pruned && self.chain.sale(row) != row.digest {
                    self.report.find(place(), "its row was changed");
                }
                self.report.sales += 1;
            }
            self.tick(page.len());
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// The books as a whole: they balance, and unapplied cash is what its open records say.
    fn books(&mut self) -> Result<(), StorageError> {
        let mut all = Balance::ZERO;
        let mut unapplied: BTreeMap<String, i64> = BTreeMap::new();
        for (account, balance) in self.reader.balances()? {
            match all.checked_add(balance) {
                Some(sum) => all = sum,
                None => self.report.find("ledger", "the sum does not fit"),
            }
            if let LedgerAccount::Unapplied(retailer) = account {
                *unapplied.entry(retailer.to_string()).or_default() -= balance.get();
            }
        }
        if all != Balance::ZERO {
            self.report.find("ledger", format!("it is out of balance by {all}"));
        }
        for row in self.reader.unapplied_open(usize::MAX)? {
            *unapplied.entry(row.retailer.to_string()).or_default() -= row.amount.get();
        }
        for (retailer, difference) in unapplied {
            if difference != 0 {
                let what = format!("unapplied cash differs from its open records by {difference}");
                self.report.find(format!("retailer {retailer}"), what);
            }
        }
        Ok(())
    }
}

fn place_of(payment: &Payment) -> String {
    format!("payment {} ({}, order {})", payment.no, payment.id, payment.order)
}

/// Follows a payment's events from its opening to the state it says it is in.
fn replay(events: &[EventRow], payment: &Payment) -> Result<(), String> {
    use EventKind as E;
    let mut state = None;
    for row in events {
        let kind = row.event.kind;
        state = Some(match (state, kind) {
            (None, E::Opened) | (Some("reserved"), E::Released) | (Some("paid"), E::Reopened) => {
                "pending"
            }
            (Some("pending"), E::Reserved) => "reserved",
            (Some("pending" | "reserved" | "expired"), E::Paid) | (Some("paid"), E::Final) => {
                "paid"
            }
            (Some("paid"), E::Reversed) => "reversed",
            (Some("pending"), E::Cancelled) => "cancelled",
            (Some("pending" | "reserved"), E::Expired) => "expired",
            (Some("paid"), E::Settled) => "settled",
            (Some("paid" | "settled"), E::ClawedBack) => "clawed_back",
            // Things that happen beside a payment do not move it.
            (Some(state), E::CashUnapplied | E::UnappliedReversed | E::Disputed) => state,
            (before, kind) => {
                let before = before.unwrap_or("nothing");
                let no = row.event.no;
                return Err(format!("event {no} cannot be: {} after {before}", kind.name()));
            }
        });
    }
    let told = state.unwrap_or("nothing");
    // A code made elsewhere is opened before it is pending.
    let is = match payment.state {
        State::Opening => "pending",
        state => state.name(),
    };
    if told == is { Ok(()) } else { Err(format!("it is {is}, but its events end in {told}")) }
}
