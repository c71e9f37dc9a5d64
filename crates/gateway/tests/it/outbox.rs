//! News: written with the change, told in order.

use domain::{event::Announcement, sale::Operation as O, time::Span};
use gateway::request::Next;
use storage::News;

use crate::scene::{Scene, due, report};

#[tokio::test]
async fn news_of_one_payment_is_told_in_order() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    let first = due(&scene).await;
    assert_eq!(first.len(), 1, "the second waits for the first");
    assert_eq!(first[0].news, News::Vendor(Announcement::Pending));
    assert_eq!(first[0].url.as_deref(), Some("http://127.0.0.1:9/hook"));
    assert!(due(&scene).await.is_empty(), "it is being told");
    report(&scene, &first[0], Next::Delivered).await;
    let second = due(&scene).await;
    assert_eq!(second[0].news, News::Vendor(Announcement::Paid));
    scene.gateway.let_go(&second[0]);
    assert_eq!(due(&scene).await.len(), 1, "what is let go is due again");
}

#[tokio::test]
async fn newer_news_hurries_the_older_and_does_not_wait_for_its_retries() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let first = due(&scene).await.remove(0);
    let later = scene.now().plus(Span::hours(1));
    report(&scene, &first, Next::RetryAt(later)).await;
    assert!(due(&scene).await.is_empty());

    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    let hurried = due(&scene).await.remove(0);
    assert_eq!((hurried.no, hurried.attempts), (first.no, 1));
    report(&scene, &hurried, Next::RetryAt(later)).await;
    let second = due(&scene).await.remove(0);
    assert_eq!(second.news, News::Vendor(Announcement::Paid));
    // It fails too: at its next turn the older goes before it again.
    let soon = scene.now().plus(Span::minutes(2));
    report(&scene, &second, Next::RetryAt(soon)).await;
    assert!(due(&scene).await.is_empty());
    scene.wait(120);
    let again = due(&scene).await;
    assert_eq!(again.iter().map(|d| d.no).collect::<Vec<_>>(), [first.no]);
    report(&scene, &again[0], Next::RetryAt(later)).await;
    report(&scene, &due(&scene).await[0], Next::Delivered).await;
    // What the merchant knows better by now is never told behind it.
    scene.wait(86_400);
    assert!(due(&scene).await.is_empty());
    let rows = scene.gateway.read(move |reader| reader.notifications_of(view.payment.no)).await;
    let states: Vec<_> = rows.unwrap().iter().map(|row| (row.state, row.attempts)).collect();
    let (superseded, delivered) =
        (storage::NotificationState::Superseded, storage::NotificationState::Delivered);
    assert_eq!(states, [(superseded, 3), (delivered, 2)]);
}

#[tokio::test]
async fn two_news_of_one_payment_are_never_told_at_once() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let first = due(&scene).await.remove(0);
    report(&scene, &first, Next::RetryAt(scene.now().plus(Span::minutes(1)))).await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    let first = due(&scene).await.remove(0);
    report(&scene, &first, Next::RetryAt(scene.now().plus(Span::minutes(1)))).await;
    let second = due(&scene).await.remove(0);
    assert_eq!(second.news, News::Vendor(Announcement::Paid));
    // While it is being told, the older one's retry comes up: it waits.
    scene.wait(60);
    assert!(due(&scene).await.is_empty());
    report(&scene, &second, Next::Delivered).await;
    assert!(due(&scene).await.is_empty());
}

#[tokio::test]
async fn all_news_arrives_in_order_when_the_merchant_is_back() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    for _ in 0..3 {
        // The server is down: each is tried, older before newer, and neither is given up.
        for announcement in [Announcement::Pending, Announcement::Paid] {
            let next = due(&scene).await.remove(0);
            assert_eq!(next.news, News::Vendor(announcement));
            report(&scene, &next, Next::RetryAt(scene.now().plus(Span::minutes(10)))).await;
        }
        assert!(due(&scene).await.is_empty());
        scene.wait(600);
    }
    for announcement in [Announcement::Pending, Announcement::Paid] {
        let next = due(&scene).await.remove(0);
        assert_eq!(next.news, News::Vendor(announcement));
        report(&scene, &next, Next::Delivered).await;
    }
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

#[tokio::test]
async fn every_attempt_knows_when_the_first_began() {
    let scene = Scene::new();
    scene.open("order-1", "alfamart").await;
    let began = scene.now();
    for attempt in 0..3 {
        let delivery = due(&scene).await.remove(0);
        assert_eq!((delivery.attempts, delivery.first_at), (attempt, began));
        report(&scene, &delivery, Next::RetryAt(scene.now().plus(Span::minutes(1)))).await;
        scene.wait(60);
    }
    // News that was never tried has no first attempt but this one, however late it comes.
    scene.open("order-2", "alfamart").await;
    scene.wait(60);
    let late = due(&scene).await.pop().unwrap();
    assert_eq!((late.attempts, late.first_at), (0, scene.now()));
}
