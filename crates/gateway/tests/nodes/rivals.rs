//! Nodes that are asked for the same at the same time.

use std::{collections::BTreeSet, time::Duration};

use domain::{event::Announcement as A, payment::State, sale::Operation as O};
use gateway::{
    outbox::EndpointNo,
    request::{
        Close, CounterReply, OpenError, OpenRefusal, Opened, PaymentRef, PaymentView, Sibling,
        SiblingRequest, Unavailable,
    },
};
use storage::{DirectoryWrite, Engine, TailRow};
use testkit::{ACCOUNT, key};

use crate::{
    scene::{Scene, due, report, rupiah},
    shared::Nodes,
};

/// The same of every node at once.
async fn each<'a, T: Send + 'a>(
    nodes: &'a Nodes,
    ask: impl AsyncFn(&'a Scene, usize) -> T,
) -> Vec<T> {
    let mut answers = Vec::new();
    match &nodes.nodes[..] {
        [one, two] => {
            let (one, two) = tokio::join!(ask(one, 0), ask(two, 1));
            answers.extend([one, two]);
        }
        [one, two, three] => {
            let (one, two, three) = tokio::join!(ask(one, 0), ask(two, 1), ask(three, 2));
            answers.extend([one, two, three]);
        }
        _ => panic!("two or three"),
    }
    answers
}

async fn events_on(scene: &Scene) {
    let changed = scene.gateway.change_directory(move |rows, _| {
        let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
        account.settings.push_str("events = true\n");
        Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
    });
    changed.await.unwrap();
}

fn is_approved(reply: &CounterReply) -> bool {
    reply.answer.as_ref().is_some_and(|answer| answer.outcome.is_ok())
}

fn paid(view: &PaymentView) -> bool {
    matches!(view.payment.state, State::Paid(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn rivals_get_one_payment_one_sale_and_one_order_of_things() {
    let nodes = Nodes::new(3);
    events_on(&nodes[0]).await;
    let mut slots = BTreeSet::new();
    for round in 0..12 {
        // All open the same order: one of them may.
        let order = format!("order-{round}");
        let opened = each(&nodes, async |node, _| {
            match node.try_open(node.order(&order, "indomaret")).await {
                Ok(Opened::New(view)) => Some(view.payment.no),
                Err(OpenError::Refused(OpenRefusal::OrderTaken)) => None,
                other => panic!("{other:?}"),
            }
        })
        .await;
        let numbers: Vec<_> = opened.into_iter().flatten().collect();
        assert_eq!(numbers.len(), 1);
        let no = numbers[0];
        let view = nodes[round].view(no).await;
        assert!(slots.insert(view.payment.slot.unwrap()), "a slot was issued twice");

        // Each node's till takes cash: one of them may.
        let outcomes = each(&nodes, async |node, no| {
            node.outcome(O::Payment, &view, &format!("S-{round}-{no}")).await.is_ok()
        })
        .await;
        assert_eq!(outcomes.iter().filter(|is_ok| **is_ok).count(), 1, "{outcomes:?}");
        let winner = outcomes.iter().position(|is_ok| *is_ok).unwrap();
        for node in &nodes.nodes {
            assert!(paid(&node.view(no).await), "every node sees it at once");
        }
        // The same sale said again, at all of them: the stored bytes.
        let sale = format!("S-{round}-{winner}");
        let again =
            each(&nodes, async |node, _| node.say(O::Payment, &view, &sale).await.body).await;
        assert!(again.iter().all(|bytes| *bytes == again[0]));
        // It is given back at all of them, while its merchant closes it: one decision, told three times.
        let told = each(&nodes, async |node, which| {
            if which == 2 {
                assert!(node.close(no, Close::Cancel).await.is_err(), "it was paid");
            }
            let reply = node.say(O::Reversal, &view, &sale).await;
            (reply.body.clone(), is_approved(&reply))
        })
        .await;
        assert!(told.iter().all(|(body, _)| *body == told[0].0), "{told:?}");
        assert_eq!(told.iter().filter(|(_, is_new)| *is_new).count(), 1, "{told:?}");
        assert!(matches!(nodes[0].view(no).await.payment.state, State::Reversed(..)));
    }
    nodes.assert_sound().await;
    let events = nodes[1].gateway.own_events(ACCOUNT, 0, 1_000).await.unwrap().events;
    assert!(events.len() >= 36, "{}", events.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn siblings_meet_across_nodes() {
    let nodes = Nodes::new(2);
    for round in 0..8 {
        let first = nodes[round].open(&format!("order-{round}"), "indomaret").await;
        // Both nodes ask for another code of the same order at the same shop: there is one more.
        let opened = each(&nodes, async |node, _| {
            let request = SiblingRequest {
                account: ACCOUNT,
                payment: PaymentRef::Id(first.payment.id),
                retailer: key("alfamart"),
                received_at: node.now(),
            };
            node.gateway.open_sibling(request).await.unwrap()
        })
        .await;
        let mut siblings = BTreeSet::new();
        for opened in &opened {
            let (Sibling::New(view) | Sibling::There(view)) = opened;
            siblings.insert(view.payment.no);
        }
        assert_eq!(siblings.len(), 1, "one code each");
        let second = nodes[0].view(*siblings.first().unwrap()).await;
        // Each is paid at another node: one of them is.
        let outcomes = each(&nodes, async |node, which| {
            let view = if which == 0 { &first } else { &second };
            node.outcome(O::Payment, view, &format!("S-{round}-{which}")).await.is_ok()
        })
        .await;
        assert_eq!(outcomes.iter().filter(|is_ok| **is_ok).count(), 1, "{outcomes:?}");
        let states =
            [nodes[0].view(first.payment.no).await, nodes[1].view(second.payment.no).await];
        assert_eq!(states.iter().filter(|view| paid(view)).count(), 1);
    }
    nodes.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_one_node_is_seen_at_the_other_and_none_is_lost() {
    let nodes = Nodes::new(2);
    // Both add a line to the same account at the same time: who comes second is told to try again.
    for round in 0..6 {
        let changed = each(&nodes, async |node, which| {
            let changed = node.gateway.change_directory(move |rows, _| {
                let mut account =
                    rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
                let line = format!("10.{round}.{which}.0/24\n");
                account.allow_list.push_str(&line);
                Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
            });
            changed.await
        })
        .await;
        assert!(changed.iter().any(Result::is_ok));
        let refused = changed.iter().filter_map(|changed| changed.as_ref().err());
        assert!(refused.clone().all(|error| *error == Unavailable::Changed), "{changed:?}");
    }
    let lines = nodes.psql("select allow_list from account where no = 1");
    let count = lines.lines().filter(|line| !line.is_empty()).count();
    assert!(count >= 6, "what was said to be done is there: {lines}");
    // A disabled account is disabled everywhere in the next turn.
    let changed = nodes[0].gateway.change_directory(|rows, _| {
        let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
        account.disabled = true;
        Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
    });
    changed.await.unwrap();
    let mut committed = nodes[1].gateway.own_newest(ACCOUNT);
    committed.mark_unchanged();
    let mut looks = 0;
    while !nodes[1].gateway.directory().account(ACCOUNT).unwrap().disabled {
        looks += 1;
        assert!(looks < 200, "an idle node hears of it");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    nodes.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_node_wakes_who_waits_for_events_of_another() {
    let nodes = Nodes::new(2);
    events_on(&nodes[0]).await;
    let mut newest = nodes[1].gateway.own_newest(ACCOUNT);
    nodes[0].open("order-1", "indomaret").await;
    let seen = tokio::time::timeout(Duration::from_secs(30), newest.wait_for(|no| *no >= 1)).await;
    assert_eq!(*seen.unwrap().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_is_one_nodes_and_news_of_either_is_told_once() {
    let nodes = Nodes::new(2);
    let holders = |endpoint: i64| {
        let endpoint = EndpointNo::new(endpoint);
        nodes.nodes.iter().filter(|node| node.gateway.sends_to(endpoint)).count()
    };
    // The second came later: the first gives it its share with its next look.
    let mut looks = 0;
    while (0..16).any(|endpoint| holders(endpoint) != 1)
        || nodes
            .nodes
            .iter()
            .any(|node| !(0..16).any(|no| node.gateway.sends_to(EndpointNo::new(no))))
    {
        looks += 1;
        assert!(looks < 300, "shares settle");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(nodes.nodes.iter().filter(|node| node.gateway.keeps_house()).count(), 1);
    let view = nodes[0].open("order-1", "indomaret").await;
    nodes[1].outcome(O::Payment, &view, "I-1").await.unwrap();
    // Whoever asks finds what is due, whichever node it came from, and tells it in order.
    let mut told = Vec::new();
    for _ in 0..4 {
        for delivery in due(&nodes[1]).await {
            told.push(delivery.news.announcement().unwrap());
            report(&nodes[1], &delivery, gateway::request::Next::Delivered).await;
        }
    }
    assert!(told == [A::Pending, A::Paid] || told == [A::Paid], "{told:?}");
    assert!(due(&nodes[0]).await.is_empty());
    nodes.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_vanishes_in_its_turn_holds_nobody_up_for_long() {
    let nodes = Nodes::new(1);
    nodes[0].open("order-0", "indomaret").await;
    // It begins a turn and is never heard of again, but its connection stays.
    let mut gone = Engine::open(&nodes.place).unwrap();
    gone.join("gone", "1").unwrap();
    gone.share().unwrap();
    let TailRow { turn, .. } = gone.begin().unwrap().unwrap();
    let view = nodes[0].open("order-1", "indomaret").await;
    assert_eq!(view.payment.amount, rupiah(50_000));
    // Awake again, it hears that its turn was taken away, and nothing of it is written.
    assert!(gone.commit(&storage::Writes::default()).is_err());
    gone.reconnect().unwrap();
    assert!(gone.begin().unwrap().unwrap().turn > turn);
    gone.rest();
    nodes.assert_sound().await;
}
