//! Retailers are data (rules 23 and 44): limits, lifetimes, receipts and the contract's switches.

use std::fmt;

use arrayvec::ArrayString;

use crate::{
    money::Rupiah,
    time::{BusinessDate, DAY, Span, Timestamp},
};

/// A retailer's name in configuration, rows and on wires of ours: `alfamart`, `pos_indonesia`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RetailerKey(ArrayString<23>);

/// The text cannot name a retailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a retailer's key has 1 to 23 characters of a-z, 0-9 and _")]
pub struct NotARetailerKey;

impl RetailerKey {
    /// The retailer called `text`.
    pub fn new(text: &str) -> Result<Self, NotARetailerKey> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(NotARetailerKey);
        }
        ArrayString::from(text).map(Self).map_err(|_| NotARetailerKey)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for RetailerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A group of retailers that accept each other's payment codes, named like a retailer.
pub type NetworkKey = RetailerKey;

/// One retail chain: what it takes, prints and promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retailer {
    /// Its key.
    pub key: RetailerKey,
    /// The network whose codes it accepts: Alfamart, Alfamidi and DAN+DAN are one (rule 14).
    pub network: NetworkKey,
    /// Its name as people write it: `Alfamart`, `DAN+DAN`.
    pub name: String,
    /// The least a payer may hand over, in whole rupiah.
    pub amount_min: Rupiah,
    /// The most a payer may hand over, in whole rupiah.
    pub amount_max: Rupiah,
    /// The most of it in cash, where the till says how it was paid.
    pub cash_max: Option<Rupiah>,
    /// How long a code can be paid when the merchant does not say.
    pub lifetime_default: Span,
    /// The shortest lifetime a merchant may ask for.
    pub lifetime_min: Span,
    /// The longest lifetime a merchant may ask for.
    pub lifetime_max: Span,
    /// How much of the merchant's text fits.
    pub receipt: ReceiptShape,
    /// When its counters take money, on its own clock; informative.
    pub opening_hours: String,
    /// What the payer is told, in Indonesian.
    pub instructions_id: String,
    /// What the payer is told, in English.
    pub instructions_en: String,
    /// The switches of its contract.
    pub contract: Contract,
}

/// How much of the merchant's text a receipt and a till's screen can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptShape {
    /// Free lines on the receipt.
    pub lines_max: usize,
    /// Characters in each.
    pub line_width: usize,
    /// Characters of the label on the till's screen.
    pub label_width: usize,
}

/// What a retailer's contract says about the hard cases (rule 23).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// What names a sale (rule 1).
    pub sale_key: SaleKeyForm,
    /// When an advice may book cash that no payment message announced.
    pub advice_creates: AdviceCreates,
    /// How old a sale may be, by the till's clock, for an advice to create it.
    pub advice_max_age: Span,
    /// Whether a reversal of something unknown is answered as done and remembered.
    pub reversal_of_unknown: ReversalOfUnknown,
    /// Whether a payment needs an inquiry of the same code and partner before it.
    pub requires_inquiry: bool,
    /// Whether a payment only reserves and a commit books.
    pub two_step: bool,
    /// What a commit is told that came after its reservation was given up and cannot be booked.
    pub late_commit: LateCommit,
    /// How long a reservation holds without a commit.
    pub reserve_timeout: Span,
    /// How old a sale may be, by the till's clock, for a reversal; zero: none is accepted.
    pub reversal_window: Span,
    /// How long a message may travel; our own clock allows the window and this.
    pub transport_max: Span,
    /// How long after the deadline a payment may finish whose inquiry came before it.
    pub grace: Span,
    /// When the retailer's business day ends, after midnight WIB.
    pub business_day_cutoff: Span,
    /// How long the till waits for an answer.
    pub answer_budget: Span,
    /// Codes of the counter's protocol where the contract wants another than the usual.
    pub response_codes: ResponseCodes,
    /// Whether the chain transfers what it took, or that less its commission.
    pub settlement: Settlement,
    /// What is refused while the retailer is paused.
    pub pause: Option<Pause>,
}

/// What holds until a contract says otherwise: the counter protocol's defaults, and no reversals.
impl Default for Contract {
    fn default() -> Self {
        Self {
            sale_key: SaleKeyForm::Sale,
            advice_creates: AdviceCreates::Inquired,
            advice_max_age: Span::hours(24),
            reversal_of_unknown: ReversalOfUnknown::Remember,
            requires_inquiry: false,
            two_step: false,
            late_commit: LateCommit::Approve,
            reserve_timeout: Span::seconds(60),
            reversal_window: Span::ZERO,
            transport_max: Span::minutes(30),
            grace: Span::ZERO,
            business_day_cutoff: Span::hours(24),
            answer_budget: Span::seconds(8),
            response_codes: ResponseCodes { unapplied: "00".to_owned() },
            settlement: Settlement::Gross,
            pause: None,
        }
    }
}

impl Contract {
    /// The retailer's day on which `at` lies: a day that ends at 22:00 gives its last two hours to
    /// the next date.
    pub fn business_date(&self, at: Timestamp) -> BusinessDate {
        let left = DAY.as_millis().saturating_sub(self.business_day_cutoff.as_millis());
        at.plus(Span::millis(left.max(0))).business_date()
    }

    /// Whether an inquiry means something here, so that it must be durable before it is answered
    /// (rule 4).
    pub fn inquiry_counts(&self) -> bool {
        !self.grace.is_zero()
            || self.requires_inquiry
            || self.two_step
            || self.advice_creates != AdviceCreates::Never
    }
}

/// What names a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleKeyForm {
    /// One number that the retailer never uses again.
    Sale,
    /// Outlet, terminal, business date and a sequence number that is unique only within them.
    OutletTerminalDateSale,
}

/// When an advice may book cash that no payment message announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdviceCreates {
    /// Never: what was not booked is answered as unknown.
    Never,
    /// When the same sale was inquired before. The counter protocol's default.
    Inquired,
    /// Always; what fits no payment is booked as unapplied cash.
    Always,
}

/// What a reversal of something unknown is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReversalOfUnknown {
    /// Done, and remembered, so that the payment it overtook is refused.
    Remember,
    /// Refused.
    Refuse,
}

/// What a late commit is told whose cash became unapplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateCommit {
    /// Approved: the till has printed its receipt; the operator sorts it out.
    Approve,
    /// Refused: the cashier gives the cash back, so none is booked.
    Refuse,
}

/// Codes of the counter's protocol where a contract wants another than the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseCodes {
    /// For an advice whose cash was booked as unapplied. Usually `00`.
    pub unapplied: String,
}

/// What a chain transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Everything it took.
    Gross,
    /// What it took less its commission.
    Net,
}

/// What is refused while a retailer is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// New payments for it.
    Open,
    /// Inquiries and payments at its counters too; advice, commit and reversal go on.
    Inquiry,
}

/// All retailers of this gateway. At most a few dozen, so it is searched from the front.
#[derive(Debug, Clone, Default)]
pub struct Retailers(Vec<Retailer>);

impl Retailers {
    /// The given retailers, in the order in which they are listed to people.
    pub fn new(retailers: Vec<Retailer>) -> Self {
        Self(retailers)
    }

    /// The retailer called `key`.
    pub fn get(&self, key: RetailerKey) -> Option<&Retailer> {
        self.0.iter().find(|r| r.key == key)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Retailer> {
        self.0.iter()
    }

    /// Those that accept codes of `network`.
    pub fn of_network(&self, network: NetworkKey) -> impl Iterator<Item = &Retailer> {
        self.0.iter().filter(move |r| r.network == network)
    }
}
