//! Connections that are kept, on a clock that moves only when everybody waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, time::advance};

use super::scene::{Net, Way, answer, ips, post, production, read_request, write};

/// A server in memory that answers everything with 200 and these headers, and the number of its
/// connections that are open.
fn server(headers: &'static str) -> (Arc<Net>, Arc<AtomicUsize>) {
    let (sender, mut connections) = mpsc::unbounded_channel();
    let open = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&open);
    tokio::spawn(async move {
        while let Some(mut wire) = connections.recv().await {
            let open = Arc::clone(&counted);
            open.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                while read_request(&mut wire).await.is_some() {
                    write(&mut wire, &answer("200 OK", headers)).await;
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (Arc::new(Net::new([ips("8.8.8.8")], Way::Memory(sender))), open)
}

/// How many connections were made.
fn made(net: &Net) -> usize {
    net.dialed.lock().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_used_again() {
    let (net, _) = server("");
    let client = production(&net);
    let first = post(&client, "http://a.example/").await;
    assert!(!first.record.hops[0].reused);
    for _ in 0..20 {
        let exchange = post(&client, "http://a.example/other").await;
        let hop = &exchange.record.hops[0];
        assert!(hop.reused && exchange.status() == Some(200));
        assert_eq!(hop.address.as_deref(), Some("8.8.8.8:80"));
        assert_eq!((hop.phases.dns, hop.phases.connect), (None, None));
    }
    assert_eq!((made(&net), net.looked_up.lock().unwrap().len()), (1, 1));
    // Another port is another's.
    post(&client, "http://a.example:8080/").await;
    assert_eq!(made(&net), 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_half_a_minute() {
    let (net, open) = server("");
    let client = production(&net);
    post(&client, "http://a.example/").await;
    advance(Duration::from_secs(29)).await;
    post(&client, "http://a.example/").await;
    assert_eq!(made(&net), 1);
    advance(Duration::from_secs(31)).await;
    post(&client, "http://a.example/").await;
    assert_eq!(made(&net), 2);
    // Without anybody asking for it, it is closed.
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_use_is_left_after_five_minutes() {
    let (net, _) = server("");
    let client = production(&net);
    for _ in 0..31 {
        post(&client, "http://a.example/").await;
        advance(Duration::from_secs(10)).await;
    }
    assert_eq!(made(&net), 1);
    post(&client, "http://a.example/").await;
    assert_eq!(made(&net), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_connections_for_a_shorter_time_is_believed() {
    let (net, _) = server("keep-alive: timeout=5\r\n");
    let client = production(&net);
    post(&client, "http://a.example/").await;
    advance(Duration::from_secs(3)).await;
    post(&client, "http://a.example/").await;
    assert_eq!(made(&net), 1);
    advance(Duration::from_secs(5)).await;
    post(&client, "http://a.example/").await;
    assert_eq!(made(&net), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_is_connected_to_anew() {
    let (net, _) = server("connection: close\r\n");
    let client = production(&net);
    for expected in 1..=3 {
        let exchange = post(&client, "http://a.example/").await;
        assert_eq!((exchange.status(), made(&net)), (Some(200), expected));
        assert!(!exchange.record.hops[0].reused);
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_at_the_same_time_have_connections_of_their_own() {
    let (net, _) = server("");
    let client = production(&net);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        tasks.spawn(async move { post(&client, "http://a.example/").await.status() });
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == Some(200)));
    let made_at_once = made(&net);
    for _ in 0..20 {
        post(&client, "http://a.example/").await;
    }
    assert_eq!(made(&net), made_at_once, "those that follow use what is there");
}

/// What a server sends unasked is nobody's answer.
#[tokio::test(start_paused = true)]
async fn a_second_answer_is_not_taken_for_the_next() {
    let (sender, mut connections) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(mut wire) = connections.recv().await {
            tokio::spawn(async move {
                let mut both = answer("200 OK", "");
                both.push_str(&answer("500 Internal Server Error", ""));
                while read_request(&mut wire).await.is_some() {
                    write(&mut wire, &both).await;
                }
            });
        }
    });
    let net = Arc::new(Net::new([ips("8.8.8.8")], Way::Memory(sender)));
    let client = production(&net);
    for _ in 0..10 {
        assert_eq!(post(&client, "http://a.example/").await.status(), Some(200));
    }
}
