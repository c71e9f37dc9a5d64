//! What an operator decides about what waits: cash that fits nowhere, reversals that were refused.

use domain::{ids::PaymentId, money::Rupiah, payment::Refusal, time::Timestamp};

use super::{PaymentRef, Unavailable};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Unapplied cash pays a payment (rule 10).
    Match {
        /// The cash, by its number.
        cash: i64,
        /// The payment.
        payment: PaymentRef,
    },
    /// Unapplied cash was given back by a bank transfer.
    Refund {
        /// The cash, by its number.
        cash: i64,
        /// The bank's name for the transfer.
        bank_reference: String,
    },
    /// A refused reversal is granted after all: the retailer took the money back (rule 8).
    Accept {
        /// The dispute, by its number.
        dispute: i64,
    },
    /// A refused reversal stays refused.
    Reject {
        /// The dispute, by its number.
        dispute: i64,
    },
}

/// An operator decides.
#[derive(Debug, Clone)]
pub struct RulingRequest {
    /// What.
    pub ruling: Ruling,
    /// Why; it is written into the history (rule 20).
    pub reason: String,
    /// When.
    pub received_at: Timestamp,
}

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    /// How the cash or the dispute stands now.
    pub state: &'static str,
    /// How much it was about.
    pub amount: Rupiah,
    /// The payment it was about, and its state now.
    pub payment: Option<(PaymentId, &'static str)>,
}

/// Why a decision was not carried out. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulingError {
    /// No unapplied cash has this number.
    #[error("there is no unapplied cash {0}; `gerai unapplied list` shows what waits")]
    UnknownCash(i64),
    /// It does not wait any more.
    #[error("unapplied cash {no} is {state} already")]
    CashDone {
        /// Its number.
        no: i64,
        /// What became of it.
        state: &'static str,
    },
    /// No dispute has this number.
    #[error("there is no dispute {0}; `gerai dispute list` shows what waits")]
    UnknownDispute(i64),
    /// It does not wait any more.
    #[error("dispute {no} is {state} already")]
    DisputeDone {
        /// Its number.
        no: i64,
        /// What became of it.
        state: &'static str,
    },
    /// The sale of the dispute holds no money of ours.
    #[error("nothing is booked for this sale that could be taken back: reject the dispute")]
    NothingBooked,
    /// There is no such payment.
    #[error("there is no such payment")]
    NoSuchPayment,
    /// The payment stays as it is.
    #[error("the payment is {state}: {why}")]
    Refused {
        /// The payment's state.
        state: &'static str,
        /// Why.
        why: Refusal,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
