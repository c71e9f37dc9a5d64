//! Pay-outs of refund codes, as a till sees them (rule 35).

use domain::{money::Rupiah, time::Span};
use gateway::{
    admin::{AdminCommand, AdminReply, RefundCodeOrder, execute},
    request::RefundTerms,
};
use testkit::Shop;

use crate::switch::{Answer, Switch};

const PAID: &str = r#","amount":50000"#;

fn ok(code: &str) -> (u16, String) {
    (200, code.to_owned())
}

/// A counter where refund codes are on.
fn switch() -> Switch {
    Switch::at(Shop::with(|settings| {
        let cap = Rupiah::new(1_000_000).unwrap();
        settings.refund_codes = Some(RefundTerms { cap, lifetime: Span::days(7) });
    }))
}

impl Switch {
    /// A refund code and its PIN, for cash that was paid twice.
    async fn refund_code(&self) -> (String, String) {
        let code = self.open("order-1", "alfamart").await;
        assert_eq!(self.say("inquiry", &code, "I-1", "alfamart", "").await.code(), ok("00"));
        assert_eq!(self.say("payment", &code, "A-1", "alfamart", PAID).await.code(), ok("00"));
        assert_eq!(self.say("advice", &code, "A-2", "alfamart", PAID).await.code(), ok("00"));
        let order = RefundCodeOrder { no: 1, reason: "paid twice".to_owned(), refund_code: None };
        let reply = execute(&self.shop.gateway, AdminCommand::RefundCodeIssue(order)).await;
        let AdminReply::RefundCode(issued) = reply.unwrap() else { panic!("no code") };
        let row = self.shop.gateway.read(|reader| reader.refund_of(1)).await.unwrap().unwrap();
        (row.code.to_string(), issued.pin.expose().to_owned())
    }

    async fn pay_out(&self, code: &str, pin: &str, sale: &str) -> Answer {
        let more = format!(r#","amount":50000,"pin":"{pin}""#);
        self.say("payout", code, sale, "alfamart", &more).await
    }

    async fn commit(&self, code: &str, sale: &str) -> Answer {
        self.say("commit", code, sale, "alfamart", "").await
    }
}

#[tokio::test]
async fn a_pay_out_is_inquired_reserved_committed_and_repeated() {
    let switch = switch();
    let (code, pin) = switch.refund_code().await;
    let asked = switch.say("inquiry", &code, "P-1", "alfamart", "").await;
    assert_eq!(
        asked.text(),
        format!(
            r#"{{"code":"00","message":"to be paid out","cashier_text":"Pengembalian uang. Minta PIN pelanggan.","payment_code":"{code}","sale":"P-1","direction":"payout","amount":50000,"total":50000,"currency":"IDR","expires_at":"2026-11-28T14:00:00+07:00"}}"#
        )
    );
    let reserved = switch.pay_out(&code, &pin, "P-1").await;
    let proof = reserved.json()["approval_code"].as_str().unwrap().to_owned();
    assert_eq!(
        reserved.text(),
        format!(
            r#"{{"code":"00","message":"reserved: hand the cash over and commit it","cashier_text":"Serahkan uang Rp 50.000 kepada pelanggan.","payment_code":"{code}","sale":"P-1","direction":"payout","amount":50000,"total":50000,"currency":"IDR","expires_at":"2026-11-28T14:00:00+07:00","approval_code":"{proof}"}}"#
        )
    );
    assert!(!reserved.text().contains(&pin));
    let status = format!("/counter/v1/status?payment_code={code}&sale=P-1");
    assert_eq!(switch.ask("GET", &status, "").await.body, reserved.body);
    assert_eq!(switch.pay_out(&code, &pin, "P-2").await.code(), ok("77"));
    switch.wait(30);
    let committed = switch.commit(&code, "P-1").await;
    assert_eq!(
        committed.text(),
        format!(
            r#"{{"code":"00","message":"paid out","cashier_text":"Pengembalian uang selesai.","payment_code":"{code}","sale":"P-1","direction":"payout","amount":50000,"total":50000,"currency":"IDR","expires_at":"2026-11-28T14:00:00+07:00","approval_code":"{proof}","paid_at":"2026-11-21T14:00:30+07:00"}}"#
        )
    );
    // Again and again: the same bytes, and never the cash.
    switch.wait(120);
    assert_eq!(switch.pay_out(&code, &pin, "P-1").await.body, reserved.body);
    assert_eq!(switch.commit(&code, "P-1").await.body, committed.body);
    assert_eq!(switch.ask("GET", &status, "").await.body, committed.body);
    assert_eq!(switch.pay_out(&code, &pin, "P-3").await.code(), ok("54"));
    let changed =
        switch.say("payout", &code, "P-1", "alfamart", r#","amount":50001,"pin":"000000""#);
    assert_eq!(changed.await.code(), ok("94"));
    assert_eq!(switch.say("reversal", &code, "P-1", "alfamart", PAID).await.code(), ok("12"));
}

#[tokio::test]
async fn every_no_of_a_pay_out_has_its_code() {
    let switch = switch();
    let (code, pin) = switch.refund_code().await;
    let bad = if pin.starts_with('0') { "199999" } else { "099999" };
    let wrong = switch.pay_out(&code, bad, "P-1").await;
    assert_eq!(
        (wrong.code(), wrong.json()["cashier_text"].as_str()),
        (ok("79"), Some("PIN salah. Sisa 2 kali. Jangan serahkan uang."))
    );
    assert!(!wrong.text().contains(bad));
    assert_eq!(switch.pay_out(&code, bad, "P-1").await.body, wrong.body, "it costs one try");

    let paid = switch.say("payment", &code, "A-9", "alfamart", PAID).await;
    assert_eq!((paid.code(), &paid.json()["direction"]), (ok("58"), &"payout".into()));
    assert_eq!(switch.say("advice", &code, "A-9", "alfamart", PAID).await.code(), ok("58"));
    let other = switch.open("order-2", "alfamart").await;
    let taken = switch.pay_out(&other, &pin, "P-2").await;
    assert_eq!((taken.code(), &taken.json()["direction"]), (ok("58"), &"collect".into()));

    let more = format!(r#","amount":50000,"pin":"{pin}""#);
    let away = switch.say("payout", &code, "P-3", "indomaret", &more).await;
    assert_eq!(away.code(), ok("57"));
    assert_eq!(away.json()["retailers"], serde_json::json!(["alfamart", "alfamidi"]));
    let less =
        switch.say("payout", &code, "P-4", "alfamart", &more.replace("50000", "40000")).await;
    assert_eq!((less.code(), &less.json()["total"]), (ok("13"), &50_000.into()));
    assert_eq!(switch.commit(&code, "P-9").await.code(), ok("14"));

    // Taken back in time, then begun anew and never confirmed.
    assert_eq!(switch.pay_out(&code, &pin, "P-5").await.code(), ok("00"));
    let back = switch.say("reversal", &code, "P-5", "alfamart", PAID).await;
    assert_eq!(
        (back.code(), &back.json()["message"]),
        (ok("00"), &"nothing is paid out; this sale is closed".into())
    );
    assert_eq!(switch.commit(&code, "P-5").await.code(), ok("76"));
    assert_eq!(switch.pay_out(&code, &pin, "P-6").await.code(), ok("00"));
    switch.wait(61);
    assert!(switch.shop.gateway.sweep(switch.shop.gateway.clock().now()).await.unwrap() > 0);
    assert_eq!(switch.say("inquiry", &code, "P-7", "alfamart", "").await.code(), ok("59"));
    assert_eq!(switch.pay_out(&code, &pin, "P-7").await.code(), ok("59"));
    // Its own sale is not told again to hand the cash over.
    assert_eq!(switch.pay_out(&code, &pin, "P-6").await.code(), ok("59"));
    let status = format!("/counter/v1/status?payment_code={code}&sale=P-6");
    assert_eq!(switch.ask("GET", &status, "").await.code(), ok("59"));
    assert_eq!(switch.commit(&code, "P-6").await.code(), ok("00"), "the word that was missing");
}

#[tokio::test]
async fn a_code_is_blocked_by_its_third_wrong_pin() {
    let switch = switch();
    let (code, pin) = switch.refund_code().await;
    let bad = if pin.starts_with('0') { "199999" } else { "099999" };
    for (sale, digits) in [("P-1", "79"), ("P-2", "79"), ("P-3", "75")] {
        assert_eq!(switch.pay_out(&code, bad, sale).await.code(), ok(digits), "{sale}");
    }
    assert_eq!(switch.pay_out(&code, &pin, "P-4").await.code(), ok("75"));
    assert_eq!(switch.say("inquiry", &code, "P-5", "alfamart", "").await.code(), ok("75"));
}

#[tokio::test]
async fn guessing_refund_codes_makes_a_terminal_wait() {
    let switch = switch();
    let pools = &switch.shop.gateway.directory().pools;
    let pool = pools.iter().find(|pool| pool.shape().network.as_str() == "refund").unwrap();
    for slot in 0..10 {
        let code = pool.code(0, slot).unwrap().to_string();
        let answer = switch.pay_out(&code, "123456", &format!("G-{slot}")).await;
        assert_eq!(answer.code(), ok("14"), "{slot}");
    }
    let code = pool.code(0, 11).unwrap().to_string();
    assert_eq!(switch.pay_out(&code, "123456", "G-11").await.code(), (429, "65".to_owned()));
}
