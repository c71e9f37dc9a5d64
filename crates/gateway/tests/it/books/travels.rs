//! A sandbox's clock is moved: what became due happens on the way, each at its own moment.

use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo},
};
use gateway::{Environment, request::Opened};
use proptest::prelude::*;
use storage::sqlite::EventWithEntries;

use super::*;

impl Scene {
    /// Moves the clock as the sandbox does.
    async fn travel(&self, span: Span) {
        let travel = self.gateway.travel().unwrap();
        let target = travel.now().plus(span);
        loop {
            travel.sweep().await.unwrap();
            if !travel.step(target, None).await.unwrap() {
                break;
            }
        }
        drop(travel);
        assert_eq!(self.now(), target);
        assert_eq!(self.gateway.sweep(target).await.unwrap(), 0, "something was left");
    }

    /// Everything that happened, in order.
    async fn happened(&self) -> Vec<(Option<PaymentNo>, EventKind, Timestamp)> {
        let events = self.gateway.read(|reader| reader.events_after(EventNo::new(0), 1_000)).await;
        let event = |row: EventWithEntries| (row.0.event.payment, row.0.event.kind, row.0.event.at);
        events.unwrap().into_iter().map(event).collect()
    }

    /// Codes of several lifetimes; one paid a while before the next, one of those reserved only.
    async fn begin(&self, lifetimes: &[i64]) -> Vec<PaymentView> {
        let mut opened = Vec::new();
        for (no, minutes) in (1..).zip(lifetimes) {
            let mut order = self.order(&format!("order-{no}"), "alfamart");
            order.expires_at = Some(self.now().plus(Span::minutes(*minutes)));
            let Opened::New(view) = self.try_open(order).await.unwrap() else { panic!("repeated") };
            opened.push(*view);
        }
        for (no, view) in (1..).zip(opened.iter().step_by(3)) {
            self.outcome(O::Payment, view, &format!("S-{no}")).await.unwrap();
            self.wait(7);
        }
        opened
    }
}

#[tokio::test]
async fn each_code_expires_at_its_own_moment_and_each_window_closes_at_its_own() {
    let scene = Scene::new();
    let opened = scene.begin(&[90, 300, 60, 600, 120, 61]).await;
    let before = scene.happened().await.len();
    scene.travel(Span::hours(24)).await;
    let happened = scene.happened().await;
    let expired = happened[before..].iter().filter(|(_, kind, _)| *kind == EventKind::Expired);
    let expired: Vec<_> = expired.map(|(payment, _, at)| (*payment, *at)).collect();
    let slack = domain::payment::EXPIRY_SLACK;
    let expected = [2, 5, 4, 1].map(|at: usize| {
        let payment = &opened[at].payment;
        (Some(payment.no), payment.expires_at.plus(slack))
    });
    assert_eq!(expired, expected);
    for paid in [0, 3] {
        let State::Paid(taking) = scene.state(opened[paid].payment.no).await else {
            panic!("not paid");
        };
        assert!(taking.is_final);
        let closes = taking.final_after.plus(Span::millis(1));
        let of_payment =
            happened[before..].iter().filter(|event| event.0 == Some(opened[paid].payment.no));
        assert_eq!(of_payment.map(|event| event.2).collect::<Vec<_>>(), [closes]);
    }
    let times: Vec<_> = happened.iter().map(|event| event.2).collect();
    assert!(times.is_sorted(), "{happened:?}");
    scene.assert_clean().await;
}

#[tokio::test]
async fn funded_money_is_available_after_three_business_days_in_one_go() {
    let scene = Scene::with(|settings: &mut Settings| {
        settings.calendar = Calendar::new([day("2026-11-25")]);
    });
    let paid = scene.paid(2).await;
    scene.matched(&paid).await;
    scene.fund(100_000, 0, "BCA-1").await.unwrap();
    scene.travel(Span::days(30)).await;
    assert_eq!(scene.held().await, (0, 100_000));
    // Saturday's money: Monday and Tuesday, then a holiday, so Thursday is the third day.
    let happened = scene.happened().await;
    let settled: Vec<_> = happened.iter().filter(|event| event.1 == EventKind::Settled).collect();
    assert_eq!(settled.len(), 2);
    for (_, _, at) in settled {
        let midnight = i64::from(day("2026-11-26").days()) * 86_400_000;
        assert_eq!(at.plus(domain::time::WIB).millis(), midnight);
    }
    scene.assert_clean().await;
}

#[test]
fn production_moves_no_clock() {
    let scene = Scene::with(|settings| settings.environment = Environment::Production);
    assert!(scene.gateway.travel().is_err());
    assert!(scene.gateway.clock().ahead().is_zero());
}

#[tokio::test]
async fn a_move_that_is_broken_off_leaves_a_clock_that_goes() {
    let scene = Scene::new();
    let start = scene.now();
    let travel = scene.gateway.travel().unwrap();
    assert!(travel.step(start.plus(Span::hours(1)), None).await.unwrap());
    drop(travel);
    scene.wait(5);
    assert_eq!(scene.now(), start.plus(Span::seconds(3_605)));
    assert_eq!(scene.gateway.clock().ahead(), Span::hours(1));
}

async fn after(
    lifetimes: &[i64],
    spans: &[i64],
) -> (Vec<(Option<PaymentNo>, EventKind, Timestamp)>, (i64, i64)) {
    let scene = Scene::new();
    let opened = scene.begin(lifetimes).await;
    let paid: Vec<_> = opened.into_iter().step_by(3).collect();
    scene.matched(&paid).await;
    let sum = i64::try_from(paid.len()).unwrap() * 50_000;
    scene.fund(sum, 0, "BCA-1").await.unwrap();
    for seconds in spans {
        scene.travel(Span::seconds(*seconds)).await;
    }
    scene.assert_clean().await;
    (scene.happened().await, scene.held().await)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: testkit::cases(12), ..ProptestConfig::default() })]

    #[test]
    fn many_steps_are_as_one(
        lifetimes in prop::collection::vec(60..2_000_i64, 1..9),
        spans in prop::collection::vec(1..200_000_i64, 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (many, one) = runtime.block_on(async {
            (after(&lifetimes, &spans).await, after(&lifetimes, &[spans.iter().sum()]).await)
        });
        prop_assert_eq!(many, one);
    }
}
