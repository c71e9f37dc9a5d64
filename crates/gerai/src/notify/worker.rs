//! The worker's steps: take what is due, send it, report what came of it.

use dialect::{Attempt, Dialect, Notice, Untold};
use domain::time::Timestamp;
use gateway::{
    Gateway,
    clock::Stopwatch,
    request::{AttemptReport, Delivery, Next},
};

use super::{client::Client, endpoints::Endpoints};
use crate::{config, dialects};

/// Sends notifications. Everything it does, it is told to do; it has no loop of its own.
#[derive(Debug)]
pub(crate) struct Worker {
    gateway: Gateway,
    client: Client,
    endpoints: Endpoints,
    claims_max: usize,
}

impl Worker {
    /// A worker for `gateway`.
    pub(crate) fn new(gateway: Gateway, client: Client, limits: &config::Notification) -> Self {
        let endpoints = Endpoints::new(limits.concurrent_max, limits.endpoint_max);
        // More are taken than are sent at a time, so that those for an endpoint that hangs can wait
        // for it while others are sent.
        let claims_max = limits.concurrent_max.saturating_mul(4);
        Self { gateway, client, endpoints, claims_max }
    }

    /// How many notifications are taken at a time.
    pub(crate) fn claims_max(&self) -> usize {
        self.claims_max
    }

    /// Takes what is due at `now`, at most `count_max`. Each must be given to [`Self::deliver`].
    pub(crate) async fn claim(&self, now: Timestamp, count_max: usize) -> Vec<Delivery> {
        match self.gateway.deliveries(now, count_max).await {
            Ok(deliveries) => deliveries,
            Err(error) => {
                tracing::warn!(%error, "what is due to merchants cannot be looked up");
                Vec::new()
            }
        }
    }

    /// Claims and delivers in one: sends what is due at `now`, and returns how much it was when all
    /// of it was tried.
    #[cfg(test)]
    pub(crate) async fn step(self: &std::sync::Arc<Self>, now: Timestamp) -> usize {
        let mut attempts = tokio::task::JoinSet::new();
        for delivery in self.claim(now, self.claims_max).await {
            let worker = std::sync::Arc::clone(self);
            attempts.spawn(async move { worker.deliver(delivery).await });
        }
        attempts.join_all().await.len()
    }

    /// Makes one attempt and reports it.
    pub(crate) async fn deliver(&self, delivery: Delivery) {
        let claim = Claim { worker: self, delivery: &delivery };
        let report = self.attempt(&delivery).await;
        claim.keep_until_reported();
        let outcome = match report.next {
            Next::Delivered => "delivered",
            Next::RetryAt(_) => "retry",
            Next::GiveUp => "gave_up",
        };
        let payment = delivery.view.payment.id;
        metrics::counter!("gerai_notification_attempts_total", "outcome" => outcome).increment(1);
        if report.next == Next::Delivered {
            let took = self.gateway.clock().now().since(delivery.created_at);
            metrics::histogram!("gerai_notification_delivery_seconds").record(seconds(took));
            tracing::debug!(notification = %delivery.no, %payment, "a merchant was told");
        } else {
            let why = report.verdict.as_str();
            tracing::warn!(notification = %delivery.no, %payment, outcome, why, "a merchant was not told");
        }
        if let Err(error) = self.gateway.report(report).await {
            // It stays due and will be sent again: merchants are told at least once.
            tracing::warn!(%error, notification = %delivery.no, "an attempt was not stored");
        }
    }

    async fn attempt(&self, delivery: &Delivery) -> AttemptReport {
        let Some(url) = &delivery.url else {
            return self.hopeless(delivery, "the account has no such notification URL any more");
        };
        let Some(dialect) = dialects::speaking(&delivery.account.brand) else {
            return self.hopeless(delivery, "nobody speaks this dialect any more");
        };
        let _turn = self.endpoints.turn(url).await;
        self.send(delivery, url, dialect).await
    }

    async fn send(&self, delivery: &Delivery, url: &str, dialect: &dyn Dialect) -> AttemptReport {
        let clock = self.gateway.clock();
        let at = clock.now();
        let stopwatch = Stopwatch::start();
        let notice = Notice {
            announcement: delivery.announcement,
            account: &delivery.account,
            view: &delivery.view,
            url,
            happened_at: delivery.created_at,
            now: clock.real_now(),
        };
        let outgoing = match dialect.notification(&notice) {
            Ok(outgoing) => outgoing,
            Err(Untold(why)) => return self.hopeless(delivery, why),
        };
        let exchange = self.client.post(url, outgoing, dialect.delivery_terms()).await;
        let took_ms = i64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(i64::MAX);

        let verdict = dialect.verdict(&Attempt {
            account: &delivery.account,
            number: delivery.attempts.saturating_add(1),
            answer: exchange.answer(),
            first_at: delivery.first_at,
            ended_at: clock.now(),
            chance: rand::random(),
        });
        AttemptReport {
            no: delivery.no,
            at,
            took_ms,
            status: exchange.status(),
            next: verdict.next,
            verdict: verdict.why,
            exchange: exchange.text,
        }
    }

    /// The report of an attempt that cannot be made.
    fn hopeless(&self, delivery: &Delivery, why: &str) -> AttemptReport {
        AttemptReport {
            no: delivery.no,
            at: self.gateway.clock().now(),
            took_ms: 0,
            status: None,
            next: Next::GiveUp,
            verdict: why.to_owned(),
            exchange: String::new(),
        }
    }
}

/// Gives a delivery back when an attempt panics, so that it is not lost until the next start.
struct Claim<'a> {
    worker: &'a Worker,
    delivery: &'a Delivery,
}

impl Claim<'_> {
    /// From here on [`Gateway::report`] gives it back.
    fn keep_until_reported(self) {
        std::mem::forget(self);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.worker.gateway.let_go(self.delivery);
    }
}

#[expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "a measurement")]
fn seconds(span: domain::time::Span) -> f64 {
    span.as_millis() as f64 / 1_000.0
}
