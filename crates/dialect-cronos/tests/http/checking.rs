//! `GET /api/check/{id}`.

use domain::{event::Announcement, sale::Operation, time::Span};
use gateway::{
    admin::{self, AdminCommand, PaymentClose, PaymentName},
    request::Close,
};
use serde_json::{Value, json};

use crate::shop::{BUDI, Counter, SARI, order};

async fn due(counter: &Counter) -> Vec<Announcement> {
    let gateway = &counter.shop.gateway;
    let due = gateway.deliveries(gateway.clock().now(), 100).await.unwrap();
    for delivery in &due {
        gateway.let_go(delivery);
    }
    due.into_iter().filter_map(|delivery| delivery.news.announcement()).collect()
}

#[tokio::test]
async fn a_payment_is_found_by_its_id_and_by_its_reference() {
    let counter = Counter::new();
    for (caller, reference, path) in [
        (BUDI, "REFF012", "REFF012"),
        (BUDI, "INV/2026 #1+2", "INV%2F2026%20%231+2"),
        (SARI, "é", "%C3%A9"),
    ] {
        let opened = counter.open(caller, &order(reference, "alfamart", 20_000)).await;
        let id = opened.data()["id"].as_str().unwrap().to_owned();
        for name in [id.as_str(), path] {
            let found = counter.get(caller, &format!("/api/check/{name}?page=0&x=1")).await;
            assert_eq!((found.http, found.endpoint), (200, "check"), "{name}");
            assert_eq!(found.text, opened.text);
        }
    }
    for name in ["", "null", "%", "%ff", "00000000-0000-7000-8000-000000000000", "reff012"] {
        let answer = counter.get(BUDI, &format!("/api/check/{name}")).await;
        assert_eq!(answer.code(), "404 TRANSACTION_NOT_FOUND", "{name}");
    }
}

#[tokio::test]
async fn it_says_how_a_payment_stands_now() {
    let counter = Counter::new();
    let open = async |reference: &str| {
        counter.open(BUDI, &order(reference, "indomaret", 20_000)).await.data()
    };
    let check =
        async |reference: &str| counter.get(BUDI, &format!("/api/check/{reference}")).await.data();
    let stands =
        |data: &Value| [&data["status"], &data["paidDate"], &data["settleDate"]].map(Value::clone);
    let opened_at = json!("2026-11-21T14:00:00+07:00");

    let paid = open("paid").await;
    assert_eq!(stands(&check("paid").await), [json!("pending"), Value::Null, opened_at.clone()]);
    let clock = counter.shop.gateway.clock();
    clock.advance(Span::minutes(2));
    counter.tell(Operation::Payment, &paid).await.outcome.unwrap();
    let paid_at = json!("2026-11-21T14:02:00+07:00");
    assert_eq!(stands(&check("paid").await), [json!("success"), paid_at.clone(), paid_at]);
    counter.tell(Operation::Reversal, &paid).await.outcome.unwrap();
    assert_eq!(stands(&check("paid").await), [json!("failed"), Value::Null, opened_at]);

    for (reference, how, status) in
        [("cancelled", Close::Cancel, "failed"), ("expired", Close::Expire, "expired")]
    {
        let id = open(reference).await["id"].as_str().unwrap().to_owned();
        let close = PaymentClose { payment: PaymentName::Text(id), how, reason: "a".to_owned() };
        admin::execute(&counter.shop.gateway, AdminCommand::PaymentClose(close)).await.unwrap();
        let data = check(reference).await;
        assert_eq!((&data["status"], &data["paidDate"]), (&json!(status), &Value::Null));
    }
}

#[tokio::test]
async fn a_merchant_is_told_once_more_when_it_asks() {
    let counter = Counter::new();
    let opened = counter.open(BUDI, &order("a", "indomaret", 20_000)).await;
    // Nobody is told of a payment that waits, unless it is asked for.
    assert_eq!(due(&counter).await, []);
    for (query, told) in [
        ("", 0),
        ("?resendCallback=false", 0),
        ("?resendCallback=0", 0),
        ("?resendCallback=", 0),
        ("?resendCallback=true", 1),
        // What still waits to say the same is replaced.
        ("?resendCallback=1", 1),
    ] {
        let answer = counter.get(BUDI, &format!("/api/check/a{query}")).await;
        assert_eq!(answer.text, opened.text, "{query}");
        assert_eq!(due(&counter).await.len(), told, "{query}");
    }
    assert_eq!(due(&counter).await, [Announcement::Pending]);
    let bad = counter.get(BUDI, "/api/check/a?resendCallback=yes").await;
    assert_eq!(bad.code(), "422 REQUEST_INVALID");
    assert_eq!(
        bad.body()["errors"],
        json!({ "resendCallback": ["The resendCallback field must be true or false."] })
    );
    let unknown = counter.get(BUDI, "/api/check/b?resendCallback=true").await;
    assert_eq!(unknown.code(), "404 TRANSACTION_NOT_FOUND");
}
