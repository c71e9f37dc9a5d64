//! Rule 13: a pool with two digits of body, whose codes are drawn at random.

use std::collections::BTreeSet;

use domain::{
    code::{PaymentCode, damm},
    event::Actor,
    ids::PoolNo,
    payment::{Refusal, State},
    retailer::Retailers,
    sale::Operation as O,
    time::{Span, Timestamp},
};
use gateway::{
    request::{
        Approved, Close, CloseRequest, Closed, OpenError, OpenRefusal, Opened, PaymentRef,
        PaymentView, Unavailable,
    },
    rows::pool_key_context,
    vault::key_fingerprint,
};
use storage::{DirectoryWrite, PoolRow, sqlite::Place};
use testkit::{ACCOUNT, START, Shop, key};

use crate::scene::{Scene, answer};

const POOL: i64 = 9;
const QUARANTINE: i64 = 90 * 86_400;

/// A shop at `now` with a retailer `kiosk`, whose codes are `59`, two digits and a check digit.
async fn kiosk(place: Option<Place>, now: Timestamp) -> Scene {
    let change = |settings: &mut gateway::Settings| {
        let mut all: Vec<_> = settings.retailers.iter().cloned().collect();
        let mut kiosk = all[0].clone();
        (kiosk.key, kiosk.network) = (key("kiosk"), key("kiosk"));
        all.push(kiosk);
        settings.retailers = Retailers::new(all);
        settings.brands[0].retailers = settings.retailers.clone();
    };
    let scene = match place {
        Some(place) => Scene(Shop::at(place, now, change)),
        None => Scene::with(change),
    };
    let no = PoolNo::new(POOL);
    let add_pool = |rows: &storage::Directory, vault: &gateway::vault::Vault| {
        let sealed = vault.seal_key(&pool_key_context(POOL), &[9; 32]).unwrap();
        let row = PoolRow {
            no,
            network: "kiosk".to_owned(),
            length: 5,
            prefix: "59".to_owned(),
            shards: 1,
            sealed,
            fingerprint: key_fingerprint(&[9; 32]),
            created_at: START,
        };
        let is_there = rows.pools.iter().any(|pool| pool.no == no);
        let writes = if is_there { Vec::new() } else { vec![DirectoryWrite::Pool(row)] };
        Ok::<_, Unavailable>((writes, ()))
    };
    scene.gateway.change_directory(add_pool).await.unwrap();
    scene
}

/// Opens payments, all at the same time.
async fn open(scene: &Scene, numbers: std::ops::Range<usize>) -> Vec<PaymentView> {
    let ask = |number: usize| {
        let (gateway, request) =
            (scene.gateway.clone(), scene.order(&format!("order-{number}"), "kiosk"));
        tokio::spawn(async move { gateway.open(request).await })
    };
    let asked: Vec<_> = numbers.map(ask).collect();
    let mut views = Vec::new();
    for reply in asked {
        match reply.await.unwrap().unwrap() {
            Opened::New(view) => views.push(*view),
            Opened::Repeated(_) => panic!("repeated"),
        }
    }
    views
}

async fn assert_exhausted(scene: &Scene, order: &str) {
    let refused = scene.try_open(scene.order(order, "kiosk")).await.unwrap_err();
    assert_eq!(refused, OpenError::Refused(OpenRefusal::CodesExhausted));
}

/// Cancels the payment that has this code.
async fn cancel(scene: &Scene, code: PaymentCode) {
    let request = CloseRequest {
        account: Some(ACCOUNT),
        payment: PaymentRef::Code(code),
        how: Close::Cancel,
        actor: Actor::Merchant(ACCOUNT),
        reason: None,
        idempotency: None,
        received_at: scene.now(),
    };
    assert!(matches!(scene.gateway.close(request).await, Ok(Closed::Done(_))));
}

async fn by_code(scene: &Scene, code: PaymentCode) -> PaymentView {
    scene.gateway.payment(None, PaymentRef::Code(code)).await.unwrap().unwrap()
}

fn codes(views: &[PaymentView]) -> BTreeSet<PaymentCode> {
    views.iter().map(|view| view.payment.code).collect()
}

#[tokio::test]
async fn a_hundred_codes_are_drawn_and_no_more() {
    let scene = kiosk(None, START).await;
    let mut views = open(&scene, 0..70).await;
    for number in 70..100 {
        views.push(scene.open(&format!("order-{number}"), "kiosk").await);
    }
    let drawn = codes(&views);
    assert_eq!(drawn.len(), 100);
    let all = (0..100).map(|body| {
        let text = format!("59{body:02}");
        let check = char::from(damm(text.as_bytes()).unwrap());
        PaymentCode::new(&format!("{text}{check}")).unwrap()
    });
    assert!(all.eq(drawn.iter().copied()));
    let in_order: Vec<_> = views.iter().map(|view| view.payment.code).collect();
    assert!(!in_order.is_sorted(), "drawn, not counted");
    assert_exhausted(&scene, "order-100").await;

    // Every code leads to its payment, for merchants and for counters.
    for view in &views {
        assert_eq!(by_code(&scene, view.payment.code).await.payment.no, view.payment.no);
    }
    let view = &views[41];
    assert_eq!(scene.outcome(O::Inquiry, view, "K-1").await, Ok(Approved::Payable));
    let paid = scene.say(O::Payment, view, "K-1").await;
    assert!(matches!(answer(paid).outcome, Ok(Approved::Paid { .. })));
    assert!(matches!(scene.state(view.payment.no).await, State::Paid(_)));
    let wrong = PaymentCode::new("59000").unwrap();
    let known = drawn.contains(&wrong);
    let told = answer(scene.send(scene.message(O::Inquiry, wrong, "K-2", "kiosk")).await);
    assert_eq!(told.outcome == Err(Refusal::UnknownCode), !known);
    // Others' pools are not touched by it.
    assert_eq!(scene.open("order-a", "alfamart").await.payment.code.as_str().len(), 16);
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_code_is_drawn_again_after_its_quarantine_and_not_before() {
    let scene = kiosk(None, START).await;
    let views = open(&scene, 0..100).await;
    let code = views[17].payment.code;
    cancel(&scene, code).await;
    assert_exhausted(&scene, "again").await;
    scene.wait(QUARANTINE - 1);
    assert_exhausted(&scene, "again").await;
    scene.wait(1);
    let again = scene.open("again", "kiosk").await.payment;
    assert_eq!((again.code, again.slot, again.lap), (code, views[17].payment.slot, 1));
    assert_eq!(by_code(&scene, code).await.payment.no, again.no);
    assert!(matches!(scene.state(views[17].payment.no).await, State::Cancelled(_)));
    assert_exhausted(&scene, "more").await;

    // The others were never swept; they are closed only now.
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(99));
    assert_exhausted(&scene, "more").await;
    scene.wait(QUARANTINE);
    let more = open(&scene, 200..299).await;
    assert_eq!(codes(&more).len(), 99);
    assert!(!codes(&more).contains(&code));
    assert!(more.iter().all(|view| view.payment.lap == 1));
    assert_exhausted(&scene, "more").await;
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_paid_code_rests_from_when_its_payment_is_final() {
    let scene = kiosk(None, START).await;
    let views = open(&scene, 0..100).await;
    let paid = &views[3];
    assert!(scene.outcome(O::Payment, paid, "K-1").await.is_ok());
    let State::Paid(taking) = scene.state(paid.payment.no).await else { panic!("paid") };
    scene.wait(taking.final_after.since(scene.now()).as_millis() / 1_000 + 1);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1));
    scene.wait(QUARANTINE - 2);
    assert_exhausted(&scene, "again").await;
    scene.wait(1);
    assert_eq!(scene.open("again", "kiosk").await.payment.code, paid.payment.code);
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_restart_keeps_what_was_drawn() {
    let folder = std::env::temp_dir().join(format!("gerai-short-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let place = Place::Folder(folder.clone());
    let scene = kiosk(Some(place.clone()), START).await;
    let first = open(&scene, 0..60).await;
    cancel(&scene, first[0].payment.code).await;
    scene.0.close();

    let scene = kiosk(Some(place.clone()), START.plus(Span::hours(1))).await;
    let second = open(&scene, 60..100).await;
    assert_eq!(codes(&second).len(), 40);
    assert!(codes(&first).is_disjoint(&codes(&second)));
    assert_exhausted(&scene, "more").await;
    assert_eq!(by_code(&scene, first[9].payment.code).await.payment.no, first[9].payment.no);
    scene.0.close();

    let scene = kiosk(Some(place), START.plus(Span::days(90))).await;
    assert_eq!(scene.open("more", "kiosk").await.payment.code, first[0].payment.code);
    assert_exhausted(&scene, "even-more").await;
    scene.assert_clean().await;
    scene.0.close();
    std::fs::remove_dir_all(folder).unwrap();
}
