//! What only a sandbox has: a cashier that pays without a signature, so that a test suite can.
//!
//! Everything goes through the same pipeline as a till's messages, under the demo partner. In
//! production none of these routes exists.

mod admission;
pub(crate) mod ahead;
mod answer;
mod bills;
mod cashier;
pub(crate) mod clock;
pub(crate) mod faults;
pub(crate) mod hosts;
mod inbox;
mod kept;
mod mishaps;
mod openapi;
mod payout;
mod press;
mod query;
pub(crate) mod signatures;
mod simulator;
pub(crate) mod tls;
pub(crate) mod travel;
mod view;
mod wire;

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use axum::{
    Router, middleware,
    routing::{MethodRouter, delete, get, post},
};
use dialect::Shell;
use gateway::directory::Secret;
use intake::Limits;

use admission::admit;
pub(crate) use admission::inbox_at;
use cashier::Cashier;
use faults::Scripts;
pub(crate) use inbox::HOOKS as INBOX_HOOKS;
use inbox::Mail;
use kept::Kept;
use mishaps::Act;
use payout::Step;
use signatures::Signatures;
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
    /// What goes wrong; none: what is kept here alone, and nothing with notifications.
    pub(crate) scripts: Option<Scripts>,
}

/// What only a sandbox has: what goes wrong in it, and what it knows of requests that were not believed.
pub(crate) struct Parts {
    /// What goes wrong.
    pub(crate) scripts: Scripts,
    /// Requests that were not believed.
    pub(crate) signatures: Arc<Signatures>,
}

/// What the sandbox's handlers need.
#[derive(Clone)]
struct Sandbox {
    cashier: Cashier,
    limits: Limits,
    mover: Mover,
    inbox: Arc<Kept<Mail>>,
    shell: Shell,
    scripts: Scripts,
    signatures: Arc<Signatures>,
}

/// The routes of the sandbox, those of the vendor's old simulator included.
pub(crate) fn routes(shell: Shell, parts: Parts, access: Access) -> Router {
    let Parts { scripts, signatures } = parts;
    let (gateway, limits) = (shell.gateway().clone(), *shell.limits());
    let mover = access.mover.clone().unwrap_or_else(|| Mover::new(gateway.clone(), None, None));
    let (cashier, inbox) = (Cashier::new(gateway), Arc::default());
    let sandbox = Sandbox { cashier, limits, mover, inbox, shell, scripts, signatures };
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

/// A step of a pay-out.
fn step(step: Step) -> MethodRouter<Sandbox> {
    post(move |state, code, request| payout::step(step, state, code, request))
}

fn table() -> Vec<(&'static str, MethodRouter<Sandbox>)> {
    vec![
        ("/sandbox/v1/clock", get(clock::show).post(clock::go)),
        ("/sandbox/v1/faults", get(faults::list).post(faults::add).delete(faults::remove_all)),
        ("/sandbox/v1/faults/{no}", delete(faults::remove)),
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
        ("/sandbox/v1/refunds/{refund_code}/payout", step(Step::Reserve)),
        ("/sandbox/v1/refunds/{refund_code}/commit", step(Step::Commit)),
        ("/sandbox/v1/refunds/{refund_code}/reverse", step(Step::Reverse)),
        ("/sandbox/v1/inbox", get(inbox::list)),
        ("/sandbox/v1/signatures", get(signatures::list)),
        ("/sandbox/v1/signatures/{no}", get(signatures::show).post(signatures::compare)),
        ("/sandbox/v1/openapi.json", get(openapi::document)),
        (bills::HOOK, post(bills::catch)),
        (bills::PAGE, get(bills::page)),
        (inbox::HOOK, post(inbox::catch)),
        ("/inbox", get(view::inbox)),
        ("/inbox/mails", get(view::mails)),
        ("/signature", get(signatures::page)),
        ("/signature/{no}", get(signatures::page_of).post(signatures::page_compared)),
        ("/simulator", get(view::simulator)),
        ("/simulator/payments/{payment_code}", get(view::news)),
        ("/api/alfamart/{payment_code}", get(simulator::inquire_alfamart)),
        ("/api/alfamart/{payment_code}/pay", post(simulator::pay_alfamart)),
        ("/api/indomaret/{payment_code}", get(simulator::inquire_indomaret)),
        ("/api/indomaret/{payment_code}/pay", post(simulator::pay_indomaret)),
    ]
}

/// Whether a path is the sandbox's own.
fn is_own(path: &str) -> bool {
    fn first(path: &str) -> &str {
        path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
    static PLACES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| paths().map(first).collect());
    PLACES.contains(first(path))
}

/// The paths that only a sandbox has.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    table().into_iter().map(|(path, _)| path)
}
