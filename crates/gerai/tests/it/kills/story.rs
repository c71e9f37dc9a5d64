//! One payment as its merchant and its till remember it: what was asked, and what was answered.

use std::{io::Result, net::SocketAddr};

use serde_json::json;

use crate::drive::{
    chance::Chance,
    http::{Answer, Connection},
    merchant::{DEMO, charge_body, new_order, signed, text},
    till,
};

/// Who is called, and where notifications go.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) api: SocketAddr,
    pub(super) notify: String,
}

/// One thing that can be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Step {
    /// It was not asked.
    #[default]
    NotAsked,
    /// It was asked, and nobody knows what came of it.
    InDoubt,
    /// It was carried out, with this answer.
    Done(Vec<u8>),
}

impl Step {
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    pub(super) fn answer(&self) -> &[u8] {
        match self {
            Self::Done(answer) => answer,
            Self::NotAsked | Self::InDoubt => panic!("there is no answer"),
        }
    }
}

/// A payment's story. Steps that are done are in the past for good.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) order: String,
    pub(super) store: &'static str,
    pub(super) amount: i64,
    /// Whether the merchant asked to be told.
    pub(super) notified: bool,
    /// Whether something happened since it was last looked at.
    pub(super) touched: bool,
    /// Known once it is open.
    pub(super) id: String,
    pub(super) code: String,
    pub(super) open: Step,
    pub(super) pay: Step,
    pub(super) reverse: Step,
    pub(super) cancel: Step,
    pub(super) expire: Step,
}

impl Story {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let step = || Step::NotAsked;
        Self {
            order: new_order(),
            store: if chance.percent(50) { "indomaret" } else { "alfamart" },
            amount: i64::try_from(10_000 + chance.below(1_000_000)).unwrap(),
            notified: chance.percent(60),
            touched: true,
            id: String::new(),
            code: String::new(),
            open: step(),
            pay: step(),
            reverse: step(),
            cancel: step(),
            expire: step(),
        }
    }

    /// Where its notifications go.
    pub(super) fn path(&self) -> String {
        format!("/{}", self.order)
    }

    /// The number of the sale that may pay it.
    pub(super) fn sale(&self) -> String {
        format!("SALE-{}", self.order)
    }

    /// Whether the program was killed while it was being asked.
    pub(super) fn is_in_doubt(&self) -> bool {
        let steps = [&self.open, &self.pay, &self.reverse, &self.cancel, &self.expire];
        steps.contains(&&Step::InDoubt)
    }

    /// Its state in the merchant's words.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self { reverse: Step::Done(_), .. } => "deny",
            Self { pay: Step::Done(_), .. } => "settlement",
            Self { cancel: Step::Done(_), .. } => "cancel",
            Self { expire: Step::Done(_), .. } => "expire",
            Self { .. } => "pending",
        }
    }

    /// What the merchant is told, in this order.
    pub(super) fn news(&self) -> Vec<&'static str> {
        let all = [
            (&self.open, "pending"),
            (&self.pay, "settlement"),
            (&self.reverse, "deny"),
            (&self.cancel, "cancel"),
            (&self.expire, "expire"),
        ];
        all.into_iter().filter(|(step, _)| step.is_done()).map(|(_, word)| word).collect()
    }

    /// Asks for one thing more. An error is a broken connection.
    pub(super) fn step(
        &mut self,
        shop: &Shop,
        connection: &mut Connection,
        chance: &mut Chance,
    ) -> Result<()> {
        self.touched = true;
        if !self.open.is_done() {
            return self.open(Some(&shop.notify), connection);
        }
        match (self.word(), chance.below(100)) {
            ("pending", 0..50) => self.pay(connection),
            ("pending", 50..60) => self.cancel(connection),
            ("pending", 60..67) => self.expire(connection),
            ("pending", 67..85) => self.inquire(connection),
            ("settlement", 0..30) => self.reverse(connection),
            ("settlement", 30..60) => self.repeat("payment", connection),
            ("settlement", 60..70) => self.repeat("advice", connection),
            (_, 70..85) => self.pay_again(connection),
            _ => self.look(connection),
        }
    }

    /// `POST /v2/charge`.
    pub(super) fn open(&mut self, notify: Option<&str>, connection: &mut Connection) -> Result<()> {
        self.open = Step::InDoubt;
        let answer = self.charge(notify, connection)?;
        assert_eq!(answer.member("status_code"), "201", "{}", answer.text());
        let body = answer.json();
        text(&body, "transaction_id").clone_into(&mut self.id);
        text(&body, "payment_code").clone_into(&mut self.code);
        self.open = Step::Done(answer.body);
        Ok(())
    }

    /// Sends the charge. Notifications go to this story's own path.
    pub(super) fn charge(
        &self,
        notify: Option<&str>,
        connection: &mut Connection,
    ) -> Result<Answer> {
        let body = charge_body(&self.order, self.store, self.amount).to_string();
        let url = format!("{}{}", notify.unwrap_or("http://127.0.0.1:9"), self.path());
        let headers = [("X-Override-Notification", url.as_str())];
        let headers = if self.notified { headers.as_slice() } else { &[] };
        connection.exchange(&signed(DEMO, "POST", "/v2/charge", headers, body.as_bytes()))
    }

    /// The payment that pays it.
    pub(super) fn pay(&mut self, connection: &mut Connection) -> Result<()> {
        self.pay = Step::InDoubt;
        let answer = self.take_cash("payment", &self.sale(), connection)?;
        assert_eq!(answer.member("code"), "00", "{}", answer.text());
        self.pay = Step::Done(answer.body);
        Ok(())
    }

    /// A reversal, which only Indomaret allows.
    pub(super) fn reverse(&mut self, connection: &mut Connection) -> Result<()> {
        if self.store == "indomaret" {
            self.reverse = Step::InDoubt;
        }
        let answer = self.give_back(connection)?;
        if self.store == "indomaret" {
            assert_eq!(answer.member("code"), "00", "{}", answer.text());
            self.reverse = Step::Done(answer.body);
        } else {
            assert_eq!(answer.member("code"), "12", "{}", answer.text());
        }
        Ok(())
    }

    pub(super) fn cancel(&mut self, connection: &mut Connection) -> Result<()> {
        self.cancel = Step::InDoubt;
        let answer = self.act("cancel", connection)?;
        assert_eq!(answer.member("status_code"), "200", "{}", answer.text());
        self.cancel = Step::Done(answer.body);
        Ok(())
    }

    pub(super) fn expire(&mut self, connection: &mut Connection) -> Result<()> {
        self.expire = Step::InDoubt;
        let answer = self.act("expire", connection)?;
        assert_eq!(answer.member("status_code"), "407", "{}", answer.text());
        self.expire = Step::Done(answer.body);
        Ok(())
    }

    /// Sends what the sale that paid it has sent already.
    pub(super) fn repeat(&mut self, call: &str, connection: &mut Connection) -> Result<()> {
        let answer = self.take_cash(call, &self.sale(), connection)?;
        assert_eq!(answer.body, self.pay.answer(), "{}: {}", self.order, answer.text());
        Ok(())
    }

    pub(super) fn take_cash(
        &self,
        call: &str,
        sale: &str,
        connection: &mut Connection,
    ) -> Result<Answer> {
        let more = json!({ "amount": self.amount });
        till::tell(connection, call, &till::message(&self.code, sale, self.store, &more))
    }

    pub(super) fn give_back(&self, connection: &mut Connection) -> Result<Answer> {
        let more = json!({ "amount": self.amount, "reason": "timeout" });
        let message = till::message(&self.code, &self.sale(), self.store, &more);
        till::tell(connection, "reversal", &message)
    }

    pub(super) fn act(&self, action: &str, connection: &mut Connection) -> Result<Answer> {
        let target = format!("/v2/{}/{action}", self.order);
        connection.exchange(&signed(DEMO, "POST", &target, &[], b"{}"))
    }

    pub(super) fn status(&self, connection: &mut Connection) -> Result<Answer> {
        let target = format!("/v2/{}/status", self.order);
        connection.exchange(&signed(DEMO, "GET", &target, &[], b""))
    }
}
