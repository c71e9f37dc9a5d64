//! What happened to a payment, who did it, and what the merchant is told.

use crate::{ids::EventNo, ids::PaymentNo, ids::SaleNo, payment::Announce, time::Timestamp};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// The merchant opened the payment.
    Opened,
    /// A counter reserved it and owes a commit.
    Reserved,
    /// The reservation was given up; the payment is pending again.
    Released,
    /// Cash was taken.
    Paid,
    /// The time for a reversal has passed.
    Final,
    /// The counter took the payment back.
    Reversed,
    /// The counter took it back before any merchant was told; it is pending again (rule 6).
    Reopened,
    /// The merchant or an operator withdrew it.
    Cancelled,
    /// Its time is over.
    Expired,
    /// The money is available to the merchant.
    Settled,
    /// The retailer took the money back after it was final.
    ClawedBack,
    /// Cash came for it that could not be booked to it.
    CashUnapplied,
    /// Unapplied cash was taken back by the counter.
    UnappliedReversed,
    /// A reversal was refused and waits for an operator (rule 8).
    Disputed,
    /// An operator said that a refused reversal stays refused.
    DisputeRejected,
    /// Unapplied cash was put to the payment, which is paid by it.
    UnappliedMatched,
    /// Unapplied cash was given back to the payer by a bank transfer.
    UnappliedRefunded,
    /// A refund code was issued for unapplied cash (rule 35). No payment is named; the sale is the
    /// cash's, as with all that follows about the code.
    RefundIssued,
    /// A counter reserved a refund code and owes a commit.
    RefundReserved,
    /// The counter took that back before it handed anything over; the code is open again.
    RefundUnreserved,
    /// The PIN was wrong.
    RefundPinWrong,
    /// The commit never came: nobody knows whether the cash was handed over.
    RefundSuspect,
    /// The cash was handed over.
    RefundPaid,
    /// The code ended without a pay-out; the cash waits again.
    RefundReturned,
    /// An operator asked for something that needs a second person (rule 20). No payment is named.
    Proposed,
    /// A second person said yes. No payment is named.
    Approved,
    /// Somebody said no to what was proposed. No payment is named.
    Rejected,
    /// A retailer transferred what it took on a day, or a part of it. No payment is named.
    Funded,
    /// A merchant's money was sent to its bank. No payment is named.
    PayoutRecorded,
    /// It arrived there. No payment is named.
    PayoutConfirmed,
    /// It came back. No payment is named.
    PayoutReturned,
    /// The money is available to the merchant before its retailer has transferred it (rule 28).
    Advanced,
    /// Somebody said which side of a difference is right (rule 34).
    DifferenceConfirmed,
    /// The retailer has the cash of a difference back, as somebody found out.
    DifferenceClawedBack,
    /// A difference was given up.
    DifferenceWrittenOff,
    /// A later file says otherwise than what somebody said of a difference.
    DifferenceUndone,
}

impl EventKind {
    /// Every kind, in the order in which a payment may meet them.
    pub const ALL: [Self; 36] = [
        Self::Opened,
        Self::Reserved,
        Self::Released,
        Self::Paid,
        Self::Final,
        Self::Reversed,
        Self::Reopened,
        Self::Cancelled,
        Self::Expired,
        Self::Settled,
        Self::ClawedBack,
        Self::CashUnapplied,
        Self::UnappliedReversed,
        Self::Disputed,
        Self::DisputeRejected,
        Self::UnappliedMatched,
        Self::UnappliedRefunded,
        Self::RefundIssued,
        Self::RefundReserved,
        Self::RefundUnreserved,
        Self::RefundPinWrong,
        Self::RefundSuspect,
        Self::RefundPaid,
        Self::RefundReturned,
        Self::Proposed,
        Self::Approved,
        Self::Rejected,
        Self::Funded,
        Self::PayoutRecorded,
        Self::PayoutConfirmed,
        Self::PayoutReturned,
        Self::Advanced,
        Self::DifferenceConfirmed,
        Self::DifferenceClawedBack,
        Self::DifferenceWrittenOff,
        Self::DifferenceUndone,
    ];

    /// Its name in lists and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reserved => "reserved",
            Self::Released => "released",
            Self::Paid => "paid",
            Self::Final => "final",
            Self::Reversed => "reversed",
            Self::Reopened => "reopened",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Settled => "settled",
            Self::ClawedBack => "clawed_back",
            Self::CashUnapplied => "cash_unapplied",
            Self::UnappliedReversed => "unapplied_reversed",
            Self::Disputed => "disputed",
            Self::DisputeRejected => "dispute_rejected",
            Self::UnappliedMatched => "unapplied_matched",
            Self::UnappliedRefunded => "unapplied_refunded",
            Self::RefundIssued => "refund_issued",
            Self::RefundReserved => "refund_reserved",
            Self::RefundUnreserved => "refund_unreserved",
            Self::RefundPinWrong => "refund_pin_wrong",
            Self::RefundSuspect => "refund_suspect",
            Self::RefundPaid => "refund_paid",
            Self::RefundReturned => "refund_returned",
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Funded => "funded",
            Self::PayoutRecorded => "payout_recorded",
            Self::PayoutConfirmed => "payout_confirmed",
            Self::PayoutReturned => "payout_returned",
            Self::Advanced => "advanced",
            Self::DifferenceConfirmed => "difference_confirmed",
            Self::DifferenceClawedBack => "difference_clawed_back",
            Self::DifferenceWrittenOff => "difference_written_off",
            Self::DifferenceUndone => "difference_undone",
        }
    }

    /// What a merchant may be told when this happens; nothing where it is nobody's business, or
    /// where the news is held back until it is final (rule 6).
    pub const fn announcement(self, announce: Announce) -> Option<Announcement> {
        match (self, announce) {
            (Self::Opened, _) => Some(Announcement::Pending),
            (Self::Paid | Self::UnappliedMatched, Announce::AtOnce)
            | (Self::Final, Announce::WhenFinal) => Some(Announcement::Paid),
            (Self::Reversed, _) => Some(Announcement::Reversed),
            (Self::Cancelled, _) => Some(Announcement::Cancelled),
            (Self::Expired, _) => Some(Announcement::Expired),
            (Self::Paid | Self::UnappliedMatched, Announce::WhenFinal)
            | (Self::Final, Announce::AtOnce)
            | (
                Self::Reserved
                | Self::Released
                | Self::Reopened
                | Self::Settled
                | Self::ClawedBack
                | Self::CashUnapplied
                | Self::UnappliedReversed
                | Self::Disputed
                | Self::DisputeRejected
                | Self::UnappliedRefunded
                | Self::RefundIssued
                | Self::RefundReserved
                | Self::RefundUnreserved
                | Self::RefundPinWrong
                | Self::RefundSuspect
                | Self::RefundPaid
                | Self::RefundReturned
                | Self::Proposed
                | Self::Approved
                | Self::Rejected
                | Self::Funded
                | Self::PayoutRecorded
                | Self::PayoutConfirmed
                | Self::PayoutReturned
                | Self::DifferenceConfirmed
                | Self::DifferenceClawedBack
                | Self::DifferenceWrittenOff
                | Self::DifferenceUndone
                | Self::Advanced,
                _,
            ) => None,
        }
    }
}

/// What a merchant is told. Each dialect has its own words, and says which of these it announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Announcement {
    /// The payment waits for its cash.
    Pending,
    /// It is paid.
    Paid,
    /// It was paid, and is not any more.
    Reversed,
    /// It was withdrawn.
    Cancelled,
    /// Its time is over.
    Expired,
}

impl Announcement {
    /// Every announcement.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Paid, Self::Reversed, Self::Cancelled, Self::Expired];
}

/// Who gave a command (rule 20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A merchant, through its account.
    Merchant(crate::ids::AccountNo),
    /// A retailer or switch.
    Partner(crate::ids::PartnerNo),
    /// Somebody at the command line.
    Operator,
    /// The clock.
    Sweep,
}

/// One thing that happened to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its row, in the order of commits.
    pub no: EventNo,
    /// To which payment; none for cash with an unknown code.
    pub payment: Option<PaymentNo>,
    /// What.
    pub kind: EventKind,
    /// When, by our clock.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// Why, where somebody said.
    pub reason: Option<String>,
    /// The sale that caused it.
    pub sale: Option<SaleNo>,
}
