//! Lines of a retailer's file that are posted.

use std::ops::AddAssign;

use domain::{
    money::Rupiah,
    time::{Span, Timestamp},
};
use storage::FileLineRow;

use super::CounterRequest;

/// Lines of one file, posted in one commit. Give it at most a thousand at a time.
#[derive(Debug, Clone)]
pub struct LinesRequest {
    /// The file, as posted before.
    pub file: i64,
    /// The lines.
    pub lines: Vec<LineToPost>,
    /// When.
    pub at: Timestamp,
}

/// One line, and what is to be done because of it.
#[derive(Debug, Clone)]
pub struct LineToPost {
    /// What is written down, with the number of the row that it replaces or 0. Sale and payment are
    /// filled in where the line books cash.
    pub row: FileLineRow,
    /// What else is done, in the same commit.
    pub act: LineAct,
}

/// What is done because of a line.
#[derive(Debug, Clone)]
pub enum LineAct {
    /// Nothing: it is only written down.
    Note,
    /// Its payment does not stand in the file any more, or otherwise: it is not matched any more.
    Unmatch,
    /// Its payment is matched.
    Match {
        /// What the retailer keeps.
        commission: Rupiah,
    },
    /// Cash that only the file tells of is booked, as an advice that may create would book it.
    Book {
        /// The advice that nobody sent.
        request: Box<CounterRequest>,
        /// How far a till's time may be from the file's, where the line lacks the till's number:
        /// then an advice that comes later is told by code, amount, outlet and time (rule 33).
        alias: Option<Span>,
        /// What the retailer keeps, where the file says so.
        commission: Option<Rupiah>,
    },
}

/// What posting lines came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinesPosted {
    /// Lines written down.
    pub lines: u64,
    /// Payments matched.
    pub matched: u64,
    /// Payments matched before that are not any more.
    pub unmatched: u64,
    /// Payments that cash from the file paid.
    pub paid: u64,
    /// Lines whose cash was booked though it fits no payment.
    pub unapplied: u64,
    /// Lines whose cash cannot be booked; somebody has to look.
    pub stuck: u64,
    /// Payments that a till can still reverse: nothing was written, another run matches them.
    pub not_final: u64,
}

impl AddAssign for LinesPosted {
    fn add_assign(&mut self, more: Self) {
        self.lines += more.lines;
        self.matched += more.matched;
        self.unmatched += more.unmatched;
        self.paid += more.paid;
        self.unapplied += more.unapplied;
        self.stuck += more.stuck;
        self.not_final += more.not_final;
    }
}
