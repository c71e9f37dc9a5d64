//! Gerai's own events: which there are, in which order, what they stay silent about, how they wake who
//! waits and go out beside the vendor's news, and that nobody can change them unseen.

use domain::{
    event::Announcement, ids::PaymentNo, payment::State, retailer::AdviceCreates,
    sale::Operation as O, time::Span,
};
use gateway::{
    own_events::{EndpointFailing, OwnEvent},
    request::{
        Approved, Close, Next, PaymentRef, PaymentView, Ruling, RulingRequest, Sibling,
        SiblingRequest, Unavailable,
    },
    verify::Finding,
};
use storage::{DirectoryWrite, News, OWN_TARGET, sqlite::Place};
use testkit::{ACCOUNT, OTHER_ACCOUNT, Shop, key};

use crate::{
    scene::{Scene, due, folder, report},
    tampering::Data,
};

const HOOK: &str = "https://shop.example/events";

impl Scene {
    /// More lines of the first merchant's settings.
    pub(crate) async fn set(&self, lines: &str) {
        let lines = lines.to_owned();
        let changed = self.gateway.change_directory(move |rows, _| {
            let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
            account.settings.push_str(&lines);
            Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
        });
        changed.await.unwrap();
    }

    async fn listening() -> Self {
        let scene = Self::new();
        scene.set("events = true\n").await;
        scene
    }

    pub(crate) async fn events(&self) -> Vec<OwnEvent> {
        self.gateway.own_events(ACCOUNT, 0, 1_000).await.unwrap().events
    }

    /// What was told: type and status, in order. Numbers have no gap.
    pub(crate) async fn story(&self) -> Vec<(&'static str, &'static str)> {
        let events = self.events().await;
        let numbers: Vec<_> = events.iter().map(|event| event.row.no).collect();
        assert_eq!(numbers, (1..).take(events.len()).collect::<Vec<_>>());
        events.iter().map(|event| (event.row.kind.name(), event.row.status.unwrap())).collect()
    }

    async fn own_sweep(&self) {
        self.gateway.sweep(self.now()).await.unwrap();
    }

    /// What is due to the merchant's own endpoint, by the events' numbers.
    async fn pushed(&self, next: Next) -> Vec<i64> {
        let mut told = Vec::new();
        for delivery in due(self).await {
            if let News::Own(no) = delivery.news {
                assert_eq!(delivery.url.as_deref(), Some(HOOK));
                told.push(no);
            }
            report(self, &delivery, next).await;
        }
        told
    }
}

#[tokio::test]
async fn a_payments_life_is_told_with_what_the_counter_said() {
    let scene = Scene::listening().await;
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    scene.outcome(O::Reversal, &view, "I-1").await.unwrap();
    let again = scene.open("order-1", "alfamart").await;
    scene.close(again.payment.no, Close::Cancel).await.unwrap();
    let late = scene.open("order-2", "indomaret").await;
    let left = late.payment.expires_at.since(scene.now());
    scene.gateway.clock().advance(left.plus(Span::minutes(1)));
    scene.own_sweep().await;
    let expected = [
        ("payment.opened", "pending"),
        ("payment.paid", "paid"),
        ("payment.reversed", "reversed"),
        ("payment.opened", "pending"),
        ("payment.cancelled", "cancelled"),
        ("payment.opened", "pending"),
        ("payment.expired", "expired"),
    ];
    assert_eq!(scene.story().await, expected);
    let events = scene.events().await;
    let (paid, sale) = (&events[1], events[1].sale.as_ref().unwrap());
    assert_eq!((sale.outlet.as_str(), sale.terminal.as_str()), ("T001", "01"));
    assert_eq!(paid.payment.as_ref().unwrap().id, view.payment.id);
    // What a merchant reads does not move with the payment.
    assert_eq!(paid.row.status, Some("paid"));
    assert!(matches!(paid.payment.as_ref().unwrap().state, State::Reversed(..)));
    scene.assert_clean().await;
}

#[tokio::test]
async fn nobody_hears_of_what_nobody_asked_for() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    assert!(scene.events().await.is_empty());
    scene.set("events = true\n").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    assert_eq!(scene.story().await, [("payment.paid", "paid")]);
    let others = scene.gateway.own_events(OTHER_ACCOUNT, 0, 10).await.unwrap();
    assert!(others.events.is_empty());
    assert_eq!(scene.gateway.own_event(OTHER_ACCOUNT, 1).await.unwrap(), None);
}

#[tokio::test]
async fn who_hears_when_it_is_final_hears_nothing_before() {
    let scene = Scene::listening().await;
    scene.announce_when_final().await;
    let taken_back = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &taken_back, "I-1").await.unwrap();
    scene.outcome(O::Reversal, &taken_back, "I-1").await.unwrap();
    let view = scene.open("order-2", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-2").await.unwrap();
    // Refused: the till is too late, and yet it is not final.
    scene.wait(6 * 60);
    assert!(scene.outcome(O::Reversal, &view, "I-2").await.is_err());
    let opened = [("payment.opened", "pending"), ("payment.opened", "pending")];
    assert_eq!(scene.story().await, opened);
    scene.wait(3_600);
    scene.own_sweep().await;
    let told = scene.story().await.split_off(2);
    assert_eq!(told, [("payment.paid", "paid"), ("payment.final", "paid")]);
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_durable_inquiry_is_told_and_keeps_what_the_till_said() {
    let scene = Scene::listening().await;
    let view = scene.open("order-1", "indomaret").await;
    for _ in 0..2 {
        scene.outcome(O::Inquiry, &view, "I-1").await.unwrap();
    }
    let told = [("payment.opened", "pending"), ("payment.inquired", "pending")];
    assert_eq!(scene.story().await, told);
    let detail = scene.events().await[1].row.detail.clone().unwrap();
    for part in [r#""outlet":"T001""#, r#""retailer":"indomaret""#, r#""terminal":"01""#] {
        assert!(detail.contains(part), "{detail}");
    }
    // A look at one that is not written down tells nothing.
    let plain = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = AdviceCreates::Never;
        });
    });
    plain.set("events = true\n").await;
    let view = plain.open("order-1", "indomaret").await;
    plain.outcome(O::Inquiry, &view, "I-1").await.unwrap();
    assert_eq!(plain.story().await, [("payment.opened", "pending")]);
}

impl Scene {
    /// Cash of an advice for a payment that has expired.
    async fn cash_too_late(&self, order: &str, sale: &str) -> PaymentView {
        let view = self.open(order, "indomaret").await;
        assert!(self.outcome(O::Inquiry, &view, sale).await.is_ok());
        self.close(view.payment.no, Close::Expire).await.unwrap();
        let told = self.outcome(O::Advice, &view, sale).await;
        assert!(matches!(told, Ok(Approved::Unapplied { .. })), "{told:?}");
        view
    }

    async fn ruled(&self, ruling: Ruling) {
        let (reason, received_at) = ("ticket 17".to_owned(), self.now());
        self.gateway.rule(RulingRequest { ruling, reason, received_at }).await.unwrap();
    }
}

#[tokio::test]
async fn cash_that_fits_nowhere_is_told_under_the_payments_own_id() {
    let scene = Scene::listening().await;
    let matched = scene.cash_too_late("order-1", "I-1").await;
    let refunded = scene.cash_too_late("order-2", "I-2").await;
    // The order id is another payment's by now.
    scene.open("order-2", "indomaret").await;
    let payment = PaymentRef::Id(matched.payment.id);
    scene.ruled(Ruling::Match { cash: 1, payment }).await;
    let bank_reference = "BCA-1".to_owned();
    scene.ruled(Ruling::Refund { cash: 2, bank_reference }).await;
    let expected = [
        ("payment.opened", "pending"),
        ("payment.inquired", "pending"),
        ("payment.expired", "expired"),
        ("unapplied.recorded", "expired"),
        ("payment.opened", "pending"),
        ("payment.inquired", "pending"),
        ("payment.expired", "expired"),
        ("unapplied.recorded", "expired"),
        ("payment.opened", "pending"),
        ("unapplied.matched", "paid"),
        ("payment.paid", "paid"),
        ("refund.recorded", "expired"),
    ];
    assert_eq!(scene.story().await, expected);
    let events = scene.events().await;
    let last = events.last().unwrap();
    assert_eq!(last.payment.as_ref().unwrap().id, refunded.payment.id);
    assert!(last.row.superseded && !events[7].row.superseded);
    assert_eq!(last.sale.as_ref().unwrap().sale.amount.get(), 50_000);
    scene.assert_clean().await;
}

#[tokio::test]
async fn an_order_with_several_codes_is_told_of_once() {
    let scene = Scene::listening().await;
    let alfa = scene.open("order-1", "alfamart").await;
    let request = SiblingRequest {
        account: ACCOUNT,
        payment: PaymentRef::Id(alfa.payment.id),
        retailer: key("indomaret"),
        received_at: scene.now(),
    };
    let Sibling::New(indo) = scene.gateway.open_sibling(request).await.unwrap() else {
        panic!("a new one")
    };
    scene.outcome(O::Payment, &indo, "I-1").await.unwrap();
    assert_eq!(scene.story().await, [("payment.opened", "pending"), ("payment.paid", "paid")]);
    assert_eq!(scene.events().await[1].payment.as_ref().unwrap().id, indo.payment.id);
}

#[tokio::test]
async fn who_waits_is_woken_by_the_commit() {
    let scene = Scene::listening().await;
    let mut newest = scene.gateway.own_newest(ACCOUNT);
    let waits = tokio::spawn(async move { newest.wait_for(|no| *no >= 2).await.map(|no| *no) });
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap(), 2);
    let mut ended = scene.gateway.streams_ended();
    let waits = tokio::spawn(async move { ended.wait_for(|ended| *ended).await.is_ok() });
    scene.gateway.end_streams();
    assert!(waits.await.unwrap());
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_and_after_forgetting() {
    let place = Place::Folder(folder("own-events"));
    let scene = Scene(Shop::at(place.clone(), testkit::START, |_| {}));
    scene.set("events = true\n").await;
    for order in ["order-1", "order-2", "order-3"] {
        scene.open(order, "indomaret").await;
        scene.wait(60);
    }
    let now = scene.now();
    scene.gateway.forget_own_events(now).await.unwrap();
    // The newest stays, because its number is where a start goes on counting.
    let kept = scene.gateway.own_events(ACCOUNT, 0, 10).await.unwrap();
    assert_eq!((kept.ends.oldest, kept.ends.newest, kept.events.len()), (3, 3, 1));
    scene.assert_clean().await;
    scene.0.close();
    let scene = Scene(Shop::at(place, now, |_| {}));
    assert_eq!(*scene.gateway.own_newest(ACCOUNT).borrow(), 3);
    scene.open("order-4", "indomaret").await;
    let events = scene.gateway.own_events(ACCOUNT, 3, 10).await.unwrap().events;
    assert_eq!(events.iter().map(|event| event.row.no).collect::<Vec<_>>(), [4]);
}

#[tokio::test]
async fn each_is_sent_in_order_and_none_gives_way_to_a_newer() {
    let scene = Scene::listening().await;
    scene.set(&format!("events_url = \"{HOOK}\"\n")).await;
    let view = scene.open("order-1", "indomaret").await;
    let retry = Next::RetryAt(scene.now().plus(Span::hours(1)));
    assert_eq!(scene.pushed(retry).await, [1]);
    scene.wait(1);
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    // The older is tried at once, before the newer, which waits for it.
    assert_eq!(scene.pushed(Next::RetryAt(scene.now().plus(Span::hours(1)))).await, [1]);
    assert_eq!(scene.pushed(Next::Delivered).await, [0; 0]);
    scene.wait(3_600);
    assert_eq!(scene.pushed(Next::Delivered).await, [1]);
    assert_eq!(scene.pushed(Next::Delivered).await, [2]);
    let rows = scene.gateway.read(move |reader| reader.notifications_of(view.payment.no));
    let own: Vec<_> =
        rows.await.unwrap().into_iter().filter(|row| row.target == OWN_TARGET).collect();
    let states: Vec<_> = own.iter().map(|row| (row.news, row.state.name())).collect();
    assert_eq!(states, [(News::Own(1), "delivered"), (News::Own(2), "delivered")]);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_asked_no_more() {
    let scene = Scene::listening().await;
    scene.set(&format!("events_url = \"{HOOK}\"\n")).await;
    scene.open("order-1", "indomaret").await;
    scene.gateway.events_endpoint_gone(ACCOUNT, "https://elsewhere.example/").await.unwrap();
    assert_eq!(scene.pushed(Next::GiveUp).await, [1]);
    scene.gateway.events_endpoint_gone(ACCOUNT, HOOK).await.unwrap();
    scene.open("order-2", "indomaret").await;
    assert_eq!(scene.pushed(Next::Delivered).await, [0; 0]);
    // They can still be pulled.
    assert_eq!(scene.story().await.len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_fails_is_told_without_its_path() {
    let scene = Scene::listening().await;
    let view = scene.open("order-1", "indomaret").await;
    let failing = EndpointFailing {
        account: ACCOUNT,
        payment: view.payment.no,
        url: "https://shop.example:8443/hook?token=secret".to_owned(),
        failures: 5,
        since: scene.now(),
        why: "HTTP 502".to_owned(),
        at: scene.now(),
    };
    scene.gateway.endpoint_failing(failing.clone()).await.unwrap();
    // Neither somebody else's payment nor one that is not there makes an event.
    for (account, payment) in [(OTHER_ACCOUNT, view.payment.no), (ACCOUNT, PaymentNo::new(99))] {
        let other = EndpointFailing { account, payment, ..failing.clone() };
        scene.gateway.endpoint_failing(other).await.unwrap();
    }
    let events = scene.events().await;
    let last = events.last().unwrap();
    assert_eq!((events.len(), last.row.kind.name()), (2, "notification.failing"));
    let detail = last.row.detail.as_deref().unwrap();
    assert!(detail.contains(r#""endpoint":"https://shop.example:8443""#), "{detail}");
    assert!(!detail.contains("secret"), "{detail}");
    scene.assert_clean().await;
}

#[tokio::test]
async fn the_vendors_news_is_as_it_was() {
    let scene = Scene::listening().await;
    scene.set(&format!("events_url = \"{HOOK}\"\n")).await;
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    let mut vendors = Vec::new();
    loop {
        let deliveries = due(&scene).await;
        if deliveries.is_empty() {
            break;
        }
        for delivery in deliveries {
            vendors.extend(delivery.news.announcement());
            report(&scene, &delivery, Next::Delivered).await;
        }
    }
    assert_eq!(vendors, [Announcement::Pending, Announcement::Paid]);
}

#[tokio::test]
async fn what_is_changed_by_hand_is_found() {
    let data = Data(folder("own-events-by-hand"));
    let scene = Scene(Shop::at(data.place(), testkit::START, |_| {}));
    scene.set("events = true\n").await;
    for order in ["order-1", "order-2", "order-3"] {
        let view = scene.open(order, "indomaret").await;
        scene.outcome(O::Payment, &view, order).await.unwrap();
    }
    assert_eq!(scene.story().await.len(), 6);
    scene.0.close();
    assert!(data.report().is_clean(), "{:#?}", data.report().findings);
    for (number, (hand, place, what)) in [
        ("delete from own_event where no = 3", "own event of account 1 3", "it is missing"),
        (
            "update own_event set kind = 4 where no = 2",
            "own event 2 of account 1",
            "it was changed",
        ),
        ("update own_event set payment_no = 3 where no = 2", "own event 2", "it was changed"),
        ("update own_event set superseded = 1 where no = 1", "own event 1", "it was changed"),
        ("update own_event set detail = '{}' where no = 1", "own event 1", "it was changed"),
        (
            "insert into own_event select account_no, 7, kind, at, event_no, payment_no, sale_no, \
             state, superseded, detail, digest from own_event where no = 6",
            "own event 7",
            "it was changed",
        ),
        ("delete from own_event where no = 6", "own events of account 1", "the newest are"),
        ("delete from own_event", "own events of account 1", "all are missing"),
        ("delete from row_digest where kind = 10", "own events of account 1", "the newest are"),
        ("update row_digest set digest = zeroblob(16) where kind = 10", "own events", "the newest"),
    ]
    .into_iter()
    .enumerate()
    {
        let report = data.with_hands(&format!("own-events-hand-{number}"), hand).report();
        let is_named =
            |finding: &Finding| finding.place.starts_with(place) && finding.what.starts_with(what);
        assert!(report.findings.iter().any(is_named), "{hand}: {:#?}", report.findings);
    }
}
