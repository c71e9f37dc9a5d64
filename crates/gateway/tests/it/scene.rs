//! Words for the stories.

use std::ops::Deref;

use domain::{
    code::PaymentCode,
    event::Actor,
    ids::{OrderId, PaymentNo},
    money::Rupiah,
    payment::{Refusal, State},
    sale::{Operation, SaleKey, SaleKeys},
    time::{Span, Timestamp},
};
use gateway::{
    Settings,
    request::{
        Approved, AttemptReport, Close, CloseError, CloseRequest, Closed, CounterAnswer,
        CounterReply, CounterRequest, Counts, Delivery, Exchange, Next, OpenError, OpenRequest,
        Opened, PaymentRef, PaymentView, Personal, SaleStatus, StatusRequest, Unavailable,
    },
    verify::{Report, verify},
};
use storage::DirectoryWrite;
use testkit::{ACCOUNT, PARTNER, Shop, key};

pub(crate) struct Scene(pub(crate) Shop);

impl Deref for Scene {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.0
    }
}

pub(crate) fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self(Shop::new())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self(Shop::with(change))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.gateway.clock().now()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.gateway.clock().advance(Span::seconds(seconds));
    }

    pub(crate) fn order(&self, order: &str, retailer: &str) -> OpenRequest {
        OpenRequest {
            account: ACCOUNT,
            order: OrderId::new(order).unwrap(),
            retailer: key(retailer),
            amount: rupiah(50_000),
            expires_at: None,
            lifetime_from: self.now(),
            personal: Personal {
                payer_name: Some("Budi Santoso".to_owned()),
                label: Some("Toko".to_owned()),
                receipt_lines: vec!["satu".to_owned()],
                memo: "{}".to_owned(),
            },
            notify_urls: None,
            reuse_after_close: true,
            reuse_after_reversal: true,
            external_id: None,
            idempotency: None,
            received_at: self.now(),
        }
    }

    pub(crate) async fn try_open(&self, request: OpenRequest) -> Result<Opened, OpenError> {
        self.gateway.open(request).await
    }

    pub(crate) async fn open(&self, order: &str, retailer: &str) -> PaymentView {
        match self.try_open(self.order(order, retailer)).await.unwrap() {
            Opened::New(view) => *view,
            Opened::Repeated(_) => panic!("repeated"),
        }
    }

    pub(crate) async fn close(&self, no: PaymentNo, how: Close) -> Result<Closed, CloseError> {
        let request = CloseRequest {
            account: Some(ACCOUNT),
            payment: PaymentRef::No(no),
            how,
            actor: Actor::Merchant(ACCOUNT),
            reason: None,
            idempotency: None,
            received_at: self.now(),
        };
        self.gateway.close(request).await
    }

    pub(crate) fn message(
        &self,
        operation: Operation,
        code: PaymentCode,
        sale: &str,
        retailer: &str,
    ) -> CounterRequest {
        CounterRequest {
            operation,
            partner: PARTNER,
            retailer: key(retailer),
            code,
            sale: SaleKey::new(sale).unwrap().into(),
            sale_sent: sale.to_owned(),
            outlet: "T001".to_owned(),
            terminal: "01".to_owned(),
            receipt_no: None,
            till_at: self.now(),
            received_at: self.now(),
            amount: Some(rupiah(50_000)),
            cash: None,
            reason: None,
            raw: bytes::Bytes::from_static(b"{}"),
            render: |request, answer| {
                format!("{} {:?} {:?}", request.sale_sent, answer.outcome, answer.bill).into_bytes()
            },
        }
    }

    /// What became of a sale, as a till asks that says no more than it must.
    pub(crate) async fn status(&self, code: PaymentCode, sale: &str, keys: SaleKeys) -> SaleStatus {
        let request = StatusRequest {
            partner: PARTNER,
            code,
            sale: keys,
            sale_sent: sale.to_owned(),
            outlet: None,
            till_at: None,
            render: |request, answer| {
                format!("{} {:?} {:?}", request.sale_sent, answer.outcome, answer.bill).into_bytes()
            },
        };
        self.gateway.sale_status(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: CounterRequest) -> CounterReply {
        self.gateway.counter(request).await.unwrap()
    }

    pub(crate) async fn say(
        &self,
        operation: Operation,
        view: &PaymentView,
        sale: &str,
    ) -> CounterReply {
        let retailer = view.payment.opened_for;
        self.send(self.message(operation, view.payment.code, sale, retailer.as_str())).await
    }

    pub(crate) async fn outcome(
        &self,
        operation: Operation,
        view: &PaymentView,
        sale: &str,
    ) -> Result<Approved, Refusal> {
        answer(self.say(operation, view, sale).await).outcome
    }

    pub(crate) async fn state(&self, no: PaymentNo) -> State {
        self.view(no).await.payment.state
    }

    pub(crate) async fn view(&self, no: PaymentNo) -> PaymentView {
        self.gateway.payment(None, PaymentRef::No(no)).await.unwrap().unwrap()
    }

    /// From now on the first merchant hears of cash when it is final (rule 6).
    pub(crate) async fn announce_when_final(&self) {
        let changed = self.gateway.change_directory(|rows, _| {
            let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
            account.settings.push_str("announce_paid = \"when_final\"\n");
            Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
        });
        changed.await.unwrap();
    }

    pub(crate) async fn verify(&self) -> Report {
        self.gateway
            .read(|reader| Ok(verify(reader, &testkit::vault(), &mut |_| {}).unwrap()))
            .await
            .unwrap()
    }

    pub(crate) async fn assert_clean(&self) {
        let report = self.verify().await;
        assert!(report.is_clean(), "{:#?}", report.findings);
    }
}

pub(crate) fn answer(reply: CounterReply) -> CounterAnswer {
    reply.answer.expect("a fresh answer, not a repeated one")
}

/// What is due now; each must be reported.
pub(crate) async fn due(scene: &Scene) -> Vec<Delivery> {
    scene.gateway.deliveries(scene.now(), 100).await.unwrap()
}

/// Tells what an attempt came to.
pub(crate) async fn report(scene: &Scene, delivery: &Delivery, next: Next) {
    let report = AttemptReport {
        no: delivery.no,
        at: scene.now(),
        took_ms: 1,
        status: Some(200),
        next,
        verdict: String::new(),
        exchange: Exchange::default(),
        counts: Counts::Try,
    };
    scene.gateway.report(report).await.unwrap();
}

/// A folder that nobody uses.
pub(crate) fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("gerai-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}
