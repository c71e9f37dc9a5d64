//! News: written with the change, told in order.

use domain::{event::Announcement, sale::Operation as O, time::Span};
use gateway::request::{AttemptReport, Close, Delivery, Next};

use crate::scene::Scene;

async fn due(scene: &Scene) -> Vec<Delivery> {
    scene.gateway.deliveries(scene.now(), 100).await.unwrap()
}

async fn report(scene: &Scene, delivery: &Delivery, next: Next) {
    let report = AttemptReport {
        no: delivery.no,
        at: scene.now(),
        took_ms: 1,
        status: Some(200),
        next,
        verdict: String::new(),
        exchange: String::new(),
    };
    scene.gateway.report(report).await.unwrap();
}

#[tokio::test]
async fn news_of_one_payment_is_told_in_order() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    let first = due(&scene).await;
    assert_eq!(first.len(), 1, "the second waits for the first");
    assert_eq!(first[0].announcement, Announcement::Pending);
    assert_eq!(first[0].url.as_deref(), Some("http://127.0.0.1:9/hook"));
    assert!(due(&scene).await.is_empty(), "it is being told");
    report(&scene, &first[0], Next::Delivered).await;
    let second = due(&scene).await;
    assert_eq!(second[0].announcement, Announcement::Paid);
    scene.gateway.let_go(&second[0]);
    assert_eq!(due(&scene).await.len(), 1, "what is let go is due again");
}

#[tokio::test]
async fn newer_news_hurries_the_older_and_then_goes_first() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let first = due(&scene).await.remove(0);
    let later = scene.now().plus(Span::hours(1));
    report(&scene, &first, Next::RetryAt(later)).await;
    assert!(due(&scene).await.is_empty());

    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    let hurried = due(&scene).await.remove(0);
    assert_eq!((hurried.no, hurried.is_last_chance), (first.no, true));
    report(&scene, &hurried, Next::GiveUp).await;
    let second = due(&scene).await.remove(0);
    assert_eq!((second.announcement, second.is_last_chance), (Announcement::Paid, false));
    let rows = scene.gateway.read(move |reader| reader.notifications_of(view.payment.no)).await;
    assert_eq!(rows.unwrap()[0].state, storage::NotificationState::Superseded);
}

#[tokio::test]
async fn news_that_came_while_the_older_was_told_does_not_wait_for_its_retry() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let first = due(&scene).await.remove(0);
    scene.close(view.payment.no, Close::Cancel).await.unwrap();
    report(&scene, &first, Next::RetryAt(scene.now().plus(Span::hours(1)))).await;
    let again = due(&scene).await.remove(0);
    assert_eq!((again.no, again.attempts, again.is_last_chance), (first.no, 1, true));
}

#[tokio::test]
async fn a_payment_has_its_own_addresses_if_it_says_so() {
    let scene = Scene::new();
    let mut request = scene.order("order-1", "alfamart");
    request.notify_urls = Some(vec!["http://a/".to_owned(), "http://b/".to_owned()]);
    scene.try_open(request).await.unwrap();
    let mut urls: Vec<_> = due(&scene).await.into_iter().map(|d| d.url.unwrap()).collect();
    urls.sort();
    assert_eq!(urls, ["http://a/", "http://b/"]);
}
