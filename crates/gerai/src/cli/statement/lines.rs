//! The lines of a statement: each event that changed what a merchant is owed.

use std::collections::VecDeque;

use anyhow::anyhow;
use domain::{
    event::EventKind,
    ids::{AccountNo, EventNo, PaymentNo},
    ledger::LedgerAccount,
    time::Timestamp,
};
use storage::{EntryRow, EventRow, StorageError, sqlite::Reader};

/// Events read at a time.
const PAGE: usize = 1_000;

/// Which events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// After this one.
    pub(super) after: EventNo,
    /// Up to this one.
    pub(super) last: EventNo,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Payment,
    Reversal,
    Clawback,
    /// From pending to active; nothing is owed more or less.
    Available,
    /// The same, before the retailer has transferred it.
    Advanced,
    Payout,
    PayoutReturned,
    Other,
}

impl What {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Reversal => "reversal",
            Self::Clawback => "clawback",
            Self::Available => "available",
            Self::Advanced => "advanced",
            Self::Payout => "payout",
            Self::PayoutReturned => "payout returned",
            Self::Other => "other",
        }
    }
}

/// A line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) what: What,
    /// The merchant's name for the payment.
    pub(super) order: String,
    pub(super) payment: String,
    pub(super) retailer: String,
    /// Of the payment; taken away by a reversal or clawback.
    pub(super) amount: i64,
    /// What of it was kept as a fee that the merchant bears; given back likewise.
    pub(super) fee: i64,
    /// By how much more is owed.
    pub(super) pending: i64,
    pub(super) active: i64,
    /// Which transfer, for payouts.
    pub(super) note: String,
    /// Whose it is.
    pub(super) account: AccountNo,
    /// Our part of the fee that the merchant bears, without tax on it; given back likewise.
    pub(super) ours: i64,
}

impl Line {
    pub(super) const fn net(&self) -> i64 {
        self.pending.saturating_add(self.active)
    }
}

/// Sums over lines, in whole rupiah, each as it counts for the merchant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) payments: i64,
    pub(super) fees: i64,
    pub(super) reversals: i64,
    pub(super) clawbacks: i64,
    pub(super) payouts: i64,
    pub(super) payouts_returned: i64,
    pub(super) others: i64,
    pub(super) pending: i64,
    pub(super) active: i64,
}

impl Sums {
    pub(super) fn add(&mut self, line: &Line) {
        self.pending += line.pending;
        self.active += line.active;
        self.fees -= line.fee;
        match line.what {
            What::Payment => self.payments += line.amount,
            What::Reversal => self.reversals += line.amount,
            What::Clawback => self.clawbacks += line.amount,
            What::Payout => self.payouts += line.net(),
            What::PayoutReturned => self.payouts_returned += line.net(),
            What::Available | What::Advanced | What::Other => self.others += line.net(),
        }
    }

    /// What they come to, computed from the kinds of lines and not from the two balances.
    pub(super) const fn net(&self) -> i64 {
        self.payments
            + self.fees
            + self.reversals
            + self.clawbacks
            + self.payouts
            + self.payouts_returned
            + self.others
    }
}

/// Goes through the lines of these accounts, oldest first. Holds a page of numbers for each balance.
pub(super) fn walk(
    reader: &Reader,
    accounts: &[AccountNo],
    range: Range,
    take: &mut dyn FnMut(&Line) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let balances = accounts.iter().flat_map(|account| [(*account, false), (*account, true)]);
    let mut queues: Vec<Queue> = balances
        .map(|(account, is_active)| Queue { account, is_active, range, ..Queue::default() })
        .collect();
    loop {
        let mut next: Option<EventNo> = None;
        for queue in &mut queues {
            if let Some(event) = queue.front(reader)? {
                next = Some(next.map_or(event, |next| next.min(event)));
            }
        }
        let Some(event) = next else { return Ok(()) };
        for queue in &mut queues {
            queue.drop(event);
        }
        let before = EventNo::new(event.get() - 1);
        let found = reader.events_after(before, 1)?;
        let (row, entries) = found
            .first()
            .filter(|(row, _)| row.event.no == event)
            .ok_or_else(|| anyhow!("event {event} is missing: run `gerai verify`"))?;
        take(&line(reader, accounts, row, entries)?)?;
    }
}

/// The events that changed one balance of one account.
#[derive(Debug)]
struct Queue {
    account: AccountNo,
    is_active: bool,
    range: Range,
    page: VecDeque<EventNo>,
    is_over: bool,
}

impl Default for Queue {
    fn default() -> Self {
        let nothing = EventNo::new(0);
        Self {
            account: AccountNo::new(0),
            is_active: false,
            range: Range { after: nothing, last: nothing },
            page: VecDeque::new(),
            is_over: false,
        }
    }
}

impl Queue {
    fn front(&mut self, reader: &Reader) -> Result<Option<EventNo>, StorageError> {
        if self.page.is_empty() && !self.is_over {
            let range = (self.range.after, self.range.last);
            self.page = reader.events_of_account(self.account, self.is_active, range, PAGE)?.into();
            self.is_over = self.page.len() < PAGE;
            // An event is read whole, however many entries of it stand on the next page.
            if let Some(last) = self.page.back() {
                self.range.after = *last;
            }
        }
        Ok(self.page.front().copied())
    }

    fn drop(&mut self, event: EventNo) {
        while self.page.front() == Some(&event) {
            self.page.pop_front();
        }
    }
}

fn line(
    reader: &Reader,
    accounts: &[AccountNo],
    row: &EventRow,
    entries: &[EntryRow],
) -> Result<Line, StorageError> {
    let what = what(row.event.kind);
    let mut line = Line {
        at: row.event.at,
        what,
        order: String::new(),
        payment: String::new(),
        retailer: String::new(),
        amount: 0,
        fee: 0,
        pending: 0,
        active: 0,
        note: String::new(),
        account: AccountNo::new(0),
        ours: 0,
    };
    // What is owed is a credit in the books, and a credit is negative.
    let (mut more, mut less) = (0_i64, 0_i64);
    for entry in entries {
        let owed = -entry.entry.amount.get();
        let account = entry.entry.account;
        let owner = |of: fn(AccountNo) -> LedgerAccount| {
            accounts.iter().copied().find(|no| account == of(*no))
        };
        let balance = if let Some(owner) = owner(LedgerAccount::MerchantPending) {
            line.account = owner;
            &mut line.pending
        } else if let Some(owner) = owner(LedgerAccount::MerchantActive) {
            line.account = owner;
            &mut line.active
        } else {
            if matches!(account, LedgerAccount::FeeDeferred | LedgerAccount::FeeEarned) {
                line.ours += owed;
            }
            continue;
        };
        *balance += owed;
        *(if owed > 0 { &mut more } else { &mut less }) += owed;
    }
    match what {
        // A fee that the merchant bears is posted out of the amount, in the same commit (rule 31).
        What::Payment => (line.amount, line.fee) = (more, -less),
        What::Reversal => (line.amount, line.fee) = (less, -more),
        What::Clawback => line.amount = less + more,
        What::Available | What::Advanced | What::Payout | What::PayoutReturned | What::Other => {}
    }
    match row.event.payment {
        Some(no) => name(reader, no, &mut line)?,
        None => line.note = transfer(reader, row.event.reason.as_deref())?,
    }
    if line.fee == 0 {
        // The payer bears it, and the merchant has nothing to do with it.
        line.ours = 0;
    }
    Ok(line)
}

/// Which transfer an event about a payout is about; the event's own words name the operator, who is
/// none of the merchant's business.
fn transfer(reader: &Reader, reason: Option<&str>) -> Result<String, StorageError> {
    let no = reason.and_then(|reason| reason.strip_prefix("payout ")?.split(' ').next());
    let Some(no) = no.and_then(|no| no.parse().ok()) else { return Ok(String::new()) };
    let payout = reader.payout(no)?;
    Ok(payout.map_or_else(String::new, |payout| format!("transfer {}", payout.reference)))
}

fn name(reader: &Reader, no: PaymentNo, line: &mut Line) -> Result<(), StorageError> {
    let Some(row) = reader.payment(no)? else { return Ok(()) };
    row.payment.order.as_str().clone_into(&mut line.order);
    line.payment = row.payment.id.to_string();
    let taken_by = row.payment.state.taking().map(|taking| taking.retailer);
    line.retailer = taken_by.unwrap_or(row.payment.opened_for).to_string();
    if line.what == What::Clawback {
        // It takes the amount back and gives the fee back, in one figure.
        let fee = row.payment.fee.merchant_part().get();
        line.amount -= fee;
        line.fee = -fee;
    }
    Ok(())
}

const fn what(kind: EventKind) -> What {
    match kind {
        EventKind::Paid | EventKind::UnappliedMatched => What::Payment,
        EventKind::Reversed | EventKind::Reopened => What::Reversal,
        EventKind::ClawedBack => What::Clawback,
        EventKind::Settled => What::Available,
        EventKind::Advanced => What::Advanced,
        EventKind::PayoutRecorded => What::Payout,
        EventKind::PayoutReturned => What::PayoutReturned,
        EventKind::Opened
        | EventKind::Reserved
        | EventKind::Released
        | EventKind::Final
        | EventKind::Cancelled
        | EventKind::Expired
        | EventKind::CashUnapplied
        | EventKind::UnappliedReversed
        | EventKind::Disputed
        | EventKind::DisputeRejected
        | EventKind::UnappliedRefunded
        | EventKind::RefundIssued
        | EventKind::RefundReserved
        | EventKind::RefundUnreserved
        | EventKind::RefundPinWrong
        | EventKind::RefundSuspect
        | EventKind::RefundPaid
        | EventKind::RefundReturned
        | EventKind::DifferenceConfirmed
        | EventKind::DifferenceClawedBack
        | EventKind::DifferenceWrittenOff
        | EventKind::DifferenceUndone
        | EventKind::Proposed
        | EventKind::Approved
        | EventKind::Rejected
        | EventKind::Funded
        | EventKind::PayoutConfirmed => What::Other,
    }
}
