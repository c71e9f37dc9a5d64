//! What operators do: transfers, payouts, and what becomes of cash and disputes.

use domain::{ids::AccountNo, ledger::Transfer, time::BusinessDate};
use gateway::request::{Moved, Movement, MovementRequest, PaymentRef, Ruling, RulingRequest};
use testkit::key;

use super::{Fate, Run};
use crate::scene::rupiah;

impl Run {
    async fn moves(&mut self, movement: Movement) -> Option<Moved> {
        let request = MovementRequest {
            movement,
            by: "budi (uid 1001)".to_owned(),
            reason: Some("ticket 17".to_owned()),
            received_at: self.scene.now(),
        };
        self.scene.gateway.move_money(request).await.ok()
    }

    fn reference(&mut self) -> String {
        self.references += 1;
        format!("BCA-{}", self.references)
    }

    /// A retailer transfers a part of what it owes for a day, in halves, and keeps some of it.
    pub(super) async fn fund(&mut self, which: usize, halves: i64, kept: i64) {
        let owing = self
            .naive
            .books
            .iter()
            .filter(|(account, sum)| account.starts_with("receivable") && **sum > kept * 2);
        let owing: Vec<_> = owing.map(|(account, sum)| (account.clone(), *sum)).collect();
        let Some((account, owed)) = owing.get(which % owing.len().max(1)) else { return };
        let words: Vec<_> = account.split(' ').collect();
        let amount = owed * halves / 2 - kept;
        let transfer = Transfer {
            retailer: key(words[1]),
            business_date: BusinessDate::parse(words[2]).unwrap(),
            amount: rupiah(amount),
            commission: rupiah(kept),
        };
        let reference = self.reference();
        let movement =
            Movement::Fund { transfer, reference, keep_difference: which.is_multiple_of(2) };
        if self.moves(movement).await.is_some() {
            self.naive.funded(account, amount, kept);
        }
    }

    pub(super) async fn pay_out(&mut self, account: AccountNo, part: i64) {
        let amount = -self.naive.sum(&format!("active {account}")) / part;
        if amount <= 0 {
            return;
        }
        let (asked, reference) = (rupiah(amount), self.reference());
        let movement = Movement::PayOut { account, amount: asked, reference };
        let Some(Moved::Payout { row, .. }) = self.moves(movement).await else {
            panic!("it is active");
        };
        self.naive.paid_out(row.no, account.get(), amount);
        self.happens("a payout");
    }

    pub(super) async fn follow(&mut self, payout: i64, arrives: bool) {
        let movement =
            if arrives { Movement::Confirm { payout } } else { Movement::GiveBack { payout } };
        match (self.moves(movement).await, arrives) {
            (Some(Moved::Payout { is_new: true, .. }), true) => self.naive.arrived(payout),
            (Some(Moved::Payout { is_new: true, .. }), false) => {
                self.naive.came_back(payout);
                self.happens("a payout came back");
            }
            _ => {}
        }
    }

    pub(super) async fn rule(&mut self, ruling: Ruling) -> bool {
        let received_at = self.scene.now();
        let request = RulingRequest { ruling, reason: "ticket 17".to_owned(), received_at };
        self.scene.gateway.rule(request).await.is_ok()
    }

    /// One of the records of cash that wait.
    pub(super) fn loose(&self, which: usize) -> Option<(i64, i64)> {
        let waiting = self.naive.waiting();
        let row = waiting.iter().nth(which % waiting.len().max(1))?;
        Some((*row.0, row.1.1))
    }

    /// Puts cash to one of the payments that owe as much.
    pub(super) async fn put_to(&mut self, which: usize, payment: usize) {
        let Some((cash, amount)) = self.loose(which) else { return };
        let owing = self.opened.iter().filter(|no| self.naive.handed_over(no.get()) == amount);
        let owing: Vec<_> = owing.copied().collect();
        let Some(no) = owing.iter().nth_back(payment % owing.len().max(1)) else { return };
        let payment = PaymentRef::No(*no);
        if self.rule(Ruling::Match { cash, payment }).await {
            self.is_paid_once(no.get());
            self.naive.matched(cash, no.get());
            self.happens("unapplied cash was put to a payment");
            let sales = self.sales.values_mut();
            for sale in sales.filter(|sale| sale.fate == Fate::Unapplied(cash)) {
                sale.fate = Fate::Paid(no.get());
            }
        }
    }

    pub(super) async fn refund(&mut self, which: usize) {
        let Some((cash, _)) = self.loose(which) else { return };
        let bank_reference = self.reference();
        assert!(self.rule(Ruling::Refund { cash, bank_reference }).await, "it waits");
        self.naive.refunded(cash);
        self.happens("unapplied cash was given back");
        self.sales.retain(|_, sale| sale.fate != Fate::Unapplied(cash));
    }

    pub(super) async fn accept(&mut self, which: usize) {
        let disputes = self.disputes.iter();
        let Some((dispute, sale)) = disputes.clone().nth(which % disputes.len().max(1)) else {
            return;
        };
        let (dispute, sale) = (*dispute, sale.clone());
        if self.rule(Ruling::Accept { dispute }).await {
            self.disputes.remove(&dispute);
            match self.sales.remove(&sale).expect("something was booked").fate {
                Fate::Paid(no) => {
                    self.naive.clawed_back(no);
                    self.happens("a payment was clawed back");
                }
                Fate::Unapplied(cash) => self.naive.unapplied_reversed(cash),
            }
        }
    }

    /// A reversal stays refused: nothing moves.
    pub(super) async fn reject(&mut self, which: usize) {
        let disputes = self.disputes.keys();
        let Some(dispute) = disputes.clone().nth(which % disputes.len().max(1)) else { return };
        let dispute = *dispute;
        if self.rule(Ruling::Reject { dispute }).await {
            self.disputes.remove(&dispute);
            self.happens("a dispute was rejected");
        }
    }
}
