//! Sales around midnight on the wire, at a retailer whose numbers begin anew every day.

use domain::retailer::SaleKeyForm;
use testkit::Shop;

use crate::switch::{Answer, Switch};

/// The last seconds of 2026-11-21 at this retailer, and the first of the next day.
const BEFORE: &str = "2026-11-21T23:59:50+07:00";
const AFTER: &str = "2026-11-22T00:00:10+07:00";

fn before_midnight() -> Switch {
    let shop = Shop::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.sale_key = SaleKeyForm::OutletTerminalDateSale;
        });
    });
    let switch = Switch::at(shop);
    // Shops open at 14:00.
    switch.wait(10 * 3_600 - 10);
    switch
}

async fn say(switch: &Switch, operation: &str, code: &str, at: &str) -> Answer {
    let amount = if operation == "inquiry" { "" } else { r#","amount":50000"# };
    let body = format!(
        r#"{{"payment_code":"{code}","sale":"1","outlet":"T001","terminal":"02","sale_at":"{at}",
            "retailer":"indomaret"{amount}}}"#
    );
    switch.ask("POST", &format!("/counter/v1/{operation}"), &body).await
}

async fn status(switch: &Switch, code: &str, at: &str) -> Answer {
    let at = at.replace('+', "%2B");
    let target = format!(
        "/counter/v1/status?payment_code={code}&sale=1&outlet=T001&terminal=02&sale_at={at}\
         &retailer=indomaret"
    );
    switch.ask("GET", &target, "").await
}

#[tokio::test]
async fn what_follows_a_sale_after_midnight_finds_it() {
    let switch = before_midnight();
    let code = switch.open("order-1", "indomaret").await;
    let paid = say(&switch, "payment", &code, BEFORE).await;
    assert_eq!(paid.json()["message"], "paid");
    switch.wait(20);
    assert_eq!(status(&switch, &code, AFTER).await.body, paid.body);
    assert_eq!(say(&switch, "advice", &code, AFTER).await.body, paid.body);

    // The same number is free for the day's first payment.
    let other = switch.open("order-2", "indomaret").await;
    let next = say(&switch, "payment", &other, AFTER).await;
    assert_eq!(next.json()["message"], "paid");
    assert_ne!(next.json()["approval_code"], paid.json()["approval_code"]);
    assert_eq!(status(&switch, &code, AFTER).await.body, paid.body);
    assert_eq!(status(&switch, &other, AFTER).await.body, next.body);

    let reversed = say(&switch, "reversal", &code, AFTER).await;
    assert_eq!(reversed.json()["message"], "reversed");
    assert_eq!(say(&switch, "reversal", &code, AFTER).await.body, reversed.body);
    assert_eq!(say(&switch, "payment", &code, BEFORE).await.json()["code"], "76");
    assert_eq!(status(&switch, &code, AFTER).await.json()["code"], "76");
    assert_eq!(status(&switch, &other, AFTER).await.body, next.body);
}

#[tokio::test]
async fn a_reversal_of_the_new_day_is_there_before_its_payment() {
    let switch = before_midnight();
    let code = switch.open("order-1", "indomaret").await;
    switch.wait(20);
    let reversed = say(&switch, "reversal", &code, AFTER).await;
    assert_eq!(reversed.json()["code"], "00");
    assert_eq!(say(&switch, "payment", &code, BEFORE).await.json()["code"], "76");
    assert_eq!(say(&switch, "reversal", &code, AFTER).await.body, reversed.body);
    assert_eq!(say(&switch, "inquiry", &code, AFTER).await.json()["code"], "00");
}
