//! Where the money is: retailers' files and transfers, payouts, and balances written down.

use std::collections::HashMap;

use domain::{
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    money::{Balance, Rupiah},
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
    transfer::PayoutState,
};

/// A day of a retailer: what it transfers is for one of these.
pub type RetailerDay = (RetailerKey, BusinessDate);

/// A retailer's file that was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Its row.
    pub no: i64,
    /// Whose.
    pub retailer: RetailerKey,
    /// For which of its days.
    pub business_date: BusinessDate,
    /// 1 for the first of a day and profile, one more for each that replaces it.
    pub revision: u32,
    /// Its name.
    pub name: String,
    /// The profile it was read by.
    pub profile: String,
    /// Of its bytes.
    pub sha256: [u8; 32],
    /// How many sales it has.
    pub lines: i64,
    /// Their sum, in whole rupiah.
    pub total: i64,
    /// When it was posted.
    pub applied_at: Timestamp,
    /// By whom.
    pub applied_by: String,
}

/// How far the money of a matched payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedState {
    /// The retailer has not transferred its day's money yet.
    Waiting,
    /// It has; the merchant's plan says from which day on the money is available.
    Funded,
    /// The payment is settled.
    Settled,
    /// The payment will not be settled: the retailer took it back.
    Closed,
}

/// A payment that stands in a retailer's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedRow {
    /// Which payment.
    pub payment: PaymentNo,
    /// Whose it is.
    pub account: AccountNo,
    /// Where it lies.
    pub shard: u32,
    /// In which file.
    pub file: i64,
    /// On which line of it, from 1; none where somebody confirmed what no line says.
    pub line: Option<i64>,
    /// Whose day it counts for: that of the payment's receivable.
    pub day: RetailerDay,
    /// The sale that brought the cash.
    pub sale: SaleNo,
    /// What the payer handed over.
    pub total: Rupiah,
    /// The retailer's commission, as its file says.
    pub commission: Rupiah,
    /// When it was matched.
    pub matched_at: Timestamp,
    /// How far its money is.
    pub state: MatchedState,
    /// From which day on it is the merchant's to have; none while it is not funded.
    pub available_on: Option<BusinessDate>,
}

/// How far an advance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdvanceState {
    /// The retailer has not transferred its day's money yet.
    Open,
    /// It has: nothing is advanced any more.
    Covered,
    /// The retailer took the payment back first, and the merchant owes what it got.
    TakenBack,
}

/// A payment whose money its merchant got before the retailer transferred it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdvanceRow {
    /// Which payment.
    pub payment: PaymentNo,
    /// Whose.
    pub account: AccountNo,
    /// What the merchant gets of it.
    pub amount: Rupiah,
    /// The event that made it available.
    pub event: EventNo,
    /// When its entries are dated.
    pub at: Timestamp,
    /// How far it is.
    pub state: AdvanceState,
    /// When it was covered, or taken back; none while it is open.
    pub closed_at: Option<Timestamp>,
}

/// What a retailer's file and its transfers say of one of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetailerDayRow {
    /// Which day.
    pub day: RetailerDay,
    /// The totals of its matched payments, in whole rupiah.
    pub matched: i64,
    /// How many of its matched payments wait to be funded.
    pub waiting: i64,
    /// What its transfers settled, in whole rupiah.
    pub funded: i64,
    /// When the newest of them was recorded.
    pub funded_on: Option<BusinessDate>,
}

impl RetailerDayRow {
    /// A day of which nothing was heard yet.
    pub const fn new(day: RetailerDay) -> Self {
        Self { day, matched: 0, waiting: 0, funded: 0, funded_on: None }
    }

    /// From when on its matched payments are funded: the day of the newest transfer, where the
    /// transfers cover what is matched.
    pub fn covered_on(&self) -> Option<BusinessDate> {
        self.funded_on.filter(|_| self.funded >= self.matched)
    }
}

/// A retailer's transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundingRow {
    /// Its row.
    pub no: i64,
    /// For which day.
    pub day: RetailerDay,
    /// What arrived.
    pub amount: Rupiah,
    /// What the retailer kept as its commission.
    pub commission: Rupiah,
    /// How much both are more than the retailer owed.
    pub difference: Rupiah,
    /// What the bank calls it.
    pub reference: String,
    /// The event that booked it.
    pub event: EventNo,
    /// When.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: String,
}

/// A payout to a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutRow {
    /// Its row.
    pub no: i64,
    /// To which account.
    pub account: AccountNo,
    /// How much.
    pub amount: Rupiah,
    /// How far it is.
    pub state: PayoutState,
    /// What the bank is told.
    pub reference: String,
    /// The event that booked it.
    pub event: EventNo,
    /// When.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: String,
    /// The newest decision about it; none while it is in transit.
    pub decided: Option<PayoutDecided>,
}

/// That a payout arrived, or came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutDecided {
    /// The event that booked it.
    pub event: EventNo,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// How the books name a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutWanted {
    /// By its row.
    No(i64),
    /// By account and reference.
    Reference(AccountNo, String),
}

/// What an account held, as the books have it: what it is owed is a credit, and negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountBalances {
    /// Not available yet.
    pub pending: Balance,
    /// Available.
    pub active: Balance,
}

/// What an account held after an event, written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceSnapshotRow {
    /// Whose.
    pub account: AccountNo,
    /// After which event.
    pub event: EventNo,
    /// What it held.
    pub balances: AccountBalances,
    /// When it was written down.
    pub at: Timestamp,
}

/// The rows of the books that a batch touches.
#[derive(Debug, Clone, Default)]
pub struct BooksWanted {
    /// What merchants' accounts hold.
    pub balances: Vec<AccountNo>,
    /// What retailers owe for their days, with the rows of those days.
    pub days: Vec<RetailerDay>,
    /// Transfers by day and reference, with the rows of those days.
    pub fundings: Vec<(RetailerDay, String)>,
    /// Payouts.
    pub payouts: Vec<PayoutWanted>,
    /// Matched payments, with the rows of their days.
    pub matched: Vec<PaymentNo>,
    /// The sums of accounts' open advances.
    pub advanced: Vec<AccountNo>,
}

/// What was found of the books.
#[derive(Debug, Clone, Default)]
pub struct BooksLoaded {
    /// What merchants' accounts hold.
    pub balances: HashMap<AccountNo, AccountBalances>,
    /// What retailers owe for their days: the balance of each receivable.
    pub owed: HashMap<RetailerDay, Balance>,
    /// Those days, where something was heard of them.
    pub days: HashMap<RetailerDay, RetailerDayRow>,
    /// Transfers.
    pub fundings: HashMap<(RetailerDay, String), FundingRow>,
    /// Payouts by number.
    pub payouts: HashMap<i64, PayoutRow>,
    /// Matched payments.
    pub matched: HashMap<PaymentNo, MatchedRow>,
    /// Advances of loaded payments that are settled, or were clawed back.
    pub advances: HashMap<PaymentNo, AdvanceRow>,
    /// The sums of accounts' open advances, in whole rupiah.
    pub advanced: HashMap<AccountNo, i64>,
}

/// What a commit changes of the books, beside events and entries.
#[derive(Debug, Clone, Default)]
pub struct BooksWrites {
    /// Retailers' files that were posted; matched payments refer to them.
    pub files: Vec<FileRow>,
    /// Payments matched.
    pub matched_new: Vec<MatchedRow>,
    /// Payments matched before: their state and the day on which they are available.
    pub matched_changed: Vec<MatchedRow>,
    /// Payments matched before that a later file does not have any more.
    pub matched_gone: Vec<PaymentNo>,
    /// Advances, new.
    pub advances_new: Vec<AdvanceRow>,
    /// Advances, changed: their state and when they were closed.
    pub advances_changed: Vec<AdvanceRow>,
    /// What is added to retailers' days, new or known; a day on which they were funded replaces the
    /// one before.
    pub days: Vec<RetailerDayRow>,
    /// Retailers' transfers.
    pub fundings: Vec<FundingRow>,
    /// Payouts, new.
    pub payouts_new: Vec<PayoutRow>,
    /// Payouts, changed: their state and the decision.
    pub payouts_changed: Vec<PayoutRow>,
    /// Balances written down.
    pub snapshots: Vec<BalanceSnapshotRow>,
}
