//! Whatever comes in whatever order: open advances stay within the cap, and every payment's money is
//! moved to its merchant once.

use std::collections::BTreeMap;

use domain::{ids::PaymentNo, time::Span};
use proptest::{prelude::*, test_runner::RngSeed};
use testkit::START;

use crate::scene::Scene;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A payment of so many ten thousands is paid and final.
    Pay(i64),
    /// The oldest that stand in no file yet are matched.
    Match(usize),
    /// The retailer transfers what is matched.
    Transfer,
    ClawBack(usize),
    Cap(i64),
    Days(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..7_i64).prop_map(Step::Pay),
        4 => (1..4_usize).prop_map(Step::Match),
        2 => Just(Step::Transfer),
        1 => (0..6_usize).prop_map(Step::ClawBack),
        2 => (0..15_i64).prop_map(Step::Cap),
        1 => (1..4_i64).prop_map(Step::Days),
    ]
}

/// What somebody outside knows of a payment.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    amount: i64,
    is_matched: bool,
    is_taken_back: bool,
}

#[derive(Default)]
struct Outside {
    payments: BTreeMap<PaymentNo, Known>,
    transferred: i64,
    cap: i64,
    references: usize,
}

impl Outside {
    async fn does(&mut self, scene: &Scene, step: Step) {
        match step {
            Step::Pay(size) => {
                let order = format!("order-{}", self.payments.len());
                let view = scene.pay(&order, size * 10_000).await;
                let known = Known { amount: size * 10_000, ..Known::default() };
                self.payments.insert(view.payment.no, known);
            }
            Step::Match(count) => {
                scene.quiet().await;
                let loose = self.payments.iter_mut().filter(|(_, known)| !known.is_matched);
                let mut loose: Vec<_> = loose.collect();
                loose.truncate(count);
                // A file of the first day: all are paid on it, or count for their own.
                let numbers: Vec<_> = loose.iter().map(|(no, _)| **no).collect();
                scene.file(START, &numbers).await;
                for (_, known) in loose {
                    known.is_matched = !known.is_taken_back;
                }
            }
            Step::Transfer => {
                let days = scene.gateway.read(|reader| reader.retailer_days(100)).await.unwrap();
                for day in days.iter().filter(|day| day.matched > day.funded) {
                    self.references += 1;
                    let at = START.plus(Span::days(i64::from(
                        day.day.1.days() - START.business_date().days(),
                    )));
                    let owed = day.matched - day.funded;
                    scene.transfer(at, owed, &format!("T-{}", self.references)).await;
                    self.transferred += owed;
                }
            }
            Step::ClawBack(which) => {
                scene.quiet().await;
                let standing = self.payments.iter_mut().filter(|(_, known)| !known.is_taken_back);
                let Some((no, known)) = standing.collect::<Vec<_>>().into_iter().nth(which) else {
                    return;
                };
                known.is_taken_back = true;
                let view = scene.view(*no).await;
                scene.claw_back(&view).await;
            }
            Step::Cap(cap) => {
                self.cap = cap * 10_000;
                scene.cap(self.cap).await;
            }
            Step::Days(days) => scene.gateway.clock().advance(Span::days(days)),
        }
    }

    /// What must hold after every step.
    async fn agrees(&self, scene: &Scene, advanced_before: i64) {
        let (pending, active, advanced) = scene.owed().await;
        let standing = self.payments.values().filter(|known| !known.is_taken_back);
        assert_eq!(pending + active, standing.map(|known| known.amount).sum::<i64>());
        assert!(
            advanced <= self.cap.max(advanced_before),
            "{advanced} is more than {} and than {advanced_before} before",
            self.cap
        );
        // What is active was advanced, or was transferred.
        assert!(active <= advanced + self.transferred, "{active} of {advanced}");
        let room = self.cap - advanced;
        for (no, known) in &self.payments {
            let row = scene.gateway.read({
                let no = *no;
                move |reader| Ok((reader.matched(no)?, reader.advance(no)?))
            });
            let (matched, advance) = row.await.unwrap();
            let waits = matched.is_some_and(|row| row.state == storage::MatchedState::Waiting);
            let could = waits && advance.is_none() && !known.is_taken_back;
            assert!(!could || known.amount > room, "{no} could be advanced: {room} is left");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: testkit::cases(24),
        rng_seed: RngSeed::Fixed(28),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn advances_stay_within_the_cap(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let scene = Scene::new();
            let mut outside = Outside::default();
            scene.cap(0).await;
            for step in steps {
                let (.., before) = scene.owed().await;
                outside.does(&scene, step).await;
                scene.settle_all().await;
                outside.agrees(&scene, before).await;
            }
            scene.assert_clean().await;
        });
    }
}
