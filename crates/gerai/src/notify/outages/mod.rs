//! The worker, a real receiver that does what a script says, and a clock that is moved by hand.

mod day;
mod receiver;

use std::{collections::HashSet, sync::Arc};

use dialect::Dialect;
use domain::{
    event::{Actor, Announcement},
    ids::{AccountNo, NotificationNo, OrderId, PaymentNo},
    money::Rupiah,
    own_event::OwnKind,
    time::{Span, Timestamp},
};
use gateway::{
    admin::{self, AdminCommand, MerchantChange, MerchantName, MerchantSet},
    reach::Reach,
    request::{Close, CloseRequest, OpenRequest, Opened, PaymentRef, Personal, Redelivery},
};
use storage::{AttemptRow, NotificationRow, NotificationState as State};
use testkit::{ACCOUNT, Shop, Stall, key};

use self::receiver::{Receiver, Reply};
use super::*;
use crate::{
    config::{self, Config},
    dialects::{self, DIALECTS},
};

/// A shop and its worker.
struct Scene {
    shop: Shop,
    worker: Arc<Worker>,
    account: AccountNo,
}

impl Scene {
    fn new() -> Self {
        Self::with("")
    }

    /// With a configuration file that says this.
    fn with(file: &str) -> Self {
        let shop = Shop::new();
        let worker = worker(&shop, &Config::read("", file).unwrap().notification);
        Self { shop, worker, account: ACCOUNT }
    }

    /// Of a merchant of this dialect.
    fn of(dialect: &dyn Dialect) -> Self {
        let demo = &dialect.demo()[0];
        let (brand, public_id) = (dialect.brand(), "M-1");
        let stall = Stall { brand, public_id, keys: demo.secrets, settings: "" };
        let shop = Shop::serving(&[stall], testkit::START, |settings| {
            settings.brands = dialects::brands(&settings.retailers);
            for terms in &mut settings.brands {
                terms.retailers = settings.retailers.clone();
            }
        });
        let worker = worker(&shop, &Config::read("", "").unwrap().notification);
        Self { shop, worker, account: AccountNo::new(3) }
    }

    /// The worker of a process that has just started: it remembers nothing.
    fn restart(&mut self) {
        self.worker = worker(&self.shop, &Config::read("", "").unwrap().notification);
    }

    fn now(&self) -> Timestamp {
        self.shop.gateway.clock().now()
    }

    fn wait(&self, span: Span) {
        self.shop.gateway.clock().advance(span);
    }

    /// Sends whatever may be sent now; how much it was.
    async fn step(&self) -> usize {
        self.worker.step(self.now()).await
    }

    /// Goes on until `span` has passed, from one moment at which something is due to the next.
    async fn go_on(&self, span: Span) {
        let end = self.now().plus(span);
        loop {
            self.step().await;
            match self.worker.wakes_at() {
                Some(at) if at <= end => self.wait(at.since(self.now())),
                Some(_) | None => return self.wait(end.since(self.now())),
            }
        }
    }

    /// From now on the account's news goes there.
    async fn set_urls(&self, urls: &[String]) {
        self.set(MerchantChange {
            notification_urls: Some(urls.to_vec()),
            ..MerchantChange::default()
        })
        .await;
    }

    async fn set(&self, change: MerchantChange) {
        let merchant = MerchantName { merchant: "G000000001".to_owned(), brand: None };
        let set = AdminCommand::MerchantSet(MerchantSet { merchant, change });
        admin::execute(&self.shop.gateway, set).await.unwrap();
    }

    async fn open(&self, order: &str, url: &str) -> PaymentNo {
        self.open_to(order, Some(url)).await
    }

    /// Opens a payment whose news goes there, or to its account's URLs.
    async fn open_to(&self, order: &str, url: Option<&str>) -> PaymentNo {
        let request = OpenRequest {
            account: self.account,
            order: OrderId::new(order).unwrap(),
            retailer: key("indomaret"),
            amount: Rupiah::new(50_000).unwrap(),
            expires_at: Some(self.now().plus(Span::days(30))),
            lifetime_from: self.now(),
            personal: Personal::default(),
            notify_urls: url.map(|url| vec![url.to_owned()]),
            reuse_after_close: true,
            reuse_after_reversal: false,
            external_id: None,
            idempotency: None,
            received_at: self.now(),
        };
        match self.shop.gateway.open(request).await.unwrap() {
            Opened::New(view) => view.payment.no,
            Opened::Repeated(_) => panic!("nothing was asked before"),
        }
    }

    async fn cancel(&self, payment: PaymentNo) {
        let request = CloseRequest {
            account: Some(self.account),
            payment: PaymentRef::No(payment),
            how: Close::Cancel,
            actor: Actor::Merchant(self.account),
            reason: None,
            idempotency: None,
            received_at: self.now(),
        };
        self.shop.gateway.close(request).await.unwrap();
    }

    async fn rows(&self, payment: PaymentNo) -> Vec<NotificationRow> {
        let read = self.shop.gateway.read(move |reader| reader.notifications_of(payment));
        read.await.unwrap()
    }

    async fn row(&self, payment: PaymentNo) -> NotificationRow {
        self.rows(payment).await.remove(0)
    }

    async fn attempts(&self, no: NotificationNo) -> Vec<AttemptRow> {
        self.shop.gateway.read(move |reader| reader.attempts_of(no)).await.unwrap()
    }

    /// Payments whose news goes to `url`, enough of them to open the breaker, and their news refused.
    async fn break_down(&self, receiver: &Receiver) -> Vec<PaymentNo> {
        receiver.behave(|_| Reply::Reset);
        let mut payments = Vec::new();
        for number in 0..5 {
            payments.push(self.open(&format!("early-{number}"), &receiver.url()).await);
        }
        assert_eq!(self.step().await, 5);
        receiver.take();
        payments
    }
}

fn worker(shop: &Shop, settings: &config::Notification) -> Arc<Worker> {
    let client = Client::new(Reach::Everything, None).unwrap();
    Arc::new(Worker::new(shop.gateway.clone(), client, settings))
}

#[tokio::test]
async fn retry_after_puts_a_retry_off_and_is_kept_within_bounds() {
    for (status, after, seconds) in [
        // 33 seconds to two minutes are Midtrans' own (contract, section 5.5): never sooner.
        (429, "0", 33..=120),
        (503, "3600", 3_600..=3_600),
        (500, "600", 600..=600),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 33..=120),
        (429, "when it suits", 33..=120),
        // The time in which Midtrans tries again at all.
        (429, "99999999", 20_640..=20_640),
    ] {
        let scene = Scene::new();
        let receiver = Receiver::start(move |_| Reply::Later(status, after)).await;
        let payment = scene.open("order-1", &receiver.url()).await;
        assert_eq!(scene.step().await, 1);
        let row = scene.row(payment).await;
        let waits = row.due_at.since(scene.now()).as_millis() / 1_000;
        assert!(seconds.contains(&waits), "{status}, {after}: {waits}");
        let verdict = &scene.attempts(row.no).await[0].verdict;
        assert_eq!(verdict.contains("Retry-After"), *seconds.start() > 33, "{verdict}");
    }
}

#[tokio::test]
async fn gone_stops_this_news_and_no_other() {
    let scene = Scene::new();
    let receiver = Receiver::start(|news| {
        if news.order == "order-1" { Reply::Later(410, "5") } else { Reply::Status(200) }
    })
    .await;
    let gone = scene.open("order-1", &receiver.url()).await;
    let other = scene.open("order-2", &receiver.url()).await;
    scene.step().await;
    let row = scene.row(gone).await;
    assert_eq!((row.state, row.attempts), (State::Failed, 1));
    assert!(scene.attempts(row.no).await[0].verdict.contains("410"));
    assert_eq!(scene.row(other).await.state, State::Delivered);
}

#[tokio::test]
async fn too_much_slows_one_endpoint_down_and_not_the_others() {
    let scene = Scene::new();
    let busy = Receiver::start(|_| Reply::Later(503, "90")).await;
    let other = Receiver::start(|_| Reply::Status(200)).await;
    scene.open("order-1", &busy.url()).await;
    assert_eq!(scene.step().await, 1);
    let second = scene.open("order-2", &busy.url()).await;
    scene.open("order-3", &other.url()).await;
    assert_eq!(scene.step().await, 1, "only the other");
    assert_eq!((busy.arrived().len(), other.arrived().len()), (1, 1));
    assert_eq!(scene.row(second).await.attempts, 0, "it was not tried");
    busy.behave(|_| Reply::Status(200));
    scene.wait(Span::seconds(90));
    scene.step().await;
    assert_eq!(scene.row(second).await.state, State::Delivered);
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_probed_and_its_tries_are_not_counted() {
    let scene = Scene::new();
    let receiver = Receiver::start(|_| Reply::Reset).await;
    let early = scene.break_down(&receiver).await;
    let late = scene.open("late", &receiver.url()).await;
    assert_eq!(scene.step().await, 0, "nothing is sent to who does not answer");
    for _ in 0..10 {
        let probe_at = scene.worker.wakes_at().unwrap();
        assert!(probe_at.since(scene.now()) <= Span::minutes(3));
        scene.wait(probe_at.since(scene.now()));
        assert_eq!(scene.step().await, 1);
    }
    assert_eq!(receiver.arrived().len(), 10);
    // What was tried before it was left alone was tried once; what came later not at all. Every probe is
    // kept, and what was sent in it.
    let mut probes = 0;
    for (payment, attempts) in early.iter().map(|no| (*no, 1)).chain([(late, 0)]) {
        let row = scene.row(payment).await;
        assert_eq!((row.state, row.attempts), (State::Due, attempts));
        let (tries, others): (Vec<_>, Vec<_>) =
            scene.attempts(row.no).await.into_iter().partition(|attempt| attempt.is_try);
        assert_eq!(tries.len(), usize::try_from(attempts).unwrap());
        for probe in &others {
            assert!(probe.verdict.starts_with("Probe: no connection."), "{}", probe.verdict);
        }
        probes += others.len();
    }
    assert_eq!(probes, 10);
}

#[tokio::test]
async fn the_first_try_of_news_that_is_probed_with_begins_with_it() {
    let scene = Scene::new();
    let receiver = Receiver::start(|_| Reply::Reset).await;
    scene.break_down(&receiver).await;
    let late = scene.open("late", &receiver.url()).await;
    scene.go_on(Span::hours(1)).await;
    receiver.behave(|_| Reply::Later(400, "99999999"));
    let probe_at = scene.worker.wakes_at().unwrap();
    scene.wait(probe_at.since(scene.now()));
    scene.step().await;
    let row = scene.row(late).await;
    assert_eq!((row.state, row.attempts), (State::Due, 1));
    // The time in which Midtrans tries again, from this first try on.
    assert_eq!(row.due_at.since(scene.now()), Span::seconds(20_640));
}

#[tokio::test]
async fn everything_is_told_when_somebody_is_there_again_also_what_was_not_due_yet() {
    let scene = Scene::new();
    let receiver = Receiver::start(|_| Reply::Reset).await;
    let mut payments = scene.break_down(&receiver).await;
    scene.go_on(Span::hours(1)).await;
    for number in 0..30 {
        payments.push(scene.open(&format!("late-{number}"), &receiver.url()).await);
    }
    // It was opened and is cancelled: two pieces of news, in order, however late.
    scene.cancel(payments[0]).await;
    receiver.take();
    receiver.behave(|_| Reply::Status(200));
    scene.go_on(Span::minutes(4)).await;
    for payment in &payments {
        let states: Vec<_> = scene.rows(*payment).await.iter().map(|row| row.state).collect();
        assert!(states.iter().all(|state| *state == State::Delivered), "{states:?}");
    }
    let arrived = receiver.arrived();
    assert_eq!(arrived.len(), payments.len() + 1);
    let first: Vec<_> = arrived.iter().filter(|news| news.order == "early-0").collect();
    assert_eq!([&*first[0].status, &*first[1].status], ["pending", "cancel"]);
}

#[tokio::test]
async fn a_merchant_is_told_once_that_its_endpoint_fails() {
    let scene = Scene::new();
    scene.set(MerchantChange { events: Some(true), ..MerchantChange::default() }).await;
    let receiver = Receiver::start(|_| Reply::Reset).await;
    scene.break_down(&receiver).await;
    scene.go_on(Span::hours(1)).await;
    let told = async || {
        let events = scene.shop.gateway.own_events(ACCOUNT, 0, 100).await.unwrap().events;
        let failing = events.into_iter().filter(|event| event.row.kind == OwnKind::Failing);
        failing.map(|event| event.row.detail.unwrap()).collect::<Vec<_>>()
    };
    let first = told().await;
    assert_eq!(first.len(), 1, "{first:?}");
    let origin = format!("http://{}", receiver.address);
    assert!(first[0].contains(&origin) && !first[0].contains("/hook"), "{first:?}");
    assert!(first[0].contains("\"failures\":5"), "{first:?}");
    // It answers, and fails again: that is told again.
    receiver.behave(|_| Reply::Status(200));
    scene.go_on(Span::minutes(4)).await;
    receiver.behave(|_| Reply::Reset);
    for number in 0..5 {
        scene.open(&format!("later-{number}"), &receiver.url()).await;
    }
    scene.go_on(Span::hours(1)).await;
    assert_eq!(told().await.len(), 2);
}

#[tokio::test]
async fn a_merchant_that_moves_away_from_an_endpoint_that_fails_is_told_where_it_went() {
    let scene = Scene::new();
    let down = Receiver::start(|_| Reply::Reset).await;
    let healthy = Receiver::start(|_| Reply::Status(200)).await;
    scene.break_down(&down).await;
    scene.set_urls(&[down.url()]).await;
    let late = scene.open_to("late", None).await;
    assert_eq!(scene.step().await, 0);
    scene.worker.follow_urls().await;
    assert_eq!(scene.step().await, 0);
    scene.set_urls(&[healthy.url()]).await;
    scene.worker.follow_urls().await;
    assert_eq!(scene.step().await, 1);
    assert_eq!(healthy.arrived()[0].order, "late");
    assert_eq!(scene.row(late).await.state, State::Delivered);
}

#[tokio::test]
async fn a_single_piece_of_news_is_told_soon_after_somebody_is_there_again() {
    let scene = Scene::new();
    let receiver = Receiver::start(|_| Reply::Reset).await;
    let payment = scene.open("order-1", &receiver.url()).await;
    // Midtrans' fifth attempt comes after at most 2 hours and 12 minutes, its sixth after 3 hours more.
    scene.go_on(Span::minutes(140)).await;
    assert_eq!(scene.row(payment).await.attempts, 5);
    receiver.behave(|_| Reply::Status(200));
    scene.go_on(Span::minutes(4)).await;
    let row = scene.row(payment).await;
    assert_eq!((row.state, row.attempts), (State::Delivered, 6));
}

#[tokio::test]
async fn what_is_no_answer_is_tried_again() {
    let scene = Scene::new();
    let receiver = Receiver::start(|_| Reply::Garbage).await;
    let payment = scene.open("order-1", &receiver.url()).await;
    assert_eq!(scene.step().await, 1);
    let row = scene.row(payment).await;
    assert_eq!((row.state, row.attempts), (State::Due, 1));
    receiver.behave(|_| Reply::Status(200));
    scene.go_on(Span::minutes(2)).await;
    assert_eq!(scene.row(payment).await.state, State::Delivered);
}

/// Attempts that are never answered stay under way while others are told, of the same account too.
#[tokio::test]
async fn who_is_silent_holds_up_nobody_else() {
    let scene = Scene::new();
    let silent = Receiver::start(|_| Reply::Silence).await;
    let healthy = Receiver::start(|_| Reply::Status(200)).await;
    // It is known to answer before the others come.
    scene.open("healthy", &healthy.url()).await;
    scene.step().await;
    for number in 0..300 {
        let url = format!("http://127.0.1.{}:{}/", 1 + number % 250, silent.address.port());
        scene.open(&format!("silent-{number}"), &url).await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..20 {
        scene.open(&format!("healthy-{number}"), &healthy.url()).await;
        loop {
            let claimed = scene.worker.claim(scene.now()).await;
            if claimed.is_empty() {
                break;
            }
            for work in claimed {
                let worker = Arc::clone(&scene.worker);
                tasks.spawn(async move { worker.work(work).await });
            }
        }
        healthy.heard(number + 2, |_| true).await;
    }
    assert!(silent.arrived().len() <= 300);
    tasks.abort_all();
}
