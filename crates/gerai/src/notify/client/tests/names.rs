//! Names that nobody answers for, beside names that are answered: on a clock that moves only when
//! everybody waits.

use std::{sync::Arc, time::Duration};

use dialect::Answer;
use tokio::{io::DuplexStream, sync::mpsc, task::JoinSet, time::Instant};

use super::{
    super::{Client, Exchange},
    scene::{Found, Net, Way, ips, post, production, read_request, remark, write},
};

/// A server that keeps no connection, so that its name is looked up for every request.
fn server() -> Way {
    let (sender, mut connections) = mpsc::unbounded_channel::<DuplexStream>();
    tokio::spawn(async move {
        while let Some(mut wire) = connections.recv().await {
            tokio::spawn(async move {
                read_request(&mut wire).await;
                let close = "connection: close\r\ncontent-length: 5";
                write(&mut wire, &format!("HTTP/1.1 200 OK\r\n{close}\r\n\r\nnoted")).await;
            });
        }
    });
    Way::Memory(sender)
}

/// So many names are called that nobody ever answers for, several times each.
async fn hanging(client: &Client, names: usize) -> JoinSet<Exchange> {
    let mut hanging = JoinSet::new();
    for number in 0..names * 3 {
        let (client, name) = (client.clone(), format!("http://hangs-{}.example/", number % names));
        hanging.spawn(async move { post(&client, &name).await });
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    hanging
}

#[tokio::test(start_paused = true)]
async fn names_that_were_found_before_do_not_wait_for_a_thousand_that_hang() {
    let net = Arc::new(Net::new([ips("8.8.8.8")], server()));
    let client = production(&net);
    assert_eq!(post(&client, "http://a.example/").await.answer(), Answer::Status(200, b"noted"));
    let _hanging = hanging(&client, 1_000).await;
    for _ in 0..20 {
        let exchange = post(&client, "http://a.example/").await;
        assert_eq!(exchange.answer(), Answer::Status(200, b"noted"));
        assert_eq!(exchange.record.hops[0].phases.total, Some(0));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let looked_up = net.looked_up.lock().unwrap();
    assert_eq!(looked_up.iter().filter(|name| *name == "a.example").count(), 21, "each time anew");
    let hung = looked_up.iter().filter(|name| name.starts_with("hangs")).count();
    assert_eq!(hung, 1_000, "each once, however many wait for it");
}

#[tokio::test(start_paused = true)]
async fn a_new_name_is_found_beside_a_thousand_that_hang() {
    let net = Arc::new(Net::new([ips("8.8.8.8")], server()));
    let client = production(&net);
    let _hanging = hanging(&client, 1_000).await;
    let began_at = Instant::now();
    let exchange = post(&client, "http://new.example/").await;
    assert_eq!(exchange.answer(), Answer::Status(200, b"noted"));
    assert!(began_at.elapsed() < Duration::from_secs(5), "{:?}", began_at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_looked_up_because_of_others_is_not_blamed_for_it() {
    let net = Arc::new(Net::new([ips("8.8.8.8")], server()));
    let client = production(&net);
    let hanging = hanging(&client, 3_000).await;
    let exchange = post(&client, "http://new.example/").await;
    assert!(exchange.is_unsent(), "{exchange:?}");
    assert_eq!(remark(&exchange), "too many other names are being looked up");
    drop(hanging);
}

#[tokio::test(start_paused = true)]
async fn what_a_name_led_to_is_used_again_while_nobody_says_and_not_for_ever() {
    let net = Arc::new(Net::new([ips("8.8.8.8"), Found::Hangs], server()));
    let client = production(&net);
    assert_eq!(post(&client, "http://a.example/").await.status(), Some(200));
    let exchange = post(&client, "http://a.example/").await;
    assert_eq!(exchange.status(), Some(200));
    assert_eq!(exchange.record.hops[0].phases.dns, Some(1_000_000), "a second's patience");
    tokio::time::sleep(Duration::from_secs(3_700)).await;
    let exchange = post(&client, "http://a.example/").await;
    assert_eq!(exchange.answer(), Answer::TimedOut);
    assert_eq!(remark(&exchange), "it took too long: looking up the name");
}

#[tokio::test(start_paused = true)]
async fn a_new_answer_counts_more_than_an_old_one_and_is_judged() {
    for (second, expected) in [
        (ips("127.0.0.1"), "nothing was sent: the URL leads to 127.0.0.1"),
        (ips(""), "the name has no address"),
        (Found::Unknown, "the name cannot be looked up: no such name"),
    ] {
        let net = Arc::new(Net::new([ips("8.8.8.8"), second], server()));
        let client = production(&net);
        assert_eq!(post(&client, "http://a.example/").await.status(), Some(200));
        let exchange = post(&client, "http://a.example/").await;
        assert!(remark(&exchange).starts_with(expected), "{}", remark(&exchange));
        assert_eq!(net.dialed(), ["8.8.8.8:80"]);
    }
}
