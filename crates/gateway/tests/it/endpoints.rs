//! News by endpoint: who waits is known without asking, taken in turns, and moved when URLs change.

use domain::time::{Span, Timestamp};
use gateway::{
    admin::{self, AdminCommand, MerchantChange, MerchantName, MerchantSet},
    outbox::{Claimed, EndpointNo, Turn, Waiting},
    request::{AttemptReport, Counts, Delivery, Exchange, Next, PaymentView},
};
use storage::{NotificationState, sqlite::Place};
use testkit::{ACCOUNT, START, Shop};

use crate::scene::{Scene, due, folder, report};

const ONE: &str = "http://one.example/hook";
const OTHER: &str = "https://other.example:8443/";

async fn open_for(scene: &Scene, order: &str, urls: &[&str]) -> PaymentView {
    let mut request = scene.order(order, "alfamart");
    request.notify_urls = Some(urls.iter().map(|url| (*url).to_owned()).collect());
    scene.try_open(request).await.unwrap();
    let payment = gateway::request::PaymentRef::Order(order.to_owned());
    scene.gateway.payment(Some(ACCOUNT), payment).await.unwrap().unwrap()
}

async fn waiting(scene: &Scene) -> Vec<Waiting> {
    let mut waiting = scene.gateway.endpoints_waiting().await.unwrap();
    waiting.sort_by_key(|waiting| waiting.endpoint != EndpointNo::of(ONE));
    waiting
}

async fn claim(scene: &Scene, url: &str, count_max: usize, until: Timestamp) -> Claimed {
    let turn = Turn { endpoint: EndpointNo::of(url), count_max, until };
    scene.gateway.claim(vec![turn]).await.unwrap().remove(0)
}

fn urls(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.url.as_deref().unwrap()).collect()
}

async fn set_urls(scene: &Scene, urls: &[&str]) {
    let change = MerchantChange {
        notification_urls: Some(urls.iter().map(|url| (*url).to_owned()).collect()),
        ..MerchantChange::default()
    };
    let merchant = MerchantName { merchant: "G000000001".to_owned(), brand: None };
    let set = AdminCommand::MerchantSet(MerchantSet { merchant, change });
    admin::execute(&scene.gateway, set).await.unwrap();
}

#[tokio::test]
async fn each_endpoint_has_its_own_rows() {
    let scene = Scene::new();
    for number in 0..3 {
        open_for(&scene, &format!("order-{number}"), &[ONE]).await;
    }
    open_for(&scene, "order-3", &[OTHER, "http://ONE.example:80/second"]).await;
    let found = waiting(&scene).await;
    let expected = [ONE, OTHER].map(|url| Waiting {
        endpoint: EndpointNo::of(url),
        account: ACCOUNT,
        due_at: START,
    });
    assert_eq!(found, expected);

    let first = claim(&scene, ONE, 2, scene.now()).await;
    assert_eq!(urls(&first.deliveries), [ONE, ONE]);
    assert_eq!((first.next_due, first.left_some), (Some(START), false), "there is more");
    let rest = claim(&scene, ONE, 9, scene.now()).await;
    assert_eq!(urls(&rest.deliveries), [ONE, "http://ONE.example:80/second"]);
    assert_eq!((rest.next_due, rest.left_some), (None, false));
    assert_eq!(urls(&claim(&scene, OTHER, 9, scene.now()).await.deliveries), [OTHER]);

    let later = START.plus(Span::minutes(2));
    report(&scene, &first.deliveries[0], Next::RetryAt(later)).await;
    let nothing = claim(&scene, ONE, 9, scene.now()).await;
    assert!(nothing.deliveries.is_empty());
    assert_eq!(nothing.next_due, Some(later), "when to look again");
    // A probe takes what is not due yet.
    let early = claim(&scene, ONE, 9, later).await;
    assert_eq!(early.deliveries[0].no, first.deliveries[0].no);
}

#[tokio::test]
async fn commits_tell_which_endpoints_got_news_and_when_it_is_due() {
    let scene = Scene::new();
    open_for(&scene, "order-1", &[ONE]).await;
    assert_eq!(scene.gateway.brought(), [], "nobody has asked yet");
    waiting(&scene).await;
    open_for(&scene, "order-2", &[ONE]).await;
    open_for(&scene, "order-3", &[ONE]).await;
    let news = Waiting { endpoint: EndpointNo::of(ONE), account: ACCOUNT, due_at: START };
    assert_eq!(scene.gateway.brought(), [news]);
    assert_eq!(scene.gateway.brought(), []);
    // So does an attempt that has to be made again; one that is over brings nothing.
    let taken = claim(&scene, ONE, 2, scene.now()).await.deliveries;
    let later = START.plus(Span::minutes(2));
    report(&scene, &taken[0], Next::RetryAt(later)).await;
    report(&scene, &taken[1], Next::Delivered).await;
    assert_eq!(scene.gateway.brought(), [Waiting { due_at: later, ..news }]);
}

#[tokio::test]
async fn what_waits_for_other_news_of_its_payment_is_not_forgotten() {
    let scene = Scene::new();
    let view = open_for(&scene, "order-1", &[ONE]).await;
    scene.outcome(domain::sale::Operation::Payment, &view, "S-1").await.unwrap();
    let claimed = claim(&scene, ONE, 9, scene.now()).await;
    assert_eq!((claimed.deliveries.len(), claimed.left_some), (1, true));
    report(&scene, &claimed.deliveries[0], Next::Delivered).await;
    let claimed = claim(&scene, ONE, 9, scene.now()).await;
    assert_eq!((claimed.deliveries.len(), claimed.left_some), (1, false));
}

#[tokio::test]
async fn news_follows_its_accounts_urls() {
    let scene = Scene::new();
    set_urls(&scene, &[ONE]).await;
    let view = scene.open("order-1", "alfamart").await;
    let tried = due(&scene).await.remove(0);
    report(&scene, &tried, Next::RetryAt(START.plus(Span::hours(2)))).await;
    scene.open("order-2", "alfamart").await;
    open_for(&scene, "order-3", &[ONE]).await;

    set_urls(&scene, &[OTHER]).await;
    // What is due is moved when its turn comes, instead of being sent.
    let claimed = claim(&scene, ONE, 9, scene.now()).await;
    assert_eq!(urls(&claimed.deliveries), [ONE], "that payment's own");
    assert_eq!(urls(&claim(&scene, OTHER, 9, scene.now()).await.deliveries), [OTHER]);
    // What waits for its retry is moved by who looks for it.
    assert_eq!(scene.gateway.follow_urls(EndpointNo::of(ONE)).await.unwrap(), 1);
    assert_eq!(scene.gateway.follow_urls(EndpointNo::of(ONE)).await.unwrap(), 0);
    let rows =
        scene.gateway.read(move |reader| reader.notifications_of(view.payment.no)).await.unwrap();
    assert_eq!(rows[0].endpoint, EndpointNo::of(OTHER).get());
    assert_eq!(rows[0].due_at, START.plus(Span::hours(2)), "when it is due has not changed");
}

#[tokio::test]
async fn everything_that_waits_for_one_endpoint_can_be_hurried() {
    let scene = Scene::new();
    for (order, url) in [("order-1", ONE), ("order-2", ONE), ("order-3", OTHER)] {
        open_for(&scene, order, &[url]).await;
    }
    let later = START.plus(Span::days(2));
    for delivery in due(&scene).await {
        report(&scene, &delivery, Next::RetryAt(later)).await;
    }
    waiting(&scene).await;
    scene.gateway.brought();
    scene.wait(60);
    let now = scene.now();
    assert_eq!(scene.gateway.hurry(EndpointNo::of(ONE), now).await.unwrap(), 2);
    let news = Waiting { endpoint: EndpointNo::of(ONE), account: ACCOUNT, due_at: now };
    assert_eq!(scene.gateway.brought(), [news]);
    let hurried = due(&scene).await;
    assert_eq!(urls(&hurried), [ONE, ONE]);
    assert_eq!(hurried[0].attempts, 1);
}

#[tokio::test]
async fn a_restart_knows_who_waits_and_rows_from_before_find_their_endpoint() {
    let folder = folder("endpoints");
    let place = Place::Folder(folder.clone());
    let scene = Scene(Shop::at(place.clone(), START, |_| {}));
    open_for(&scene, "order-1", &[ONE]).await;
    let view = open_for(&scene, "order-2", &[OTHER]).await;
    // It is being sent when the process ends.
    assert_eq!(claim(&scene, ONE, 9, START).await.deliveries.len(), 1);
    scene.0.close();
    // As rows are that were written before endpoints were.
    let rows = rusqlite::Connection::open(folder.join("gerai.db")).unwrap();
    rows.execute(
        "update notification set endpoint = 0 where payment_no = ?1",
        [view.payment.no.get()],
    )
    .unwrap();
    drop(rows);

    let scene = Scene(Shop::at(place, START, |_| {}));
    let found = waiting(&scene).await;
    let endpoints: Vec<_> = found.iter().map(|waiting| waiting.endpoint).collect();
    assert_eq!(endpoints, [EndpointNo::of(ONE), EndpointNo::UNKNOWN]);
    let turns =
        endpoints.iter().map(|endpoint| Turn { endpoint: *endpoint, count_max: 9, until: START });
    let claimed = scene.gateway.claim(turns.collect()).await.unwrap();
    assert_eq!(urls(&claimed[0].deliveries), [ONE]);
    assert!(claimed[1].deliveries.is_empty());
    // It was moved, and a commit has said so.
    assert_eq!(scene.gateway.brought()[0].endpoint, EndpointNo::of(OTHER));
    let moved = claim(&scene, OTHER, 9, START).await.deliveries;
    assert_eq!(urls(&moved), [OTHER]);
    report(&scene, &moved[0], Next::Delivered).await;
    let of = view.payment.no;
    let rows = scene.gateway.read(move |reader| reader.notifications_of(of)).await.unwrap();
    assert_eq!((rows[0].state, rows[0].attempts), (NotificationState::Delivered, 1));
    scene.assert_clean().await;
    scene.0.close();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn what_was_taken_is_sent_although_what_follows_its_url_could_not_be_moved() {
    let folder = folder("endpoints-moved");
    let place = Place::Folder(folder.clone());
    let scene = Scene(Shop::at(place.clone(), START, |_| {}));
    set_urls(&scene, &[ONE]).await;
    scene.open("order-1", "alfamart").await;
    open_for(&scene, "order-2", &[ONE]).await;
    set_urls(&scene, &[OTHER]).await;
    scene.0.close();

    // Nothing can be written, as when there is too much of it.
    let scene = Scene(Shop::at(place, START, |settings| settings.lane_room = 0));
    let claimed = claim(&scene, ONE, 9, START).await;
    assert_eq!(urls(&claimed.deliveries), [ONE]);
    assert!(claimed.left_some, "what was not moved is looked at again");
    scene.gateway.let_go(&claimed.deliveries[0]);
    assert_eq!(claim(&scene, ONE, 9, START).await.deliveries.len(), 1);
    scene.0.close();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_probe_is_kept_and_changes_nothing_and_is_known_after_a_restart() {
    let scene = Scene::new();
    let view = open_for(&scene, "order-1", &[ONE]).await;
    open_for(&scene, "order-2", &[OTHER]).await;
    assert_eq!(scene.gateway.endpoints_silent().await.unwrap(), []);
    let of = view.payment.no;
    let rows = async || scene.gateway.read(move |rows| rows.notifications_of(of)).await.unwrap();
    let before = rows().await;
    // News that is brought before it is due begins now, not then.
    let far = Timestamp::from_millis(i64::MAX - 1);
    let delivery = claim(&scene, ONE, 1, far).await.deliveries.remove(0);
    assert_eq!(delivery.first_at, scene.now());
    let probe = AttemptReport {
        no: delivery.no,
        at: scene.now(),
        took_ms: 1,
        status: None,
        next: Next::GiveUp,
        verdict: "Probe".to_owned(),
        exchange: Exchange::default(),
        counts: Counts::Probe,
    };
    scene.gateway.report(probe).await.unwrap();
    assert_eq!(rows().await, before);
    let attempts = async || {
        let no = delivery.no;
        scene.gateway.read(move |reader| reader.attempts_of(no)).await.unwrap()
    };
    assert_eq!(attempts().await.iter().map(|row| row.is_try).collect::<Vec<_>>(), [false]);
    assert_eq!(scene.gateway.endpoints_silent().await.unwrap(), [EndpointNo::of(ONE)]);
    // The first try comes later, and the vendor's time begins with it.
    scene.wait(3_600);
    let first = claim(&scene, ONE, 1, far).await.deliveries.remove(0);
    assert_eq!((first.attempts, first.first_at), (0, scene.now()));
    report(&scene, &first, Next::RetryAt(scene.now())).await;
    assert_eq!(scene.gateway.endpoints_silent().await.unwrap(), []);
    scene.wait(60);
    let second = claim(&scene, ONE, 1, far).await.deliveries.remove(0);
    assert_eq!((second.attempts, second.first_at), (1, START.plus(Span::hours(1))));
    scene.assert_clean().await;
}
