//! What a merchant is told, from the gateway's own news.

use dialect::{Dialect, Notice};
use dialect_cronos::{CRONOS, Platform, SENGO, sign};
use domain::{event::Announcement, sale::Operation};
use gateway::{
    admin::{self, AdminCommand, PaymentClose, PaymentName},
    request::{AttemptReport, Close, Counts, Exchange, Next},
};
use serde_json::{Value, json};

use crate::shop::{BUDI, Caller, Counter, SARI, order};

/// The news that waits, told: where to, and the body.
async fn told(counter: &Counter, platform: Platform, caller: Caller) -> Vec<(String, Value)> {
    let gateway = &counter.shop.gateway;
    let now = gateway.clock().now();
    let mut told = Vec::new();
    for delivery in gateway.deliveries(now, 100).await.unwrap() {
        let url = delivery.url.clone().unwrap();
        let notice = Notice {
            announcement: delivery.news.announcement().unwrap(),
            account: &delivery.account,
            view: &delivery.view,
            url: &url,
            happened_at: delivery.created_at,
            now,
        };
        let sent = platform.notification(&notice).unwrap();
        let [key, token, signature] = caller.headers.map(str::to_lowercase);
        let header = |name: &str| {
            let found = sent.headers.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!((header(&key), header(&token)), (Some(caller.key), None));
        let signed = sign(caller.token, caller.key, &sent.body);
        assert_eq!(header(&signature), Some(signed.as_str()));
        assert!(sent.headers.iter().all(|(_, value)| !value.contains(caller.token)));
        let text = String::from_utf8(sent.body).unwrap();
        assert!(!text.contains(caller.token));
        told.push((url, serde_json::from_str(&text).unwrap()));
        let report = AttemptReport {
            no: delivery.no,
            at: now,
            took_ms: 1,
            status: Some(200),
            next: Next::Delivered,
            verdict: String::new(),
            exchange: Exchange::default(),
            counts: Counts::Try,
        };
        gateway.report(report).await.unwrap();
    }
    told
}

#[tokio::test]
async fn how_a_payment_ends_is_told_and_nothing_before() {
    let counter = Counter::new();
    for (platform, caller) in [(CRONOS, BUDI), (SENGO, SARI)] {
        let open = async |reference: &str| {
            counter.open(caller, &order(reference, "indomaret", 20_000)).await.data()
        };
        // The same that a check answers at that moment.
        let says = async |reference: &str| {
            let url = "http://your-site-callback.com/notify".to_owned();
            let check = counter.get(caller, &format!("/api/check/{reference}")).await.body();
            vec![(url, check)]
        };
        let paid = open("paid").await;
        assert_eq!(told(&counter, platform, caller).await, []);
        counter.tell(Operation::Payment, &paid).await.outcome.unwrap();
        let news = told(&counter, platform, caller).await;
        assert_eq!(news, says("paid").await);
        assert_eq!(news[0].1["responseData"]["status"], "success");
        counter.tell(Operation::Reversal, &paid).await.outcome.unwrap();
        let news = told(&counter, platform, caller).await;
        assert_eq!(news, says("paid").await);
        assert_eq!(news[0].1["responseData"]["status"], "failed");

        for (reference, how, status) in
            [("cancelled", Close::Cancel, "failed"), ("expired", Close::Expire, "expired")]
        {
            let id = open(reference).await["id"].as_str().unwrap().to_owned();
            let payment = PaymentName::Text(id);
            let close = PaymentClose { payment, how, reason: "a test".to_owned() };
            admin::execute(&counter.shop.gateway, AdminCommand::PaymentClose(close)).await.unwrap();
            let news = told(&counter, platform, caller).await;
            assert_eq!(news, says(reference).await);
            assert_eq!(news[0].1["responseData"]["status"], status);
        }
    }
}

#[tokio::test]
async fn news_that_is_late_says_what_it_was() {
    let counter = Counter::new();
    let opened = counter.open(BUDI, &order("a", "indomaret", 20_000)).await.data();
    counter.tell(Operation::Payment, &opened).await.outcome.unwrap();
    counter.tell(Operation::Reversal, &opened).await.outcome.unwrap();
    let mut statuses = Vec::new();
    // News of one payment is told in order, one at a time.
    for _ in 0..2 {
        let news = told(&counter, CRONOS, BUDI).await;
        statuses.extend(news.into_iter().map(|(_, body)| body["responseData"].clone()));
    }
    let paid_at = json!("2026-11-21T14:00:00+07:00");
    let seen: Vec<_> = statuses.iter().map(|data| (&data["status"], &data["paidDate"])).collect();
    assert_eq!(seen, [(&json!("success"), &paid_at), (&json!("failed"), &Value::Null)]);
}

#[tokio::test]
async fn what_is_asked_for_is_told_whatever_the_state() {
    let counter = Counter::new();
    counter.open(SARI, &order("a", "indomaret", 20_000)).await;
    assert!(!SENGO.announces(Announcement::Pending));
    let check = counter.get(SARI, "/api/check/a?resendCallback=true").await.body();
    let news = told(&counter, SENGO, SARI).await;
    assert_eq!(news, [("http://your-site-callback.com/notify".to_owned(), check)]);
    assert_eq!(news[0].1["responseData"]["status"], "pending");
}
