//! Requests through the routes, on a whole gateway in memory.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod shop;

mod access;

mod signatures;

mod retail;

mod checking;

mod listing;

mod telling;
