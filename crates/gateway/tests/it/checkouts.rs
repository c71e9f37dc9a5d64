//! Checkouts: the payer chooses where to pay.

use domain::{
    ids::{CheckoutToken, OrderId},
    payment::State,
    sale::Operation as O,
    time::Span,
};
use gateway::{
    Gateway,
    clock::Clock,
    request::{
        Approved, Checkout, CheckoutError, CheckoutRequest, CheckoutStanding as Standing, Choice,
        ChooseError, ChooseRequest, Chosen, Close, Offer, OpenError, OpenRefusal, PaymentView,
        WithdrawError, WithdrawRequest,
    },
};
use storage::{
    Prune,
    sqlite::{Engine, Place},
};
use testkit::{ACCOUNT, OTHER_ACCOUNT, Shop, key};

use crate::scene::{Scene, due, folder, rupiah};

const DAY: i64 = 24 * 3_600;

fn choice(retailer: &str) -> Choice {
    let receipt_lines = vec![format!("paid at {retailer}")];
    Choice { retailer: key(retailer), label: Some(retailer.to_owned()), receipt_lines }
}

impl Scene {
    fn asked(&self, order: &str) -> CheckoutRequest {
        CheckoutRequest {
            account: ACCOUNT,
            order: OrderId::new(order).unwrap(),
            amount: rupiah(50_000),
            expires_at: self.now().plus(Span::days(1)),
            offer: Offer {
                payer_name: Some("Budi Santoso".to_owned()),
                memo: "{}".to_owned(),
                choices: vec![choice("alfamart"), choice("indomaret")],
                ..Offer::default()
            },
            reuse_after_close: true,
            reuse_after_reversal: true,
            received_at: self.now(),
        }
    }

    async fn checkout(&self, order: &str) -> Checkout {
        self.gateway.open_checkout(self.asked(order)).await.unwrap()
    }

    async fn standing(&self, token: CheckoutToken) -> Standing {
        self.gateway.checkout(token, self.now()).await.unwrap().unwrap().standing
    }

    fn click(&self, checkout: &Checkout, retailer: &str) -> ChooseRequest {
        ChooseRequest {
            token: checkout.token,
            account: ACCOUNT,
            order: checkout.order.clone(),
            retailer: key(retailer),
            received_at: self.now(),
        }
    }

    async fn choose(&self, checkout: &Checkout, retailer: &str) -> Result<Chosen, ChooseError> {
        self.gateway.choose(self.click(checkout, retailer)).await
    }

    async fn chosen(&self, checkout: &Checkout, retailer: &str) -> PaymentView {
        match self.choose(checkout, retailer).await.unwrap() {
            Chosen::New(view) => *view,
            Chosen::There(view) => panic!("there was {view:?}"),
        }
    }

    async fn withdraw(&self, checkout: &Checkout, how: Close) -> Result<(), WithdrawError> {
        let token = checkout.token;
        let received_at = self.now();
        self.gateway.withdraw(WithdrawRequest { account: ACCOUNT, token, how, received_at }).await
    }

    /// How many payments there are.
    async fn payments(&self) -> usize {
        let filter = storage::PaymentFilter { rows_max: 9, ..storage::PaymentFilter::default() };
        self.gateway.read(move |reader| reader.payments(&filter)).await.unwrap().len()
    }
}

#[tokio::test]
async fn nothing_is_a_payment_until_the_payer_has_chosen() {
    let scene = Scene::new();
    let checkout = scene.checkout("order-1").await;
    assert_eq!(scene.standing(checkout.token).await, Standing::Open);
    assert_eq!(scene.payments().await, 0);
    assert!(due(&scene).await.is_empty());

    scene.wait(600);
    let view = scene.chosen(&checkout, "indomaret").await;
    assert_eq!(view.payment.order.as_str(), "order-1");
    assert_eq!(view.payment.opened_for, key("indomaret"));
    assert_eq!(view.payment.opened_at, scene.now());
    assert_eq!(view.payment.expires_at, scene.now().plus(Span::days(1)));
    assert_eq!(view.personal.label.as_deref(), Some("indomaret"));
    assert_eq!(view.personal.receipt_lines, ["paid at indomaret"]);
    assert_eq!(view.personal.payer_name.as_deref(), Some("Budi Santoso"));
    assert_eq!(scene.standing(checkout.token).await, Standing::Chosen(view.payment.no));
    // The merchant hears of it as of any other payment.
    assert_eq!(due(&scene).await.len(), 1);
    assert!(matches!(scene.outcome(O::Payment, &view, "I-1").await, Ok(Approved::Paid { .. })));
    scene.assert_clean().await;
}

#[tokio::test]
async fn who_chooses_again_sees_what_was_chosen() {
    let scene = Scene::new();
    let checkout = scene.checkout("order-1").await;
    let view = scene.chosen(&checkout, "alfamart").await;
    for retailer in ["alfamart", "indomaret", "tiny"] {
        match scene.choose(&checkout, retailer).await.unwrap() {
            Chosen::There(there) => assert_eq!(*there, view),
            Chosen::New(view) => panic!("{view:?}"),
        }
    }
    assert_eq!(scene.payments().await, 1);
    // However late, and whatever became of it.
    scene.close(view.payment.no, Close::Cancel).await.unwrap();
    scene.wait(2 * DAY);
    assert!(matches!(scene.choose(&checkout, "alfamart").await, Ok(Chosen::There(_))));
}

/// Everything at once, before anybody commits: it is decided in one batch.
async fn in_one_batch<T>(
    name: &str,
    race: impl AsyncFnOnce(Gateway, ChooseRequest, WithdrawRequest) -> T,
) -> (Scene, Checkout, T, std::path::PathBuf)
where
    T: Send + 'static,
{
    let folder = folder(name);
    let place = Place::Folder(folder.clone());
    let scene = Scene(Shop::at(place.clone(), testkit::START, |_| {}));
    let checkout = scene.checkout("order-1").await;
    let click = scene.click(&checkout, "alfamart");
    let cancel = WithdrawRequest {
        account: ACCOUNT,
        token: checkout.token,
        how: Close::Cancel,
        received_at: scene.now(),
    };
    scene.0.close();
    let writer = Engine::open(&place).unwrap();
    let settings = testkit::settings(testkit::retailers());
    let clock = Clock::manual(testkit::START);
    let (gateway, committer) =
        Gateway::start(settings, clock, &place, writer, testkit::vault()).unwrap();
    let racing = race(gateway.clone(), click, cancel);
    let start = async {
        while gateway.queue_depths().iter().map(|(_, waiting)| waiting).sum::<usize>() < 2 {
            tokio::task::yield_now().await;
        }
        std::thread::spawn(move || committer.run())
    };
    let (outcome, committer) = tokio::join!(racing, start);
    gateway.stop();
    committer.join().unwrap().unwrap();
    drop(gateway);
    (Scene(Shop::at(place, testkit::START, |_| {})), checkout, outcome, folder)
}

#[tokio::test]
async fn two_phones_open_one_payment() {
    let race = async |gateway: Gateway, click: ChooseRequest, _| {
        let other = ChooseRequest { retailer: key("indomaret"), ..click.clone() };
        tokio::join!(gateway.choose(click), gateway.choose(other))
    };
    let (scene, checkout, outcome, folder) = in_one_batch("two-phones", race).await;
    let (Ok(Chosen::New(one)), Ok(Chosen::There(other))) = outcome else { panic!("{outcome:?}") };
    assert_eq!(one, other);
    assert_eq!(one.payment.opened_for, key("alfamart"));
    assert_eq!(scene.payments().await, 1);
    assert_eq!(scene.standing(checkout.token).await, Standing::Chosen(one.payment.no));
    scene.assert_clean().await;
    drop(scene);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn who_withdraws_in_the_moment_of_choosing_wins_or_loses_as_a_whole() {
    let race = async |gateway: Gateway, click, cancel| {
        tokio::join!(gateway.choose(click), gateway.withdraw(cancel))
    };
    let (scene, checkout, outcome, folder) = in_one_batch("withdrawn", race).await;
    // Merchants' commands go before new payments.
    assert!(
        matches!(outcome, (Err(ChooseError::Closed(Standing::Cancelled)), Ok(()))),
        "{outcome:?}"
    );
    assert_eq!(scene.payments().await, 0);
    assert_eq!(scene.standing(checkout.token).await, Standing::Cancelled);
    drop(scene);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn two_checkouts_of_an_order_in_one_batch_leave_the_second() {
    let race = async |gateway: Gateway, click: ChooseRequest, _| {
        let asked = |memo: &str| CheckoutRequest {
            account: ACCOUNT,
            order: click.order.clone(),
            amount: rupiah(50_000),
            expires_at: click.received_at.plus(Span::days(1)),
            offer: Offer {
                memo: memo.to_owned(),
                choices: vec![choice("alfamart")],
                ..Offer::default()
            },
            reuse_after_close: true,
            reuse_after_reversal: true,
            received_at: click.received_at,
        };
        tokio::join!(gateway.open_checkout(asked("one")), gateway.open_checkout(asked("other")))
    };
    let (scene, oldest, (one, other), folder) = in_one_batch("two-checkouts", race).await;
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(scene.standing(oldest.token).await, Standing::Revoked);
    assert_eq!(scene.standing(one.token).await, Standing::Revoked);
    assert_eq!(scene.standing(other.token).await, Standing::Open);
    drop(scene);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_newer_checkout_of_an_order_takes_the_place_of_the_older() {
    let scene = Scene::new();
    let older = scene.checkout("order-1").await;
    let stranger = scene.checkout("order-2").await;
    let newer = scene.checkout("order-1").await;
    assert_ne!(older.token, newer.token);
    assert_eq!(scene.standing(older.token).await, Standing::Revoked);
    assert_eq!(scene.standing(stranger.token).await, Standing::Open);
    let refused = scene.choose(&older, "alfamart").await;
    assert!(matches!(refused, Err(ChooseError::Closed(Standing::Revoked))), "{refused:?}");
    let refused = scene.withdraw(&older, Close::Cancel).await;
    assert_eq!(refused, Err(WithdrawError::NotOpen(Standing::Revoked)));
    scene.chosen(&newer, "alfamart").await;

    // While it waits for its cash the order has its payment; when that is over it may have another.
    let taken = scene.gateway.open_checkout(scene.asked("order-1")).await;
    assert_eq!(taken.unwrap_err(), CheckoutError::OrderOpen);
    let view = scene.chosen(&stranger, "alfamart").await;
    scene.close(view.payment.no, Close::Expire).await.unwrap();
    let again = scene.checkout("order-2").await;
    let view = scene.chosen(&again, "indomaret").await;
    assert!(scene.outcome(O::Payment, &view, "I-1").await.is_ok());
    let paid = scene.gateway.open_checkout(scene.asked("order-2")).await;
    assert_eq!(paid.unwrap_err(), CheckoutError::OrderPaid);
    scene.assert_clean().await;
}

#[tokio::test]
async fn an_order_that_was_opened_otherwise_meanwhile_is_not_opened_twice() {
    let scene = Scene::new();
    let checkout = scene.checkout("order-1").await;
    scene.open("order-1", "alfamart").await;
    let refused = scene.choose(&checkout, "indomaret").await;
    assert!(matches!(refused, Err(ChooseError::Refused(OpenRefusal::OrderTaken))), "{refused:?}");
    let other = scene.checkout("order-2").await;
    let view = scene.chosen(&other, "indomaret").await;
    let refused = scene.try_open(scene.order("order-2", "alfamart")).await;
    assert!(matches!(refused, Err(OpenError::Refused(OpenRefusal::OrderTaken))));
    assert!(matches!(scene.state(view.payment.no).await, State::Pending));
}

#[tokio::test]
async fn what_is_over_cannot_be_chosen() {
    let scene = Scene::new();
    let left = scene.checkout("order-1").await;
    let cancelled = scene.checkout("order-2").await;
    let expired = scene.checkout("order-3").await;
    scene.withdraw(&cancelled, Close::Cancel).await.unwrap();
    scene.withdraw(&expired, Close::Expire).await.unwrap();
    scene.wait(DAY - 1);
    assert_eq!(scene.standing(left.token).await, Standing::Open);
    scene.wait(1);
    for (checkout, standing) in [
        (&left, Standing::Expired),
        (&cancelled, Standing::Cancelled),
        (&expired, Standing::Expired),
    ] {
        assert_eq!(scene.standing(checkout.token).await, standing);
        let refused = scene.choose(checkout, "alfamart").await;
        assert!(matches!(refused, Err(ChooseError::Closed(found)) if found == standing));
        let refused = scene.withdraw(checkout, Close::Cancel).await;
        assert_eq!(refused, Err(WithdrawError::NotOpen(standing)));
    }
    assert_eq!(scene.payments().await, 0);
    let chosen = scene.checkout("order-4").await;
    let view = scene.chosen(&chosen, "alfamart").await;
    let refused = scene.withdraw(&chosen, Close::Cancel).await;
    assert_eq!(refused, Err(WithdrawError::NotOpen(Standing::Chosen(view.payment.no))));
}

#[tokio::test]
async fn only_who_may_and_only_what_is_offered() {
    let scene = Scene::new();
    let checkout = scene.checkout("order-1").await;
    let refused = scene.choose(&checkout, "tiny").await;
    assert!(matches!(refused, Err(ChooseError::NotOffered)), "{refused:?}");
    let click = scene.click(&checkout, "alfamart");
    for wrong in [
        ChooseRequest { token: CheckoutToken::from_bytes([7; 16]), ..click.clone() },
        ChooseRequest { account: OTHER_ACCOUNT, ..click.clone() },
        ChooseRequest { order: OrderId::new("order-2").unwrap(), ..click },
    ] {
        let refused = scene.gateway.choose(wrong).await;
        assert!(matches!(refused, Err(ChooseError::NotFound)), "{refused:?}");
    }
    let strangers = WithdrawRequest {
        account: OTHER_ACCOUNT,
        token: checkout.token,
        how: Close::Cancel,
        received_at: scene.now(),
    };
    assert_eq!(scene.gateway.withdraw(strangers).await, Err(WithdrawError::NotFound));
    assert_eq!(scene.standing(checkout.token).await, Standing::Open);
}

#[tokio::test]
async fn what_no_retailer_takes_is_refused_at_once() {
    let scene = Scene::new();
    let asked = |change: &dyn Fn(&mut CheckoutRequest)| {
        let mut request = scene.asked("order-1");
        change(&mut request);
        scene.gateway.open_checkout(request)
    };
    let refused = asked(&|request| request.amount = rupiah(900_000_000)).await;
    assert!(matches!(refused, Err(CheckoutError::Refused(OpenRefusal::AboveLimit { .. }))));
    let refused = asked(&|request| request.offer.choices.clear()).await;
    assert_eq!(refused.unwrap_err(), CheckoutError::Refused(OpenRefusal::UnknownRetailer));
    let refused = asked(&|request| request.offer.lifetime = Some(Span::days(400))).await;
    assert_eq!(refused.unwrap_err(), CheckoutError::Refused(OpenRefusal::LifetimeTooLong));
    let refused = asked(&|request| {
        request.offer.lifetime = Some(Span::hours(1));
        request.offer.lifetime_from = Some(request.received_at.plus(Span::hours(-1)));
    });
    assert_eq!(refused.await.unwrap_err(), CheckoutError::Refused(OpenRefusal::DeadlinePassed));
    // Nothing of it is left, and what one of them takes is opened.
    assert!(asked(&|request| request.offer.lifetime = Some(Span::hours(2))).await.is_ok());
}

#[tokio::test]
async fn the_deadline_counts_from_the_choice_or_from_where_the_merchant_says() {
    let scene = Scene::new();
    let open = async |order: &str, lifetime_from| {
        let mut asked = scene.asked(order);
        asked.offer.lifetime = Some(Span::hours(2));
        asked.offer.lifetime_from = lifetime_from;
        scene.gateway.open_checkout(asked).await.unwrap()
    };
    let start = scene.now();
    let floating = open("order-1", None).await;
    let fixed = open("order-2", Some(start)).await;
    let future = open("order-3", Some(start.plus(Span::days(2_000)))).await;
    let late = open("order-4", Some(start)).await;
    scene.wait(3_600);
    let expires = async |checkout| scene.chosen(checkout, "alfamart").await.payment.expires_at;
    assert_eq!(expires(&floating).await, start.plus(Span::hours(3)));
    assert_eq!(expires(&fixed).await, start.plus(Span::hours(2)));
    // No longer than the retailer keeps a code.
    let longest = testkit::retailers().get(key("alfamart")).unwrap().lifetime_max;
    assert_eq!(expires(&future).await, scene.now().plus(longest));
    scene.wait(3_600);
    let refused = scene.choose(&late, "alfamart").await;
    assert!(matches!(refused, Err(ChooseError::Refused(OpenRefusal::DeadlinePassed))));
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_is_forgotten() {
    let scene = Scene::new();
    let open = scene.checkout("order-1").await;
    let chosen = scene.checkout("order-2").await;
    scene.wait(DAY - 60);
    scene.chosen(&chosen, "alfamart").await;
    let prune = async || {
        scene.gateway.prune(vec![Prune::CheckoutsBefore(scene.now())]).await.unwrap();
        let found = async |checkout: &Checkout| {
            scene.gateway.checkout(checkout.token, scene.now()).await.unwrap().is_some()
        };
        (found(&open).await, found(&chosen).await)
    };
    scene.wait(30 * DAY);
    assert_eq!(prune().await, (true, true));
    scene.wait(120);
    assert_eq!(prune().await, (false, true));
    scene.wait(DAY);
    assert_eq!(prune().await, (false, false));
    scene.assert_clean().await;
}
