//! Money between banks: what retailers transfer, what merchants are paid, and which payments stand in
//! retailers' files (rule 28).

use domain::{
    ids::{AccountNo, PaymentNo},
    ledger::Transfer,
    money::{Balance, Rupiah},
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
    transfer::{FundingRefusal, PayoutRefusal},
};
use storage::{FundingRow, PayoutRow, RetailerDayRow};

use super::Unavailable;

/// A person says that money moved.
#[derive(Debug, Clone)]
pub struct MovementRequest {
    /// What moved.
    pub movement: Movement,
    /// Who says so, for people.
    pub by: String,
    /// Why, where somebody said.
    pub reason: Option<String>,
    /// When it was said.
    pub received_at: Timestamp,
}

/// Money that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Movement {
    /// A retailer transferred what it took on a day, or a part of it.
    Fund {
        /// How much, and for which day.
        transfer: Transfer,
        /// What the bank calls it; once per day of a retailer.
        reference: String,
        /// Whether more than the retailer owes is kept as a difference; otherwise it is refused.
        keep_difference: bool,
    },
    /// The bank was told to pay a merchant.
    PayOut {
        /// Whom.
        account: AccountNo,
        /// How much.
        amount: Rupiah,
        /// What the bank was told; once per account.
        reference: String,
    },
    /// A payout arrived.
    Confirm {
        /// Its number.
        payout: i64,
    },
    /// A payout came back.
    GiveBack {
        /// Its number.
        payout: i64,
    },
}

/// What a movement came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// A transfer is booked.
    Funding {
        /// The transfer.
        row: FundingRow,
        /// Its day, with this transfer.
        day: RetailerDayRow,
        /// What the retailer still owes for it.
        owed: Balance,
        /// Whether it was booked by this very request.
        is_new: bool,
    },
    /// A payout stands so.
    Payout {
        /// The payout.
        row: PayoutRow,
        /// What is available to the merchant now, positive when it is owed; none where the answer did
        /// not depend on it.
        active: Option<Balance>,
        /// Whether it was changed by this very request.
        is_new: bool,
    },
}

/// Why a movement is not booked. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MovementError {
    /// The transfer cannot be booked so.
    #[error("{0}")]
    Funding(#[from] FundingRefusal),
    /// The payout cannot be, or stays as it is.
    #[error("{0}")]
    Payout(#[from] PayoutRefusal),
    /// Something else was booked under the reference.
    #[error(
        "the reference `{reference}` is taken by {by}; another transfer needs another reference"
    )]
    ReferenceTaken {
        /// The reference.
        reference: String,
        /// By what.
        by: String,
    },
    /// There is no such payout.
    #[error("there is no payout {0}; `gerai payout list` shows all")]
    NoSuchPayout(i64),
    /// Nothing was decided.
    #[error("{0}")]
    Unavailable(#[from] Unavailable),
}

/// A retailer's file that is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedFile {
    /// Whose.
    pub retailer: RetailerKey,
    /// For which of its days.
    pub business_date: BusinessDate,
    /// 1 for the first of a day and profile, one more for each that replaces it.
    pub revision: u32,
    /// Its name.
    pub name: String,
    /// The profile it was read by.
    pub profile: String,
    /// Of its bytes.
    pub sha256: [u8; 32],
    /// How many sales it has.
    pub lines: i64,
    /// Their sum, in whole rupiah.
    pub total: i64,
    /// Who posts it, for people.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Payments that stand in a retailer's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchRequest {
    /// The file, as posted before.
    pub file: i64,
    /// The payments.
    pub lines: Vec<MatchLine>,
    /// When.
    pub at: Timestamp,
}

/// A payment that stands in a retailer's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchLine {
    /// Which.
    pub payment: PaymentNo,
    /// On which line, from 1; none where somebody confirmed what no line says.
    pub line: Option<i64>,
    /// The retailer's commission, as the file says.
    pub commission: Rupiah,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// The payment is matched now.
    Matched,
    /// It was matched before, and stays so.
    Already,
    /// It is paid and can still be reversed: match it when that is over.
    NotFinal,
    /// It is not paid, or was taken back.
    NotPaid,
    /// There is no such payment.
    Unknown,
}
