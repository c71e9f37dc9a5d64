//! Double entry: the chart of accounts (rule 29), and what each event posts.

mod refunds;
mod transfers;

pub use refunds::{refund_issued, refund_paid, refund_returned};
pub use transfers::{
    Transfer, funded, payout_bounced, payout_confirmed, payout_recorded, payout_returned,
};

use crate::{
    ids::AccountNo,
    money::{Balance, Rupiah},
    payment::{Payment, Taking},
    retailer::{Contract, RetailerKey},
    time::{BusinessDate, DAY, Timestamp},
};

/// An account of the ledger. A debit is positive, a credit negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerAccount {
    /// Money on the bank account the chains transfer to.
    SettlementBank,
    /// What a retailer took on a business date and has not transferred yet.
    Receivable(RetailerKey, BusinessDate),
    /// What a retailer claims back and is not agreed.
    DisputedReceivable(RetailerKey),
    /// The retailer's commission, owed to it.
    CommissionPayable(RetailerKey),
    /// The switch's part of fees, owed to it.
    SwitchPayable,
    /// Our fee on payments that are not final yet.
    FeeDeferred,
    /// Our fee, earned.
    FeeEarned,
    /// Value added tax on our fees, owed to the state.
    PpnPayable,
    /// Owed to a merchant, not yet available.
    MerchantPending(AccountNo),
    /// Owed to a merchant and available; negative after a clawback.
    MerchantActive(AccountNo),
    /// Cash that fits no payment, per retailer that took it.
    Unapplied(RetailerKey),
    /// Cash that will be given back to payers.
    RefundsPayable,
    /// On its way to merchants' banks.
    PayoutsInTransit,
    /// Differences found by reconciliation.
    ReconciliationDifference,
    /// Differences of rounding.
    RoundingDifference,
    /// Given up.
    WriteOff,
}

/// One side of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub account: LedgerAccount,
    /// How much; positive is a debit.
    pub amount: Balance,
}

impl Entry {
    fn debit(account: LedgerAccount, amount: Rupiah) -> Self {
        Self { account, amount: amount.to_balance() }
    }

    fn credit(account: LedgerAccount, amount: Rupiah) -> Self {
        Self { account, amount: amount.to_negative_balance() }
    }
}

/// The sum of entries; zero for every posting, nothing when it does not fit.
pub fn sum<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Balance> {
    entries.into_iter().try_fold(Balance::ZERO, |sum, entry| sum.checked_add(entry.amount))
}

/// The retailer's day on which a sale counts: the till's, unless its clock is more than a day off,
/// then ours.
pub fn business_date(
    contract: &Contract,
    till_at: Timestamp,
    received_at: Timestamp,
) -> BusinessDate {
    let apart = till_at.since(received_at).as_millis().saturating_abs();
    let at = if apart > DAY.as_millis() { received_at } else { till_at };
    contract.business_date(at)
}

/// Cash came in for a payment: the retailer owes it, and we owe it to the merchant. A fee on top is
/// ours; one that the merchant bears is taken out of what was owed to it, in the same posting (rule
/// 31).
pub fn paid(payment: &Payment, taking: &Taking) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(6);
    entries.push(Entry::debit(
        LedgerAccount::Receivable(taking.retailer, taking.business_date),
        payment.total(),
    ));
    entries.push(Entry::credit(LedgerAccount::MerchantPending(payment.account), payment.amount));
    let borne = payment.fee.merchant_part();
    if borne > Rupiah::ZERO {
        entries.push(Entry::debit(LedgerAccount::MerchantPending(payment.account), borne));
    }
    let credit = |account, amount| (amount > Rupiah::ZERO).then(|| Entry::credit(account, amount));
    let split = payment.fee.split;
    entries.extend(credit(LedgerAccount::CommissionPayable(taking.retailer), split.retailer));
    entries.extend(credit(LedgerAccount::SwitchPayable, split.switch));
    entries.extend(credit(LedgerAccount::FeeDeferred, split.gateway));
    entries.extend(credit(LedgerAccount::PpnPayable, split.tax));
    entries
}

/// The exact mirror of [`paid`].
pub fn reversed(payment: &Payment, taking: &Taking) -> Vec<Entry> {
    mirrored(paid(payment, taking))
}

/// Unapplied cash pays a payment after all: as [`paid`], out of what was booked to unapplied cash.
pub fn matched(payment: &Payment, taking: &Taking) -> Vec<Entry> {
    let mut entries = paid(payment, taking);
    if let Some(received) = entries.first_mut() {
        received.account = LedgerAccount::Unapplied(taking.retailer);
    }
    entries
}

/// Unapplied cash goes back to the payer by a bank transfer: it is owed to the payer, and paid.
pub fn refunded(retailer: RetailerKey, cash: Rupiah) -> Vec<Entry> {
    vec![
        Entry::debit(LedgerAccount::Unapplied(retailer), cash),
        Entry::credit(LedgerAccount::RefundsPayable, cash),
        Entry::debit(LedgerAccount::RefundsPayable, cash),
        Entry::credit(LedgerAccount::SettlementBank, cash),
    ]
}

/// It cannot be reversed any more: our fee is earned.
pub fn finalized(payment: &Payment) -> Vec<Entry> {
    let fee = payment.fee.split.gateway;
    if fee == Rupiah::ZERO {
        return Vec::new();
    }
    vec![
        Entry::debit(LedgerAccount::FeeDeferred, fee),
        Entry::credit(LedgerAccount::FeeEarned, fee),
    ]
}

/// What the merchant gets of a payment: the amount, less a fee that it bears.
pub fn net(payment: &Payment) -> Balance {
    let borne = payment.fee.merchant_part().to_negative_balance();
    payment.amount.to_balance().checked_add(borne).unwrap_or(Balance::ZERO)
}

/// The money may be paid out.
pub fn settled(payment: &Payment) -> Vec<Entry> {
    let net = net(payment);
    vec![
        Entry { account: LedgerAccount::MerchantPending(payment.account), amount: net },
        Entry { account: LedgerAccount::MerchantActive(payment.account), amount: net.negated() },
    ]
}

/// The retailer took the money back after it was final: the merchant owes what it got, from wherever
/// that is now, and no fee is due on it (rules 8 and 31).
pub fn clawed_back(payment: &Payment, taking: &Taking, from: LedgerAccount) -> Vec<Entry> {
    let split = payment.fee.split;
    let mut entries = vec![Entry { account: from, amount: net(payment) }];
    let debit = |account, amount| (amount > Rupiah::ZERO).then(|| Entry::debit(account, amount));
    entries.extend(debit(LedgerAccount::CommissionPayable(taking.retailer), split.retailer));
    entries.extend(debit(LedgerAccount::SwitchPayable, split.switch));
    entries.extend(debit(LedgerAccount::FeeEarned, split.gateway));
    entries.extend(debit(LedgerAccount::PpnPayable, split.tax));
    let total = payment.total();
    entries.push(Entry::credit(LedgerAccount::DisputedReceivable(taking.retailer), total));
    entries
}

/// Cash came in that fits no payment.
pub fn unapplied(retailer: RetailerKey, date: BusinessDate, cash: Rupiah) -> Vec<Entry> {
    vec![
        Entry::debit(LedgerAccount::Receivable(retailer, date), cash),
        Entry::credit(LedgerAccount::Unapplied(retailer), cash),
    ]
}

/// Every debit a credit, every credit a debit.
pub fn mirrored(entries: Vec<Entry>) -> Vec<Entry> {
    entries
        .into_iter()
        .map(|entry| Entry { account: entry.account, amount: entry.amount.negated() })
        .collect()
}

#[cfg(test)]
mod tests;
