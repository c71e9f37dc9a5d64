//! An outage that lasts: what waits for its end, what its schedule gives up, and how fast it is told.

use super::*;

#[tokio::test]
async fn what_was_tried_is_given_up_with_its_schedule_and_what_was_not_waits() {
    for (file, days) in [("", 0), ("[notification.retry.midtrans]\nfor = \"3d\"", 3)] {
        let scene = Scene::with(file);
        let receiver = Receiver::start(|_| Reply::Reset).await;
        let early = scene.break_down(&receiver).await;
        let late = scene.open("late", &receiver.url()).await;
        let lasts = Span::days(days).as_millis().max(Span::minutes(344).as_millis());
        scene.go_on(Span::millis(lasts).plus(Span::minutes(-4))).await;
        for payment in early.iter().chain([&late]) {
            assert_eq!(scene.row(*payment).await.state, State::Due, "{days}");
        }
        scene.go_on(Span::minutes(8)).await;
        for payment in &early {
            let row = scene.row(*payment).await;
            assert_eq!((row.state, row.attempts), (State::Failed, 1), "{days}");
            let last = scene.attempts(row.no).await.pop().unwrap();
            assert!(last.verdict.contains("Nobody has answered"), "{}", last.verdict);
            assert!(!last.is_try);
        }
        scene.go_on(Span::days(1)).await;
        let row = scene.row(late).await;
        assert_eq!((row.state, row.attempts), (State::Due, 0), "nobody has tried it");
        receiver.behave(|_| Reply::Status(200));
        scene.go_on(Span::minutes(4)).await;
        let row = scene.row(late).await;
        assert_eq!((row.state, row.attempts), (State::Delivered, 1));
        assert_eq!(scene.worker.wakes_at(), None);
    }
}

/// Whatever the vendor's own retries are, and with no setting changed.
#[tokio::test]
async fn nothing_that_came_up_in_a_days_outage_is_lost_in_any_dialect() {
    for dialect in DIALECTS {
        let brand = dialect.brand();
        let scene = Scene::of(*dialect);
        let receiver = Receiver::start(|_| Reply::Reset).await;
        let tells_at_once = dialect.announces(Announcement::Pending);
        let news = async |order: &str| {
            let payment = scene.open(order, &receiver.url()).await;
            if !tells_at_once {
                scene.cancel(payment).await;
            }
            payment
        };
        let mut early = Vec::new();
        for number in 0..5 {
            early.push(news(&format!("early-{number}")).await);
        }
        assert_eq!(scene.step().await, 5, "{brand}");
        let mut late = Vec::new();
        for hour in 0..24 {
            for number in 0..5 {
                late.push(news(&format!("late-{hour}-{number}")).await);
            }
            scene.go_on(Span::hours(1)).await;
        }
        receiver.take();
        receiver.behave(|_| Reply::Status(200));
        scene.go_on(Span::minutes(10)).await;
        for payment in &late {
            let row = scene.row(*payment).await;
            assert_eq!((row.state, row.attempts), (State::Delivered, 1), "{brand}");
        }
        // What was tried before follows the vendor: nothing more after its time.
        let expected =
            if dialect.retries_last() < Span::days(1) { State::Failed } else { State::Delivered };
        let mut failed = Vec::new();
        for payment in &early {
            let row = scene.row(*payment).await;
            assert_eq!(row.state, expected, "{brand}");
            failed.extend((row.state == State::Failed).then_some(row.no));
        }
        let arrived = receiver.take();
        let bodies: HashSet<_> = arrived.iter().map(|one| &one.body).collect();
        let delivered = late.len() + early.len() - failed.len();
        assert_eq!((arrived.len(), bodies.len()), (delivered, delivered), "{brand}: each once");
        // An operator brings it back.
        let again = scene.shop.gateway.redeliver(failed.clone()).await.unwrap();
        assert!(again.iter().all(|(_, became)| *became == Redelivery::Due), "{again:?}");
        assert_eq!(again.len(), failed.len());
        scene.step().await;
        for payment in &early {
            assert_eq!(scene.row(*payment).await.state, State::Delivered, "{brand}");
        }
    }
}

#[tokio::test]
async fn who_was_silent_before_a_start_is_probed_after_it() {
    let mut scene = Scene::new();
    let receiver = Receiver::start(|_| Reply::Reset).await;
    let early = scene.break_down(&receiver).await;
    for number in 0..20 {
        scene.open(&format!("late-{number}"), &receiver.url()).await;
    }
    scene.go_on(Span::hours(1)).await;
    receiver.take();
    scene.restart();
    assert_eq!(scene.step().await, 0, "it is left alone");
    assert!(scene.worker.wakes_at().unwrap().since(scene.now()) <= Span::minutes(1));
    scene.go_on(Span::minutes(1)).await;
    assert!((1..=8).contains(&receiver.take().len()), "only probes");
    assert_eq!(scene.row(early[0]).await.attempts, 1, "no try was used up");
    receiver.behave(|_| Reply::Status(200));
    scene.go_on(Span::minutes(4)).await;
    assert_eq!(receiver.arrived().len(), 25);
}

#[tokio::test]
async fn a_lengthened_schedule_goes_on_after_the_vendors_own() {
    let scene = Scene::with("[notification.retry.midtrans]\nfor = \"2d\"");
    // Somebody is there and says no: Midtrans gives a 404 two retries.
    let receiver = Receiver::start(|_| Reply::Status(404)).await;
    let payment = scene.open("order-1", &receiver.url()).await;
    scene.go_on(Span::days(1)).await;
    let row = scene.row(payment).await;
    assert_eq!(row.state, State::Due);
    let verdict = scene.attempts(row.no).await.pop().unwrap().verdict;
    assert!(verdict.contains("The operator's settings allow more"), "{verdict}");
    scene.go_on(Span::days(2)).await;
    let row = scene.row(payment).await;
    assert_eq!(row.state, State::Failed);
    assert!((8..20).contains(&row.attempts), "{}", row.attempts);
    // The same news in the same words every time.
    assert_eq!(receiver.arrived().iter().map(|one| &one.body).collect::<HashSet<_>>().len(), 1);
}

#[tokio::test]
async fn a_days_outage_is_made_up_for_within_ten_minutes() {
    let scene = Scene::with("[notification.retry.midtrans]\nfor = \"4d\"");
    let down = Receiver::start(|_| Reply::Reset).await;
    let healthy = Receiver::start(|_| Reply::Status(200)).await;
    let mut payments = scene.break_down(&down).await;
    for hour in 0..24 {
        for number in 0..20 {
            let order = format!("order-{hour}-{number}");
            payments.push(scene.open(&order, &down.url()).await);
        }
        scene.open(&format!("healthy-{hour}"), &healthy.url()).await;
        scene.go_on(Span::hours(1)).await;
        assert_eq!(healthy.arrived().len(), hour + 1);
    }
    assert!(down.take().len() < 24 * 30, "a probe every few minutes is all it heard");
    down.behave(|_| Reply::Status(200));
    scene.go_on(Span::minutes(10)).await;
    for payment in &payments {
        let row = scene.row(*payment).await;
        let why = scene.attempts(row.no).await.pop().map(|attempt| attempt.verdict);
        assert_eq!(row.state, State::Delivered, "{why:?}");
    }
    assert_eq!(down.arrived().len(), payments.len(), "each of it once");
}

#[tokio::test]
async fn a_restart_in_an_outage_loses_nothing() {
    let mut scene = Scene::new();
    let receiver = Receiver::start(|_| Reply::Reset).await;
    let mut payments = scene.break_down(&receiver).await;
    payments.push(scene.open("late", &receiver.url()).await);
    // Some of it is in the hands of a worker that is no more; the rows say that it is due.
    scene.restart();
    receiver.behave(|_| Reply::Status(200));
    scene.go_on(Span::minutes(4)).await;
    for payment in payments {
        assert_eq!(scene.row(payment).await.state, State::Delivered);
    }
}
