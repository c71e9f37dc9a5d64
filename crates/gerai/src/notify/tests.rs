//! The worker against a real receiver, on a clock that stands still.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use domain::{
    event::Actor,
    ids::{NotificationNo, OrderId, PaymentNo},
    money::Rupiah,
    time::Span,
};
use gateway::{
    admin::{self, AdminCommand, MerchantChange, MerchantName, MerchantSet},
    reach::Reach,
    request::{Close, CloseRequest, OpenRequest, Opened, PaymentRef, Personal},
};
use http_body_util::BodyExt;
use serde_json::Value;
use storage::{AttemptRow, NotificationRow, NotificationState};
use testkit::{ACCOUNT, Shop, key};

use super::*;
use crate::config::{self, Config};

/// What arrived at a receiver.
#[derive(Debug, Clone)]
struct Arrived {
    method: String,
    path: String,
    content_type: Option<String>,
    body: String,
}

/// One answer of a receiver: a status, and where it points.
type Scripted = (u16, Option<String>);

/// A merchant's server that answers as it is told, and at the end 200.
#[derive(Clone, Default)]
struct Receiver {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    script: Arc<Mutex<VecDeque<Scripted>>>,
}

impl Receiver {
    async fn start(script: impl IntoIterator<Item = Scripted>) -> (Self, SocketAddr) {
        let receiver = Self::default();
        receiver.script.lock().unwrap().extend(script);
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, address)
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    fn statuses_of(&self) -> Vec<String> {
        let read = |arrived: &Arrived| {
            let body: Value = serde_json::from_str(&arrived.body).unwrap();
            body["transaction_status"].as_str().unwrap().to_owned()
        };
        self.arrived().iter().map(read).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let content_type = head.headers.get("content-type");
    receiver.arrived.lock().unwrap().push(Arrived {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        content_type: content_type.map(|value| value.to_str().unwrap().to_owned()),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let (status, location) = receiver.script.lock().unwrap().pop_front().unwrap_or((200, None));
    let mut response = Response::builder().status(status);
    if let Some(location) = location {
        response = response.header("location", location);
    }
    response.body(Body::from("noted")).unwrap()
}

fn notification_limits() -> config::Notification {
    Config::read("", "").unwrap().notification
}

fn worker(shop: &Shop) -> Arc<Worker> {
    let client = Client::new(Reach::Everything, None).unwrap();
    Arc::new(Worker::new(shop.gateway.clone(), client, &notification_limits()))
}

async fn open(shop: &Shop, urls: Option<Vec<String>>) -> PaymentNo {
    let now = shop.gateway.clock().now();
    let request = OpenRequest {
        account: ACCOUNT,
        order: OrderId::new("order-1").unwrap(),
        retailer: key("indomaret"),
        amount: Rupiah::new(50_000).unwrap(),
        expires_at: None,
        lifetime_from: now,
        personal: Personal::default(),
        notify_urls: urls,
        reuse_after_close: true,
        reuse_after_reversal: false,
        external_id: None,
        idempotency: None,
        received_at: now,
    };
    match shop.gateway.open(request).await.unwrap() {
        Opened::New(view) => view.payment.no,
        Opened::Repeated(_) => panic!("nothing was asked before"),
    }
}

async fn cancel(shop: &Shop, payment: PaymentNo) {
    let request = CloseRequest {
        account: Some(ACCOUNT),
        payment: PaymentRef::No(payment),
        how: Close::Cancel,
        actor: Actor::Merchant(ACCOUNT),
        reason: None,
        idempotency: None,
        received_at: shop.gateway.clock().now(),
    };
    shop.gateway.close(request).await.unwrap();
}

/// Steps, moving the clock to whatever is due next, until nothing is.
async fn until_idle(shop: &Shop, worker: &Arc<Worker>) {
    for _ in 0..100 {
        let clock = shop.gateway.clock();
        if worker.step(clock.now()).await > 0 {
            continue;
        }
        let Some(next) = worker.wakes_at() else { return };
        clock.advance(next.since(clock.now()));
    }
    panic!("the worker does not come to an end");
}

async fn notifications(shop: &Shop, payment: PaymentNo) -> Vec<NotificationRow> {
    shop.gateway.read(move |reader| reader.notifications_of(payment)).await.unwrap()
}

async fn attempts(shop: &Shop, no: NotificationNo) -> Vec<AttemptRow> {
    shop.gateway.read(move |reader| reader.attempts_of(no)).await.unwrap()
}

/// Contract Midtrans, 5.5, counted by the receiver: the first attempt and the retries.
#[tokio::test]
async fn each_answer_has_its_number_of_attempts() {
    let cases = [
        (200, 1, NotificationState::Delivered),
        (204, 1, NotificationState::Delivered),
        (301, 1, NotificationState::Failed),
        (302, 1, NotificationState::Failed),
        (303, 1, NotificationState::Failed),
        (400, 3, NotificationState::Failed),
        (404, 3, NotificationState::Failed),
        (418, 6, NotificationState::Failed),
        (500, 2, NotificationState::Failed),
        (503, 5, NotificationState::Failed),
    ];
    for (status, expected, state) in cases {
        let shop = Shop::new();
        let script = std::iter::repeat_n((status, None), 20);
        let (receiver, address) = Receiver::start(script).await;
        let payment = open(&shop, Some(vec![format!("http://{address}/hook")])).await;
        until_idle(&shop, &worker(&shop)).await;

        let arrived = receiver.arrived();
        assert_eq!(arrived.len(), expected, "HTTP {status}");
        let rows = notifications(&shop, payment).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].state, state, "HTTP {status}");
        let tries = attempts(&shop, rows[0].no).await;
        assert_eq!(tries.len(), expected, "HTTP {status}");
        assert!(tries.iter().all(|row| row.status == Some(status)), "{tries:?}");
        // The same news in the same words every time.
        assert!(arrived.iter().all(|one| one.body == arrived[0].body && one.method == "POST"));
        assert_eq!(arrived[0].content_type.as_deref(), Some("application/json"));
    }
}

#[tokio::test]
async fn a_merchant_that_comes_back_is_told() {
    let shop = Shop::new();
    let (receiver, address) = Receiver::start([(503, None), (500, None)]).await;
    let payment = open(&shop, Some(vec![format!("http://{address}/hook")])).await;
    let worker = worker(&shop);
    let begun = shop.gateway.clock().now();
    assert_eq!(worker.step(begun).await, 1);
    // Not due again yet.
    assert_eq!(worker.step(begun).await, 0);
    until_idle(&shop, &worker).await;
    // The second answer, 500, has a right to one retry, which is used up: contract, 5.5.
    assert_eq!(receiver.arrived().len(), 2);
    let row = notifications(&shop, payment).await.remove(0);
    assert_eq!((row.state, row.attempts), (NotificationState::Failed, 2));
    let waited = shop.gateway.clock().now().since(begun);
    assert!(waited >= Span::seconds(33) && waited <= Span::minutes(2), "{waited:?}");
}

#[tokio::test]
async fn redirects_are_followed_with_the_same_post() {
    let shop = Shop::new();
    let script = [(307, Some("/second?x=1".to_owned())), (308, Some("third".to_owned()))];
    let (receiver, address) = Receiver::start(script).await;
    open(&shop, Some(vec![format!("http://{address}/a/first")])).await;
    until_idle(&shop, &worker(&shop)).await;
    let arrived = receiver.arrived();
    let paths: Vec<_> = arrived.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["/a/first", "/second?x=1", "/third"]);
    assert!(arrived.iter().all(|one| one.method == "POST" && one.body == arrived[0].body));
}

#[tokio::test]
async fn a_circle_of_redirects_is_left_after_five_hops() {
    let shop = Shop::new();
    let script = std::iter::repeat_n((307, Some("/again".to_owned())), 100);
    let (receiver, address) = Receiver::start(script).await;
    let payment = open(&shop, Some(vec![format!("http://{address}/again")])).await;
    assert_eq!(worker(&shop).step(shop.gateway.clock().now()).await, 1);
    assert_eq!(receiver.arrived().len(), 6);
    let row = notifications(&shop, payment).await.remove(0);
    assert_eq!((row.state, row.attempts), (NotificationState::Due, 1));
    assert_eq!(attempts(&shop, row.no).await[0].status, Some(307));
}

#[tokio::test]
async fn several_urls_are_each_told_for_themselves() {
    let shop = Shop::new();
    let (good, good_address) = Receiver::start([]).await;
    let (bad, bad_address) = Receiver::start(std::iter::repeat_n((500, None), 9)).await;
    let urls = vec![format!("http://{bad_address}/"), format!("http://{good_address}/")];
    let payment = open(&shop, Some(urls)).await;
    until_idle(&shop, &worker(&shop)).await;
    assert_eq!((good.arrived().len(), bad.arrived().len()), (1, 2));
    assert_eq!(good.arrived()[0].body, bad.arrived()[0].body);
    let states: Vec<_> =
        notifications(&shop, payment).await.iter().map(|row| (row.target, row.state)).collect();
    assert_eq!(states, [(0, NotificationState::Failed), (1, NotificationState::Delivered)]);
}

#[tokio::test]
async fn news_comes_in_order_and_newer_news_is_not_held_up() {
    let shop = Shop::new();
    // The first news is refused twice: once before there is newer news, once after. The newer is
    // taken, so the older must not come behind it.
    let (receiver, address) = Receiver::start([(503, None), (503, None)]).await;
    let payment = open(&shop, Some(vec![format!("http://{address}/hook")])).await;
    let worker = worker(&shop);
    assert_eq!(worker.step(shop.gateway.clock().now()).await, 1);
    cancel(&shop, payment).await;
    until_idle(&shop, &worker).await;
    assert_eq!(receiver.statuses_of(), ["pending", "pending", "cancel"]);
    let states: Vec<_> = notifications(&shop, payment).await.iter().map(|row| row.state).collect();
    assert_eq!(states, [NotificationState::Superseded, NotificationState::Delivered]);
}

#[tokio::test]
async fn a_url_that_is_gone_is_given_up() {
    let shop = Shop::new();
    let payment = open(&shop, None).await;
    let change =
        MerchantChange { notification_urls: Some(Vec::new()), ..MerchantChange::default() };
    let merchant = MerchantName { merchant: "G000000001".to_owned(), brand: None };
    let set = AdminCommand::MerchantSet(MerchantSet { merchant, change });
    admin::execute(&shop.gateway, set).await.unwrap();
    until_idle(&shop, &worker(&shop)).await;
    let row = notifications(&shop, payment).await.remove(0);
    assert_eq!(row.state, NotificationState::Failed);
    let verdict = &attempts(&shop, row.no).await[0].verdict;
    assert_eq!(verdict, "the account has no such notification URL any more");
}
