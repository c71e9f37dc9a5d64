//! What the operator sees of deliveries: the log and the figures.

use domain::time::{Span, Timestamp};
use gateway::{
    outbox::host_and_port,
    own_events::EndpointFailing,
    request::{Counts, Delivery, Next},
};

use storage::News;

use super::{
    attempt::Made,
    lanes::{Lanes, Outcome, Standing},
};

/// What came of an attempt.
pub(super) fn outcome(delivery: &Delivery, made: &Made, now: Timestamp) {
    if made.report.counts == Counts::Probe {
        return silent(delivery, made);
    }
    let outcome = match made.report.next {
        Next::Delivered => "delivered",
        Next::RetryAt(_) => "retry",
        Next::GiveUp => "gave_up",
    };
    metrics::counter!("gerai_notification_attempts_total", "outcome" => outcome).increment(1);
    let payment = delivery.view.payment.id;
    if delivery.attempts == 0 && made.outcome != Outcome::NotSent {
        let waited = made.began_at.since(delivery.created_at);
        metrics::histogram!("gerai_notification_first_attempt_seconds").record(seconds(waited));
    }
    if made.report.next == Next::Delivered {
        let took = now.since(delivery.created_at);
        metrics::histogram!("gerai_notification_delivery_seconds").record(seconds(took));
        let whom = whom(delivery);
        tracing::debug!(notification = %delivery.no, %payment, "{whom} was told");
    } else {
        let why = made.why();
        let whom = whom(delivery);
        tracing::warn!(notification = %delivery.no, %payment, outcome, why, "{whom} was not told");
    }
}

/// Who hears of it.
const fn whom(delivery: &Delivery) -> &'static str {
    match delivery.news {
        News::Vendor(_) | News::Own(_) => "a merchant",
        News::Bill(..) => "a payer",
    }
}

/// A probe that nobody answered.
fn silent(delivery: &Delivery, made: &Made) {
    metrics::counter!("gerai_notification_attempts_total", "outcome" => "silent").increment(1);
    let endpoint = delivery.url.as_deref().map(host_and_port).unwrap_or_default();
    tracing::debug!(endpoint, why = made.why(), "nobody is there yet");
}

/// Nothing more is sent to an endpoint but probes.
pub(super) fn opened(failing: &EndpointFailing) {
    metrics::counter!("gerai_notification_endpoints_failed_total").increment(1);
    tracing::warn!(
        endpoint = host_and_port(&failing.url),
        account = %failing.account,
        failures = failing.failures,
        why = failing.why,
        "an endpoint does not answer: what is due there waits until it does"
    );
}

/// Somebody is there again.
pub(super) fn closed(delivery: &Delivery) {
    let endpoint = delivery.url.as_deref().map(host_and_port).unwrap_or_default();
    tracing::info!(endpoint, account = %delivery.account.no, "an endpoint answers again");
}

/// How much is under way, and how many endpoints are left alone.
pub(super) fn rooms(lanes: &Lanes) {
    for standing in Standing::ALL {
        let under_way = u32::try_from(lanes.under_way(standing)).unwrap_or(u32::MAX);
        metrics::gauge!("gerai_notification_attempts_under_way", "room" => standing.name())
            .set(under_way);
    }
    let open = u32::try_from(lanes.open()).unwrap_or(u32::MAX);
    metrics::gauge!("gerai_notification_endpoints_failing").set(open);
}

#[expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "a measurement")]
fn seconds(span: Span) -> f64 {
    span.as_millis() as f64 / 1_000.0
}
