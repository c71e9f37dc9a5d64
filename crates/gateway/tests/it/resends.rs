//! Telling a merchant once more, because it asked.

use domain::{event::Announcement, ids::PaymentNo, sale::Operation as O, time::Span};
use gateway::{
    Settings,
    request::{Close, Delivery, Next},
};
use storage::{News, NotificationState as N};
use testkit::{ACCOUNT, OTHER_ACCOUNT};

use crate::scene::{Scene, due, report};

async fn resend(scene: &Scene, payment: PaymentNo) {
    scene.gateway.resend(ACCOUNT, payment, scene.now()).await.unwrap();
}

/// Tells everything that is due, one after the other.
async fn tell_all(scene: &Scene) -> Vec<Announcement> {
    let mut told = Vec::new();
    loop {
        let now_due = due(scene).await;
        if now_due.is_empty() {
            return told;
        }
        for delivery in now_due {
            report(scene, &delivery, Next::Delivered).await;
            told.extend(delivery.news.announcement());
        }
    }
}

async fn states(scene: &Scene, payment: PaymentNo) -> Vec<(Announcement, N)> {
    let rows = scene.gateway.read(move |reader| reader.notifications_of(payment)).await.unwrap();
    let told = rows.iter().filter_map(|row| Some((row.news.announcement()?, row.state)));
    told.collect()
}

fn tells_nothing(settings: &mut Settings) {
    settings.brands[0].announces.clear();
}

#[tokio::test]
async fn what_was_delivered_is_delivered_once_more() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let no = view.payment.no;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    assert_eq!(tell_all(&scene).await, [Announcement::Pending, Announcement::Paid]);
    for _ in 0..2 {
        scene.wait(60);
        resend(&scene, no).await;
        let again: Delivery = due(&scene).await.remove(0);
        assert_eq!((again.news, again.attempts), (News::Vendor(Announcement::Paid), 0));
        assert_eq!((again.created_at, again.first_at), (scene.now(), scene.now()));
        assert_eq!(again.view.payment.no, no);
        report(&scene, &again, Next::Delivered).await;
        assert!(due(&scene).await.is_empty());
    }
    let (pending, paid) = (Announcement::Pending, Announcement::Paid);
    let delivered = [pending, paid, paid, paid].map(|news| (news, N::Delivered));
    assert_eq!(states(&scene, no).await, delivered);
    scene.assert_clean().await;
}

#[tokio::test]
async fn every_state_is_told_again_where_the_brand_announces_none() {
    let scene = Scene::with(tells_nothing);
    let [pending, paid, reversed, cancelled, expired] = [1, 2, 3, 4, 5].map(|no| no.to_string());
    let view = scene.open(&pending, "indomaret").await;
    let mut expected = vec![(view.payment.no, Announcement::Pending)];
    let view = scene.open(&paid, "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    expected.push((view.payment.no, Announcement::Paid));
    let view = scene.open(&reversed, "indomaret").await;
    scene.outcome(O::Payment, &view, "I-2").await.unwrap();
    scene.outcome(O::Reversal, &view, "I-2").await.unwrap();
    expected.push((view.payment.no, Announcement::Reversed));
    let view = scene.open(&cancelled, "indomaret").await;
    scene.close(view.payment.no, Close::Cancel).await.unwrap();
    expected.push((view.payment.no, Announcement::Cancelled));
    let view = scene.open(&expired, "indomaret").await;
    scene.close(view.payment.no, Close::Expire).await.unwrap();
    expected.push((view.payment.no, Announcement::Expired));

    assert!(due(&scene).await.is_empty());
    for (no, announcement) in expected {
        resend(&scene, no).await;
        let told = due(&scene).await;
        let told: Vec<_> = told.iter().map(|d| (d.view.payment.no, d.news)).collect();
        assert_eq!(told, [(no, News::Vendor(announcement))]);
    }
}

#[tokio::test]
async fn news_that_is_held_back_stays_held_back() {
    let scene = Scene::with(tells_nothing);
    scene.announce_when_final().await;
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    resend(&scene, view.payment.no).await;
    assert_eq!(tell_all(&scene).await, [Announcement::Pending]);
    // Five minutes of the retailer's window, thirty of its transport.
    scene.wait(36 * 60);
    scene.gateway.sweep(scene.now()).await.unwrap();
    resend(&scene, view.payment.no).await;
    assert_eq!(tell_all(&scene).await, [Announcement::Paid]);
}

#[tokio::test]
async fn every_url_hears_it_again() {
    let scene = Scene::with(tells_nothing);
    let mut request = scene.order("order-1", "alfamart");
    request.notify_urls = Some(vec!["http://a/".to_owned(), "http://b/".to_owned()]);
    scene.try_open(request).await.unwrap();
    resend(&scene, PaymentNo::new(1)).await;
    let mut urls: Vec<_> = due(&scene).await.into_iter().map(|d| d.url.unwrap()).collect();
    urls.sort();
    assert_eq!(urls, ["http://a/", "http://b/"]);
}

#[tokio::test]
async fn only_its_own_merchant_is_told_and_only_of_what_counts() {
    let scene = Scene::with(tells_nothing);
    let view = scene.open("order-1", "alfamart").await;
    let no = view.payment.no;
    scene.gateway.resend(OTHER_ACCOUNT, no, scene.now()).await.unwrap();
    resend(&scene, PaymentNo::new(99)).await;
    // Under an order id that was used again, the old payment is silent (rule 10).
    scene.close(no, Close::Cancel).await.unwrap();
    scene.open("order-1", "alfamart").await;
    resend(&scene, no).await;
    assert!(due(&scene).await.is_empty());
    assert!(states(&scene, no).await.is_empty());
}

#[tokio::test]
async fn asking_often_while_nobody_listens_tells_once() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let no = view.payment.no;
    let first = due(&scene).await.remove(0);
    report(&scene, &first, Next::RetryAt(scene.now().plus(Span::hours(1)))).await;
    for _ in 0..3 {
        resend(&scene, no).await;
        let again = due(&scene).await.remove(0);
        assert_eq!((again.news, again.attempts), (News::Vendor(Announcement::Pending), 0));
        report(&scene, &again, Next::RetryAt(scene.now().plus(Span::hours(1)))).await;
    }
    let [old @ .., (_, newest)] = states(&scene, no)
        .await
        .try_into()
        .unwrap_or_else(|rows: Vec<_>| -> [(Announcement, N); 4] { panic!("{rows:?}") });
    assert_eq!((old.map(|(_, state)| state), newest), ([N::Superseded; 3], N::Due));
    scene.wait(3_600);
    assert_eq!(tell_all(&scene).await, [Announcement::Pending]);
}

#[tokio::test]
async fn what_is_on_its_way_arrives_before_what_follows() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let no = view.payment.no;
    let slow = due(&scene).await.remove(0);
    resend(&scene, no).await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    assert!(due(&scene).await.is_empty(), "the first is still being told");
    report(&scene, &slow, Next::RetryAt(scene.now().plus(Span::hours(1)))).await;
    assert_eq!(tell_all(&scene).await, [Announcement::Pending, Announcement::Paid]);
    let expected = [
        (Announcement::Pending, N::Superseded),
        (Announcement::Pending, N::Delivered),
        (Announcement::Paid, N::Delivered),
    ];
    assert_eq!(states(&scene, no).await, expected);
}
