//! Whatever is changed by hand of a refund code, its cash or its pay-out is found and named.

use domain::{refund::RefundState, sale::Operation, time::Span};
use gateway::{
    admin::{AdminCommand, RefundCodeOrder},
    request::RefundTerms,
};
use testkit::{START, Shop};

use crate::{
    scene::{Scene, folder, rupiah},
    tampering::{Data, columns_missed},
};

/// Cash 1 was paid out after a code that expired; cash 2 has a suspect code, cash 3 one that is open.
async fn codes(name: &str) -> Data {
    let data = Data(folder(name));
    let scene = Scene(Shop::at(data.place(), START, |settings| {
        settings.refund_codes =
            Some(RefundTerms { cap: rupiah(1_000_000), lifetime: Span::days(7) });
    }));
    let order = |no| RefundCodeOrder { no, reason: "paid twice".to_owned(), refund_code: None };
    scene.paid_twice().await;
    scene.issue(1).await;
    scene.wait(8 * 86_400);
    scene.sweep_all().await;
    let (code, pin) = scene.issue(1).await;
    scene.pay_out(code, &super::wrong(&pin), "wrong").await;
    scene.pay_out(code, &pin, "out-1").await;
    scene.outcome_of(Operation::Commit, code, "out-1").await.unwrap();
    for (cash, payment) in [(2, "order-2"), (3, "order-3")] {
        let view = scene.open(payment, "alfamart").await;
        for sale in ["a", "b"] {
            let sale = format!("{payment}-{sale}");
            let _ = scene.say(Operation::Inquiry, &view, &format!("i-{sale}")).await;
            scene.outcome(Operation::Advice, &view, &sale).await.unwrap();
        }
        let (code, pin) = scene.issue(cash).await;
        if cash == 2 {
            scene.pay_out(code, &pin, "out-2").await;
            scene.wait(61);
            scene.sweep_all().await;
        }
    }
    assert!(matches!(scene.refund_code(2).await.refund.state, RefundState::Suspect(_)));
    let early = scene.admin(AdminCommand::RefundCodeConfirm(order(3))).await;
    assert!(early.is_err(), "nobody doubts it");
    scene.assert_clean().await;
    scene.0.close();
    assert!(data.report().is_clean(), "{:#?}", data.report().findings);
    data
}

#[tokio::test]
async fn any_column_of_any_code_changed_by_hand_is_named() {
    let data = codes("refund-columns").await;
    let missed = columns_missed(&data, "refund-columns-copy", &[("refund_code", "no")]);
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test]
async fn what_the_rows_beside_it_say_is_compared() {
    let data = codes("refund-hands").await;
    // Each is what somebody would do who wants to be paid twice, or to hide that he was.
    let hands = [
        // A paid code made open again, as it was.
        (
            "update refund_code set state = 0, payout_sale = null, payout_at = null, till_at = null, \
             business_date = null, hold_until = null, closed_at = null where no = 2",
            "refund_code 2",
        ),
        ("update refund_code set tries_left = 3 where no = 2", "refund_code 2"),
        ("delete from refund_code where no = 3", "refund_code 3"),
        ("delete from refund_code where no = 4", "sale "),
        ("update unapplied set state = 0 where no = 3", "refund_code 4"),
        ("update unapplied set state = 5 where no = 2", "unapplied 2"),
        // The sale that paid it out is gone, or somebody else's.
        ("update sale set state = 2 where sale_key = 'out-1'", "refund_code 2"),
        ("update sale set amount = 40000 where sale_key = 'out-1'", "refund_code 2"),
        // Its money, in the books and in the day that the retailer need not transfer.
        ("update entry set amount = amount + 1 where account_kind = 10 and amount > 0", "event "),
        ("update entry set amount = amount + 1 where account_kind = 10", "refunds payable"),
        ("update retailer_day set funded = funded - 1", "day alfamart"),
    ];
    for (hand, place) in hands {
        let report = data.with_hands("refund-hands-copy", hand).report();
        let found: Vec<_> = report.findings.iter().map(|finding| &finding.place).collect();
        assert!(found.iter().any(|found| found.starts_with(place)), "{hand}: {found:?}");
    }
}
