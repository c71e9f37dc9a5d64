//! What the clock asks for: expiring what is due every second, forgetting what may be forgotten
//! every hour.

use std::{sync::Arc, time::Duration};

use domain::time::{Span, Timestamp};
use gateway::{Gateway, request::Unavailable};
use metrics_exporter_prometheus::PrometheusHandle;
use storage::Prune;
use tokio::{task::JoinSet, time::MissedTickBehavior};

use super::stop::Stop;
use crate::{config::Retention, notify::Worker};

/// A sweep that changed so many payments has probably left some.
const SWEEP_FULL: usize = 1_000;

/// Sweeps every second and prunes every hour, until it is time to stop.
pub(crate) async fn keep(gateway: Gateway, retention: Retention, stop: Stop) {
    let mut second = ticks(Duration::from_secs(1));
    let mut minute = ticks(Duration::from_mins(1));
    let mut hour = ticks(Duration::from_hours(1));
    loop {
        // Among several nodes one does this at a time; roots are signed by whoever commits.
        let is_mine = gateway.keeps_house();
        let result = tokio::select! {
            () = stop.asked() => return,
            _ = second.tick() => if is_mine { sweep(&gateway).await } else { Ok(()) },
            _ = minute.tick(), if is_mine => each_minute(&gateway, retention).await,
            _ = hour.tick(), if is_mine => each_hour(&gateway, retention).await,
        };
        if let Err(error) = result {
            tracing::warn!(%error, "the household's work has to wait");
        }
    }
}

async fn sweep(gateway: &Gateway) -> Result<(), Unavailable> {
    while gateway.sweep(gateway.clock().now()).await? >= SWEEP_FULL {}
    Ok(())
}

/// Forgets what may be forgotten, and writes down balances that have had many entries.
async fn each_hour(gateway: &Gateway, retention: Retention) -> Result<(), Unavailable> {
    gateway.prune(prunes(gateway.clock().now(), retention)).await?;
    gateway.write_balances_down().await.map(drop)
}

/// Signs what happened, where no commit does; forgets own events that are old; and counts open
/// codes, the first time that succeeds.
async fn each_minute(gateway: &Gateway, retention: Retention) -> Result<(), Unavailable> {
    gateway.sign_minute().await?;
    gateway.forget_own_events(before(gateway.clock().now(), retention.events)).await?;
    gateway.count_open_codes().await
}

/// What nobody may ask for any more at `now`.
fn prunes(now: Timestamp, retention: Retention) -> Vec<Prune> {
    let before = |age| before(now, age);
    vec![
        Prune::IdempotencyBefore(now),
        Prune::AttemptsBefore(before(retention.attempts)),
        Prune::InquiriesBefore(before(retention.inquiries)),
        Prune::SaleAnswersBefore(before(retention.sale_answers)),
        // Yesterday's stay, for requests that arrived before midnight and are decided after it.
        Prune::ExternalIdsBefore(before(Span::days(1)).business_date()),
        Prune::CheckoutsBefore(now),
    ]
}

/// What is older than `age` happened before this instant.
fn before(now: Timestamp, age: Span) -> Timestamp {
    Timestamp::from_millis(now.millis().saturating_sub(age.as_millis()))
}

/// Digests collected figures every few seconds, so that they take little room while nobody looks.
pub(crate) async fn digest(figures: PrometheusHandle, stop: Stop) {
    let mut ticks = ticks(Duration::from_secs(5));
    loop {
        tokio::select! {
            () = stop.asked() => return,
            _ = ticks.tick() => figures.run_upkeep(),
        }
    }
}

/// Sends news as soon as there is any, and what is due again when it is due. At the end, attempts
/// in flight may go on for `grace`; those cut off stay due.
pub(crate) async fn deliver(gateway: Gateway, worker: Arc<Worker>, grace: Duration, stop: Stop) {
    /// A short wait gathers the news of many commits, and the room of many attempts, into one look at
    /// the rows.
    const GATHER: Duration = Duration::from_millis(2);

    /// Looks at the rows, one after the other, that may find nothing.
    const LOOKS_MAX: usize = 8;

    /// Looks that may find something before it is asked again whether to stop.
    const ROUNDS_MAX: usize = 64;

    let mut second = ticks(Duration::from_secs(1));
    let mut minute = ticks(Duration::from_mins(1));
    let mut tasks = JoinSet::new();
    let mut has_more = false;
    loop {
        let asleep =
            if has_more { Duration::ZERO } else { until(worker.wakes_at(), gateway.clock().now()) };
        tokio::select! {
            () = stop.asked() => break,
            () = gateway.news() => tokio::time::sleep(GATHER).await,
            () = worker.changed() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(asleep) => {}
            _ = second.tick() => {}
            _ = minute.tick() => {
                let worker = Arc::clone(&worker);
                tasks.spawn(async move { worker.follow_urls().await });
            }
        }
        while tasks.try_join_next().is_some() {}
        // Looks that find nothing are few, so that what cannot be told is not looked for without end.
        let (mut looks, mut rounds) = (LOOKS_MAX, ROUNDS_MAX);
        while looks > 0 && rounds > 0 {
            rounds -= 1;
            let claimed = worker.claim(gateway.clock().now()).await;
            if claimed.is_empty() {
                looks = if worker.is_ready() { looks - 1 } else { 0 };
            }
            for work in claimed {
                let worker = Arc::clone(&worker);
                tasks.spawn(async move { worker.work(work).await });
            }
        }
        has_more = looks > 0;
    }
    let rest = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, rest).await.is_err() {
        tracing::info!("attempts in flight are cut off; they stay due");
    }
}

/// How long it is until `at`: at least a moment, at most a second.
fn until(at: Option<Timestamp>, now: Timestamp) -> Duration {
    let span = at.map_or(1_000, |at| at.since(now).as_millis());
    Duration::from_millis(span.clamp(1, 1_000).unsigned_abs())
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests {
    use domain::time::BusinessDate;

    use super::*;

    #[test]
    fn what_is_forgotten_is_old_enough() {
        let now = Timestamp::from_millis(100_000_000_000);
        let retention = Retention {
            attempts: Span::days(90),
            inquiries: Span::days(7),
            sale_answers: Span::days(400),
            events: Span::days(30),
        };
        let day = 86_400_000;
        let expected = vec![
            Prune::IdempotencyBefore(now),
            Prune::AttemptsBefore(Timestamp::from_millis(now.millis() - 90 * day)),
            Prune::InquiriesBefore(Timestamp::from_millis(now.millis() - 7 * day)),
            Prune::SaleAnswersBefore(Timestamp::from_millis(now.millis() - 400 * day)),
            // 1973-03-03 in Jakarta is day 1157; the day before it stays too.
            Prune::ExternalIdsBefore(BusinessDate::from_days(1_156)),
            Prune::CheckoutsBefore(now),
        ];
        assert_eq!(prunes(now, retention), expected);
    }
}
