//! Refund codes (rule 35): how the gateway is told about them, and what tills are told.

use domain::{money::Rupiah, time::Span, time::Timestamp};

/// How refund codes are issued, where the operator turned them on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundTerms {
    /// The most that one code pays out, in whole rupiah.
    pub cap: Rupiah,
    /// How long a code can be paid out.
    pub lifetime: Span,
}

/// A refund code that was issued just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedRefund {
    /// Its number.
    pub no: i64,
    /// From when on it is not paid out any more.
    pub expires_at: Timestamp,
}

/// What a till shows of a refund code. It names nobody: whoever has code and PIN is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundBill {
    /// What is handed over.
    pub amount: Rupiah,
    /// From when on it is not.
    pub expires_at: Timestamp,
}
