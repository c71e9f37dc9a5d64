//! What a merchant asks about its own account: lists, balances, and ids used up.

use domain::{ids::AccountNo, money::Balance, time::Timestamp};
pub use storage::Standing;

/// A merchant's number for one request, good once per account, endpoint and Jakarta day (rule 25).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExternalUse {
    /// The dialect's name of the endpoint; the same id may be used at each.
    pub endpoint: &'static str,
    /// The merchant's number.
    pub id: String,
}

/// Which payments of an account to list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// Whose.
    pub account: AccountNo,
    /// Opened at this instant or later.
    pub opened_from: Option<Timestamp>,
    /// Opened before this instant.
    pub opened_before: Option<Timestamp>,
    /// Standing so only.
    pub standing: Option<Standing>,
    /// How many of the newest are left out.
    pub skip: u32,
    /// At most so many.
    pub count_max: u32,
}

/// What a merchant is owed, from the ledger (rule 40).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balances {
    /// Paid at a counter and not available yet. Positive when the merchant is owed.
    pub pending: Balance,
    /// Available. Negative after a clawback of what was paid out already.
    pub active: Balance,
}
