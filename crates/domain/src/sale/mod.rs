//! Sales: the retailer's side of one attempt, under the retailer's own number (rules 1 to 3).
//!
//! A sale's row is made by the first payment, advice or reversal that names it, and occupies the one
//! unique key (partner, sale key): so a reversal that overtakes its payment wins in the database too
//! (rule 17). Where keys hold a date, `days` says which sale is meant, and the one committer decides
//! the race instead.

mod days;

mod key;

pub use days::{Day, Remembered};
pub use key::{DayKeys, NotASaleKey, SaleKey, SaleKeys, SaleParts};

use crate::{
    code::PaymentCode,
    ids::{PartnerNo, PaymentNo, SaleNo},
    money::Rupiah,
    retailer::RetailerKey,
    time::Timestamp,
};

/// How a sale stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SaleState {
    /// It holds its payment and owes a commit.
    Reserved,
    /// It paid its payment.
    Booked,
    /// It was declined; the cashier gave the cash back.
    Refused,
    /// Its cash was taken, and fits no payment.
    Unapplied,
    /// Its reservation was given up.
    Released,
    /// It was taken back.
    Reversed,
    /// It was taken back before it came.
    Tombstone,
}

impl SaleState {
    /// Its name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Booked => "booked",
            Self::Refused => "refused",
            Self::Unapplied => "unapplied",
            Self::Released => "released",
            Self::Reversed => "reversed",
            Self::Tombstone => "tombstone",
        }
    }
}

/// A sale as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Its row.
    pub no: SaleNo,
    /// Who told us.
    pub partner: PartnerNo,
    /// The retailer's name for it.
    pub key: SaleKey,
    /// Who took the cash.
    pub retailer: RetailerKey,
    /// The code that was read out.
    pub code: PaymentCode,
    /// What was handed over.
    pub amount: Rupiah,
    /// The payment, where the code names one.
    pub payment: Option<PaymentNo>,
    /// The till's clock.
    pub till_at: Timestamp,
    /// Our clock.
    pub received_at: Timestamp,
    /// How it stands.
    pub state: SaleState,
}

/// Which message a till sends about a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// May this code be paid here?
    Inquiry,
    /// The payer hands over the cash.
    Payment,
    /// The reserved payment is done.
    Commit,
    /// This was done; is it booked?
    Advice,
    /// Take it back.
    Reversal,
    /// Hand cash over to the payer, for a refund code (rule 35).
    Payout,
}

/// How a message meets what is remembered of its sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing is known: decide.
    First,
    /// Something is known that does not stand: decide anew, on the same row.
    Anew,
    /// It stands: give the stored answer, byte for byte.
    Repeat,
    /// It was taken back: nothing but "reversed" from now on (rule 2).
    TakenBack,
    /// The number was used with other content.
    Conflict,
}

/// How `operation` with this code and amount meets the sale's row (rules 1 to 3).
///
/// `amount` is none for a commit, which carries none.
pub fn meet(
    standing: Option<&Sale>,
    operation: Operation,
    code: &PaymentCode,
    amount: Option<Rupiah>,
) -> Meeting {
    use {Operation as O, SaleState as S};

    let Some(sale) = standing else {
        return Meeting::First;
    };
    let other = sale.code != *code || amount.is_some_and(|amount| amount != sale.amount);
    match (operation, sale.state) {
        // A code that differs is never the same sale, whatever became of it.
        _ if sale.code != *code => Meeting::Conflict,
        (O::Payment | O::Payout | O::Advice | O::Commit, S::Reversed | S::Tombstone) => {
            Meeting::TakenBack
        }
        (O::Payment | O::Payout | O::Advice, _) if other => Meeting::Conflict,

        (O::Payment | O::Payout, S::Reserved | S::Booked | S::Refused | S::Unapplied)
        | (O::Advice, S::Reserved | S::Booked | S::Unapplied)
        | (O::Reversal, S::Reversed | S::Tombstone) => Meeting::Repeat,

        // A till that advises a sale we declined has taken the cash all the same (rule 3). An
        // inquiry may share its number with the sale that follows; the payment decides it.
        (O::Payment | O::Payout, S::Released)
        | (O::Advice, S::Refused | S::Released)
        | (
            O::Commit | O::Reversal,
            S::Reserved | S::Released | S::Booked | S::Refused | S::Unapplied,
        )
        | (
            O::Inquiry,
            S::Reserved
            | S::Booked
            | S::Refused
            | S::Unapplied
            | S::Released
            | S::Reversed
            | S::Tombstone,
        ) => Meeting::Anew,
    }
}

#[cfg(test)]
mod tests;
