//! Digests that lie beside their rows: of tables whose rows no event of the chain tells whole (rule 18).

use crate::Digest;

/// A table whose rows have their digests in the table of digests. A new one needs a row here, what its
/// digest covers (`gateway`'s `chain/rows.rs`), and a walk for whoever checks everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digested {
    /// Retailers' files.
    File,
    /// Their lines.
    FileLine,
    /// Sales booked from files under another name.
    FileAlias,
    /// Payments that stand in files, by the payment's number.
    Matched,
    /// Retailers' transfers.
    Funding,
    /// Payouts.
    Payout,
    /// Unapplied cash.
    Unapplied,
    /// Refused reversals.
    Dispute,
    /// Advances, by the payment's number.
    Advance,
    /// Where an account's own events end, by the account's number; the rows hold their digests
    /// themselves.
    OwnEvents,
}

/// The digest of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowDigest {
    /// Whose row.
    pub table: Digested,
    /// Its number; 0 for the digest of where the table ends.
    pub no: i64,
    /// The digest; none where the row is gone.
    pub digest: Option<Digest>,
}
