//! What somebody said of a difference is in the chain: whoever changes it by hand is found.

use domain::{difference::Verdict, ids::SaleNo, sale::Operation as O, time::BusinessDate};
use gateway::request::{
    CloseLine, LineAct, LineToPost, LinesRequest, PostedFile, Ruling, RulingRequest,
};
use storage::{FileLineRow, LineState};
use testkit::{START, Shop, key};

use crate::{
    scene::{Scene, folder, rupiah},
    tampering::Data,
};

/// A sale that a file does not mention, and that somebody gave up.
async fn given_up(name: &str) -> Data {
    let data = Data(folder(name));
    let scene = Scene(Shop::at(data.place(), START, |_| {}));
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "S-1").await.unwrap();
    scene.wait(26 * 3_600);
    scene.gateway.sweep(scene.now()).await.unwrap();
    let (retailer, date) = (key("indomaret"), BusinessDate::parse("2026-11-21").unwrap());
    let file = PostedFile {
        retailer,
        business_date: date,
        revision: 1,
        name: "file.csv".to_owned(),
        profile: "file".to_owned(),
        sha256: [0; 32],
        lines: 0,
        total: 0,
        by: "budi (uid 1001)".to_owned(),
        at: scene.now(),
    };
    let file = scene.gateway.post_file(file).await.unwrap();
    let sale = Some(SaleNo::new(1));
    let row = FileLineRow {
        no: 0,
        day: (retailer, date),
        identity: "S-1".to_owned(),
        file: 0,
        line: None,
        outcome: "ours_only".to_owned(),
        code: view.payment.code,
        amount: rupiah(100_000),
        fee: None,
        status: None,
        sale,
        payment: Some(view.payment.no),
        our_amount: Some(rupiah(100_000)),
        our_date: Some(date),
        posted_at: scene.now(),
        state: LineState::Open,
        closed_at: None,
        why: None,
    };
    let lines = vec![LineToPost { row, act: LineAct::Unmatch }];
    let request = LinesRequest { file, lines, at: scene.now() };
    scene.gateway.post_lines(request).await.unwrap();
    scene.wait(60);
    let close = CloseLine {
        line: 1,
        verdict: Verdict::WriteOff,
        by: "budi (uid 1001)".to_owned(),
        sale,
        payment: Some(view.payment.no),
        days: vec![(retailer, date)],
    };
    let ruling = Ruling::Close(Box::new(close));
    let reason = "the retailer has closed that outlet".to_owned();
    let request = RulingRequest { ruling, reason, received_at: scene.now() };
    scene.gateway.rule(request).await.unwrap();
    scene.assert_clean().await;
    scene.0.close();
    data
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
        let report = data.with_hands("difference-hand", hand).report();
        let places: Vec<_> = report.findings.iter().map(|found| found.place.as_str()).collect();
        assert!(places.iter().any(|found| found.starts_with(place)), "{hand}: {places:?}");
    }
}
