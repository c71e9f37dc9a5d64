//! Signed roots of the chains (rule 18).

use domain::ids::EventNo;

/// What was true of a committer's chain when a minute was over, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRootRow {
    /// Its row, counted from 1 without gaps.
    pub no: i64,
    /// Whose chain; 0 while there is one committer.
    pub committer: u32,
    /// The minute, counted since 1970-01-01 UTC.
    pub minute: i64,
    /// The last event of the minute.
    pub last_event: EventNo,
    /// The last entry of the ledger until then; 0 where there was none.
    pub last_entry: i64,
    /// The last payment until then.
    pub last_payment: i64,
    /// The last sale until then.
    pub last_sale: i64,
    /// The link of the last event.
    pub chain: [u8; 32],
    /// SHA-256 over all the above and the root before.
    pub root: [u8; 32],
    /// The installation's Ed25519 signature of the root.
    pub signature: [u8; 64],
}
