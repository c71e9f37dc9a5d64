//! What can become of a line of theirs or a record of ours.

use std::borrow::Cow;

use domain::{
    code::PaymentCode,
    ids::PaymentNo,
    money::Rupiah,
    retailer::RetailerKey,
    sale::SaleState,
    time::{BusinessDate, Timestamp},
};

pub use domain::outcome::Outcome;

use super::earlier::Was;
use crate::line::{Line, Status};

/// In what line and record differ, beside what the outcome says. Several can be so at once.
#[expect(clippy::struct_excessive_bools, reason = "any combination of them can be")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Differs {
    /// The amount.
    pub amount: bool,
    /// The fee, where both sides name one.
    pub fee: bool,
    /// The business date: the file's is not the record's.
    pub day: bool,
    /// The payment code: the sale's number is known to us, but with another code, so that the line
    /// counts as a stranger. The record is shown, and not taken.
    pub code: bool,
}

/// A record of ours, as rows show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OursView<'a> {
    /// Where it stood among the records that were given, from 0.
    pub place: usize,
    /// The sale's key.
    pub sale: Option<&'a str>,
    /// The payment, where cash was applied to one.
    pub payment: Option<PaymentNo>,
    /// The payment code.
    pub code: PaymentCode,
    /// What was handed over.
    pub amount: Rupiah,
    /// The retailer's part of the fee.
    pub fee: Option<Rupiah>,
    /// Who took it.
    pub retailer: RetailerKey,
    /// The outlet.
    pub outlet: Option<&'a str>,
    /// The terminal.
    pub terminal: Option<&'a str>,
    /// The till's clock.
    pub till_at: Timestamp,
    /// The day on which we booked it.
    pub business_date: BusinessDate,
    /// How it stands.
    pub state: SaleState,
}

impl OursView<'_> {
    /// What tells it from other records, in the form of a line's identity.
    pub fn identity(&self) -> Cow<'_, str> {
        let word = |text: Option<&str>| text.unwrap_or_default().replace(' ', "_");
        match self.sale {
            Some(key) => Cow::Borrowed(key),
            None => Cow::Owned(format!(
                "{}*{}*{}*{}",
                self.code,
                word(self.outlet),
                word(self.terminal),
                self.till_at.millis()
            )),
        }
    }
}

/// What is new about a row, compared with the file's earlier version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// There was no earlier version, or it had no such line.
    New,
    /// It was otherwise: undo this, then do what the row says.
    Was(Was<'a>),
}

/// What became of one line or record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// What.
    pub outcome: Outcome,
    /// Their line; none for ours only and withdrawn.
    pub line: Option<&'a Line>,
    /// Our record, where there is one.
    pub ours: Option<OursView<'a>>,
    /// In what they differ.
    pub differs: Differs,
    /// Whether the line was found without its own number, so that an alias from its identity to our
    /// sale should be kept (rule 33).
    pub alias: bool,
    /// For ours only: how many business dates it has been carried. From three it is suspect (rule 34).
    pub carried: Option<u16>,
    /// What the file's earlier version said.
    pub change: Change<'a>,
}

/// After how many business dates an ours-only record is suspect (rule 34).
pub const CARRIED_MAX: u16 = 3;

impl Row<'_> {
    /// Whether this is an ours-only record that was carried long enough to be suspect (rule 34).
    pub fn is_overdue(&self) -> bool {
        self.carried.is_some_and(|dates| dates >= CARRIED_MAX)
    }

    /// What they say was handed over.
    pub fn their_amount(&self) -> Option<Rupiah> {
        self.line.map(|line| line.amount)
    }

    /// What to remember of this row, so that a later run over the same day brings only differences;
    /// none where something was withdrawn, which is to be forgotten.
    ///
    /// What waits (for an advice, for the retailer) is remembered too: it comes out again when it
    /// became something else.
    pub fn earlier(&self) -> Option<super::Earlier> {
        if self.outcome == Outcome::Withdrawn {
            return None;
        }
        let (identity, content) = match (self.line, self.ours) {
            (Some(line), _) => (line.identity().into_owned(), content(line)),
            (None, Some(ours)) => (ours.identity().into_owned(), content_of(&ours)),
            (None, None) => return None,
        };
        let outcome = self.outcome;
        Some(super::Earlier { identity, outcome, content })
    }
}

/// What of a line must be the same for it to be the same line.
pub(super) fn content(line: &Line) -> super::Content {
    let status: Option<Status> = Some(line.status);
    super::Content { code: line.code, amount: line.amount, fee: line.fee, status }
}

/// The same of a record that no line is about.
pub(super) fn content_of(ours: &OursView<'_>) -> super::Content {
    super::Content { code: ours.code, amount: ours.amount, fee: ours.fee, status: None }
}
