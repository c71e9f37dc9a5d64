//! What tills say, and what their answers mean for whoever is outside.

use domain::{ids::PaymentNo, sale::Operation};
use gateway::request::{Approved, CounterReply, PaymentView};

use super::{Fate, OUTLET, Run, Said, Standing, TOLERANCE, files::Filed};
use crate::scene::rupiah;

impl Run {
    /// A till says something about a payment, or about a code that nobody knows.
    pub(super) async fn say(
        &mut self,
        operation: Operation,
        said: Said,
        payment: Option<PaymentNo>,
    ) {
        let mut message = self.scene.message(operation, said.code, &said.sale, &said.till);
        message.amount = Some(rupiah(said.amount));
        let reply = self.scene.send(message).await;
        self.hear(operation, said, payment, reply).await;
    }

    /// What the answer means for whoever is outside.
    pub(super) async fn hear(
        &mut self,
        operation: Operation,
        said: Said,
        payment: Option<PaymentNo>,
        reply: CounterReply,
    ) {
        let Some(answer) = reply.answer else { return };
        let day = self.day_of(&said.till);
        let standing = self.sales.get(&said.sale).map(|sale| sale.fate);
        match (answer.outcome, standing) {
            (Ok(Approved::Paid { .. }), None) => {
                self.paid(said, payment.expect("a payment is paid"), day);
            }
            (Ok(Approved::Unapplied { .. }), None) => self.unapplied(said, day),
            (Ok(Approved::Reversed), Some(fate)) => {
                self.sales.remove(&said.sale);
                match fate {
                    Fate::Paid(no) => self.naive.reversed(no),
                    Fate::Unapplied(cash) => self.naive.unapplied_reversed(cash),
                }
            }
            (Err(_), _) if operation == Operation::Reversal => self.refused(&said.sale).await,
            // A repeat, in other words; or nothing was moved.
            (Ok(_) | Err(_), _) => {}
        }
    }

    /// A till takes back one of the sales that stand.
    pub(super) async fn take_back(&mut self, which: usize) {
        let Some((sale, standing)) = self.sales.iter().nth_back(which % self.sales.len().max(1))
        else {
            return;
        };
        let Standing { code, till, amount, .. } = standing.clone();
        let said = Said { sale: sale.clone(), till, code, amount };
        self.say(Operation::Reversal, said, None).await;
    }

    /// A till tells under a number of its own of cash that a file told of, or takes it back: within the
    /// tolerance it is the same cash.
    pub(super) async fn tell_of_filed(&mut self, which: usize, operation: Operation) {
        let now = self.scene.now();
        let Some(filed) = self.filed.iter().nth_back(which % self.filed.len().max(1)) else {
            return;
        };
        let (code, amount, till) = (filed.code, filed.amount, filed.till.clone());
        let away = |filed: &&Filed| now.since(filed.at);
        let same = |filed: &&Filed| (filed.code, filed.amount) == (code, amount);
        let known = self.filed.iter().filter(same).filter(|filed| away(filed) <= TOLERANCE);
        let known = known.min_by_key(away).map(|filed| filed.sale.clone());
        let no = Some(filed.payment);
        let own = self.sale(None);
        let mut message = self.scene.message(operation, code, &own, &till);
        (message.amount, message.outlet) = (Some(rupiah(amount)), OUTLET.to_owned());
        let reply = self.scene.send(message).await;
        if known.is_some() {
            self.happens("a till told of cash that a file had told of");
        }
        let said = Said { sale: known.unwrap_or(own), till, code, amount };
        self.hear(operation, said, no, reply).await;
    }

    /// What is said about a payment at a till, or where it was opened for.
    pub(super) fn said(
        &mut self,
        view: &PaymentView,
        sale: Option<u8>,
        till: Option<&str>,
        off: i64,
    ) -> Said {
        let payment = &view.payment;
        let till = till.unwrap_or_else(|| payment.opened_for.as_str()).to_owned();
        let amount = payment.total().get() + off;
        Said { sale: self.sale(sale), till, code: payment.code, amount }
    }

    pub(super) async fn refused(&mut self, sale: &str) {
        let rows = self.scene.gateway.read(|reader| reader.disputes_open(1_000)).await.unwrap();
        for row in rows {
            self.disputes.entry(row.no).or_insert_with(|| sale.to_owned());
        }
    }
}
