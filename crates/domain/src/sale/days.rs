//! Which sale a message means around midnight (rule 1).
//!
//! Where a retailer's numbers begin anew every business day, a sale's key holds a date, and that
//! date can only be taken from the message's own clock. So what follows a sale (commit, advice,
//! reversal, status) may be dated one day after it, and may even arrive before it. The rule:
//!
//! 1. What is remembered under the message's own date and has its payment code is the sale.
//! 2. Otherwise a *commit, advice, reversal or status* means the sale of the day before, if that has
//!    the same code; an advice, which may book cash, must agree with its amount too.
//! 3. Otherwise the day after is looked at, because what follows this message's sale may have
//!    overtaken it: a sale that was *taken back* there, under the same code, is this one, so that
//!    nothing is booked that a till has given back. To a *payment or advice* one that *holds cash*
//!    there, of the same code and amount, is this one too, so that no cash is booked twice.
//! 4. Otherwise the message is about a new sale under its own date, or, where another code has that
//!    number already, a conflict.
//!
//! A payment or inquiry therefore never means a sale of the day before: the number may rightly be
//! used again. For the same reason a tombstone lies under a key with the payment code in it
//! ([`super::DayKeys`]), where it is in no other code's way. A sale that came to nothing (refused, released) gives way in 1 and 2 to one that was
//! taken back the day after.

use super::{Operation, Sale, SaleState};
use crate::{code::PaymentCode, money::Rupiah};

/// On which business date a sale is remembered, seen from a message's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// The message's own.
    Own,
    /// The one before.
    Before,
    /// The one after.
    After,
}

/// What is remembered under each of a message's keys ([`super::SaleKeys`]): of each date the sale
/// with the message's code, else the tombstone of that code, else whatever has the number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remembered<'a> {
    /// Under its own date.
    pub own: Option<&'a Sale>,
    /// Under the date before.
    pub before: Option<&'a Sale>,
    /// Under the date after.
    pub after: Option<&'a Sale>,
}

/// What a sale's state means to a message of another day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// A payment or cash is bound to it.
    Holds,
    /// It came to nothing.
    Idle,
    /// It is dead.
    TakenBack,
}

const fn weight(state: SaleState) -> Weight {
    match state {
        SaleState::Reserved | SaleState::Booked | SaleState::Unapplied => Weight::Holds,
        SaleState::Refused | SaleState::Released => Weight::Idle,
        SaleState::Reversed | SaleState::Tombstone => Weight::TakenBack,
    }
}

impl Remembered<'_> {
    /// Where the sale is that `operation` with this code and amount means; none: it is a new one.
    ///
    /// A status asks as a commit does.
    pub fn meant(
        &self,
        operation: Operation,
        code: &PaymentCode,
        amount: Option<Rupiah>,
    ) -> Option<Day> {
        let same = |sale: &&Sale| sale.code == *code;
        let same_amount = |sale: &Sale| Some(sale.amount) == amount;
        let after = self.after.filter(same);
        let buried =
            after.filter(|sale| weight(sale.state) == Weight::TakenBack).map(|_| Day::After);
        if let Some(own) = self.own.filter(same) {
            let gives_way = weight(own.state) == Weight::Idle;
            return buried.filter(|_| gives_way).or(Some(Day::Own));
        }
        let conflict = self.own.map(|_| Day::Own);
        let booked = after
            .filter(|sale| weight(sale.state) == Weight::Holds && same_amount(sale))
            .map(|_| Day::After);
        let before = self.before.filter(same);
        match operation {
            Operation::Inquiry => conflict,
            Operation::Payment | Operation::Payout => conflict.or(buried).or(booked),
            Operation::Advice => {
                earlier(before.filter(|sale| same_amount(sale)), buried).or(booked).or(conflict)
            }
            Operation::Commit | Operation::Reversal => earlier(before, buried).or(conflict),
        }
    }
}

/// The sale of the day before, unless it came to nothing and the day after knows better.
fn earlier(before: Option<&Sale>, buried: Option<Day>) -> Option<Day> {
    match before {
        Some(sale) if weight(sale.state) == Weight::Idle => buried.or(Some(Day::Before)),
        Some(_) => Some(Day::Before),
        None => buried,
    }
}

#[cfg(test)]
mod tests;
