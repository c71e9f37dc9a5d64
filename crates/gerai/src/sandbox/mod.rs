//! What only a sandbox has: a cashier that pays without a signature, so that a test suite can.
//!
//! Everything goes through the same pipeline as a till's messages, under the demo partner. In
//! production none of these routes exists.

mod admission;
pub(crate) mod ahead;
mod answer;
mod cashier;
pub(crate) mod clock;
pub(crate) mod faults;
mod inbox;
mod kept;
mod mishaps;
mod openapi;
mod press;
mod query;
mod simulator;
pub(crate) mod travel;
mod view;
mod wire;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{MethodRouter, get, post},
};
use gateway::{Gateway, directory::Secret};
use intake::Limits;

use admission::admit;
pub(crate) use admission::inbox_at;
use cashier::Cashier;
use inbox::Mail;
use kept::Kept;
use mishaps::Act;
use travel::Mover;

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
    /// Who moves the clock; none: one that tells no merchants.
    pub(crate) mover: Option<Mover>,
}

/// What the sandbox's handlers need.
#[derive(Clone)]
struct Sandbox {
    cashier: Cashier,
    limits: Limits,
    mover: Mover,
    inbox: Arc<Kept<Mail>>,
}

/// The routes of the sandbox, those of the vendor's old simulator included.
pub(crate) fn routes(gateway: Gateway, limits: Limits, access: Access) -> Router {
    let mover = access.mover.clone().unwrap_or_else(|| Mover::new(gateway.clone(), None, None));
    let sandbox = Sandbox { cashier: Cashier::new(gateway), limits, mover, inbox: Arc::default() };
    let mut router = Router::new();
    for (path, methods) in table() {
        router = router.route(path, methods);
    }
    router
        .method_not_allowed_fallback(|| async { answer::method_not_allowed() })
        .route_layer(middleware::from_fn_with_state(access, admit))
        .with_state(sandbox)
}

/// An act at the counter.
fn act(act: Act) -> MethodRouter<Sandbox> {
    post(move |state, code, request| mishaps::act(act, state, code, request))
}

fn table() -> Vec<(&'static str, MethodRouter<Sandbox>)> {
    vec![
        ("/sandbox/v1/clock", get(clock::show).post(clock::go)),
        ("/sandbox/v1/payments/{payment_code}/pay", post(press::pay)),
        ("/sandbox/v1/payments/{payment_code}/reverse", post(press::reverse)),
        ("/sandbox/v1/payments/{payment_code}/inquire", act(Act::Inquire)),
        ("/sandbox/v1/payments/{payment_code}/timeout", act(Act::Timeout)),
        ("/sandbox/v1/payments/{payment_code}/advice", act(Act::Advice)),
        ("/sandbox/v1/payments/{payment_code}/twice", act(Act::Twice)),
        ("/sandbox/v1/payments/{payment_code}/wrong-amount", act(Act::WrongAmount)),
        ("/sandbox/v1/payments/{payment_code}/wrong-chain", act(Act::WrongChain)),
        ("/sandbox/v1/payments/{payment_code}/void", act(Act::Void)),
        ("/sandbox/v1/payments/{payment_code}/two-counters", act(Act::TwoCounters)),
        ("/sandbox/v1/payments/{payment_code}/wrong-clock", act(Act::WrongClock)),
        ("/sandbox/v1/payments/{payment_code}/overtaken", act(Act::Overtaken)),
        ("/sandbox/v1/payments/{payment_code}/late", act(Act::Late)),
        ("/sandbox/v1/inbox", get(inbox::list)),
        ("/sandbox/v1/openapi.json", get(openapi::document)),
        (inbox::HOOK, post(inbox::catch)),
        ("/inbox", get(view::inbox)),
        ("/inbox/mails", get(view::mails)),
        ("/simulator", get(view::simulator)),
        ("/simulator/payments/{payment_code}", get(view::news)),
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
