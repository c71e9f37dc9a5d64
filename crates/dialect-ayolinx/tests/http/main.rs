//! Requests through the routes, on a whole gateway in memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod shop;

mod vectors;

mod tokens;

mod order;

mod access;

mod external_ids;

mod creates;

mod queries;
