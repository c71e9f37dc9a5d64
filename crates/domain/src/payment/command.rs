//! What can be asked of a payment.

use crate::{
    ids::SaleNo,
    money::Rupiah,
    retailer::{NetworkKey, Retailer, RetailerKey},
    time::{BusinessDate, Span, Timestamp},
};

/// What can be asked of a payment that exists.
#[derive(Debug, Clone, Copy)]
pub enum Command<'a> {
    /// May this be paid here? Grants nothing.
    Inquire(Take<'a>),
    /// The payer hands over the cash.
    Pay(Offer<'a>),
    /// The cash was taken; is it booked? Given only where the contract lets an advice create.
    Advise(Offer<'a>),
    /// The reserved sale is done.
    Commit(Take<'a>),
    /// The counter takes the sale back.
    Reverse {
        /// Which sale, and whose.
        take: Take<'a>,
        /// How much is given back.
        amount: Rupiah,
    },
    /// The reservation timed out.
    Release {
        /// The grace of the retailer that holds it.
        grace: Span,
    },
    /// The merchant or an operator withdraws it.
    Cancel,
    /// The merchant ends its time.
    Expire,
    /// The deadline passed.
    ExpireByDeadline {
        /// The grace that an inquiry before the deadline opened, or none.
        grace: Span,
    },
    /// The time for a reversal passed.
    Finalize,
    /// The money became available.
    Settle,
    /// The money is made available before it is there (rule 28).
    Advance,
    /// The retailer took the money back, by two persons' word or its file.
    ClawBack,
    /// Cash that fitted nowhere is put to it, by two persons' word (rule 10).
    Match(Found),
}

/// A counter's message about a payment: which sale, at whose counter, by which clock.
#[derive(Debug, Clone, Copy)]
pub struct Take<'a> {
    /// The sale's row.
    pub sale: SaleNo,
    /// Who takes the cash.
    pub retailer: &'a Retailer,
    /// The network whose code was read out.
    pub network: NetworkKey,
    /// The till's clock.
    pub till_at: Timestamp,
}

/// Cash on the counter.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Which sale, at whose counter.
    pub take: Take<'a>,
    /// What is handed over.
    pub tendered: Rupiah,
    /// How much of it in notes and coins, where the till says so.
    pub cash: Option<Rupiah>,
    /// When a durable inquiry of the same code by the same partner was received.
    pub inquired_at: Option<Timestamp>,
    /// Whether late cash may re-open an expired payment (rule 10).
    pub late_accepted: bool,
}

/// Unapplied cash, as its sale brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The sale's row.
    pub sale: SaleNo,
    /// Who took it.
    pub retailer: RetailerKey,
    /// The till's clock.
    pub till_at: Timestamp,
    /// The retailer's day on which it was booked.
    pub business_date: BusinessDate,
    /// When no reversal of the sale is accepted any more (rule 7).
    pub final_after: Timestamp,
    /// How much.
    pub cash: Rupiah,
}
