//! What refund codes post (rule 35).

use super::{Entry, LedgerAccount, mirrored};
use crate::{money::Rupiah, retailer::RetailerKey, time::BusinessDate};

/// A refund code was issued for unapplied cash: from now on it is owed to the payer.
pub fn refund_issued(taken_by: RetailerKey, cash: Rupiah) -> Vec<Entry> {
    vec![
        Entry::debit(LedgerAccount::Unapplied(taken_by), cash),
        Entry::credit(LedgerAccount::RefundsPayable, cash),
    ]
}

/// A counter handed the cash over. The chain paid it for us, so it owes us that much less of the day.
pub fn refund_paid(paid_by: RetailerKey, date: BusinessDate, cash: Rupiah) -> Vec<Entry> {
    vec![
        Entry::debit(LedgerAccount::RefundsPayable, cash),
        Entry::credit(LedgerAccount::Receivable(paid_by, date), cash),
    ]
}

/// The code ended without a pay-out: the exact mirror of [`refund_issued`].
pub fn refund_returned(taken_by: RetailerKey, cash: Rupiah) -> Vec<Entry> {
    mirrored(refund_issued(taken_by, cash))
}
