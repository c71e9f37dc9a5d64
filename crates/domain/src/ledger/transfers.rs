//! What is posted when money moves between banks: retailers' transfers in, payouts to merchants out.

use super::{Entry, LedgerAccount, mirrored};
use crate::{
    ids::AccountNo,
    money::{Balance, Rupiah},
    retailer::RetailerKey,
    time::BusinessDate,
};

/// What a retailer transferred for one of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Who transferred it.
    pub retailer: RetailerKey,
    /// For which of its days.
    pub business_date: BusinessDate,
    /// What arrived at the bank, in whole rupiah.
    pub amount: Rupiah,
    /// What the retailer kept of it as its commission; nothing where it settles gross.
    pub commission: Rupiah,
}

impl Transfer {
    /// What it settles of what the retailer owes: what arrived and what was kept.
    pub fn covers(&self) -> Balance {
        // Two amounts of ten digits always fit.
        let both = self.amount.to_balance().checked_add(self.commission.to_balance());
        both.unwrap_or(Balance::ZERO)
    }
}

/// A retailer's transfer arrived. `surplus` is what it is more than the retailer owes for the day;
/// it is nobody's until somebody finds out whose.
pub fn funded(transfer: &Transfer, surplus: Rupiah) -> Vec<Entry> {
    let Transfer { retailer, business_date, amount, commission } = *transfer;
    let mut entries = vec![Entry::debit(LedgerAccount::SettlementBank, amount)];
    if commission > Rupiah::ZERO {
        entries.push(Entry::debit(LedgerAccount::CommissionPayable(retailer), commission));
    }
    let owed = transfer.covers().checked_add(surplus.to_negative_balance());
    let owed = owed.unwrap_or(Balance::ZERO);
    if owed != Balance::ZERO {
        let account = LedgerAccount::Receivable(retailer, business_date);
        entries.push(Entry { account, amount: owed.negated() });
    }
    if surplus > Rupiah::ZERO {
        entries.push(Entry::credit(LedgerAccount::ReconciliationDifference, surplus));
    }
    entries
}

/// A merchant's money is on its way to the merchant's bank.
pub fn payout_recorded(account: AccountNo, amount: Rupiah) -> Vec<Entry> {
    vec![
        Entry::debit(LedgerAccount::MerchantActive(account), amount),
        Entry::credit(LedgerAccount::PayoutsInTransit, amount),
    ]
}

/// It has arrived there, and left our bank.
pub fn payout_confirmed(amount: Rupiah) -> Vec<Entry> {
    vec![
        Entry::debit(LedgerAccount::PayoutsInTransit, amount),
        Entry::credit(LedgerAccount::SettlementBank, amount),
    ]
}

/// It came back before anybody confirmed it: the exact mirror of [`payout_recorded`].
pub fn payout_returned(account: AccountNo, amount: Rupiah) -> Vec<Entry> {
    mirrored(payout_recorded(account, amount))
}

/// It came back after it was confirmed: the mirror of all that was posted of it.
pub fn payout_bounced(account: AccountNo, amount: Rupiah) -> Vec<Entry> {
    vec![
        Entry::debit(LedgerAccount::SettlementBank, amount),
        Entry::credit(LedgerAccount::MerchantActive(account), amount),
    ]
}
