//! What somebody said of a difference is in the chain: whoever changes it by hand is found.

use domain::{
    difference::Verdict, ids::SaleNo, retailer::RetailerKey, sale::Operation as O,
    time::BusinessDate,
};
use gateway::{
    admin::{AdminCommand, AdminError, DifferenceClose, approvals::settle, execute},
    request::{
        CloseLine, LineAct, LineToPost, LinesRequest, PaymentView, PostedFile, Ruling, RulingError,
        RulingRequest,
    },
};
use storage::{FileLineRow, LineState};
use testkit::{START, Shop, key};

use crate::{
    scene::{Scene, folder, rupiah},
    tampering::Data,
};

/// A sale that a file does not mention, and that waits.
async fn waiting(name: &str) -> (Data, Scene, PaymentView) {
    let data = Data(folder(name));
    let scene = Scene(Shop::at(data.place(), START, |_| {}));
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "S-1").await.unwrap();
    scene.wait(26 * 3_600);
    scene.gateway.sweep(scene.now()).await.unwrap();
    let file = PostedFile {
        retailer: key("indomaret"),
        business_date: day().1,
        revision: 1,
        name: "file.csv".to_owned(),
        profile: "file".to_owned(),
        sha256: [0; 32],
        lines: 0,
        total: 0,
        by: "budi (uid 1001)".to_owned(),
        at: scene.now(),
    };
    scene.gateway.post_file(file).await.unwrap();
    post(&scene, &view, 0).await;
    scene.wait(60);
    (data, scene, view)
}

fn day() -> (RetailerKey, BusinessDate) {
    (key("indomaret"), BusinessDate::parse("2026-11-21").unwrap())
}

/// A file says that only we have the sale.
async fn post(scene: &Scene, view: &PaymentView, no: i64) {
    let row = FileLineRow {
        no,
        day: day(),
        identity: "S-1".to_owned(),
        file: 0,
        line: None,
        outcome: "ours_only".to_owned(),
        code: view.payment.code,
        amount: rupiah(100_000),
        fee: None,
        status: None,
        sale: Some(SaleNo::new(1)),
        payment: Some(view.payment.no),
        our_amount: Some(rupiah(100_000)),
        our_date: Some(day().1),
        posted_at: scene.now(),
        state: LineState::Open,
        closed_at: None,
        why: None,
    };
    let lines = vec![LineToPost { row, act: LineAct::Unmatch }];
    let request = LinesRequest { file: 1, lines, at: scene.now() };
    scene.gateway.post_lines(request).await.unwrap();
}

/// The same, and somebody gave it up.
async fn given_up(name: &str) -> Data {
    let (data, scene, view) = waiting(name).await;
    let close = CloseLine {
        line: 1,
        posted_at: None,
        verdict: Verdict::WriteOff,
        by: "budi (uid 1001)".to_owned(),
        sale: Some(SaleNo::new(1)),
        payment: Some(view.payment.no),
        days: vec![day()],
    };
    let ruling = Ruling::Close(Box::new(close));
    let reason = "the retailer has closed that outlet".to_owned();
    let request = RulingRequest { ruling, reason, received_at: scene.now() };
    scene.gateway.rule(request).await.unwrap();
    scene.assert_clean().await;
    scene.0.close();
    data
}

/// Where `gerai verify` finds something wrong after this was done by hand.
fn places(data: &Data, hand: &str) -> Vec<String> {
    let report = data
        .with_hands(&format!("difference-hand-{}", data.0.file_name().unwrap().display()), hand)
        .report();
    report.findings.into_iter().map(|found| found.place).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_waits_cannot_be_closed_unseen() {
    let (data, scene, _) = waiting("difference-waiting").await;
    scene.assert_clean().await;
    scene.0.close();
    let closed = "update file_line set state = 2, closed_at = posted_at + 60000, why = ";
    for why in ["'the retailer paid'", "'a later file mentions it'", "null"] {
        let found = places(&data, &format!("{closed}{why}"));
        assert!(found.contains(&"file_line 1".to_owned()), "{why}: {found:?}");
    }
}

#[tokio::test]
async fn what_was_approved_is_not_said_of_what_another_file_says() {
    let (_data, scene, view) = waiting("difference-approved").await;
    let order = DifferenceClose {
        no: 1,
        verdict: "write-off".to_owned(),
        reason: "the retailer has closed that outlet".to_owned(),
        by: "budi (uid 1001)".to_owned(),
        posted_at_ms: None,
    };
    let settled = settle(&scene.gateway, AdminCommand::DifferenceClose(order)).await.unwrap();
    scene.wait(86_400);
    post(&scene, &view, 1).await;
    let told = execute(&scene.gateway, settled).await;
    assert_eq!(told, Err(AdminError::Ruling(RulingError::Changed(1))));
    scene.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_a_difference_cannot_be_changed_unseen() {
    let data = given_up("difference").await;
    let hands = [
        ("update difference set receivable = -40000", "difference 1"),
        ("update difference set verdict = 1", "difference 1"),
        ("update difference set against = 0", "difference 1"),
        ("update difference set reason = 'lost'", "difference 1"),
        ("update difference set payment_no = null", "difference 1"),
        ("update difference set business_date = business_date + 1", "difference 1"),
        ("update difference set at = at + 1", "difference 1"),
        ("update difference set no = 2", "difference 1"),
        ("update difference set expected = 0", "day indomaret"),
        ("update difference set line_no = 7", "difference 1"),
        ("update file_line set state = 1, closed_at = null", "difference 1"),
        ("delete from difference", "event"),
        (
            "insert into difference select 2, line_no, sale_no, payment_no, verdict, retailer, \
          business_date, other_date, against, receivable, commission, expected, event_no + 1, at, \
          reason from difference",
            "difference 2",
        ),
    ];
    for (hand, place) in hands {
        let places = places(&data, hand);
        assert!(places.iter().any(|found| found.starts_with(place)), "{hand}: {places:?}");
    }
}
