//! Requests through the routes, on a whole gateway in memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod shop;

mod access;

mod bodies;

mod charges;

mod checkouts;

mod closing;

mod idempotency;

mod paying;
