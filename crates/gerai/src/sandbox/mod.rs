//! What only a sandbox has: a cashier that pays without a signature, so that a test suite can.
//!
//! Everything goes through the same pipeline as a till's messages, under the demo partner. In
//! production none of these routes exists.

mod answer;
mod cashier;
mod press;
mod simulator;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing::{MethodRouter, get, post},
};
use gateway::{Gateway, directory::Secret};
use http::{StatusCode, header::AUTHORIZATION};
use intake::Limits;

use cashier::Cashier;

/// What everybody may know of a sandbox, and production refuses.
pub(crate) struct Demo {
    /// The demo partner's key id.
    pub(crate) counter_key: &'static str,
    /// Its secret.
    pub(crate) counter_secret: &'static str,
}

/// The demo partner. The demo merchants are the dialects' ([`dialect::Dialect::demo`]).
pub(crate) const DEMO: Demo =
    Demo { counter_key: "counter-demo", counter_secret: "gerai-demo-counter-secret" };

/// Who may press the buttons.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// What must be shown as `Authorization: Bearer`; none: nothing.
    pub(crate) token: Option<Secret>,
}

/// What the sandbox's handlers need.
#[derive(Clone)]
struct Sandbox {
    cashier: Cashier,
    limits: Limits,
}

/// The routes of the sandbox, those of the vendor's old simulator included.
pub(crate) fn routes(gateway: Gateway, limits: Limits, access: Access) -> Router {
    let sandbox = Sandbox { cashier: Cashier::new(gateway), limits };
    let mut router = Router::new();
    for (path, methods) in table() {
        router = router.route(path, methods);
    }
    router
        .method_not_allowed_fallback(|| async { answer::method_not_allowed() })
        .route_layer(middleware::from_fn_with_state(access, admit))
        .with_state(sandbox)
}

fn table() -> [(&'static str, MethodRouter<Sandbox>); 6] {
    [
        ("/sandbox/v1/payments/{payment_code}/pay", post(press::pay)),
        ("/sandbox/v1/payments/{payment_code}/reverse", post(press::reverse)),
        ("/api/alfamart/{payment_code}", get(simulator::inquire_alfamart)),
        ("/api/alfamart/{payment_code}/pay", post(simulator::pay_alfamart)),
        ("/api/indomaret/{payment_code}", get(simulator::inquire_indomaret)),
        ("/api/indomaret/{payment_code}/pay", post(simulator::pay_indomaret)),
    ]
}

/// The paths that only a sandbox has.
#[cfg(test)]
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    table().into_iter().map(|(path, _)| path)
}

async fn admit(State(access): State<Access>, request: Request, next: Next) -> Response {
    let Some(token) = &access.token else {
        return next.run(request).await;
    };
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let expected = token.expose().as_bytes();
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(shown.as_bytes(), expected);
    match same {
        Ok(()) => next.run(request).await,
        Err(_) => answer::refused(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "this sandbox listens beyond loopback: send `Authorization: Bearer` with the token \
             that it printed at start",
        ),
    }
}
