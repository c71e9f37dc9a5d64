//! The books as a whole (rule 38): they balance, and every account is what the rows say that
//! entries were posted for.

use std::collections::HashMap;

use domain::{
    event::EventKind,
    ids::SaleNo,
    ledger::{self, Entry, LedgerAccount},
    money::Balance,
    payment::{Payment, State, Taking},
    refund::RefundState,
};
use storage::{RefundRow, UnappliedRow, UnappliedState, sqlite::Past};

use super::found::Part;

/// What each account of the ledger came to.
#[derive(Debug, Default)]
pub(super) struct Books(HashMap<LedgerAccount, Sums>);

/// Sums in rupiah; wider than any entry, so that they cannot overflow.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Of every entry.
    all: i128,
    /// Of those that events of payments and of unapplied cash posted.
    by_sales: i128,
    /// What the rows of payments and unapplied cash say these should be.
    should: i128,
    /// Unapplied cash that is open.
    open: i128,
}

/// Whether what such an event posts follows from the rows of payments and unapplied cash.
const fn is_of_a_sale(kind: EventKind) -> bool {
    match kind {
        EventKind::Opened
        | EventKind::Reserved
        | EventKind::Released
        | EventKind::Paid
        | EventKind::Final
        | EventKind::Reversed
        | EventKind::Reopened
        | EventKind::Cancelled
        | EventKind::Expired
        | EventKind::Settled
        | EventKind::Advanced
        | EventKind::ClawedBack
        | EventKind::CashUnapplied
        | EventKind::UnappliedReversed
        | EventKind::UnappliedMatched
        | EventKind::UnappliedRefunded
        | EventKind::RefundIssued
        | EventKind::RefundReserved
        | EventKind::RefundUnreserved
        | EventKind::RefundPinWrong
        | EventKind::RefundSuspect
        | EventKind::RefundPaid
        | EventKind::RefundReturned
        | EventKind::Disputed
        | EventKind::DisputeRejected => true,
        EventKind::Proposed
        | EventKind::Approved
        | EventKind::Rejected
        | EventKind::Funded
        | EventKind::PayoutRecorded
        | EventKind::PayoutConfirmed
        | EventKind::DifferenceConfirmed
        | EventKind::DifferenceClawedBack
        | EventKind::DifferenceWrittenOff
        | EventKind::DifferenceUndone
        | EventKind::PayoutReturned => false,
    }
}

/// How far a payment went, by its events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Went {
    is_final: bool,
    is_settled: bool,
    /// The sale whose unapplied cash paid it, the last time it did.
    matched: Option<SaleNo>,
}

impl Went {
    /// As these events say.
    pub(super) fn new(pasts: &[Past]) -> Self {
        let had = |kind| pasts.iter().any(|past| past.kind == kind);
        let matched = pasts.iter().rfind(|past| past.kind == EventKind::UnappliedMatched);
        Self {
            is_final: had(EventKind::Final),
            is_settled: had(EventKind::Settled) || had(EventKind::Advanced),
            matched: matched.and_then(|past| past.sale),
        }
    }

    /// Whether it was unapplied cash that paid it, which is in the books already.
    fn was_matched(self, taking: &Taking) -> bool {
        self.matched == Some(taking.sale)
    }

    /// The account in which the payment's money is its merchant's.
    pub(super) const fn held_in(self, payment: &Payment) -> LedgerAccount {
        if self.is_settled {
            LedgerAccount::MerchantActive(payment.account)
        } else {
            LedgerAccount::MerchantPending(payment.account)
        }
    }
}

impl Books {
    /// An entry that an event of this kind posted.
    pub(super) fn posted(&mut self, kind: EventKind, entry: &Entry) {
        let sums = self.0.entry(entry.account).or_default();
        let amount = i128::from(entry.amount.get());
        sums.all += amount;
        if is_of_a_sale(kind) {
            sums.by_sales += amount;
        }
    }

    /// A payment stands so: what its state has left in the books.
    pub(super) fn stands(&mut self, payment: &Payment, went: Went) {
        match &payment.state {
            State::Opening
            | State::Pending
            | State::Reserved(_)
            | State::Cancelled(_)
            | State::Expired(..) => {}
            State::Paid(taking) | State::Settled(taking) => {
                self.taken(payment, taking, went);
                self.earned(payment, went);
            }
            State::Reversed(taking, _) => {
                self.taken(payment, taking, went);
                self.should(ledger::reversed(payment, taking));
            }
            State::ClawedBack(taking, _) => {
                self.taken(payment, taking, went);
                self.earned(payment, went);
                self.should(ledger::clawed_back(payment, taking, went.held_in(payment)));
            }
        }
    }

    /// How a payment was paid.
    fn taken(&mut self, payment: &Payment, taking: &Taking, went: Went) {
        if went.was_matched(taking) {
            self.should(ledger::matched(payment, taking));
        } else {
            self.should(ledger::paid(payment, taking));
        }
    }

    /// What came after a payment was paid.
    fn earned(&mut self, payment: &Payment, went: Went) {
        if went.is_final {
            self.should(ledger::finalized(payment));
        }
        if went.is_settled {
            self.should(ledger::settled(payment));
        }
    }

    /// Cash that fitted nowhere stands so. What a till took back is nowhere any more, but where a
    /// payment's row tells of it, that says what was posted after it had been booked.
    pub(super) fn unapplied(&mut self, row: &UnappliedRow, is_told_by_a_payment: bool) {
        let booked = || ledger::unapplied(row.retailer, row.business_date, row.amount);
        match row.state {
            UnappliedState::Reversed if is_told_by_a_payment => self.should(booked()),
            UnappliedState::Reversed => {}
            UnappliedState::Matched => self.should(booked()),
            UnappliedState::Promised | UnappliedState::PaidOut => {
                self.should(booked());
                self.should(ledger::refund_issued(row.retailer, row.amount));
            }
            UnappliedState::Refunded => {
                self.should(booked());
                self.should(ledger::refunded(row.retailer, row.amount));
            }
            UnappliedState::Open => {
                self.should(booked());
                let account = LedgerAccount::Unapplied(row.retailer);
                self.0.entry(account).or_default().open -= i128::from(row.amount.get());
            }
        }
    }

    /// A refund code stands so; what issuing it posted stands with its cash.
    pub(super) fn refund(&mut self, row: &RefundRow) {
        if let RefundState::Paid(pay_out, _) = row.refund.state {
            let (retailer, date) = (pay_out.retailer, pay_out.business_date);
            self.should(ledger::refund_paid(retailer, date, row.refund.amount));
        }
    }

    fn should(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.0.entry(entry.account).or_default().should += i128::from(entry.amount.get());
        }
    }

    /// What each account came to, in the order of accounts; a sum that does not fit is nothing.
    pub(super) fn balances(&self) -> Vec<(LedgerAccount, Balance)> {
        let mut balances: Vec<_> = self
            .0
            .iter()
            .map(|(account, sums)| {
                (*account, Balance::from_stored(i64::try_from(sums.all).unwrap_or(0)))
            })
            .collect();
        balances.sort_unstable_by_key(|(account, _)| *account);
        balances
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (account, sums) in other.0 {
            let into = self.0.entry(account).or_default();
            into.all += sums.all;
            into.by_sales += sums.by_sales;
            into.should += sums.should;
            into.open += sums.open;
        }
    }
}

/// The books balance; receivables, what merchants are owed, fees and tax are those of the payments;
/// unapplied cash is what its open records say.
pub(super) fn check(part: &mut Part) {
    let Part { books, findings, .. } = part;
    let all: i128 = books.0.values().map(|sums| sums.all).sum();
    if all != 0 {
        findings.find("ledger", format!("it is out of balance by {all}"));
    }
    let mut accounts: Vec<_> = books.0.iter().collect();
    accounts.sort_unstable_by_key(|(account, _)| **account);
    for (account, sums) in accounts {
        if sums.by_sales != sums.should {
            let what = format!(
                "sales posted {} to it, where the rows of payments and unapplied cash come to {}",
                sums.by_sales, sums.should
            );
            findings.find(shown(account), what);
        }
        if let LedgerAccount::Unapplied(retailer) = account
            && sums.all != sums.open
        {
            let difference = sums.open - sums.all;
            let what = format!("unapplied cash differs from its open records by {difference}");
            findings.find(format!("retailer {retailer}"), what);
        }
    }
}

/// An account of the ledger for people.
fn shown(account: &LedgerAccount) -> String {
    use LedgerAccount as A;
    match account {
        A::SettlementBank => "the settlement bank".to_owned(),
        A::Receivable(retailer, date) => {
            let (year, month, day) = date.ymd();
            format!("receivable of {retailer} for {year}-{month:02}-{day:02}")
        }
        A::DisputedReceivable(retailer) => format!("disputed receivable of {retailer}"),
        A::CommissionPayable(retailer) => format!("commission payable to {retailer}"),
        A::SwitchPayable => "payable to the switch".to_owned(),
        A::FeeDeferred => "fees deferred".to_owned(),
        A::FeeEarned => "fees earned".to_owned(),
        A::PpnPayable => "PPN payable".to_owned(),
        A::MerchantPending(account) => format!("pending balance of account {account}"),
        A::MerchantActive(account) => format!("active balance of account {account}"),
        A::Unapplied(retailer) => format!("unapplied cash of {retailer}"),
        A::RefundsPayable => "refunds payable".to_owned(),
        A::PayoutsInTransit => "payouts in transit".to_owned(),
        A::ReconciliationDifference => "reconciliation differences".to_owned(),
        A::RoundingDifference => "rounding differences".to_owned(),
        A::WriteOff => "write-off".to_owned(),
    }
}
