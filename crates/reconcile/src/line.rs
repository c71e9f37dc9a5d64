//! One line of a retailer's file.

use std::{borrow::Cow, fmt};

use arrayvec::ArrayString;
use domain::{
    code::PaymentCode,
    money::Rupiah,
    sale::SaleKey,
    time::{BusinessDate, Timestamp},
};

/// The name of an outlet or terminal: 1 to 32 visible ASCII characters and blanks.
pub type Word = ArrayString<32>;

/// What a line says of its sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Cash was taken.
    Paid,
    /// Cash was given back, or none was taken.
    Reversed,
    /// The retailer does not know.
    Suspect,
}

impl Status {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Reversed => "reversed",
            Self::Suspect => "suspect",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One sale, as the retailer tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which of the run's files, from 0: a day may have several.
    pub file: u16,
    /// Where in it, from 1.
    pub number: u64,
    /// The sale's key, in the form under which the counter's messages name it (rule 1); none where
    /// the file has no number.
    pub sale: Option<SaleKey>,
    /// What the payer read out.
    pub code: PaymentCode,
    /// What the payer handed over.
    pub amount: Rupiah,
    /// What the retailer keeps, where the file says so.
    pub fee: Option<Rupiah>,
    /// When, by the till's clock, as far as the file says; a day without a time is its midnight.
    pub sold_at: Option<Timestamp>,
    /// On which of the retailer's days by that time; the file's own day where there is no time.
    pub business_date: BusinessDate,
    /// Where.
    pub outlet: Option<Word>,
    /// At which till.
    pub terminal: Option<Word>,
    /// What became of it.
    pub status: Status,
}

impl Line {
    /// What tells it from other lines of its retailer and business date (rule 34): the sale's key, or
    /// code, outlet, terminal and time where there is none.
    ///
    /// It has at most 176 bytes, and is what cash is booked under that only the file tells of.
    pub fn identity(&self) -> Cow<'_, str> {
        match &self.sale {
            Some(key) => Cow::Borrowed(key.as_str()),
            None => Cow::Owned(format!(
                "{}*{}*{}*{}",
                self.code,
                self.outlet.unwrap_or_default().replace(' ', "_"),
                self.terminal.unwrap_or_default().replace(' ', "_"),
                self.sold_at.unwrap_or_default().millis()
            )),
        }
    }
}
