//! All routes of the API's listener: which there are, and what is observed of each request.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use counter::UnknownCodeLimit;
use counter_http::CounterHttp;
use dialect::{Answered, Shell};
use domain::time::Span;
use gateway::{Gateway, clock::Stopwatch, travel::NotASandbox};
use http::{StatusCode, header::CONTENT_TYPE};
use intake::Limits;

use crate::{
    api, config,
    dialects::DIALECTS,
    pages,
    sandbox::{self, faults::Scripts, signatures::Signatures},
};

/// Every route of the API. Those of the sandbox exist in a sandbox only.
///
/// `public_url` is how payers reach this process.
pub(crate) fn api(
    gateway: &Gateway,
    limits: &config::Limits,
    public_url: &str,
    cashier: sandbox::Access,
) -> Router {
    let intake = Limits { body_max: limits.body_max, body_timeout: limits.body_timeout };
    let signatures = Signatures::of(gateway, public_url);
    let heard_by = || Signatures::listener(signatures.as_ref());
    let shell = Shell::new(gateway.clone(), intake, limits.merchant_rate_max, public_url)
        .heard_by(heard_by());
    let unknown_codes =
        UnknownCodeLimit { codes_max: limits.unknown_codes_per_minute, per: Span::minutes(1) };

    let counters = CounterHttp::new(gateway.clone(), intake, unknown_codes).heard_by(heard_by());
    let mut router = counter_http::routes(counters);
    for dialect in DIALECTS {
        router = router.merge(dialect.routes(shell.clone()));
    }
    router = router.merge(api::routes(shell.clone()));
    router = router.merge(pages::routes(gateway.clone(), intake));
    // Where nothing can go wrong on purpose, there is no sandbox.
    let scripts = Scripts::of(gateway);
    let scripts = scripts.map(|fresh| cashier.scripts.clone().unwrap_or(fresh));
    router = match (scripts, signatures) {
        (Ok(scripts), Some(signatures)) => router
            .merge(sandbox::routes(
                shell.clone(),
                sandbox::Parts { scripts: scripts.clone(), signatures },
                cashier,
            ))
            .layer(middleware::from_fn_with_state((shell, scripts), sandbox::faults::strike))
            .layer(middleware::from_fn(sandbox::hosts::keep_apart)),
        (Ok(_) | Err(NotASandbox), _) => router,
    };
    observed(router)
}

/// With an answer for paths that belong to nobody, and every request observed.
pub(crate) fn observed(router: Router) -> Router {
    router.fallback(nowhere).layer(middleware::from_fn(observe))
}

/// The answer to paths that belong to nobody.
async fn nowhere() -> Response {
    json(StatusCode::NOT_FOUND, r#"{"error":"not_found"}"#)
}

/// A small answer of ours.
fn json(status: StatusCode, body: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Counts, times and logs a request, and turns a panic into an answer.
async fn observe(request: Request, next: Next) -> Response {
    let stopwatch = Stopwatch::start();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());

    let response = caught(next.run(request)).await;
    // One route may serve many endpoints.
    let answered = response.extensions().get::<Answered>();
    let route = answered.map_or(route, |endpoint| endpoint.0.to_owned());

    let status = response.status().as_u16();
    let took = stopwatch.elapsed();
    metrics::counter!("gerai_http_requests_total",
        "route" => route.clone(), "status" => status.to_string())
    .increment(1);
    metrics::histogram!("gerai_http_request_seconds", "route" => route).record(took);
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(%method, path, status, took_us, "a request failed");
    } else {
        tracing::debug!(%method, path, status, took_us, "a request");
    }
    response
}

/// Answers 500 where `future` panics. The panic itself is logged by the panic hook.
async fn caught(future: impl Future<Output = Response>) -> Response {
    let mut future = pin!(future);
    poll_fn(|context| {
        // Nothing of the future is used again after a panic; what it shares with others is locks
        // that stand a panic, and channels.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.unwrap_or_else(|_| {
            let failed = json(StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"internal_error"}"#);
            Poll::Ready(failed)
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: Router, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn broken() -> &'static str {
        panic!("on purpose")
    }

    #[tokio::test]
    async fn a_panic_is_answered() {
        let router = Router::new()
            .route("/broken", get(broken))
            .fallback(nowhere)
            .layer(middleware::from_fn(observe));
        let failed = (500, r#"{"error":"internal_error"}"#.to_owned());
        assert_eq!(ask(router.clone(), "/broken").await, failed);
        let not_found = (404, r#"{"error":"not_found"}"#.to_owned());
        assert_eq!(ask(router, "/elsewhere").await, not_found);
    }
}
