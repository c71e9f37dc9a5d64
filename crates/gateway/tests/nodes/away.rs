//! A database that goes away: commands wait for it as long as they may, and the node goes on by itself.

use std::{sync::Arc, time::Duration};

use cluster::{Server, Stop};
use domain::{payment::State, sale::Operation as O};
use gateway::{
    clock::Stopwatch,
    request::{OpenError, OpenRefusal},
};
use storage::{Place, postgres::PostgresPlace};
use testkit::{START, Shop};

use crate::scene::Scene;

/// Less than a server is away that nobody starts.
const PATIENCE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_wait_for_the_database_and_are_then_told_to_try_again() {
    let server = Server::private("", &[]);
    let place = PostgresPlace::new(&server.url("postgres")).unwrap();
    let node = |patience| {
        let place = Place::Postgres(place.clone());
        Scene(Shop::at(place, START, |settings| settings.patience = patience))
    };
    // One waits longer than any server needs to start, one does not.
    let scene = Arc::new(node(Duration::from_mins(5)));
    let hasty = node(PATIENCE);
    let first = scene.open("order-1", "indomaret").await;

    // It comes back in time: who waits is answered as if nothing had been.
    server.stop(Stop::Crash);
    let waiting = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move { scene.try_open(scene.order("order-2", "indomaret")).await }
    });
    server.start();
    waiting.await.unwrap().unwrap();
    scene.outcome(O::Payment, &first, "I-1").await.unwrap();

    // It does not: who waits is told so in time, and the load balancer too.
    server.stop(Stop::Fast);
    let stopwatch = Stopwatch::start();
    let refused = hasty.try_open(hasty.order("order-3", "indomaret")).await;
    assert!(matches!(refused, Err(OpenError::Unavailable(_))), "{refused:?}");
    assert!(stopwatch.elapsed() >= PATIENCE, "{:?}", stopwatch.elapsed());
    assert!(hasty.gateway.not_ready().unwrap().contains("away"));
    server.start();

    // Back again, nothing has to be done, and what was refused was not done behind anybody's back.
    let opened = loop {
        match hasty.try_open(hasty.order("order-3", "indomaret")).await {
            Ok(opened) => break opened,
            Err(OpenError::Unavailable(_)) => {}
            Err(OpenError::Refused(why)) => {
                assert_ne!(why, OpenRefusal::OrderTaken, "it was opened for nobody");
                panic!("{why}");
            }
        }
    };
    assert!(matches!(opened, gateway::request::Opened::New(_)));
    assert!(hasty.gateway.is_ready());
    assert!(matches!(scene.state(first.payment.no).await, State::Paid(_)));
    scene.assert_clean().await;
}
