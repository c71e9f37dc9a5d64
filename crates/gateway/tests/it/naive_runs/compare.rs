//! The gateway's books beside the naive ones.

use std::collections::BTreeMap;

use domain::{ledger::LedgerAccount, payment::State};

use super::Run;

impl Run {
    /// What the clock and files did besides: payments that are shown as final or settled now.
    pub(super) async fn catch_up(&mut self) {
        self.expire_codes().await;
        for no in self.opened.clone() {
            let state = self.scene.state(no).await;
            let no = no.get();
            let (is_final, is_settled) = match state {
                State::Paid(taking) => (taking.is_final, false),
                State::Settled(_) => (true, true),
                _ => continue,
            };
            if is_final && self.finals.insert(no) {
                self.naive.finalized(no);
            }
            if is_settled && self.settled.insert(no) {
                self.naive.settled(no);
            }
        }
    }

    pub(super) async fn compare(&self) {
        let read = self.scene.gateway.read(|reader| {
            Ok((reader.balances()?, reader.unapplied_open(1_000)?, reader.payouts_in_transit(99)?))
        });
        let (balances, waiting, in_transit) = read.await.unwrap();
        let balances = balances.into_iter().map(|(account, sum)| (named(account), sum.get()));
        let books: BTreeMap<_, _> = balances.filter(|(_, sum)| *sum != 0).collect();
        assert_eq!(books, self.naive.books, "the gateway's books, and the naive ones");
        assert_eq!(books.values().sum::<i64>(), 0);
        let held = books.iter().filter(|(account, _)| {
            let word = account.split(' ').next().unwrap();
            ["bank", "receivable", "disputed"].contains(&word)
        });
        assert_eq!(held.map(|(_, sum)| sum).sum::<i64>(), self.naive.cash, "in, out, and held");
        let waiting: BTreeMap<_, _> = waiting
            .into_iter()
            .map(|row| (row.no, (row.retailer.as_str().to_owned(), row.amount.get())))
            .collect();
        assert_eq!(waiting, self.naive.waiting(), "cash that waits");
        let in_transit: i64 = in_transit.iter().map(|row| row.amount.get()).sum();
        assert_eq!(in_transit, self.naive.in_transit());
        assert_eq!(books.get("in transit").copied().unwrap_or(0), -in_transit);
    }
}

fn named(account: LedgerAccount) -> String {
    match account {
        LedgerAccount::SettlementBank => "bank".to_owned(),
        LedgerAccount::Receivable(retailer, date) => format!("receivable {retailer} {date}"),
        LedgerAccount::DisputedReceivable(retailer) => format!("disputed {retailer}"),
        LedgerAccount::CommissionPayable(retailer) => format!("commission {retailer}"),
        LedgerAccount::SwitchPayable => "switch".to_owned(),
        LedgerAccount::FeeDeferred => "deferred".to_owned(),
        LedgerAccount::FeeEarned => "earned".to_owned(),
        LedgerAccount::PpnPayable => "ppn".to_owned(),
        LedgerAccount::MerchantPending(account) => format!("pending {account}"),
        LedgerAccount::MerchantActive(account) => format!("active {account}"),
        LedgerAccount::Unapplied(retailer) => format!("unapplied {retailer}"),
        LedgerAccount::RefundsPayable => "refunds".to_owned(),
        LedgerAccount::PayoutsInTransit => "in transit".to_owned(),
        LedgerAccount::ReconciliationDifference => "difference".to_owned(),
        other => format!("{other:?}"),
    }
}
