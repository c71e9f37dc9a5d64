//! Sales from inquiry to reversal, as a till sees them.

use crate::switch::Switch;

const PAID: &str = r#","amount":50000"#;

fn ok(code: &str) -> (u16, String) {
    (200, code.to_owned())
}

#[tokio::test]
async fn a_sale_is_inquired_paid_repeated_and_asked_for() {
    let switch = Switch::new();
    let code = switch.open("order-1", "alfamart").await;
    let inquired = switch.say("inquiry", &code, "A-1", "alfamart", "").await;
    assert_eq!(
        inquired.text(),
        format!(
            r#"{{"code":"00","message":"payable","cashier_text":"Terima uang Rp 50.000 dari pelanggan.","payment_code":"{code}","sale":"A-1","direction":"collect","merchant_name":"Toko 1","payer_name":"BUD* S*","label":"Toko","amount":50000,"fee":0,"total":50000,"currency":"IDR","expires_at":"2026-11-22T14:00:00+07:00","receipt_lines":["satu"]}}"#
        )
    );
    switch.wait(60);
    let paid = switch.say("payment", &code, "A-1", "alfamart", PAID).await;
    let approval_code = paid.json()["approval_code"].as_str().unwrap().to_owned();
    assert_eq!(approval_code.len(), 20);
    assert_eq!(
        paid.text(),
        format!(
            r#"{{"code":"00","message":"paid","cashier_text":"Pembayaran berhasil.","payment_code":"{code}","sale":"A-1","direction":"collect","merchant_name":"Toko 1","payer_name":"BUD* S*","label":"Toko","amount":50000,"fee":0,"total":50000,"currency":"IDR","expires_at":"2026-11-22T14:00:00+07:00","approval_code":"{approval_code}","paid_at":"2026-11-21T14:01:00+07:00","final_after":"2026-11-21T14:31:00+07:00","receipt_lines":["satu"]}}"#
        )
    );
    switch.wait(60);
    for operation in ["payment", "advice"] {
        let again = switch.say(operation, &code, "A-1", "alfamart", PAID).await;
        assert_eq!((again.status.as_u16(), again.body), (200, paid.body.clone()), "{operation}");
    }
    let target = format!("/counter/v1/status?payment_code={code}&sale=%41-1");
    let status = switch.ask("GET", &target, "").await;
    assert_eq!((status.status.as_u16(), status.body), (200, paid.body));

    let other = switch.say("payment", &code, "A-2", "alfamart", PAID).await;
    assert_eq!(other.code(), ok("54"));
    let changed = switch.say("payment", &code, "A-1", "alfamart", r#","amount":49999"#).await;
    assert_eq!(changed.code(), ok("94"));
    // Alfamart's contract has no window.
    let reversed = switch.say("reversal", &code, "A-1", "alfamart", PAID).await;
    assert_eq!(reversed.code(), ok("12"));
}

#[tokio::test]
async fn a_reversal_in_time_is_what_the_sale_says_from_then_on() {
    let switch = Switch::new();
    let code = switch.open("order-1", "indomaret").await;
    assert_eq!(switch.say("payment", &code, "I-1", "indomaret", PAID).await.code(), ok("00"));
    switch.wait(240);
    // The code tells the network, so the retailer need not be said.
    let body = format!(
        r#"{{"payment_code":"{code}","sale":"I-1","amount":50000,"reason":"payer left",
            "sale_at":"2026-11-21T14:04:00+07:00"}}"#
    );
    let reversed = switch.ask("POST", "/counter/v1/reversal", &body).await;
    assert_eq!(reversed.json()["message"], "reversed");
    for operation in ["payment", "advice"] {
        let late = switch.say(operation, &code, "I-1", "indomaret", PAID).await;
        assert_eq!(late.code(), ok("76"), "{operation}");
    }
    let target = format!("/counter/v1/status?payment_code={code}&sale=I-1");
    let status = switch.ask("GET", &target, "").await;
    assert_eq!(
        status.text(),
        format!(
            r#"{{"code":"76","message":"this sale was reversed","cashier_text":"Transaksi ini sudah dibatalkan.","payment_code":"{code}","sale":"I-1"}}"#
        )
    );
}

#[tokio::test]
async fn a_sale_in_two_steps() {
    let switch = Switch::new();
    let code = switch.open("order-1", "indomaret").await;
    let reserved = switch.say("payment", &code, "2-1", "twostep", PAID).await;
    assert_eq!(reserved.json()["message"], "reserved: commit it");
    assert_eq!(switch.say("payment", &code, "2-2", "twostep", PAID).await.code(), ok("77"));
    let body = format!(
        r#"{{"payment_code":"{code}","sale":"2-1","sale_at":"2026-11-21T14:00:00+07:00",
            "retailer":"twostep"}}"#
    );
    let committed = switch.ask("POST", "/counter/v1/commit", &body).await;
    assert_eq!(committed.json()["message"], "paid");
    assert_eq!(committed.json()["approval_code"], reserved.json()["approval_code"]);
}

#[tokio::test]
async fn refusals_are_decisions() {
    let switch = Switch::new();
    let code = switch.open("order-1", "alfamart").await;
    let short = switch.say("payment", &code, "A-1", "alfamart", r#","amount":49999"#).await;
    assert_eq!((short.code(), &short.json()["total"]), (ok("13"), &50_000.into()));
    let elsewhere = switch.say("inquiry", &code, "I-1", "indomaret", "").await;
    assert_eq!(elsewhere.code(), ok("57"));
    assert_eq!(elsewhere.json()["retailers"], serde_json::json!(["alfamart", "alfamidi"]));
    let unknown = switch.say("payment", "8112345678901230", "A-3", "alfamart", PAID).await;
    assert_eq!(unknown.code(), ok("14"));
    let target = "/counter/v1/status?payment_code=8112345678901230&sale=nobody's";
    assert_eq!(switch.ask("GET", target, "").await.code(), ok("14"));
    let nothing = switch.say("reversal", &code, "A-4", "alfamart", PAID).await;
    assert_eq!(nothing.json()["message"], "nothing to reverse; this sale is closed");
}

#[tokio::test]
async fn a_terminal_that_guesses_must_wait() {
    let switch = Switch::new();
    let code = switch.open("order-1", "alfamart").await;
    let guess = |n: i32| format!("TEST{n:06}");
    for n in 0..10 {
        let sale = format!("G-{n}");
        let answer = switch.say("inquiry", &guess(n), &sale, "alfamart", "").await;
        assert_eq!(answer.code(), ok("14"), "{n}");
    }
    // The terminal is hot, for good codes too; or the throttle would tell which are good.
    for (operation, code) in [("inquiry", &code), ("inquiry", &guess(11)), ("payment", &code)] {
        let answer = switch.say(operation, code, "G-11", "alfamart", PAID).await;
        assert_eq!(answer.code(), (429, "65".to_owned()), "{operation} {code}");
    }
    // Cash that has changed hands is heard.
    assert_eq!(switch.say("reversal", &code, "G-12", "alfamart", PAID).await.code(), ok("00"));
    assert_eq!(switch.say("advice", &guess(12), "G-13", "alfamart", PAID).await.code(), ok("14"));
    // Another till of the same outlet does not suffer.
    let body = switch.message(&code, "G-14", "alfamart", "").replace(r#""02""#, r#""03""#);
    assert_eq!(switch.ask("POST", "/counter/v1/inquiry", &body).await.code(), ok("00"));
    // Six seconds forgive one code; the advice above was counted too.
    switch.wait(6);
    assert_eq!(switch.say("inquiry", &code, "G-15", "alfamart", "").await.code().0, 429);
    switch.wait(6);
    assert_eq!(switch.say("inquiry", &code, "G-15", "alfamart", "").await.code(), ok("00"));
    assert_eq!(switch.say("payment", &code, "G-15", "alfamart", PAID).await.code(), ok("00"));
}

#[tokio::test]
async fn when_nothing_can_be_decided_the_till_tries_again() {
    let switch = Switch::new();
    let code = switch.open("order-1", "alfamart").await;
    switch.shop.gateway.stop();
    let answer = switch.say("payment", &code, "A-1", "alfamart", PAID).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (
            503,
            format!(
                r#"{{"code":"96","message":"try again: nothing was decided","cashier_text":"Sistem sedang sibuk. Coba lagi.","payment_code":"{code}","sale":"A-1"}}"#
            )
            .as_str()
        )
    );
}
