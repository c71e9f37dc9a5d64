//! The bill in the outbox: which rows there are, when they are due, and what takes them back.

use std::collections::BTreeMap;

use domain::{
    bill::{BillKind, Channel},
    ids::PaymentNo,
    sale::Operation as O,
    time::Span,
};
use gateway::{
    Settings,
    bill::{BillTerms, Recipients},
    outbox::EndpointNo,
    request::{Close, Next, PaymentView, Redelivery},
};
use storage::{News, NotificationRow, NotificationState as State};

use crate::scene::{Scene, due, report};

const SMTP: &str = "smtp://mail.example:587";
const SMS: &str = "https://sms.example";

/// By e-mail and SMS, wherever a payment's memo says `reachable`.
fn telling(settings: &mut Settings) {
    settings.bill = Some(BillTerms {
        urls: BTreeMap::from([(Channel::Email, SMTP.to_owned()), (Channel::Sms, SMS.to_owned())]),
        reminders: vec![Span::hours(24), Span::hours(2)],
        is_usual: true,
        recipients: |brand, personal| {
            assert_eq!(brand, "midtrans");
            let is_reachable = personal.memo == "reachable";
            Recipients {
                email: is_reachable.then(|| "budi@example.com".to_owned()),
                phone: is_reachable.then(|| "+6281234567890".to_owned()),
            }
        },
    });
}

impl Scene {
    async fn open_reachable(&self, order: &str, lifetime: Span) -> PaymentView {
        let mut request = self.order(order, "indomaret");
        "reachable".clone_into(&mut request.personal.memo);
        request.expires_at = Some(self.now().plus(lifetime));
        match self.try_open(request).await.unwrap() {
            gateway::request::Opened::New(view) => *view,
            gateway::request::Opened::Repeated(_) => panic!("repeated"),
        }
    }

    async fn bills(&self, no: PaymentNo) -> Vec<NotificationRow> {
        let rows = self.gateway.read(move |reader| reader.notifications_of(no)).await.unwrap();
        rows.into_iter().filter(|row| matches!(row.news, News::Bill(..))).collect()
    }

    /// The bills by one channel: what each says and how far it is.
    async fn by(&self, no: PaymentNo, channel: Channel) -> Vec<(BillKind, State)> {
        let told = |row: &NotificationRow| match row.news {
            News::Bill(by, kind) if by == channel => Some((kind, row.state)),
            News::Bill(..) | News::Vendor(_) | News::Own(_) => None,
        };
        self.bills(no).await.iter().filter_map(told).collect()
    }

    /// Tells everything that is due; gives back what the bills among it say.
    async fn tell_all(&self) -> Vec<(Channel, BillKind)> {
        let mut told = Vec::new();
        for delivery in due(self).await {
            if let News::Bill(channel, kind) = delivery.news {
                let url = if channel == Channel::Email { SMTP } else { SMS };
                assert_eq!(delivery.url.as_deref(), Some(url));
                assert_eq!(delivery.endpoint, EndpointNo::of(url));
                told.push((channel, kind));
            }
            report(self, &delivery, Next::Delivered).await;
        }
        told.sort_unstable();
        told
    }
}

fn both(kind: BillKind) -> Vec<(Channel, BillKind)> {
    vec![(Channel::Email, kind), (Channel::Sms, kind)]
}

#[tokio::test]
async fn rows_are_written_with_what_they_tell_and_reminders_wait() {
    let scene = Scene::with(telling);
    let view = scene.open_reachable("order-1", Span::hours(36)).await;
    let rows = scene.bills(view.payment.no).await;
    let due_in: Vec<_> = rows.iter().map(|row| row.due_at.since(scene.now())).collect();
    let times = [Span::ZERO, Span::hours(12), Span::hours(34)];
    assert_eq!(due_in, [times, times].concat());
    assert_eq!(scene.tell_all().await, both(BillKind::Opened));
    for hours in [12, 22] {
        scene.gateway.clock().advance(Span::hours(hours));
        assert_eq!(scene.tell_all().await, both(BillKind::Reminder));
    }
    scene.outcome(O::Payment, &view, "S-1").await.unwrap();
    assert_eq!(scene.tell_all().await, both(BillKind::Paid));
    scene.outcome(O::Reversal, &view, "S-1").await.unwrap();
    assert_eq!(scene.tell_all().await, both(BillKind::Reversed));
    scene.assert_clean().await;
}

#[tokio::test]
async fn what_asks_for_cash_gives_way() {
    let scene = Scene::with(telling);
    let view = scene.open_reachable("order-1", Span::days(3)).await;
    scene.close(view.payment.no, Close::Cancel).await.unwrap();
    let expected = [
        (BillKind::Opened, State::Superseded),
        (BillKind::Reminder, State::Superseded),
        (BillKind::Reminder, State::Superseded),
        (BillKind::Cancelled, State::Due),
    ];
    assert_eq!(scene.by(view.payment.no, Channel::Sms).await, expected);
    assert_eq!(scene.tell_all().await, both(BillKind::Cancelled));
    // What gave way is not sent again, whoever asks for it.
    let first = scene.bills(view.payment.no).await[0].no;
    let again = scene.gateway.redeliver(vec![first]).await.unwrap();
    assert_eq!(again, [(first, Redelivery::Superseded)]);

    let late = scene.open_reachable("order-2", Span::hours(4)).await;
    assert_eq!(scene.tell_all().await, both(BillKind::Opened));
    scene.gateway.clock().advance(Span::hours(5));
    scene.gateway.sweep(scene.now()).await.unwrap();
    assert_eq!(scene.tell_all().await, both(BillKind::Expired));
    let states = scene.by(late.payment.no, Channel::Email).await;
    assert_eq!(states[1], (BillKind::Reminder, State::Superseded));
    scene.assert_clean().await;
}

#[tokio::test]
async fn an_endpoint_that_is_back_brings_no_reminder_before_its_time() {
    let scene = Scene::with(telling);
    for no in 0..3 {
        scene.open_reachable(&format!("order-{no}"), Span::days(3)).await;
    }
    for delivery in due(&scene).await {
        let later = scene.now().plus(Span::minutes(30));
        report(&scene, &delivery, Next::RetryAt(later)).await;
    }
    let hurried = scene.gateway.hurry(EndpointNo::of(SMS), scene.now()).await.unwrap();
    assert_eq!(hurried, 3, "the bills, and none of the six reminders");
    assert_eq!(scene.tell_all().await, vec![(Channel::Sms, BillKind::Opened); 3]);
}

#[tokio::test]
async fn nobody_is_told_who_cannot_be_or_is_not_to_be() {
    let scene = Scene::with(telling);
    let unreachable = scene.open("order-1", "alfamart").await;
    assert!(scene.bills(unreachable.payment.no).await.is_empty());
    scene.set("bill = [\"sms\", \"whatsapp\"]\n").await;
    let view = scene.open_reachable("order-2", Span::hours(2)).await;
    let told: Vec<_> = scene.bills(view.payment.no).await.iter().map(|row| row.news).collect();
    assert_eq!(told, [News::Bill(Channel::Sms, BillKind::Opened)], "WhatsApp is not set up");
    let silent = Scene::with(|settings| {
        telling(settings);
        settings.bill.as_mut().unwrap().is_usual = false;
    });
    let view = silent.open_reachable("order-3", Span::hours(2)).await;
    assert!(silent.bills(view.payment.no).await.is_empty());
}

#[tokio::test]
async fn payer_and_merchant_hear_of_it_at_the_same_moment() {
    let scene = Scene::with(telling);
    scene.set("announce_paid = \"when_final\"\n").await;
    let view = scene.open_reachable("order-1", Span::hours(4)).await;
    scene.tell_all().await;
    scene.outcome(O::Payment, &view, "S-1").await.unwrap();
    assert_eq!(scene.tell_all().await, [], "it may still be taken back, and look unpaid");
    scene.gateway.clock().advance(Span::hours(2));
    scene.gateway.sweep(scene.now()).await.unwrap();
    assert_eq!(scene.tell_all().await, both(BillKind::Paid));
}
