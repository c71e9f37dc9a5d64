//! One order, several codes (rule 36).

use domain::{
    event::Announcement,
    ids::PaymentNo,
    payment::{ExpiredBy, Refusal, State},
    retailer::AdviceCreates,
    sale::Operation as O,
    time::Span,
};
use gateway::{
    Gateway,
    clock::Clock,
    request::{
        Approved, Close, CloseError, Next, OpenError, OpenRefusal, PaymentRef, PaymentView,
        Sibling, SiblingError, SiblingRequest,
    },
};
use storage::sqlite::{Engine, Place};
use testkit::{ACCOUNT, OTHER_ACCOUNT, Shop, key};

use crate::scene::{Scene, answer, due, folder, report};

impl Scene {
    async fn try_sibling(
        &self,
        view: &PaymentView,
        retailer: &str,
    ) -> Result<Sibling, SiblingError> {
        let request = SiblingRequest {
            account: ACCOUNT,
            payment: PaymentRef::Id(view.payment.id),
            retailer: key(retailer),
            received_at: self.now(),
        };
        self.gateway.open_sibling(request).await
    }

    async fn sibling(&self, view: &PaymentView, retailer: &str) -> PaymentView {
        match self.try_sibling(view, retailer).await.unwrap() {
            Sibling::New(sibling) => *sibling,
            Sibling::There(_) => panic!("there is one"),
        }
    }

    /// What the merchant is shown of its order.
    async fn order_now(&self, order: &str) -> PaymentView {
        let order = PaymentRef::Order(order.to_owned());
        self.gateway.payment(Some(ACCOUNT), order).await.unwrap().unwrap()
    }

    async fn told(&self) -> Vec<(PaymentNo, Announcement)> {
        let mut told = Vec::new();
        loop {
            let deliveries = due(self).await;
            if deliveries.is_empty() {
                return told;
            }
            for delivery in deliveries {
                let news = delivery.news.announcement();
                told.extend(news.map(|news| (delivery.view.payment.no, news)));
                report(self, &delivery, Next::Delivered).await;
            }
        }
    }
}

#[tokio::test]
async fn the_first_that_is_paid_closes_the_others_in_the_same_commit() {
    let scene = Scene::new();
    let alfa = scene.open("order-1", "alfamart").await;
    scene.told().await;
    let indo = scene.sibling(&alfa, "indomaret").await;
    let tiny = scene.sibling(&indo, "tiny").await;
    for sibling in [&indo, &tiny] {
        assert_eq!(sibling.payment.order, alfa.payment.order);
        assert_eq!(sibling.payment.expires_at, alfa.payment.expires_at);
        assert_eq!(sibling.personal, alfa.personal);
        assert_eq!(sibling.payment.slot.unwrap().shard, alfa.payment.slot.unwrap().shard);
        assert_eq!(sibling.payment.family, Some(alfa.payment.no));
    }
    assert!(scene.told().await.is_empty(), "the merchant knows what it asked for");
    assert_eq!(scene.order_now("order-1").await.payment.no, alfa.payment.no);

    assert_eq!(scene.outcome(O::Inquiry, &indo, "I-1").await, Ok(Approved::Payable));
    assert!(scene.outcome(O::Payment, &indo, "I-1").await.is_ok());
    for closed in [&alfa, &tiny] {
        let rows = scene.gateway.read({
            let no = closed.payment.no;
            move |reader| reader.events_of(no)
        });
        let last = rows.await.unwrap().pop().unwrap().event;
        assert_eq!(last.reason.as_deref(), Some("another code of the order was paid"));
        assert!(matches!(scene.state(closed.payment.no).await, State::Cancelled(_)));
        let sale = format!("X-{}", closed.payment.no);
        assert_eq!(scene.outcome(O::Inquiry, closed, &sale).await, Err(Refusal::AlreadyPaid));
        assert_eq!(scene.outcome(O::Payment, closed, &sale).await, Err(Refusal::AlreadyPaid));
    }
    // One order, one piece of news; and whichever code it names, the merchant sees it paid.
    assert_eq!(scene.told().await, [(indo.payment.no, Announcement::Paid)]);
    for payment in [PaymentRef::Id(alfa.payment.id), PaymentRef::Id(tiny.payment.id)] {
        let shown = scene.gateway.payment(Some(ACCOUNT), payment).await.unwrap().unwrap();
        assert_eq!(shown.payment.no, indo.payment.no);
    }
    assert_eq!(scene.order_now("order-1").await.payment.no, indo.payment.no);
    let refused = scene.close(alfa.payment.no, Close::Cancel).await;
    assert!(matches!(refused, Err(CloseError::Refused(_, Refusal::NotPending))), "{refused:?}");
    let taken = scene.try_open(scene.order("order-1", "alfamart")).await;
    assert!(matches!(taken, Err(OpenError::Refused(OpenRefusal::OrderTaken))));
    scene.assert_clean().await;
}

#[tokio::test]
async fn two_siblings_in_one_batch_are_paid_once() {
    let folder = folder("siblings");
    let place = Place::Folder(folder.clone());
    let scene = Scene(Shop::at(place.clone(), testkit::START, |_| {}));
    let alfa = scene.open("order-1", "alfamart").await;
    let indo = scene.sibling(&alfa, "indomaret").await;
    let first = scene.message(O::Payment, alfa.payment.code, "A-1", "alfamart");
    let second = scene.message(O::Payment, indo.payment.code, "I-1", "indomaret");
    scene.0.close();

    let writer = Engine::open(&place).unwrap();
    let settings = testkit::settings(testkit::retailers());
    let clock = Clock::manual(testkit::START);
    let (gateway, committer) =
        Gateway::start(settings, clock, &place, writer, testkit::vault()).unwrap();
    let tills = gateway.clone();
    let both =
        tokio::spawn(async move { tokio::join!(tills.counter(first), tills.counter(second)) });
    // Both wait before anybody commits, so the first batch has both.
    while gateway.queue_depths().iter().map(|(_, waiting)| waiting).sum::<usize>() < 2 {
        tokio::task::yield_now().await;
    }
    let committer = std::thread::spawn(move || committer.run());
    let (first, second) = both.await.unwrap();
    assert!(matches!(answer(first.unwrap()).outcome, Ok(Approved::Paid { .. })));
    assert_eq!(answer(second.unwrap()).outcome, Err(Refusal::AlreadyPaid));
    gateway.stop();
    committer.join().unwrap().unwrap();
    drop(gateway);
    let scene = Scene(Shop::at(place, testkit::START, |_| {}));
    assert!(matches!(scene.state(alfa.payment.no).await, State::Paid(_)));
    assert!(matches!(scene.state(indo.payment.no).await, State::Cancelled(_)));
    scene.assert_clean().await;
    drop(scene);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn cash_that_a_second_till_took_all_the_same_is_unapplied() {
    let scene = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = AdviceCreates::Always;
        });
    });
    let alfa = scene.open("order-1", "alfamart").await;
    let indo = scene.sibling(&alfa, "indomaret").await;
    assert!(scene.outcome(O::Payment, &alfa, "A-1").await.is_ok());
    let told = scene.outcome(O::Advice, &indo, "I-1").await;
    assert!(matches!(told, Ok(Approved::Unapplied { .. })), "{told:?}");
    let waiting = scene.gateway.read(|reader| reader.unapplied_open(9)).await.unwrap();
    assert_eq!(waiting[0].why, Refusal::AlreadyPaid.to_string());
    scene.assert_clean().await;
}

#[tokio::test]
async fn while_a_counter_holds_one_no_other_is_paid() {
    let scene = Scene::new();
    let alfa = scene.open("order-1", "alfamart").await;
    let indo = scene.sibling(&alfa, "indomaret").await;
    scene.told().await;
    let hold = scene.message(O::Payment, indo.payment.code, "P-1", "twostep");
    assert!(matches!(answer(scene.send(hold).await).outcome, Ok(Approved::Reserved { .. })));
    assert_eq!(scene.outcome(O::Inquiry, &alfa, "A-1").await, Err(Refusal::BeingPaid));
    assert_eq!(scene.outcome(O::Payment, &alfa, "A-1").await, Err(Refusal::BeingPaid));
    for how in [Close::Cancel, Close::Expire] {
        let refused = scene.close(alfa.payment.no, how).await;
        assert!(matches!(refused, Err(CloseError::Refused(_, Refusal::BeingPaid))), "{refused:?}");
    }
    assert!(matches!(
        scene.try_sibling(&alfa, "tiny").await,
        Err(SiblingError::NotPending("reserved"))
    ));
    // Given up, both wait again; the other is paid, and the commit comes too late.
    scene.wait(60);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1));
    assert!(scene.outcome(O::Payment, &alfa, "A-2").await.is_ok());
    let commit = scene.message(O::Commit, indo.payment.code, "P-1", "twostep");
    let late = answer(scene.send(commit).await).outcome;
    assert!(matches!(late, Ok(Approved::Unapplied { .. })), "{late:?}");
    assert_eq!(scene.told().await, [(alfa.payment.no, Announcement::Paid)]);
    scene.assert_clean().await;
}

#[tokio::test]
async fn closing_the_order_closes_every_code_and_is_told_once() {
    for (how, news) in
        [(Close::Cancel, Announcement::Cancelled), (Close::Expire, Announcement::Expired)]
    {
        let scene = Scene::new();
        let alfa = scene.open("order-1", "alfamart").await;
        let indo = scene.sibling(&alfa, "indomaret").await;
        scene.told().await;
        // By any of its codes.
        scene.close(indo.payment.no, how).await.unwrap();
        for view in [&alfa, &indo] {
            let state = scene.state(view.payment.no).await;
            assert_eq!(state.closed_at(), Some(scene.now()), "{state:?}");
        }
        assert_eq!(scene.told().await, [(alfa.payment.no, news)]);
        // The order id is free again, and none of the old codes ever speaks under it.
        let again = scene.open("order-1", "indomaret").await;
        assert_eq!(scene.order_now("order-1").await.payment.no, again.payment.no);
        for view in [&alfa, &indo] {
            assert!(scene.view(view.payment.no).await.payment.superseded);
        }
        assert!(matches!(scene.try_sibling(&alfa, "tiny").await, Err(SiblingError::NotFound)));
        scene.assert_clean().await;
    }
}

#[tokio::test]
async fn a_deadline_is_told_when_it_ends_the_last_code() {
    let scene = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            if retailer.key == key("indomaret") {
                retailer.contract.grace = Span::minutes(5);
            }
        });
    });
    let mut request = scene.order("order-1", "alfamart");
    request.expires_at = Some(scene.now().plus(Span::seconds(60)));
    scene.try_open(request).await.unwrap();
    let alfa = scene.view(PaymentNo::new(1)).await;
    let indo = scene.sibling(&alfa, "indomaret").await;
    scene.told().await;
    scene.wait(50);
    assert!(scene.outcome(O::Inquiry, &indo, "I-1").await.is_ok());
    scene.wait(30);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1), "the other is in grace");
    assert!(matches!(scene.state(alfa.payment.no).await, State::Expired(_, ExpiredBy::Deadline)));
    assert!(scene.told().await.is_empty(), "the order can still be paid");
    assert_eq!(scene.order_now("order-1").await.payment.no, indo.payment.no);
    scene.wait(300);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1));
    assert_eq!(scene.told().await, [(indo.payment.no, Announcement::Expired)]);
    assert_eq!(scene.order_now("order-1").await.payment.no, alfa.payment.no);
    scene.assert_clean().await;
}

#[tokio::test]
async fn after_a_reversal_the_siblings_stay_closed() {
    let scene = Scene::new();
    let indo = scene.open("order-1", "indomaret").await;
    let alfa = scene.sibling(&indo, "alfamart").await;
    assert!(scene.outcome(O::Payment, &indo, "I-1").await.is_ok());
    let other = scene.outcome(O::Reversal, &alfa, "I-9").await;
    assert_eq!(other, Ok(Approved::Remembered), "nothing was taken under this code");
    assert_eq!(scene.outcome(O::Reversal, &indo, "I-1").await, Ok(Approved::Reversed));
    assert_eq!(scene.outcome(O::Payment, &alfa, "A-1").await, Err(Refusal::AlreadyPaid));
    assert_eq!(scene.order_now("order-1").await.payment.no, indo.payment.no);
    scene.assert_clean().await;
}

#[tokio::test]
async fn another_code_needs_an_order_that_waits_and_a_retailer_that_takes_it() {
    let scene = Scene::new();
    let alfa = scene.open("order-1", "alfamart").await;
    // Alfamidi takes the same code.
    let there = scene.try_sibling(&alfa, "alfamidi").await.unwrap();
    assert!(matches!(there, Sibling::There(view) if view.payment.no == alfa.payment.no));
    let indo = scene.sibling(&alfa, "indomaret").await;
    let there = scene.try_sibling(&alfa, "indomaret").await.unwrap();
    assert!(matches!(there, Sibling::There(view) if view.payment.no == indo.payment.no));
    let refused = |result: Result<Sibling, SiblingError>| result.map(|_| ()).unwrap_err();
    let unknown = refused(scene.try_sibling(&alfa, "nowhere").await);
    assert_eq!(unknown, SiblingError::Refused(OpenRefusal::UnknownRetailer));
    let mut foreign = SiblingRequest {
        account: OTHER_ACCOUNT,
        payment: PaymentRef::Id(alfa.payment.id),
        retailer: key("tiny"),
        received_at: scene.now(),
    };
    let nobody = refused(scene.gateway.open_sibling(foreign.clone()).await);
    assert_eq!(nobody, SiblingError::NotFound);
    foreign.account = ACCOUNT;
    foreign.received_at = alfa.payment.expires_at;
    let passed = refused(scene.gateway.open_sibling(foreign).await);
    assert_eq!(passed, SiblingError::Refused(OpenRefusal::DeadlinePassed));
    assert!(scene.outcome(O::Payment, &indo, "I-1").await.is_ok());
    let paid = refused(scene.try_sibling(&alfa, "tiny").await);
    assert_eq!(paid, SiblingError::NotPending("paid"));

    let listed = gateway::request::ListRequest {
        account: ACCOUNT,
        opened_from: None,
        opened_before: None,
        standing: None,
        skip: 0,
        count_max: 10,
    };
    let list = scene.gateway.list(listed).await.unwrap();
    let numbers: Vec<_> = list.iter().map(|view| view.payment.no).collect();
    assert_eq!(numbers, [indo.payment.no], "an order is listed once, by the code that counts");
    let all = scene.gateway.order_of(&alfa.payment).await.unwrap();
    assert_eq!(all.len(), 1, "as it was before it had siblings");
    let all = scene.gateway.order_of(&indo.payment).await.unwrap();
    let numbers: Vec<_> = all.iter().map(|view| view.payment.no).collect();
    assert_eq!(numbers, [alfa.payment.no, indo.payment.no]);
    scene.assert_clean().await;
}

#[tokio::test]
async fn an_inquiry_that_grants_nothing_sees_the_siblings_too() {
    let scene = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = AdviceCreates::Never;
        });
    });
    let alfa = scene.open("order-1", "alfamart").await;
    let indo = scene.sibling(&alfa, "indomaret").await;
    assert_eq!(scene.outcome(O::Inquiry, &alfa, "A-1").await, Ok(Approved::Payable));
    let hold = scene.message(O::Payment, indo.payment.code, "P-1", "twostep");
    assert!(matches!(answer(scene.send(hold).await).outcome, Ok(Approved::Reserved { .. })));
    assert_eq!(scene.outcome(O::Inquiry, &alfa, "A-2").await, Err(Refusal::BeingPaid));
}
