//! The gateway over a real engine: what callers see, and what the rows say afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accounts;
mod advances;
mod approvals;
mod bills;
mod books;
mod chance;
mod checkouts;
mod counters;
mod differences;
mod endpoints;
mod external_ids;
mod merchants;
mod midnight;
mod naive;
mod naive_runs;
mod outbox;
mod own_events;
mod pools;
mod refunds;
mod resends;
mod restarts;
mod roots;
mod scene;
mod short_pools;
mod siblings;
mod statuses;
mod tampering;
mod tokens;
mod waiting;
