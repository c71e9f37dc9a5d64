//! Requests through the routes, on a whole gateway in memory.

mod shop;

mod access;

mod bodies;

mod charges;

mod closing;

mod idempotency;

mod paying;
