//! Whatever counters, merchants and the clock do, in whatever order: cash is booked once, answers
//! stay what they were, and the rows add up.

use std::collections::HashMap;

use bytes::Bytes;
use domain::{event::EventKind, ids::PaymentNo, sale::Operation, time::Span};
use gateway::request::{Approved, Close, OpenRequest};
use proptest::prelude::*;

use crate::scene::{Scene, rupiah};

#[derive(Debug, Clone)]
enum Step {
    Open { order: u8, indomaret: bool },
    Say { operation: Operation, payment: usize, sale: u8, counter: &'static str, short: bool },
    Close { payment: usize, how: Close },
    Wait { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let operation = prop::sample::select(vec![
        Operation::Inquiry,
        Operation::Payment,
        Operation::Payment,
        Operation::Advice,
        Operation::Commit,
        Operation::Reversal,
    ]);
    let counter =
        prop::sample::select(vec!["alfamart", "alfamidi", "indomaret", "indomaret", "twostep"]);
    let say = (operation, 0..4_usize, 0..6_u8, counter, prop::bool::weighted(0.1)).prop_map(
        |(operation, payment, sale, counter, short)| Step::Say {
            operation,
            payment,
            sale,
            counter,
            short,
        },
    );
    let how = prop_oneof![Just(Close::Cancel), Just(Close::Expire)];
    prop_oneof![
        2 => (0..3_u8, any::<bool>()).prop_map(|(order, indomaret)| Step::Open { order, indomaret }),
        8 => say,
        1 => (0..4_usize, how).prop_map(|(payment, how)| Step::Close { payment, how }),
        2 => prop::sample::select(vec![1, 61, 299, 301, 1_900, 86_500])
            .prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// A sale's standing answer: its bytes, until it is taken back.
type Standing = HashMap<(u8, usize, bool), Bytes>;

async fn play(steps: Vec<Step>) {
    let scene = Scene::new();
    let mut opened: Vec<PaymentNo> = Vec::new();
    let mut standing = Standing::new();
    for step in steps {
        match step {
            Step::Open { order, indomaret } => {
                let retailer = if indomaret { "indomaret" } else { "alfamart" };
                let request: OpenRequest = scene.order(&format!("order-{order}"), retailer);
                if let Ok(gateway::request::Opened::New(view)) = scene.try_open(request).await {
                    opened.push(view.payment.no);
                }
            }
            Step::Say { operation, payment, sale, counter, short } => {
                let Some(no) = opened.get(payment) else { continue };
                let code = scene.view(*no).await.payment.code;
                let mut message = scene.message(operation, code, &format!("S-{sale}"), counter);
                if short {
                    message.amount = Some(rupiah(49_999));
                }
                let reply = scene.send(message).await;
                remember(&mut standing, operation, (sale, payment, short), &reply);
            }
            Step::Close { payment, how } => {
                if let Some(no) = opened.get(payment) {
                    let _ = scene.close(*no, how).await;
                }
            }
            Step::Wait { seconds } => {
                scene.gateway.clock().advance(Span::seconds(seconds));
                scene.gateway.sweep(scene.now()).await.unwrap();
            }
        }
    }
    scene.assert_clean().await;
    for no in opened {
        let events = scene.gateway.read(move |reader| reader.events_of(no)).await.unwrap();
        let count = |kind| events.iter().filter(|row| row.event.kind == kind).count();
        assert!(count(EventKind::Paid) <= 1, "payment {no} was paid twice");
        assert!(count(EventKind::Reversed) <= count(EventKind::Paid));
    }
}

/// While a paid sale stands, whoever asks again hears the same bytes.
fn remember(
    standing: &mut Standing,
    operation: Operation,
    key: (u8, usize, bool),
    reply: &gateway::request::CounterReply,
) {
    let outcome = reply.answer.as_ref().map(|answer| answer.outcome.clone());
    match operation {
        Operation::Reversal => {
            if matches!(outcome, Some(Ok(_))) {
                standing.retain(|(sale, ..), _| *sale != key.0);
            }
        }
        Operation::Payment | Operation::Advice => match outcome {
            Some(Ok(Approved::Paid { .. } | Approved::Unapplied { .. })) => {
                standing.insert(key, reply.body.clone());
            }
            None => {
                if let Some(before) = standing.get(&key) {
                    assert_eq!(*before, reply.body, "a standing answer changed");
                }
            }
            Some(_) => assert!(!standing.contains_key(&key), "a standing answer was forgotten"),
        },
        Operation::Inquiry | Operation::Commit | Operation::Payout => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: testkit::cases(200), ..ProptestConfig::default() })]

    #[test]
    fn the_rows_add_up(steps in prop::collection::vec(step(), 1..60)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(play(steps));
    }
}
