//! What a till is told of a sale that a retailer's file told of first (rule 33).

use domain::{
    money::Rupiah,
    sale::{Operation as O, SaleKey},
    time::{Span, Timestamp},
};
use gateway::request::{
    LineAct, LineToPost, LinesPosted, LinesRequest, PaymentView, PostedFile, SaleStatus,
    StatusRequest,
};
use storage::{FileLineRow, LineState};
use testkit::{PARTNER, key};

use crate::scene::{Scene, rupiah};

impl Scene {
    /// A file has a line about this payment, under this number; without one, a till's advice is known
    /// again by the rest for ten minutes.
    async fn booked_from_file(
        &self,
        view: &PaymentView,
        number: Option<&str>,
        amount: Rupiah,
    ) -> LinesPosted {
        let files = self.gateway.read(|reader| Ok(reader.sequences()?.file)).await.unwrap();
        let file = PostedFile {
            retailer: key("alfamart"),
            business_date: self.now().business_date(),
            revision: u32::try_from(files + 1).unwrap(),
            name: "ALFA.csv".to_owned(),
            profile: "alfa".to_owned(),
            sha256: [1; 32],
            lines: 1,
            total: 0,
            by: "budi (uid 1001)".to_owned(),
            at: self.now(),
        };
        let file = self.gateway.post_file(file).await.unwrap();
        let sale = number.map_or_else(|| format!("file-{file}"), str::to_owned);
        let mut advice = self.message(O::Advice, view.payment.code, &sale, "alfamart");
        advice.amount = Some(amount);
        let row = FileLineRow {
            no: 0,
            day: (key("alfamart"), self.now().business_date()),
            identity: format!("line of file {file}"),
            file,
            line: Some(1),
            outcome: "theirs_only".to_owned(),
            code: view.payment.code,
            amount,
            fee: None,
            status: None,
            sale: None,
            payment: None,
            our_amount: None,
            our_date: None,
            posted_at: self.now(),
            state: LineState::Settled,
            closed_at: None,
            why: None,
        };
        let alias = number.is_none().then_some(Span::minutes(10));
        let act = LineAct::Book { request: Box::new(advice), alias, commission: None };
        let lines = vec![LineToPost { row, act }];
        let request = LinesRequest { file, lines, at: self.now() };
        self.gateway.post_lines(request).await.unwrap()
    }

    /// The body of the answer, where the sale stands.
    async fn status_told(
        &self,
        view: &PaymentView,
        sale: &str,
        outlet: Option<&str>,
        till_at: Option<Timestamp>,
    ) -> Option<bytes::Bytes> {
        let request = StatusRequest {
            partner: PARTNER,
            code: view.payment.code,
            sale: SaleKey::new(sale).unwrap().into(),
            sale_sent: sale.to_owned(),
            outlet: outlet.map(str::to_owned),
            till_at,
            render: self.message(O::Advice, view.payment.code, sale, "alfamart").render,
        };
        match self.gateway.sale_status(request).await.unwrap() {
            SaleStatus::Stands(body) => Some(body),
            SaleStatus::TakenBack => panic!("nobody took it back"),
            SaleStatus::Unknown => None,
        }
    }
}

#[tokio::test]
async fn a_sale_that_a_file_brought_is_told_as_an_advice_would_be() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    assert_eq!(scene.status_told(&view, "F-1", None, None).await, None);
    let posted = scene.booked_from_file(&view, Some("F-1"), rupiah(50_000)).await;
    assert_eq!(posted.paid, 1);
    let told = scene.status_told(&view, "F-1", None, None).await.unwrap();
    assert!(told.starts_with(b"F-1 Ok(Paid {"), "{told:?}");
    assert_eq!(scene.say(O::Advice, &view, "F-1").await.body, told);
    assert_eq!(scene.status_told(&view, "F-2", None, None).await, None);

    // Cash that fitted nowhere is told as that.
    let over = scene.open("order-2", "alfamart").await;
    let posted = scene.booked_from_file(&over, Some("F-3"), rupiah(60_000)).await;
    assert_eq!(posted.unapplied, 1);
    let told = scene.status_told(&over, "F-3", None, None).await.unwrap();
    assert!(told.starts_with(b"F-3 Ok(Unapplied {"), "{told:?}");
    scene.assert_clean().await;
}

#[tokio::test]
async fn without_the_tills_number_it_is_known_by_outlet_and_time() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    let sold_at = scene.now();
    scene.booked_from_file(&view, None, rupiah(50_000)).await;
    scene.wait(60);
    let told = scene.status_told(&view, "T-77", Some("T001"), Some(scene.now())).await.unwrap();
    assert!(told.starts_with(b"T-77 Ok(Paid {"), "{told:?}");
    assert_eq!(scene.say(O::Advice, &view, "T-77").await.body, told);
    // Who says less is told as well, as long as only one can be meant.
    assert_eq!(scene.status_told(&view, "T-77", None, None).await.as_ref(), Some(&told));
    assert_eq!(scene.status_told(&view, "T-77", Some("T002"), Some(sold_at)).await, None);
    let late = sold_at.plus(Span::minutes(11));
    assert_eq!(scene.status_told(&view, "T-77", Some("T001"), Some(late)).await, None);

    // A second sale of the code an hour later is unapplied cash: the time tells which is meant.
    scene.wait(3_600);
    let posted = scene.booked_from_file(&view, None, rupiah(50_000)).await;
    assert_eq!(posted.unapplied, 1);
    assert_eq!(scene.status_told(&view, "T-78", None, None).await, None);
    let second = scene.status_told(&view, "T-78", None, Some(scene.now())).await.unwrap();
    assert!(second.starts_with(b"T-78 Ok(Unapplied {"), "{second:?}");
    let first = scene.status_told(&view, "T-77", None, Some(sold_at)).await;
    assert_eq!(first, Some(told));
    scene.assert_clean().await;
}
