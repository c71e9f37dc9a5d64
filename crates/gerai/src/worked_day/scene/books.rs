//! What an accountant sees: the balances, what each event posted, the statement, and whether all of it
//! is true.

use std::{collections::BTreeSet, fs};

use clap::Parser;
use domain::{
    ids::{AccountNo, EventNo},
    ledger::LedgerAccount,
};
use gateway::verify::verify;
use storage::sqlite::{Engine, Reader};

use super::{
    super::figures::{self, grouped},
    Day, key, shown,
};
use crate::{bootstrap, cli};

impl Day {
    pub(super) fn reader(&self) -> Reader {
        Engine::open_reader(&self.scratch.place()).unwrap()
    }

    /// Lines of files that wait for somebody.
    pub(in crate::worked_day) fn waiting(&self, retailer: &str) -> Vec<(String, String)> {
        let rows = self.reader().file_lines_open(key(retailer), 100).unwrap();
        rows.into_iter().map(|row| (row.outcome, row.identity)).collect()
    }

    /// What each account holds, where it holds anything.
    pub(in crate::worked_day) fn books(&self) -> Vec<(String, i64)> {
        let held = self.reader().balances().unwrap();
        let held = held.into_iter().filter(|(_, sum)| sum.get() != 0);
        let mut held: Vec<_> = held.map(|(account, sum)| (self.name(account), sum.get())).collect();
        held.sort();
        held
    }

    fn name(&self, account: LedgerAccount) -> String {
        let brand = |no: AccountNo| {
            self.accounts
                .iter()
                .find(|(_, one)| **one == no)
                .map_or("?", |(brand, _)| brand.as_str())
        };
        match account {
            LedgerAccount::Receivable(retailer, date) => {
                assert_eq!(date, figures::day(), "{retailer}");
                format!("receivable {retailer}")
            }
            LedgerAccount::CommissionPayable(retailer) => format!("commission {retailer}"),
            LedgerAccount::Unapplied(retailer) => format!("unapplied {retailer}"),
            LedgerAccount::MerchantPending(no) => format!("{} pending", brand(no)),
            LedgerAccount::MerchantActive(no) => format!("{} active", brand(no)),
            LedgerAccount::SettlementBank => "bank".to_owned(),
            LedgerAccount::SwitchPayable => "switch".to_owned(),
            LedgerAccount::FeeDeferred => "deferred".to_owned(),
            LedgerAccount::FeeEarned => "earned".to_owned(),
            LedgerAccount::PpnPayable => "PPN".to_owned(),
            LedgerAccount::PayoutsInTransit => "in transit".to_owned(),
            LedgerAccount::RefundsPayable => "refunds".to_owned(),
            LedgerAccount::DisputedReceivable(_)
            | LedgerAccount::ReconciliationDifference
            | LedgerAccount::RoundingDifference
            | LedgerAccount::WriteOff => panic!("nothing is left over: {account:?}"),
        }
    }

    /// What each event posted, a row each: when, what, which order, and the sum on each account. Events
    /// of one kind that were posted in the same instant make one row.
    pub(in crate::worked_day) fn postings(&self) -> Vec<String> {
        let mut rows: Vec<Posting> = Vec::new();
        for (row, entries) in self.reader().events_after(EventNo::new(0), 1_000).unwrap() {
            if entries.is_empty() {
                continue;
            }
            let head = format!("{} | {}", shown(row.event.at), row.event.kind.name());
            let order =
                self.views.iter().find(|(_, view)| Some(view.payment.no) == row.event.payment);
            if rows.last().is_none_or(|last| last.head != head) {
                rows.push(Posting { head, ..Posting::default() });
            }
            let last = rows.last_mut().unwrap();
            last.orders.extend(order.map(|(no, _)| *no));
            for entry in entries {
                let name = self.name(entry.entry.account);
                match last.sums.iter_mut().find(|(one, _)| *one == name) {
                    Some((_, sum)) => *sum += entry.entry.amount.get(),
                    None => last.sums.push((name, entry.entry.amount.get())),
                }
            }
        }
        rows.iter().map(Posting::row).collect()
    }

    /// What `gerai statement` writes.
    fn statement(&self, format: &str) -> String {
        let path = self.scratch.path().join(format!("statement.{format}"));
        let out = path.to_str().unwrap();
        let days = ["--from", "2026-11-20", "--to", "2026-11-27"];
        let rest = ["--format", format, "--output", out];
        self.run(&[&["statement", "Toko Demo"], &days[..], &rest[..]].concat());
        fs::read_to_string(&path).unwrap()
    }

    /// As a page to print.
    pub(in crate::worked_day) fn statement_page(&self) -> String {
        self.statement("html")
    }

    /// As a sheet, without the payments' ids, which are the ones of their orders.
    pub(in crate::worked_day) fn statement_sheet(&self) -> String {
        let mut told = Vec::new();
        for line in self.statement("csv").lines() {
            let mut cells: Vec<_> = line.split(',').collect();
            let payment = cells.remove(3);
            if let Some(no) = cells[2].strip_prefix("order-") {
                let view = &self.views[&no.parse().unwrap()];
                assert_eq!(payment, view.payment.id.to_string(), "{line}");
            }
            told.push(cells.join(","));
        }
        told.join("\n")
    }

    /// `gerai verify` finds nothing.
    pub(in crate::worked_day) fn verify(&self) {
        self.run(&["verify"]);
    }

    /// Runs a command line, which must succeed.
    fn run(&self, line: &[&str]) {
        let data = self.scratch.data();
        let given = ["gerai"].iter().chain(line).copied();
        let given = given.chain(["--data", data.to_str().unwrap()]);
        let code = cli::run(Operator::try_parse_from(given).unwrap().operate).unwrap();
        assert_eq!(code, std::process::ExitCode::SUCCESS, "{line:?}");
    }

    pub(in crate::worked_day) async fn assert_clean(&self) {
        let vault = bootstrap::vault_for_reading(&self.scratch.place(), &self.config).unwrap();
        let report =
            self.gateway.read(move |reader| Ok(verify(reader, &vault, &mut |_| {}).unwrap()));
        let report = report.await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }
}

#[derive(Debug, Parser)]
struct Operator {
    #[command(subcommand)]
    operate: cli::Operate,
}

#[derive(Default)]
struct Posting {
    head: String,
    orders: BTreeSet<usize>,
    sums: Vec<(String, i64)>,
}

impl Posting {
    fn row(&self) -> String {
        let orders: Vec<_> = self.orders.iter().map(ToString::to_string).collect();
        let sums: Vec<_> =
            self.sums.iter().map(|(name, sum)| format!("{name} {}", grouped(*sum))).collect();
        format!("| {} | {} | {} |", self.head, orders.join(", "), sums.join("; "))
    }
}
