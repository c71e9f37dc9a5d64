//! The gateway over a real engine: what callers see, and what the rows say afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accounts;
mod approvals;
mod books;
mod chance;
mod counters;
mod external_ids;
mod merchants;
mod midnight;
mod naive;
mod naive_runs;
mod outbox;
mod pools;
mod resends;
mod restarts;
mod roots;
mod scene;
mod short_pools;
mod siblings;
mod tampering;
mod tokens;
mod waiting;
