//! Gerai's own events: what a merchant may be told without any vendor's words (rule 27).

use crate::{event::EventKind, payment::Announce};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What an own event says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OwnKind { $($(#[$doc])* $variant),* }

        impl OwnKind {
            /// Every kind, in the order of the list in docs/notifications.md.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

kinds! {
    /// The merchant opened the payment.
    Opened = "payment.opened";
    /// A counter asked for it, and the retailer's contract has that written down (rule 4).
    Inquired = "payment.inquired";
    /// Cash was taken for it.
    Paid = "payment.paid";
    /// No reversal is accepted any more.
    Final = "payment.final";
    /// The counter took it back.
    Reversed = "payment.reversed";
    /// Its time is over.
    Expired = "payment.expired";
    /// The merchant or an operator withdrew it.
    Cancelled = "payment.cancelled";
    /// Its money is available.
    Settled = "payment.settled";
    /// The retailer took the money back after it was final.
    ClawedBack = "payment.clawed_back";
    /// A reversal of it was refused and waits for an operator (rule 8).
    Disputed = "payment.disputed";
    /// That reversal stays refused.
    DisputeRejected = "payment.dispute_rejected";
    /// Cash came for it that fits nowhere.
    UnappliedRecorded = "unapplied.recorded";
    /// The counter took that cash back.
    UnappliedReversed = "unapplied.reversed";
    /// That cash was put to the payment, which is paid by it.
    UnappliedMatched = "unapplied.matched";
    /// That cash was given back to the payer by a bank transfer.
    RefundRecorded = "refund.recorded";
    /// A refund code was issued for that cash (rule 35).
    RefundIssued = "refund.issued";
    /// The cash was handed over for that code.
    RefundPaid = "refund.paid";
    /// Nobody knows yet whether it was handed over: the retailer's file will say.
    RefundSuspect = "refund.suspect";
    /// That code ended without a pay-out; the cash waits again.
    RefundReturned = "refund.returned";
    /// An endpoint of the merchant does not answer as it should; attempts are spaced out.
    Failing = "notification.failing";
}

impl OwnKind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Which own events an event of the chain is told as, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Nobody's business but the operator's, or nothing that was ever told is taken back by it.
    Not,
    /// With the change of the payment's state, which its order may keep to itself (rule 36).
    WithChange(&'static [OwnKind]),
    /// Wherever it is written down: it is about cash, not about how the order stands.
    AsItIs(OwnKind),
}

/// How an event of the chain is told to a merchant that hears of payments so (rule 6).
pub const fn told(kind: EventKind, announce: Announce) -> Told {
    use OwnKind as K;
    match (kind, announce) {
        (EventKind::Opened, _) => Told::WithChange(&[K::Opened]),
        (EventKind::Paid, Announce::AtOnce) => Told::WithChange(&[K::Paid]),
        (EventKind::UnappliedMatched, Announce::AtOnce) => {
            Told::WithChange(&[K::UnappliedMatched, K::Paid])
        }
        (EventKind::Final, Announce::AtOnce) => Told::WithChange(&[K::Final]),
        // What was held back is told now, in the order in which it happened.
        (EventKind::Final, Announce::WhenFinal) => Told::WithChange(&[K::Paid, K::Final]),
        (EventKind::Reversed, _) => Told::WithChange(&[K::Reversed]),
        (EventKind::Cancelled, _) => Told::WithChange(&[K::Cancelled]),
        (EventKind::Expired, _) => Told::WithChange(&[K::Expired]),
        (EventKind::Settled | EventKind::Advanced, _) => Told::WithChange(&[K::Settled]),
        (EventKind::ClawedBack, _) => Told::WithChange(&[K::ClawedBack]),
        (EventKind::CashUnapplied, _) => Told::AsItIs(K::UnappliedRecorded),
        (EventKind::UnappliedReversed, _) => Told::AsItIs(K::UnappliedReversed),
        (EventKind::UnappliedRefunded, _) => Told::AsItIs(K::RefundRecorded),
        (EventKind::RefundIssued, _) => Told::AsItIs(K::RefundIssued),
        (EventKind::RefundPaid, _) => Told::AsItIs(K::RefundPaid),
        (EventKind::RefundSuspect, _) => Told::AsItIs(K::RefundSuspect),
        (EventKind::RefundReturned, _) => Told::AsItIs(K::RefundReturned),
        (EventKind::Disputed, _) => Told::AsItIs(K::Disputed),
        (EventKind::DisputeRejected, _) => Told::AsItIs(K::DisputeRejected),
        // Only what no merchant was told may open again (rule 6).
        (EventKind::Paid | EventKind::UnappliedMatched, Announce::WhenFinal)
        | (
            EventKind::Reserved
            | EventKind::Released
            | EventKind::Reopened
            | EventKind::Proposed
            | EventKind::Approved
            | EventKind::Rejected
            | EventKind::RefundReserved
            | EventKind::RefundUnreserved
            | EventKind::RefundPinWrong
            | EventKind::Funded
            | EventKind::PayoutRecorded
            | EventKind::PayoutConfirmed
            | EventKind::PayoutReturned
            | EventKind::DifferenceConfirmed
            | EventKind::DifferenceClawedBack
            | EventKind::DifferenceWrittenOff
            | EventKind::DifferenceUndone,
            _,
        ) => Told::Not,
    }
}
