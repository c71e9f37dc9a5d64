//! What must be true of a story whatever happened to the program in between.

use std::io::Result;

use serde_json::json;

use super::story::{Step, Story};
use crate::drive::{
    http::Connection,
    merchant::{DEMO, new_order, signature_key, text},
    till,
};

impl Story {
    /// Finds out what came of a question that was never answered: it was carried out as a whole or
    /// not at all. Then asks it again.
    pub(super) fn settle(&mut self, connection: &mut Connection) {
        if self.open == Step::InDoubt {
            self.settle_open(connection).unwrap();
        }
        if self.pay == Step::InDoubt {
            self.settle_pay(connection).unwrap();
        }
        if self.reverse == Step::InDoubt {
            let word = self.word_now(connection);
            assert!(["settlement", "deny"].contains(&word.as_str()), "{}: {word}", self.order);
            self.reverse(connection).unwrap();
        }
        if self.cancel == Step::InDoubt {
            self.cancel = self.settle_close("cancel", connection);
        }
        if self.expire == Step::InDoubt {
            self.expire = self.settle_close("expire", connection);
        }
    }

    fn settle_open(&mut self, connection: &mut Connection) -> Result<()> {
        let found = self.status(connection)?;
        if found.member("status_code") == "404" {
            // It never was; the merchant tries once more, and has no notifications sent.
            self.notified = false;
            return self.open(None, connection);
        }
        let body = found.json();
        assert_eq!(text(&body, "transaction_status"), "pending", "{body}");
        assert_eq!(text(&body, "gross_amount"), format!("{}.00", self.amount));
        assert_eq!(text(&body, "store"), self.store);
        text(&body, "transaction_id").clone_into(&mut self.id);
        text(&body, "payment_code").clone_into(&mut self.code);
        let again = self.charge(None, connection)?;
        assert_eq!(again.member("status_code"), "406", "{}", again.text());
        self.open = Step::Done(found.body);
        Ok(())
    }

    fn settle_pay(&mut self, connection: &mut Connection) -> Result<()> {
        let sale = till::ask(connection, &self.code, &self.sale())?;
        let word = self.word_now(connection);
        match sale.member("code").as_str() {
            "00" => {
                assert_eq!(word, "settlement", "{}", self.order);
                self.pay = Step::Done(sale.body);
                self.repeat("payment", connection)
            }
            "14" => {
                assert_eq!(word, "pending", "{}", self.order);
                self.pay(connection)
            }
            _ => panic!("{}: {}", self.order, sale.text()),
        }
    }

    fn settle_close(&self, action: &str, connection: &mut Connection) -> Step {
        let word = self.word_now(connection);
        let again = self.act(action, connection).unwrap();
        let code = again.member("status_code");
        match word.as_str() {
            "pending" => assert!(["200", "407"].contains(&code.as_str()), "{}", again.text()),
            closed => {
                assert_eq!(closed, action, "{}", self.order);
                assert_eq!(code, "412", "{}", again.text());
            }
        }
        Step::Done(again.body)
    }

    fn word_now(&self, connection: &mut Connection) -> String {
        let status = self.status(connection).unwrap();
        assert_eq!(status.status, 200, "{}: {}", self.order, status.text());
        status.member("transaction_status")
    }

    /// Everything that was acknowledged is as it was.
    pub(super) fn check(&mut self, connection: &mut Connection) {
        if !self.open.is_done() {
            return;
        }
        self.look(connection).unwrap();
        self.inquire(connection).unwrap();
        self.pay_again(connection).unwrap();
        match self.word() {
            "settlement" => self.repeat("payment", connection).unwrap(),
            "deny" => {
                let again = self.give_back(connection).unwrap();
                assert_eq!(again.member("code"), "00", "{}", again.text());
                let repeated = self.take_cash("payment", &self.sale(), connection).unwrap();
                assert_eq!(repeated.member("code"), "76", "{}", repeated.text());
            }
            _ => {}
        }
    }

    /// The merchant asks how it stands.
    pub(super) fn look(&self, connection: &mut Connection) -> Result<()> {
        let answer = self.status(connection)?;
        let body = answer.json();
        let expected = [
            ("transaction_status", self.word()),
            ("transaction_id", &self.id),
            ("payment_code", &self.code),
            ("order_id", &self.order),
        ];
        for (name, value) in expected {
            assert_eq!(text(&body, name), value, "{}: {body}", self.order);
        }
        assert_eq!(text(&body, "signature_key"), signature_key(&body, DEMO));
        Ok(())
    }

    /// A till asks about the code.
    pub(super) fn inquire(&self, connection: &mut Connection) -> Result<()> {
        let sale = format!("INQ-{}", new_order());
        let message = till::message(&self.code, &sale, self.store, &json!({}));
        let answer = till::tell(connection, "inquiry", &message)?;
        assert_eq!(answer.member("code"), self.code_of(), "{}: {}", self.order, answer.text());
        if self.word() == "pending" {
            assert_eq!(answer.json()["total"], self.amount);
        }
        Ok(())
    }

    /// Another sale tries to pay what is no longer pending, and must not.
    pub(super) fn pay_again(&self, connection: &mut Connection) -> Result<()> {
        if self.word() == "pending" {
            return Ok(());
        }
        let answer = self.take_cash("payment", &format!("AGAIN-{}", new_order()), connection)?;
        assert_eq!(answer.member("code"), self.code_of(), "{}: {}", self.order, answer.text());
        Ok(())
    }

    /// What a till that has not paid it is told.
    fn code_of(&self) -> &'static str {
        match self.word() {
            "pending" => "00",
            "settlement" => "54",
            "deny" | "cancel" => "56",
            _ => "55",
        }
    }
}
