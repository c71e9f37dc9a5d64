//! Everything one commit changes.

mod books;
mod checkouts;
mod counters;
mod directory;
mod ledger;
mod lines;
mod outbox;
mod own_events;
mod payments;
mod proposals;
mod prune;
mod refunds;
mod roots;

pub use prune::PRUNE_ROWS_MAX;
#[cfg(test)]
pub(crate) use {own_events::PRUNE as OWN_EVENTS_PRUNE, prune::REMOVALS};

use super::{Conn, Result, digests, fault::broken};
use crate::Writes;

/// Writes all of it within a transaction that the caller begins and ends. On PostgreSQL it is on its way
/// when this returns, and what came of it is known after a flush.
pub(crate) fn write(conn: &Conn, writes: &Writes) -> Result<()> {
    directory::insert_data_keys(conn, &writes.data_keys)?;
    // Changed before new, so that an order id is given back before it is used again.
    payments::update(conn, &writes.payments_changed)?;
    payments::insert(conn, &writes.payments_new)?;
    counters::insert_sales(conn, &writes.sales_new)?;
    counters::update_sales(conn, &writes.sales_changed)?;
    counters::insert_inquiries(conn, &writes.inquiries)?;
    ledger::insert(conn, &writes.events, &writes.entries)?;
    counters::insert_unapplied(conn, &writes.unapplied_new)?;
    counters::update_unapplied(conn, &writes.unapplied_changed)?;
    // Changed before new, too: cash has one code that is not over.
    refunds::update(conn, &writes.refunds_changed)?;
    refunds::insert(conn, &writes.refunds_new)?;
    // And here: an order has one checkout that is open.
    checkouts::update(conn, &writes.checkouts_changed)?;
    checkouts::insert(conn, &writes.checkouts_new)?;
    counters::insert_disputes(conn, &writes.disputes)?;
    counters::update_disputes(conn, &writes.disputes_changed)?;
    books::write(conn, &writes.books)?;
    lines::write(conn, &writes.lines)?;
    own_events::insert(conn, &writes.own_events)?;
    outbox::insert(conn, &writes.notifications_new)?;
    outbox::update(conn, &writes.notifications_changed)?;
    outbox::insert_attempts(conn, &writes.attempts)?;
    outbox::keep_answers(conn, &writes.idempotency)?;
    outbox::use_up(conn, &writes.external_ids)?;
    directory::write(conn, &writes.directory)?;
    directory::move_cursors(conn, &writes.cursors)?;
    digests::write(conn, &writes.digests)?;
    roots::insert(conn, &writes.roots)?;
    prune::prune(conn, &writes.prunes)
}

/// A row that was to be changed must be there.
fn changed_one(changed: usize, table: &str, row: impl std::fmt::Display) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(broken(format!("{table} {row} is not there to change"))) }
}
