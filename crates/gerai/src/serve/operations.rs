//! What operators look at, on an address of its own: is it alive, is it ready, how is it doing.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use gateway::Gateway;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the buckets for durations, in seconds.
const SECONDS: [f64; 15] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
    15.0,
];

/// Upper bounds of the buckets for counts.
const COUNTS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];

/// Begins to collect figures. Once per process.
pub(crate) fn collect() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets(&COUNTS)?
        .install_recorder()?;
    Ok(handle)
}

#[derive(Clone)]
struct Operations {
    gateway: Gateway,
    figures: PrometheusHandle,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn routes(gateway: Gateway, figures: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures_now))
        .with_state(Operations { gateway, figures })
}

/// Ready is who takes commands, has the right time, and can read rows. (Migrations are done before anything listens.)
async fn ready(State(operations): State<Operations>) -> Response {
    let gateway = &operations.gateway;
    if let Some(why) = gateway.not_ready() {
        let why = format!("commands are not taken: {why}\n");
        return (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    }
    match gateway.read(|reader| reader.next_endpoint(-1)).await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "rows cannot be read\n").into_response(),
    }
}

async fn figures_now(State(operations): State<Operations>) -> Response {
    let Operations { gateway, figures } = operations;
    for (lane, depth) in gateway.queue_depths() {
        metrics::gauge!("gerai_queue_depth", "lane" => lane.name()).set(gauge(depth as u64));
    }
    for pool in gateway.pools_in_use() {
        let names = [
            ("network", pool.shape.network.to_string()),
            ("prefix", pool.shape.prefix.clone()),
            ("length", pool.shape.length.to_string()),
        ];
        metrics::gauge!("gerai_pool_codes", &names).set(gauge(pool.codes()));
        if let Some(open) = pool.open {
            metrics::gauge!("gerai_pool_open_codes", &names).set(gauge(open));
        }
    }
    // Those that are done are counted as they are done; counting rows would read them all.
    if let Ok(due) = gateway.read(|reader| reader.notifications_due()).await {
        metrics::gauge!("gerai_notifications_due").set(gauge(due));
    }
    // Each of them waits for a person, so there are few.
    if let Ok(suspects) = gateway.read(|reader| reader.refunds_suspect(1_000)).await {
        metrics::gauge!("gerai_refund_codes_suspect").set(gauge(suspects.len() as u64));
    }
    figures.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], figures.render()).into_response()
}

#[expect(clippy::cast_precision_loss, reason = "a gauge")]
fn gauge(count: u64) -> f64 {
    count as f64
}
