//! The gateway over a real engine: what callers see, and what the rows say afterwards.

mod counters;
mod merchants;
mod outbox;
mod restarts;
mod scene;
