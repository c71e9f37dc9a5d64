//! The command line: what it says when it cannot start, what production refuses, what operators do.

mod approvals;
mod backups;
mod books;
mod fees;
mod help;
mod operators;
pub(crate) mod production;
mod reconcile;
mod reconcile_kills;
mod refunds;
mod simulate;
mod start;
mod verify;
