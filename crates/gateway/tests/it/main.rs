//! The gateway over a real engine: what callers see, and what the rows say afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod chance;
mod counters;
mod merchants;
mod outbox;
mod restarts;
mod scene;
