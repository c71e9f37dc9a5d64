//! Refund codes (rule 35).

use domain::{code::PaymentCode, ids::SaleNo, refund::RefundCode, time::Timestamp};

use crate::Digest;

/// A refund code.
#[derive(Clone, PartialEq, Eq)]
pub struct RefundRow {
    /// Its row.
    pub no: i64,
    /// The unapplied cash that it pays back, by its number.
    pub cash: i64,
    /// The sale that brought the cash. Every event about the code names it.
    pub cash_sale: SaleNo,
    /// What is read out at the counter.
    pub code: PaymentCode,
    /// A keyed hash of code and PIN.
    pub pin: [u8; 32],
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Everything that decides what becomes of it.
    pub refund: RefundCode,
    /// The digest of all the above.
    pub digest: Digest,
}

/// The PIN's hash is left out: six digits are soon tried by whoever has its key.
impl std::fmt::Debug for RefundRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefundRow")
            .field("no", &self.no)
            .field("cash", &self.cash)
            .field("refund", &self.refund)
            .finish_non_exhaustive()
    }
}

/// Which refund codes a batch touches, each with its cash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundWanted {
    /// By what was read out.
    Code(PaymentCode),
    /// By its number.
    No(i64),
    /// The newest of this unapplied cash.
    Cash(i64),
}
