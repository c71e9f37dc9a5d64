//! An advance whose retailer took the payment back, as a difference that somebody closes.

use domain::{difference::Verdict, payment::State, sale::Operation as O, time::Span};
use gateway::request::{
    CloseLine, LineAct, LineToPost, LinesRequest, PaymentView, Ruling, RulingRequest,
};
use storage::{AdvanceState, FileLineRow, LineState, MatchedState};
use testkit::{START, key};

use crate::scene::{Scene, rupiah};

impl Scene {
    /// A newer version of the day's file lacks the line of this payment, and somebody says that the
    /// payer has the cash back.
    async fn withdrawn_and_taken_back(&self, view: &PaymentView) {
        let no = view.payment.no;
        let sale = self.gateway.read(move |reader| reader.sales_of(no)).await.unwrap()[0].sale.no;
        let day = (key("alfamart"), START.business_date());
        let row = FileLineRow {
            no: 0,
            day,
            identity: view.payment.order.as_str().to_owned(),
            file: 0,
            line: None,
            outcome: "withdrawn".to_owned(),
            code: view.payment.code,
            amount: view.payment.total(),
            fee: None,
            status: Some("paid".to_owned()),
            sale: Some(sale),
            payment: Some(no),
            our_amount: Some(view.payment.total()),
            our_date: Some(day.1),
            posted_at: self.now(),
            state: LineState::Open,
            closed_at: None,
            why: None,
        };
        let lines = vec![LineToPost { row, act: LineAct::Unmatch }];
        let request = LinesRequest { file: 1, lines, at: self.now() };
        self.gateway.post_lines(request).await.unwrap();
        let line = self.gateway.read(|reader| Ok(reader.sequences()?.file_line)).await.unwrap();
        let close = CloseLine {
            line,
            posted_at: None,
            verdict: Verdict::ClawBack,
            by: "budi (uid 1001)".to_owned(),
            sale: Some(sale),
            payment: Some(no),
            days: vec![day],
        };
        let ruling = Ruling::Close(Box::new(close));
        let reason = "the payer has it back".to_owned();
        let request = RulingRequest { ruling, reason, received_at: self.now() };
        self.gateway.rule(request).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_retailer_took_back_of_an_advance_its_day_does_not_wait_for() {
    let scene = Scene::new();
    scene.cap(60_000).await;
    let first = scene.pay("first", 60_000).await;
    let second = scene.pay("second", 50_000).await;
    scene.quiet().await;
    scene.file(START, &[first.payment.no, second.payment.no]).await;
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (50_000, 60_000, 60_000));
    scene.wait(60);
    scene.withdrawn_and_taken_back(&first).await;
    let no = first.payment.no;
    assert!(matches!(scene.state(no).await, State::ClawedBack(..)));
    let advance = scene.gateway.read(move |reader| reader.advance(no)).await.unwrap().unwrap();
    assert_eq!(advance.state, AdvanceState::TakenBack);
    scene.assert_clean().await;

    // The retailer transfers what it has, which is all that the day can bring.
    scene.transfer(START, 50_000, "T-1").await;
    assert_eq!(scene.matched_state(second.payment.no).await, MatchedState::Funded);
    scene.gateway.clock().advance(Span::days(5));
    scene.settle_all().await;
    let (pending, active, advanced) = scene.owed().await;
    assert_eq!((pending, active, advanced), (0, 50_000, 0));
    let told = scene.outcome(O::Inquiry, &first, "again").await;
    assert!(told.is_err(), "{told:?}");
    let of = key("alfamart");
    let row = scene.gateway.read(move |reader| reader.retailer_day((of, START.business_date())));
    let row = row.await.unwrap().unwrap();
    assert_eq!((row.matched, row.waiting, row.funded), (50_000, 0, 50_000));
    assert_eq!(second.payment.total(), rupiah(50_000));
    scene.assert_clean().await;
}
