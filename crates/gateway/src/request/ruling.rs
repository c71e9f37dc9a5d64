//! What an operator decides about what waits: cash that fits nowhere, reversals that were refused.

use domain::{
    difference::{DifferenceRefusal, Verdict},
    ids::{PaymentId, PaymentNo, SaleNo},
    money::Rupiah,
    payment::Refusal,
    time::Timestamp,
};
use storage::RetailerDay;

use super::{IssuedRefund, PaymentRef, Unavailable};
use crate::directory::Secret;

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
    /// A refund code is issued for unapplied cash (rule 35).
    IssueRefundCode {
        /// The cash, by its number.
        cash: i64,
        /// What the payer types beside the code.
        pin: Secret,
    },
    /// A suspect pay-out of the cash's refund code took place.
    ConfirmPayOut {
        /// The cash, by its number.
        cash: i64,
        /// Which of its codes; none: the newest.
        code: Option<i64>,
    },
    /// The cash's refund code is withdrawn; or a suspect pay-out did not take place.
    ReleaseRefundCode {
        /// The cash, by its number.
        cash: i64,
        /// Which of its codes; none: the newest.
        code: Option<i64>,
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
    /// A difference between a retailer's file and ours is closed (rule 34).
    Close(Box<CloseLine>),
}

/// A difference that somebody closes, and what the line was about when it was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseLine {
    /// The line that waits, by its number.
    pub line: i64,
    /// When it was posted, where somebody proposed this: a file that came since may say otherwise.
    pub posted_at: Option<Timestamp>,
    /// What it was.
    pub verdict: Verdict,
    /// Who says so, for people.
    pub by: String,
    /// The sale that the line is about.
    pub sale: Option<SaleNo>,
    /// The payment of that sale.
    pub payment: Option<PaymentNo>,
    /// The file's day, and the day on which we booked the sale.
    pub days: Vec<RetailerDay>,
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
    /// The refund code that was issued.
    pub refund: Option<IssuedRefund>,
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
    /// The operator has not turned refund codes on.
    #[error(
        "refund codes are turned off: set `enabled = true` under [refund_codes], or record a bank \
         transfer with --bank-reference"
    )]
    RefundCodesOff,
    /// More than one code may pay out.
    #[error("a refund code pays at most Rp {cap} out: give it back by a bank transfer")]
    OverCap {
        /// The most, in whole rupiah.
        cap: Rupiah,
    },
    /// No retailer of the network that took the cash pays so much, or so little, out.
    #[error(
        "no counter of the network that took it pays this amount out: give it back by a bank transfer"
    )]
    NoCounterPays,
    /// The pool of refund codes is used up, or there is none.
    #[error("no refund code is left")]
    NoCodeLeft,
    /// The cash never had a refund code.
    #[error("unapplied cash {0} has no refund code")]
    NoRefundCode(i64),
    /// Its refund code does not wait for this.
    #[error("the refund code of unapplied cash {cash} is {state}")]
    RefundStands {
        /// The cash.
        cash: i64,
        /// How its newest code stands.
        state: &'static str,
    },
    /// Another code was issued for it since somebody proposed this.
    #[error("refund code {newest} was issued for unapplied cash {cash} since: propose it again")]
    OtherCode {
        /// The cash.
        cash: i64,
        /// Its newest code.
        newest: i64,
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
    /// No line of a file has this number.
    #[error("there is no line {0}; `gerai reconcile RETAILER --open` shows what waits")]
    UnknownLine(i64),
    /// It does not wait any more.
    #[error("line {no} is {state} already")]
    LineDone {
        /// Its number.
        no: i64,
        /// How it stands.
        state: &'static str,
    },
    /// A till can still take the payment back.
    #[error("a till can still take the payment of line {0} back: close it when that is over")]
    NotFinal(i64),
    /// The line is about something else by now.
    #[error("line {0} was changed meanwhile: look at it again")]
    Changed(i64),
    /// The day would be expected to bring less than nothing.
    #[error(
        "Rp {expected} are expected for that day, and {change} more would be less than nothing"
    )]
    TooMuch {
        /// What is expected, in whole rupiah.
        expected: i64,
        /// By how much it would change.
        change: i64,
    },
    /// The difference cannot be closed so.
    #[error("{0}")]
    Difference(#[from] DifferenceRefusal),
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
