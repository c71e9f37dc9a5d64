//! Connections that are cut at any moment: nothing acknowledged is lost, nothing is there twice, and the
//! nodes go on by themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use cluster::Server;
use domain::{ids::PaymentNo, payment::State, sale::Operation as O};
use gateway::request::{OpenError, OpenRefusal, Opened, PaymentRef};
use testkit::ACCOUNT;

use crate::shared::Nodes;

/// Ends some of the sessions of a database, as chance has it, and says how many.
const CUT: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
    where datname = current_database() and application_name = 'gerai' and random() < 0.5";

/// At least so many connections are cut, and so many payments made.
const CUTS: usize = 20;
const ROUNDS: usize = 25;
/// Each voice goes on for so many rounds at most.
const ROUNDS_MAX: usize = 500;

/// By payment: its order, its sale, and what the till was answered.
type Acknowledged = BTreeMap<PaymentNo, (String, String, Vec<u8>)>;

/// Cuts connections until it is told to stop, counting them.
fn cutter(nodes: &Nodes, ends: &Arc<AtomicBool>, cut: &Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    let (database, ends, cut) = (nodes.database(), Arc::clone(ends), Arc::clone(cut));
    thread::spawn(move || {
        let mut round = 0_u64;
        while !ends.load(Ordering::SeqCst) {
            round += 1;
            // The pause before each cut differs, so that commits are cut at every moment.
            let pause = format!("select pg_sleep({})", (round * 37 % 23) * 4 % 90);
            let pause = pause.replace("pg_sleep(", "pg_sleep(0.001 * ");
            let said = Server::shared().psql(&database, &[&pause, CUT]);
            cut.fetch_add(said.trim().parse().unwrap_or(0), Ordering::SeqCst);
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let nodes = Arc::new(Nodes::new(2));
    let ends = Arc::new(AtomicBool::new(false));
    let cut = Arc::new(AtomicUsize::new(0));
    let cutting = cutter(&nodes, &ends, &cut);
    let refused = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for voice in 0..6_usize {
        let (nodes, refused, cut) = (Arc::clone(&nodes), Arc::clone(&refused), Arc::clone(&cut));
        tasks.spawn(async move {
            let mut acknowledged = Vec::new();
            for round in 0..ROUNDS_MAX {
                if round >= ROUNDS && cut.load(Ordering::SeqCst) > CUTS {
                    break;
                }
                let node = &nodes[voice];
                let order = format!("order-{voice}-{round}");
                // Whoever is told to try again does so, at either node.
                let mut opened = None;
                for at in 0..20 {
                    let asked = &nodes[voice + at];
                    match asked.try_open(node.order(&order, "alfamart")).await {
                        Ok(Opened::New(view)) => opened = Some(*view),
                        Ok(Opened::Repeated(_)) => panic!("there is no key"),
                        // It was opened, but nobody could say so.
                        Err(OpenError::Refused(OpenRefusal::OrderTaken)) => {
                            let order = PaymentRef::Order(order.clone());
                            opened =
                                asked.gateway.payment(Some(ACCOUNT), order).await.ok().flatten();
                        }
                        Err(OpenError::Refused(why)) => panic!("{why}"),
                        Err(OpenError::Unavailable(_)) => {
                            refused.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                    if opened.is_some() {
                        break;
                    }
                }
                let view = opened.expect("it opens in the end");
                let sale = format!("S-{voice}-{round}");
                let mut bytes = BTreeSet::new();
                for at in 0..20 {
                    let node = &nodes[voice + round + at];
                    let message = node.message(O::Payment, view.payment.code, &sale, "alfamart");
                    match node.gateway.counter(message).await {
                        Ok(reply) => {
                            bytes.insert(reply.body.to_vec());
                            break;
                        }
                        Err(_) => {
                            refused.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
                assert_eq!(bytes.len(), 1, "it is paid in the end");
                acknowledged.push((view.payment.no, order, sale, bytes.pop_first().unwrap()));
            }
            acknowledged
        });
    }
    let mut acknowledged = Acknowledged::new();
    while let Some(of_voice) = tasks.join_next().await {
        for (no, order, sale, bytes) in of_voice.unwrap() {
            assert!(acknowledged.insert(no, (order, sale, bytes)).is_none(), "{no} twice");
        }
    }
    ends.store(true, Ordering::SeqCst);
    cutting.join().unwrap();
    let cut = cut.load(Ordering::SeqCst);
    assert!(cut > CUTS, "only {cut} connections were cut");
    assert_kept(&nodes, acknowledged).await;
    nodes.assert_sound().await;
}

/// What was acknowledged is there, once, and answered as before.
async fn assert_kept(nodes: &Nodes, acknowledged: Acknowledged) {
    let count = acknowledged.len();
    assert!(count >= 6 * ROUNDS, "only {count} payments were made");
    for (no, (order, sale, bytes)) in &acknowledged {
        let view = nodes[0].view(*no).await;
        assert_eq!(view.payment.order.as_str(), order);
        assert!(matches!(view.payment.state, State::Paid(_)), "{order}: {:?}", view.payment.state);
        let again = nodes[1].say(O::Payment, &view, sale).await;
        assert_eq!(again.body.to_vec(), *bytes, "{order}: another answer than before");
    }
    assert_eq!(nodes.psql("select count(*) from payment"), count.to_string());
    assert_eq!(nodes.psql("select count(*) from sale"), count.to_string());
    let numbers: Vec<PaymentNo> = acknowledged.into_keys().collect();
    assert_eq!(numbers, (1..).map(PaymentNo::new).take(count).collect::<Vec<_>>(), "without a gap");
}
