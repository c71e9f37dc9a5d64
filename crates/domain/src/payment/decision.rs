//! What a command comes to: a change, cash booked elsewhere, a repeat, or a no.

use super::State;
use crate::{
    event::EventKind, ledger::Entry, money::Rupiah, refund::RefundRefusal, retailer::RetailerKey,
    time::BusinessDate,
};

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It was done before, by the same hand; nothing changes.
    Replay,
    /// The payment changes.
    Change(Change),
    /// The payment stays as it is; the cash is booked where nobody can lose it.
    Unapplied(Unapplied),
}

/// A change of a payment. Carrying it out cannot fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The new state.
    pub state: State,
    /// What happened.
    pub event: EventKind,
    /// What is posted; sums to zero.
    pub entries: Vec<Entry>,
}

/// Cash that fits no payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unapplied {
    /// The retailer's day.
    pub business_date: BusinessDate,
    /// Why it does not fit.
    pub why: Refusal,
    /// What is posted; sums to zero.
    pub entries: Vec<Entry>,
}

/// Why the domain says no. Each is one broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No payment has this code here.
    #[error("no payment has this code")]
    UnknownCode,
    /// The code belongs to another network, or the retailer is paused.
    #[error("not payable at {retailer}")]
    NotPayableHere {
        /// Where it was tried.
        retailer: RetailerKey,
    },
    /// Another sale paid it.
    #[error("already paid by another sale")]
    AlreadyPaid,
    /// It was paid and taken back; its code is dead (rule 6).
    #[error("the payment was reversed")]
    PaymentReversed,
    /// The merchant withdrew it.
    #[error("the payment was cancelled")]
    Cancelled,
    /// Its time is over.
    #[error("the code has expired")]
    Expired,
    /// Another counter holds it.
    #[error("another counter holds it")]
    BeingPaid,
    /// This retailer pays only what was inquired before.
    #[error("needs an inquiry first")]
    NeedsInquiry,
    /// The payer must hand over exactly the total.
    #[error("offered {offered}, owed {owed}")]
    WrongAmount {
        /// Amount and fee.
        owed: Rupiah,
        /// What was offered.
        offered: Rupiah,
    },
    /// More than this retailer takes.
    #[error("above the limit of {limit}")]
    OverLimit {
        /// The most, of all or of the cash.
        limit: Rupiah,
    },
    /// Less than this retailer takes.
    #[error("below the limit of {limit}")]
    UnderLimit {
        /// The least.
        limit: Rupiah,
    },
    /// This sale was reversed (rule 2).
    #[error("this sale was reversed")]
    SaleReversed,
    /// This sale's number was used with other content (rule 1).
    #[error("this sale was used with other content")]
    SaleConflict,
    /// Nobody knows this sale.
    #[error("no such sale")]
    UnknownSale,
    /// The sale cannot be taken back; an operator will see it (rule 8).
    #[error("reversal refused: {0}")]
    ReversalRefused(ReversalRefused),
    /// A refund code says no (rule 35).
    #[error(transparent)]
    Refund(RefundRefusal),
    /// Only a pending payment can be cancelled or expired (rule 24).
    #[error("the payment is not pending")]
    NotPending,
    /// Only a paid payment can become final, settle or be clawed back.
    #[error("the payment is not paid")]
    NotPaid,
    /// Only a reserved payment can be released.
    #[error("the payment is not reserved")]
    NotReserved,
    /// Its moment has not come.
    #[error("it is not time yet")]
    TooEarly,
}

/// Why a reversal is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReversalRefused {
    /// Too long after the sale, by the till's clock or by ours, or this retailer has no window.
    #[error("the window is closed")]
    WindowClosed,
    /// The payment is final, settled or clawed back.
    #[error("the payment is final")]
    Final,
    /// Another sale paid it.
    #[error("another sale paid it")]
    OtherSale,
    /// The contract refuses what it does not know.
    #[error("nothing to reverse")]
    Nothing,
}
