//! Refund codes: cash that waits is promised, reserved at a till, handed over, or given back to where
//! it waited.

use domain::{
    code::PaymentCode,
    payment::Refusal,
    refund::{ClosedBy, RefundRefusal, RefundState},
    sale::Operation,
};
use gateway::{
    admin::{AdminCommand, AdminReply, RefundCodeOrder, execute},
    directory::Secret,
    request::{Approved, Ruling},
};

use super::{Fate, Run};
use crate::scene::rupiah;

/// What somebody at a till does with a code.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Redeem { pin_fits: bool },
    Commit,
    GiveBack,
}

/// A code that is out.
pub(super) struct Out {
    cash: i64,
    amount: i64,
    /// Who took the cash.
    taker: String,
    code: PaymentCode,
    pin: Secret,
    /// The sale that reserved it last, at which till, and on which of its days.
    held: Option<(String, String, String)>,
    is_over: bool,
}

impl Run {
    pub(super) async fn issue(&mut self, which: usize) {
        let Some((cash, amount)) = self.loose(which) else { return };
        let taker = self.naive.waiting()[&cash].0.clone();
        let order = RefundCodeOrder { no: cash, reason: "ticket 17".to_owned(), refund_code: None };
        let command = AdminCommand::RefundCodeIssue(order);
        let Ok(AdminReply::RefundCode(issued)) = execute(&self.scene.gateway, command).await else {
            // Below what a counter pays out.
            return;
        };
        let row = self.scene.gateway.read(move |reader| reader.refund_of(cash)).await;
        let code = row.unwrap().unwrap().code;
        self.naive.promised(cash);
        let pin = issued.pin;
        self.codes.push(Out { cash, amount, taker, code, pin, held: None, is_over: false });
        self.happens("a refund code was issued");
    }

    /// A till does something with one of the codes, under the sale that holds it, if one does. Else it
    /// is a sale that has nothing to do with the code, at whatever till.
    pub(super) async fn with_code(&mut self, which: usize, deed: Deed, till: &str, is_held: bool) {
        let Some(place) = which.checked_rem(self.codes.len()) else { return };
        let place = self.codes.len() - 1 - place;
        let fresh = self.sale(None);
        let out = &self.codes[place];
        let (code, amount, cash) = (out.code, out.amount, out.cash);
        let (sale, till) = match (&out.held, is_held) {
            (Some((sale, till, _)), true) => (sale.clone(), till.clone()),
            (None, true) => (fresh, out.taker.clone()),
            (_, false) => (fresh, till.to_owned()),
        };
        let (operation, pin) = match deed {
            Deed::Redeem { pin_fits: true } => (Operation::Payout, Some(out.pin.clone())),
            Deed::Redeem { pin_fits: false } => (Operation::Payout, Some(Secret::new("no"))),
            Deed::Commit => (Operation::Commit, None),
            Deed::GiveBack => (Operation::Reversal, None),
        };
        let mut message = self.scene.message(operation, code, &sale, &till);
        message.amount = Some(rupiah(amount));
        let reply = match pin {
            Some(pin) => self.scene.gateway.pay_out_at_counter(message, pin).await.unwrap(),
            None => self.scene.send(message).await,
        };
        let Some(answer) = reply.answer else { return };
        let day = self.day_of(&till).to_string();
        let is_over = self.codes[place].is_over;
        match answer.outcome {
            Ok(Approved::PayoutReserved { .. }) => {
                assert!(!is_over, "a code that is over is handed out again");
                self.codes[place].held = Some((sale, till, day));
            }
            Ok(Approved::PaidOut { .. }) if !is_over => {
                self.handed_over(place);
                self.happens("a refund code was paid out");
            }
            Err(Refusal::Refund(RefundRefusal::Blocked)) if !is_over => {
                self.naive.returned(cash);
                self.codes[place].is_over = true;
                self.happens("a refund code was blocked");
            }
            // A commit or reversal that is not believed waits for somebody.
            Err(_) => self.refused(&sale).await,
            Ok(_) => {}
        }
    }

    fn handed_over(&mut self, place: usize) {
        let out = &mut self.codes[place];
        out.is_over = true;
        let (_, till, day) = out.held.clone().expect("it was reserved");
        let cash = out.cash;
        self.naive.handed_out(cash, &till, &day);
        self.sales.retain(|_, sale| sale.fate != Fate::Unapplied(cash));
    }

    /// Persons say what became of a pay-out that nobody confirmed, or withdraw a code.
    pub(super) async fn decide_code(&mut self, which: usize, is_paid: bool) {
        let Some(place) = which.checked_rem(self.codes.len()) else { return };
        let Out { cash, is_over, .. } = self.codes[place];
        let ruling = if is_paid {
            Ruling::ConfirmPayOut { cash, code: None }
        } else {
            Ruling::ReleaseRefundCode { cash, code: None }
        };
        // A later code of the same cash is the one that is meant.
        if is_over || !self.rule(ruling).await {
            return;
        }
        if is_paid {
            self.handed_over(place);
            self.happens("persons confirmed a pay-out");
        } else {
            self.naive.returned(cash);
            self.codes[place].is_over = true;
        }
    }

    /// Codes whose time is over.
    pub(super) async fn expire_codes(&mut self) {
        for place in 0..self.codes.len() {
            let Out { cash, is_over, .. } = self.codes[place];
            let row = self.scene.gateway.read(move |reader| reader.refund_of(cash)).await;
            let state = row.unwrap().unwrap().refund.state;
            if !is_over && matches!(state, RefundState::Closed(_, ClosedBy::Deadline)) {
                self.naive.returned(cash);
                self.codes[place].is_over = true;
                self.happens("a refund code expired");
            }
        }
    }
}
