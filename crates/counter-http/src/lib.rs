#![doc = include_str!("../README.md")]

mod exchange;

pub mod signature;

mod admission;

mod explain;

mod message;

mod member;

mod at_whose;

mod instant;

mod answer;

mod fault;

mod code;

mod endpoint;

mod reply;

mod turned_down;

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    routing::any,
};
use counter::{NonceMemory, UnknownCodeLimit, UnknownCodes};
use gateway::Gateway;
use inspection::Listener;
use intake::Limits;

pub use answer::render;
use endpoint::Endpoint;
pub use turned_down::{claimed, turned_down};

/// The most bytes a body may have: 16 KiB.
pub const BODY_MAX: usize = 16 * 1024;

/// The protocol with everything it remembers, and who hears of those that are not believed. Cheap to
/// clone; all clones are the same.
#[derive(Clone)]
pub struct CounterHttp(Arc<Inner>, Listener);

struct Inner {
    gateway: Gateway,
    limits: Limits,
    nonces: NonceMemory,
    unknown_codes: UnknownCodes,
}

impl fmt::Debug for CounterHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CounterHttp").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl CounterHttp {
    /// Around `gateway`. Bodies are limited to `limits` and to [`BODY_MAX`], whichever is less.
    pub fn new(gateway: Gateway, limits: Limits, unknown_codes: UnknownCodeLimit) -> Self {
        let limits = Limits { body_max: limits.body_max.min(BODY_MAX), ..limits };
        let inner = Inner {
            gateway,
            limits,
            nonces: NonceMemory::default(),
            unknown_codes: UnknownCodes::new(unknown_codes),
        };
        Self(Arc::new(inner), Listener::default())
    }

    /// The same, with somebody who hears why requests are not believed: in a sandbox.
    #[must_use]
    pub fn heard_by(self, listener: Listener) -> Self {
        Self(self.0, listener)
    }
}

/// Every path under `/counter/v1`, those that do not exist included.
pub fn routes(state: CounterHttp) -> Router {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        let answer = move |State(counter): State<CounterHttp>, request: Request| {
            exchange::answer(counter, Some(endpoint), request)
        };
        router = router.route(endpoint.path(), any(answer));
    }
    for path in ["/counter/v1", "/counter/v1/", "/counter/v1/{*elsewhere}"] {
        let answer = |State(counter): State<CounterHttp>, request: Request| {
            exchange::answer(counter, None, request)
        };
        router = router.route(path, any(answer));
    }
    router.with_state(state)
}
