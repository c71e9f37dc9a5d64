//! Opening and closing, as merchants do.

use domain::{
    payment::{ExpiredBy, State},
    sale::Operation as O,
    time::Span,
};
use gateway::request::{
    Close, CloseError, Closed, Idempotency, OpenError, OpenRefusal, Opened, PaymentRef,
};
use testkit::{ACCOUNT, OTHER_ACCOUNT};

use crate::scene::{Scene, rupiah};

#[tokio::test]
async fn an_order_id_is_free_again_when_its_payment_is_over() {
    let scene = Scene::new();
    let first = scene.open("order-1", "indomaret").await;
    let taken = scene.try_open(scene.order("order-1", "indomaret")).await;
    assert_eq!(taken.unwrap_err(), OpenError::Refused(OpenRefusal::OrderTaken));
    scene.close(first.payment.no, Close::Cancel).await.unwrap();
    let second = scene.open("order-1", "indomaret").await;
    assert_ne!(first.payment.code, second.payment.code);
    // By order id the newest is found, by its own id the old one still is.
    let by = async |name: PaymentRef| {
        scene.gateway.payment(Some(ACCOUNT), name).await.unwrap().unwrap().payment.no
    };
    assert_eq!(by(PaymentRef::IdOrOrder("order-1".to_owned())).await, second.payment.no);
    assert_eq!(by(PaymentRef::IdOrOrder(first.payment.id.to_string())).await, first.payment.no);
    assert!(scene.outcome(O::Payment, &second, "I-1").await.is_ok());
    let taken = scene.try_open(scene.order("order-1", "indomaret")).await;
    assert_eq!(taken.unwrap_err(), OpenError::Refused(OpenRefusal::OrderTaken));
    scene.assert_clean().await;
}

#[tokio::test]
async fn merchants_do_not_see_each_other() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    for name in [
        PaymentRef::Order("order-1".to_owned()),
        PaymentRef::Id(view.payment.id),
        PaymentRef::IdOrOrder(view.payment.id.to_string()),
        PaymentRef::No(view.payment.no),
        PaymentRef::Code(view.payment.code),
    ] {
        assert_eq!(scene.gateway.payment(Some(OTHER_ACCOUNT), name.clone()).await, Ok(None));
        if !matches!(name, PaymentRef::Order(_)) {
            assert!(scene.gateway.payment(None, name).await.unwrap().is_some());
        }
    }
    let mut request = scene.order("order-1", "alfamart");
    request.account = OTHER_ACCOUNT;
    assert!(scene.try_open(request).await.is_ok(), "order ids are each merchant's own");
}

#[tokio::test]
async fn limits_and_lifetimes_are_the_retailers() {
    let scene = Scene::new();
    let refused = async |change: fn(&mut gateway::request::OpenRequest)| {
        let mut request = scene.order("order-1", "alfamart");
        change(&mut request);
        match scene.try_open(request).await {
            Err(OpenError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        refused(|r| r.amount = rupiah(9_999)).await,
        OpenRefusal::BelowLimit { limit: rupiah(10_000) }
    );
    assert_eq!(
        refused(|r| r.amount = rupiah(5_000_001)).await,
        OpenRefusal::AboveLimit { limit: rupiah(5_000_000) }
    );
    assert_eq!(refused(|r| r.expires_at = Some(r.received_at)).await, OpenRefusal::DeadlinePassed);
    assert_eq!(
        refused(|r| r.expires_at = Some(r.received_at.plus(Span::seconds(19)))).await,
        OpenRefusal::LifetimeTooShort
    );
    assert_eq!(
        refused(|r| r.expires_at = Some(r.received_at.plus(Span::days(181)))).await,
        OpenRefusal::LifetimeTooLong
    );
    let rows = scene.gateway.read(|reader| reader.payment(domain::ids::PaymentNo::new(1))).await;
    assert_eq!(rows, Ok(None), "a refused command leaves no row");
}

#[tokio::test]
async fn deadlines_are_swept_with_ten_seconds_of_slack() {
    let scene = Scene::new();
    let mut request = scene.order("order-1", "alfamart");
    request.expires_at = Some(scene.now().plus(Span::seconds(60)));
    scene.try_open(request).await.unwrap();
    let no = domain::ids::PaymentNo::new(1);
    scene.wait(69);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(0));
    scene.wait(1);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1));
    assert_eq!(scene.state(no).await, State::Expired(scene.now(), ExpiredBy::Deadline));
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(0));
    scene.assert_clean().await;
}

#[tokio::test]
async fn closing_twice_the_same_way_is_no_change() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    let no = view.payment.no;
    assert!(matches!(scene.close(no, Close::Cancel).await, Ok(Closed::Done(_))));
    assert!(matches!(scene.close(no, Close::Cancel).await, Ok(Closed::Already(_))));
    assert!(matches!(scene.close(no, Close::Expire).await, Err(CloseError::Refused(..))));
    assert_eq!(scene.gateway.read(move |reader| reader.events_of(no)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_repeated_key_gets_the_same_answer_for_the_same_order_only() {
    let scene = Scene::new();
    let keyed = |order: &str| {
        let mut request = scene.order(order, "alfamart");
        request.idempotency = Some(Idempotency {
            key: "key-1".to_owned(),
            expires_at: scene.now().plus(Span::minutes(5)),
            render: |_, view| view.payment.id.to_string().into_bytes(),
        });
        request
    };
    // Both at once: one opens, the other gets its answer.
    let (one, two) =
        tokio::join!(scene.try_open(keyed("order-1")), scene.try_open(keyed("order-1")));
    let mut new = Vec::new();
    let mut repeated = Vec::new();
    for opened in [one.unwrap(), two.unwrap()] {
        match opened {
            Opened::New(view) => new.push(view.payment.id.to_string()),
            Opened::Repeated(bytes) => repeated.push(String::from_utf8(bytes.to_vec()).unwrap()),
        }
    }
    assert_eq!(new.len(), 1);
    assert_eq!(new, repeated);
    assert!(matches!(scene.try_open(keyed("order-2")).await, Ok(Opened::New(_))));
    scene.wait(301);
    assert!(scene.try_open(keyed("order-2")).await.is_err(), "the key is forgotten, the order not");
}

#[tokio::test]
async fn a_pool_that_is_used_up_says_so_and_its_codes_rest_before_they_return() {
    let scene = Scene::new();
    let first = scene.open("order-0", "tiny").await;
    for order in 1..1_000 {
        scene.open(&format!("order-{order}"), "tiny").await;
    }
    let exhausted = OpenError::Refused(OpenRefusal::CodesExhausted);
    let more = || scene.try_open(scene.order("one-more", "tiny"));
    assert_eq!(more().await.unwrap_err(), exhausted, "never a silent wrap");
    // Even a cancelled payment's code rests for 90 days (rule 12).
    scene.close(first.payment.no, Close::Cancel).await.unwrap();
    assert_eq!(more().await.unwrap_err(), exhausted);
    scene.wait(90 * 86_400);
    // The search goes round the pool a few dozen codes at a time.
    let again = async {
        for _ in 0..20 {
            if let Ok(Opened::New(view)) = more().await {
                return view;
            }
        }
        panic!("the rested code was not found")
    };
    let again = again.await;
    assert_eq!(again.payment.code, first.payment.code);
    assert!(again.payment.lap > first.payment.lap);
    let by_code = scene.gateway.payment(None, PaymentRef::Code(first.payment.code)).await;
    assert_eq!(by_code.unwrap().unwrap().payment.no, again.payment.no, "the newest lap answers");
    scene.assert_clean().await;
}
