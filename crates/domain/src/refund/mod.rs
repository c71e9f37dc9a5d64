//! Refund codes (rule 35): cash that fitted nowhere, paid back at a counter.
//!
//! Always in two steps: a counter *reserves* the code, with its PIN, and a *commit* says that the
//! cash was handed over. A reservation whose commit never came is *suspect*: nobody knows whether
//! the payer has the cash, so no counter is offered it again, and two persons decide. What ends
//! without a pay-out gives the cash back to where it waited.

mod decide;

pub use decide::{decide, holds};

use crate::{
    event::EventKind,
    ids::SaleNo,
    ledger::Entry,
    money::Rupiah,
    payment::{Refusal, Take, approval_code},
    retailer::{NetworkKey, RetailerKey},
    time::{BusinessDate, Timestamp},
};

/// The network that the pool of refund codes belongs to. No retailer is of it, so no payment is
/// ever opened with one of its codes.
pub const POOL_NETWORK: &str = "refund";
/// The fewest digits of a refund code (rule 35).
pub const LENGTH_MIN: usize = 16;
/// How often a wrong PIN may be typed; with the last the code is blocked.
pub const TRIES_MAX: u8 = 3;
/// Digits of a PIN.
pub const PIN_DIGITS: usize = 6;

/// A refund code, as far as it decides anything. Who holds code and PIN is told elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundCode {
    /// How much is paid out; all of it, at once.
    pub amount: Rupiah,
    /// Who took the cash that is paid back.
    pub taken_by: RetailerKey,
    /// Whose counters pay it out: the network of whoever took it.
    pub network: NetworkKey,
    /// From when on it is not paid out any more.
    pub expires_at: Timestamp,
    /// How many wrong PINs it still bears; 0 to [`TRIES_MAX`].
    pub tries_left: u8,
    /// Where it stands.
    pub state: RefundState,
}

/// Where a refund code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// It can be paid out.
    Open,
    /// A counter holds it and owes a commit.
    Reserved(PayOut),
    /// The commit never came: nobody knows whether the cash was handed over. Without a pay-out where
    /// the records of what counters did are lost (rule 39).
    Suspect(Option<PayOut>),
    /// The cash was handed over, and when that was booked.
    Paid(PayOut, Timestamp),
    /// It was not, and never will be under this code.
    Closed(Timestamp, ClosedBy),
}

impl RefundState {
    /// Its name in lists.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reserved(_) => "reserved",
            Self::Suspect(_) => "suspect",
            Self::Paid(..) => "paid",
            Self::Closed(_, ClosedBy::Deadline) => "expired",
            Self::Closed(_, ClosedBy::WrongPins) => "blocked",
            Self::Closed(_, ClosedBy::Operator) => "released",
        }
    }

    /// The pay-out that was begun, whatever became of it.
    pub const fn pay_out(&self) -> Option<&PayOut> {
        match self {
            Self::Reserved(pay_out) | Self::Suspect(Some(pay_out)) | Self::Paid(pay_out, _) => {
                Some(pay_out)
            }
            Self::Open | Self::Suspect(None) | Self::Closed(..) => None,
        }
    }

    /// Whether the cash is still owed to the payer under this code.
    pub const fn is_owed(&self) -> bool {
        match self {
            Self::Open | Self::Reserved(_) | Self::Suspect(_) => true,
            Self::Paid(..) | Self::Closed(..) => false,
        }
    }
}

/// A pay-out at a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayOut {
    /// The sale under which the retailer knows it.
    pub sale: SaleNo,
    /// Whose counter.
    pub retailer: RetailerKey,
    /// The till's clock.
    pub till_at: Timestamp,
    /// The retailer's day on which it counts.
    pub business_date: BusinessDate,
    /// When the commit is overdue.
    pub until: Timestamp,
}

impl PayOut {
    /// What the till prints as proof: 20 digits.
    pub fn approval_code(&self) -> String {
        approval_code(self.sale, self.till_at)
    }
}

/// Why a refund code ended without a pay-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClosedBy {
    /// Its time was over.
    Deadline,
    /// The PIN was wrong too often.
    WrongPins,
    /// Two persons withdrew it, or said that a suspect pay-out was none.
    Operator,
}

impl ClosedBy {
    /// Why, for the history.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Deadline => "expired",
            Self::WrongPins => "blocked: the PIN was wrong too often",
            Self::Operator => "released",
        }
    }
}

/// What can be asked of a refund code.
#[derive(Debug, Clone, Copy)]
pub enum RefundCommand<'a> {
    /// May this be paid out here? Grants nothing.
    Inquire(Take<'a>),
    /// The payer stands at the counter and has typed the PIN.
    PayOut {
        /// Which sale, at whose counter.
        take: Take<'a>,
        /// What the till is about to hand over.
        amount: Rupiah,
        /// Whether the PIN is the right one.
        pin_fits: bool,
    },
    /// The cash was handed over.
    Commit {
        /// The sale that reserved it.
        sale: SaleNo,
    },
    /// The till says that it hands nothing over after all.
    Reverse {
        /// The sale that reserved it.
        sale: SaleNo,
    },
    /// The commit is overdue.
    GiveUp,
    /// What counters did lately is not known any more: the database was restored (rule 39).
    Doubt,
    /// Its deadline passed.
    Expire,
    /// Two persons say that a suspect pay-out took place.
    Confirm,
    /// Two persons withdraw it, or say that a suspect pay-out did not take place.
    Release,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundDecision {
    /// It was done before, by the same hand; nothing changes.
    Replay,
    /// The code changes.
    Change(RefundChange),
}

/// A change of a refund code. Carrying it out cannot fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundChange {
    /// The new state.
    pub state: RefundState,
    /// The tries that are left now.
    pub tries_left: u8,
    /// What happened.
    pub event: EventKind,
    /// What is posted; sums to zero.
    pub entries: Vec<Entry>,
    /// What the till is told: a wrong PIN changes the code, and is a no all the same.
    pub told: Result<(), Refusal>,
}

/// Why a refund code says no, where a payment would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// The PIN is not this code's.
    #[error("the PIN is wrong; {tries_left} tries are left")]
    WrongPin {
        /// How many more are borne; with none the code is blocked.
        tries_left: u8,
    },
    /// The PIN was wrong too often.
    #[error("the code is blocked: the PIN was wrong too often")]
    Blocked,
    /// A pay-out was begun and never confirmed: two persons decide.
    #[error("an unconfirmed pay-out is being looked into")]
    Unconfirmed,
    /// Cash was offered for a code that pays cash out.
    #[error("this code pays cash out; it takes none")]
    PaysOut,
    /// Cash was asked for with a code that takes cash.
    #[error("this code takes cash; it pays none out")]
    TakesIn,
}

#[cfg(test)]
mod tests;
