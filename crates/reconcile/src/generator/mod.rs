//! Files with known errors in them, to see whether all are found and none is invented.
//!
//! A [`Day`] is a retailer's day of sales, made from a seed: the same seed makes the same day. Sale
//! number *i* is computed from the seed and *i* alone, so a day of any length costs no memory. Of each
//! sale it is known what we remember, which lines the file has, and what must come out.

mod sale;
mod write;

use std::iter;

use domain::{
    retailer::RetailerKey,
    time::{BusinessDate, Span},
};

use self::sale::Sale;
pub use self::write::{WriteError, write};
use crate::{
    line::Line,
    matcher::{Ours, Outcome, Settings},
    profile::{FileSaleKey, Pattern, Profile},
};

/// What was planted in a sale. The names say what a file and our records have of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plant {
    /// Both have it, and agree.
    Nothing,
    /// The file lacks the line.
    NoLine,
    /// The file lacks the line, and we have carried the sale for three dates.
    NoLineForDays,
    /// We lack the record.
    NoRecord,
    /// We lack the record, and an advice may still come.
    NoRecordYet,
    /// We lack the record, and the file has the line twice.
    NoRecordTwice,
    /// The file has another amount.
    Amount,
    /// The file has another fee.
    Fee,
    /// The file has the line twice.
    Twice,
    /// The file has the line twice, the first time with another amount.
    TwiceOnceWrong,
    /// Another day's file had the line already.
    Again,
    /// The file says reversed.
    ReversedByThem,
    /// The file has the sale, and its reversal.
    SoldAndReversedByThem,
    /// We reversed it.
    ReversedByUs,
    /// We had the reversal before the payment.
    Tombstone,
    /// Both say reversed.
    ReversedByBoth,
    /// We reversed it; the file has the sale, and its reversal.
    SoldAndReversedByBoth,
    /// The file has a reversal of something that we never heard of.
    ReversalOfNothing,
    /// We refused it; the file has the sale.
    Refused,
    /// Cash that fits no payment; both have it.
    Unapplied,
    /// Late in the evening: we booked it on the day before.
    DayBefore,
    /// Late in the evening: we booked it on the day after.
    DayAfter,
    /// The file does not know.
    Suspect,
}

impl Plant {
    /// Every kind.
    pub const ALL: [Self; 23] = [
        Self::Nothing,
        Self::NoLine,
        Self::NoLineForDays,
        Self::NoRecord,
        Self::NoRecordYet,
        Self::NoRecordTwice,
        Self::Amount,
        Self::Fee,
        Self::Twice,
        Self::TwiceOnceWrong,
        Self::Again,
        Self::ReversedByThem,
        Self::SoldAndReversedByThem,
        Self::ReversedByUs,
        Self::Tombstone,
        Self::ReversedByBoth,
        Self::SoldAndReversedByBoth,
        Self::ReversalOfNothing,
        Self::Refused,
        Self::Unapplied,
        Self::DayBefore,
        Self::DayAfter,
        Self::Suspect,
    ];
}

/// A day of sales.
#[derive(Debug, Clone, Copy)]
pub struct Day<'p> {
    profile: &'p Profile,
    business_date: BusinessDate,
    sales: u32,
    seed: u64,
    odd_every: u32,
}

/// What must come out of one line, or of one record without a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expected {
    /// What.
    pub outcome: Outcome,
    /// The payment code.
    pub code: domain::code::PaymentCode,
    /// What the line or, without one, the record says was handed over, in whole rupiah.
    pub amount: i64,
}

impl<'p> Day<'p> {
    /// `sales` sales of `profile`'s retailer, one in `odd_every` of which is not as it should be.
    ///
    /// What a profile cannot express is not planted: other fees where it has no such column, reversals
    /// without a word for them.
    pub const fn new(
        profile: &'p Profile,
        business_date: BusinessDate,
        sales: u32,
        seed: u64,
        odd_every: u32,
    ) -> Self {
        Self { profile, business_date, sales, seed, odd_every }
    }

    /// The settings under which [`Day::expected`] holds: the file is read seven hours into
    /// the next business day, and advice may come for nine hours after a sale.
    pub fn settings(&self) -> Settings {
        let now = self.profile.day_begins_at(self.business_date.after()).plus(Span::hours(7));
        Settings::new(self.profile, self.business_date, now, Span::hours(9))
    }

    /// What we remember.
    pub fn ours(self) -> impl Iterator<Item = Ours> + 'p {
        self.sales().filter_map(Sale::ours)
    }

    /// What the file says.
    pub fn lines(self) -> impl Iterator<Item = Line> + 'p {
        self.sales().flat_map(Sale::lines)
    }

    /// What must come out, line by line and record by record, in no order.
    pub fn expected(self) -> impl Iterator<Item = Expected> + 'p {
        self.sales().flat_map(Sale::expected)
    }

    /// How many sales have each kind of plant, in the order of [`Plant::ALL`].
    pub fn planted(self) -> Vec<(Plant, u32)> {
        let mut counts: Vec<(Plant, u32)> = Plant::ALL.map(|plant| (plant, 0)).to_vec();
        for sale in self.sales() {
            for (_, count) in counts.iter_mut().filter(|(plant, _)| *plant == sale.plant) {
                *count += 1;
            }
        }
        counts
    }

    fn sales(self) -> impl Iterator<Item = Sale> + 'p {
        let mut number = 0;
        iter::from_fn(move || {
            let sale = (number < self.sales).then(|| Sale::new(&self, number))??;
            number += 1;
            Some(sale)
        })
    }

    /// Whether the profile's files can say it.
    fn can_say(&self, plant: Plant) -> bool {
        use crate::line::Status;
        let says = |status| {
            let words = &self.profile.status;
            words.words.iter().any(|(_, one)| *one == status)
                || status == Status::Reversed && self.profile.amounts.negative_is_reversed
        };
        match plant {
            Plant::Fee => self.profile.columns.fee.is_some(),
            Plant::Suspect => says(Status::Suspect),
            Plant::NoRecordYet => {
                let times = &self.profile.times;
                [&times.date, &times.time].into_iter().flatten().any(Pattern::has_time)
            }
            Plant::ReversedByThem
            | Plant::SoldAndReversedByThem
            | Plant::ReversedByBoth
            | Plant::SoldAndReversedByBoth
            | Plant::ReversalOfNothing => says(Status::Reversed),
            Plant::Nothing
            | Plant::NoLine
            | Plant::NoLineForDays
            | Plant::NoRecord
            | Plant::NoRecordTwice
            | Plant::Amount
            | Plant::Twice
            | Plant::TwiceOnceWrong
            | Plant::Again
            | Plant::ReversedByUs
            | Plant::Tombstone
            | Plant::Refused
            | Plant::Unapplied
            | Plant::DayBefore
            | Plant::DayAfter => true,
        }
    }

    fn retailer(&self) -> RetailerKey {
        self.profile.retailer()
    }

    fn sale_key(&self) -> FileSaleKey {
        self.profile.sale_key()
    }
}

#[cfg(test)]
mod tests;
